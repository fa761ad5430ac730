package queue

import (
	"cmp"
	"math"
	"slices"

	"github.com/frontdesk-go/frontdesk/hours"
)

// board is what the assigner keeps in memory: queues, agents, and the tickets that wait
// or that somebody has. It decides who gets what; nothing here reads a store or a clock.
// All times are µs since 1970, all loads thousandths.
type board struct {
	now      int64
	set      *Settings
	talents  *talents
	lines    map[string]*line
	ranked   []*line
	fallback *line // the default queue's
	crews    map[string]*crew
	everyone *crew // of queues without groups; nil if there is none
	seats    map[string]*seat
	rows     *index
	weights  []int64 // what tickets may weigh, in order
	using    [strategies]bool

	todo    pile[errand]
	dirty   []*seat // whose errands have to be found
	decided []decision
	timers  pile[timer] // of tickets
	marks   pile[mark]  // of queues and agents
	count   int64       // of tickets that were given
	pass    float64     // of the agent who was given the last one
	duties  []duty
}

// card is what the board has to know of a ticket.
type card struct {
	id, queue, group string
	agent            string // who has it, or is offered it
	last             string // the end user's last agent
	asks             []string
	weight           int64 // what it counts, or will
	load             int64 // what it counts with the agent who has it
	priority         int64 // 0 comes first
	due              int64 // 0: no due moment
	since            int64 // of the wait
	joined           int64 // when it began to wait in its queue
	until            int64 // of the offer; 0: it isn't offered
	declined         []refusal
	waits            bool // in the backlog
	escalated        bool // from this queue, in this wait
}

// refusal is an agent who isn't offered a ticket for a time, because he didn't take it.
type refusal struct {
	agent string
	until int64
}

func (c *card) same(o *card) bool {
	return c.id == o.id && c.queue == o.queue && c.group == o.group && c.agent == o.agent && c.last == o.last && c.weight == o.weight &&
		c.load == o.load && c.priority == o.priority && c.due == o.due && c.since == o.since && c.joined == o.joined && c.waits == o.waits &&
		c.until == o.until && c.escalated == o.escalated && slices.Equal(c.asks, o.asks) && slices.Equal(c.declined, o.declined)
}

// row is a ticket on the board: in a lane, or with an agent.
type row struct {
	next    *row   // of the index
	hash    uint64 // of the id
	line    *line
	lane    *lane // nil: somebody has it
	seat    *seat // who has it, or is offered it
	gen     int32 // timers and slots of an earlier one are void
	owed    bool  // a duty of it waits to be done
	card          // what is above and its id share a line of the processor's cache
	fan     *seat // the last agent, for whom it may wait
	carried int64 // what it counts with who has it
}

// rung is a setting of the board: a queue with its calendar.
type rung struct {
	queue    *Queue
	calendar *hours.Calendar
}

func newBoard(now int64) *board {
	b := &board{now: now, set: &Settings{}, talents: newTalents(), crews: map[string]*crew{}, seats: map[string]*seat{}, rows: indexFor(0)}
	b.todo.less = (*errand).before
	b.timers.less = func(x, y *timer) bool { return x.at < y.at }
	b.marks.less = func(x, y *mark) bool { return x.at < y.at }
	b.configure(&Settings{}, nil)
	return b
}

// configure sets the board up anew with these queues, in order of rank. What is on it
// stays.
func (b *board) configure(set *Settings, rungs []rung) {
	for _, a := range b.seats {
		b.withdraw(a)
		a.load, a.loads, a.held, a.own, a.crews, a.serves, a.dirty, a.watched = 0, nil, 0, nil, nil, nil, false, false
		clear(a.fans)
		clear(a.offers)
	}
	b.set, b.lines, b.ranked, b.crews, b.everyone = set, map[string]*line{}, nil, map[string]*crew{}, nil
	b.todo.items, b.dirty, b.timers.items, b.marks.items, b.duties = nil, nil, nil, nil, nil
	b.using = [strategies]bool{longestIdle: true}
	b.weights = []int64{unit}
	for _, w := range set.Weights {
		b.weights = append(b.weights, inUnits(w.Weight))
	}
	slices.Sort(b.weights)
	b.weights = slices.Compact(b.weights)
	b.fallback = &line{q: &Queue{}, rank: math.MaxInt, byKey: map[laneKey]*lane{}}
	for _, g := range rungs {
		b.addLine(g)
	}
	for _, a := range b.seats {
		b.join(a)
		b.enter(a)
	}
	for _, r := range b.inOrder(func(*row) bool { return true }) {
		r.lane, r.seat, r.fan, r.carried, r.owed = nil, nil, nil, 0, false // it lay on a board that is gone
		r.gen++
		b.place(r, true)
	}
	for _, l := range append(slices.Clone(b.ranked), b.fallback) {
		l.sort()
	}
	b.timers.sort()
	b.freeAll()
}

func (b *board) addLine(g rung) {
	l := &line{q: g.queue, rank: len(b.ranked), calendar: g.calendar, limit: inUnits(g.queue.Limit), byKey: map[laneKey]*lane{}}
	b.lines[l.q.ID] = l
	b.ranked = append(b.ranked, l)
	if l.q.ID == b.set.Default {
		b.fallback = l
	}
	l.strategy = l.q.Strategy.number()
	b.using[l.strategy] = true
	l.auto = !l.q.Paused && !l.q.Manual && !b.set.Manual
	b.hours(l)
	eligible := l.q.Groups
	if len(eligible) == 0 {
		eligible = []Eligible{{}}
		if b.everyone == nil {
			b.everyone = b.crew("")
		}
	}
	for _, e := range eligible {
		after, c := e.After.Microseconds(), b.crew(e.Group)
		if n := len(l.tiers); n == 0 || l.tiers[n-1].after != after {
			l.tiers = append(l.tiers, tier{after: after})
		}
		t := len(l.tiers) - 1
		l.tiers[t].crews = append(l.tiers[t].crews, c)
		c.lines = append(c.lines, served{l, t})
	}
}

// toggle takes over what changed of queues, if it is nothing but what they look like or
// whether they assign. Else it is false.
func (b *board) toggle(set *Settings, rungs []rung) bool {
	if len(rungs) != len(b.ranked) || !sameBut(b.set, set) {
		return false
	}
	for i, g := range rungs {
		if l := b.ranked[i]; !l.q.alike(g.queue) || l.calendar != g.calendar {
			return false
		}
	}
	b.set = set
	for i, g := range rungs {
		l := b.ranked[i]
		l.q, l.auto = g.queue, !g.queue.Paused && !g.queue.Manual && !set.Manual
	}
	b.freeAll()
	return true
}

// alike says whether queues differ in nothing that moves tickets on the board.
func (q *Queue) alike(o *Queue) bool {
	return q.ID == o.ID && q.Limit == o.Limit && q.Strategy == o.Strategy && q.Order == o.Order && q.Wait == o.Wait && q.Escalate == o.Escalate &&
		slices.Equal(q.Groups, o.Groups) && slices.Equal(q.Needs, o.Needs)
}

func sameBut(s, o *Settings) bool {
	return s.Default == o.Default && s.Limit == o.Limit && s.Answered == o.Answered && s.Inactivity == o.Inactivity &&
		slices.Equal(s.Weights, o.Weights) && slices.Equal(s.Teams, o.Teams)
}

func (b *board) crew(id string) *crew {
	c := b.crews[id]
	if c == nil {
		c = &crew{id: id, shelves: map[*skillset][]cell{}}
		b.crews[id] = c
	}
	return c
}

// lineOf is the queue in which a ticket waits: the default one, where its own isn't
// there.
func (b *board) lineOf(id string) *line {
	if l := b.lines[id]; l != nil {
		return l
	}
	return b.fallback
}

// put takes over a ticket as it is now.
func (b *board) put(c card) {
	r := b.rows.get(c.id)
	gone := !c.waits && c.agent == ""
	switch {
	case r == nil && gone:
		return
	case r == nil:
		r = &row{card: card{id: c.id}}
		b.rows.add(r)
	case r.same(&c):
		return
	default:
		b.lift(r)
	}
	if gone {
		r.gen++ // its timers are void
		b.rows.remove(r)
		return
	}
	r.card, r.owed = c, false
	b.place(r, false)
}

// inOrder are tickets in an order that is the same each time.
func (b *board) inOrder(which func(*row) bool) (rows []*row) {
	for r := range b.rows.all() {
		if which(r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(r, o *row) int { return cmp.Compare(r.id, o.id) })
	return rows
}

// lift takes a ticket from where it is.
func (b *board) lift(r *row) {
	if r.lane != nil {
		r.pull()
	}
	if a := r.seat; a != nil {
		r.gen++
		b.withdraw(a)
		a.carry(r.line, -r.carried)
		a.held--
		delete(a.offers, r)
		r.seat, r.carried = nil, 0
		b.free(a) // he enters when what he can take is looked for
	}
}

// pull takes a ticket out of its lane.
func (r *row) pull() {
	r.lane.remove(r)
	if r.fan != nil {
		delete(r.fan.fans, r)
		r.fan = nil
	}
}

// place puts a ticket where it belongs now.
func (b *board) place(r *row, unsorted bool) {
	r.line = b.lineOf(r.queue)
	switch {
	case !r.waits:
		b.hold(r, b.seat(r.agent), r.load)
	case r.until > 0:
		b.hold(r, b.seat(r.agent), r.weight)
		b.offer(r, unsorted)
	default:
		b.wait(r, unsorted)
	}
}

// hold gives a ticket to an agent on the board.
func (b *board) hold(r *row, a *seat, load int64) {
	b.withdraw(a)
	a.carry(r.line, load)
	a.held++
	r.seat, r.carried = a, load
	b.enter(a)
}

// offer notes that a ticket is an agent's to take or to leave, for a time.
func (b *board) offer(r *row, unsorted bool) {
	r.seat.offers[r] = true
	b.remind(r, r.until, unsorted)
	if !b.stillHis(r) {
		b.owe(r, withdraw)
	}
}

// stillHis says whether who is offered a ticket could be offered it now.
func (b *board) stillHis(r *row) bool {
	a, level := r.seat, 0
	var only *crew
	if r.group != "" {
		only = b.crew(r.group)
	} else {
		level, _ = b.level(r)
	}
	return a.available && r.line.serves() && a.set.has(b.talents.needsOf(r.asks)) && b.eligible(a, r.line, only, level)
}

// wait puts a ticket into the lane where agents find it.
func (b *board) wait(r *row, unsorted bool) {
	k := laneKey{needs: b.talents.needsOf(r.asks), weight: r.weight}
	next := int64(0)
	if r.group != "" {
		k.crew = b.crew(r.group)
	} else {
		k.level, next = b.level(r)
	}
	if keeper, until := b.keeper(r, &k); keeper != nil {
		k.keeper, next = keeper, sooner(next, until)
	}
	for _, d := range r.declined {
		if d.until > b.now {
			k.alone, next = r, sooner(next, d.until)
		}
	}
	next = sooner(next, b.escalation(r))
	n := r.line.lane(k)
	top := n.add(r, r.line.q.Order.first(r.priority, r.due), unsorted)
	if next > 0 {
		b.remind(r, next, unsorted)
	}
	if top && !unsorted {
		b.ask(n)
	}
}

// level is to how many tiers of its queue a ticket goes by now, and when there will be
// another one, 0 for never.
func (b *board) level(r *row) (level int, next int64) {
	for _, t := range r.line.tiers {
		if t.after > 0 {
			if at := r.line.after(r.joined, t.after); at == 0 || at > b.now {
				return level, at
			}
		}
		level++
	}
	return level, 0
}

// keeper is the agent for whom a ticket of a sticky queue waits, and until when. He is
// available and could take it, but for what he carries.
func (b *board) keeper(r *row, k *laneKey) (a *seat, until int64) {
	if r.line.q.Strategy != Sticky || r.last == "" {
		return nil, 0
	}
	until = r.joined + cmp.Or(r.line.q.Wait, DefaultSticky).Microseconds()
	if until <= b.now {
		return nil, 0
	}
	a = b.seat(r.last)
	a.fans[r], r.fan = true, a
	if !a.available || !a.set.has(k.needs) || !b.eligible(a, r.line, k.crew, k.level) || r.declinedBy(a, b.now) {
		return nil, 0
	}
	return a, until
}

func (r *row) declinedBy(a *seat, now int64) bool {
	return slices.ContainsFunc(r.declined, func(d refusal) bool { return d.agent == a.id && d.until > now })
}

// eligible says whether an agent is in a group that gets a ticket.
func (b *board) eligible(a *seat, l *line, only *crew, level int) bool {
	if only != nil {
		return slices.ContainsFunc(a.crews, func(m member) bool { return m.crew == only })
	}
	for _, s := range a.serves {
		if s.line == l {
			return s.tier < level
		}
	}
	return false
}

// sooner is the earlier of two moments, of which 0 is none.
func sooner(a, b int64) int64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
