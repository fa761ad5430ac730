package condition

import (
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// branch is a part of a condition as it is written, from one token to another: a single
// comparison, or parts that are joined by and, by or, or by not in front of one.
type branch struct {
	node   ast.Node
	lo, hi int
	join   string
	parts  []branch
}

// reader takes a condition apart that was compiled. What stands where is told by tokens,
// as syntax trees forget brackets.
type reader struct {
	source  []rune
	tokens  []lexer.Token
	partner []int // of a round bracket: where the other one stands; else -1
}

// read returns the branches of a condition that was compiled; not ok doesn't happen.
func read(source string) (r *reader, top branch, ok bool) {
	tree, err := parsed(source)
	if err != nil {
		return nil, top, false
	}
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		return nil, top, false
	}
	r = &reader{source: []rune(source), tokens: tokens[:len(tokens)-1]} // without the end
	r.pair()
	return r, r.branch(tree, 0, len(r.tokens)), true
}

// pair finds what bracket closes which.
func (r *reader) pair() {
	r.partner = make([]int, len(r.tokens))
	var open []int
	for i, t := range r.tokens {
		r.partner[i] = -1
		switch {
		case t.Is(lexer.Bracket, "("):
			open = append(open, i)
		case t.Is(lexer.Bracket, ")") && len(open) > 0:
			j := open[len(open)-1]
			open, r.partner[i], r.partner[j] = open[:len(open)-1], j, i
		}
	}
}

// branch is what the tokens from lo to hi say.
func (r *reader) branch(n ast.Node, lo, hi int) branch {
	for r.partner[lo] == hi-1 && lo < hi-1 {
		lo, hi = lo+1, hi-1
	}
	out := branch{node: n, lo: lo, hi: hi}
	switch n := n.(type) {
	case *ast.BinaryNode:
		if isJunction(n.Operator) {
			r.chain(&out, n)
		}
	case *ast.UnaryNode:
		if (n.Operator == "not" || n.Operator == "!") && n.Location().From == r.tokens[lo].From { // and not that of not in
			out.join, out.parts = "not", []branch{r.branch(n.Node, lo+1, hi)}
		}
	}
	return out
}

// chain finds the parts of a chain. One in brackets of its own is a single part, and so
// is a comparison like 1 < x < 5, of which the syntax tree makes one with and.
func (r *reader) chain(out *branch, n *ast.BinaryNode) {
	join := "or"
	if isAnd(n.Operator) {
		join = "and"
	}
	var left ast.Node = n
	hi := out.hi
	for {
		b, ok := left.(*ast.BinaryNode)
		if !ok || !isJunction(b.Operator) || isAnd(b.Operator) != (join == "and") || r.partner[out.lo] == hi-1 {
			break
		}
		at, there := slices.BinarySearchFunc(r.tokens, b.Location().From, func(t lexer.Token, from int) int { return t.From - from })
		if !there || !isJunction(r.tokens[at].Value) {
			break
		}
		out.parts = append(out.parts, r.branch(b.Right, at+1, hi))
		left, hi = b.Left, at
	}
	if len(out.parts) > 0 {
		out.join, out.parts = join, append(out.parts, r.branch(left, out.lo, hi))
		slices.Reverse(out.parts)
	}
}

func (r *reader) text(b branch) string {
	return string(r.source[r.tokens[b.lo].From:r.tokens[b.hi-1].To])
}
