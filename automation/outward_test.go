package automation_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// backend is the host's own system, as conditions and actions call it.
type backend struct {
	mu    sync.Mutex
	asked []string // of conditions, by name
	calls []automation.Call
	vip   bool
	fail  error // of conditions
	refus int   // of calls that fail before one is taken
}

func (b *backend) options() *automation.Options {
	ask := func(name string) func(context.Context, *ticket.Ticket) (bool, error) {
		return func(context.Context, *ticket.Ticket) (bool, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.asked = append(b.asked, name)
			return b.vip, b.fail
		}
	}
	return &automation.Options{
		Client: http.DefaultClient,
		Conditions: map[string]func(context.Context, *ticket.Ticket) (bool, error){"is_vip": ask("is_vip"), "owes": ask("owes"),
			"panics": func(context.Context, *ticket.Ticket) (bool, error) { panic("outside") }},
		Calls: map[string]func(context.Context, automation.Call) error{"ship": func(_ context.Context, c automation.Call) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.calls = append(b.calls, c); len(b.calls) <= b.refus {
				return errors.New("come back later")
			}
			return nil
		}},
	}
}

// questions are the conditions that were asked since the last time, by name: a function
// that took too long may be at work still.
func (b *backend) questions() (names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	names, b.asked = b.asked, nil
	return names
}

// called are the calls so far.
func (b *backend) called() []automation.Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// eachBackend runs a test on every store, with a backend of its own.
func eachBackend(t *testing.T, f func(t *testing.T, d *desk, b *backend)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		b := &backend{}
		f(t, open(t, d, b.options()), b)
	})
}

// Conditions ask the host only where the rest of them may be true, once for a pass, and
// the pass then runs with the answers.
func TestHostConditions(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		b.vip = true
		d.rule(t, &automation.Rule{ID: "new", On: isNew, When: `ticket.title == "ask" and host.is_vip`, Do: do(tag("vip"))})
		d.rule(t, &automation.Rule{ID: "first", On: when(automation.EventEndUserMessage), When: `message.text contains "refund" and host.is_vip`, Do: do(tag("refund"))})
		d.rule(t, &automation.Rule{ID: "second", On: when(automation.EventEndUserMessage), When: `"refund" in ticket.tags and not host.owes`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "third", On: when(automation.EventEndUserMessage), When: `message.text contains "wait"`, Do: []automation.Action{say("One moment.")}})
		quiet := d.ask(t)
		d.drain(t)
		d.write(t, quiet.ID, "hello")
		d.drain(t)
		if asked := b.questions(); len(asked) > 0 {
			t.Fatalf("asked %v although nothing depends on it", asked)
		}
		tk := d.ask(t, titled("ask"), func(n *ticket.New) { n.Platform = "ios" })
		d.drain(t)
		if now, asked := d.now(t, tk.ID), b.questions(); !slices.Equal(now.Tags, []string{"vip"}) || now.Intake != "" || !slices.Equal(asked, []string{"is_vip"}) {
			t.Fatalf("%v, intake %q, warnings %v, asked %v", now.Tags, now.Intake, now.Warnings, asked)
		}
		d.write(t, tk.ID, "a refund, please")
		d.write(t, tk.ID, "can't wait")
		d.drain(t)
		// Of the second rule the host is asked with what the first one changed.
		if now, asked := d.now(t, tk.ID), b.questions(); !slices.Equal(now.Tags, []string{"refund", "vip"}) || strings.Join(asked, " ") != "is_vip owes owes" {
			t.Errorf("%v, asked %v", now.Tags, asked)
		}
		if got := d.texts(t, tk.ID); got[len(got)-1] != "automation: One moment." {
			t.Errorf("said %q", got)
		}
	})
}

// A function without an answer makes nothing true, and holds nothing up.
func TestHostConditionFails(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		b.vip, b.fail = true, errors.New("down")
		d.rule(t, &automation.Rule{ID: "a", On: isNew, When: `host.is_vip`, Do: do(tag("vip"))})
		d.rule(t, &automation.Rule{ID: "b", On: isNew, When: `not host.panics`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "c", On: isNew, When: `host.panics == nil`, Do: do(tag("refund"))})
		tk := d.ask(t)
		d.drain(t)
		if now := d.now(t, tk.ID); !slices.Contains(now.Tags, "refund") || slices.Contains(now.Tags, "vip") || now.Intake != "" {
			t.Errorf("%v, intake %q, warnings %v", now.Tags, now.Intake, now.Warnings)
		}
	})
}

// Functions are asked side by side. One that ends its goroutine has no answer, and one
// that doesn't hear that its time is up is left behind.
func TestHostConditionsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := make(chan struct{})
		o := &automation.Options{Conditions: map[string]func(context.Context, *ticket.Ticket) (bool, error){
			"ends": func(context.Context, *ticket.Ticket) (bool, error) { runtime.Goexit(); return true, nil },
			"deaf": func(context.Context, *ticket.Ticket) (bool, error) { <-deaf; return true, nil }}}
		when := "host.ends == nil and host.deaf == nil"
		for i := range 40 {
			name := fmt.Sprint("slow", i)
			o.Conditions[name] = func(ctx context.Context, _ *ticket.Ticket) (bool, error) { <-ctx.Done(); return false, ctx.Err() }
			when += " and host." + name + " == nil"
		}
		d := open(t, memstore.New(), o)
		defer close(deaf)
		d.rule(t, &automation.Rule{ID: "all", On: isNew, When: when, Do: do(tag("vip"))})
		begun := time.Now()
		tk := d.ask(t)
		d.drain(t)
		if now := d.now(t, tk.ID); !now.HasTag("vip") || len(now.Warnings) > 0 {
			t.Errorf("%v, warnings %v", now.Tags, now.Warnings)
		}
		if took := time.Since(begun); took > 2*automation.ConditionTime {
			t.Errorf("it took %v", took)
		}
	})
}

// A function of the host is called until it succeeds, under one id.
func TestCalls(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		b.refus = 2
		call := func(to, text string) automation.Action {
			return automation.Action{Action: ticket.Action{Do: automation.DoCall, To: to, Text: text}}
		}
		refuses(t, d.rules.SaveRule(t.Context(), admin, &automation.Rule{Name: "x", On: isNew, Do: []automation.Action{call("fly", "")}}), "rule.do.to")
		d.rule(t, &automation.Rule{ID: "a", On: isNew, Do: []automation.Action{call("ship", "express")}})
		tk := d.ask(t)
		for range 5 {
			d.drain(t)
			d.clock.forward(time.Hour)
		}
		calls := b.called()
		if len(calls) != 3 {
			t.Fatalf("%d calls", len(calls))
		}
		for _, c := range calls {
			if c.ID != calls[0].ID || c.Rule != "a" || c.Text != "express" || c.Ticket.ID != tk.ID {
				t.Errorf("%+v", c)
			}
		}
	})
}

// A webhook gets a Call as JSON, signed, under one id.
func TestWebhook(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		var mu sync.Mutex
		var got []*http.Request
		var bodies [][]byte
		status := http.StatusInternalServerError
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			body, _ := io.ReadAll(r.Body)
			got, bodies = append(got, r), append(bodies, body)
			w.WriteHeader(status)
			status = http.StatusNoContent
		}))
		defer server.Close()
		hook := automation.Action{Action: ticket.Action{Do: automation.DoWebhook, To: server.URL + "/x", Text: "s3cret"}}
		d.rule(t, &automation.Rule{ID: "hook", On: isNew, Do: []automation.Action{hook}})
		tk := d.ask(t)
		d.drain(t)
		d.clock.forward(time.Hour)
		d.drain(t)
		mu.Lock()
		defer mu.Unlock()
		if len(got) != 2 || got[0].Header.Get("Frontdesk-Id") != got[1].Header.Get("Frontdesk-Id") || got[0].Header.Get("Frontdesk-Id") == "" {
			t.Fatalf("%d requests", len(got))
		}
		var c automation.Call
		must(t, json.Unmarshal(bodies[1], &c))
		if c.Ticket.ID != tk.ID || c.Rule != "hook" || c.ID != got[1].Header.Get("Frontdesk-Id") {
			t.Errorf("%+v", c)
		}
		at, signature, _ := strings.Cut(got[1].Header.Get("Frontdesk-Signature"), ",v1=")
		mac := hmac.New(sha256.New, []byte("s3cret"))
		mac.Write([]byte(strings.TrimPrefix(at, "t=") + "." + string(bodies[1])))
		if hex.EncodeToString(mac.Sum(nil)) != signature {
			t.Errorf("signature %q", got[1].Header.Get("Frontdesk-Signature"))
		}
		for _, bad := range []string{"ftp://x", "nowhere", "http://", "https://me:secret@x/", "https://x/" + strings.Repeat("y", automation.MaxURL)} {
			hook.To = bad
			refuses(t, d.rules.SaveRule(t.Context(), admin, &automation.Rule{Name: "x", On: isNew, Do: []automation.Action{hook}}), "rule.do.to")
		}
	})
}

// The desk's own client calls no address that isn't public, and says so in a dead letter.
func TestWebhookStaysOutside(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	var called atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	for i, to := range []string{server.URL, "http://localhost" + port, "http://[::1]" + port, "http://0x7f000001" + port, "http://[::ffff:127.0.0.1]" + port, "http://169.254.169.254/latest"} {
		hook := automation.Action{Action: ticket.Action{Do: automation.DoWebhook, To: to}}
		d.rule(t, &automation.Rule{ID: "hook" + string(rune('a'+i)), On: isNew, Do: []automation.Action{hook}})
	}
	d.ask(t)
	for range 30 {
		d.drain(t)
		d.clock.forward(2 * time.Hour)
	}
	dead, _, err := d.jobs.Dead(t.Context(), "", 20)
	must(t, err)
	if called.Load() || len(dead) != 6 {
		t.Errorf("called: %v, %d dead letters", called.Load(), len(dead))
	}
	for _, j := range dead {
		if !strings.Contains(j.Error, "prohibited") && !strings.Contains(j.Error, "lookup") {
			t.Errorf("%s", j.Error)
		}
	}
}

// The desk's own client follows no redirects, and asks no proxy: it would resolve names.
func TestWebhookGoesNoFurther(t *testing.T) {
	t.Parallel()
	client := automation.PublicClient()
	way := client.Transport.(*http.Transport)
	if way.Proxy != nil {
		t.Error("it goes through a proxy")
	}
	way.DialContext = (&net.Dialer{}).DialContext // else it wouldn't call the test's server
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	defer server.Close()
	answer, err := client.Post(server.URL, "application/json", strings.NewReader("{}"))
	must(t, err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusTemporaryRedirect || answer.Request.URL.Path != "" {
		t.Errorf("%s from %s", answer.Status, answer.Request.URL)
	}
}

func TestNotify(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tell := automation.Action{Action: ticket.Action{Do: automation.DoNotify, Text: "Look at this."}, Agents: []string{"root", "assignee"}, Groups: []string{"billing"}}
		d.rule(t, &automation.Rule{ID: "tell", On: when(automation.EventEndUserMessage), Do: []automation.Action{tell}})
		tk := d.ask(t)
		_, err := d.tickets.Assign(t.Context(), admin, tk.ID, "bob")
		must(t, err)
		d.drain(t)
		d.write(t, tk.ID, "hello")
		d.drain(t)
		for _, agent := range []string{"root", "ann", "bob"} {
			ns, _, err := d.tickets.Notices(t.Context(), host, agent, "", 10)
			must(t, err)
			n := slices.IndexFunc(ns, func(n *ticket.Notice) bool { return n.Kind == identity.NoticeRule })
			if n < 0 || ns[n].Text != "Look at this." || ns[n].By.ID != "tell" {
				t.Errorf("%s was told %+v", agent, ns)
			}
		}
		tell.Text = ""
		refuses(t, d.rules.SaveRule(t.Context(), admin, &automation.Rule{Name: "x", On: isNew, Do: []automation.Action{tell}}), "rule.do.text")
	})
}

// A question offers answers to pick.
func TestAsk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		question := automation.Action{Action: ticket.Action{Do: automation.DoAsk}, Choices: []string{"Yes", "No"},
			Texts: []ticket.ReplyText{{Text: "Is it broken?"}, {Language: "de", Text: "Ist es kaputt?"}}}
		d.rule(t, &automation.Rule{ID: "ask", On: isNew, Do: []automation.Action{question}})
		tk := d.ask(t, func(n *ticket.New) { n.Language = "de" })
		d.drain(t)
		ms, _, err := d.tickets.Messages(t.Context(), d.user(), tk.ID, 0, 0, 10)
		must(t, err)
		if last := ms[len(ms)-1]; last.Text != "Ist es kaputt?" || !slices.Equal(last.Choices, []string{"Yes", "No"}) {
			t.Errorf("%+v", last)
		}
		question.Choices = append(slices.Repeat([]string{"x"}, ticket.MaxChoices), "y")
		refuses(t, d.rules.SaveRule(t.Context(), admin, &automation.Rule{Name: "x", On: isNew, Do: []automation.Action{question}}), "rule.do.choices")
	})
}

// A rule that runs once per ticket does, and one for other apps doesn't.
func TestOnceAndApps(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveApp(t.Context(), host, ticket.NewApp("game", "Game")))
		d.rule(t, &automation.Rule{ID: "once", Once: true, On: when(automation.EventEndUserMessage), Do: []automation.Action{say("Thanks.")}})
		d.rule(t, &automation.Rule{ID: "game", Apps: []string{"game"}, On: when(automation.EventEndUserMessage), Do: do(tag("vip"))})
		tk := d.ask(t)
		other := d.ask(t, func(n *ticket.New) { n.App = "game" })
		d.drain(t)
		for range 3 {
			d.write(t, tk.ID, "hello")
			d.write(t, other.ID, "hello")
			d.drain(t)
		}
		if got := d.texts(t, tk.ID); len(got) != 5 {
			t.Errorf("said %q", got)
		}
		if len(d.now(t, tk.ID).Tags) > 0 || len(d.now(t, other.ID).Tags) != 1 {
			t.Errorf("tags %v and %v", d.now(t, tk.ID).Tags, d.now(t, other.ID).Tags)
		}
	})
}
