package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is offered to an agent who leaves the group goes on to the next one.
func TestHostileOfferedNotEligible(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Hour; q.Groups = []queue.Eligible{{Group: "billing"}} })
	d.set(t, "ann", queue.Available, "")
	tk := d.ask(t, "q")
	d.settle(t)
	if d.get(t, tk.ID).OfferedTo() != "ann" {
		t.Fatal("not offered")
	}
	a := got2b(d.people.Agent(t.Context(), "ann"))
	a.Groups = nil
	must(t, d.people.SaveAgent(t.Context(), host, a))
	d.settle(t)
	if d.get(t, tk.ID).OfferedTo() == "ann" {
		_, err := d.tickets.AcceptOffer(t.Context(), ann, tk.ID)
		t.Errorf("still offered to ann, who has left the group; she accepts: %v", err)
	}
}

// Nobody answers an offer but whom it was made to.
func TestHostileWhoAccepts(t *testing.T) {
	d := openMemory(t)
	d.queue(t, "q", func(q *queue.Queue) { q.Offer = time.Hour })
	d.set(t, "bob", queue.Available, "")
	tk := d.ask(t, "q")
	d.settle(t)
	for _, who := range []event.Actor{d.user(), ann, lea, admin, host, no, {Kind: event.Bot, ID: "bob"}, {Kind: event.EndUser, ID: "bob"}, {Kind: event.Agent}} {
		if _, err := d.tickets.AcceptOffer(t.Context(), who, tk.ID); err == nil {
			t.Errorf("%v accepts", who)
		}
		if _, err := d.tickets.DeclineOffer(t.Context(), who, tk.ID); err == nil {
			t.Errorf("%v declines", who)
		}
	}
	got[*ticket.Ticket](t)(d.tickets.DeclineOffer(t.Context(), bob, tk.ID))
	_ = identity.Admin
}

// One of a group of decisions that fails is left out of it.
func TestHostileHalf(t *testing.T) {
	poison := ""
	boom := true
	d := openHooked(t, memstore.New(), ticket.Hook{Name: "boom", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if boom && c.After.ID == poison && c.After.Assignee.ID != "" {
			return errors.New("boom")
		}
		return nil
	}})
	first := d.ask(t, "")
	d.clock.forward(time.Second)
	poison = d.ask(t, "").ID
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	d.holder(t, first.ID, "bob")
	boom = false
	d.clock.forward(time.Minute)
	d.settle(t)
	d.holder(t, poison, "bob")
}

// An agent whose account is deactivated without his being set offline first, and back.
func TestHostileBack(t *testing.T) {
	d := openMemory(t)
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	a := got2b(d.people.Agent(t.Context(), "bob"))
	a.Inactive = true
	must(t, d.people.SaveAgent(t.Context(), host, a))
	tk := d.ask(t, "")
	d.settle(t)
	d.holder(t, tk.ID, "")
	a = got2b(d.people.Agent(t.Context(), "bob"))
	a.Inactive = false
	must(t, d.people.SaveAgent(t.Context(), host, a))
	d.set(t, "bob", queue.Available, "")
	d.settle(t)
	d.holder(t, tk.ID, "bob")
}
