package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// solved is a ticket of queue "first", moved to "second", that ann answered and
// resolved.
func (d *desk) solved(t testing.TB) *ticket.Ticket {
	t.Helper()
	tk, err := d.tickets.AssignQueue(t.Context(), host, d.ask(t).ID, "first")
	must(t, err)
	tk, err = d.tickets.AssignQueue(t.Context(), host, tk.ID, "second")
	must(t, err)
	d.reply(t, ann, tk.ID, "Here.")
	tk, err = d.tickets.Resolve(t.Context(), ann, tk.ID)
	return did(t, tk, err)
}

func TestEndUserReopens(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.solved(t)
		at := d.clock.forward(time.Hour)
		w := d.write(t, tk.ID, "It broke again.")
		got := w.Ticket
		if got.ID != tk.ID || got.Status != ticket.StatusWaitingForAgent || got.Assignee != ann || got.Reopened != 1 || !got.WaitingSince.Equal(at) || !got.Times.Resolved.IsZero() {
			t.Errorf("reopened: %s, %+v has it, reopened %d, waiting since %s, resolved %s", got.Status, got.Assignee, got.Reopened, got.WaitingSince, got.Times.Resolved)
		}
		es := d.history(t, tk.ID)
		if diff := cmp.Diff([]string{ticket.Resolved, ticket.Reopened, ticket.MessageAdded}, es[len(es)-3:]); diff != "" {
			t.Error(diff)
		}
	})
}

// The policy says within what time, how often, and who gets it.
func TestReopenPolicy(t *testing.T) {
	week := 7 * 24 * time.Hour
	none := event.Actor{}
	for name, c := range map[string]struct {
		policy ticket.ReopenPolicy
		after  time.Duration
		before func(t testing.TB, d *desk, id string) // the message comes
		follow bool                                   // a new ticket
		who    event.Actor
		queue  string
	}{
		"on the last day":        {policy: ticket.ReopenPolicy{Window: week}, after: week, who: ann, queue: "second"},
		"after the window":       {policy: ticket.ReopenPolicy{Window: week}, after: week + time.Microsecond, follow: true},
		"never":                  {policy: ticket.ReopenPolicy{}, follow: true},
		"always":                 {policy: ticket.ReopenPolicy{Window: -1}, after: 100 * week, who: ann, queue: "second"},
		"too often":              {policy: ticket.ReopenPolicy{Window: week, Most: 1}, before: reopened, follow: true},
		"often enough":           {policy: ticket.ReopenPolicy{Window: week, Most: 2}, before: reopened, who: ann, queue: "second"},
		"last agent inactive":    {policy: ticket.ReopenPolicy{Window: week}, before: annLeaves, who: none, queue: "first"},
		"last agent elsewhere":   {policy: ticket.ReopenPolicy{Window: week}, before: annLeavesGroup, who: none, queue: "first"},
		"original queue":         {policy: ticket.ReopenPolicy{Window: week, To: ticket.ToOriginalQueue}, who: none, queue: "first"},
		"named queue":            {policy: ticket.ReopenPolicy{Window: week, To: ticket.ToQueue, Queue: "back"}, who: none, queue: "back"},
		"default queue":          {policy: ticket.ReopenPolicy{Window: week, To: ticket.ToDefaultQueue}, who: none, queue: ""},
		"bot":                    {policy: ticket.ReopenPolicy{Window: week, To: ticket.ToBot, Bot: "greeter"}, who: bot, queue: "second"},
		"resolved again by hand": {policy: ticket.ReopenPolicy{Window: week, To: ticket.ToLastAgent}, after: time.Hour, who: ann, queue: "second"},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, d *desk) {
				d.policy(t, c.policy)
				tk := d.solved(t)
				if c.before != nil {
					c.before(t, d, tk.ID)
				}
				at := d.clock.forward(c.after)
				got := d.write(t, tk.ID, "Again.").Ticket
				if c.follow {
					if got.ID == tk.ID || got.FollowUpOf() != tk.ID || got.Status != ticket.StatusNew || d.get(t, tk.ID).Status != ticket.StatusResolved {
						t.Errorf("went to a ticket %s that follows up %q; want one of %s", got.ID, got.FollowUpOf(), tk.ID)
					}
					return
				}
				want, since := ticket.StatusPendingReassignment, at
				if c.who == ann {
					want = ticket.StatusWaitingForAgent
				}
				if c.who == bot {
					since = time.Time{} // nobody waits while a bot has it
				}
				if got.ID != tk.ID || got.Status != want || got.Assignee != c.who || got.Queue != c.queue || !got.WaitingSince.Equal(since) {
					t.Errorf("%s, %+v has it, queue %q, waiting since %s; want %s, %+v, %q, %s", got.Status, got.Assignee, got.Queue, got.WaitingSince, want, c.who, c.queue, since)
				}
				if gave := slices.Contains(d.history(t, tk.ID)[7:], ticket.Assigned); gave != (c.who != ann) && c.before == nil {
					t.Errorf("told that it changed hands: %v", gave)
				}
			})
		})
	}
}

func reopened(t testing.TB, d *desk, id string) {
	d.write(t, id, "Once.")
	_, err := d.tickets.Resolve(t.Context(), ann, id)
	must(t, err)
}

func annLeaves(t testing.TB, d *desk, _ string) { d.setActive(t, "ann", false) }

func annLeavesGroup(t testing.TB, d *desk, id string) {
	_, err := d.tickets.Reopen(t.Context(), host, id)
	must(t, err)
	_, err = d.tickets.AssignGroup(t.Context(), host, id, "billing")
	must(t, err)
	_, err = d.tickets.Resolve(t.Context(), host, id)
	must(t, err)
	a, err := d.people.Agent(t.Context(), "ann")
	must(t, err)
	a.Groups = nil
	must(t, d.people.SaveAgent(t.Context(), host, a))
}

// CanTake is asked in the writer's transaction, of an agent who fits otherwise.
func TestCanTake(t *testing.T) {
	for _, can := range []bool{true, false} {
		t.Run(fmt.Sprint(can), func(t *testing.T) {
			t.Parallel()
			eachstore.Run(t, func(t *testing.T, s driver.Store) {
				d := open(t, s, &ticket.Options{CanTake: func(_ context.Context, tx *store.Tx, a *identity.Agent, tk *ticket.Ticket) (bool, error) {
					if a.ID != "ann" || tk.LastAgent != "ann" || !tx.Writable() {
						t.Errorf("asked whether %s can take a ticket that %s had", a.ID, tk.LastAgent)
					}
					return can, nil
				}})
				if got := d.write(t, d.solved(t).ID, "Again.").Ticket; (got.Assignee == ann) != can {
					t.Errorf("ann can take it: %v; %+v has it", can, got.Assignee)
				}
			})
		})
	}
}

// Reopening keeps what staff made of the ticket; a follow-up begins without it.
func TestFollowUpInherits(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "vip"}))
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "order", Type: ticket.SingleLine}))
		brand := ticket.NewApp("brand", "Brand")
		must(t, d.tickets.SaveApp(t.Context(), host, brand))
		tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, App: "brand", Platform: "ios", Language: "de", Title: "Parcel", Priority: ticket.High,
			Tags: []string{"vip"}, Fields: map[string]any{"order": "17"}, Group: "billing", Queue: "first", Device: ticket.Device{DebugLog: []string{"x"}}, Message: &ticket.Draft{Text: "Hi."}})
		must(t, err)
		_, err = d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Label: &ticket.Label{Name: "delivery", Source: "agent"}})
		must(t, err)
		_, err = d.tickets.Reject(t.Context(), ann, tk.ID)
		must(t, err)
		in := d.inbound(tk.ID, "But really.")
		in.Channel, in.Language = "chat", "fr"
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		want := &ticket.Ticket{ID: w.Ticket.ID, Number: w.Ticket.Number, App: "brand", Platform: "webchat", Channel: "chat", Language: "de", LanguageSource: ticket.LanguageSent, Spoke: event.EndUser, EndUser: d.eve,
			Status: ticket.StatusNew, Group: "billing", Links: []ticket.Link{{Kind: ticket.FollowUpOf, Ticket: tk.ID}}, WaitingSince: start,
			Times: ticket.Times{Created: start, Updated: start, LastEndUser: start, Touched: start}, Counts: ticket.Counts{Inbound: 1},
			Marks:   ticket.Marks{Last: 1, Public: 1, Visible: 1, EndUser: 1, EndUserRead: 1, EndUserGot: 1},
			Preview: ticket.Preview{Author: event.EndUser, Text: "But really.", Time: start}, Rev: 1}
		if diff := cmp.Diff(want, d.get(t, w.Ticket.ID)); diff != "" || tk.Number >= w.Ticket.Number {
			t.Errorf("number %d after %d: %s", w.Ticket.Number, tk.Number, diff)
		}
		var f ticket.Facts
		must(t, d.eventsOf(t, w.Ticket.ID)[0].Payload(&f))
		if f.FollowUpOf != tk.ID || f.Seq != 1 {
			t.Errorf("facts %+v", f)
		}
	})
}

// A group that was archived meanwhile is no reason to lose a message.
func TestFollowUpWithoutItsGroup(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		_, err := d.tickets.AssignGroup(t.Context(), host, tk.ID, "billing")
		must(t, err)
		_, err = d.tickets.Reject(t.Context(), host, tk.ID)
		must(t, err)
		gs, _, err := d.people.Groups(t.Context(), "", 1)
		must(t, err)
		gs[0].Archived = true
		must(t, d.people.SaveGroup(t.Context(), host, gs[0]))
		if got := d.write(t, tk.ID, "Hello?").Ticket; got.FollowUpOf() != tk.ID || got.Group != "" {
			t.Errorf("follow-up in group %q of %q", got.Group, got.FollowUpOf())
		}
	})
}

func TestWriteFindsTheOpenTicket(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		first := d.write(t, "", "One.")
		if second := d.write(t, "", "Two."); second.Ticket.ID != first.Ticket.ID || second.Message.Seq != 2 {
			t.Errorf("the second message is %d of %s", second.Message.Seq, second.Ticket.ID)
		}
		in := d.inbound("", "Elsewhere.")
		in.Platform = "ios"
		w, err := d.tickets.Write(t.Context(), in)
		if must(t, err); w.Ticket.ID == first.Ticket.ID || w.Ticket.FollowUpOf() != "" {
			t.Error("another platform's message went to the same ticket")
		}
		in = d.inbound("", "Apart.")
		in.Fresh = true
		w, err = d.tickets.Write(t.Context(), in)
		if must(t, err); w.Ticket.ID == first.Ticket.ID {
			t.Error("a fresh message went to the open ticket")
		}
		// App and platform have defaults, the same in every call.
		bare := ticket.Inbound{EndUser: d.eve, Draft: text("Bare.")}
		one, err := d.tickets.Write(t.Context(), bare)
		must(t, err)
		two, err := d.tickets.Write(t.Context(), bare)
		if must(t, err); two.Ticket.ID != one.Ticket.ID || one.Ticket.App != ticket.DefaultApp || one.Ticket.Platform != "api" {
			t.Errorf("two bare messages went to %s and %s", one.Ticket.ID, two.Ticket.ID)
		}
	})
}
