package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
)

// What each change has made of a ticket's targets is what reckoning them anew gives,
// wherever messages went: a policy that is saved as it is moves nothing.
func TestTargetsFollowMessages(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	p := d.promise(t, ticket.Policy{First: 30 * minute, Next: 10 * minute, Resolution: 2 * hour})
	acts := map[string]func(*world, *testing.T, *rapid.T){
		"ask": (*world).ask, "write": (*world).write, "reply": (*world).reply, "merge": (*world).merge, "unmerge": (*world).unmerge, "split": (*world).split, "bulk": (*world).bulk, "give": (*world).give,
	}
	names := []string{"ask", "write", "write", "reply", "reply", "merge", "merge", "unmerge", "split", "bulk", "give"}
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{d: d, said: map[string]string{}, where: map[string]*ticket.Written{}, before: map[string][]*ticket.Message{}}
		d.eve = d.endUser(t, fmt.Sprint("eve", d.clock.forward(minute).UnixNano()))
		w.ask(t, rt)
		w.ask(t, rt)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 20).Draw(rt, "acts") {
			d.clock.forward(4 * minute)
			acts[name](w, t, rt)
			d.step(t)
		}
		revs := map[string]*ticket.Ticket{}
		for _, id := range w.tickets {
			revs[id] = d.get(t, id)
		}
		must(t, d.tickets.SavePolicy(t.Context(), admin, p))
		d.step(t)
		for id, was := range revs {
			now := d.get(t, id)
			if now.Rev != was.Rev {
				rt.Fatalf("%v became %v", dues(was), dues(now))
			}
			said := d.said(t, id)
			for _, s := range said {
				if same := len(slices.DeleteFunc(slices.Clone(said), func(o string) bool { return o != s })); same > 1 && (s == "breached first_response" || s == "breached resolution") {
					rt.Fatalf("said %q", said)
				}
			}
			if now.Merged == nil {
				must(t, only(d.tickets.Reject(t.Context(), host, id))) // out of the way
			}
		}
	})
}

// A ticket remembers 50 pauses. Above that the oldest are put together, which moves no due
// moment where all time counts.
func TestPausesAreBounded(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.promise(t, ticket.Policy{First: 1000 * hour})
		id := d.ask(t).ID
		for i := range 120 {
			d.clock.forward(minute)
			_, err := d.tickets.Snooze(t.Context(), ann, id, d.clock.now().Add(hour), "")
			must(t, err)
			d.clock.forward(2 * minute)
			tk, err := d.tickets.Wake(t.Context(), ann, id)
			must(t, err)
			if n := len(tk.Pauses); n != min(i+1, 50) {
				t.Fatalf("after %d times of sleep %d pauses", i+1, n)
			}
			if due, ok := tk.NextDue(); !ok || due.Sub(start) != 1000*hour+time.Duration(i+1)*2*minute {
				t.Fatalf("after %d times of sleep it is due after %v", i+1, due.Sub(start))
			}
		}
	})
}

// A calendar that changes moves the due moments of open tickets, of the policy's own, of
// the platform's and of the desk's.
func TestCalendarsMoveDueMoments(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		calendar := func(id, from string) *ticket.Calendar {
			t.Helper()
			c := &ticket.Calendar{ID: id, Name: id, Hours: hours.Plan{Week: hours.Daily(hours.Interval{From: from, To: "18:00"})}}
			must(t, d.tickets.SaveCalendar(ctx, admin, c))
			d.step(t)
			return c
		}
		p := d.promise(t, ticket.Policy{First: hour})
		id := d.ask(t).ID // at 9:00
		due := func(want string) {
			t.Helper()
			if got := dues(d.get(t, id))[ticket.TargetFirst]; got != want {
				t.Errorf("due %s, want %s", got, want)
			}
		}
		due("1h0m0s")
		desk := calendar(ticket.DeskCalendar, "10:00")
		due("2h0m0s")
		calendar("late", "11:00")
		a, err := d.tickets.App(ctx, ticket.DefaultApp)
		must(t, err)
		chat, err := a.Platform("webchat")
		must(t, err)
		chat.Hours = "late"
		must(t, d.tickets.SaveApp(ctx, admin, a))
		d.step(t)
		due("3h0m0s")
		calendar("later", "12:00")
		p.Calendar = "later"
		must(t, d.tickets.SavePolicy(ctx, admin, p))
		d.step(t)
		due("4h0m0s")
		d.clock.forward(4*hour - 1)
		if d.step(t); len(d.said(t, id)) != 1 {
			t.Errorf("said %q", d.said(t, id))
		}
		d.clock.forward(1)
		if d.step(t); len(d.said(t, id)) != 2 {
			t.Errorf("said %q", d.said(t, id))
		}
		desk.Hours.Week = hours.Week{}
		must(t, d.tickets.SaveCalendar(ctx, admin, desk))
		d.step(t)
		due("4h0m0s")
	})
}

// A bot that gets a ticket in its intake has it from the start: the clock of the first
// response counts from its hand-off. A calendar that never opens makes nothing due.
func TestClocksBeginWithTheHandOff(t *testing.T) {
	t.Parallel()
	d := openMemory(t, &ticket.Options{Steps: []ticket.Step{{Name: "bot", Do: giveToBot}}})
	d.promise(t, ticket.Policy{First: hour})
	id := d.ask(t).ID
	d.clock.forward(3 * minute)
	d.step(t)
	d.clock.forward(20 * minute)
	_, err := d.tickets.Unassign(t.Context(), bot, id)
	must(t, err)
	if got := dues(d.get(t, id))[ticket.TargetFirst]; got != "1h23m0s" {
		t.Errorf("due %s", got)
	}
	must(t, d.tickets.SaveCalendar(t.Context(), admin, &ticket.Calendar{ID: ticket.DeskCalendar, Name: "Never"}))
	d.step(t)
	tk := d.get(t, id)
	if _, ok := tk.NextDue(); ok || dues(tk)[ticket.TargetFirst] != "left 1h0m0s" {
		t.Errorf("due %v", dues(tk))
	}
	if what, due, state := tk.Due(at(1000 * hour)); what != ticket.TargetFirst || !due.IsZero() || state != ticket.DueOK {
		t.Errorf("due %s %v %s", what, due, state)
	}
}

func giveToBot(ctx context.Context, s *ticket.Service, t *ticket.Ticket, _ any) error {
	_, err := s.AssignBot(ctx, host, t.ID, "greeter")
	return err
}
