package queue

import (
	"cmp"
	"slices"
)

// errand is a ticket that may be given to somebody: because it is the first one of its
// lane and new there, or because it is the first one for an agent who may get something.
// It is ordered by what the ticket was when the errand was made.
type errand struct {
	first, since int64
	rank         int
	row          *row
	lane         *lane // nil: it is an agent's
	seat         *seat
	gen          int32 // the row's
	turn         int32 // the lane's, or the agent's
}

func (e *errand) before(o *errand) bool {
	if e.rank != o.rank {
		return e.rank < o.rank
	}
	if e.first != o.first {
		return e.first < o.first
	}
	if e.since != o.since {
		return e.since < o.since
	}
	return e.row.id < o.row.id
}

// void says that there is another errand instead, or none is needed any more.
func (e *errand) void() bool {
	if e.lane != nil {
		return e.turn != e.lane.turn
	}
	return e.turn != e.seat.turn
}

// ask makes a lane's errand: somebody may take its first ticket. Where nobody can, nobody
// can take any other of its tickets, and it isn't asked again before one comes to be the
// first: an agent who may get more then has errands of his own.
func (b *board) ask(n *lane) {
	n.turn++
	if n.live > 0 {
		x := &n.slots[0]
		b.todo.push(errand{first: x.first, since: x.since, rank: n.line.rank, row: x.row, lane: n, gen: x.gen, turn: n.turn})
	}
}

// askAll makes errands of all lanes of a queue.
func (b *board) askAll(l *line) {
	if l.backlog > 0 && l.serves() {
		for _, n := range l.byKey {
			b.ask(n)
		}
	}
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
	leads [3]int64
	loads [3]int64
}

// settle decides who gets what until nothing is left that could be given, or there are
// limit decisions. Each is right as of the ones before it: the ticket is the first one,
// by rank and by the order of its queue, that anybody can take, and the agent is whom
// the strategy says.
//
// Whatever was settled before stays so until something changes: so it is enough to look
// at tickets and agents that are new, or may get something that they couldn't.
//
// What it returns is good until it is called again.
func (b *board) settle(limit int) []decision {
	ds := b.decided[:0]
	if len(b.dirty) == 1 && len(b.todo.items) == 0 {
		ds = b.serve(b.dirty[0], limit, ds)
	}
	if len(ds) < limit {
		b.findErrands()
	}
	for len(b.todo.items) > 0 && len(ds) < limit {
		e := b.todo.pop()
		if e.void() {
			continue
		}
		given := e.row.gen != e.gen // by another errand, or it has left
		if !given {
			if to, short := b.choose(e.row); to != nil {
				b.withdraw(to)
				ds = b.give(e.row, to, &short, ds)
				b.enter(to)
				given = true
			}
		}
		switch {
		case e.seat != nil:
			b.next(e.seat)
		case given:
			b.ask(e.lane)
		}
	}
	b.decided = ds
	return ds
}

// serve gives an agent what he can take, where he alone may get more than before: nobody
// else can take anything that waits. So he needn't be compared with others.
func (b *board) serve(a *seat, limit int, ds []decision) []decision {
	b.withdraw(a)
	for len(ds) < limit {
		b.measure(a)
		n := b.pick(a)
		if n == nil {
			break
		}
		short := shortlist{n: 1, seats: [3]*seat{a}, loads: [3]int64{a.load}}
		ds = b.give(n.slots[0].row, a, &short, ds)
	}
	return ds
}

// settled says that settle would find nothing.
func (b *board) settled() bool { return len(b.todo.items) == 0 && len(b.dirty) == 0 }

func (b *board) findErrands() {
	for _, a := range b.dirty {
		a.dirty = false
		b.enter(a)
		b.next(a)
	}
	b.dirty = b.dirty[:0]
}

// next finds an agent's next errand.
func (b *board) next(a *seat) {
	a.turn++
	if n := b.pick(a); n != nil {
		x := &n.slots[0]
		b.todo.push(errand{first: x.first, since: x.since, rank: n.line.rank, row: x.row, seat: a, gen: x.gen, turn: a.turn})
	}
}

// pick is the lane whose first ticket is the first one that an agent can take: of the
// best-ranked queue that has one. It is nil if none has.
func (b *board) pick(a *seat) (best *lane) {
	if a.room == 0 {
		return nil
	}
	for _, n := range a.own {
		best = b.better(a, n, a.spare(n.line), best)
	}
	for _, m := range a.crews {
		for _, n := range m.crew.extra {
			best = b.better(a, n, a.spare(n.line), best)
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
		spare := a.spare(l)
		for _, n := range l.lanes {
			if a.serves[i].tier < n.level {
				best = b.better(a, n, spare, best)
			}
		}
	}
	return best
}

// better is a lane, if the agent, who can take so much of its queue, can take its first
// ticket, and that comes before the best one's so far.
func (b *board) better(a *seat, n *lane, spare int64, best *lane) *lane {
	if n.weight > spare || !a.set.has(n.needs) || !n.line.serves() {
		return best
	}
	if best != nil && !n.before(best) || n.alone != nil && n.alone.declinedBy(a, b.now) {
		return best
	}
	return n
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
			s.add(stand{a.idle, a})
		}
		return s.seats[0], s
	}
	if l.q.Strategy == Sticky && r.last != "" {
		if a := b.seats[r.last]; a != nil && a.room > 0 && a.set.has(n.needs) && a.fits(l, n.weight) &&
			b.eligible(a, l, n.crew, n.level) && !r.declinedBy(a, b.now) {
			s.add(stand{a.idle, a})
			return a, s
		}
	}
	room, _ := slices.BinarySearch(b.weights, n.weight)
	if n.crew != nil {
		b.look(n.crew, n, room, &s)
		return s.seats[0], s
	}
	for _, t := range l.tiers[:n.level] {
		for _, c := range t.crews {
			b.look(c, n, room, &s)
		}
		if s.n > 0 {
			break
		}
	}
	return s.seats[0], s
}

// look adds those of a group who can take the first ticket of a lane, for which an agent
// has to have more than room.
func (b *board) look(c *crew, n *lane, room int, s *shortlist) {
	strategy := n.line.strategy
	for i := range c.heads {
		h := &c.heads[i]
		if h.room <= room || s.full() && h.leads[strategy] > s.leads[len(s.leads)-1] || !h.set.has(n.needs) {
			continue
		}
		found := 0
		for _, x := range h.cell.orders[strategy] {
			if !x.seat.fits(n.line, n.weight) || n.alone != nil && n.alone.declinedBy(x.seat, b.now) {
				continue
			}
			if found++; !s.add(x) || found == len(s.seats) {
				break
			}
		}
	}
}

func (s *shortlist) full() bool { return s.n == len(s.seats) }

// add takes an agent into the list if he is among the first, and says whether he is.
func (s *shortlist) add(x stand) bool {
	i := s.n
	for i > 0 && x.compare(stand{s.leads[i-1], s.seats[i-1]}) < 0 {
		i--
	}
	if i == len(s.seats) {
		return false
	}
	if slices.Contains(s.seats[:s.n], x.seat) {
		return true // he is in two groups of the queue
	}
	copy(s.seats[i+1:], s.seats[i:])
	copy(s.leads[i+1:], s.leads[i:])
	copy(s.loads[i+1:], s.loads[i:])
	s.seats[i], s.leads[i], s.loads[i] = x.seat, x.lead, x.seat.load
	s.n = min(s.n+1, len(s.seats))
	return true
}

// give gives a ticket to an agent on the board, who is in no cell meanwhile, and notes how
// that came.
func (b *board) give(r *row, a *seat, short *shortlist, ds []decision) []decision {
	l := r.line
	ds = append(ds, decision{row: r, card: r.card, seat: a, line: l, load: a.load, here: a.carries(l), limit: a.limit, short: *short,
		strategy: cmp.Or(l.q.Strategy, LongestIdle), offered: l.q.Offer > 0})
	r.pull()
	a.carry(l, r.weight)
	a.held++
	b.count++
	a.given, a.idle, b.pass = b.count, max(a.idle, b.now), a.pass
	a.pass += 1 / cmp.Or(a.weight, 1)
	r.seat, r.carried, r.agent = a, r.weight, a.id
	if l.q.Offer > 0 {
		r.until = b.now + l.q.Offer.Microseconds()
		b.offer(r, false)
	} else {
		r.waits, r.load = false, r.weight
	}
	return ds
}
