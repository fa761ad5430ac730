package automation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

var (
	bot       = event.Actor{Kind: event.Bot, ID: "greeter"}
	otherRule = event.Actor{Kind: event.Automation, ID: "other"}
)

// Each clock runs out once per epoch, and counts anew when it begins anew.
func TestClocksFire(t *testing.T) {
	type step struct {
		wait time.Duration
		do   func(t *testing.T, d *desk, id string)
		want []string // runs by now
	}
	none := func(*testing.T, *desk, string) {}
	write := func(t *testing.T, d *desk, id string) { d.write(t, id, "And?") }
	by := func(who event.Actor) func(t *testing.T, d *desk, id string) {
		return func(t *testing.T, d *desk, id string) { d.reply(t, who, id, "Soon.") }
	}
	toBot := func(t *testing.T, d *desk, id string) {
		got[*ticket.Ticket](t)(d.tickets.AssignBot(t.Context(), host, id, "greeter"))
	}
	handOff := func(t *testing.T, d *desk, id string) {
		got[*ticket.Ticket](t)(d.tickets.Unassign(t.Context(), bot, id))
	}
	snooze := func(t *testing.T, d *desk, id string) {
		got[*ticket.Ticket](t)(d.tickets.Snooze(t.Context(), ann, id, d.clock.now().Add(100*hour), ""))
	}
	wake := func(t *testing.T, d *desk, id string) { got[*ticket.Ticket](t)(d.tickets.Wake(t.Context(), host, id)) }
	resolve := func(t *testing.T, d *desk, id string) {
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, id))
	}
	reopen := func(t *testing.T, d *desk, id string) { got[*ticket.Ticket](t)(d.tickets.Reopen(t.Context(), ann, id)) }
	move := func(to string) func(t *testing.T, d *desk, id string) {
		return func(t *testing.T, d *desk, id string) {
			got[*ticket.Ticket](t)(d.tickets.AssignQueue(t.Context(), host, id, to))
		}
	}
	day := func(value any) func(t *testing.T, d *desk, id string) {
		return func(t *testing.T, d *desk, id string) {
			got[*ticket.Ticket](t)(d.tickets.Edit(t.Context(), host, id, ticket.Edit{Fields: map[string]any{"renewal": value}}))
		}
	}
	note := func(t *testing.T, d *desk, id string) {
		_, _, err := d.tickets.Note(t.Context(), ann, id, ticket.Draft{Text: "Hm."})
		must(t, err)
	}
	for name, c := range map[string]struct {
		clock automation.Clock
		steps []step
	}{
		"first response": {automation.ClockFirst, []step{
			{59 * minute, none, nil}, {minute, none, []string{"r@60"}}, {0, by(ann), nil}, {300 * minute, write, nil}, {300 * minute, none, []string{"r@60"}}}},
		"first response in time":                         {automation.ClockFirst, []step{{59 * minute, by(ann), nil}, {300 * minute, write, nil}, {300 * minute, none, nil}}},
		"first response: others don't stop it":           {automation.ClockFirst, []step{{10 * minute, by(otherRule), nil}, {10 * minute, by(bot), nil}, {40 * minute, none, []string{"r@60"}}}},
		"first response stands still while a bot has it": {automation.ClockFirst, []step{{10 * minute, toBot, nil}, {300 * minute, handOff, nil}, {49 * minute, none, nil}, {minute, none, []string{"r@360"}}}},
		"first response stands still asleep":             {automation.ClockFirst, []step{{10 * minute, snooze, nil}, {300 * minute, wake, nil}, {49 * minute, none, nil}, {minute, none, []string{"r@360"}}}},
		"next response": {automation.ClockNext, []step{
			{100 * minute, by(ann), nil}, {10 * minute, write, nil}, {30 * minute, write, nil}, {29 * minute, none, nil}, {minute, by(otherRule), []string{"r@170"}},
			{200 * minute, by(ann), nil}, {10 * minute, write, nil}, {60 * minute, none, []string{"r@170", "r@440"}}}},
		"next response while a bot has it": {automation.ClockNext, []step{{0, by(ann), nil}, {0, write, nil}, {30 * minute, toBot, nil}, {100 * minute, handOff, nil}, {29 * minute, none, nil}, {minute, none, []string{"r@160"}}}},
		"end user silent": {automation.ClockSilent, []step{
			{0, by(ann), nil}, {59 * minute, by(otherRule), nil}, {minute, none, []string{"r@60"}}, {300 * minute, by(otherRule), []string{"r@60"}},
			{0, write, nil}, {300 * minute, none, []string{"r@60"}}, {0, by(bot), nil}, {60 * minute, none, []string{"r@60", "r@720"}}}},
		"end user silent to automations": {automation.ClockSilent, []step{
			{300 * minute, by(otherRule), nil}, {30 * minute, by(otherRule), nil}, {30 * minute, none, []string{"r@360"}}, {30 * minute, by(bot), nil}, {60 * minute, none, []string{"r@360", "r@450"}}}},
		"unchanged": {automation.ClockUnchanged, []step{
			{30 * minute, note, nil}, {59 * minute, by(otherRule), nil}, {minute, none, []string{"r@90"}}, {60 * minute, by(bot), []string{"r@90"}}, {0, note, nil}, {60 * minute, none, []string{"r@90", "r@210"}}}},
		"in queue": {automation.ClockQueue, []step{
			{30 * minute, move("billing"), nil}, {59 * minute, by(ann), nil}, {minute, none, []string{"r@90"}}, {60 * minute, write, []string{"r@90"}},
			{0, move("vips"), nil}, {60 * minute, none, []string{"r@90", "r@210"}}}},
		"closed tickets": {automation.ClockUnchanged, []step{{30 * minute, resolve, nil}, {300 * minute, reopen, nil}, {59 * minute, none, nil}, {minute, none, []string{"r@390"}}}},
		"a date": {automation.ClockField, []step{
			{0, day("2026-05-05"), nil}, {899 * minute, none, nil}, {60 * minute, none, nil}, {minute, none, []string{"r@960"}}, {0, snooze, nil}, {0, day("2026-05-06"), nil},
			{24 * hour, none, []string{"r@960", "r@2400"}}, {0, day(nil), nil}, {24 * hour, day("2026-05-05"), nil}, {hour, none, []string{"r@960", "r@2400"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, d *desk) {
				d.rule(t, &automation.Rule{ID: "r", On: automation.Trigger{Kind: automation.OnTime, Clock: c.clock, After: hour, Field: map[bool]string{true: "renewal"}[c.clock == automation.ClockField]},
					Do: do(ticket.Action{Do: ticket.DoPriority, Text: "high"})})
				tk := d.ask(t)
				d.settle(t)
				for i, s := range c.steps {
					d.wait(t, s.wait)
					if s.want != nil {
						d.wants(t, tk.ID, s.want...)
					} else if i == 0 {
						d.wants(t, tk.ID)
					}
					s.do(t, d, tk.ID)
					d.settle(t)
				}
				last := c.steps[len(c.steps)-1].want
				d.wants(t, tk.ID, last...)
				d.noAlarms(t, tk.ID, last)
			})
		})
	}
}

// noAlarms checks that nothing is left to do on a ticket whose rules have run.
func (d *desk) noAlarms(t testing.TB, id string, want []string) {
	t.Helper()
	d.wait(t, 1000*hour)
	d.wants(t, id, want...)
}

func (d *desk) calendar(t testing.TB, id string, week hours.Week) {
	t.Helper()
	c := &ticket.Calendar{ID: id, Name: id}
	if old, err := d.tickets.Calendar(t.Context(), id); err == nil {
		c = old
	}
	c.Hours = hours.Plan{Week: week}
	must(t, d.tickets.SaveCalendar(t.Context(), admin, c))
}

// Business time counts by the calendar of the rule, else by that of the queue, of the
// platform, or of the desk; and follows when they change.
func TestClocksCountBusinessTime(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.calendar(t, ticket.DeskCalendar, everyDay("08:00", "09:30")) // it is 9:00
		d.calendar(t, "own", everyDay("09:00", "09:10"))
		for id, cal := range map[string]string{"desk": "", "own": "own"} {
			d.rule(t, &automation.Rule{ID: id, On: automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockFirst, After: hour, Business: true, Calendar: cal}, Do: do(tag("late"))})
		}
		d.rule(t, &automation.Rule{ID: "wall", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, 59*minute)
		d.wants(t, tk.ID)
		d.wait(t, minute)
		d.wants(t, tk.ID, "wall@60")
		d.wait(t, 22*hour+29*minute) // 8:29
		d.wants(t, tk.ID, "wall@60")
		d.wait(t, minute)
		d.wants(t, tk.ID, "wall@60", "desk@1410")
		// The rule's own calendar has 10 minutes a day: they would take until Saturday.
		d.calendar(t, "own", everyDay("00:00", "24:00"))
		d.settle(t)
		d.wants(t, tk.ID, "wall@60", "desk@1410", "own@1410")

		// A queue's calendar comes before the desk's.
		second := d.ask(t) // 8:30
		d.settle(t)
		q := got[*queue.Queue](t)(d.queues.Queue(t.Context(), d.now(t, second.ID).Queue))
		q.Calendar = "own"
		must(t, d.queues.Save(t.Context(), admin, q))
		d.calendar(t, ticket.DeskCalendar, everyDay("01:00", "01:01"))
		d.wait(t, hour)
		if got := d.ran(t, second.ID); !slices.Contains(got, "desk@1470") {
			t.Errorf("by the queue's calendar: ran %v", got)
		}
	})
}

// Rules know a field as soon as it is there.
func TestRulesFollowFields(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		r := &automation.Rule{ID: "r", Name: "r", On: automation.Trigger{Kind: automation.OnTime, Clock: automation.ClockField, Field: "due"}, When: "field.due != nil", Do: do(tag("late"))}
		refuses(t, d.rules.SaveRule(t.Context(), admin, r), "rule.when")
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "due", Name: "Due", Type: ticket.Date}))
		d.rule(t, r)
		tk := d.ask(t, func(n *ticket.New) { n.Fields = map[string]any{"due": "2026-05-05"} })
		d.settle(t)
		d.wait(t, 15*hour)
		d.wants(t, tk.ID, "r@900")
	})
}

func everyDay(from, to string) hours.Week { return hours.Daily(hours.Interval{From: from, To: to}) }

// A clock's rule that asks the host does so when its clock has run out, and again when the
// ticket changes; nothing waits behind it for good.
func TestClocksAskTheHost(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		vip := func(on bool) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.vip = on
		}
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), When: "host.is_vip", Stop: true, Do: do(tag("vip"))})
		d.rule(t, &automation.Rule{ID: "behind", On: after(automation.ClockFirst, hour), When: `"vip" in ticket.tags`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "other", On: when(automation.EventEndUserMessage), Do: do(tag("refund"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, hour)
		d.wants(t, tk.ID)
		d.wait(t, hour)
		d.write(t, tk.ID, "Hello?")
		d.settle(t)
		d.wants(t, tk.ID, "other@120")
		vip(true)
		d.wait(t, hour)
		d.write(t, tk.ID, "Hello?")
		d.settle(t)
		d.wants(t, tk.ID, "other@120", "other@180", "r@180")
		d.wait(t, 100*hour)
		d.wants(t, tk.ID, "other@120", "other@180", "r@180")
	})
}

// A condition that asks whether it is business time is looked at when that begins, and
// when the calendar changes.
func TestConditionsFollowBusinessTime(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.calendar(t, ticket.DeskCalendar, everyDay("07:07", "08:00")) // it is 9:00
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), When: "time.business", Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "not", On: after(automation.ClockFirst, 22*hour+30*minute), When: "not time.business", Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		d.wait(t, hour, 21*hour, 6*minute)
		d.wants(t, tk.ID)
		d.wait(t, minute) // 7:07
		d.wants(t, tk.ID, "r@1327")
		d.wait(t, 52*minute)
		d.wants(t, tk.ID, "r@1327")
		d.wait(t, minute) // 8:00
		d.wants(t, tk.ID, "not@1380", "r@1327")
		other := d.ask(t)
		d.settle(t)
		d.wait(t, 2*hour)
		d.wants(t, other.ID)
		d.calendar(t, ticket.DeskCalendar, everyDay("00:00", "24:00"))
		d.settle(t)
		d.wants(t, other.ID, "r@1500")
	})
}

// What a condition asks of the end user is looked at when the clock runs out.
func TestClocksAskOfTheEndUserThen(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), When: `user.language == "de" and ticket.platform == "webchat"`, Do: do(tag("late"))})
		tk := d.ask(t)
		d.settle(t)
		got[*identity.EndUser](t)(d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve", Language: "de"}))
		d.wait(t, hour)
		d.wants(t, tk.ID, "r@60")
	})
}
