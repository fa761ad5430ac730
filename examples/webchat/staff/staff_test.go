package staff_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/examples/webchat/staff"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// desk is a desk with the agents' page in front, and one ticket.
type desk struct {
	*frontdesk.Desk
	t      *testing.T
	url    string
	cookie string
	ann    string
	id     string
}

// eachDesk runs a test on a desk of each back end.
func eachDesk(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) { test(t, newDesk(t, s)) })
}

func newDesk(t *testing.T, s driver.Store) *desk {
	t.Helper()
	return newDeskWith(t, frontdesk.Config{Store: s})
}

func newDeskWith(t *testing.T, c frontdesk.Config) *desk {
	t.Helper()
	d := &desk{t: t}
	var err error
	if d.Desk, err = frontdesk.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	host := event.Actor{Kind: event.System}
	d.must(d.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "mira", Name: "Mira Okafor"}))
	ann, err := d.People.Save(t.Context(), host, identity.Profile{UserID: "ann", Name: "Ann"})
	d.must(err)
	d.ann = ann.ID
	d.id = d.write("hello").Ticket.ID
	_, err = d.Events.Sequence(t.Context()) // streams begin behind it, on every store
	d.must(err)
	page, err := staff.New(d.Desk, slog.New(slog.DiscardHandler))
	d.must(err)
	server := httptest.NewServer(page)
	d.url = server.URL + "/"
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		cancel()
		<-done
		d.must(d.Close())
	})
	resp := d.do("POST", "api/session", map[string]string{"agent": "mira"}, nil)
	d.cookie = strings.Split(resp.header.Get("Set-Cookie"), ";")[0]
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) write(text string) *ticket.Written {
	d.t.Helper()
	w, err := d.Tickets.Write(d.t.Context(), ticket.Inbound{EndUser: d.ann, App: ticket.DefaultApp, Platform: "webchat", Channel: "chat", Draft: ticket.Draft{Text: text}})
	d.must(err)
	return w
}

type response struct {
	status int
	header http.Header
	body   string
}

func (d *desk) do(method, path string, body any, header map[string]string) response {
	d.t.Helper()
	b, err := json.Marshal(body)
	d.must(err)
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, bytes.NewReader(b))
	d.must(err)
	req.Header.Set("Cookie", d.cookie)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	d.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	d.must(err)
	return response{resp.StatusCode, resp.Header, string(text)}
}

func TestNobodyComesInUnasked(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		mine := d.cookie
		for name, cookie := range map[string]string{"none": "", "forged": mine[:len(mine)-3] + "AAA", "other agent": strings.Replace(mine, "mira", "root", 1)} {
			d.cookie = cookie
			for _, path := range []string{"api/me", "api/tickets", "api/tickets/" + d.id, "api/stream"} {
				if r := d.do("GET", path, nil, nil); r.status != http.StatusUnauthorized {
					t.Errorf("cookie %s, %s: %d", name, path, r.status)
				}
			}
		}
		d.cookie = mine
		r := d.do("POST", "api/tickets/"+d.id+"/resolve", struct{}{}, map[string]string{"Sec-Fetch-Site": "cross-site"})
		if r.status != http.StatusForbidden {
			t.Errorf("from another site: %d", r.status)
		}
		a, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		a.Inactive = true
		d.must(d.People.SaveAgent(t.Context(), event.Actor{Kind: event.System}, a))
		if r := d.do("GET", "api/me", nil, nil); r.status != http.StatusUnauthorized {
			t.Errorf("who was deactivated: %d", r.status)
		}
	})
}

func TestPageIsClosedOff(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		r := d.do("GET", "", nil, nil)
		if r.status != http.StatusOK || !strings.Contains(r.body, "main.js") || !strings.Contains(r.header.Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("page: %d %v", r.status, r.header)
		}
		for _, path := range []string{"../staff.go", "%2e%2e/staff.go", "nope.js"} {
			if r := d.do("GET", path, nil, nil); r.status == http.StatusOK && strings.Contains(r.body, "package") {
				t.Errorf("%s: %d", path, r.status)
			}
		}
	})
}

func TestActs(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		at := "api/tickets/" + d.id + "/"
		for _, c := range []struct {
			act    string
			body   map[string]any
			status int
			says   string
		}{
			{"reply", map[string]any{"text": ""}, 422, `"field":"message.text"`},
			{"reply", map[string]any{"client_id": "1", "text": "good morning", "seen": 1}, 200, `"status":"agent_replied"`},
			{"reply", map[string]any{"client_id": "1", "text": "good morning", "seen": 1}, 200, `"seq":2`},
			{"reply", map[string]any{"client_id": "1", "text": "else"}, 409, `"code":"key_reused"`},
			{"reply", map[string]any{"client_id": "2", "text": "late", "seen": 1}, 409, `"code":"stale"`},
			{"reply", map[string]any{"client_id": "2", "text": "late", "seen": 1, "force": true}, 200, `"seq":3`},
			{"note", map[string]any{"text": "psst", "mentions": []string{"nobody"}}, 422, `"field":"message.mentions"`},
			{"note", map[string]any{"text": "psst", "mentions": []string{"mira"}}, 200, `"kind":"note"`},
			{"set", map[string]any{"priority": "frantic"}, 422, `"field":"priority"`},
			{"set", map[string]any{"priority": "high", "title": "Greeting"}, 200, `"priority":"high"`},
			{"set", map[string]any{"tags": []string{"unknown"}}, 422, `"field":"tags.unknown"`},
			{"assign", map[string]any{"agent": "nobody"}, 422, `"field":"agent"`},
			{"release", nil, 200, `"assignee":null`},
			{"take", nil, 200, `"id":"mira"`},
			{"read", map[string]any{"seq": 3}, 204, ""},
			{"typing", map[string]any{"typing": true}, 204, ""},
			{"resolve", nil, 200, `"status":"resolved"`},
			{"take", nil, 409, `"code":"transition"`},
			{"reopen", nil, 200, `"status":"agent_replied"`},
			{"reject", nil, 200, `"status":"rejected"`},
			{"explode", nil, 404, `"code":"not_found"`},
		} {
			if r := d.do("POST", at+c.act, c.body, nil); r.status != c.status || !strings.Contains(r.body, c.says) {
				t.Errorf("%s %v: %d %s; want %d and %s", c.act, c.body, r.status, r.body, c.status, c.says)
			}
		}
		if r := d.do("POST", "api/tickets/nope/resolve", nil, nil); r.status != http.StatusNotFound {
			t.Errorf("unknown ticket: %d", r.status)
		}
		if r := d.do("GET", at, nil, nil); r.status != http.StatusNotFound {
			t.Errorf("with a slash at the end: %d", r.status)
		}
		if r := d.do("GET", "api/tickets/"+d.id, nil, nil); !strings.Contains(r.body, `"name":"Ann"`) || !strings.Contains(r.body, "psst") {
			t.Errorf("ticket: %s", r.body)
		}
	})
}

func TestStreamGoesOnAtItsPosition(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		listen := func(after string) (lines *bufio.Scanner, hangUp func()) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			req, err := http.NewRequestWithContext(ctx, "GET", d.url+"api/stream?after="+after, nil)
			d.must(err)
			req.Header.Set("Cookie", d.cookie)
			resp, err := http.DefaultClient.Do(req)
			d.must(err)
			return bufio.NewScanner(resp.Body), func() { cancel(); resp.Body.Close() }
		}
		until := func(lines *bufio.Scanner, prefix string) string {
			for lines.Scan() {
				if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
					return rest
				}
			}
			t.Fatalf("the stream ended before %q", prefix)
			return ""
		}
		lines, hangUp := listen("")
		until(lines, "event: ready")
		d.write("are you there?")
		until(lines, "event: message")
		if data := until(lines, "data: "); !strings.Contains(data, "are you there?") {
			t.Errorf("message: %s", data)
		}
		until(lines, "event: ticket")
		position := until(lines, "id: ")
		hangUp()
		for i := range 2 {
			d.write(fmt.Sprint("while you were away ", i))
		}
		lines, hangUp = listen(position)
		defer hangUp()
		for i := range 2 {
			until(lines, "event: message")
			if data := until(lines, "data: "); !strings.Contains(data, fmt.Sprint("while you were away ", i)) {
				t.Errorf("message %d: %s", i, data)
			}
		}
		ahead, stop := listen("999999")
		defer stop()
		until(ahead, "event: reset")
	})
}

// What people wrote must never be read as HTML or code.
func TestNoHTMLSinks(t *testing.T) {
	bad := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc`)
	files, err := filepath.Glob("assets/*.js")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := bad.Find(text); found != nil {
			t.Errorf("%s uses %s", name, found)
		}
	}
}
