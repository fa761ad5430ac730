package condition

import (
	"cmp"
	"iter"
	"math"
	"math/bits"
	"slices"
)

// spans is one number by whose ranges conditions are told apart. It doesn't change, as an
// axis. Below its lowest value a range is ruled out, and so it is above its highest.
type spans[S any] struct {
	get  *Var[S]
	asks sparse // all slots that have a range here
	low  []edge // lowest values, in order
	high []edge // highest values, in order
	// Bitmaps of the slots of low from each step on, and of those of high before each
	// step: between steps slots are looked at one by one.
	lowOut, highOut [][]uint64
}

// edge is the lowest or the highest value that a condition in a slot may be true of.
type edge struct {
	at   float64
	slot int
}

const (
	stride = 64
	// fewSlots is how many conditions are tried rather than looked up.
	fewSlots = 16
)

func byValue(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), a.slot-b.slot) }

// ranges are the needs by which spans tell a condition apart.
func (c *Condition[S]) ranges() iter.Seq[Need] {
	return func(yield func(Need) bool) {
		for _, n := range c.facts.needs {
			fixed := func(b *Bound) bool { return b == nil || b.Param == "" }
			if n.Values == nil && c.env.vars[n.Name].Number != nil && fixed(n.From) && fixed(n.To) && !yield(n) {
				return
			}
		}
	}
}

// lowest and highest are the ends of a range as values that are inside.
func (n Need) lowest() (at float64, ok bool) {
	if n.From == nil {
		return 0, false
	}
	if n.From.Exclusive {
		return math.Nextafter(n.From.Number, math.Inf(1)), true
	}
	return n.From.Number, true
}

func (n Need) highest() (at float64, ok bool) {
	if n.To == nil {
		return 0, false
	}
	if n.To.Exclusive {
		return math.Nextafter(n.To.Number, math.Inf(-1)), true
	}
	return n.To.Number, true
}

// file puts in a range of a slot that is above all others; settle follows.
func (a *spans[S]) file(n Need, slot int) {
	a.asks.add(slot)
	if at, ok := n.lowest(); ok {
		a.low = append(a.low, edge{at, slot})
	}
	if at, ok := n.highest(); ok {
		a.high = append(a.high, edge{at, slot})
	}
}

// settle is called when all is filed.
func (a *spans[S]) settle() {
	slices.SortFunc(a.low, byValue)
	slices.SortFunc(a.high, byValue)
	a.steps()
}

func (a *spans[S]) steps() {
	words := 0
	if n := len(a.asks); n > 0 {
		words = a.asks[n-1].at + 1
	}
	a.lowOut = make([][]uint64, len(a.low)/stride+1)
	from := len(a.low)
	row := make([]uint64, words)
	for k := len(a.lowOut) - 1; k >= 0; k-- {
		for ; from > k*stride; from-- {
			set(row, a.low[from-1].slot)
		}
		a.lowOut[k] = slices.Clone(row)
	}
	a.highOut = make([][]uint64, len(a.high)/stride+1)
	to := 0
	clear(row)
	for k := range a.highOut {
		for ; to < k*stride; to++ {
			set(row, a.high[to].slot)
		}
		a.highOut[k] = slices.Clone(row)
	}
}

func set(row []uint64, slot int) { row[slot/64] |= 1 << (slot % 64) }

// with and without are the spans with the ranges of a slot put in, or taken out.
func (a *spans[S]) with(n Need, slot int) *spans[S] {
	out := &spans[S]{get: a.get, asks: a.asks.with(slot), low: a.low, high: a.high}
	put := func(es []edge, at float64, ok bool) []edge {
		if !ok {
			return es
		}
		e := edge{at, slot}
		i, _ := slices.BinarySearchFunc(es, e, byValue)
		return slices.Insert(slices.Clone(es), i, e)
	}
	at, ok := n.lowest()
	out.low = put(out.low, at, ok)
	at, ok = n.highest()
	out.high = put(out.high, at, ok)
	out.steps()
	return out
}

func (a *spans[S]) without(slot int) *spans[S] {
	of := func(e edge) bool { return e.slot == slot }
	out := &spans[S]{get: a.get, asks: a.asks.without(slot)}
	out.low, out.high = slices.DeleteFunc(slices.Clone(a.low), of), slices.DeleteFunc(slices.Clone(a.high), of)
	out.steps()
	return out
}

// narrow takes from the slots that are possible those whose range the subject's value is
// not in, unless few ask for it.
func (a *spans[S]) narrow(possible []uint64, subject S) {
	n := 0
	for _, w := range a.asks {
		if n += bits.OnesCount64(possible[w.at] & w.bits); n > fewSlots {
			break
		}
	}
	if n <= fewSlots {
		return
	}
	v, is := a.get.Number(subject)
	if !is {
		for _, w := range a.asks {
			possible[w.at] &^= w.bits
		}
		return
	}
	at := edge{at: v, slot: math.MaxInt}
	first, _ := slices.BinarySearchFunc(a.low, at, byValue) // from here on they begin above
	step := (first + stride - 1) / stride
	if step < len(a.lowOut) {
		drop(possible, a.lowOut[step])
	}
	dropEach(possible, a.low[first:min(step*stride, len(a.low))])
	at.slot = -1
	last, _ := slices.BinarySearchFunc(a.high, at, byValue) // before it they end below
	step = last / stride
	drop(possible, a.highOut[step])
	dropEach(possible, a.high[step*stride:last])
}

func drop(possible, out []uint64) {
	possible = possible[:len(out)]
	for i, w := range out {
		possible[i] &^= w
	}
}

func dropEach(possible []uint64, es []edge) {
	for _, e := range es {
		possible[e.slot/64] &^= 1 << (e.slot % 64)
	}
}
