package queue

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Scenario is a staffing plan and a day, or any other time, to try it on.
type Scenario struct {
	Settings  Settings // Order and Default may be left out: the first queue is the default one then
	Queues    []Queue  // best rank first
	Calendars map[string]*hours.Calendar
	Staff     []Staff
	Arrivals  []Arrival // in any order
	// Until is when it ends; what hasn't been dealt with by then is counted as it stands.
	// Zero: when everything has been.
	Until time.Time
}

// Staff is an agent of a scenario.
type Staff struct {
	Worker
	Team   string
	Groups []string
	Shifts []Shift // none: he is always there
}

func (w *Staff) valid() error {
	for _, s := range w.Shifts {
		if !s.From.Before(s.To) {
			return &store.FieldError{Field: "staff.shifts", Reason: "end after they begin"}
		}
	}
	return w.Worker.valid()
}

// Shift is a time in which an agent is available. At its end his tickets go back to
// their queues.
type Shift struct{ From, To time.Time }

// Arrival is a ticket of a scenario.
type Arrival struct {
	Time     time.Time
	Queue    string
	Channel  string
	Language string
	Priority ticket.Priority
	Due      time.Time     // of a service policy; zero: none
	Handling time.Duration // from when an agent gets it until he is done with it
}

// Forecast is what came of a scenario.
type Forecast struct {
	From, To time.Time
	Queues   []QueueForecast // best rank first
	Staff    []StaffForecast // in the order of the scenario
}

// QueueForecast is what came of a queue. Waits are those of the tickets that left it for
// an agent, from when they came into it, on the clock on the wall.
type QueueForecast struct {
	Queue     string
	Arrived   int // also by escalation
	Assigned  int
	Escalated int // to another queue
	Waiting   int // at the end
	Mean      time.Duration
	Median    time.Duration
	P90       time.Duration
	Longest   time.Duration
	// Amber and Red count tickets that waited so long, in the queue's business time, that
	// the queue would have shown that colour for them; assigned or not.
	Amber, Red int
}

// StaffForecast is what came of an agent.
type StaffForecast struct {
	Agent     string
	Available time.Duration
	Handled   int // tickets that he was done with
	// Occupancy is the share of that time in which he had a ticket, and Load the mean of
	// what he carried, as a share of his limit; 0 where he has none.
	Occupancy, Load float64
}

// happening is something of a scenario that comes at its time.
type happening struct {
	at    int64
	order int // among those of one moment: as they were planned
	do    func()
}

// play is a scenario under way.
type play struct {
	s     *Scenario
	b     *board
	plan  pile[happening]
	count int
	last  int64 // when something planned has happened
	cards map[string]*simulated
	lines map[string]*tally
	staff map[string]*shifted
}

// simulated is a ticket of the play.
type simulated struct {
	card
	left    int64    // of its handling
	begun   int64    // when its agent got it
	turn    int      // another agent's end of it is void
	rescued []string // queues to which it was escalated
	entered int64
}

type tally struct {
	QueueForecast
	waits []int64
}

type shifted struct {
	StaffForecast
	post
	held   int   // tickets that he has
	load   int64 // what they weigh
	last   int64 // up to when the sums go
	there  int64 // µs available
	worked int64 // µs with a ticket
	area   float64
}

// Simulate runs the queues' engine on a scenario, with a clock of its own, and says how
// long tickets wait, how many miss the targets of their queues, and how busy agents are.
// Offers are taken as accepted at once. The same scenario gives the same forecast. It
// touches no store. What is wrong with a queue or a setting is a *store.FieldError.
func Simulate(s Scenario) (*Forecast, error) {
	p := &play{s: &s, cards: map[string]*simulated{}, lines: map[string]*tally{}, staff: map[string]*shifted{}}
	p.plan.less = func(x, y *happening) bool { return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.order, y.order)) < 0 }
	if err := p.open(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	from, until := p.schedule()
	end := p.run(until)
	return p.forecast(from, end), nil
}

// open sets up the board.
func (p *play) open() error {
	set := p.s.Settings
	if err := set.valid(); err != nil {
		return err
	}
	if len(p.s.Queues) == 0 {
		return &store.FieldError{Field: "queues", Reason: "are missing"}
	}
	rungs := make([]rung, len(p.s.Queues))
	for i := range p.s.Queues {
		q := p.s.Queues[i]
		if err := q.valid(); err != nil {
			return err
		}
		if p.lines[q.ID] != nil {
			return &store.FieldError{Field: "queues", Reason: "have an id each, once"}
		}
		if q.Calendar != "" && p.s.Calendars[q.Calendar] == nil {
			return &store.FieldError{Field: "calendars", Reason: "there is no calendar " + q.Calendar}
		}
		q.Offer = 0
		rungs[i] = rung{&q, p.s.Calendars[q.Calendar]}
		p.lines[q.ID] = &tally{QueueForecast: QueueForecast{Queue: q.ID}}
	}
	for i := range p.s.Staff {
		w := &p.s.Staff[i]
		if err := w.valid(); err != nil {
			return err
		}
		if slices.ContainsFunc(p.s.Staff[:i], func(o Staff) bool { return o.Agent == w.Agent }) {
			return &store.FieldError{Field: "staff", Reason: "have an agent each, once"}
		}
	}
	set.Inactivity = 0 // agents do what the scenario says
	if set.Default = cmp.Or(set.Default, p.s.Queues[0].ID); p.lines[set.Default] == nil {
		return &store.FieldError{Field: "settings.default", Reason: "there is no queue " + set.Default}
	}
	p.b = newBoard(p.s.start())
	p.b.configure(&set, rungs)
	return nil
}

// start is when the first thing happens.
func (s *Scenario) start() (start int64) {
	earlier := func(t time.Time) {
		if at := t.UnixMicro(); start == 0 || at < start {
			start = at
		}
	}
	for i := range s.Arrivals {
		earlier(s.Arrivals[i].Time)
	}
	for i := range s.Staff {
		for _, shift := range s.Staff[i].Shifts {
			earlier(shift.From)
		}
	}
	return start
}

// schedule plans what the scenario says will happen.
func (p *play) schedule() (from, until int64) {
	from = p.b.now
	for i := range p.s.Staff {
		w := &p.s.Staff[i]
		a := &shifted{StaffForecast: StaffForecast{Agent: w.Agent}, post: post{id: w.Agent, groups: w.Groups, skills: w.Skills, limit: p.b.set.limit(&w.Worker, w.Team), weight: w.Weight}}
		p.staff[w.Agent] = a
		if len(w.Shifts) == 0 {
			p.at(from, func() { p.comes(a) })
		}
		for _, s := range together(w.Shifts) {
			p.at(s.From.UnixMicro(), func() { p.comes(a) })
			p.at(s.To.UnixMicro(), func() { p.goes(a) })
		}
	}
	for i := range p.s.Arrivals {
		a := &p.s.Arrivals[i]
		p.at(a.Time.UnixMicro(), func() { p.arrives(i, a) })
	}
	if !p.s.Until.IsZero() {
		until = p.s.Until.UnixMicro()
	}
	return from, until
}

// together joins shifts that touch or overlap.
func together(shifts []Shift) (all []Shift) {
	sorted := slices.SortedFunc(slices.Values(shifts), func(a, b Shift) int { return a.From.Compare(b.From) })
	for _, s := range sorted {
		if n := len(all); n > 0 && !s.From.After(all[n-1].To) {
			if s.To.After(all[n-1].To) {
				all[n-1].To = s.To
			}
			continue
		}
		all = append(all, s)
	}
	return all
}

func (p *play) at(moment int64, do func()) {
	p.count++
	p.plan.push(happening{max(moment, p.b.now), p.count, do})
}

// first is at, before whatever else comes at that moment: who is done when his shift
// ends is done.
func (p *play) first(moment int64, do func()) {
	p.count++
	p.plan.push(happening{max(moment, p.b.now), p.count - math.MaxInt32, do})
}

// patience is for how long after the last thing that was planned a play without an end
// waits for a queue to open, or for an escalation.
const patience = 31 * 24 * time.Hour

// run plays until nothing is planned any more, or the end.
func (p *play) run(until int64) int64 {
	for {
		next := p.b.nextMoment()
		if len(p.plan.items) == 0 && (next == 0 || until == 0 && !p.anybody()) {
			return max(p.b.now, until)
		}
		if len(p.plan.items) > 0 && (next == 0 || p.plan.items[0].at <= next) {
			next = p.plan.items[0].at
		}
		if until == 0 && len(p.plan.items) == 0 && next > p.last+patience.Microseconds() {
			return p.b.now
		}
		if until > 0 && next > until {
			p.b.advance(until)
			return until
		}
		p.b.advance(next)
		for len(p.plan.items) > 0 && p.plan.items[0].at <= p.b.now {
			p.plan.pop().do()
			p.last = p.b.now
		}
		p.escalates()
		for _, d := range p.b.settle(decisionsAtOnce) {
			p.begins(d)
		}
		for !p.b.settled() {
			for _, d := range p.b.settle(decisionsAtOnce) {
				p.begins(d)
			}
		}
	}
}

// anybody says whether waiting on may change something: somebody is there, or a ticket
// may be escalated to where somebody is.
func (p *play) anybody() bool {
	for _, a := range p.staff {
		if a.available {
			return len(p.cards) > 0
		}
	}
	return false
}

func (p *play) arrives(i int, a *Arrival) {
	l := p.b.lineOf(a.Queue)
	now := p.b.now
	c := &simulated{left: max(a.Handling.Microseconds(), 0), entered: now}
	t := &ticket.Ticket{Language: a.Language, Priority: a.Priority}
	c.card = card{id: fmt.Sprintf("%09d", i), queue: l.q.ID, weight: p.b.set.weight(a.Channel), priority: -int64(urgent(t)), since: now, joined: now, waits: true, asks: l.q.asks(t)}
	if !a.Due.IsZero() {
		c.due = a.Due.UnixMicro()
	}
	p.cards[c.id] = c
	p.lines[c.queue].Arrived++
	p.b.put(c.card)
}

// begins is an agent's getting a ticket.
func (p *play) begins(d decision) {
	c, a, now := p.cards[d.card.id], p.staff[d.seat.id], p.b.now
	l := p.lines[c.queue]
	l.Assigned++
	l.waits = append(l.waits, now-c.entered)
	p.misses(c)
	p.passes(a, 1, c.weight)
	c.card.agent, c.waits, c.begun = a.id, false, now
	c.turn++
	turn := c.turn
	p.first(now+c.left, func() {
		if c.turn == turn {
			p.ends(c, a)
		}
	})
}

// ends is an agent's being done with a ticket.
func (p *play) ends(c *simulated, a *shifted) {
	a.Handled++
	p.passes(a, -1, -c.weight)
	delete(p.cards, c.id)
	p.b.put(card{id: c.id})
	p.b.worked(a.id, p.b.now)
}

func (p *play) comes(a *shifted) {
	p.passes(a, 0, 0)
	a.available, a.post.since = true, p.b.now
	p.b.post(a.post)
}

// goes is the end of a shift: what he has goes back.
func (p *play) goes(a *shifted) {
	p.passes(a, -a.held, -a.load)
	a.available = false
	p.b.post(a.post)
	for _, id := range p.with(a) {
		c := p.cards[id]
		c.turn++
		c.left -= p.b.now - c.begun
		c.card.agent, c.waits, c.joined, c.entered = "", true, p.b.now, p.b.now
		p.lines[c.queue].Arrived++
		p.b.put(c.card)
	}
}

func (p *play) with(a *shifted) (ids []string) {
	for id, c := range p.cards {
		if c.agent == a.id {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// escalates moves the tickets that have waited for too long.
func (p *play) escalates() {
	duties := p.b.duties
	p.b.duties = nil
	for _, d := range duties {
		if d.kind != escalate || d.row.lane == nil {
			continue
		}
		c, from := p.cards[d.row.id], d.row.line
		p.misses(c)
		p.lines[c.queue].Escalated++
		to := p.b.lineOf(from.q.Escalate.To)
		c.rescued = append(c.rescued, to.q.ID)
		c.queue, c.joined, c.entered = to.q.ID, p.b.now, p.b.now
		c.escalated = slices.Contains(c.rescued, to.q.Escalate.To)
		p.lines[c.queue].Arrived++
		p.b.put(c.card)
	}
}

// misses counts a ticket that leaves its queue after that showed a colour for it.
func (p *play) misses(c *simulated) {
	l := p.b.lineOf(c.queue)
	waited := l.calendar.Elapsed(time.UnixMicro(c.entered), time.UnixMicro(p.b.now))
	if l.q.Amber > 0 && waited >= l.q.Amber {
		p.lines[c.queue].Amber++
	}
	if l.q.Red > 0 && waited >= l.q.Red {
		p.lines[c.queue].Red++
	}
}

// passes adds up how busy an agent was up to now, and then changes what he has.
func (p *play) passes(a *shifted, held int, load int64) {
	now := p.b.now
	if a.available {
		span := now - a.last
		a.there += span
		if a.held > 0 {
			a.worked += span
		}
		if a.limit < noLimit && a.limit > 0 {
			a.area += float64(span) * float64(a.load) / float64(a.limit)
		}
	}
	a.last, a.held, a.load = now, a.held+held, a.load+load
}

func (p *play) forecast(from, to int64) *Forecast {
	f := &Forecast{From: time.UnixMicro(from).UTC(), To: time.UnixMicro(to).UTC()}
	for _, c := range p.cards {
		if c.waits {
			p.lines[c.queue].Waiting++
			p.misses(c)
		}
	}
	for i := range p.s.Queues {
		l := p.lines[p.s.Queues[i].ID]
		l.sum()
		f.Queues = append(f.Queues, l.QueueForecast)
	}
	for i := range p.s.Staff {
		a := p.staff[p.s.Staff[i].Agent]
		p.passes(a, 0, 0)
		a.Available = time.Duration(a.there) * time.Microsecond
		if a.there > 0 {
			a.Occupancy, a.Load = float64(a.worked)/float64(a.there), a.area/float64(a.there)
		}
		f.Staff = append(f.Staff, a.StaffForecast)
	}
	return f
}

func (l *tally) sum() {
	if len(l.waits) == 0 {
		return
	}
	slices.Sort(l.waits)
	at := func(share float64) time.Duration {
		return time.Duration(l.waits[min(int(share*float64(len(l.waits))), len(l.waits)-1)]) * time.Microsecond
	}
	total := int64(0)
	for _, w := range l.waits {
		total += w
	}
	l.Mean = time.Duration(total/int64(len(l.waits))) * time.Microsecond
	l.Median, l.P90, l.Longest = at(0.5), at(0.9), at(1)
}
