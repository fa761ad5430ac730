package bot_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// calling is a flow that calls an address, and says what came of it.
func calling(address string) string {
	return fmt.Sprintf(`{steps: [{id: a, call: {url: %q, failed: c}}, {id: b, resolve: {text: "It is {{response.a_state | nothing}}."}}, {id: c, resolve: {text: "It failed."}}]}`, address)
}

// calls is what comes of calls to addresses by one client.
func calls(t *testing.T, c *http.Client, addresses map[string]string) {
	t.Helper()
	d := open(t, memstore.New(), &bot.Options{Client: c})
	n := 0
	for address, want := range addresses {
		n++
		id := fmt.Sprint("b", n)
		d.publish(t, id, calling(address))
		if s := d.talk(t, d.ask(t, id, "Hello")); s != "> Hello\n"+want+"\n" {
			t.Errorf("%s: said is\n%s", address, s)
		}
	}
}

const (
	answers = "It is fine."
	fails   = "It failed."
)

// Private addresses aren't called, however they are written, also by names that resolve to
// them, and nobody behind them hears of it.
func TestCallsGoToPublicAddressesOnly(t *testing.T) {
	t.Parallel()
	var heard atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { heard.Add(1); io.WriteString(w, `{"state": "fine"}`) }))
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	must(t, err)
	all := map[string]string{}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1", "0x7f000001", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]"} {
		all["http://"+host+":"+port+"/"] = fails
	}
	d := open(t, memstore.New(), nil) // the client is the package's own
	n := 0
	for address, want := range all {
		n++
		d.publish(t, fmt.Sprint("b", n), calling(address))
		if s := d.talk(t, d.ask(t, fmt.Sprint("b", n), "Hello")); s != "> Hello\n"+want+"\n" {
			t.Errorf("%s: said is\n%s", address, s)
		}
	}
	if heard.Load() > 0 {
		t.Errorf("%d calls came through", heard.Load())
	}
}

// trip is a function as the other side.
type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func responds(r *http.Request, status int, location, body string) *http.Response {
	h := http.Header{}
	if location != "" {
		h.Set("Location", location)
	}
	return &http.Response{Status: http.StatusText(status), StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// Redirects are followed within a host, three of them; and only JSON of at most 100 KB with
// a good status is an answer.
func TestCallsTakeWhatTheyMay(t *testing.T) {
	t.Parallel()
	filled := func(n int) string { return `{"state": "fine", "more": "` + strings.Repeat("x", n-29) + `"}` }
	if len(filled(1000)) != 1000 {
		t.Fatal(len(filled(1000)))
	}
	c := bot.PublicClient()
	c.Transport = trip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "shop.example" || r.URL.Scheme != "https" {
			t.Errorf("%s is called", r.URL)
		}
		switch r.URL.Path {
		case "/0":
			return responds(r, 200, "", `{"state": "fine"}`), nil
		case "/1", "/2", "/3", "/4":
			return responds(r, 302, "/"+string(r.URL.Path[1]-1), ""), nil
		case "/away":
			return responds(r, 302, "https://evil.example/0", ""), nil
		case "/port":
			return responds(r, 307, "https://shop.example:8443/0", ""), nil
		case "/inside":
			return responds(r, 301, "http://127.0.0.1/0", ""), nil
		case "/plain":
			return responds(r, 302, "http://shop.example/0", ""), nil
		case "/full":
			return responds(r, 200, "", filled(bot.MaxResponse)), nil
		case "/overfull":
			return responds(r, 200, "", filled(bot.MaxResponse+1)), nil
		case "/empty":
			return responds(r, 204, "", ""), nil
		case "/html":
			return responds(r, 200, "", "<html>"), nil
		}
		return responds(r, 404, "", `{"state": "fine"}`), nil
	})
	all := map[string]string{}
	for path, want := range map[string]string{"0": answers, "1": answers, "3": answers, "4": fails, "away": fails, "port": fails, "inside": fails, "plain": fails,
		"full": answers, "overfull": fails, "empty": "It is nothing.", "html": fails, "missing": fails} {
		all["https://shop.example/"+path] = want
	}
	calls(t, c, all)
}

// Who doesn't answer in five seconds has failed.
func TestCallsDoNotWaitForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := bot.PublicClient()
		c.Transport = trip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		began := time.Now()
		calls(t, c, map[string]string{"https://shop.example/": fails})
		if d := time.Since(began); d != bot.ErrandTime {
			t.Errorf("it took %v", d)
		}
	})
}

// A call that is tried again, because its process was stopped, has the same key, and
// another one another.
func TestCallsAreKnownAgain(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	var keys []string
	c := &http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		if keys = append(keys, r.Header.Get("Idempotency-Key")); len(keys) == 1 {
			stop()
			return nil, context.Canceled
		}
		return responds(r, 200, "", `{"state": "fine"}`), nil
	})}
	d := open(t, memstore.New(), &bot.Options{Client: c})
	d.publish(t, "b", `{steps: [{id: a, call: {method: POST, url: "https://shop.example/", body: "{}"}}, {id: b, call: {url: "https://shop.example/"}}, {id: c, resolve: {}}]}`)
	x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hello"}}))
	got[*ticket.Ticket](t)(d.tickets.AssignBot(t.Context(), host, x.ID, "b"))
	for len(keys) == 0 {
		es, err := d.events.Step(t.Context())
		must(t, err)
		js, err := d.jobs.Step(ctx)
		if es+js == 0 && err == nil {
			t.Fatal("nothing is called")
		}
	}
	d.clock.forward(time.Hour)
	d.drain(t)
	if d.get(t, x.ID).Status != ticket.StatusResolved || len(keys) != 3 || keys[0] == "" || keys[1] != keys[0] || keys[2] == keys[0] {
		t.Errorf("the keys are %q", keys)
	}
}

// What an end user says reaches another system as a value, and as nothing else.
func TestCallsCarryValues(t *testing.T) {
	t.Parallel()
	var seen *http.Request
	c := bot.PublicClient()
	c.Transport = trip(func(r *http.Request) (*http.Response, error) {
		seen = r
		return responds(r, 200, "", `{"state": "fine"}`), nil
	})
	d := open(t, memstore.New(), &bot.Options{Client: c})
	d.publish(t, "b", `{steps: [{id: q, ask: {text: "What?", as: text}}, {id: a, call: {url: "https://shop.example/o/{{answer.q}}?x={{answer.q}}", headers: {X-What: "{{answer.q}}"}}}, {id: b, resolve: {}}]}`)
	const evil = "@evil.example/../?a=b&c\r\nHost: evil.example\r\n\r\n#"
	d.says(t, d.ask(t, "b", "Hello"), evil)
	if seen == nil {
		t.Fatal("nothing was called")
	}
	said := strings.TrimSpace(evil)
	if got, err := url.PathUnescape(strings.TrimPrefix(seen.URL.EscapedPath(), "/o/")); err != nil || got != said || strings.Count(seen.URL.EscapedPath(), "/") != 2 {
		t.Errorf("the path is %s", seen.URL.EscapedPath())
	}
	if q := seen.URL.Query(); len(q) != 1 || q.Get("x") != said {
		t.Errorf("the query is %q", q)
	}
	if seen.URL.Host != "shop.example" || strings.ContainsAny(seen.Header.Get("X-What"), "\r\n") || seen.Header.Get("Host") != "" {
		t.Errorf("host %q, headers %q", seen.URL.Host, seen.Header)
	}
}
