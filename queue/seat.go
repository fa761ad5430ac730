package queue

import (
	"cmp"
	"math"
	"slices"
)

// seat is an agent on the board.
type seat struct {
	post
	set    *skillset
	load   int64
	loads  []share // by queue
	crews  []member
	serves []served      // queues whose tickets he gets, in order of rank
	own    []*lane       // tickets that wait for him alone
	fans   map[*row]bool // tickets of sticky queues that may wait for him
	offers map[*row]bool // tickets that he is offered
	held   int           // tickets that he has, whatever they weigh

	idle  int64   // when he last worked on a ticket
	given int64   // when the engine last gave him one, counted
	pass  float64 // what he was given, over his weight

	room    int   // how many of the weights fit; 0: he can't get anything
	entered bool  // tickets find him
	dirty   bool  // his errand has to be found
	turn    int32 // errands of an earlier one are void
	watched bool  // there is a timer for his inactivity
}

// post is what the engine has to know of an agent.
type post struct {
	id        string
	available bool
	since     int64 // of his availability, µs
	groups    []string
	skills    []string
	limit     int64
	weight    float64
}

// share is what an agent carries of a queue.
type share struct {
	line *line
	load int64
}

// served is a queue, and from which tier on the agent gets its tickets.
type served struct {
	line *line
	tier int
}

// crew is a group on the board.
type crew struct {
	id      string
	lines   []served             // that the group serves
	shelves map[*skillset][]cell // by room
	heads   []head               // of the cells that somebody is in
	extra   []*lane              // tickets for this group alone
}

// member is an agent's being in a group, and the cells of it in which he may be.
type member struct {
	crew  *crew
	cells []cell
}

// cell is agents of a group among whom only the strategy makes a difference: they have
// the same skills and the same room.
type cell struct {
	at     int // of its head, while somebody is in it
	orders [strategies][]stand
}

// stand is an agent in the order of a strategy, with what that goes by first beside him,
// so that finding his place touches no memory but the list's.
type stand struct {
	lead int64
	seat *seat
}

// head is a cell with what the first one of each order has.
type head struct {
	cell  *cell
	set   *skillset
	room  int
	leads [strategies]int64
}

// The strategies as numbers. A sticky queue's other agents are taken by longest idle.
const (
	longestIdle = iota
	leastLoaded
	roundRobin
	weighted
	strategies
)

func (s Strategy) number() int {
	switch s {
	case LeastLoaded:
		return leastLoaded
	case RoundRobin:
		return roundRobin
	case Weighted:
		return weighted
	}
	return longestIdle
}

// lead is what agents are ordered by first.
func (a *seat) lead(strategy int) int64 {
	switch strategy {
	case leastLoaded:
		return int64(math.Float64bits(a.share())) // of numbers that aren't negative, the bits have the same order
	case roundRobin:
		return a.given
	case weighted:
		return int64(math.Float64bits(a.pass))
	}
	return a.idle
}

// compare says who of two agents gets a ticket first.
func (x *stand) compare(y stand) int {
	if x.lead != y.lead {
		return cmp.Compare(x.lead, y.lead)
	}
	if x.seat.idle != y.seat.idle {
		return cmp.Compare(x.seat.idle, y.seat.idle)
	}
	return cmp.Compare(x.seat.id, y.seat.id)
}

// find is where an agent is in an order, or would be.
func find(order []stand, x stand) (at int, found bool) {
	end := len(order)
	for at < end {
		mid := int(uint(at+end) / 2)
		if c := order[mid].compare(x); c < 0 {
			at = mid + 1
		} else {
			end = mid
			found = found || c == 0
		}
	}
	return at, found
}

// share is which part of his limit an agent carries; without one, what he carries in
// units of a limit that is larger than all.
func (a *seat) share() float64 {
	if a.limit == math.MaxInt64 {
		return float64(a.load) / (MaxLimit * unit)
	}
	return float64(a.load) / float64(max(a.limit, 1))
}

// carries is what he has of a queue.
func (a *seat) carries(l *line) int64 {
	for i := range a.loads {
		if a.loads[i].line == l {
			return a.loads[i].load
		}
	}
	return 0
}

// carry changes what he has. He is in no cell meanwhile.
func (a *seat) carry(l *line, load int64) {
	a.load += load
	for i := range a.loads {
		if a.loads[i].line == l {
			if a.loads[i].load += load; a.loads[i].load == 0 {
				a.loads = slices.Delete(a.loads, i, i+1)
			}
			return
		}
	}
	if load != 0 {
		a.loads = append(a.loads, share{l, load})
	}
}

// spare is how much of a queue's tickets he can take.
func (a *seat) spare(l *line) int64 {
	n := a.limit - a.load
	if l.limit > 0 {
		n = min(n, l.limit-a.carries(l))
	}
	return n
}

// fits says whether a ticket of a weight is within his limits.
func (a *seat) fits(l *line, weight int64) bool {
	return weight <= a.spare(l)
}

// measure notes how many of the weights fit into what an agent may yet get.
func (b *board) measure(a *seat) {
	a.room = 0
	for a.available && a.room < len(b.weights) && a.limit-b.weights[a.room] >= a.load {
		a.room++
	}
}

// enter puts an agent where tickets find him, if he can get any, and isn't there.
func (b *board) enter(a *seat) {
	b.watch(a)
	if a.entered {
		return
	}
	if b.measure(a); a.room == 0 {
		return
	}
	a.entered = true
	for _, m := range a.crews {
		in := &m.cells[a.room]
		if len(in.orders[longestIdle]) == 0 { // which is kept always
			m.crew.open(in, a)
		}
		for s := range strategies {
			if b.using[s] {
				x := stand{a.lead(s), a}
				at, _ := find(in.orders[s], x)
				in.orders[s] = slices.Insert(in.orders[s], at, x)
				m.crew.heads[in.at].leads[s] = in.orders[s][0].lead
			}
		}
	}
}

// withdraw takes him from there, before anything changes by which he is ordered.
func (b *board) withdraw(a *seat) {
	if !a.entered {
		a.room = 0
		return
	}
	for _, m := range a.crews {
		in := &m.cells[a.room]
		for s := range strategies {
			if b.using[s] {
				at, ok := find(in.orders[s], stand{a.lead(s), a})
				if !ok {
					panic("queue: an agent isn't where he was put")
				}
				in.orders[s] = slices.Delete(in.orders[s], at, at+1)
				if len(in.orders[s]) > 0 {
					m.crew.heads[in.at].leads[s] = in.orders[s][0].lead
				}
			}
		}
		if len(in.orders[longestIdle]) == 0 {
			m.crew.shut(in)
		}
	}
	a.room, a.entered = 0, false
}

// open lets tickets find a cell, into which an agent comes.
func (c *crew) open(in *cell, a *seat) {
	in.at = len(c.heads)
	c.heads = append(c.heads, head{cell: in, set: a.set, room: a.room})
}

// shut takes an empty cell from where tickets find it.
func (c *crew) shut(in *cell) {
	last := len(c.heads) - 1
	c.heads[in.at] = c.heads[last]
	c.heads[in.at].cell.at = in.at
	c.heads[last] = head{}
	c.heads = c.heads[:last]
}

// shelf returns the group's cells for agents with a set of skills.
func (c *crew) shelf(set *skillset, rooms int) []cell {
	cells := c.shelves[set]
	if cells == nil {
		cells = make([]cell, rooms+1)
		c.shelves[set] = cells
	}
	return cells
}
