package queue

import (
	"slices"

	"github.com/frontdesk-go/frontdesk/hours"
)

// line is a queue on the board.
type line struct {
	q        *Queue
	rank     int
	calendar *hours.Calendar
	open     bool // by its calendar
	auto     bool // it assigns, while it is open
	limit    int64
	strategy int
	tiers    []tier  // groups that get its tickets at the same time, in order
	lanes    []*lane // those that hold something, and that agents find by the queue
	byKey    map[laneKey]*lane
	backlog  int
}

// tier is groups of a queue that get its tickets after the same time.
type tier struct {
	after int64 // µs
	crews []*crew
}

// serves says whether the queue's tickets are assigned now.
func (l *line) serves() bool { return l.open && l.auto }

// laneKey is what the tickets of a lane have in common.
type laneKey struct {
	level  int    // so many tiers get it
	crew   *crew  // this group alone
	needs  *needs // skills that it asks for
	weight int64
	keeper *seat // waits for this agent
	alone  *row  // somebody has declined it
}

// lane is tickets of a queue among which only their order makes a difference: a heap
// with the first one at the top. Tickets that leave from elsewhere stay in it until they
// come to the top, or are the most of it.
type lane struct {
	line *line
	laneKey
	at    int // in the list by which agents find it
	slots []slot
	live  int   // tickets that are in it
	turn  int32 // errands of an earlier one are void
}

// slot is a ticket in a lane, with what it is ordered by beside it, so that moving it
// touches no memory but the heap's.
type slot struct {
	first, since int64
	row          *row
	gen          int32 // another one of the row's means that it has left
}

func (x *slot) left() bool { return x.gen != x.row.gen }

func (x *slot) before(o *slot) bool {
	if x.first != o.first {
		return x.first < o.first
	}
	if x.since != o.since {
		return x.since < o.since
	}
	return x.row.id < o.row.id
}

// before says whether the lane's first ticket comes before another one's, of any queue.
func (n *lane) before(o *lane) bool {
	if n.line != o.line && n.line.rank != o.line.rank {
		return n.line.rank < o.line.rank
	}
	return n.slots[0].before(&o.slots[0])
}

// list is the list by which agents find the lane: their own, their group's, or the
// queue's.
func (n *lane) list() *[]*lane {
	switch {
	case n.keeper != nil:
		return &n.keeper.own
	case n.crew != nil:
		return &n.crew.extra
	}
	return &n.line.lanes
}

// few is up to how many lanes are looked at one after the other.
const few = 32

func (l *line) lane(k laneKey) *lane {
	if len(l.lanes) <= few {
		for _, n := range l.lanes {
			if n.needs == k.needs && n.weight == k.weight && n.laneKey == k {
				return n
			}
		}
	}
	n := l.byKey[k]
	if n == nil {
		n = &lane{line: l, laneKey: k}
		l.byKey[k] = n
	}
	return n
}

// add puts a ticket into the lane, and says whether it is the top one there. unsorted
// leaves the heap to be made later.
func (n *lane) add(r *row, first int64, unsorted bool) (top bool) {
	n.enlist()
	r.lane = n
	n.slots = append(n.slots, slot{first, r.since, r, r.gen})
	n.live++
	n.line.backlog++
	if !unsorted {
		n.up(len(n.slots) - 1)
	}
	return n.slots[0].row == r
}

// enlist puts a lane into which tickets come where agents find it.
func (n *lane) enlist() {
	if n.live == 0 {
		list := n.list()
		n.at = len(*list)
		*list = append(*list, n)
	}
}

// sort makes a heap of what was added unsorted.
func (n *lane) sort() {
	for i := (len(n.slots) - 2) / children; i >= 0 && len(n.slots) > 1; i-- {
		n.down(i)
	}
}

// remove takes a ticket out, whose gen is another one from then on.
func (n *lane) remove(r *row) {
	r.gen++
	r.lane = nil
	n.live--
	n.line.backlog--
	if n.live == 0 {
		n.unlist()
		return
	}
	if n.slots[0].row == r {
		n.pop()
		for len(n.slots) > n.live && n.slots[0].left() { // what is in the heap alone isn't touched
			n.pop()
		}
	}
	if len(n.slots) > 2*n.live+sparse {
		n.slots = slices.DeleteFunc(n.slots, func(x slot) bool { return x.left() })
		n.sort()
	}
}

// pop takes the top off the heap.
func (n *lane) pop() {
	last := len(n.slots) - 1
	n.slots[0] = n.slots[last]
	n.slots[last] = slot{}
	n.slots = n.slots[:last]
	n.down(0)
}

// sparse is how many tickets that have left a lane may have, however few are in it.
const sparse = 32

// unlist takes an empty lane from the list by which agents find it.
func (n *lane) unlist() {
	clear(n.slots)
	n.slots = n.slots[:0]
	list := n.list()
	end := len(*list) - 1
	moved := (*list)[end]
	(*list)[n.at], moved.at = moved, n.at
	(*list)[end] = nil
	*list = (*list)[:end]
	if n.alone != nil || n.keeper != nil {
		delete(n.line.byKey, n.laneKey)
	}
}

// The heap has four children to a node: half as deep as with two, and what is compared
// lies side by side.
const children = 4

func (n *lane) up(i int) {
	x := n.slots[i]
	for i > 0 {
		parent := (i - 1) / children
		if !x.before(&n.slots[parent]) {
			break
		}
		n.slots[i] = n.slots[parent]
		i = parent
	}
	n.slots[i] = x
}

func (n *lane) down(i int) {
	if i >= len(n.slots) {
		return
	}
	x := n.slots[i]
	for {
		first := i*children + 1
		if first >= len(n.slots) {
			break
		}
		least := first
		for c := first + 1; c < min(first+children, len(n.slots)); c++ {
			if n.slots[c].before(&n.slots[least]) {
				least = c
			}
		}
		if !n.slots[least].before(&x) {
			break
		}
		n.slots[i] = n.slots[least]
		i = least
	}
	n.slots[i] = x
}
