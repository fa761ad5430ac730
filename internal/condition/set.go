package condition

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
	"sync"
)

// Set is an index of many conditions: it tells which of them may be true of a
// subject, without trying all. It doesn't change, and may be used by several
// goroutines; With, Without and Replaced return a set that shares what they leave
// alone.
//
// Conditions stand in slots, of which the index speaks. A slot is for life; the places
// that callers know shift when one is put in.
type Set[S any] struct {
	env   *Env[S]
	slots []*Condition[S] // nil: nothing stands there
	live  []uint64        // bitmap of the slots in which something stands
	axes  []*axis[S]      // those that rule out most first
	spans []*spans[S]     // by name; after the axes
	order []int           // slots by place
	place []int           // places by slot
	moved bool            // a place differs from its slot
	room  *sync.Pool      // of *scratch
}

// scratch is what one look-up needs.
type scratch struct {
	possible, placed []uint64
	kept             []word
}

// NewSet indexes conditions of one environment.
func (e *Env[S]) NewSet(conditions []*Condition[S]) *Set[S] {
	s := &Set[S]{env: e, room: &sync.Pool{New: func() any { return new(scratch) }}}
	s.slots = slices.Clone(conditions)
	s.live = make([]uint64, (len(conditions)+63)/64)
	axes, ranged := map[string]*axis[S]{}, map[string]*spans[S]{}
	for i, c := range conditions {
		s.live[i/64] |= 1 << (i % 64)
		s.order, s.place = append(s.order, i), append(s.place, i)
		for n := range c.filed() {
			a := axes[n.Name]
			if a == nil {
				a = e.newAxis(n.Name)
				axes[n.Name] = a
			}
			a.file(n.Values, i, appended)
		}
		for n := range c.ranges() {
			if ranged[n.Name] == nil {
				ranged[n.Name] = &spans[S]{get: e.vars[n.Name]}
			}
			ranged[n.Name].file(n, i)
		}
	}
	for _, a := range axes {
		a.settle()
		s.axes = append(s.axes, a)
	}
	for _, a := range ranged {
		a.settle()
		s.spans = append(s.spans, a)
	}
	s.sortAxes()
	return s
}

func (e *Env[S]) newAxis(name string) *axis[S] {
	return &axis[S]{get: e.vars[name], text: map[string]sparse{}, num: map[float64]sparse{}}
}

func (s *Set[S]) sortAxes() {
	slices.SortFunc(s.axes, func(a, b *axis[S]) int {
		return cmp.Or(b.load-a.load, cmp.Compare(a.get.Name, b.get.Name))
	})
	slices.SortFunc(s.spans, func(a, b *spans[S]) int { return cmp.Compare(a.get.Name, b.get.Name) })
}

// filed are the needs by which a condition is told apart: of several of a list, one.
func (c *Condition[S]) filed() iter.Seq[Need] {
	return func(yield func(Need) bool) {
		for i, n := range c.facts.needs {
			again := slices.ContainsFunc(c.facts.needs[:i], func(have Need) bool { return have.Name == n.Name && have.Values != nil })
			if n.Values != nil && !again && !yield(n) {
				return
			}
		}
	}
}

// Len returns the number of conditions.
func (s *Set[S]) Len() int { return len(s.order) }

// At returns a condition by its place.
func (s *Set[S]) At(i int) *Condition[S] { return s.slots[s.order[i]] }

// Candidates appends to dst the places of the conditions that may be true of the
// subject, in order. All others are false of it. Parameters of the subject aren't
// looked at.
func (s *Set[S]) Candidates(dst []int, subject S) []int {
	return s.find(dst, subject, false)
}

// Matching appends to dst the places of the conditions that are true of the
// subject, in order.
func (s *Set[S]) Matching(dst []int, subject S) []int {
	return s.find(dst, subject, true)
}

func (s *Set[S]) find(dst []int, subject S, match bool) []int {
	x := s.room.Get().(*scratch)
	possible := append(x.possible[:0], s.live...)
	x.possible = possible
	for _, a := range s.axes {
		x.kept = a.narrow(possible, x.kept, subject)
	}
	for _, a := range s.spans {
		a.narrow(possible, subject)
	}
	if match {
		s.try(possible, subject)
	}
	if s.moved {
		possible = s.shift(x)
	}
	for i, w := range possible {
		for ; w != 0; w &= w - 1 {
			dst = append(dst, i*64+bits.TrailingZeros64(w))
		}
	}
	s.room.Put(x)
	return dst
}

// try takes out what isn't true.
func (s *Set[S]) try(possible []uint64, subject S) {
	for i, w := range possible {
		for left := w; left != 0; left &= left - 1 {
			if n := bits.TrailingZeros64(left); !s.slots[i*64+n].match(subject) {
				possible[i] &^= 1 << n
			}
		}
	}
}

// shift turns slots into places.
func (s *Set[S]) shift(x *scratch) []uint64 {
	x.placed = append(x.placed[:0], s.live...)
	clear(x.placed)
	for i, w := range x.possible {
		for ; w != 0; w &= w - 1 {
			at := s.place[i*64+bits.TrailingZeros64(w)]
			x.placed[at/64] |= 1 << (at % 64)
		}
	}
	return x.placed
}
