package condition

import (
	"cmp"
	"slices"
)

// Never says that the condition can't be true, where its needs show it. Only where they
// do: that it isn't said means nothing.
func (c *Condition[S]) Never() bool { return c.facts.never }

// Always says that the condition can't be false, where the needs of its opposite show
// it.
func (c *Condition[S]) Always() bool { return c.always }

// Excludes says that the two can't be true of one subject at one moment, where their
// needs show it.
func (c *Condition[S]) Excludes(d *Condition[S]) bool {
	for _, a := range c.facts.needs {
		for _, b := range d.facts.needs {
			if a.Name == b.Name && !meet(a, b, c.env.single(a.Name)) {
				return true
			}
		}
	}
	return c.Never() || d.Never()
}

// Covers says that the condition is true whenever the other one is, where their needs
// show it.
func (c *Condition[S]) Covers(d *Condition[S]) bool {
	if !c.facts.exact {
		return c.Always() || d.Never()
	}
	for _, n := range c.facts.needs {
		if !slices.ContainsFunc(d.facts.needs, func(m Need) bool { return m.Name == n.Name && implies(m, n) }) {
			return d.Never()
		}
	}
	return true
}

// single says that a name has one value, and isn't a list.
func (e *Env[S]) single(name string) bool { return e.vars[name].typ() != Texts }

// settled are facts with what they have in common, of which it is known whether they can
// hold together.
func (f facts) settled(single func(name string) bool) facts {
	f = f.narrow(single)
	for i, a := range f.needs {
		if f.never = f.never || !meet(a, a, single(a.Name)); f.never {
			break
		}
		for _, b := range f.needs[i+1:] {
			if a.Name == b.Name && !meet(a, b, single(a.Name)) {
				f.never = true
				return f
			}
		}
	}
	return f
}

// meet says whether two needs of one name can hold together.
func meet(a, b Need, single bool) bool {
	switch {
	case a.Values == nil && b.Values == nil:
		return overlap(a, b)
	case a.Values == nil:
		return meet(b, a, single)
	case b.Values == nil:
		return slices.ContainsFunc(a.Values, func(v Value) bool { return v.Param != "" || v.Type == Number && b.holds(v.Number) })
	}
	for _, v := range a.Values {
		for _, w := range b.Values {
			if v == w || v.Unset == w.Unset && (!single || v.Param != "" || w.Param != "") {
				return true
			}
		}
	}
	return false
}

// holds says whether a number is in the range, which is one of numbers or of times.
func (n Need) holds(x float64) bool {
	at := &Bound{Number: x}
	return !beyond(n.From, at) && !beyond(at, n.To)
}

// overlap says whether two ranges have something in common, as far as is known.
func overlap(a, b Need) bool {
	return !beyond(a.From, b.To) && !beyond(b.From, a.To) && !beyond(a.From, a.To) && !beyond(b.From, b.To)
}

// beyond says that a range that begins at from has nothing below to.
func beyond(from, to *Bound) bool {
	if from == nil || to == nil {
		return false
	}
	d, known := from.compare(to)
	return known && (d > 0 || d == 0 && (from.Exclusive || to.Exclusive))
}

// compare says which bound is the higher one. Those of different parameters aren't
// known.
func (b *Bound) compare(c *Bound) (d int, known bool) {
	if b.Param != c.Param {
		return 0, false
	}
	return cmp.Or(cmp.Compare(b.Offset, c.Offset), b.Time.Compare(c.Time), cmp.Compare(b.Number, c.Number)), true
}

// implies says that a need holds whenever another one of its name does.
func implies(m, n Need) bool {
	switch {
	case n.Values != nil:
		return m.Values != nil && !slices.ContainsFunc(m.Values, func(v Value) bool { return !slices.Contains(n.Values, v) })
	case m.Values != nil:
		return !slices.ContainsFunc(m.Values, func(v Value) bool { return v.Type != Number || !n.holds(v.Number) })
	}
	return inside(n.From, m.From, 1) && inside(n.To, m.To, -1)
}

// inside says that an end of a range is within that of a wider one.
func inside(wide, narrow *Bound, sign int) bool {
	if wide == nil || narrow == nil {
		return wide == nil
	}
	d, known := narrow.compare(wide)
	d *= sign
	return known && (d > 0 || d == 0 && (narrow.Exclusive || !wide.Exclusive))
}
