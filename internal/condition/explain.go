package condition

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// The limits of what an explanation shows of a value.
const (
	maxShown = 200 // characters of a text
	maxItems = 20  // of a list
)

// Part is a part of a condition and what became of it. It is a single comparison, or
// Join says how its Parts are joined: "and", "or", or "not" in front of one.
type Part struct {
	Source string    `json:"source"` // as written
	Join   string    `json:"join,omitempty"`
	True   bool      `json:"true"`
	Parts  []Part    `json:"parts,omitempty"`
	Values []Reading `json:"values,omitempty"` // of the names in a single comparison
}

// Reading is the value that a name had. A time is written as RFC 3339 has it, a list
// with commas; texts above 200 characters and lists above 20 items are cut, with … at
// the end.
type Reading struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	Set  bool   `json:"set"`
	Text string `json:"text,omitempty"`
}

// MarshalText gives the type one word: text, number, bool, time, list.
func (t Type) MarshalText() ([]byte, error) {
	return []byte([...]string{"", "text", "number", "bool", "time", "list", "duration", "list", "nil"}[t]), nil
}

// Explain says what became of each part of the condition with a subject; the whole is
// true if and only if Match is. All parts are looked at, also those that Match doesn't
// need. It compiles the condition again, and shows what the subject holds: only to
// those who may see it.
func (c *Condition[S]) Explain(subject S) Part {
	tree, err := parsed(c.source)
	if err != nil {
		return Part{Source: c.source} // it was compiled, so this doesn't happen
	}
	tokens, err := lexer.Lex(file.NewSource(c.source))
	if err != nil {
		return Part{Source: c.source} // likewise
	}
	x := explainer[S]{compiler: c.env.compiler(c.source), subject: subject, source: []rune(c.source)}
	x.tokens = tokens[:len(tokens)-1] // without the end
	x.pair()
	return x.part(tree, 0, len(x.tokens))
}

// explainer takes a condition apart. What stands where is told by tokens, as syntax
// trees forget brackets.
type explainer[S any] struct {
	compiler *compiler[S]
	subject  S
	source   []rune
	tokens   []lexer.Token
	partner  []int // of a round bracket: where the other one stands
}

// pair finds what bracket closes which. All do, as the condition could be read.
func (x *explainer[S]) pair() {
	x.partner = make([]int, len(x.tokens))
	var open []int
	for i, t := range x.tokens {
		x.partner[i] = -1
		switch {
		case t.Is(lexer.Bracket, "("):
			open = append(open, i)
		case t.Is(lexer.Bracket, ")") && len(open) > 0:
			j := open[len(open)-1]
			open, x.partner[i], x.partner[j] = open[:len(open)-1], j, i
		}
	}
}

// part explains what the tokens from lo to hi say.
func (x *explainer[S]) part(n ast.Node, lo, hi int) Part {
	lo, hi = x.bare(lo, hi)
	out := Part{Source: string(x.source[x.tokens[lo].From:x.tokens[hi-1].To])}
	switch n := n.(type) {
	case *ast.BinaryNode:
		if isJunction(n.Operator) && x.chain(&out, n, lo, hi) {
			return out
		}
	case *ast.UnaryNode:
		if at := n.Location().From; at == x.tokens[lo].From && (n.Operator == "not" || n.Operator == "!") {
			inner := x.part(n.Node, lo+1, hi)
			out.Join, out.True, out.Parts = "not", !inner.True, []Part{inner}
			return out
		}
	}
	if c, err := x.compiler.clause(n, 0); err == nil {
		out.True = c.match(x.subject)
	}
	out.Values = x.readings(x.tokens[lo:hi])
	return out
}

// chain explains the parts of a chain, unless it is a comparison like 1 < x < 5.
func (x *explainer[S]) chain(out *Part, n *ast.BinaryNode, lo, hi int) bool {
	parts, ops := spine(n)
	bounds := []int{lo - 1}
	for _, op := range ops {
		at, there := slices.BinarySearchFunc(x.tokens, op.Location().From, func(t lexer.Token, from int) int { return t.From - from })
		if !there || !isJunction(x.tokens[at].Value) {
			return false
		}
		bounds = append(bounds, at)
	}
	bounds = append(bounds, hi)
	and := isAnd(n.Operator)
	if out.Join, out.True = "or", false; and {
		out.Join, out.True = "and", true
	}
	for i, p := range parts {
		inner := x.part(p, bounds[i]+1, bounds[i+1])
		if inner.True != and {
			out.True = !and
		}
		out.Parts = append(out.Parts, inner)
	}
	return true
}

// bare takes off brackets around a part, and those of which it has only one side.
func (x *explainer[S]) bare(lo, hi int) (int, int) {
	for {
		first, last := x.partner[lo], x.partner[hi-1]
		switch {
		case first == hi-1 && first > lo:
			lo, hi = lo+1, hi-1
		case first >= hi:
			lo++
		case last >= 0 && last < lo:
			hi--
		default:
			return lo, hi
		}
	}
}

// readings are the values of the names that stand among tokens, in order.
func (x *explainer[S]) readings(tokens []lexer.Token) (out []Reading) {
	for i := 0; i < len(tokens); i++ {
		name := tokens[i].Value
		if !tokens[i].Is(lexer.Identifier) {
			continue
		}
		if i+2 < len(tokens) && tokens[i+1].Is(lexer.Operator, ".") {
			name, i = name+"."+tokens[i+2].Value, i+2
		}
		v := x.compiler.env.vars[name]
		if v != nil && !slices.ContainsFunc(out, func(r Reading) bool { return r.Name == name }) {
			out = append(out, v.read(x.subject))
		}
	}
	return out
}

// read is the value of a name.
func (v *Var[S]) read(s S) Reading {
	out := Reading{Name: v.Name, Type: v.typ()}
	switch {
	case v.Text != nil:
		out.Text = v.Text(s)
		out.Set = out.Text != ""
	case v.Number != nil:
		var n float64
		if n, out.Set = v.Number(s); out.Set {
			out.Text = strconv.FormatFloat(n, 'g', -1, 64)
		}
	case v.Bool != nil:
		var on bool
		if on, out.Set = v.Bool(s); out.Set {
			out.Text = strconv.FormatBool(on)
		}
	case v.Time != nil:
		if t := v.Time(s); !t.IsZero() {
			out.Set, out.Text = true, t.UTC().Format(time.RFC3339Nano)
		}
	case v.Texts != nil:
		items := v.Texts(s)
		out.Set = len(items) > 0
		out.Text = strings.Join(items[:min(len(items), maxItems)], ", ")
		if len(items) > maxItems {
			out.Text += ", …"
		}
	}
	out.Text = clipped(out.Text, maxShown)
	return out
}
