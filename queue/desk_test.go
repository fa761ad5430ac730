package queue_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// clock is the time of a test. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

// start is a Monday.
var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

var (
	host  = event.Actor{Kind: event.System}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"} // of group billing, and of lea's team
	bob   = event.Actor{Kind: event.Agent, ID: "bob"}
	lea   = event.Actor{Kind: event.Agent, ID: "lea"} // a supervisor
	admin = event.Actor{Kind: event.Agent, ID: "root"}
	no    = event.Actor{}
)

// desk is a desk with queues over a store of the test's own. now, if it isn't nil, is its
// clock; else that stands still.
type desk struct {
	db       *store.DB
	events   *event.Log
	jobs     *job.Queue
	people   *identity.Service
	tickets  *ticket.Service
	queues   *queue.Service
	presence *ticket.Presence
	clock    *clock
	hooks    []ticket.Hook // behind that of queues
	eve      string        // id of an end user
}

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), queue.Collections())
}

func open(t testing.TB, d driver.Store) *desk { return openAt(t, d, nil) }

func openAt(t testing.TB, d driver.Store, now func() time.Time) *desk {
	t.Helper()
	return openWith(t, d, now, nil)
}

// openHooked is a desk with one hook more.
func openHooked(t testing.TB, d driver.Store, h ticket.Hook) *desk {
	t.Helper()
	return openWith(t, d, nil, []ticket.Hook{h})
}

func openWith(t testing.TB, d driver.Store, now func() time.Time, hooks []ticket.Hook) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: &clock{at: start}, hooks: hooks}
	if now == nil {
		now = k.clock.now
	}
	k.serve(t, now)
	u, err := k.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
	must(t, err)
	k.eve = u.ID
	must(t, k.people.SaveGroup(t.Context(), host, &identity.Group{ID: "billing", Name: "Billing"}))
	must(t, k.people.SaveGroup(t.Context(), host, &identity.Group{ID: "tech", Name: "Tech"}))
	for _, a := range []*identity.Agent{{ID: "lea", Role: identity.Supervisor}, {ID: "root", Role: identity.Admin}} {
		a.Name = strings.ToUpper(a.ID)
		must(t, k.people.SaveAgent(t.Context(), host, a))
	}
	must(t, k.people.SaveTeam(t.Context(), host, &identity.Team{ID: "crew", Name: "Crew", Supervisor: "lea"}))
	for _, a := range []*identity.Agent{{ID: "ann", Groups: []string{"billing"}, Team: "crew"}, {ID: "bob"}} {
		a.Name = strings.ToUpper(a.ID)
		must(t, k.people.SaveAgent(t.Context(), host, a))
	}
	return k
}

// serve opens the desk's services over its store.
func (d *desk) serve(t testing.TB, now func() time.Time) {
	t.Helper()
	d.events = event.NewLog(d.db, &event.Options{Now: now})
	d.jobs = job.New(d.db, &job.Options{Now: now, Seed: 1})
	d.presence = ticket.NewPresence()
	var err error
	d.people, err = identity.Open(t.Context(), d.db, d.events, &identity.Options{Now: now})
	must(t, err)
	d.tickets, err = ticket.Open(t.Context(), d.db, d.events, d.jobs, d.people,
		&ticket.Options{Now: now, Hooks: append([]ticket.Hook{queue.Hook()}, d.hooks...), CanTake: queue.CanTake, Exists: queue.Exists, QueueHours: queue.Calendars})
	must(t, err)
	d.queues, err = queue.Open(t.Context(), queue.Parts{DB: d.db, Events: d.events, Jobs: d.jobs, People: d.people, Tickets: d.tickets, Presence: d.presence},
		&queue.Options{Now: now})
	must(t, err)
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New()) }

// eachStore runs a test on every back end.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, open(t, d)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// got is the result of an act that has to succeed.
func got[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// is reports an error that isn't the wanted one.
func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// refuses reports an error that isn't about the field.
func refuses(t testing.TB, err error, field string) {
	t.Helper()
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != field || bad.Reason == "" {
		t.Errorf("error %v, want one about %s", err, field)
	}
}

func forbidden(t testing.TB, err error) {
	t.Helper()
	if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
		t.Errorf("error %v, want a *identity.PermissionError", err)
	}
}

// queue makes a queue.
func (d *desk) queue(t testing.TB, id string, change ...func(q *queue.Queue)) *queue.Queue {
	t.Helper()
	q := &queue.Queue{ID: id, Name: "Queue " + id}
	for _, f := range change {
		f(q)
	}
	must(t, d.queues.Save(t.Context(), host, q))
	return q
}

// ask creates a ticket with a question of the end user, in a queue or in the default one.
func (d *desk) ask(t testing.TB, in string) *ticket.Ticket {
	t.Helper()
	tk := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Where is it?"}}))
	if in != "" {
		tk = got[*ticket.Ticket](t)(d.tickets.AssignQueue(t.Context(), host, tk.ID, in))
	}
	return tk
}

// held is a ticket in a queue that an agent has.
func (d *desk) held(t testing.TB, in, agent string) *ticket.Ticket {
	t.Helper()
	return got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, d.ask(t, in).ID, agent))
}

func (d *desk) get(t testing.TB, id string) *ticket.Ticket {
	t.Helper()
	return got[*ticket.Ticket](t)(d.tickets.Get(t.Context(), host, id))
}

// step does what is due now: events first, then jobs, until nothing is left.
func (d *desk) step(t testing.TB) {
	t.Helper()
	for {
		es, err := d.events.Step(t.Context())
		must(t, err)
		js, err := d.jobs.Step(t.Context())
		must(t, err)
		if es+js == 0 {
			return
		}
	}
}

// happened are the events of a subject, oldest first.
func (d *desk) happened(t testing.TB, subject string) (all []*event.Event) {
	t.Helper()
	for after := ""; ; {
		es, next, err := d.events.History(context.WithoutCancel(t.Context()), d.db, subject, after, 100)
		must(t, err)
		all = append(all, es...)
		if after = next; next == "" {
			return all
		}
	}
}

// state is an agent's availability in short.
func (d *desk) state(t testing.TB, agent string) string {
	t.Helper()
	av := got[*queue.Availability](t)(d.queues.Availability(t.Context(), agent))
	return strings.TrimSpace(string(av.State) + " " + av.Reason)
}

func (d *desk) set(t testing.TB, agent string, to queue.State, why string) {
	t.Helper()
	got[*queue.Availability](t)(d.queues.SetAvailability(t.Context(), host, agent, to, why))
}
