package automation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

// after is a trigger by a clock.
func after(c automation.Clock, d time.Duration) automation.Trigger {
	return automation.Trigger{Kind: automation.OnTime, Clock: c, After: d}
}

// settle does everything that is due, time rules included.
func (d *desk) settle(t testing.TB) {
	t.Helper()
	for range 1000 {
		d.drain(t)
		n, err := d.rules.Step(t.Context())
		must(t, err)
		if n == 0 {
			return
		}
	}
	t.Fatal("no end")
}

// wait lets time pass, a step at a time, and does what is due.
func (d *desk) wait(t testing.TB, steps ...time.Duration) {
	t.Helper()
	for _, step := range steps {
		d.clock.forward(step)
		d.settle(t)
	}
}

// ran is which rules ran on a ticket, as rule@minutes since start, in order of these texts.
func (d *desk) ran(t testing.TB, id string) (all []string) {
	t.Helper()
	for after, more := "", true; more; more = after != "" {
		page, next, err := d.rules.RunsOf(t.Context(), admin, id, after, 200)
		must(t, err)
		for _, r := range page {
			if r.Cut != "" {
				continue
			}
			all = append(all, fmt.Sprintf("%s@%v", r.Rule, r.Time.Sub(start).Minutes()))
		}
		after = next
	}
	slices.Sort(all)
	return all
}

// wants reports runs other than these.
func (d *desk) wants(t testing.TB, id string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := d.ran(t, id); !slices.Equal(got, want) {
		t.Errorf("%v: ran %v, want %v", d.clock.now().Sub(start), got, want)
	}
}

// What is due on one ticket at one time runs in one pass, in the order of the list.
func TestDueTogether(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "a", On: after(automation.ClockFirst, hour), Do: do(ticket.Action{Do: ticket.DoPriority, Text: "high"})})
		d.rule(t, &automation.Rule{ID: "b", On: after(automation.ClockUnchanged, hour), When: `ticket.priority == "high"`, Do: do(ticket.Action{Do: ticket.DoPriority, Text: "low"}, tag("late"))})
		d.rule(t, &automation.Rule{ID: "c", On: after(automation.ClockFirst, hour), Stop: true, Do: do(tag("vip"))})
		d.rule(t, &automation.Rule{ID: "d", On: after(automation.ClockFirst, hour), Do: do(tag("refund"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, hour)
		now := d.now(t, tk.ID)
		if now.Priority != ticket.High || !slices.Equal(now.Tags, []string{"late", "vip"}) {
			t.Errorf("%s, %v after the pass; ran %v", now.Priority, now.Tags, d.ran(t, tk.ID))
		}
		d.wait(t, 100*hour)
		if now := d.now(t, tk.ID); slices.Contains(now.Tags, "refund") {
			t.Error("a rule ran behind one that stops the pass")
		}
	})
}

// A condition that is false when the clock runs out is looked at again when the ticket
// changes; one that depends on the time of day, when that may have changed it.
func TestConditionsOfTimeRules(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "vip", On: after(automation.ClockFirst, hour), When: `"vip" in ticket.tags`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "noon", On: after(automation.ClockFirst, hour), When: `time.hour >= 12`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "old", On: after(automation.ClockFirst, hour), When: `now - ticket.created > minutes(100)`, Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		for range 40 {
			d.wait(t, 5*minute)
		}
		got[*ticket.Ticket](t)(d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{AddTags: []string{"vip"}}))
		d.settle(t)
		d.wants(t, tk.ID, "old@105", "noon@180", "vip@200")
	})
}

// Rules that are off, deleted or changed: what has fired stays so, and what is due by a
// rule that isn't there doesn't fire.
func TestRulesChange(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		off := d.rule(t, &automation.Rule{ID: "off", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
		gone := d.rule(t, &automation.Rule{ID: "gone", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
		sooner := d.rule(t, &automation.Rule{ID: "sooner", On: after(automation.ClockFirst, 10*hour), Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, 30*minute)
		off.Off = true
		must(t, d.rules.SaveRule(ctx, admin, off))
		must(t, d.rules.DeleteRule(ctx, admin, gone))
		sooner.On.After = 2 * hour
		must(t, d.rules.SaveRule(ctx, admin, sooner))
		d.settle(t)
		d.wait(t, 89*minute)
		d.wants(t, tk.ID)
		d.wait(t, minute)
		d.wants(t, tk.ID, "sooner@120")
		// It doesn't fire again because it was edited, nor what is overdue when it is turned on.
		sooner.Overdue, sooner.On.After = true, hour
		must(t, d.rules.SaveRule(ctx, admin, sooner))
		off.Off = false
		must(t, d.rules.SaveRule(ctx, admin, off))
		d.settle(t)
		d.write(t, tk.ID, "Hello?")
		d.settle(t)
		d.wants(t, tk.ID, "sooner@120")
		off.Overdue = true
		must(t, d.rules.SaveRule(ctx, admin, off))
		d.settle(t)
		d.wants(t, tk.ID, "sooner@120", "off@120")
	})
}

// A rule that is new finds the tickets that are there, page by page; and says beforehand
// how many it would act on.
func TestBackfill(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for i := range 250 { // more than two pages
			d.ask(t, func(n *ticket.New) {
				if i%2 == 0 {
					n.Priority = ticket.High
				}
			})
		}
		d.drain(t)
		d.wait(t, 2*hour)
		count := func(r *automation.Rule) (n int) {
			n, more, err := d.rules.Overdue(ctx, admin, r)
			must(t, err)
			if more {
				t.Error("there may be more")
			}
			return n
		}
		past := &automation.Rule{ID: "past", Name: "past", On: after(automation.ClockFirst, hour), When: `ticket.priority == "high"`, Do: do(tag("late"))}
		if n := count(past); n != 125 {
			t.Errorf("%d are overdue, want 125", n)
		}
		d.rule(t, past)
		coming := d.rule(t, &automation.Rule{ID: "coming", On: after(automation.ClockFirst, 3*hour), When: `ticket.priority == nil`, Do: do(tag("vip"))})
		d.wait(t, hour)
		if n := len(d.tagged(t, "late")); n != 0 {
			t.Errorf("it acted on %d that were overdue", n)
		}
		if n := len(d.tagged(t, "vip")); n != 125 {
			t.Errorf("%d of 125", n)
		}
		if n := count(coming); n != 0 {
			t.Errorf("%d are overdue after it has run", n)
		}
		past.Overdue = true
		must(t, d.rules.SaveRule(ctx, admin, past))
		d.settle(t)
		if n := len(d.tagged(t, "late")); n != 125 {
			t.Errorf("told to act on what is overdue it acted on %d of 125", n)
		}
		_, _, err := d.rules.Overdue(ctx, ann, past)
		if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
			t.Errorf("an agent counts: %v", err)
		}
		past.When = "ticket.nothing"
		_, _, err = d.rules.Overdue(ctx, admin, past)
		refuses(t, err, "rule.when")
	})
}

// tagged are the open tickets with a tag.
func (d *desk) tagged(t testing.TB, name string) (ids []string) {
	t.Helper()
	for after, more := "", true; more; more = after != "" {
		ts, next, err := d.tickets.List(t.Context(), host, ticket.Filter{Open: true, Tag: name}, after, 200)
		must(t, err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
		after = next
	}
	return ids
}

// What was due while nothing ran is made up for, once, in transactions of a bounded size.
func TestCatchUp(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		n := fewer(2000)
		if d.db.Shared() {
			n = 300
		}
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
		for range 4 {
			must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for range n / 4 {
					if _, err := d.tickets.In(tx).Create(ctx, ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hi."}}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		d.settle(t)
		d.clock.forward(100 * hour)
		looked, err := d.rules.Step(t.Context())
		must(t, err)
		d.settle(t)
		if got := len(d.tagged(t, "late")); got != n || looked != n {
			t.Errorf("%d of %d, after looking at %d", got, n, looked)
		}
		if again, err := d.rules.Step(t.Context()); again != 0 || err != nil {
			t.Errorf("%d again, %v", again, err)
		}
	})
}

// A stored ticket that says otherwise never fires.
func TestNothingFiresOnWhatIsGone(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockUnchanged, hour), Do: do(tag("late"))})
		closed, merged, target := d.ask(t), d.ask(t), d.ask(t)
		d.settle(t)
		d.clock.forward(hour)
		// Their alarms go off at this moment, and the log hasn't been read.
		got[*ticket.Ticket](t)(d.tickets.Resolve(ctx, host, closed.ID))
		_, _, err := d.tickets.Merge(ctx, host, merged.ID, target.ID, nil)
		must(t, err)
		_, err = d.rules.Step(ctx)
		must(t, err)
		d.wait(t, 100*hour)
		d.wants(t, closed.ID)
		d.wants(t, merged.ID)
		d.wants(t, target.ID, "r@60")
	})
}

// Clocks go on where they were when a desk is opened again.
func TestDueSurvivesRestart(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, over func() driver.Store) {
		d := open(t, over(), nil)
		again := func() *desk {
			clock := d.clock
			must(t, d.db.Close())
			db, err := store.Open(t.Context(), over(), &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
			must(t, err)
			t.Cleanup(func() { db.Close() })
			k := &desk{db: db, clock: clock, eve: d.eve}
			k.serve(t, clock.now, nil)
			return k
		}
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		d = again()
		d.wait(t, 61*minute)
		d.wants(t, tk.ID, "r@61")
		d = again()
		d.wait(t, 61*minute)
		d.wants(t, tk.ID, "r@61")
	})
}

// Online and offline count from when somebody comes or goes.
func TestPresenceClocks(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "here", On: after(automation.ClockOnline, 5*minute), Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "gone", On: after(automation.ClockOffline, 10*minute), Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, hour)
		d.wants(t, tk.ID) // nobody knows since when
		leave := d.presence.Come(d.user())
		d.settle(t)
		d.wait(t, 5*minute)
		d.wants(t, tk.ID, "here@65")
		leave()
		leave = d.presence.Come(d.user()) // the page was loaded anew
		d.settle(t)
		d.wait(t, hour)
		d.wants(t, tk.ID, "here@65")
		leave()
		d.settle(t)
		d.wait(t, 9*minute)
		d.wants(t, tk.ID, "here@65")
		d.wait(t, minute)
		d.wants(t, tk.ID, "here@65", "gone@135")
		leave = d.presence.Come(d.user())
		d.settle(t)
		d.wait(t, 5*minute)
		d.wants(t, tk.ID, "here@65", "gone@135", "here@140")
		// He is there already when he opens another one.
		other := d.ask(t)
		d.settle(t)
		d.wait(t, 5*minute)
		d.wants(t, other.ID, "here@145")
		leave()
		d.wait(t, 0, 10*minute)
		d.wants(t, other.ID, "here@145", "gone@155")
	})
}

// Schedules run on the open tickets of their condition, once per moment; of the moments
// that were missed only the last one counts.
func TestSchedules(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		r := d.rule(t, &automation.Rule{ID: "r", On: automation.Trigger{Kind: automation.OnSchedule, Cron: "30 9 * * *", Zone: "Europe/Berlin"}, When: `ticket.priority == "high"`,
			Do: do(ticket.Action{Do: ticket.DoLabel, Text: "seen"})})
		high := func(n *ticket.New) { n.Priority = ticket.High }
		var ids []string
		for range 40 { // more than one transaction
			ids = append(ids, d.ask(t, high).ID)
		}
		low, closed := d.ask(t), d.ask(t, high)
		d.settle(t)
		got[*ticket.Ticket](t)(d.tickets.Resolve(ctx, host, closed.ID))
		d.wait(t, 22*hour+29*minute) // it is 9:29 in Berlin
		d.wants(t, ids[0])
		d.wait(t, minute)
		d.wants(t, low.ID)
		d.wants(t, closed.ID)
		for _, id := range ids {
			d.wants(t, id, "r@1350")
		}
		d.wait(t, 100*hour) // four moments and four hours later
		d.wants(t, ids[39], "r@1350", "r@7350")
		d.wait(t, 20*hour)
		d.wants(t, ids[39], "r@1350", "r@7350", "r@8550")
		r.On.Cron = "0 12 * * *"
		must(t, d.rules.SaveRule(ctx, admin, r))
		d.wait(t, 4*hour)
		if n := len(d.ran(t, ids[0])); n != 4 {
			t.Errorf("after its schedule was changed it ran %d times: %v", n, d.ran(t, ids[0]))
		}
		r.Off = true
		must(t, d.rules.SaveRule(ctx, admin, r))
		d.wait(t, 100*hour)
		if n := len(d.ran(t, ids[0])); n != 4 {
			t.Errorf("although it is off it ran: %v", d.ran(t, ids[0]))
		}
		r.On.Cron = "61 * * * *"
		refuses(t, d.rules.SaveRule(ctx, admin, r), "rule.on.cron")
		r.On.Cron = strings.Repeat("1", 501)
		refuses(t, d.rules.SaveRule(ctx, admin, r), "rule.on.cron")
	})
}

// An explanation says how a rule's clock stands.
func TestExplainClock(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		r := d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockSilent, hour), Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		explain := func(would bool, since, due time.Time, why string) {
			t.Helper()
			x := got[*automation.Explanation](t)(d.rules.Explain(t.Context(), admin, r, tk.ID))
			if x.Would != would || !x.Since.Equal(since) || !x.Due.Equal(due) || why != strings.Join(x.Why, "; ") {
				t.Errorf("would %v, since %v, due %v: %q", x.Would, x.Since, x.Due, x.Why)
			}
		}
		explain(false, time.Time{}, time.Time{}, "its clock doesn't run on the ticket")
		d.reply(t, ann, tk.ID, "Soon.")
		explain(false, start, start.Add(hour), "its clock runs out at 2026-05-04T10:00:00Z")
		got[*ticket.Ticket](t)(d.tickets.Snooze(t.Context(), ann, tk.ID, start.Add(9*hour), ""))
		explain(false, start, time.Time{}, "its clock stands still, or is never open for so long")
		got[*ticket.Ticket](t)(d.tickets.Wake(t.Context(), ann, tk.ID))
		d.clock.forward(hour)
		explain(true, start, start.Add(hour), "")
		d.settle(t)
		d.wants(t, tk.ID, "r@60")
		explain(false, start, start.Add(hour), "it has run, and its clock hasn't begun anew since")
		r.ID, r.Since = "", d.clock.now().Add(minute)
		explain(false, start, start.Add(hour), "its clock had run out before the rule was there")
	})
}

// Overdue counts to a limit.
func TestOverdueIsBounded(t *testing.T) {
	d := openMemory(t)
	r := &automation.Rule{Name: "r", On: after(automation.ClockFirst, hour), Do: do(tag("late"))}
	made := 0
	grow := func(to int) {
		for made < to {
			must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for made < to {
					if _, err := d.tickets.In(tx).Create(ctx, ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hi."}}); err != nil {
						return err
					}
					if made++; made%500 == 0 {
						return nil
					}
				}
				return nil
			}))
		}
		d.drain(t)
	}
	count := func(want int, wantMore bool) {
		t.Helper()
		if n, more, err := d.rules.Overdue(t.Context(), admin, r); err != nil || n != want || more != wantMore {
			t.Errorf("of %d: %d, more %v, %v; want %d, %v", made, n, more, err, want, wantMore)
		}
	}
	d.clock.forward(-2 * hour)
	for _, n := range []int{automation.MaxOverdue - 1, automation.MaxOverdue} {
		d.clock.forward(-2 * hour)
		grow(n)
		d.clock.forward(2 * hour)
		count(n, false)
	}
	d.clock.forward(-2 * hour)
	grow(automation.MaxOverdue + 1)
	d.clock.forward(2 * hour)
	count(automation.MaxOverdue, true)
	r.When = `ticket.title == "another"`
	count(0, false)
	if raced {
		return // one goroutine makes so many tickets, and nothing races with it
	}
	grow(10_000)
	count(0, false)
	grow(10_200)
	count(0, true)
}
