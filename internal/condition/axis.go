package condition

import (
	"maps"
	"math/bits"
	"slices"
)

// axis is one name by whose value conditions are told apart. It doesn't change:
// with and without return a new one, which shares what they leave alone.
type axis[S any] struct {
	get  *Var[S]
	load int               // about how many conditions it rules out
	asks sparse            // all slots that are filed here
	free []uint64          // bitmap of the others, if those are few; from its end on all are
	some sparse            // those that need it set, whatever it is: parameters could be equal to it
	none sparse            // those that may have it unset
	text map[string]sparse // by value
	num  map[float64]sparse
	bool [2]sparse
}

// sparse is a set of slots: words that aren't zero, in order.
type sparse []word

type word struct {
	at   int
	bits uint64
}

// add puts in a slot that is above all others, or in the last word.
func (s *sparse) add(slot int) {
	at, bit := slot/64, uint64(1)<<(slot%64)
	if n := len(*s); n > 0 && (*s)[n-1].at == at {
		(*s)[n-1].bits |= bit
		return
	}
	*s = append(*s, word{at, bit})
}

func (s sparse) find(at int) (int, bool) {
	return slices.BinarySearchFunc(s, at, func(w word, at int) int { return w.at - at })
}

func (s sparse) with(slot int) sparse {
	at, bit := slot/64, uint64(1)<<(slot%64)
	i, there := s.find(at)
	out := make(sparse, 0, len(s)+1)
	if out = append(out, s[:i]...); there {
		out = append(out, word{at, s[i].bits | bit})
		i++
	} else {
		out = append(out, word{at, bit})
	}
	return append(out, s[i:]...)
}

func (s sparse) without(slot int) sparse {
	i, there := s.find(slot / 64)
	if !there {
		return s
	}
	out := slices.Clone(s)
	if out[i].bits &^= 1 << (slot % 64); out[i].bits == 0 {
		out = slices.Delete(out, i, i+1)
	}
	return out
}

func (s sparse) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w.bits)
	}
	return n
}

// settle is called when all is filed.
func (a *axis[S]) settle() {
	a.load = a.weight()
	a.free = nil
	if n := len(a.asks); n > 0 && n > a.asks[n-1].at/2 {
		a.free = make([]uint64, a.asks[n-1].at+1)
		for i := range a.free {
			a.free[i] = ^uint64(0)
		}
		for _, w := range a.asks {
			a.free[w.at] &^= w.bits
		}
	}
}

// weight counts the conditions, but for those that one value leaves.
func (a *axis[S]) weight() int {
	values := len(a.text) + len(a.num)
	for _, s := range []sparse{a.none, a.some, a.bool[0], a.bool[1]} {
		if len(s) > 0 {
			values++
		}
	}
	n := a.asks.count()
	return n - n/max(values, 1)
}

// file applies put to all that a slot is filed under.
func (a *axis[S]) file(vs []Value, slot int, put func(s sparse, slot int) sparse) {
	a.asks = put(a.asks, slot)
	for _, v := range vs {
		switch {
		case v.Unset:
			a.none = put(a.none, slot)
		case v.Param != "":
			a.some = put(a.some, slot)
		case v.Type == Number:
			fileAt(a.num, v.Number, slot, put)
		case v.Type == Bool && v.Bool:
			a.bool[1] = put(a.bool[1], slot)
		case v.Type == Bool:
			a.bool[0] = put(a.bool[0], slot)
		default:
			fileAt(a.text, v.Text, slot, put)
		}
	}
}

func fileAt[K comparable](m map[K]sparse, k K, slot int, put func(sparse, int) sparse) {
	if s := put(m[k], slot); len(s) > 0 {
		m[k] = s
	} else {
		delete(m, k)
	}
}

func appended(s sparse, slot int) sparse { s.add(slot); return s }

// changed is the axis with a slot put in or taken out.
func (a *axis[S]) changed(vs []Value, slot int, put func(sparse, int) sparse) *axis[S] {
	out := *a
	out.text, out.num = maps.Clone(a.text), maps.Clone(a.num)
	out.file(vs, slot, put)
	out.settle()
	return &out
}

// narrow takes from the slots that are possible those that the subject's value rules
// out. Kept is room for it, which it returns.
func (a *axis[S]) narrow(possible []uint64, kept []word, subject S) []word {
	if !a.asks.meets(possible) {
		return kept // and the value needn't be got
	}
	kept = a.allow(kept[:0], possible, subject)
	if a.free != nil {
		from := possible[:len(a.free)]
		for i, w := range a.free {
			from[i] &= w
		}
	} else {
		for _, w := range a.asks {
			possible[w.at] &^= w.bits
		}
	}
	for _, w := range kept {
		possible[w.at] |= w.bits
	}
	return kept
}

func (s sparse) meets(possible []uint64) bool {
	for _, w := range s {
		if possible[w.at]&w.bits != 0 {
			return true
		}
	}
	return false
}

func (s sparse) keep(kept []word, possible []uint64) []word {
	for _, w := range s {
		if b := possible[w.at] & w.bits; b != 0 {
			kept = append(kept, word{w.at, b})
		}
	}
	return kept
}

// allow appends the possible slots that are filed under the subject's value.
func (a *axis[S]) allow(kept []word, possible []uint64, subject S) []word {
	set := false
	switch v := a.get; {
	case v.Text != nil:
		s := v.Text(subject)
		if set = s != ""; set {
			kept = a.text[s].keep(kept, possible)
		}
	case v.Texts != nil:
		for _, s := range v.Texts(subject) {
			set = true
			kept = a.text[s].keep(kept, possible)
		}
	case v.Number != nil:
		n, ok := v.Number(subject)
		if set = ok; set {
			kept = a.num[n].keep(kept, possible)
		}
	case v.Bool != nil:
		on, ok := v.Bool(subject)
		if set = ok; set && on {
			kept = a.bool[1].keep(kept, possible)
		} else if set {
			kept = a.bool[0].keep(kept, possible)
		}
	case v.Time != nil:
		set = !v.Time(subject).IsZero()
	}
	if set {
		return a.some.keep(kept, possible)
	}
	return a.none.keep(kept, possible)
}
