package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func (d *desk) assigned(t testing.TB, to event.Actor) *ticket.Ticket {
	t.Helper()
	tk, err := d.tickets.Assign(t.Context(), host, d.fresh(t, "hello").ID, to.ID)
	must(t, err)
	return tk
}

func (d *desk) edit(t testing.TB, id string, e ticket.Edit) *ticket.Ticket {
	t.Helper()
	tk, err := d.tickets.Edit(t.Context(), host, id, e)
	must(t, err)
	return tk
}

// What an agent had goes back, or to another one; where he followed, he doesn't.
func TestDeactivate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for _, to := range []string{"", "bob"} {
			d.setActive(t, "ann", true)
			held, answered, asleep, closed := d.assigned(t, ann), d.assigned(t, ann), d.assigned(t, ann), d.assigned(t, ann)
			other := d.assigned(t, bob)
			_, err := d.tickets.AssignGroup(ctx, host, held.ID, "billing")
			must(t, err)
			_, err = d.tickets.Assign(ctx, host, held.ID, "ann")
			must(t, err)
			d.reply(t, ann, answered.ID, "an answer")
			_, err = d.tickets.Snooze(ctx, ann, asleep.ID, d.clock.now().Add(time.Hour), "later")
			must(t, err)
			_, err = d.tickets.Resolve(ctx, ann, closed.ID)
			must(t, err)
			for _, id := range []string{other.ID, closed.ID} {
				d.edit(t, id, ticket.Edit{Followers: &[]string{"ann", "bob"}})
			}
			d.step(t)

			_, err = d.people.Deactivate(ctx, admin, "ann", identity.Handover{To: to})
			must(t, err)
			d.step(t)
			want, status := event.Actor{}, ticket.StatusNew
			if to != "" {
				want, status = bob, ticket.StatusNewForAgent
			}
			if now := d.get(t, held.ID); now.Assignee != want || now.Status != status || now.Group != "billing" {
				t.Errorf("to %q: what he had is %s's, %s, group %s", to, now.Assignee, now.Status, now.Group)
			}
			if now := d.get(t, answered.ID); now.Assignee != want || now.Status != ticket.StatusAgentReplied {
				t.Errorf("to %q: what he answered is %s's, %s", to, now.Assignee, now.Status)
			}
			if now := d.get(t, asleep.ID); now.Assignee != want || now.Snoozed == nil {
				t.Errorf("to %q: what sleeps is %s's, %v", to, now.Assignee, now.Snoozed)
			}
			if now := d.get(t, closed.ID); now.Assignee != ann {
				t.Errorf("to %q: what is closed is %s's", to, now.Assignee)
			}
			for _, id := range []string{other.ID, closed.ID} {
				if now := d.get(t, id); !slices.Equal(now.Followers, []string{"bob"}) {
					t.Errorf("to %q: followed by %v", to, now.Followers)
				}
			}
			last := d.eventsOf(t, held.ID)
			if e := last[len(last)-1]; e.Type != ticket.Assigned || e.Actor.Kind != event.System || e.Reason != "agent deactivated" {
				t.Errorf("to %q: event %s by %s, %q", to, e.Type, e.Actor, e.Reason)
			}
		}
	})
}

func TestDeactivateRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		try := func(who event.Actor, agent, to string) error {
			_, err := d.people.Deactivate(ctx, who, agent, identity.Handover{To: to})
			return err
		}
		forbidden(t, try(bob, "ann", ""))
		forbidden(t, try(bob, "bob", ""))
		is(t, try(admin, "root", ""), identity.ErrLastAdmin)
		is(t, try(admin, "nobody", ""), store.ErrNotFound)
		refuses(t, try(admin, "ann", "ann"), "to")
		refuses(t, try(admin, "ann", "nobody"), "to")
		must(t, try(admin, "ann", ""))
		refuses(t, try(admin, "bob", "ann"), "to")
		a, err := d.people.Agent(ctx, "ann")
		must(t, err)
		if must(t, try(admin, "ann", "bob")); !a.Inactive {
			t.Error("he is active")
		}
		if b, err := d.people.Agent(ctx, "ann"); err != nil || b.Rev != a.Rev {
			t.Errorf("a second time changed him: %v", err)
		}
	})
}

// Who is back before it is done keeps what is left, and is handed nothing over.
func TestReactivated(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.assigned(t, ann)
		d.setActive(t, "ann", false)
		d.setActive(t, "ann", true)
		d.step(t)
		if now := d.get(t, tk.ID); now.Assignee != ann {
			t.Errorf("it is %s's", now.Assignee)
		}
		// Saving him as inactive hands over, too; an heir who leaves as well gets nothing.
		_, err := d.people.Deactivate(t.Context(), admin, "ann", identity.Handover{To: "bob"})
		must(t, err)
		d.setActive(t, "bob", false)
		d.step(t)
		if now := d.get(t, tk.ID); now.Assignee != (event.Actor{}) {
			t.Errorf("it is %s's", now.Assignee)
		}
		d.setActive(t, "ann", true)
		tk = d.assigned(t, ann)
		d.setActive(t, "ann", false)
		d.step(t)
		if now := d.get(t, tk.ID); now.Assignee != (event.Actor{}) {
			t.Errorf("it is %s's", now.Assignee)
		}
	})
}

// A ticket that a hook holds back keeps none of the others, and is tried again.
func TestDeactivateGoesOn(t *testing.T) {
	t.Parallel()
	held := true
	var stuck string
	d := openMemory(t, &ticket.Options{Hooks: []ticket.Hook{{Name: "keeper", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if held && c.After.ID == stuck && c.Actor == host {
			return errors.New("not now")
		}
		return nil
	}}}})
	var want []string
	for i := range 250 {
		tk, err := d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: d.eve, Title: fmt.Sprint(i)})
		must(t, err)
		_, err = d.tickets.Assign(t.Context(), host, tk.ID, "ann")
		must(t, err)
		if want = append(want, tk.ID); i == 7 {
			stuck = tk.ID
		}
	}
	d.setActive(t, "ann", false)
	d.step(t)
	var left []string
	for _, id := range want {
		if d.get(t, id).Assignee == ann {
			left = append(left, id)
		}
	}
	if diff := cmp.Diff([]string{stuck}, left); diff != "" {
		t.Error(diff)
	}
	held = false
	d.clock.forward(10 * time.Minute)
	d.step(t)
	if now := d.get(t, stuck); now.Assignee != (event.Actor{}) {
		t.Errorf("it is %s's", now.Assignee)
	}
	if js, _, err := d.jobs.Dead(t.Context(), "", 10); err != nil || len(js) > 0 || !strings.HasPrefix(stuck, "0") {
		t.Errorf("given up: %v, %v", js, err)
	}
}
