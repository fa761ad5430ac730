package automation_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
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
	ann   = event.Actor{Kind: event.Agent, ID: "ann"} // of group billing
	bob   = event.Actor{Kind: event.Agent, ID: "bob"}
	admin = event.Actor{Kind: event.Agent, ID: "root"}
)

// desk is a desk with rules over a store of the test's own.
type desk struct {
	db       *store.DB
	events   *event.Log
	jobs     *job.Queue
	people   *identity.Service
	tickets  *ticket.Service
	queues   *queue.Service
	rules    *automation.Service
	presence *ticket.Presence
	clock    *clock
	eve      string // id of an end user
}

func (d *desk) user() event.Actor { return event.Actor{Kind: event.EndUser, ID: d.eve} }

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), queue.Collections(), automation.Collections())
}

// open is a desk with agents, groups, a queue, fields, tags and an end user.
func open(t testing.TB, d driver.Store, o *automation.Options) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: &clock{at: start}}
	k.serve(t, k.clock.now, o)
	u, err := k.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve"})
	must(t, err)
	k.eve = u.ID
	must(t, k.people.SaveGroup(t.Context(), host, &identity.Group{ID: "billing", Name: "Billing"}))
	for _, a := range []*identity.Agent{{ID: "root", Role: identity.Admin}, {ID: "ann", Groups: []string{"billing"}}, {ID: "bob"}} {
		a.Name = strings.ToUpper(a.ID)
		must(t, k.people.SaveAgent(t.Context(), host, a))
	}
	must(t, k.queues.Save(t.Context(), host, &queue.Queue{ID: "billing", Name: "Billing", Manual: true}))
	must(t, k.queues.Save(t.Context(), host, &queue.Queue{ID: "vips", Name: "VIPs", Manual: true}))
	for _, f := range []*ticket.Field{{Key: "spend", Name: "Spend", Type: ticket.Number}, {Key: "order", Name: "Order", Type: ticket.SingleLine},
		{Key: "renewal", Name: "Renewal", Type: ticket.Date}, {Key: "gift", Name: "Gift", Type: ticket.Checkbox}} {
		must(t, k.tickets.SaveField(t.Context(), host, f))
	}
	for _, name := range []string{"vip", "late", "refund"} {
		must(t, k.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: name}))
	}
	return k
}

// serve opens the desk's services over its store.
func (d *desk) serve(t testing.TB, now func() time.Time, o *automation.Options) {
	t.Helper()
	d.events = event.NewLog(d.db, &event.Options{Now: now})
	d.jobs = job.New(d.db, &job.Options{Now: now, Seed: 1})
	d.presence = ticket.NewPresence()
	var err error
	d.people, err = identity.Open(t.Context(), d.db, d.events, &identity.Options{Now: now})
	must(t, err)
	d.tickets, err = ticket.Open(t.Context(), d.db, d.events, d.jobs, d.people, &ticket.Options{Now: now, Hooks: []ticket.Hook{queue.Hook()},
		CanTake: queue.CanTake, Exists: queue.Exists, QueueHours: queue.Calendars,
		Steps: []ticket.Step{automation.Step(func() *automation.Service { return d.rules })}})
	must(t, err)
	d.queues, err = queue.Open(t.Context(), queue.Parts{DB: d.db, Events: d.events, Jobs: d.jobs, People: d.people, Tickets: d.tickets, Presence: d.presence},
		&queue.Options{Now: now})
	must(t, err)
	if o == nil {
		o = &automation.Options{}
	}
	o.Now = now
	d.rules, err = automation.Open(automation.Parts{DB: d.db, Events: d.events, Jobs: d.jobs, People: d.people, Tickets: d.tickets, Queues: d.queues, Presence: d.presence}, o)
	must(t, err)
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New(), nil) }

// fewer is n, or a fifth of it where the race detector is at work: it finds what it finds
// in fewer tickets, too.
func fewer(n int) int {
	if raced {
		return n / 5
	}
	return n
}

// check tries a property n times, and more often only to make a failure small.
func check(t *testing.T, n int, property func(rt *rapid.T)) {
	t.Helper()
	passed, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if passed >= n && !failed {
			return
		}
		before := failed
		failed = true
		property(rt)
		failed = before
		passed++
	})
}

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

// drain does everything that is due. No consumer may give up on anything.
func (d *desk) drain(t testing.TB) {
	t.Helper()
	defer d.nothingParked(t)
	for range 1000 {
		es, err := d.events.Step(t.Context())
		must(t, err)
		js, err := d.jobs.Step(t.Context())
		must(t, err)
		qs, err := d.queues.Step(t.Context())
		must(t, err)
		if es+js+qs == 0 {
			return
		}
	}
	t.Fatal("no end")
}

// nothingParked reports what a consumer couldn't take.
func (d *desk) nothingParked(t testing.TB) {
	t.Helper()
	ps, _, err := d.events.ParkedEvents(t.Context(), "", 10)
	must(t, err)
	for _, p := range ps {
		t.Errorf("%s gave up on %s: %s", p.Consumer, p.Subject, p.Error)
	}
}

// rule saves a rule.
func (d *desk) rule(t testing.TB, r *automation.Rule) *automation.Rule {
	t.Helper()
	if r.Name == "" {
		r.Name = "Rule " + r.ID
	}
	must(t, d.rules.SaveRule(t.Context(), admin, r))
	return r
}

// when is a trigger by events.
func when(es ...automation.Event) automation.Trigger {
	return automation.Trigger{Kind: automation.OnEvent, Events: es}
}

var isNew = automation.Trigger{Kind: automation.OnCreated}

// do is a list of package ticket's actions.
func do(as ...ticket.Action) (out []automation.Action) {
	for _, a := range as {
		out = append(out, automation.Action{Action: a})
	}
	return out
}

func tag(names ...string) ticket.Action { return ticket.Action{Do: ticket.DoAddTags, Tags: names} }

func say(text string) automation.Action {
	return automation.Action{Action: ticket.Action{Do: ticket.DoReply}, Texts: []ticket.ReplyText{{Text: text}}}
}

// ask creates a ticket with a question of the end user.
func (d *desk) ask(t testing.TB, change ...func(n *ticket.New)) *ticket.Ticket {
	t.Helper()
	n := ticket.New{EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Where is it?"}}
	for _, f := range change {
		f(&n)
	}
	return got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), n))
}

func titled(title string) func(n *ticket.New) { return func(n *ticket.New) { n.Title = title } }

// now is a ticket as it is stored.
func (d *desk) now(t testing.TB, id string) *ticket.Ticket {
	t.Helper()
	return got[*ticket.Ticket](t)(d.tickets.Get(t.Context(), host, id))
}

// texts are what was said on a ticket, with who said it.
func (d *desk) texts(t testing.TB, id string) (out []string) {
	t.Helper()
	ms, _, err := d.tickets.Messages(t.Context(), host, id, 0, 0, 200)
	must(t, err)
	for _, m := range ms {
		out = append(out, string(m.Author.Kind)+": "+m.Text)
	}
	return out
}

func (d *desk) write(t testing.TB, id, text string) {
	t.Helper()
	_, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: text}})
	must(t, err)
}

func (d *desk) reply(t testing.TB, who event.Actor, id, text string) {
	t.Helper()
	_, _, err := d.tickets.Reply(t.Context(), who, id, ticket.Draft{Text: text})
	must(t, err)
}
