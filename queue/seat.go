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
	crews  []*crew
	serves []served      // queues whose tickets he gets, in order of rank
	own    []*lane       // tickets that wait for him alone
	fans   map[*row]bool // tickets of sticky queues that may wait for him
	offers map[*row]bool // tickets that he is offered
	held   int           // tickets that he has, whatever they weigh

	idle  int64   // when he last worked on a ticket
	given int64   // when the engine last gave him one, counted
	pass  float64 // what he was given, over his weight

	room    int   // how many of the weights fit; 0: he isn't among those who get something
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
	id    string
	seats map[*seat]bool
	lines []served // that the group serves
	cells []*cell  // agents who can get something
	extra []*lane  // tickets for this group alone
}

// cell is agents of a group among whom only the strategy makes a difference.
type cell struct {
	set    *skillset
	room   int
	orders [strategies][]*seat // by strategy; only those that some queue has
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

// compare says who of two agents gets a ticket first.
func (a *seat) compare(b *seat, strategy int) int {
	c := 0
	switch strategy {
	case leastLoaded:
		c = cmp.Compare(a.share(), b.share())
	case roundRobin:
		c = cmp.Compare(a.given, b.given)
	case weighted:
		c = cmp.Compare(a.pass, b.pass)
	}
	if c != 0 {
		return c
	}
	if a.idle != b.idle {
		return cmp.Compare(a.idle, b.idle)
	}
	return cmp.Compare(a.id, b.id)
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

// fits says whether a ticket of a weight is within his limits.
func (a *seat) fits(l *line, weight int64) bool {
	return a.limit-weight >= a.load && (l.limit == 0 || a.carries(l)+weight <= l.limit)
}

// enter puts an agent where tickets find him, if he can get any.
func (b *board) enter(a *seat) {
	b.watch(a)
	if !a.available {
		return
	}
	for a.room < len(b.weights) && a.limit-b.weights[a.room] >= a.load {
		a.room++
	}
	if a.room == 0 {
		return
	}
	for _, c := range a.crews {
		in := c.cell(a)
		for s := range strategies {
			if b.using[s] {
				i, _ := slices.BinarySearchFunc(in.orders[s], a, func(x, y *seat) int { return x.compare(y, s) })
				in.orders[s] = slices.Insert(in.orders[s], i, a)
			}
		}
	}
}

// withdraw takes him from there, before anything changes by which he is ordered.
func (b *board) withdraw(a *seat) {
	if a.room == 0 {
		return
	}
	for _, c := range a.crews {
		in := c.cell(a)
		left := 0
		for s := range strategies {
			if b.using[s] {
				i, ok := slices.BinarySearchFunc(in.orders[s], a, func(x, y *seat) int { return x.compare(y, s) })
				if !ok {
					panic("queue: an agent isn't where he was put")
				}
				in.orders[s] = slices.Delete(in.orders[s], i, i+1)
				left = len(in.orders[s])
			}
		}
		if left == 0 {
			c.cells = slices.DeleteFunc(c.cells, func(x *cell) bool { return x == in })
		}
	}
	a.room = 0
}

// cell returns the group's cell for an agent as he is.
func (c *crew) cell(a *seat) *cell {
	for _, x := range c.cells {
		if x.set == a.set && x.room == a.room {
			return x
		}
	}
	x := &cell{set: a.set, room: a.room}
	c.cells = append(c.cells, x)
	return x
}
