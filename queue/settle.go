package queue

import (
	"cmp"
	"slices"
)

// errand is a ticket that may be given to somebody: because it is new, or because an
// agent may get something and this is the first one for him. It is ordered by what the
// ticket was when the errand was made.
type errand struct {
	row  *row
	gen  int32
	seat *seat // nil: the ticket's own errand
	turn int32

	rank         int
	first, since int64
}

func (b *board) errand(r *row, a *seat) errand {
	e := errand{row: r, gen: r.gen, seat: a, rank: r.line.rank, first: r.first, since: r.since}
	if a != nil {
		e.turn = a.turn
	}
	return e
}

func (e errand) before(o errand) bool {
	return cmp.Or(cmp.Compare(e.rank, o.rank), cmp.Compare(e.first, o.first), cmp.Compare(e.since, o.since), cmp.Compare(e.row.id, o.row.id)) < 0
}

// decision is a ticket that is given to an agent, or offered.
type decision struct {
	row      *row
	card     card // as it was
	seat     *seat
	line     *line
	offered  bool
	load     int64 // the agent's, before
	here     int64 // of it, of this queue's tickets
	limit    int64
	short    shortlist
	strategy Strategy
}

// shortlist is the first of those who could have got a ticket.
type shortlist struct {
	n     int
	seats [3]*seat
	loads [3]int64
}

// settle decides who gets what until nothing is left that could be given, or there are
// limit decisions. Each is right as of the ones before it: the ticket is the first one,
// by rank and by the order of its queue, that anybody can take, and the agent is whom
// the strategy says.
//
// Whatever was settled before stays so until something changes: so it is enough to look
// at tickets and agents that are new, or may get something that they couldn't.
func (b *board) settle(limit int) (ds []decision) {
	b.findErrands()
	for len(b.todo.items) > 0 && len(ds) < limit {
		e := b.todo.pop()
		a := e.seat
		if a != nil && a.turn != e.turn {
			continue
		}
		if e.row.gen == e.gen && e.row.lane != nil {
			if to, short := b.choose(e.row); to != nil {
				ds = append(ds, b.give(e.row, to, short))
			}
		}
		if a != nil {
			b.next(a)
		}
	}
	return ds
}

// settled says that settle would find nothing.
func (b *board) settled() bool { return len(b.todo.items) == 0 && len(b.dirty) == 0 }

func (b *board) findErrands() {
	for _, a := range b.dirty {
		a.dirty = false
		b.next(a)
	}
	b.dirty = b.dirty[:0]
}

// next finds an agent's next errand.
func (b *board) next(a *seat) {
	a.turn++
	if r := b.pick(a); r != nil {
		b.todo.push(b.errand(r, a))
	}
}

// pick is the first ticket that an agent can take: of the best-ranked queue that has
// one, nil if none has.
func (b *board) pick(a *seat) (best *row) {
	if a.room == 0 {
		return nil
	}
	for _, n := range a.own {
		best = b.better(a, n, best)
	}
	for _, c := range a.crews {
		for _, n := range c.extra {
			best = b.better(a, n, best)
		}
	}
	for i := range a.serves {
		l := a.serves[i].line
		if best != nil && best.line.rank < l.rank {
			break
		}
		if l.backlog == 0 || !l.serves() {
			continue
		}
		for _, n := range l.lanes {
			if a.serves[i].tier < n.level {
				best = b.better(a, n, best)
			}
		}
	}
	return best
}

// better is the first ticket of a lane, if the agent can take it and it comes before
// the best one so far.
func (b *board) better(a *seat, n *lane, best *row) *row {
	if !a.set.has(n.needs) || !a.fits(n.line, n.weight) || !n.line.serves() {
		return best
	}
	r := n.slots[0].row
	if best != nil && !r.before(best) || n.alone != nil && r.declinedBy(a, b.now) {
		return best
	}
	return r
}

// choose is the agent who gets a ticket, nil if nobody can take it, and the first of
// those who could.
func (b *board) choose(r *row) (*seat, shortlist) {
	n, l := r.lane, r.line
	var s shortlist
	if !l.serves() {
		return nil, s
	}
	if a := n.keeper; a != nil {
		if a.room > 0 && a.fits(l, n.weight) {
			s.add(a, longestIdle)
		}
		return s.seats[0], s
	}
	if l.q.Strategy == Sticky && r.last != "" {
		if a := b.seats[r.last]; a != nil && a.room > 0 && a.set.has(n.needs) && a.fits(l, n.weight) &&
			b.eligible(a, l, n.crew, n.level) && !r.declinedBy(a, b.now) {
			s.add(a, longestIdle)
			return a, s
		}
	}
	room, _ := slices.BinarySearch(b.weights, n.weight)
	if n.crew != nil {
		b.look(n.crew, r, room, &s)
		return s.seats[0], s
	}
	for _, t := range l.tiers[:n.level] {
		for _, c := range t.crews {
			b.look(c, r, room, &s)
		}
		if s.n > 0 {
			break
		}
	}
	return s.seats[0], s
}

// look adds those of a group who can take a ticket, for which an agent has to have more
// than room.
func (b *board) look(c *crew, r *row, room int, s *shortlist) {
	n, strategy := r.lane, r.line.q.Strategy.number()
	for _, cell := range c.cells {
		if cell.room <= room || !cell.set.has(n.needs) {
			continue
		}
		found := 0
		for _, a := range cell.orders[strategy] {
			if !a.fits(n.line, n.weight) || n.alone != nil && r.declinedBy(a, b.now) {
				continue
			}
			if found++; !s.add(a, strategy) || found == len(s.seats) {
				break
			}
		}
	}
}

// add takes an agent into the list if he is among the first, and says whether he is.
func (s *shortlist) add(a *seat, strategy int) bool {
	i := s.n
	for i > 0 && a.compare(s.seats[i-1], strategy) < 0 {
		i--
	}
	if i == len(s.seats) {
		return false
	}
	if slices.Contains(s.seats[:s.n], a) {
		return true // he is in two groups of the queue
	}
	copy(s.seats[i+1:], s.seats[i:])
	copy(s.loads[i+1:], s.loads[i:])
	s.seats[i], s.loads[i] = a, a.load
	s.n = min(s.n+1, len(s.seats))
	return true
}

// give gives a ticket to an agent on the board.
func (b *board) give(r *row, a *seat, short shortlist) decision {
	l := r.line
	d := decision{row: r, card: r.card, seat: a, line: l, load: a.load, here: a.carries(l), limit: a.limit, short: short,
		strategy: cmp.Or(l.q.Strategy, LongestIdle), offered: l.q.Offer > 0}
	r.pull()
	b.withdraw(a)
	a.carry(l, r.weight)
	a.held++
	b.count++
	a.given, a.idle, b.pass = b.count, max(a.idle, b.now), a.pass
	a.pass += 1 / cmp.Or(a.weight, 1)
	r.seat, r.carried, r.agent = a, r.weight, a.id
	if d.offered {
		r.until = b.now + l.q.Offer.Microseconds()
		b.offer(r)
	} else {
		r.waits, r.load = false, r.weight
	}
	b.enter(a)
	return d
}
