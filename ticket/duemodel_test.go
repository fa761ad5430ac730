package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// minuteModel is what SPEC 1.6 and 3.2 make of a ticket's targets, by counting minutes one
// after the other.
type minuteModel struct {
	model
	d        *desk
	id       string
	human    bool // an agent has answered
	snoozed  bool
	urgent   bool
	minutes  []minuteState // from creation to now
	policies []ticket.Policy
	hours    map[string]*hours.Calendar
	breached map[string]time.Time // by clock
	warned   map[string]bool
	said     []string
}

// minuteState is how the ticket stood in one minute.
type minuteState struct{ closed, bot, snoozed bool }

func (m *minuteModel) now() time.Time { return start.Add(time.Duration(len(m.minutes)) * minute) }

func (m *minuteModel) state() minuteState {
	return minuteState{!m.open(), m.bot(), m.snoozed}
}

// runs says whether a clock ran in a minute.
func (s minuteState) runs(what ticket.Target) bool {
	return !s.closed && !s.snoozed && (!s.bot || what == ticket.TargetResolution)
}

// since is from when a clock counts, zero if it doesn't.
func (m *minuteModel) since(what ticket.Target) time.Time {
	switch {
	case !m.open(), what == ticket.TargetFirst && m.human:
		return time.Time{}
	case what != ticket.TargetNext:
		return start
	case !m.human && m.Reopened == 0:
		return time.Time{}
	case m.bot():
		return m.held
	}
	return m.Wait
}

// policy is the one that counts, with its calendar.
func (m *minuteModel) policy() (*ticket.Policy, *hours.Calendar) {
	for i := range m.policies {
		if p := &m.policies[i]; !p.Off && (p.When == "" || m.urgent) {
			c := m.hours[p.Calendar]
			if c == nil {
				c = m.hours[ticket.DeskCalendar]
			}
			return p, c
		}
	}
	return nil, nil
}

// counted is a clock as the model sees it.
type counted struct {
	What      ticket.Target
	Due       string // moment, or how much is left
	key       string
	goal, ran time.Duration
	reached   time.Time
	risk      bool
}

// clocks counts all clocks up to now.
func (m *minuteModel) clocks() (all []counted) {
	p, c := m.policy()
	if p == nil {
		return nil
	}
	goals := map[ticket.Target]time.Duration{ticket.TargetFirst: p.First, ticket.TargetNext: p.Next, ticket.TargetResolution: p.Resolution}
	for _, what := range ticket.Targets() {
		since := m.since(what)
		if goals[what] == 0 || since.IsZero() {
			continue
		}
		k := counted{What: what, goal: goals[what], key: fmt.Sprint(what, since.UnixMicro())}
		for i := int(since.Sub(start) / minute); i < len(m.minutes) && k.ran < k.goal; i++ {
			if at := start.Add(time.Duration(i) * minute); m.minutes[i].runs(what) && c.IsOpen(at) {
				if k.ran += minute; k.ran == k.goal {
					k.reached = at.Add(minute)
				}
			}
		}
		k.risk = p.AtRisk < 100 && k.ran >= k.goal/100*time.Duration(p.AtRisk)
		all = append(all, k)
	}
	return all
}

// ahead fills in when clocks will be due.
func (m *minuteModel) ahead(all []counted) {
	_, c := m.policy()
	for i := range all {
		k := &all[i]
		switch at := m.now(); {
		case !m.breached[k.key].IsZero():
			k.Due = m.breached[k.key].Sub(start).String()
		case !k.reached.IsZero():
			k.Due = k.reached.Sub(start).String()
		case !m.state().runs(k.What):
			k.Due = "left " + (k.goal - k.ran).String()
		default:
			for ran := k.ran; ran < k.goal; at = at.Add(minute) {
				if c.IsOpen(at) {
					ran += minute
				}
			}
			k.Due = at.Sub(start).String()
		}
	}
}

// look says what is to be said of the clocks by now.
func (m *minuteModel) look() {
	for _, k := range m.clocks() {
		switch {
		case !m.breached[k.key].IsZero():
		case !k.reached.IsZero():
			m.breached[k.key] = k.reached
			m.said = append(m.said, "breached "+string(k.What))
		case k.risk && !m.warned[k.key]:
			m.warned[k.key] = true
			m.said = append(m.said, "at risk "+string(k.What))
		}
	}
}

// pass lets so many minutes go by.
func (m *minuteModel) pass(n int, awake bool, t *testing.T) {
	for range n {
		m.minutes = append(m.minutes, m.state())
		m.look()
		m.d.clock.forward(minute)
		if awake {
			m.d.step(t)
		}
	}
}

// act does one act on both sides.
func (m *minuteModel) act(t *testing.T, rt *rapid.T, name string) {
	ctx := t.Context()
	before, was := m.clocks(), m.model
	var err error
	ok := true
	switch name {
	case "snooze":
		_, err = m.d.tickets.Snooze(ctx, ann, m.id, m.d.clock.now().Add(1000*hour), "")
		if ok = m.open(); ok {
			m.snoozed = true
		}
	case "wake":
		_, err = m.d.tickets.Wake(ctx, ann, m.id)
		m.snoozed = false
	case "urgent":
		m.urgent = !m.urgent
		p := ticket.None
		if m.urgent {
			p = ticket.Urgent
		}
		_, err = m.d.tickets.Edit(ctx, ann, m.id, ticket.Edit{Priority: &p})
	case "policy":
		p := rapid.SampledFrom([]*ticket.Policy{&m.policies[0], &m.policies[1]}).Draw(rt, "policy")
		drawPolicy(rt, p)
		must(t, m.d.tickets.SavePolicy(ctx, admin, p))
	case "calendar":
		m.saveCalendar(t, rt, rapid.SampledFrom([]string{ticket.DeskCalendar, "shop"}).Draw(rt, "calendar"))
	default:
		if ok = m.do(name, m.now()); !ok {
			m.model = was
		}
		err = m.d.attempt(t, name, m.id)
		m.snoozed = m.snoozed && m.open() && (name != "write" || !ok)
	}
	if ok != (err == nil) {
		rt.Fatalf("%s: error %v, the model takes it: %v", name, err, ok)
	}
	m.ended(name, ok && was.Status != m.Status || strings.Contains(name, "reply") || name == "ann says", before, was)
	m.look()
}

// ended says which of the clocks an act has ended, and how.
func (m *minuteModel) ended(name string, ok bool, before []counted, was model) {
	answers := slices.Contains([]string{"reply", "reply!", "ann says"}, name) && was.Status != ticket.StatusRejected
	m.human = m.human || answers
	for _, k := range before {
		if !answers && name != "resolve" || answers == (k.What == ticket.TargetResolution) || !ok {
			continue
		}
		if m.breached[k.key].IsZero() {
			m.said = append(m.said, "met "+string(k.What))
		} else {
			m.said = append(m.said, "late "+string(k.What))
		}
	}
}

func (m *minuteModel) saveCalendar(t *testing.T, rt *rapid.T, id string) {
	plan := hours.Plan{Zone: rapid.SampledFrom([]string{"", "Europe/Berlin", "Asia/Kathmandu"}).Draw(rt, "zone")}
	plan.Week = rapid.SampledFrom([]hours.Week{
		hours.Daily(hours.Interval{From: "00:00", To: "24:00"}),
		hours.Weekdays(hours.Interval{From: "09:30", To: "12:10"}, hours.Interval{From: "13:00", To: "18:00"}),
		hours.Daily(hours.Interval{From: "22:00", To: "10:15"}),
	}).Draw(rt, "week")
	if rapid.Bool().Draw(rt, "holiday") {
		plan.Holidays = []hours.Holiday{{Date: "05-05"}}
	}
	c := &ticket.Calendar{ID: id, Name: id}
	if old, err := m.d.tickets.Calendar(t.Context(), id); err == nil {
		c = old
	}
	c.Hours = plan
	must(t, m.d.tickets.SaveCalendar(t.Context(), admin, c))
	made, err := hours.New(plan)
	must(t, err)
	m.hours[id] = made
}

func drawPolicy(rt *rapid.T, p *ticket.Policy) {
	goal := func(name string) time.Duration {
		return 10 * minute * time.Duration(rapid.IntRange(0, 20).Draw(rt, name))
	}
	p.First, p.Next, p.Resolution = goal("first"), goal("next"), goal("resolution")+10*minute
	p.AtRisk = rapid.SampledFrom([]int{10, 50, 90, 100}).Draw(rt, "at risk")
	p.Calendar = rapid.SampledFrom([]string{"", "shop"}).Draw(rt, "of")
	p.Off = rapid.IntRange(0, 5).Draw(rt, "off") == 0
}

// compare finds what the desk and the model see differently.
func (m *minuteModel) compare(t *testing.T, rt *rapid.T, awake bool, act string) {
	want := m.clocks()
	m.ahead(want)
	tk := m.d.get(t, m.id)
	due := kept{}
	for _, k := range want {
		due[k.What] = k.Due
	}
	if diff := cmp.Diff(due, dues(tk)); diff != "" {
		rt.Fatalf("%v, after %s: %s\npauses %+v", m.now().Sub(start), act, diff, tk.Pauses)
	}
	got := m.d.said(t, m.id)
	said := slices.Sorted(slices.Values(m.said))
	if !awake { // what was at risk when nobody looked isn't said
		quiet := func(s string) bool { return strings.HasPrefix(s, "at risk") }
		got, said = slices.DeleteFunc(got, quiet), slices.DeleteFunc(said, quiet)
	}
	if slices.Sort(got); !slices.Equal(got, said) {
		rt.Fatalf("%v, after %s: said %q, want %q", m.now().Sub(start), act, got, said)
	}
	if what, at, state := tk.Due(m.now()); awake && tk.Service != nil && state != tk.Service.State {
		rt.Fatalf("%v, after %s: %s at %v is %s, and the ticket says %s", m.now().Sub(start), act, what, at, state, tk.Service.State)
	}
}

// Whatever happens to a ticket, to policies and calendars: due moments, and what is said
// of them, are those that counting minutes gives.
func TestDueMomentsAreThoseOfCountingMinutes(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		names := []string{"write", "write", "write", "reply", "ann says", "reply!", "bot says", "rule", "assign", "bot", "bot", "unassign", "unassign", "group",
			"resolve", "resolve", "reject", "reopen", "reopen", "snooze", "snooze", "wake", "urgent", "policy", "policy", "calendar", "note"}
		d.policy(t, ticket.ReopenPolicy{Window: -1, To: ticket.ToLastAgent})
		policies := []ticket.Policy{{ID: "urgent", Name: "Urgent", When: `ticket.priority == "urgent"`, First: hour}, {ID: "rest", Name: "Rest", First: hour}}
		for i := range policies {
			must(t, d.tickets.SavePolicy(t.Context(), admin, &policies[i]))
		}
		cases := 0
		rapid.Check(t, func(rt *rapid.T) {
			if cases++; cases > 25 && !strings.HasSuffix(t.Name(), "memory") {
				return // the rest would say nothing that memory doesn't
			}
			d.clock.mu.Lock()
			d.clock.at = start
			d.clock.mu.Unlock()
			m := &minuteModel{d: d, policies: policies, hours: map[string]*hours.Calendar{}, breached: map[string]time.Time{}, warned: map[string]bool{}}
			m.saveCalendar(t, rt, ticket.DeskCalendar)
			m.saveCalendar(t, rt, "shop")
			for i := range m.policies {
				drawPolicy(rt, &m.policies[i])
				must(t, d.tickets.SavePolicy(t.Context(), admin, &m.policies[i]))
			}
			d.step(t)
			awake := !d.db.Shared() && rapid.Bool().Draw(rt, "awake")
			m.do("ask", m.now())
			m.id = d.ask(t).ID
			m.look()
			for _, act := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 15).Draw(rt, "acts") {
				m.pass(rapid.SampledFrom([]int{0, 1, 7, 10, 30, 60}).Draw(rt, "minutes"), awake, t)
				if awake || act == "policy" || act == "calendar" {
					d.step(t)
				}
				m.act(t, rt, act)
				d.step(t)
				m.compare(t, rt, awake, act)
			}
			_, err := d.tickets.Reject(t.Context(), host, m.id) // so that it is out of the way
			must(t, err)
		})
	})
}
