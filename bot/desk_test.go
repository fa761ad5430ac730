package bot_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
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

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var (
	host  = event.Actor{Kind: event.System}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"}
	admin = event.Actor{Kind: event.Agent, ID: "root"}
)

// desk is a desk with bots over a store of the test's own.
type desk struct {
	db      *store.DB
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	queues  *queue.Service
	bots    *bot.Service
	clock   *clock
	eve     string // id of an end user
	found   finder
}

// finder finds always the same articles.
type finder struct {
	titles     []string
	confidence float64
	panics     bool
}

func (f *finder) Find(context.Context, faq.Viewer, faq.Search) (*faq.Found, error) {
	if f.panics {
		panic("out of books")
	}
	found := &faq.Found{Confidence: f.confidence}
	for _, title := range f.titles {
		found.Hits = append(found.Hits, faq.Hit{Article: &faq.Article{ID: title}, Title: title, Snippets: []faq.Snippet{{Text: "It is " + title + "."}}})
	}
	return found, nil
}

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), queue.Collections(), bot.Collections())
}

func hooks() *store.Options {
	return &store.Options{Hooks: []string{queue.Hook().Name, bot.Hook().Name}}
}

// open is a desk with agents, a group, a queue, a field, a tag and an end user.
func open(t testing.TB, d driver.Store, o *bot.Options) *desk {
	t.Helper()
	k := join(t, d, time.Time{}, o)
	u, err := k.people.Save(t.Context(), host, identity.Profile{UserID: "eve"})
	must(t, err)
	k.eve = u.ID
	must(t, k.people.SaveGroup(t.Context(), host, &identity.Group{ID: "orders", Name: "Orders"}))
	for _, a := range []*identity.Agent{{ID: "root", Name: "Root", Role: identity.Admin}, {ID: "ann", Name: "Ann", Groups: []string{"orders"}}} {
		must(t, k.people.SaveAgent(t.Context(), host, a))
	}
	must(t, k.queues.Save(t.Context(), host, &queue.Queue{ID: "orders", Name: "Orders", Manual: true}))
	must(t, k.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "order", Name: "Order", Type: ticket.SingleLine}))
	must(t, k.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "lost"}))
	return k
}

func exists(ctx context.Context, tx *store.Tx, p ticket.Place) (bool, error) {
	switch {
	case p.Bot == "":
		return queue.Exists(ctx, tx, p)
	case p.Feedback:
		return bot.AtWork(ctx, tx, p.Bot, flow.Feedback)
	}
	return bot.AtWork(ctx, tx, p.Bot, flow.Conversation)
}

// join opens the services over a store that has a desk already, or will have. Without a
// time it has the clock of the test.
func join(t testing.TB, d driver.Store, at time.Time, o *bot.Options) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, hooks(), collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: &clock{at: start}}
	now := k.clock.now
	if !at.IsZero() {
		now = time.Now
	}
	k.events = event.NewLog(db, &event.Options{Now: now})
	k.jobs = job.New(db, &job.Options{Now: now, Seed: 1})
	k.people, err = identity.Open(t.Context(), db, k.events, &identity.Options{Now: now, Jobs: k.jobs})
	must(t, err)
	rule := ticket.Step{Name: "rules", Do: func(ctx context.Context, s *ticket.Service, x *ticket.Ticket, _ any) (err error) {
		if x.Title == "for ann" {
			_, err = s.Assign(ctx, host, x.ID, "ann")
		}
		return err
	}}
	k.tickets, err = ticket.Open(t.Context(), db, k.events, k.jobs, k.people, &ticket.Options{Now: now, Hooks: []ticket.Hook{queue.Hook(), bot.Hook()},
		Steps: []ticket.Step{rule, bot.Step(func() *bot.Service { return k.bots })}, CanTake: queue.CanTake, Exists: exists, QueueHours: queue.Calendars})
	must(t, err)
	k.queues, err = queue.Open(t.Context(), queue.Parts{DB: db, Events: k.events, Jobs: k.jobs, People: k.people, Tickets: k.tickets}, &queue.Options{Now: now})
	must(t, err)
	if o == nil {
		o = &bot.Options{}
	}
	o.Now = now
	k.bots, err = bot.Open(bot.Parts{DB: db, Events: k.events, Jobs: k.jobs, People: k.people, Tickets: k.tickets, Queues: k.queues, Searcher: &k.found}, o)
	must(t, err)
	return k
}

// eachStore runs a test on every back end.
func eachStore(t *testing.T, o func() *bot.Options, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		var options *bot.Options
		if o != nil {
			options = o()
		}
		f(t, open(t, d, options))
	})
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

// refuses reports an error that isn't about the field.
func refuses(t testing.TB, err error, field string) {
	t.Helper()
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != field || bad.Reason == "" {
		t.Errorf("error %v, want one about %s", err, field)
	}
}

// drain does everything that is due.
func (d *desk) drain(t testing.TB) {
	t.Helper()
	for {
		es, err := d.events.Step(t.Context())
		must(t, err)
		js, err := d.jobs.Step(t.Context())
		must(t, err)
		if es+js == 0 {
			break
		}
	}
	bad, _, err := d.events.ParkedEvents(t.Context(), "", 10)
	must(t, err)
	for _, p := range bad {
		t.Errorf("%s gave up on %s: %s", p.Consumer, p.Subject, p.Error)
	}
}

// publish makes a bot of a flow.
func (d *desk) publish(t testing.TB, id, yaml string) {
	t.Helper()
	f, err := flow.Parse([]byte(yaml))
	must(t, err)
	must(t, d.bots.Save(t.Context(), admin, &bot.Bot{ID: id, Name: "Bot " + id, Draft: f}))
	_, err = d.bots.Publish(t.Context(), admin, id)
	must(t, err)
}

func shop(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("flow/testdata/shop.yaml")
	must(t, err)
	return string(b)
}

// ask is a ticket that a bot has.
func (d *desk) ask(t testing.TB, bot, text string) string {
	t.Helper()
	x, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve})
	must(t, err)
	_, err = d.tickets.AssignBot(t.Context(), host, x.ID, bot)
	must(t, err)
	d.says(t, x.ID, text)
	return x.ID
}

// says is what the end user writes, and everything that follows.
func (d *desk) says(t testing.TB, id string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: text}})
		must(t, err)
		d.drain(t)
	}
}

func (d *desk) get(t testing.TB, id string) *ticket.Ticket {
	t.Helper()
	return got[*ticket.Ticket](t)(d.tickets.Get(t.Context(), host, id))
}

// talk is what was said on a ticket, the end user's lines after >, with choices.
func (d *desk) talk(t testing.TB, id string) string {
	t.Helper()
	var b strings.Builder
	ms, _, err := d.tickets.Messages(t.Context(), host, id, 0, 0, 200)
	must(t, err)
	for _, m := range ms {
		switch {
		case m.Kind != ticket.Public:
			continue
		case m.Author.Kind == event.EndUser:
			b.WriteString("> ")
		case m.Author.Kind != event.Bot:
			b.WriteString(m.Author.ID + ": ")
		}
		b.WriteString(m.Text)
		if len(m.Choices) > 0 {
			b.WriteString(" [" + strings.Join(m.Choices, " | ") + "]")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// conversations is how many bots have.
func (d *desk) conversations(t testing.TB) int {
	t.Helper()
	return got[int](t)(d.bots.Conversations(t.Context()))
}
