package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Real clocks have nanoseconds.
func TestHostileInactivityNanos(t *testing.T) {
	d := openMemory(t)
	d.settings(t, func(s *queue.Settings) { s.Inactivity = time.Minute })
	d.clock.forward(123 * time.Nanosecond)
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	for range 10 {
		d.clock.forward(time.Minute)
		d.settle(t)
	}
	if got := d.state(t, "bob"); got != "away inactive" {
		t.Errorf("after 10 idle minutes of 1: %s", got)
	}
}

// The offer ends 300 ns after the microsecond at which the board looks.
func TestHostileOfferNanos(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Minute })
	d.clock.forward(600 * time.Nanosecond)
	tk := d.ask(t, "q")
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	d.clock.forward(time.Minute - 300*time.Nanosecond)
	d.settle(t)
	d.clock.forward(time.Hour)
	d.settle(t)
	o := d.get(t, tk.ID).Offer
	if o.Agent == "bob" && o.Until.Before(d.clock.now()) {
		t.Errorf("still offered %v after the offer's end", d.clock.now().Sub(o.Until))
	}
}

// A hook that refuses what ends an offer, or fails at an escalation.
func TestHostileDutyFails(t *testing.T) {
	for name, refusal := range map[string]error{"refused": &ticket.RefusedError{Reason: "no"}, "error": fmt.Errorf("their service is down")} {
		for _, kind := range []string{"offer", "escalation"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				poison := ""
				d := openHooked(t, memstore.New(), ticket.Hook{Name: "never", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
					if c.After.ID == poison {
						return refusal
					}
					return nil
				}})
				d.queue(t, "b", func(q *queue.Queue) { q.Groups = []queue.Eligible{{Group: "tech"}} })
				d.queue(t, "a", func(q *queue.Queue) {
					if kind == "offer" {
						q.Offer = time.Minute
					} else {
						q.Groups = []queue.Eligible{{Group: "tech"}}
						q.Escalate = queue.Escalation{To: "b", After: time.Minute}
					}
				})
				id := d.ask(t, "a").ID
				d.set(t, "bob", queue.Available, "")
				d.settle(t)
				poison = id
				d.clock.forward(time.Minute)
				d.tryStep(t, 1)
				good := d.ask(t, "")
				d.tryStep(t, 4)
				d.holder(t, good.ID, "bob")
			})
		}
	}
}

// The clock was an hour fast, and is set right.
func TestHostileClockBackEscalates(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "b", func(q *queue.Queue) { q.Groups = []queue.Eligible{{Group: "tech"}} })
	d.queue(t, "a", func(q *queue.Queue) {
		q.Groups = []queue.Eligible{{Group: "tech"}}
		q.Escalate = queue.Escalation{To: "b", After: 30 * time.Minute}
	})
	d.clock.forward(time.Hour)
	d.settle(t)
	d.clock.forward(-time.Hour)
	tk := d.ask(t, "a")
	d.settle(t)
	if got := d.get(t, tk.ID).Queue; got != "a" {
		t.Errorf("escalated to %s at once, not after 30 minutes", got)
	}
}

// A ticket of a group, in no queue.
func TestHostileGroupTicketEscalates(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "boss")
	q := got[*queue.Queue](t)(d.queues.Queue(t.Context(), "default"))
	q.Escalate = queue.Escalation{To: "boss", After: time.Minute}
	must(t, d.queues.Save(t.Context(), host, q))
	tk := d.ask(t, "")
	tk = got[*ticket.Ticket](t)(d.tickets.AssignGroup(t.Context(), host, tk.ID, "tech"))
	t.Logf("queue %q group %q", tk.Queue, tk.Group)
	d.settle(t)
	d.clock.forward(2 * time.Minute)
	d.set(t, "bob", queue.Available, "") // not in tech
	d.settle(t)
	tk = d.get(t, tk.ID)
	t.Logf("queue %q group %q assignee %v", tk.Queue, tk.Group, tk.Assignee)
	if tk.Group != "tech" {
		t.Errorf("a ticket for group tech alone went to queue %q and is %v's, by the default queue's escalation", tk.Queue, tk.Assignee)
	}
}

// A process that comes back with an old board decides before it has read all the log.
func TestHostileOldBoard(t *testing.T) {
	pool, schema := pgtest.Schema(t)
	one := openAt(t, pgstore.New(pool, &pgstore.Options{Schema: schema}), time.Now)
	other := join(t, pgstore.New(pool, &pgstore.Options{Schema: schema}))
	one.settings(t, func(s *queue.Settings) { s.Limit = 1 })
	one.queue(t, "noise", func(q *queue.Queue) { q.Manual = true })
	one.set(t, "bob", queue.Available, "")
	one.step(t)
	if _, err := one.queues.Step(t.Context()); err != nil { // builds its board, and gives the lease back
		t.Fatal(err)
	}
	y := other.ask(t, "")
	for range 100 { // 300 events
		other.ask(t, "noise")
	}
	x := got[*ticket.Ticket](t)(other.tickets.Create(t.Context(), ticket.New{EndUser: other.eve, Platform: "webchat", Priority: ticket.Urgent, Message: &ticket.Draft{Text: "Where is it?"}}))
	other.step(t)
	got[int](t)(other.queues.Step(t.Context()))
	other.step(t)
	other.holder(t, x.ID, "bob")
	other.holder(t, y.ID, "")
	t.Log(got[int64](t)(one.events.Head(t.Context())))
	got[int](t)(one.queues.Step(t.Context()))
	if one.get(t, y.ID).Assignee.ID != "" {
		t.Error("bob, whose limit is 1, was given two tickets by the engine, without anybody's hand")
	}
}
