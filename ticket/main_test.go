package ticket_test

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
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// clock is the time of a test. It stands still until it is moved.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	look func() // called whenever somebody looks at it; nil: nothing is
}

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.look != nil {
		c.look()
	}
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
	bot   = event.Actor{Kind: event.Bot, ID: "greeter"}
	rule  = event.Actor{Kind: event.Automation, ID: "rule"}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"} // an agent of group billing
	bob   = event.Actor{Kind: event.Agent, ID: "bob"} // an agent
	admin = event.Actor{Kind: event.Agent, ID: "root"}
)

// desk is a desk over a store of the test's own, with three agents, a group and
// an end user.
type desk struct {
	db      *store.DB
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	blobs   *blob.Mem
	clock   *clock
	eve     string // id of an end user
	t       *testing.T
}

func (d *desk) user() event.Actor { return event.Actor{Kind: event.EndUser, ID: d.eve} }

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())
}

func open(t testing.TB, d driver.Store, o *ticket.Options) *desk {
	t.Helper()
	c := &clock{at: start}
	db, err := store.Open(t.Context(), d, nil, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: c}
	k.serve(t, o)
	k.eve = k.endUser(t, "eve")
	if _, err := k.people.Agent(t.Context(), "ann"); err == nil {
		return k // it is an older desk
	}
	must(t, k.people.SaveGroup(t.Context(), host, &identity.Group{ID: "billing", Name: "Billing"}))
	for _, a := range []*identity.Agent{{ID: "ann", Groups: []string{"billing"}}, {ID: "bob"}, {ID: "root", Role: identity.Admin}} {
		a.Name = strings.ToUpper(a.ID)
		must(t, k.people.SaveAgent(t.Context(), host, a))
	}
	return k
}

// serve opens the desk's services over its store.
func (d *desk) serve(t testing.TB, o *ticket.Options) {
	t.Helper()
	now := d.clock.now
	d.events, d.blobs = event.NewLog(d.db, &event.Options{Now: now}), blob.Memory()
	d.jobs = job.New(d.db, &job.Options{Now: now, Seed: 1})
	var err error
	d.people, err = identity.Open(t.Context(), d.db, d.events, &identity.Options{Now: now})
	must(t, err)
	if o == nil {
		o = &ticket.Options{Sanitize: func(html string) string { return strings.ReplaceAll(html, "<script>", "") }}
	}
	o.Now, o.Blobs = now, d.blobs
	d.tickets, err = ticket.Open(t.Context(), d.db, d.events, d.jobs, d.people, o)
	must(t, err)
}

func openMemory(t testing.TB, o *ticket.Options) *desk { return open(t, memstore.New(), o) }

// eachStore runs a test on every back end.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, open(t, d, nil)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
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

func (d *desk) endUser(t testing.TB, userID string) string {
	t.Helper()
	u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: userID})
	must(t, err)
	return u.ID
}

func text(s string) ticket.Draft { return ticket.Draft{Text: s} }

// ask creates a ticket with a question of the end user.
func (d *desk) ask(t testing.TB) *ticket.Ticket {
	t.Helper()
	tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Where is it?"}})
	must(t, err)
	return tk
}

func (d *desk) get(t testing.TB, id string) *ticket.Ticket {
	t.Helper()
	tk, err := d.tickets.Get(t.Context(), host, id)
	must(t, err)
	return tk
}

func (d *desk) reply(t testing.TB, who event.Actor, id, s string) *ticket.Ticket {
	t.Helper()
	tk, _, err := d.tickets.Reply(t.Context(), who, id, text(s))
	must(t, err)
	return tk
}

// write is what the end user writes on a ticket, and where it went.
func (d *desk) write(t testing.TB, id, s string) *ticket.Written {
	t.Helper()
	w, err := d.tickets.Write(t.Context(), d.inbound(id, s))
	must(t, err)
	return w
}

func (d *desk) inbound(id, s string) ticket.Inbound {
	return ticket.Inbound{EndUser: d.eve, App: ticket.DefaultApp, Platform: "webchat", Ticket: id, Draft: text(s)}
}

// did is the result of an act that has to succeed.
func did(t testing.TB, tk *ticket.Ticket, err error) *ticket.Ticket {
	t.Helper()
	must(t, err)
	return tk
}

// history are the types of a ticket's events, in order.
func (d *desk) history(t testing.TB, id string) (types []string) {
	t.Helper()
	for _, e := range d.eventsOf(t, id) {
		types = append(types, e.Type)
	}
	return types
}

func (d *desk) eventsOf(t testing.TB, id string) (all []*event.Event) {
	t.Helper()
	for after := ""; ; {
		es, next, err := d.events.History(t.Context(), d.db, id, after, 100)
		must(t, err)
		all = append(all, es...)
		if after = next; next == "" {
			return all
		}
	}
}

func (d *desk) head(t testing.TB) int64 {
	t.Helper()
	_, err := d.events.Sequence(t.Context()) // on some stores appending gives no positions
	must(t, err)
	n, err := d.events.Head(t.Context())
	must(t, err)
	return n
}

// unchanged reports a ticket that has moved since it was read, or events.
func (d *desk) unchanged(t testing.TB, tk *ticket.Ticket, head int64) {
	t.Helper()
	if now := d.get(t, tk.ID); now.Rev != tk.Rev || now.Marks.Last != tk.Marks.Last {
		t.Errorf("revision %d with %d messages became %d with %d", tk.Rev, tk.Marks.Last, now.Rev, now.Marks.Last)
	}
	if n := d.head(t); n != head {
		t.Errorf("%d events more", n-head)
	}
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

func (d *desk) messages(t testing.TB, who event.Actor, id string) []*ticket.Message {
	t.Helper()
	ms, more, err := d.tickets.Messages(t.Context(), who, id, 0, 0, 200)
	must(t, err)
	if more {
		t.Error("more than 200 messages")
	}
	return ms
}

// policy changes how tickets are reopened.
func (d *desk) policy(t testing.TB, p ticket.ReopenPolicy) {
	t.Helper()
	a, err := d.tickets.App(t.Context(), ticket.DefaultApp)
	must(t, err)
	a.Reopen = p
	must(t, d.tickets.SaveApp(t.Context(), admin, a))
}

func (d *desk) setActive(t testing.TB, id string, active bool) {
	t.Helper()
	a, err := d.people.Agent(context.WithoutCancel(t.Context()), id)
	must(t, err)
	a.Inactive = !active
	must(t, d.people.SaveAgent(t.Context(), host, a))
}

// existing says which places are there, but for those that are gone.
func existing(there map[ticket.Place]bool, gone []ticket.Place) func(context.Context, *store.Tx, ticket.Place) (bool, error) {
	return func(_ context.Context, _ *store.Tx, p ticket.Place) (bool, error) {
		return there[p] && !slices.Contains(gone, p), nil
	}
}
