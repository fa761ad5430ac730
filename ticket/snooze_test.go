package ticket_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestSnooze(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		until := d.clock.now().Add(2 * time.Hour)
		tk = did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, until, "waits for the carrier"))
		if tk.Status != ticket.StatusNew || !tk.WaitingSince.Equal(start) || tk.Backlogged() || !tk.Snoozed.Until.Equal(until) || tk.Snoozed.By != ann {
			t.Errorf("asleep it is %+v", tk)
		}
		d.clock.forward(time.Hour)
		later := d.clock.now().Add(2 * time.Hour)
		did2(t)(d.tickets.Snooze(t.Context(), bob, tk.ID, later, "longer"))
		d.clock.forward(time.Hour) // the first moment
		if d.step(t); d.get(t, tk.ID).Snoozed == nil {
			t.Error("it woke at the moment that was put off")
		}
		d.clock.forward(time.Hour)
		d.step(t)
		if tk = d.get(t, tk.ID); tk.Snoozed != nil || tk.OnHold != 3*time.Hour || !tk.Backlogged() || !tk.WaitingSince.Equal(start) {
			t.Errorf("awake it is %+v", tk)
		}
		// A second sleep adds to the first.
		did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, d.clock.now().Add(time.Hour), ""))
		d.clock.forward(10 * time.Minute)
		if tk = did2(t)(d.tickets.Wake(t.Context(), bob, tk.ID)); tk.OnHold != 3*time.Hour+10*time.Minute || tk.Snoozed != nil {
			t.Errorf("on hold for %v", tk.OnHold)
		}
		head := d.head(t)
		did2(t)(d.tickets.Wake(t.Context(), bob, tk.ID))
		d.unchanged(t, tk, head)
	})
}

func TestSnoozeEnds(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for name, c := range map[string]struct {
			end    func(id string) error
			status ticket.Status
		}{
			"by a message": {func(id string) error { d.write(t, id, "Any news?"); return nil }, ticket.StatusWaitingForAgent},
			"by resolving": {func(id string) error { _, err := d.tickets.Resolve(t.Context(), ann, id); return err }, ticket.StatusResolved},
			"by rejecting": {func(id string) error { _, err := d.tickets.Reject(t.Context(), ann, id); return err }, ticket.StatusRejected},
		} {
			tk := d.fresh(t, name)
			d.reply(t, ann, tk.ID, "We look into it.")
			did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, d.clock.now().Add(24*time.Hour), ""))
			d.clock.forward(time.Hour)
			must(t, c.end(tk.ID))
			if tk = d.get(t, tk.ID); tk.Snoozed != nil || tk.Status != c.status || tk.OnHold != time.Hour {
				t.Errorf("%s: %s, snoozed %v, on hold for %v", name, tk.Status, tk.Snoozed, tk.OnHold)
			}
		}
		// An agent's answer doesn't wake it.
		tk := d.fresh(t, "Still?")
		did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, d.clock.now().Add(time.Hour), ""))
		if tk = d.reply(t, ann, tk.ID, "Still."); tk.Snoozed == nil {
			t.Error("an answer woke it")
		}
	})
}

// It wakes to its agent, or, where he can't have it, to its queue.
func TestSnoozeOfSomebodyWhoLeft(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for name, gone := range map[string]bool{"he is there": false, "he left": true} {
			d.setActive(t, "bob", true)
			tk := d.fresh(t, name)
			did2(t)(d.tickets.AssignQueue(t.Context(), ann, tk.ID, "parcels"))
			did2(t)(d.tickets.Assign(t.Context(), ann, tk.ID, "bob"))
			did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, d.clock.now().Add(time.Hour), ""))
			d.setActive(t, "bob", !gone)
			d.clock.forward(time.Hour)
			d.step(t)
			tk = d.get(t, tk.ID)
			if (tk.Assignee == event.Actor{}) != gone || tk.Queue != "parcels" || tk.Backlogged() != gone {
				t.Errorf("%s: %s has it, in %s", name, tk.Assignee, tk.Queue)
			}
		}
	})
}

func TestSnoozeRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, now := d.ask(t), d.clock.now()
		for _, c := range []struct {
			until  time.Time
			reason string
			field  string
		}{{now, "", "until"}, {now.Add(ticket.MaxSnooze + time.Microsecond), "", "until"}, {now.Add(time.Hour), strings.Repeat("ü", 256), "reason"}} {
			_, err := d.tickets.Snooze(t.Context(), ann, tk.ID, c.until, c.reason)
			refuses(t, err, c.field)
		}
		_, err := d.tickets.Snooze(t.Context(), d.user(), tk.ID, now.Add(time.Hour), "")
		forbidden(t, err)
		_, err = d.tickets.Wake(t.Context(), d.user(), tk.ID)
		forbidden(t, err)
		did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, now.Add(time.Microsecond), ""))
		did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, now.Add(ticket.MaxSnooze), strings.Repeat("ü", 255)))
		did2(t)(d.tickets.Resolve(t.Context(), ann, tk.ID))
		_, err = d.tickets.Snooze(t.Context(), ann, tk.ID, now.Add(time.Hour), "")
		if bad, ok := errors.AsType[*ticket.TransitionError](err); !ok || bad.From != ticket.StatusResolved {
			t.Errorf("error %v, want a *TransitionError", err)
		}
	})
}

// Agents fill in what has to be there before they resolve; nobody else is held up.
func TestRequiredFields(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, f := range []ticket.Field{
			{Key: "reason", Type: ticket.SingleLine, Required: true, Editable: true}, {Key: "paid", Type: ticket.Checkbox, Required: true, Editable: true},
			{Key: "old", Type: ticket.SingleLine, Required: true, Archived: true}, {Key: "free", Type: ticket.SingleLine},
		} {
			must(t, d.tickets.SaveField(t.Context(), host, &f))
		}
		tk := d.ask(t)
		head := d.head(t)
		_, err := d.tickets.Resolve(t.Context(), ann, tk.ID)
		bad, ok := errors.AsType[*ticket.IncompleteError](err)
		if !ok || len(bad.Fields) != 2 || bad.Fields[0] != "paid" || bad.Fields[1] != "reason" {
			t.Fatalf("error %v", err)
		}
		d.unchanged(t, tk, head)
		did2(t)(d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"reason": " ", "paid": false}}))
		_, err = d.tickets.Resolve(t.Context(), ann, tk.ID)
		if bad, ok := errors.AsType[*ticket.IncompleteError](err); !ok || len(bad.Fields) != 1 || bad.Fields[0] != "reason" {
			t.Errorf("error %v", err)
		}
		did2(t)(d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Fields: map[string]any{"reason": "lost"}}))
		if tk = did2(t)(d.tickets.Resolve(t.Context(), ann, tk.ID)); tk.Incomplete {
			t.Error("all is there, and it is marked as incomplete")
		}
		_, err = d.tickets.Reject(t.Context(), ann, d.fresh(t, "Spam.").ID)
		must(t, err)
		for _, who := range []event.Actor{d.user(), bot, rule, host} {
			tk := did2(t)(d.tickets.Resolve(t.Context(), who, d.fresh(t, "Hm.").ID))
			if !tk.Incomplete || tk.Status != ticket.StatusResolved {
				t.Errorf("%s resolves, and the ticket isn't marked", who)
			}
			if tk = did2(t)(d.tickets.Reopen(t.Context(), ann, tk.ID)); tk.Incomplete {
				t.Error("it is open, and marked still")
			}
		}
	})
}

// Who wakes to nobody, because his agent has gone, is told to have lost him.
func TestWakingTellsWhoLostIt(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.fresh(t, "1")
		did2(t)(d.tickets.Assign(t.Context(), ann, tk.ID, "bob"))
		did2(t)(d.tickets.Snooze(t.Context(), ann, tk.ID, d.clock.now().Add(time.Hour), ""))
		d.setActive(t, "bob", false)
		tk = did2(t)(d.tickets.Wake(t.Context(), ann, tk.ID))
		if got := d.history(t, tk.ID); tk.Assignee.ID != "" || len(got) < 2 || got[len(got)-2] != ticket.Woken || got[len(got)-1] != ticket.Assigned {
			t.Errorf("%s has it, events %v", tk.Assignee, got)
		}
	})
}
