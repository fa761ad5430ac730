package condition

import "github.com/expr-lang/expr/ast"

// Sketch is how a condition is written, for those who show it other than as text.
type Sketch struct {
	Source       string // as written
	Line, Column int    // where it begins, from 1
	// Join says how Parts are joined: "and", "or", "not" in front of one, or "chain",
	// which is two comparisons with a term in common, as 1 < x < 5. It is "" where there
	// are none.
	Join  string
	Parts []Sketch
	// Op is the comparison of Left and Right: == != < <= > >= in, contains, startsWith,
	// endsWith, matches, the last five also with not in front. It is "" where Left, which
	// is true or false, stands alone.
	Op          string
	Left, Right Term
}

// Term is one side of a comparison. One of Name, Value, Items and Op says what it is.
type Term struct {
	Name  string
	Value *Value // literal; nil and "" are Unset
	Items []Term // of a list
	Op    string // + - * /, or the name of a function
	Args  []Term
}

// Sketch reads a condition. What is wrong with it is an *Error, as that of Compile.
func (e *Env[S]) Sketch(source string) (Sketch, error) {
	if _, err := e.Compile(source); err != nil {
		return Sketch{}, err
	}
	r, top, ok := read(source)
	if !ok {
		return Sketch{}, at(source, 0, nil, "the condition can't be read")
	}
	return r.sketch(top), nil
}

func (r *reader) sketch(b branch) Sketch {
	out := Sketch{Source: r.text(b), Join: b.join}
	here := at(string(r.source), r.tokens[b.lo].From, nil, "")
	out.Line, out.Column = here.Line, here.Column
	for _, inner := range b.parts {
		out.Parts = append(out.Parts, r.sketch(inner))
	}
	if b.join == "" {
		out.compare(b.node)
	}
	return out
}

// compare fills in a single comparison.
func (s *Sketch) compare(n ast.Node) {
	if not, ok := n.(*ast.UnaryNode); ok {
		s.compare(not.Node)
		s.Op = "not " + s.Op
		return
	}
	b, ok := n.(*ast.BinaryNode)
	switch {
	case !ok:
		s.Left = termOf(n)
	case isJunction(b.Operator):
		s.Join = "chain"
		for _, side := range []ast.Node{b.Left, b.Right} {
			part := Sketch{Source: s.Source, Line: s.Line, Column: s.Column}
			part.compare(side)
			s.Parts = append(s.Parts, part)
		}
	default:
		s.Op, s.Left, s.Right = b.Operator, termOf(b.Left), termOf(b.Right)
	}
}

func termOf(n ast.Node) Term {
	switch n := n.(type) {
	case *ast.NilNode:
		return Term{Value: &Value{Unset: true}}
	case *ast.StringNode:
		if n.Value == "" {
			return Term{Value: &Value{Unset: true}}
		}
		return Term{Value: &Value{Type: Text, Text: n.Value}}
	case *ast.IntegerNode:
		return Term{Value: &Value{Type: Number, Number: float64(n.Value)}}
	case *ast.FloatNode:
		return Term{Value: &Value{Type: Number, Number: n.Value}}
	case *ast.BoolNode:
		return Term{Value: &Value{Type: Bool, Bool: n.Value}}
	case *ast.IdentifierNode:
		return Term{Name: n.Value}
	case *ast.MemberNode:
		if base, ok := n.Node.(*ast.IdentifierNode); ok {
			if prop, ok := n.Property.(*ast.StringNode); ok {
				return Term{Name: base.Value + "." + prop.Value}
			}
		}
	case *ast.ArrayNode:
		return Term{Items: termsOf(n.Nodes...)}
	case *ast.UnaryNode:
		return signed(n.Operator, termOf(n.Node))
	case *ast.BinaryNode:
		return Term{Op: n.Operator, Args: termsOf(n.Left, n.Right)}
	case *ast.BuiltinNode:
		return Term{Op: n.Name, Args: termsOf(n.Arguments...)}
	case *ast.CallNode:
		if f, ok := n.Callee.(*ast.IdentifierNode); ok {
			return Term{Op: f.Value, Args: termsOf(n.Arguments...)}
		}
	}
	return Term{}
}

// signed is a term with a sign, which a literal takes in.
func signed(op string, t Term) Term {
	switch {
	case t.Value == nil || t.Value.Type != Number:
		return Term{Op: op, Args: []Term{t}}
	case op == "-":
		return Term{Value: &Value{Type: Number, Number: -t.Value.Number}}
	}
	return t
}

func termsOf(ns ...ast.Node) []Term {
	out := make([]Term, len(ns))
	for i, n := range ns {
		out[i] = termOf(n)
	}
	return out
}
