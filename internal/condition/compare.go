package condition

import (
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

func (c *compiler[S]) sides(n *ast.BinaryNode, depth int) (l, r operand[S], err error) {
	if l, err = c.operand(n.Left, depth+1); err != nil {
		return l, r, err
	}
	r, err = c.operand(n.Right, depth+1)
	return l, r, err
}

func (c *compiler[S]) comparison(n *ast.BinaryNode, depth int) (out clause[S], err error) {
	l, r, err := c.sides(n, depth)
	if err != nil {
		return out, err
	}
	op := n.Operator
	if r.stored() && !l.stored() || l.con && !r.con { // the name first
		l, r, op = r, l, flipped(op)
	}
	equality := op == "==" || op == "!="
	switch {
	case equality && (l.typ == null || r.typ == null):
		if l.typ == null {
			l = r
		}
		out, err = c.unset(n, l)
	case l.typ == null || r.typ == null:
		return out, c.refuse(n, []string{"==", "!="}, "nothing is below or above nil")
	case l.typ != r.typ || l.typ == Texts || l.typ == list:
		return out, c.mismatch(n, l, r)
	case equality:
		out, err = c.equal(l, r)
	case l.typ == Bool:
		return out, c.refuse(n, []string{"==", "!="}, "true and false aren't below or above each other")
	default:
		return c.order(n, op, l, r)
	}
	if err == nil && op == "!=" {
		out = out.negated()
	}
	return out, err
}

// stored says whether an operand is nothing but a name of the subject's.
func (o operand[S]) stored() bool { return o.name != nil && !o.name.Param }

func (c *compiler[S]) mismatch(n *ast.BinaryNode, l, r operand[S]) error {
	if l.typ == Texts || r.typ == Texts {
		return c.refuse(n, operators(Texts), "a list isn't compared as a whole")
	}
	if l.typ == list || r.typ == list {
		return c.refuse(n, []string{"in", "not in"}, "a list of values stands behind in")
	}
	return c.errorf(n, "%s can't be compared with %s", l.typ, r.typ)
}

// unset asks whether a value isn't there.
func (c *compiler[S]) unset(n ast.Node, o operand[S]) (out clause[S], err error) {
	switch o.typ {
	case Text:
		get := o.text
		out.match = func(s S) bool { return get(s) == "" }
	case Number:
		get := o.number
		out.match = func(s S) bool { _, set := get(s); return !set }
	case Bool:
		get := o.bool
		out.match = func(s S) bool { _, set := get(s); return !set }
	case Time:
		get := o.time
		out.match = func(s S) bool { return get(s).IsZero() }
	case Texts:
		get := o.texts
		out.match = func(s S) bool { return len(get(s)) == 0 }
	case duration:
		get := o.dur
		out.match = func(s S) bool { _, set := get(s); return !set }
	default:
		return out, c.errorf(n, "%s is never nil, or always", o.typ)
	}
	if o.stored() {
		out.yes = known(Need{Name: o.name.Name, Values: []Value{{Unset: true}}})
		if o.typ == Text {
			out.no = o.name.rest(nil, true)
		}
	}
	return out, nil
}

// maxRest is how many values a text may have for an index to know those that remain
// when it isn't one: where there are more, they tell little.
const maxRest = 50

// rest are the values that a text has if it has none of some.
func (v *Var[S]) rest(but []Value, set bool) facts {
	if v.Values == nil || len(v.Values) > maxRest || !plain(but) {
		return facts{}
	}
	n := Need{Name: v.Name, Values: []Value{}}
	if !set {
		n.Values = append(n.Values, Value{Unset: true})
	}
	for _, s := range v.Values {
		if x := (Value{Type: Text, Text: v.fold(s)}); !slices.Contains(but, x) {
			n.Values = append(n.Values, x)
		}
	}
	return known(n)
}

// value tells an operand that a name is compared with, if it can be told.
func (c *compiler[S]) value(name *Var[S], o operand[S]) (v Value, ok bool) {
	var none S
	switch {
	case name == nil || name.Param:
	case o.name != nil && o.name.Param && o.typ != Time:
		c.clean[o.name.Name]++
		return Value{Param: o.name.Name}, true
	case !o.con:
	case o.typ == Text:
		v = Value{Type: Text, Text: name.fold(o.text(none))}
		return v, v.Text != ""
	case o.typ == Number:
		v.Type = Number
		v.Number, ok = o.number(none)
		return v, ok
	case o.typ == Bool:
		v.Type = Bool
		v.Bool, ok = o.bool(none)
		return v, ok
	}
	return v, false
}

// literal checks a text against those that there are, and folds it.
func (c *compiler[S]) literal(name *Var[S], o operand[S]) (operand[S], error) {
	if name == nil || !o.con || o.typ != Text {
		return o, nil
	}
	var none S
	s := name.fold(o.text(none))
	if name.Values != nil && !slices.ContainsFunc(name.Values, func(v string) bool { return name.fold(v) == s }) {
		allowed := name.Values
		if len(allowed) > 20 {
			allowed = near(s, name.Values)
		}
		return o, c.refuse(o.node, allowed, "%s is never %q", name.Name, s)
	}
	folded := textOf[S](s)
	folded.node = o.node
	return folded, nil
}

func (c *compiler[S]) equal(l, r operand[S]) (out clause[S], err error) {
	if r, err = c.literal(l.name, r); err != nil {
		return out, err
	}
	v, told := c.value(l.name, r)
	if told {
		out.yes = known(Need{Name: l.name.Name, Values: []Value{v}})
		if l.typ == Text {
			out.no = l.name.rest([]Value{v}, false)
		}
	}
	switch l.typ {
	case Text:
		get, other := l.text, r.text
		if s := v.Text; told && v.Type == Text {
			out.match = func(x S) bool { return get(x) == s }
			break
		}
		out.match = func(x S) bool { a := get(x); return a != "" && a == other(x) }
	case Number:
		out.match = same(l.number, r.number)
	case Bool:
		out.match = same(l.bool, r.bool)
		if told {
			out.no = known(Need{Name: l.name.Name, Values: []Value{{Type: Bool, Bool: !v.Bool}, {Unset: true}}})
		}
	case duration:
		out.match = same(l.dur, r.dur)
	case Time:
		get, other := l.time, r.time
		out.match = func(x S) bool { a := get(x); return !a.IsZero() && a.Equal(other(x)) }
	}
	return out, nil
}

func same[S any, T comparable](a, b func(S) (T, bool)) func(S) bool {
	return func(s S) bool {
		x, ok := a(s)
		if !ok {
			return false
		}
		y, ok := b(s)
		return ok && x == y
	}
}

// order is one of < <= > >=.
func (c *compiler[S]) order(n *ast.BinaryNode, op string, l, r operand[S]) (out clause[S], err error) {
	if l.name != nil && l.name.Ranked {
		return c.rank(n, op, l, r)
	}
	switch l.typ {
	case Text:
		a, b := l.text, r.text
		out.match = func(s S) bool { x, y := a(s), b(s); return x != "" && y != "" && ordered(op, x, y) }
		return out, nil
	case Number:
		if out.match = compared(op, l.number, r.number); r.con {
			out.match = within(op, l.number, r.number)
		}
		if v, told := c.value(l.name, r); told && v.Param == "" {
			out.yes = known(ranged(l.name.Name, op, Bound{Number: v.Number}))
		}
		return out, nil
	case Time:
		a, b := l.time, r.time
		out.match = func(s S) bool {
			x, y := a(s), b(s)
			return !x.IsZero() && !y.IsZero() && ordered(op, x.Compare(y), 0)
		}
	case duration:
		out.match = compared(op, l.dur, r.dur)
	}
	if sum := l.lin.plus(r.lin, -1); sum != nil {
		need, param, ok := sum.timeRange(op)
		if !ok {
			return out, nil
		}
		out.yes = facts{needs: []Need{need}, exact: !sum.lossy}
		if param != "" {
			c.clean[param]++
		}
	}
	return out, nil
}

func compared[S any, T float64 | time.Duration](op string, a, b func(S) (T, bool)) func(S) bool {
	return func(s S) bool {
		x, ok := a(s)
		if !ok {
			return false
		}
		y, ok := b(s)
		return ok && ordered(op, x, y)
	}
}

// within is a number beside a constant, as a range that holds its ends.
func within[S any](op string, get, con func(S) (float64, bool)) func(S) bool {
	var none S
	y, ok := con(none)
	if !ok {
		return func(S) bool { return false }
	}
	from, to := math.Inf(-1), math.Inf(1)
	switch op {
	case "<":
		to = math.Nextafter(y, from)
	case "<=":
		to = y
	case ">":
		from = math.Nextafter(y, to)
	case ">=":
		from = y
	}
	return func(s S) bool { x, ok := get(s); return ok && from <= x && x <= to }
}

// rank compares by the order of a name's values, which makes it a set of them.
func (c *compiler[S]) rank(n *ast.BinaryNode, op string, l, r operand[S]) (out clause[S], err error) {
	if !r.con {
		return out, c.errorf(n, "%s is below or above a literal only", l.name.Name)
	}
	if r, err = c.literal(l.name, r); err != nil {
		return out, err
	}
	var none S
	values := make([]string, len(l.name.Values))
	for i, v := range l.name.Values {
		values[i] = l.name.fold(v)
	}
	at := slices.Index(values, r.text(none))
	var items []operand[S]
	for i, v := range values {
		if ordered(op, i, at) {
			items = append(items, textOf[S](v))
		}
	}
	return c.among(l, items), nil
}

func (c *compiler[S]) in(n *ast.BinaryNode, depth int) (out clause[S], err error) {
	l, r, err := c.sides(n, depth)
	switch {
	case err != nil:
		return out, err
	case r.typ == list && l.typ != r.items[0].typ:
		return out, c.errorf(n, "%s isn't in a list of %s", l.typ, r.items[0].typ)
	case r.typ == list:
		for i, item := range r.items {
			if r.items[i], err = c.literal(l.name, item); err != nil {
				return out, err
			}
		}
		return c.among(l, r.items), nil
	case r.typ != Texts:
		return out, c.refuse(n.Right, nil, "behind in stands a list, not %s", r.typ)
	case l.typ != Text:
		return out, c.errorf(n.Left, "a list of text doesn't hold %s", l.typ)
	}
	if l, err = c.literal(r.name, l); err != nil {
		return out, err
	}
	if v, told := c.value(r.name, l); told {
		out.yes = known(Need{Name: r.name.Name, Values: []Value{v}})
	}
	one, many := l.text, r.texts
	out.match = func(s S) bool { x := one(s); return x != "" && slices.Contains(many(s), x) }
	return out, nil
}

// among is whether a value is one of several.
func (c *compiler[S]) among(l operand[S], items []operand[S]) (out clause[S]) {
	all, told := []Value{}, true
	for _, item := range items {
		v, ok := c.value(l.name, item)
		told = told && ok
		if ok && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	if told && l.stored() {
		out.yes = known(Need{Name: l.name.Name, Values: all})
		if l.typ == Text {
			out.no = l.name.rest(all, false)
		}
	}
	if l.typ == Number {
		var ms []func(S) bool
		for _, item := range items {
			ms = append(ms, same(l.number, item.number))
		}
		out.match = anyOf(ms)
		return out
	}
	out.match = oneOf(l.text, items)
	return out
}

func oneOf[S any](get func(S) string, items []operand[S]) func(S) bool {
	var none S
	fixed, others := map[string]bool{}, []func(S) string{}
	for _, item := range items {
		if item.con {
			fixed[item.text(none)] = true
		} else {
			others = append(others, item.text)
		}
	}
	delete(fixed, "")
	return func(s S) bool {
		x := get(s)
		if x == "" {
			return false
		}
		return fixed[x] || slices.ContainsFunc(others, func(o func(S) string) bool { return o(s) == x })
	}
}

func anyOf[S any](ms []func(S) bool) func(S) bool {
	return func(s S) bool { return slices.ContainsFunc(ms, func(m func(S) bool) bool { return m(s) }) }
}

// part is contains, startsWith or endsWith.
func (c *compiler[S]) part(n *ast.BinaryNode, depth int) (out clause[S], err error) {
	l, r, err := c.sides(n, depth)
	switch {
	case err != nil:
		return out, err
	case l.typ == Texts:
		return out, c.errorf(n, `whether a list holds something is asked as "…" in %s`, l.name.Name)
	case r.typ == null || l.typ == null:
		return out, c.errorf(n, "%s needs a text that isn't empty", n.Operator)
	case l.typ != Text || r.typ != Text:
		return out, c.errorf(n, "%s goes with texts, not with %s and %s", n.Operator, l.typ, r.typ)
	}
	has := map[string]func(string, string) bool{"contains": strings.Contains, "startsWith": strings.HasPrefix, "endsWith": strings.HasSuffix}[n.Operator]
	a, b, name := l.text, r.text, l.name
	if r.con {
		var none S
		sub := name.fold(r.text(none))
		out.match = func(s S) bool { x := a(s); return x != "" && has(x, sub) }
		if n.Operator == "contains" { // the usual one: a function that is known is called faster
			out.match = func(s S) bool { x := a(s); return x != "" && strings.Contains(x, sub) }
		}
		return out, nil
	}
	out.match = func(s S) bool { x, y := a(s), b(s); return x != "" && y != "" && has(x, y) }
	return out, nil
}

// matches takes literal patterns of bounded size: Go's take time in proportion to
// text times pattern, and no more.
func (c *compiler[S]) matches(n *ast.BinaryNode, depth int) (out clause[S], err error) {
	l, err := c.operand(n.Left, depth+1)
	if err != nil {
		return out, err
	}
	pattern, literal := n.Right.(*ast.StringNode)
	switch {
	case l.typ != Text:
		return out, c.errorf(n, "matches goes with text, not with %s", l.typ)
	case !literal:
		return out, c.errorf(n.Right, "matches needs a literal pattern")
	case utf8.RuneCountInString(pattern.Value) > MaxPattern:
		return out, c.errorf(n.Right, "a pattern has at most %d characters", MaxPattern)
	}
	parsed, err := syntax.Parse(pattern.Value, syntax.Perl)
	if err != nil {
		return out, c.errorf(n.Right, "%s", err.Error())
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return out, c.errorf(n.Right, "%s", err.Error())
	}
	if c.insts += len(program.Inst); c.insts > maxProgram {
		return out, c.errorf(n.Right, "the patterns of the condition repeat too much")
	}
	re, err := regexp.Compile(pattern.Value)
	if err != nil {
		return out, c.errorf(n.Right, "%s", err.Error())
	}
	get := l.text
	out.match = func(s S) bool { x := get(s); return x != "" && re.MatchString(start(x)) }
	return out, nil
}

// start is what patterns look at of a text.
func start(s string) string {
	if len(s) <= MaxMatched {
		return s
	}
	n := MaxMatched
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
