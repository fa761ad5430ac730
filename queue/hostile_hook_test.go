package queue_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A hook that needs something which isn't there: Give takes that for "the ticket is gone".
func TestHostileHookNotFound(t *testing.T) {
	poison, tries := "", atomic.Int64{}
	d := openHooked(t, memstore.New(), ticket.Hook{Name: "never", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if c.After.ID == poison && c.After.Assignee.ID != "" {
			tries.Add(1)
			return fmt.Errorf("the customer record: %w", store.ErrNotFound)
		}
		return nil
	}})
	poison = d.ask(t, "").ID
	d.set(t, "bob", queue.Available, "")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	within(t, func() {
		n, err := d.queues.Step(ctx)
		t.Log(n, err)
	})
	stop()
	t.Logf("the hook was asked %d times", tries.Load())
}

// Where hooks write so much that a group of decisions is too large for a transaction, less
// are written at a time.
func TestHostileHookWritesMuch(t *testing.T) {
	group := map[*store.Tx]int{}
	d := openHooked(t, memstore.New(), ticket.Hook{Name: "heavy", Do: func(_ context.Context, tx *store.Tx, c *ticket.Change) error {
		if c.Before == nil || c.After.Assignee == c.Before.Assignee {
			return nil
		}
		if group[tx]++; group[tx] > 10 {
			return fmt.Errorf("what the hook writes: %w", store.ErrTooLarge)
		}
		return nil
	}})
	d.settings(t, func(s *queue.Settings) { s.Limit = 0 })
	var ids []string
	for range 40 {
		ids = append(ids, d.ask(t, "").ID)
	}
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	for _, id := range ids {
		d.holder(t, id, "bob")
	}
}

// A waiting ticket whose end user was erased is nothing that anybody could answer.
func TestHostileErasedWaits(t *testing.T) {
	for _, offer := range []time.Duration{0, time.Minute} {
		d := openMemory(t)
		now := d.clock.now
		d.jobs = job.New(d.db, &job.Options{Now: now, Seed: 1})
		var err error
		d.people, err = identity.Open(t.Context(), d.db, d.events, &identity.Options{Now: now, Jobs: d.jobs})
		must(t, err)
		d.tickets, err = ticket.Open(t.Context(), d.db, d.events, d.jobs, d.people,
			&ticket.Options{Now: now, Hooks: []ticket.Hook{queue.Hook()}, CanTake: queue.CanTake, Exists: queue.Exists, QueueHours: queue.Calendars})
		must(t, err)
		d.queues, err = queue.Open(t.Context(), queue.Parts{DB: d.db, Events: d.events, Jobs: d.jobs, People: d.people, Tickets: d.tickets, Presence: d.presence}, &queue.Options{Now: now})
		must(t, err)
		d.queue(t, "q", func(q *queue.Queue) { q.Offer = offer })
		tk := d.ask(t, "q")
		d.set(t, "bob", queue.Available, "")
		d.set(t, "bob", queue.Offline, "")
		_, err = d.people.Erase(t.Context(), host, d.eve)
		must(t, err)
		for range 10 {
			if _, err := d.jobs.Step(t.Context()); err != nil {
				t.Log(err)
			}
			d.clock.forward(time.Hour)
		}
		now2, err := d.tickets.Get(t.Context(), host, tk.ID)
		if err != nil {
			t.Log(err)
		} else {
			t.Logf("erased %v status %s waits %v", now2.Erased, now2.Status, now2.Backlogged())
		}
		d.set(t, "bob", queue.Available, "")
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		within(t, func() {
			n, err := d.queues.Step(ctx)
			t.Log(n, err)
		})
		stop()
		if now := d.get(t, tk.ID); now.Assignee != no || now.OfferedTo() != "" {
			t.Errorf("what was erased is %v's, or offered to %q", now.Assignee, now.OfferedTo())
		}
	}
}

// Sticky: the last agent is known from another ticket of the end user.
func TestHostileSticky(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "s", func(q *queue.Queue) { q.Strategy = queue.Sticky; q.Wait = time.Minute })
	d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
	first := d.ask(t, "")
	got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, first.ID, "ann"))
	d.set(t, "ann", queue.Available, "")
	d.settle(t)
	second := d.ask(t, "s") // waits for ann, who is full
	d.clock.forward(time.Second)
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	d.holder(t, second.ID, "")
	// ann's limit can't ever hold it: a waits for nothing?
	d.clock.forward(time.Minute)
	d.settle(t)
	d.holder(t, second.ID, "bob")

	// ann leaves the board's group while it waits for her
	got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), host, second.ID))
	third := d.ask(t, "s")
	d.settle(t)
	t.Logf("third: %v", d.get(t, third.ID).Assignee)
}

// Offered, then.
func TestHostileOfferedThen(t *testing.T) {
	for name, f := range map[string]func(t *testing.T, d *desk, id string) error{
		"snoozed": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.Snooze(t.Context(), host, id, d.clock.now().Add(time.Hour), "")
			return err
		},
		"closed": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.Resolve(t.Context(), host, id)
			return err
		},
		"replied": func(t *testing.T, d *desk, id string) error {
			_, _, err := d.tickets.Reply(t.Context(), lea, id, ticket.Draft{Text: "Yes."})
			return err
		},
		"grouped": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.AssignGroup(t.Context(), host, id, "tech")
			return err
		},
		"moved": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.AssignQueue(t.Context(), host, id, "default")
			return err
		},
		"botted": func(t *testing.T, d *desk, id string) error {
			_, err := d.tickets.AssignBot(t.Context(), host, id, "robo")
			return err
		},
		"deleted queue": func(t *testing.T, d *desk, id string) error {
			err := d.queues.Delete(t.Context(), host, "q")
			d.step(t)
			return err
		},
		"paused": func(t *testing.T, d *desk, id string) error {
			_, err := d.queues.Pause(t.Context(), host, "q", true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openMemory(t)
			d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Minute })
			d.set(t, "bob", queue.Available, "")
			tk := d.ask(t, "q")
			d.settle(t)
			if d.get(t, tk.ID).OfferedTo() != "bob" {
				t.Fatal("not offered")
			}
			must(t, f(t, d, tk.ID))
			now := d.get(t, tk.ID)
			t.Logf("offered to %q, offer %+v, assignee %v, %s", now.OfferedTo(), now.Offer, now.Assignee, now.Status)
			_, err := d.tickets.AcceptOffer(t.Context(), bob, tk.ID)
			t.Logf("accept: %v", err)
		})
	}
}

// Who is away, over his limit, or has left accepts.
func TestHostileAcceptLater(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Minute })
	d.set(t, "bob", queue.Available, "")
	tk := d.ask(t, "q")
	d.settle(t)
	d.clock.forward(time.Hour) // nobody stepped meanwhile
	_, err := d.tickets.AcceptOffer(t.Context(), bob, tk.ID)
	t.Logf("an hour after a minute's offer: %v", err)
	_ = identity.Admin
}
