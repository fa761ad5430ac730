package condition

import (
	"maps"
	"math/bits"
	"slices"
	"sync"
)

// Set is an index of many conditions: it tells which of them may be true of a
// subject, without trying all. It doesn't change, and may be used by several
// goroutines.
type Set[S any] struct {
	conditions []*Condition[S]
	axes       []*axis[S]
	words      int
	scratch    sync.Pool // of *[]uint64, two bitmaps each
}

// axis is one name by whose value conditions are told apart. A bitmap says which
// conditions remain possible: free ones are so whatever the value is.
type axis[S any] struct {
	get    *Var[S]
	free   []uint64
	unset  sparse            // if it isn't set
	set    sparse            // if it is, whatever it is: parameters could be equal to it
	texts  map[string]sparse // by value
	number map[float64]sparse
	bool   [2]sparse
}

// sparse is a bitmap of few words that aren't zero.
type sparse []word

type word struct {
	at   int
	bits uint64
}

func (s sparse) or(into []uint64) {
	for _, w := range s {
		into[w.at] |= w.bits
	}
}

func (s *sparse) add(i int) {
	at, bit := i/64, uint64(1)<<(i%64)
	if n := len(*s); n > 0 && (*s)[n-1].at == at {
		(*s)[n-1].bits |= bit
		return
	}
	*s = append(*s, word{at, bit})
}

// NewSet indexes conditions of one environment.
func (e *Env[S]) NewSet(conditions []*Condition[S]) *Set[S] {
	s := &Set[S]{conditions: conditions, words: (len(conditions) + 63) / 64}
	s.scratch.New = func() any { b := make([]uint64, 2*s.words); return &b }
	axes := map[string]*axis[S]{}
	for i, c := range conditions {
		seen := map[string]bool{}
		for _, n := range c.facts.needs {
			if n.Values == nil || seen[n.Name] {
				continue // of several needs of a list, one tells it apart
			}
			seen[n.Name] = true
			a := axes[n.Name]
			if a == nil {
				a = &axis[S]{get: e.vars[n.Name], texts: map[string]sparse{}, number: map[float64]sparse{}, free: make([]uint64, s.words)}
				for j := range conditions {
					a.free[j/64] |= 1 << (j % 64)
				}
				axes[n.Name] = a
			}
			a.free[i/64] &^= 1 << (i % 64)
			a.file(n.Values, i)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(axes)) {
		s.axes = append(s.axes, axes[name])
	}
	return s
}

func (a *axis[S]) file(vs []Value, i int) {
	for _, v := range vs {
		switch {
		case v.Unset:
			a.unset.add(i)
		case v.Param != "":
			a.set.add(i)
		case v.Type == Number:
			put(a.number, v.Number, i)
		case v.Type == Bool && v.Bool:
			a.bool[1].add(i)
		case v.Type == Bool:
			a.bool[0].add(i)
		default:
			put(a.texts, v.Text, i)
		}
	}
}

func put[K comparable](m map[K]sparse, k K, i int) {
	s := m[k]
	s.add(i)
	m[k] = s
}

// Len returns the number of conditions.
func (s *Set[S]) Len() int { return len(s.conditions) }

// At returns a condition by its place.
func (s *Set[S]) At(i int) *Condition[S] { return s.conditions[i] }

// Candidates appends to dst the places of the conditions that may be true of the
// subject, in order. All others are false of it. Parameters of the subject aren't
// looked at.
func (s *Set[S]) Candidates(dst []int, subject S) []int {
	if s.words == 0 {
		return dst
	}
	buf := s.scratch.Get().(*[]uint64)
	possible, here := (*buf)[:s.words], (*buf)[s.words:]
	for i := range possible {
		possible[i] = ^uint64(0)
	}
	for _, a := range s.axes {
		copy(here, a.free)
		a.allow(subject, here)
		for i := range possible {
			possible[i] &= here[i]
		}
	}
	for i, w := range possible {
		for ; w != 0; w &= w - 1 {
			if n := i*64 + bits.TrailingZeros64(w); n < len(s.conditions) {
				dst = append(dst, n)
			}
		}
	}
	s.scratch.Put(buf)
	return dst
}

// Matching appends to dst the places of the conditions that are true of the
// subject, in order.
func (s *Set[S]) Matching(dst []int, subject S) []int {
	from := len(dst)
	dst = s.Candidates(dst, subject)
	kept := dst[:from]
	for _, i := range dst[from:] {
		if s.conditions[i].match(subject) {
			kept = append(kept, i)
		}
	}
	return kept
}

// allow adds the conditions that the subject's value leaves possible.
func (a *axis[S]) allow(subject S, into []uint64) {
	set := false
	switch v := a.get; {
	case v.Text != nil:
		s := v.Text(subject)
		if set = s != ""; set {
			a.texts[s].or(into)
		}
	case v.Texts != nil:
		for _, s := range v.Texts(subject) {
			set = true
			a.texts[s].or(into)
		}
	case v.Number != nil:
		n, ok := v.Number(subject)
		if set = ok; set {
			a.number[n].or(into)
		}
	case v.Bool != nil:
		on, ok := v.Bool(subject)
		if set = ok; set && on {
			a.bool[1].or(into)
		} else if set {
			a.bool[0].or(into)
		}
	case v.Time != nil:
		set = !v.Time(subject).IsZero()
	}
	if set {
		a.set.or(into)
	} else {
		a.unset.or(into)
	}
}
