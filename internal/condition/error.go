package condition

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// Error says where a condition is wrong. Line and Column count from 1, columns in
// characters. Allowed are names, values or operators that could stand there; it is
// empty where there are too many.
type Error struct {
	Line, Column int
	Message      string
	Allowed      []string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
	if len(e.Allowed) > 0 {
		s += "; allowed: " + strings.Join(e.Allowed, ", ")
	}
	return s
}

// maxMessage bounds what is quoted from a source, in characters.
const maxMessage = 300

// at is an error about a place in the source, given as characters from its start.
func at(source string, from int, allowed []string, format string, args ...any) *Error {
	e := &Error{Line: 1, Column: 1, Message: clipped(fmt.Sprintf(format, args...), maxMessage), Allowed: allowed}
	for i, r := range []rune(source) {
		if i == from {
			break
		}
		if e.Column++; r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}

// clipped is a text, or its first characters with … behind them.
func clipped(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

func (c *compiler[S]) errorf(n ast.Node, format string, args ...any) error {
	return c.refuse(n, nil, format, args...)
}

func (c *compiler[S]) refuse(n ast.Node, allowed []string, format string, args ...any) error {
	return at(c.source, begin(n), allowed, format, args...)
}

// begin is where a name begins; expr places one with a dot at the dot's right side.
func begin(n ast.Node) int {
	if m, ok := n.(*ast.MemberNode); ok {
		n = m.Node
	}
	return n.Location().From
}

// unreadable is what expr's parser found.
func unreadable(source string, err error) error {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return at(source, e.From, nil, "%s", e.Message)
	}
	return at(source, 0, nil, "%s", err.Error())
}

// maxNear is how many names an error suggests.
const maxNear = 5

// near returns the names that are most like a wrong one.
func near(wrong string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var cs []candidate
	for _, n := range names {
		far := distance(wrong, n)
		if far <= max(2, min(len(wrong), 64)/3) || strings.HasPrefix(n, wrong) {
			cs = append(cs, candidate{n, far})
		}
	}
	slices.SortStableFunc(cs, func(a, b candidate) int { return a.far - b.far })
	var out []string
	for _, c := range cs[:min(len(cs), maxNear)] {
		out = append(out, c.name)
	}
	return out
}

// distance is Levenshtein's, of the first bytes.
func distance(a, b string) int {
	const most = 64
	a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
