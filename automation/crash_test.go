package automation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// crashStore and crashSink make a test process one of those that get killed.
const (
	crashStore = "RULES_CRASH_STORE" // a path, or bbolt's place
	crashSink  = "RULES_CRASH_SINK"  // the address of the receiver
)

const crashKinds = 100 // of tickets, by a field

// crashRules are 200 rules: on new tickets, on what those change, on messages, and on a
// date. Each is about the tickets of some kinds, and leaves a note of its name; some call
// outside.
func crashRules(sink string) (rs []*automation.Rule) {
	dated := automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockField, Field: "renewal"}
	for _, part := range []struct {
		on    automation.Trigger
		kinds int
	}{{isNew, 1}, {when(automation.EventPriority), 2}, {when(automation.EventEndUserMessage), 4}, {dated, 4}} {
		for first := 0; first < crashKinds; first += part.kinds {
			r := &automation.Rule{ID: fmt.Sprintf("r%03d", len(rs)), Name: "Rule", On: part.on, Overdue: true,
				When: fmt.Sprintf("field.spend >= %d and field.spend < %d", first, first+part.kinds)}
			r.Do = []automation.Action{{Action: ticket.Action{Do: ticket.DoNote}, Texts: []ticket.ReplyText{{Text: "ran " + r.ID}}}}
			if part.kinds == 1 {
				r.Do = append(r.Do, automation.Action{Action: ticket.Action{Do: ticket.DoPriority, Text: "high"}})
			}
			switch len(rs) % crashCalls {
			case 0:
				r.Do = append(r.Do, automation.Action{Action: ticket.Action{Do: automation.DoWebhook, To: sink + "/hook"}})
			case 1:
				r.Do = append(r.Do, automation.Action{Action: ticket.Action{Do: automation.DoCall, To: "tell"}})
			}
			rs = append(rs, r)
		}
	}
	return rs
}

// Two of crashCalls rules call outside.
const crashCalls = 8

// crashed are the numbers of the rules that run on tickets of a kind.
func crashed(kind int) []int { return []int{kind, 100 + kind/2, 150 + kind/4, 175 + kind/4} }

// called is how many calls n tickets lead to.
func called(n int) (sum int) {
	for i := range n {
		for _, rule := range crashed(i % crashKinds) {
			if rule%crashCalls < 2 {
				sum++
			}
		}
	}
	return sum
}

// crashOptions are what the rules use of the host.
func crashOptions(sink string) *automation.Options {
	return &automation.Options{Client: http.DefaultClient, Calls: map[string]func(context.Context, automation.Call) error{
		"tell": func(ctx context.Context, c automation.Call) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, sink+"/call", bytes.NewReader(nil))
			if err != nil {
				return err
			}
			r.Header.Set("Frontdesk-Id", c.ID)
			answer, err := http.DefaultClient.Do(r)
			if err == nil {
				answer.Body.Close()
			}
			return err
		},
	}}
}

// joinCrash opens the desk that the parent has set up.
func joinCrash(t *testing.T, d driver.Store, sink string, now func() time.Time) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db}
	k.serve(t, now, crashOptions(sink))
	u, err := k.people.ByUserID(t.Context(), "eve")
	must(t, err)
	k.eve = u.ID
	return k
}

// TestRulesChild is the process that gets killed.
func TestRulesChild(t *testing.T) {
	at, sink := os.Getenv(crashStore), os.Getenv(crashSink)
	if at == "" {
		t.Skip("it is the child of TestRulesAreKilled")
	}
	var d driver.Store
	if path, ok := strings.CutPrefix(at, "bbolt:"); ok {
		file, err := boltstore.Open(path, nil)
		must(t, err)
		d = file
	} else {
		pool, err := pgstore.Connect(t.Context(), at)
		must(t, err)
		d = pgstore.New(pool, nil)
	}
	k := joinCrash(t, d, sink, time.Now)
	k.run(t, t.Context())
	io.Copy(io.Discard, os.Stdin) // it ends with its parent
	os.Exit(0)
}

// run does the background work until ctx ends.
func (d *desk) run(t *testing.T, ctx context.Context) (wait func()) {
	var wg sync.WaitGroup
	for _, part := range []func(context.Context) error{d.db.Run, d.events.Run, d.jobs.Run, d.rules.Run} {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	return wg.Wait
}

// sink is a receiver that counts what it is sent by id.
type sink struct {
	mu   sync.Mutex
	seen map[string]int
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[r.URL.Path+" "+r.Header.Get("Frontdesk-Id")]++
}

func (s *sink) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// Whoever is killed, every rule has run once for each of its causes, and who is called has
// heard of each under one id.
func TestRulesAreKilled(t *testing.T) {
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "desk.db")
		reopen := func() driver.Store {
			file, err := boltstore.Open(path, nil)
			must(t, err)
			return file
		}
		killRules(t, "bbolt:"+path, 1, reopen)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.Start(t, nil).DSN()
		killRules(t, dsn, 2, func() driver.Store {
			pool, err := pgstore.Connect(t.Context(), dsn)
			must(t, err)
			t.Cleanup(pool.Close)
			return pgstore.New(pool, nil)
		})
	})
}

func killRules(t *testing.T, at string, processes int, reopen func() driver.Store) {
	receiver := &sink{seen: map[string]int{}}
	server := httptest.NewServer(receiver)
	defer server.Close()
	n := crashTickets
	if testing.Short() {
		n = 200
	}
	d := open(t, reopen(), crashOptions(server.URL))
	for _, r := range crashRules(server.URL) {
		must(t, d.rules.SaveRule(t.Context(), admin, r))
	}
	ids := d.crashTickets(t, n)
	must(t, d.db.Close())

	kills, want := 0, called(n)
	for ; receiver.distinct() < want*9/10 && kills < 6; kills++ {
		var crew []*exec.Cmd
		for range processes {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRulesChild$")
			child.Env = append(os.Environ(), crashStore+"="+at, crashSink+"="+server.URL)
			in, err := child.StdinPipe()
			must(t, err)
			defer in.Close()
			must(t, child.Start())
			crew = append(crew, child)
		}
		before := receiver.distinct()
		for begun := time.Now(); receiver.distinct() == before && time.Since(begun) < time.Minute; { // it got somewhere
			pause(20 * time.Millisecond)
		}
		pause(time.Duration(rand.Int64N(int64(time.Second))))
		for _, child := range crew {
			must(t, child.Process.Kill())
			child.Wait()
		}
	}
	t.Logf("killed %d times, %d of %d called by then", kills, receiver.distinct(), want)

	d = joinCrash(t, reopen(), server.URL, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	wait := d.run(t, ctx)
	for last, moved := 0, time.Now(); last < want && time.Since(moved) < 5*time.Minute; { // leases of the dead run out
		if now := receiver.distinct(); now > last {
			last, moved = now, time.Now()
		}
		pause(50 * time.Millisecond)
	}
	cancel()
	wait()
	for left := 1; left > 0; {
		d.drain(t)
		var err error
		left, err = d.rules.Step(t.Context())
		must(t, err)
	}
	if got := receiver.distinct(); got != want {
		t.Errorf("%d distinct calls, want %d", got, want)
	}
	d.onceEach(t, ids)
}

func pause(d time.Duration) { <-time.After(d) }

// crashTickets makes tickets of all kinds, on each of which the end user writes again.
func (d *desk) crashTickets(t *testing.T, n int) (ids []string) {
	t.Helper()
	for at := 0; at < n; at += 200 {
		var news []ticket.New
		for i := at; i < min(at+200, n); i++ {
			news = append(news, ticket.New{EndUser: d.eve, Platform: "webchat", Fields: map[string]any{"spend": float64(i % crashKinds), "renewal": "2026-05-01"}, Message: &ticket.Draft{Text: "Where?"}})
		}
		ts, err := d.tickets.CreateMany(t.Context(), news)
		must(t, err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
	}
	var wg sync.WaitGroup
	for part := range 16 {
		wg.Go(func() {
			for i := part; i < n; i += 16 {
				err := store.ErrUnavailable // on a slow machine connections may come too late, and nothing is written
				for errors.Is(err, store.ErrUnavailable) {
					_, err = d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: ids[i], Draft: ticket.Draft{Text: "Hello?"}})
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return ids
}

// onceEach compares what rules did to each ticket with what they should have.
func (d *desk) onceEach(t *testing.T, ids []string) {
	t.Helper()
	wrong := 0
	for i, id := range ids {
		kind := i % crashKinds
		want := map[string]bool{}
		for _, n := range crashed(kind) {
			want[fmt.Sprintf("r%03d", n)] = true
		}
		page, _, err := d.rules.RunsOf(t.Context(), admin, id, "", 200)
		must(t, err)
		notes := map[string]int{}
		for _, text := range d.texts(t, id) {
			if r, ok := strings.CutPrefix(text, "automation: ran "); ok {
				notes[r]++
			}
		}
		ok := len(page) == len(want) && len(notes) == len(want)
		for _, r := range page {
			ok = ok && want[r.Rule] && notes[r.Rule] == 1
		}
		if !ok {
			if wrong++; wrong < 5 {
				t.Errorf("ticket %d: %d runs, notes %v, want %v", i, len(page), notes, want)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d tickets are wrong", wrong)
	}
}
