package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics/live"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// counting counts a store's transactions.
type counting struct {
	driver.Store
	n atomic.Int64
}

func (c *counting) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	c.n.Add(1)
	return c.Store.Begin(ctx, write)
}

// Those who watch are told what changes, a colour that turns by itself too. A desk on which
// nothing happens isn't looked at, although tickets wait and many watch.
func TestWatch(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) driver.Store{
		"memory": func(*testing.T) driver.Store { return memstore.New() },
		"bbolt": func(t *testing.T) driver.Store {
			s, err := boltstore.Open(filepath.Join(t.TempDir(), "desk.db"), nil)
			must(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { watch(t, &counting{Store: open(t)}) })
		})
	}
}

func watch(t *testing.T, counted *counting) {
	ctx, cancel := context.WithCancel(t.Context())
	d, err := frontdesk.Open(ctx, frontdesk.Config{Store: counted})
	must(t, err)
	must(t, d.Queues.Save(ctx, host, &queue.Queue{ID: "tea", Name: "Tea", Amber: 30 * time.Minute}))
	eve, err := d.People.Save(ctx, host, identity.Profile{UserID: "eve"})
	must(t, err)
	// What looks by itself now and then isn't run: jobs are swept, indexes of search compared.
	parts, ended := []func(context.Context) error{d.Events.Run, d.Queues.Run, d.Live.Run}, make(chan error, 10)
	ran := make(chan error, len(parts))
	for _, run := range parts {
		go func() { ran <- run(ctx) }()
	}
	var last atomic.Pointer[live.Snapshot]
	var told atomic.Int64
	for range cap(ended) {
		go func() {
			for n, err := range d.Live.Watch(ctx, host) {
				if err != nil {
					ended <- err
					return
				}
				last.Store(n)
				told.Add(1)
			}
		}()
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	if n := last.Load(); n == nil || n.Total.Open != 0 {
		t.Fatalf("at the beginning: %+v", n)
	}
	before := told.Load()
	var id string
	for range 100 { // many things at once are told once or twice
		tk, err := d.Tickets.Create(ctx, ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "hello"}})
		must(t, err)
		id = tk.ID
	}
	_, err = d.Tickets.AssignQueue(ctx, host, id, "tea")
	must(t, err)
	time.Sleep(10 * time.Second)
	synctest.Wait()
	if n := last.Load(); n.Total.Open != 100 || of(t, n, "tea").Backlog != 1 || of(t, n, "default").Backlog != 99 {
		t.Errorf("after 100 tickets: %+v", n)
	}
	if n := told.Load() - before; n < 10 || n > 40 {
		t.Errorf("ten who watch were told %d times", n)
	}
	time.Sleep(time.Hour)
	synctest.Wait()
	if q := of(t, last.Load(), "tea"); q.Front.Colour != queue.Amber || q.Hour != (live.Hour{}) {
		t.Errorf("an hour later: %+v", q)
	}
	time.Sleep(2 * time.Hour) // sweeps of other packages
	rest := counted.n.Load()
	time.Sleep(12 * time.Hour)
	synctest.Wait()
	if n := counted.n.Load() - rest; n > 0 {
		t.Errorf("%d transactions in half a day in which nothing happens", n)
	}
	cancel()
	for range cap(ended) {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the end: %v", err)
		}
	}
	for range parts {
		<-ran
	}
	must(t, d.Close())
}

// alerts are the alerts in the log, in order.
func alerts(t testing.TB, d *frontdesk.Desk) (types []string, last live.Alert) {
	t.Helper()
	for after := int64(0); ; {
		es, err := d.Events.Since(t.Context(), d.DB, after, 1000)
		must(t, err)
		for _, e := range es {
			after = e.Position
			if strings.HasPrefix(e.Type, "alert.") {
				types = append(types, strings.TrimPrefix(e.Type, "alert."))
				last = live.Alert{}
				must(t, e.Payload(&last))
				types[len(types)-1] += " " + last.Queue + string(last.Colour)
			}
		}
		if len(es) == 0 {
			return types, last
		}
	}
}

func told(t testing.TB, d *frontdesk.Desk, want ...string) (last live.Alert) {
	t.Helper()
	types, last := alerts(t, d)
	if strings.Join(types, ", ") != strings.Join(want, ", ") {
		t.Fatalf("alerts: %q, want %q", types, want)
	}
	return last
}

// A queue that turns amber, red and green is said to once each, whoever else looks.
func TestColours(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *frontdesktest.Desk) {
		tea(t, d)
		id := enter(t, d, "Ann", "tea")
		d.Advance(9 * time.Minute)
		told(t, d.Desk)
		d.Advance(2 * time.Minute)
		told(t, d.Desk, "colour_turned teaamber")
		d.Advance(time.Hour)
		last := told(t, d.Desk, "colour_turned teaamber", "colour_turned teared")
		if last.Was != queue.Amber || !last.Oldest.Equal(frontdesktest.Start()) {
			t.Errorf("%+v", last)
		}
		another := live.New(d.Live.Parts, &live.Options{Now: d.Now}) // as of another process
		if n, err := another.Step(t.Context()); err != nil || n != 0 {
			t.Errorf("another process: %d, %v", n, err)
		}
		_, err := d.Tickets.Resolve(t.Context(), host, id)
		must(t, err)
		d.Drain()
		told(t, d.Desk, "colour_turned teaamber", "colour_turned teared", "colour_turned teagreen")
	})
}

// A process that has read less of the log doesn't take back what another one has said, and
// what was said of a queue goes with it.
func TestSaidBefore(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *frontdesktest.Desk) {
		ctx := t.Context()
		tea(t, d)
		enter(t, d, "Ann", "tea")
		d.Advance(11 * time.Minute)
		told(t, d.Desk, "colour_turned teaamber")
		must(t, d.Live.Say(ctx, "tea", queue.Amber, queue.Green, 1))
		d.Drain()
		told(t, d.Desk, "colour_turned teaamber")
		if ids, err := d.Live.Warned(ctx); err != nil || len(ids) != 1 || ids[0] != "tea" {
			t.Fatalf("said of %q, %v", ids, err)
		}
		must(t, d.Queues.Delete(ctx, host, "tea"))
		d.Drain()
		if ids, err := d.Live.Warned(ctx); err != nil || len(ids) != 0 {
			t.Errorf("said of %q, %v, although the queue is gone", ids, err)
		}
	})
}

// Twelve tickets in an hour in which there is usually one are said to be many, until they
// are an hour old.
func TestSpikes(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		at := frontdesktest.Start()
		d, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: s, Now: func() time.Time { return at }})
		must(t, err)
		t.Cleanup(func() { must(t, d.Close()) })
		eve, err := d.People.Save(t.Context(), host, identity.Profile{UserID: "eve"})
		must(t, err)
		at = at.Add(24*time.Hour + 10*time.Minute)
		ask := func(tickets int) {
			t.Helper()
			for range tickets {
				_, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Hello?"}})
				must(t, err)
			}
			_, err := d.Drain(t.Context())
			must(t, err)
		}
		for range 3 {
			ask(1)
			at = at.AddDate(0, 0, 7)
		}
		ask(1)
		at = at.Add(10 * time.Minute)
		ask(live.SpikeFrom - 2)
		told(t, d)
		at = at.Add(10 * time.Minute)
		ask(1)
		last := told(t, d, "spike_began default", "spike_began ")
		n, err := d.Live.Now(t.Context(), host)
		must(t, err)
		if s := n.Spike; last.Spike == nil || s == nil || s.Created != live.SpikeFrom || s.Usual != 1 || !s.Since.Equal(at) || *of(t, n, "default").Spike != *s {
			t.Errorf("%+v, and the event %+v", s, last.Spike)
		}
		at = at.Add(30 * time.Minute)
		ask(0)
		told(t, d, "spike_began default", "spike_began ")
		at = at.Add(30 * time.Minute)
		ask(0)
		told(t, d, "spike_began default", "spike_began ", "spike_ended default", "spike_ended ")
	})
}

// A supervisor's page: how the desk stands, a stream of it, an agent who goes for lunch, a
// queue that pauses. Agents may not, nor may other people's pages.
func TestHandler(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	jonas := tea(t, d)
	enter(t, d, "Ann", "tea")
	d.Drain()
	var who event.Actor
	server := httptest.NewServer(d.Live.Handler(func(*http.Request) (event.Actor, error) {
		if who == (event.Actor{}) {
			return who, identity.ErrSession
		}
		return who, nil
	}))
	t.Cleanup(server.Close)
	call := func(method, path, body, origin string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		must(t, err)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		a, err := server.Client().Do(r)
		must(t, err)
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		must(t, err)
		return a.StatusCode, string(b)
	}
	for _, c := range []struct {
		who                event.Actor
		method, path, body string
		status             int
	}{
		{event.Actor{}, "GET", "/now", "", 401},
		{jonas, "GET", "/now", "", 403},
		{jonas, "GET", "/stream", "", 403},
		{jonas, "POST", "/queues/tea", `{"paused":true}`, 403},
		{host, "POST", "/queues/tea", `{}`, 400},
		{host, "POST", "/queues/tea", `{"paused":true} {}`, 400},
		{host, "POST", "/queues/gone", `{"paused":true}`, 404},
		{host, "POST", "/agents/jonas", `{"state":"asleep"}`, 422},
		{host, "POST", "/agents/jonas", `{"state":"away","reason":"` + strings.Repeat("x", 5000) + `"}`, 413},
		{host, "POST", "/agents/jonas", `{"state":"away","reason":"lunch"}`, 200},
		{host, "POST", "/queues/tea", `{"paused":true}`, 200},
	} {
		who = c.who
		if status, body := call(c.method, c.path, c.body, ""); status != c.status {
			t.Errorf("%s %s %s of %v: %d %s, want %d", c.method, c.path, c.body, c.who, status, body, c.status)
		}
	}
	who = host
	if status, _ := call("POST", "/queues/tea", `{"paused":false}`, "https://elsewhere.example"); status != 403 {
		t.Errorf("from another page: %d", status)
	}
	d.Drain()
	_, body := call("GET", "/now", "", "")
	var form live.Form
	must(t, json.Unmarshal([]byte(body), &form))
	if len(form.Queues) != 2 || form.Queues[0].ID != "tea" && form.Queues[1].ID != "tea" || len(form.Agents) != 1 || form.Agents[0].State != queue.Away || form.Agents[0].Reason != "lunch" || form.Total.Open != 1 {
		t.Errorf("%s", body)
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/stream", nil)
	must(t, err)
	a, err := server.Client().Do(r)
	must(t, err)
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	if a.Header.Get("Content-Type") != "text/event-stream" || !lines.Scan() || lines.Text() != "event: now" || !lines.Scan() {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	data, _ := strings.CutPrefix(lines.Text(), "data: ")
	if must(t, json.Unmarshal([]byte(data), &form)); !form.Queues[0].Paused && !form.Queues[1].Paused {
		t.Errorf("%s", data)
	}
}
