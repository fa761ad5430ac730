package automation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
)

// minutes is what SPEC 3.2 makes of the clocks of one ticket, by counting minutes one after
// the other.
type minutes struct {
	d      *desk
	id     string
	base   time.Time
	rules  []*automation.Rule
	cal    *hours.Calendar
	states []minuteState // of each minute since base

	human, userSpoke               bool
	reopened                       int
	wait, held                     time.Time // the end user's
	silent, touched, queued, dated time.Time
	queue                          string
	fired                          map[string]bool // rule and epoch
}

type minuteState struct{ closed, asleep, bot bool }

func (m *minutes) now() time.Time { return m.d.clock.now() }

// runs says whether a clock ran in a minute.
func (s minuteState) runs(c automation.Clock) bool {
	bots := c == automation.ClockFirst || c == automation.ClockNext
	return !s.closed && !s.asleep && (!s.bot || !bots)
}

func (m *minutes) state(t *testing.T) minuteState {
	tk := m.d.now(t, m.id)
	if tk.Queue != m.queue {
		m.queue, m.queued = tk.Queue, m.now()
	}
	return minuteState{!tk.Status.Open(), tk.Snoozed != nil, tk.BotHasIt()}
}

// epoch is from when a clock counts.
func (m *minutes) epoch(c automation.Clock, s minuteState) time.Time {
	switch c {
	case automation.ClockFirst:
		if !m.human {
			return m.base
		}
	case automation.ClockNext:
		switch {
		case !m.human && m.reopened == 0:
		case s.bot:
			return m.held
		default:
			return m.wait
		}
	case automation.ClockSilent:
		return m.silent
	case automation.ClockUnchanged:
		return m.touched
	case automation.ClockQueue:
		return m.queued
	case automation.ClockField:
		return m.dated
	}
	return time.Time{}
}

// look notes which rules have to have fired by now.
func (m *minutes) look(t *testing.T) {
	s := m.state(t)
	for _, r := range m.rules {
		epoch := m.epoch(r.On.Clock, s)
		if epoch.IsZero() || s.closed {
			continue
		}
		due := false
		if r.On.Clock == automation.ClockField {
			at := epoch.Add(r.On.After)
			due = !m.now().Before(at) && !at.Before(r.Since)
		} else {
			ran := time.Duration(0)
			for i := int(epoch.Sub(m.base) / minute); i < len(m.states); i++ {
				if m.states[i].runs(r.On.Clock) && (!r.On.Business || m.cal.IsOpen(m.base.Add(time.Duration(i)*minute))) {
					ran += minute
				}
			}
			due = ran >= r.On.After
		}
		if due {
			m.fired[fmt.Sprintf("%s epoch/%s/%d", r.ID, r.On.Clock, epoch.UnixMicro())] = true
		}
	}
}

// pass lets minutes go by. Only if awake the desk looks at each of them.
func (m *minutes) pass(t *testing.T, n int, awake bool) {
	for range n {
		m.states = append(m.states, m.state(t))
		m.d.clock.forward(minute)
		m.look(t)
		if awake {
			m.d.settle(t)
		}
	}
	m.d.settle(t)
}

// act does one act on both sides.
func (m *minutes) act(t *testing.T, rt *rapid.T, name string) {
	ctx, now := t.Context(), m.now()
	was := m.state(t)
	var err error
	person := false
	switch name {
	case "write":
		tk := m.d.now(t, m.id)
		_, err = m.d.tickets.Write(ctx, ticket.Inbound{EndUser: m.d.eve, Ticket: m.id, Draft: ticket.Draft{Text: "Hello?"}})
		if person = true; !tk.Status.Open() {
			m.reopened++
			m.wait, m.held = time.Time{}, time.Time{}
		}
		m.silent, m.userSpoke = time.Time{}, true
		if m.wait.IsZero() && !m.state(t).bot {
			m.wait = now
		}
	case "ann":
		_, _, err = m.d.tickets.Reply(ctx, ann, m.id, ticket.Draft{Text: "Soon."})
		person, m.human, m.userSpoke = true, true, false
		m.silent, m.wait, m.held = now, time.Time{}, time.Time{}
	case "bot":
		_, _, err = m.d.tickets.Reply(ctx, bot, m.id, ticket.Draft{Text: "Beep."})
		m.silent = now
	case "rule":
		_, _, err = m.d.tickets.Reply(ctx, otherRule, m.id, ticket.Draft{Text: "Please wait."})
		if m.silent.IsZero() {
			m.silent = now
		}
	case "note":
		_, _, err = m.d.tickets.Note(ctx, ann, m.id, ticket.Draft{Text: "Hm."})
		person = true
	case "read":
		_, err = m.d.tickets.MarkRead(ctx, ann, m.id, 1000)
	case "to bot":
		if was.closed {
			return
		}
		_, err = m.d.tickets.AssignBot(ctx, host, m.id, "greeter")
		if !m.wait.IsZero() {
			m.held, m.wait = m.wait, time.Time{}
		}
	case "hand off":
		if was.closed || !was.bot {
			return
		}
		_, err = m.d.tickets.Unassign(ctx, host, m.id)
		if !m.held.IsZero() {
			m.wait = m.held
		} else if m.userSpoke && m.wait.IsZero() {
			m.wait = now
		}
		m.held = time.Time{}
	case "snooze":
		if was.closed {
			return
		}
		_, err = m.d.tickets.Snooze(ctx, ann, m.id, now.Add(1000*hour), "")
		person = true
	case "wake":
		if person = was.asleep; was.closed {
			return
		}
		_, err = m.d.tickets.Wake(ctx, ann, m.id)
	case "resolve":
		if was.closed {
			return
		}
		_, err = m.d.tickets.Resolve(ctx, host, m.id)
		if !m.wait.IsZero() {
			m.held, m.wait = m.wait, time.Time{}
		}
	case "reopen":
		if !was.closed {
			return
		}
		_, err = m.d.tickets.Reopen(ctx, ann, m.id)
		person = true
		m.reopened++
		if m.userSpoke && !was.bot {
			if m.wait = m.held; m.wait.IsZero() {
				m.wait = now
			}
			m.held = time.Time{}
		}
	case "move":
		if was.closed {
			return
		}
		_, err = m.d.tickets.AssignQueue(ctx, host, m.id, rapid.SampledFrom([]string{"billing", "vips"}).Draw(rt, "queue"))
		if was.bot { // it hands off by this
			if m.wait = m.held; m.wait.IsZero() && m.userSpoke {
				m.wait = now
			}
			m.held = time.Time{}
		}
	case "date":
		day := rapid.SampledFrom([]int{-1, 0, 1}).Draw(rt, "day")
		m.dated = m.base.Truncate(24*hour).AddDate(0, 0, day)
		_, err = m.d.tickets.Edit(ctx, host, m.id, ticket.Edit{Fields: map[string]any{"renewal": m.dated.Format(time.DateOnly)}})
	}
	if err != nil {
		rt.Fatalf("%s: %v", name, err)
	}
	if person {
		m.touched = now
	}
	m.d.settle(t)
	m.look(t)
	m.d.settle(t)
}

func (m *minutes) compare(t *testing.T, rt *rapid.T, after string) {
	var got, want []string
	page, _, err := m.d.rules.RunsOf(t.Context(), admin, m.id, "", 200)
	must(t, err)
	for _, r := range page {
		got = append(got, r.Rule+" "+r.Cause)
	}
	for key := range m.fired {
		want = append(want, key)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		tk := m.d.now(t, m.id)
		rt.Fatalf("%v, after %s: fired\n%s\nwant\n%s\n%+v %+v", m.now().Sub(m.base), after, strings.Join(got, "\n"), strings.Join(want, "\n"), tk.Pauses, tk.Times)
	}
}

// Whatever happens to a ticket: its clocks run out when counting minutes says so, and each
// rule fires once per epoch.
func TestClocksAreThoseOfCountingMinutes(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		acts := []string{"write", "write", "write", "ann", "ann", "bot", "rule", "rule", "note", "read", "to bot", "hand off", "hand off", "snooze", "wake", "wake", "resolve", "reopen", "reopen", "move", "date"}
		plan := hours.Plan{Week: hours.Daily(hours.Interval{From: "08:00", To: "10:20"}, hours.Interval{From: "11:00", To: "13:07"}, hours.Interval{From: "22:00", To: "02:00"})}
		cal, err := hours.New(plan)
		must(t, err)
		d.calendar(t, ticket.DeskCalendar, plan.Week)
		cases, most := 0, fewer(100)
		if !strings.HasSuffix(t.Name(), "memory") {
			most = fewer(10) // more would say nothing that memory doesn't
		}
		check(t, most, func(rt *rapid.T) {
			cases++
			d.clock.forward(d.clock.now().Truncate(24 * hour).Add(33 * hour).Sub(d.clock.now())) // it is 9:00
			m := &minutes{d: d, cal: cal, fired: map[string]bool{}, userSpoke: true}
			for _, c := range automation.Clocks()[:6] {
				on := automation.Trigger{Kind: automation.OnTime, Clock: c, After: time.Duration(rapid.IntRange(1, 20).Draw(rt, string(c))) * 10 * minute}
				if c == automation.ClockField {
					on.Field, on.After = "renewal", rapid.SampledFrom([]time.Duration{-14 * hour, -30 * minute, 10 * hour}).Draw(rt, "after")
				} else {
					on.Business = rapid.Bool().Draw(rt, "business")
				}
				m.rules = append(m.rules, d.rule(t, &automation.Rule{ID: fmt.Sprintf("%s-%d", c, cases), On: on, Do: do(tag("late"))}))
			}
			awake := !d.db.Shared() && rapid.Bool().Draw(rt, "awake")
			m.base = d.clock.now()
			m.wait, m.touched, m.queued = m.base, m.base, m.base
			m.id = d.ask(t).ID
			d.settle(t)
			m.queue = d.now(t, m.id).Queue
			done := "creation"
			for _, act := range rapid.SliceOfN(rapid.SampledFrom(acts), 1, 15).Draw(rt, "acts") {
				m.pass(t, rapid.SampledFrom([]int{0, 1, 7, 10, 30, 60, 100}).Draw(rt, "minutes"), awake)
				m.compare(t, rt, done)
				m.act(t, rt, act)
				done = act
				m.compare(t, rt, done)
			}
			m.pass(t, 60, awake)
			m.compare(t, rt, done)
			_, err := d.tickets.Reject(t.Context(), host, m.id) // so that it is out of the way
			must(t, err)
			for _, r := range m.rules {
				must(t, d.rules.DeleteRule(t.Context(), admin, r))
			}
			d.settle(t)
		})
	})
}
