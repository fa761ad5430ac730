package condition

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Need is something that must hold of one name for a condition to be true: either
// it has (a list: it holds) one of Values, or it lies from From to To.
type Need struct {
	Name     string
	Values   []Value // none, with no bound either: it can't be true
	From, To *Bound  // nil: no bound on this side
}

// Value is what a name is compared with: text, a number, a truth value, a
// parameter by its name, or that it isn't set.
type Value struct {
	Text   string
	Number float64
	Bool   bool
	Param  string
	Type   Type // of the three; 0: Param or Unset
	Unset  bool
}

// Bound is an end of a range of a time or a number. Where Param is set, it is the
// parameter of that name plus Offset.
type Bound struct {
	Time      time.Time
	Number    float64
	Param     string
	Offset    time.Duration
	Exclusive bool // the bound itself is outside
}

// At returns the moment of a bound of times, where param is the value of its
// parameter.
func (b *Bound) At(param time.Time) time.Time {
	if b.Param == "" {
		return b.Time
	}
	return param.Add(b.Offset)
}

// facts are needs; exact says that they are all that a clause asks for, never that they
// can't hold together.
type facts struct {
	needs        []Need
	exact, never bool
}

func known(n Need) facts { return facts{needs: []Need{n}, exact: true} }

// both are the facts of two clauses that hold together.
func both(a, b facts) facts {
	out := facts{slices.Clone(a.needs), a.exact && b.exact, a.never || b.never}
	for _, n := range b.needs {
		out.add(n)
	}
	return out
}

// add joins a range with one of the same name that is open on the other side.
func (f *facts) add(n Need) {
	for i, have := range f.needs {
		if have.Name != n.Name || have.Values != nil || n.Values != nil {
			continue
		}
		if have.From == nil && n.To == nil {
			f.needs[i].From = n.From
			return
		}
		if have.To == nil && n.From == nil {
			f.needs[i].To = n.To
			return
		}
	}
	f.needs = append(f.needs, n)
}

// either are the facts of two clauses of which one holds. What both need of a name
// remains; what can't be true doesn't count.
func either(a, b facts) (out facts) {
	switch {
	case a.never:
		return b
	case b.never:
		return a
	}
	for _, x := range a.needs {
		for _, y := range b.needs {
			if x.Name != y.Name || x.Values == nil || y.Values == nil {
				continue
			}
			n := Need{Name: x.Name, Values: slices.Clone(x.Values)}
			for _, v := range y.Values {
				if !slices.Contains(n.Values, v) {
					n.Values = append(n.Values, v)
				}
			}
			out.needs = append(out.needs, n)
			break
		}
	}
	out.exact = a.exact && b.exact && len(a.needs) == 1 && len(b.needs) == 1 && len(out.needs) == 1
	return out
}

// without leaves out needs of some names: what isn't the subject's own is in no index.
func (f facts) without(out func(name string) bool) facts {
	kept := slices.DeleteFunc(slices.Clone(f.needs), func(n Need) bool { return out(n.Name) })
	return facts{kept, f.exact && len(kept) == len(f.needs), f.never}
}

// narrow replaces needs of one text by what they have in common.
func (f facts) narrow(single func(name string) bool) facts {
	if len(f.needs) < 2 {
		return f
	}
	var out []Need
	for _, n := range f.needs {
		i := slices.IndexFunc(out, func(have Need) bool {
			return have.Name == n.Name && have.Values != nil && n.Values != nil && single(n.Name) && plain(have.Values) && plain(n.Values)
		})
		if i < 0 {
			out = append(out, n)
			continue
		}
		common := []Value{}
		for _, v := range out[i].Values {
			if slices.Contains(n.Values, v) {
				common = append(common, v)
			}
		}
		out[i].Values = common
	}
	return facts{out, f.exact, f.never}
}

// plain says that no parameter is among values, which could be any of the others.
func plain(vs []Value) bool {
	return !slices.ContainsFunc(vs, func(v Value) bool { return v.Param != "" })
}

// linear is a sum of times: those of names, and nanoseconds, counted from 1970
// where a constant time is among them.
type linear struct {
	terms []term
	ns    int64
	lossy bool // a name cancelled out, which must be set all the same
}

type term struct {
	name  string
	param bool
	k     int64
}

func (l *linear) plus(o *linear, sign int64) *linear {
	if l == nil || o == nil {
		return nil
	}
	if math.Abs(float64(l.ns)+float64(sign)*float64(o.ns)) > 1<<62 {
		return nil
	}
	out := &linear{terms: slices.Clone(l.terms), ns: l.ns + sign*o.ns, lossy: l.lossy || o.lossy}
	for _, t := range o.terms {
		i := slices.IndexFunc(out.terms, func(have term) bool { return have.name == t.name })
		if i < 0 {
			out.terms = append(out.terms, term{t.name, t.param, sign * t.k})
		} else {
			out.terms[i].k += sign * t.k
		}
	}
	before := len(out.terms)
	out.terms = slices.DeleteFunc(out.terms, func(t term) bool { return t.k == 0 })
	out.lossy = out.lossy || len(out.terms) < before
	return out
}

// timeRange reads l op 0 as a range of one name, if it is that; param is the
// parameter that it is relative to, "" if none.
func (l *linear) timeRange(op string) (n Need, param string, ok bool) {
	var stored, asked term
	for _, t := range l.terms {
		at := &stored
		if t.param {
			at = &asked
		}
		if at.k != 0 {
			return n, "", false
		}
		*at = t
	}
	if stored.k*stored.k != 1 || asked.k != 0 && asked.k != -stored.k {
		return n, "", false
	}
	b := Bound{Param: asked.name, Offset: time.Duration(-stored.k * l.ns)}
	if asked.name == "" {
		b.Time, b.Offset = time.Unix(0, -stored.k*l.ns).UTC(), 0
	}
	if stored.k < 0 {
		op = flipped(op)
	}
	return ranged(stored.name, op, b), asked.name, true
}

func ranged(name, op string, b Bound) Need {
	n := Need{Name: name}
	b.Exclusive = op == "<" || op == ">"
	if op == "<" || op == "<=" {
		n.To = &b
	} else {
		n.From = &b
	}
	return n
}

func flipped(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

// ordered is a op b.
func ordered[T cmp.Ordered](op string, a, b T) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}
