package condition

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

// operand is a part that has a value: the function of its type is set.
type operand[S any] struct {
	typ    Type
	node   ast.Node
	name   *Var[S] // where it is nothing but a name
	con    bool    // a literal, or computed from literals
	text   func(S) string
	number func(S) (float64, bool)
	bool   func(S) (bool, bool)
	time   func(S) time.Time
	texts  func(S) []string
	dur    func(S) (time.Duration, bool)
	items  []operand[S] // of a literal list
	lin    *linear      // of times and durations, where it is one
}

// maxSpan bounds literal durations, so that sums of them stay in range.
const maxSpan = 100 * 365 * 24 * time.Hour

func textOf[S any](s string) operand[S] {
	return operand[S]{typ: Text, con: true, text: func(S) string { return s }}
}

func numberOf[S any](f float64) operand[S] {
	return operand[S]{typ: Number, con: true, number: func(S) (float64, bool) { return f, true }}
}

func durationOf[S any](d time.Duration) operand[S] {
	return operand[S]{typ: duration, con: true, dur: func(S) (time.Duration, bool) { return d, true }, lin: &linear{ns: int64(d)}}
}

func (c *compiler[S]) operand(n ast.Node, depth int) (operand[S], error) {
	o, err := c.valued(n, depth)
	o.node = n
	return o, err
}

func (c *compiler[S]) valued(n ast.Node, depth int) (o operand[S], err error) {
	if depth > MaxDepth {
		return o, c.errorf(n, "the condition is nested more than %d deep", MaxDepth)
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return operand[S]{typ: null, con: true}, nil
	case *ast.StringNode:
		if n.Value == "" {
			return operand[S]{typ: null, con: true}, nil
		}
		return textOf[S](n.Value), nil
	case *ast.IntegerNode:
		return numberOf[S](float64(n.Value)), nil
	case *ast.FloatNode:
		return numberOf[S](n.Value), nil
	case *ast.BoolNode:
		on := n.Value
		return operand[S]{typ: Bool, con: true, bool: func(S) (bool, bool) { return on, true }}, nil
	case *ast.IdentifierNode:
		return c.variable(n, n.Value)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.ArrayNode:
		return c.list(n, depth)
	case *ast.UnaryNode:
		return c.unary(n, depth)
	case *ast.BinaryNode:
		switch n.Operator {
		case "+", "-", "*", "/":
			return c.arithmetic(n, depth)
		}
		if _, known := comparing[n.Operator]; known {
			return o, c.errorf(n, "here is a comparison, where a value is needed")
		}
		return o, c.errorf(n, "the operator %s isn't allowed in conditions", n.Operator)
	case *ast.CallNode:
		if f, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(n, f.Value, n.Arguments, depth)
		}
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments, depth)
	}
	return o, c.errorf(n, "this isn't allowed in conditions: they know comparisons, and, or, not, + - * / and a few functions")
}

var comparing = map[string]bool{
	"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true, "in": true, "matches": true,
	"contains": true, "startsWith": true, "endsWith": true, "and": true, "&&": true, "or": true, "||": true,
}

func (c *compiler[S]) member(n *ast.MemberNode) (o operand[S], err error) {
	base, ok := n.Node.(*ast.IdentifierNode)
	prop, text := n.Property.(*ast.StringNode)
	if !ok || !text || n.Optional || n.Method {
		return o, c.errorf(n, "names look like ticket.status; nothing else has parts")
	}
	return c.variable(n, base.Value+"."+prop.Value)
}

func (c *compiler[S]) variable(n ast.Node, name string) (o operand[S], err error) {
	v := c.env.vars[name]
	if v == nil {
		return o, c.refuse(n, near(name, c.env.names), "there is no name %s", name)
	}
	c.uses[name]++
	c.last[name] = n
	o = operand[S]{typ: v.typ(), name: v, text: v.Text, number: v.Number, bool: v.Bool, time: v.Time, texts: v.Texts}
	if o.typ == Time {
		o.lin = &linear{terms: []term{{name, v.Param, 1}}}
	}
	return o, nil
}

func (c *compiler[S]) list(n *ast.ArrayNode, depth int) (o operand[S], err error) {
	o = operand[S]{typ: list}
	for _, item := range n.Nodes {
		x, err := c.operand(item, depth+1)
		if err != nil {
			return o, err
		}
		if x.typ != Text && x.typ != Number {
			return o, c.errorf(item, "a list holds texts or numbers, not %s", x.typ)
		}
		if len(o.items) > 0 && x.typ != o.items[0].typ {
			return o, c.errorf(item, "a list holds texts or numbers, not both")
		}
		o.items = append(o.items, x)
	}
	if len(o.items) == 0 {
		return o, c.errorf(n, "the list is empty")
	}
	return o, nil
}

func (c *compiler[S]) unary(n *ast.UnaryNode, depth int) (o operand[S], err error) {
	if n.Operator == "not" || n.Operator == "!" {
		return o, c.errorf(n, "not belongs to what stands next to it: write not (a == b), or a != b")
	}
	x, err := c.operand(n.Node, depth+1)
	switch {
	case err != nil:
		return o, err
	case x.typ == Number:
		if n.Operator == "+" {
			return x, nil
		}
		get := x.number
		return operand[S]{typ: Number, con: x.con, number: func(s S) (float64, bool) { f, ok := get(s); return -f, ok }}, nil
	case x.typ == duration && n.Operator == "-":
		get := x.dur
		return operand[S]{typ: duration, con: x.con, lin: (&linear{}).plus(x.lin, -1),
			dur: func(s S) (time.Duration, bool) { d, ok := get(s); return -d, ok && d != math.MinInt64 }}, nil
	}
	return o, c.errorf(n, "%s can't be before %s", n.Operator, x.typ)
}

// arithmetic is a sum, difference, product or quotient.
func (c *compiler[S]) arithmetic(n *ast.BinaryNode, depth int) (o operand[S], err error) {
	l, err := c.operand(n.Left, depth+1)
	if err != nil {
		return o, err
	}
	r, err := c.operand(n.Right, depth+1)
	if err != nil {
		return o, err
	}
	sign := int64(1)
	if n.Operator == "-" {
		sign = -1
	}
	switch op := n.Operator; {
	case l.typ == Number && r.typ == Number:
		return calculated(op, l, r), nil
	case op == "*" && l.typ == Number && r.typ == duration:
		return times(r, l), nil
	case op == "*" && l.typ == duration && r.typ == Number:
		return times(l, r), nil
	case op == "*" || op == "/":
	case l.typ == duration && r.typ == duration:
		a, b := l.dur, r.dur
		o = operand[S]{typ: duration, lin: l.lin.plus(r.lin, sign), dur: func(s S) (time.Duration, bool) {
			x, ok := a(s)
			y, ok2 := b(s)
			return addSpans(x, y, sign, ok && ok2)
		}}
		return o, nil
	case op == "-" && l.typ == Time && r.typ == Time:
		a, b := l.time, r.time
		return operand[S]{typ: duration, lin: l.lin.plus(r.lin, -1), dur: func(s S) (time.Duration, bool) {
			x, y := a(s), b(s)
			return x.Sub(y), !x.IsZero() && !y.IsZero()
		}}, nil
	case l.typ == Time && r.typ == duration:
		return moved(l, r, sign), nil
	case op == "+" && l.typ == duration && r.typ == Time:
		return moved(r, l, 1), nil
	}
	return o, c.errorf(n, "%s can't join %s and %s", n.Operator, l.typ, r.typ)
}

func calculated[S any](op string, l, r operand[S]) operand[S] {
	a, b := l.number, r.number
	return operand[S]{typ: Number, con: l.con && r.con, number: func(s S) (f float64, ok bool) {
		x, ok := a(s)
		y, ok2 := b(s)
		switch op {
		case "+":
			f = x + y
		case "-":
			f = x - y
		case "*":
			f = x * y
		case "/":
			f = x / y
		}
		return f, ok && ok2 && !math.IsNaN(f) && !math.IsInf(f, 0)
	}}
}

func times[S any](d, by operand[S]) operand[S] {
	a, b := d.dur, by.number
	product := func(s S) (time.Duration, bool) {
		x, ok := a(s)
		k, ok2 := b(s)
		f := float64(x) * k
		return time.Duration(f), ok && ok2 && math.Abs(f) < 1<<62
	}
	o := operand[S]{typ: duration, con: d.con && by.con, dur: product}
	if o.con {
		var none S
		if x, ok := product(none); ok && x.Abs() <= maxSpan {
			o.lin = &linear{ns: int64(x)}
		}
	}
	return o
}

func moved[S any](t, d operand[S], sign int64) operand[S] {
	at, by := t.time, d.dur
	return operand[S]{typ: Time, lin: t.lin.plus(d.lin, sign), time: func(s S) time.Time {
		x := at(s)
		y, ok := by(s)
		if x.IsZero() || !ok {
			return time.Time{}
		}
		return x.Add(time.Duration(sign) * y)
	}}
}

func addSpans(a, b time.Duration, sign int64, ok bool) (time.Duration, bool) {
	f := float64(a) + float64(sign)*float64(b)
	return a + time.Duration(sign)*b, ok && math.Abs(f) < 1<<62
}

// functions are those that conditions have.
var functions = []string{"lower", "upper", "trim", "len", "minutes", "hours", "days", "duration", "date"}

func (c *compiler[S]) call(n ast.Node, name string, args []ast.Node, depth int) (o operand[S], err error) {
	if len(args) != 1 {
		return o, c.refuse(n, functions, "%s(…) with %d arguments isn't allowed in conditions; functions have one", name, len(args))
	}
	x, err := c.operand(args[0], depth+1)
	if err != nil {
		return o, err
	}
	switch {
	case x.typ == null && (name == "duration" || name == "date"):
		return o, c.errorf(args[0], "%s needs a text", name)
	case name == "lower" && x.typ == Text:
		return mapped(x, strings.ToLower), nil
	case name == "upper" && x.typ == Text:
		return mapped(x, strings.ToUpper), nil
	case name == "trim" && x.typ == Text:
		return mapped(x, strings.TrimSpace), nil
	case name == "len" && x.typ == Text:
		get := x.text
		return operand[S]{typ: Number, con: x.con, number: func(s S) (float64, bool) { return float64(utf8.RuneCountInString(get(s))), true }}, nil
	case name == "len" && x.typ == Texts:
		get := x.texts
		return operand[S]{typ: Number, number: func(s S) (float64, bool) { return float64(len(get(s))), true }}, nil
	case name == "minutes", name == "hours", name == "days", name == "duration", name == "date":
		return c.moment(args[0], name, x)
	}
	for _, f := range functions {
		if f == name {
			return o, c.errorf(n, "%s can't be applied to %s", name, x.typ)
		}
	}
	return o, c.refuse(n, functions, "there is no function %s in conditions", name)
}

func mapped[S any](x operand[S], f func(string) string) operand[S] {
	get := x.text
	return operand[S]{typ: Text, con: x.con, text: func(s S) string { return f(get(s)) }}
}

// moment is a literal duration or time.
func (c *compiler[S]) moment(n ast.Node, name string, x operand[S]) (o operand[S], err error) {
	var none S
	unit := map[string]time.Duration{"minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}[name]
	switch {
	case unit > 0 && x.typ == Number && x.con:
		f, ok := x.number(none)
		if f *= float64(unit); !ok || math.Abs(f) > float64(maxSpan) {
			return o, c.errorf(n, "%s(…) is at most 100 years", name)
		}
		return durationOf[S](time.Duration(f)), nil
	case unit > 0 && x.typ == Number:
		return times(durationOf[S](unit), x), nil
	case name == "duration" && x.typ == Text && x.con:
		d, err := time.ParseDuration(x.text(none))
		if err != nil || d.Abs() > maxSpan {
			return o, c.errorf(n, "this isn't a duration of at most 100 years, as in duration(\"1h30m\")")
		}
		return durationOf[S](d), nil
	case name == "date" && x.typ == Text && x.con:
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, x.text(none)); err == nil && t.Year() >= 1840 && t.Year() < 2100 {
				t = t.UTC()
				return operand[S]{typ: Time, con: true, time: func(S) time.Time { return t }, lin: &linear{ns: t.UnixNano()}}, nil
			}
		}
		return o, c.errorf(n, "this isn't a date of the years 1840 to 2099, as in date(\"2026-11-24\") or date(\"2026-11-24T09:00:00Z\")")
	case unit > 0:
		return o, c.errorf(n, "%s needs a number", name)
	}
	return o, c.errorf(n, "%s needs a literal text", name)
}
