package condition

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// The limits of a condition.
const (
	MaxSource  = 10_000 // characters
	MaxNodes   = 1_000  // names, literals and operators
	MaxDepth   = 50     // of what is inside of what; chains of and, of or count once
	MaxPattern = 255    // characters of a regular expression
	MaxMatched = 20_000 // bytes of a text that a regular expression looks at, from its start
	maxProgram = 500    // instructions of all regular expressions together
)

// Condition is a compiled expression. It doesn't change, and may be used by
// several goroutines.
type Condition[S any] struct {
	env    *Env[S]
	source string
	match  func(S) bool
	facts  facts
	always bool
	reads  []string
	loose  map[string]*Error
}

// Match says whether the condition is true of a subject. It has no errors, and
// ends.
func (c *Condition[S]) Match(subject S) bool { return c.match(subject) }

// Source returns the text that was compiled.
func (c *Condition[S]) Source() string { return c.source }

// Needs returns what must hold for the condition to be true. Whole says that
// nothing else is asked for: where all of it holds, the condition is true. The
// needs belong to the condition: don't change them.
func (c *Condition[S]) Needs() (needs []Need, whole bool) { return c.facts.needs, c.facts.exact }

// Reads returns the names in the condition, sorted.
func (c *Condition[S]) Reads() []string { return slices.Clone(c.reads) }

// Loose returns where a parameter is used other than compared with one name, by
// itself or, if it is a time, with a duration added; nil if it isn't.
func (c *Condition[S]) Loose(param string) *Error { return c.loose[param] }

// compiler turns a syntax tree into closures and facts.
type compiler[S any] struct {
	env    *Env[S]
	source string
	uses   map[string]int // of every name
	clean  map[string]int // uses of parameters that facts can tell
	last   map[string]ast.Node
	insts  int // of regular expressions
}

// clause is a part that is true or false: what it asks of the subject, and what
// holds when it is true, and when it isn't.
type clause[S any] struct {
	match   func(S) bool
	yes, no facts
}

// Compile checks a condition. What is wrong with it is an *Error.
func (e *Env[S]) Compile(source string) (*Condition[S], error) {
	if n := utf8.RuneCountInString(source); n > MaxSource {
		return nil, at(source, MaxSource, nil, "a condition has at most %d characters", MaxSource)
	}
	if !utf8.ValidString(source) {
		return nil, at(source, 0, nil, "the condition isn't valid UTF-8")
	}
	tree, err := parsed(source)
	if err != nil {
		return nil, unreadable(source, err)
	}
	c := e.compiler(source)
	top, err := c.clause(tree, 0)
	if err != nil {
		return nil, err
	}
	out := &Condition[S]{env: e, source: source, match: top.match, reads: slices.Sorted(maps.Keys(c.uses)), loose: map[string]*Error{}}
	out.facts, out.always = top.yes.settled(e.single), top.no.settled(e.single).never
	out.facts = out.facts.without(func(name string) bool { return e.vars[name].Param || e.vars[name].Apart })
	for name, n := range c.uses {
		if e.vars[name].Param && n > c.clean[name] {
			out.loose[name] = at(source, begin(c.last[name]), nil, "%s can only be compared with one stored value", name)
		}
	}
	return out, nil
}

func (e *Env[S]) compiler(source string) *compiler[S] {
	return &compiler[S]{env: e, source: source, uses: map[string]int{}, clean: map[string]int{}, last: map[string]ast.Node{}}
}

func parsed(source string) (ast.Node, error) {
	// conf.CreateNew lists all built-in functions, which only expr's compiler looks at.
	tree, err := parser.ParseWithConfig(source, &conf.Config{MaxNodes: MaxNodes})
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

func (c *compiler[S]) clause(n ast.Node, depth int) (clause[S], error) {
	if depth > MaxDepth {
		return clause[S]{}, c.errorf(n, "the condition is nested more than %d deep", MaxDepth)
	}
	switch n := n.(type) {
	case *ast.BoolNode:
		return constant[S](n.Value), nil
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return c.not(n, depth)
		}
	case *ast.BinaryNode:
		switch op := n.Operator; op {
		case "and", "&&", "or", "||":
			return c.chain(n, depth)
		case "==", "!=", "<", "<=", ">", ">=":
			return c.comparison(n, depth)
		case "in":
			return c.in(n, depth)
		case "contains", "startsWith", "endsWith":
			return c.part(n, depth)
		case "matches":
			return c.matches(n, depth)
		}
	case *ast.IdentifierNode, *ast.MemberNode:
		o, err := c.operand(n, depth)
		if err != nil {
			return clause[S]{}, err
		}
		if o.typ == Bool {
			return truth(o.name), nil
		}
		return clause[S]{}, c.refuse(n, operators(o.typ), "%s is %s: compare it with something", o.name.Name, o.typ)
	}
	o, err := c.operand(n, depth) // for the better error
	if err != nil {
		return clause[S]{}, err
	}
	return clause[S]{}, c.errorf(n, "here is %s, where a condition is needed, which is true or false", o.typ)
}

// operators are what a type can be compared by.
func operators(t Type) []string {
	switch t {
	case Text:
		return []string{"==", "!=", "in", "not in", "contains", "startsWith", "endsWith", "matches", "<", "<=", ">", ">="}
	case Texts:
		return []string{`"…" in`, `"…" not in`, "len", "== nil", "!= nil"}
	case Bool:
		return []string{"==", "!=", "and", "or", "not"}
	}
	return []string{"==", "!=", "<", "<=", ">", ">="}
}

func constant[S any](on bool) clause[S] {
	always, never := facts{exact: true}, facts{never: true}
	if on {
		return clause[S]{func(S) bool { return true }, always, never}
	}
	return clause[S]{func(S) bool { return false }, never, always}
}

// truth is a name that is true or false.
func truth[S any](v *Var[S]) clause[S] {
	get := v.Bool
	out := clause[S]{match: func(s S) bool { on, set := get(s); return on && set }}
	if !v.Param {
		out.yes = known(Need{Name: v.Name, Values: []Value{{Type: Bool, Bool: true}}})
		out.no = known(Need{Name: v.Name, Values: []Value{{Type: Bool}, {Unset: true}}})
	}
	return out
}

func (c *compiler[S]) not(n *ast.UnaryNode, depth int) (clause[S], error) {
	x, err := c.clause(n.Node, depth+1)
	return x.negated(), err
}

func (x clause[S]) negated() clause[S] {
	match := x.match
	return clause[S]{func(s S) bool { return !match(s) }, x.no, x.yes}
}

// chain is a row of clauses joined by and, or by or.
func (c *compiler[S]) chain(n *ast.BinaryNode, depth int) (out clause[S], err error) {
	and := isAnd(n.Operator)
	var parts []ast.Node
	var left ast.Node = n
	for {
		b, ok := left.(*ast.BinaryNode)
		if !ok || !isJunction(b.Operator) || isAnd(b.Operator) != and {
			break
		}
		parts, left = append(parts, b.Right), b.Left
	}
	parts = append(parts, left)
	slices.Reverse(parts)
	matches := make([]func(S) bool, len(parts))
	for i, p := range parts {
		x, err := c.clause(p, depth+1)
		if err != nil {
			return out, err
		}
		matches[i] = x.match
		switch {
		case i == 0:
			out = x
		case and:
			out.yes, out.no = both(out.yes, x.yes), either(out.no, x.no)
		default:
			out.yes, out.no = either(out.yes, x.yes), both(out.no, x.no)
		}
	}
	if and {
		out.yes = out.yes.settled(c.env.single)
	} else {
		out.no = out.no.settled(c.env.single)
	}
	out.match = junction(and, matches)
	return out, nil
}

func isJunction(op string) bool { return isAnd(op) || op == "or" || op == "||" }
func isAnd(op string) bool      { return op == "and" || op == "&&" }

func junction[S any](and bool, ms []func(S) bool) func(S) bool {
	if a, b := ms[0], ms[1]; len(ms) == 2 && and {
		return func(s S) bool { return a(s) && b(s) }
	} else if len(ms) == 2 {
		return func(s S) bool { return a(s) || b(s) }
	}
	return func(s S) bool {
		for _, m := range ms {
			if m(s) != and {
				return !and
			}
		}
		return and
	}
}
