package ticket_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// lastMove is what the ticket's last assignment says of itself.
func (d *desk) lastMove(t testing.TB, id string) (f ticket.Facts, e *event.Event) {
	t.Helper()
	for _, one := range d.eventsOf(t, id) {
		if one.Type == ticket.Assigned {
			f, e = ticket.Facts{}, one
			must(t, one.Payload(&f))
		}
	}
	if e == nil {
		t.Fatal("it was never assigned")
	}
	return f, e
}

// Every way of giving a ticket says how, and whether anybody asked if it fits.
func TestMovesSayHow(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for _, c := range []struct {
			name   string
			do     func(id string) (*ticket.Ticket, error)
			move   ticket.Move
			forced bool
			want   ticket.Ticket
		}{
			{"assign", func(id string) (*ticket.Ticket, error) { return d.tickets.Assign(ctx, bob, id, "ann") }, ticket.MoveAssigned, true,
				ticket.Ticket{Assignee: ann, Group: "billing", Queue: "parcels"}},
			{"assign oneself", func(id string) (*ticket.Ticket, error) { return d.tickets.Assign(ctx, ann, id, "ann") }, ticket.MoveTaken, true,
				ticket.Ticket{Assignee: ann, Group: "billing", Queue: "parcels"}},
			{"bot", func(id string) (*ticket.Ticket, error) { return d.tickets.AssignBot(ctx, bob, id, bot.ID) }, ticket.MoveTransferred, false,
				ticket.Ticket{Assignee: bot, Group: "billing", Queue: "parcels"}},
			{"queue", func(id string) (*ticket.Ticket, error) { return d.tickets.AssignQueue(ctx, bob, id, "slow") }, ticket.MoveTransferred, false,
				ticket.Ticket{Queue: "slow"}},
			{"escalate", func(id string) (*ticket.Ticket, error) { return d.tickets.Escalate(ctx, bob, id, "fast") }, ticket.MoveEscalated, false,
				ticket.Ticket{Queue: "fast"}},
			{"return", func(id string) (*ticket.Ticket, error) { return d.tickets.Return(ctx, bob, id) }, ticket.MoveReturned, false,
				ticket.Ticket{Queue: "parcels"}},
			{"unassign", func(id string) (*ticket.Ticket, error) { return d.tickets.Unassign(ctx, bob, id) }, ticket.MoveUnassigned, false,
				ticket.Ticket{Group: "billing", Queue: "parcels"}},
			{"unassign to default", func(id string) (*ticket.Ticket, error) { return d.tickets.UnassignDefault(ctx, bob, id) }, ticket.MoveUnassigned, false,
				ticket.Ticket{}},
			{"available", func(id string) (*ticket.Ticket, error) {
				return d.tickets.AssignAvailable(ctx, rule, id, "ann", "slow")
			}, ticket.MoveGiven, false,
				ticket.Ticket{Assignee: ann, Group: "billing", Queue: "parcels"}},
		} {
			tk := d.ask(t)
			did2(t)(d.tickets.AssignQueue(ctx, host, tk.ID, "parcels"))
			did2(t)(d.tickets.AssignGroup(ctx, host, tk.ID, "billing"))
			did2(t)(d.tickets.Assign(ctx, host, tk.ID, "root"))
			now := did2(t)(c.do(tk.ID))
			if now.Assignee != c.want.Assignee || now.Group != c.want.Group || now.Queue != c.want.Queue || now.FirstQueue != "parcels" || c.want.Assignee != bot && !now.WaitingSince.Equal(tk.WaitingSince) {
				t.Errorf("%s: %v, group %q, queue %q of %q, waiting since %v", c.name, now.Assignee, now.Group, now.Queue, now.FirstQueue, now.WaitingSince)
			}
			if f, _ := d.lastMove(t, tk.ID); f.Move != c.move || f.Forced != c.forced || f.From != admin || f.To != c.want.Assignee || f.WasQueue != "parcels" {
				t.Errorf("%s: %+v", c.name, f)
			}
		}
		for _, field := range []func(string) (*ticket.Ticket, error){
			func(q string) (*ticket.Ticket, error) { return d.tickets.Escalate(ctx, bob, d.ask(t).ID, q) },
			func(q string) (*ticket.Ticket, error) {
				return d.tickets.AssignAvailable(ctx, bob, d.ask(t).ID, "ann", q)
			},
		} {
			_, err := field(strings.Repeat("q", 101))
			refuses(t, err, "queue")
			did2(t)(field(strings.Repeat("q", 100)))
		}
		_, err := d.tickets.Escalate(ctx, bob, d.ask(t).ID, "")
		refuses(t, err, "queue")
	})
}

// An answer that takes the ticket, and one of an agent's own, are by hand.
func TestAnsweringTakesByHand(t *testing.T) {
	d := openMemory(t, nil)
	tk := d.ask(t)
	d.reply(t, ann, tk.ID, "Here.")
	if f, _ := d.lastMove(t, tk.ID); f.Move != ticket.MoveTaken || !f.Forced {
		t.Errorf("%+v", f)
	}
	own := did2(t)(d.tickets.Create(t.Context(), ticket.New{Actor: ann, EndUser: d.eve, Message: &ticket.Draft{Text: "Hello."}}))
	if f, _ := d.lastMove(t, own.ID); f.Move != ticket.MoveTaken || !f.Forced {
		t.Errorf("%+v", f)
	}
}

// A rule may leave it to whether the agent can take the ticket.
func TestAssignAvailable(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		free := true
		d := open(t, s, &ticket.Options{CanTake: func(context.Context, *store.Tx, *identity.Agent, *ticket.Ticket) (bool, error) { return free, nil }})
		give := func(agent string) *ticket.Ticket {
			return did2(t)(d.tickets.Apply(t.Context(), rule, d.ask(t).ID, ticket.Action{Do: ticket.DoAssignAvailable, To: agent, Else: "slow"}))
		}
		if tk := give("ann"); tk.Assignee != ann || tk.Queue != "" || tk.LastAgent != "ann" || tk.Status != ticket.StatusNewForAgent {
			t.Errorf("%+v", tk)
		}
		if tk := give("nobody"); tk.Assignee != (event.Actor{}) || tk.Queue != "slow" {
			t.Errorf("%+v", tk)
		}
		free = false
		tk := give("ann")
		if f, _ := d.lastMove(t, tk.ID); tk.Assignee != (event.Actor{}) || tk.Queue != "slow" || f.Forced || f.To != (event.Actor{}) {
			t.Errorf("%+v, %+v", tk, f)
		}
	})
}

// Of agents who take a ticket at once one gets it, and the others hear who.
func TestTake(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, who := range []event.Actor{ann, bob} {
			wg.Go(func() { _, errs[i] = d.tickets.Take(t.Context(), who, tk.ID) })
		}
		wg.Wait()
		winner, loser := 0, 1
		if errs[0] != nil {
			winner, loser = 1, 0
		}
		must(t, errs[winner])
		has := d.get(t, tk.ID).Assignee
		if taken, ok := errors.AsType[*ticket.TakenError](errs[loser]); !ok || taken.Agent != has.ID || has != []event.Actor{ann, bob}[winner] {
			t.Errorf("%v has it, and the other heard %v", has, errs[loser])
		}
		head := d.head(t)
		same := did2(t)(d.tickets.Take(t.Context(), has, tk.ID))
		d.unchanged(t, same, head)
		_, err := d.tickets.Take(t.Context(), host, tk.ID)
		refuses(t, err, "actor")
		did2(t)(d.tickets.AssignBot(t.Context(), host, tk.ID, bot.ID))
		if tk := did2(t)(d.tickets.Take(t.Context(), bob, tk.ID)); tk.Assignee != bob {
			t.Errorf("%v has it", tk.Assignee)
		}
		d.toggle(t, identity.BulkChange) // and no longer to take old ones
		old := d.ask(t)
		d.clock.forward(ticket.OldTicket)
		_, err = d.tickets.Take(t.Context(), bob, old.ID)
		forbidden(t, err)
	})
}

// What an agent leaves goes back with its wait, asleep or not; what somebody else has by
// then stays.
func TestPutBack(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		tk := d.ask(t)
		did2(t)(d.tickets.AssignQueue(ctx, host, tk.ID, "parcels"))
		did2(t)(d.tickets.Assign(ctx, host, tk.ID, "ann"))
		did2(t)(d.tickets.Snooze(ctx, ann, tk.ID, d.clock.now().Add(time.Hour), ""))
		head := d.head(t)
		same := did2(t)(d.tickets.PutBack(ctx, tk.ID, "bob", "end of shift"))
		d.unchanged(t, same, head)
		d.clock.forward(time.Minute)
		back := did2(t)(d.tickets.PutBack(ctx, tk.ID, "ann", "end of shift"))
		if back.Assignee != (event.Actor{}) || back.Queue != "parcels" || back.Status != ticket.StatusNew || back.Snoozed == nil || !back.WaitingSince.Equal(tk.WaitingSince) {
			t.Errorf("%+v", back)
		}
		if f, e := d.lastMove(t, tk.ID); f.Move != ticket.MoveReturned || f.From != ann || e.Reason != "end of shift" || e.Actor.Kind != event.System {
			t.Errorf("%+v by %v: %s", f, e.Actor, e.Reason)
		}
		did2(t)(d.tickets.Assign(ctx, host, tk.ID, "ann"))
		did2(t)(d.tickets.Resolve(ctx, ann, tk.ID))
		head = d.head(t)
		same = did2(t)(d.tickets.PutBack(ctx, tk.ID, "ann", "end of shift"))
		d.unchanged(t, same, head)
		if same, err := d.tickets.PutBack(ctx, "no-ticket", "ann", ""); same != nil || err != nil {
			t.Errorf("%v, %v", same, err)
		}
	})
}

func TestRequeue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		tk := d.ask(t)
		did2(t)(d.tickets.AssignQueue(ctx, host, tk.ID, "parcels"))
		did2(t)(d.tickets.Assign(ctx, host, tk.ID, "ann"))
		moved := did2(t)(d.tickets.Requeue(ctx, tk.ID, "parcels", "other", "queue parcels was deleted"))
		if moved.Assignee != ann || moved.Queue != "other" || moved.FirstQueue != "parcels" {
			t.Errorf("%+v", moved)
		}
		head := d.head(t)
		same := did2(t)(d.tickets.Requeue(ctx, tk.ID, "parcels", "third", ""))
		d.unchanged(t, same, head)
		did2(t)(d.tickets.Unassign(ctx, host, tk.ID))
		must(t, d.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			there, _, err := ticket.Backlog(ctx, tx, "other", "", 10)
			if err != nil || len(there) != 1 || there[0].ID != tk.ID {
				t.Errorf("%v, %v", there, err)
			}
			n, err := ticket.CountBacklog(ctx, tx, "parcels", 10)
			if n != 0 {
				t.Errorf("%d wait in the old one", n)
			}
			return err
		}))
	})
}

// The engine has to know what was escalated where in this wait.
func TestEscalateOncePerWait(t *testing.T) {
	d := openMemory(t, nil)
	tk := d.ask(t)
	for _, q := range []string{"a", "b", "a"} {
		did2(t)(d.tickets.Escalate(t.Context(), host, tk.ID, q))
	}
	if s := d.get(t, tk.ID).Stay; strings.Join(s.Escalated, " ") != "a b" || !s.Wait.Equal(tk.WaitingSince) {
		t.Errorf("%+v", s)
	}
	d.reply(t, ann, tk.ID, "Here.")
	d.clock.forward(time.Minute)
	d.write(t, tk.ID, "And now?")
	if s := did2(t)(d.tickets.Escalate(t.Context(), host, tk.ID, "c")).Stay; strings.Join(s.Escalated, " ") != "c" {
		t.Errorf("%+v", s)
	}
}
