package automation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// FormError says that a condition is a good one, but has a part that no form has: show it
// as text.
type FormError struct {
	Line, Column int    // where the part begins, from 1
	Part         string // as written
}

func (e *FormError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s isn't a row of a form", e.Line, e.Column, e.Part)
}

// ParseForm reads a condition as a form. One that is wrong is a *ConditionError, one
// that is right, but not a form's, a *FormError.
func ParseForm(source string, v Vocabulary) (Form, error) {
	if strings.TrimSpace(source) == "" {
		return Form{}, nil
	}
	s, err := v.Sketch(source)
	if err != nil {
		return Form{}, err
	}
	p, err := formReader{v}.part(s, 0)
	switch {
	case err != nil:
		return Form{}, err
	case p.Group != nil:
		return *p.Group, nil
	case p.Name == "": // true
		return Form{}, nil
	}
	return Form{Parts: []FormPart{p}}, nil
}

type formReader struct{ v Vocabulary }

func unformed(s condition.Sketch) error { return &FormError{s.Line, s.Column, s.Source} }

func (r formReader) part(s condition.Sketch, depth int) (FormPart, error) {
	row, ok := r.row(s)
	switch {
	case ok && row.Name == "" && depth == 0:
		return row, nil
	case ok && row.Name != "":
		if _, err := row.row(r.v, ""); err == nil { // else it asks what a row can't
			return row, nil
		}
	}
	if s.Join != "and" && s.Join != "or" || depth >= MaxFormDepth {
		return row, unformed(s)
	}
	group := &Form{Any: s.Join == "or"}
	for _, inner := range s.Parts {
		p, err := r.part(inner, depth+1)
		if err != nil {
			return row, err
		}
		group.Parts = append(group.Parts, p)
	}
	return FormPart{Group: group}, nil
}

// row reads what one row says. It may read more than a row can be asked.
func (r formReader) row(s condition.Sketch) (p FormPart, ok bool) {
	switch s.Join {
	case "chain":
		return r.between(s.Parts[0], s.Parts[1])
	case "not":
		return r.negated(s.Parts[0])
	case "or":
		return r.holdsOne(s)
	case "and":
		return r.changed(s.Parts)
	}
	switch {
	case s.Op == "" && s.Left.Name != "":
		return FormPart{Name: s.Left.Name, Is: Is, Values: []string{"true"}}, true
	case s.Op == "":
		return p, s.Left.Value != nil && s.Left.Value.Bool // true, which asks nothing
	case s.Op == "in" || s.Op == "not in":
		return r.in(s)
	}
	if s.Left.Value != nil || s.Left.Op == "date" || unit(s.Left) { // the name first
		s.Left, s.Right, s.Op = s.Right, s.Left, flipped(s.Op)
	}
	return r.compared(s)
}

// flipped is an operator with its sides changed, "" if it can't be.
func flipped(op string) string {
	return map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
}

func (r formReader) compared(s condition.Sketch) (p FormPart, ok bool) {
	for o, symbol := range symbols {
		if symbol == s.Op {
			p.Is = o
		}
	}
	if v := s.Right.Value; v != nil && v.Unset {
		p.Name, p.Is = s.Left.Name, map[Operator]Operator{Is: IsNotSet, Not: IsSet}[p.Is]
		return p, p.Name != ""
	}
	if name, ok := elapsed(s.Left); ok {
		n, u, ok := span(s.Right)
		p.Name, p.Since, p.Values = name, u, []string{n}
		return p, ok && p.Is != Is && p.Is != Not
	}
	value, ok := r.value(s.Right)
	p.Name, p.Values = s.Left.Name, []string{value}
	return p, ok && p.Name != "" && p.Is != ""
}

// value reads a literal.
func (r formReader) value(t condition.Term) (string, bool) {
	switch v := t.Value; {
	case t.Op == "date" && t.Args[0].Value != nil:
		return t.Args[0].Value.Text, true
	case v == nil || v.Unset:
		return "", false
	case v.Type == condition.Number:
		return number(v.Number), true
	case v.Type == condition.Bool:
		return strconv.FormatBool(v.Bool), true
	default:
		return v.Text, true
	}
}

// elapsed reads now - name.
func elapsed(t condition.Term) (name string, ok bool) {
	if t.Op != "-" || len(t.Args) != 2 || t.Args[0].Name != "now" {
		return "", false
	}
	return t.Args[1].Name, t.Args[1].Name != ""
}

func unit(t condition.Term) bool {
	return t.Op == "duration" || slices.Contains([]Unit{Minutes, Hours, Days}, Unit(t.Op))
}

// span reads hours(2) and the like.
func span(t condition.Term) (n string, u Unit, ok bool) {
	if !unit(t) || t.Args[0].Value == nil {
		return "", "", false
	}
	if t.Op != "duration" {
		return number(t.Args[0].Value.Number), Unit(t.Op), true
	}
	d, err := time.ParseDuration(t.Args[0].Value.Text)
	return number(d.Minutes()), Minutes, err == nil && d%time.Minute == 0
}

func (r formReader) in(s condition.Sketch) (p FormPart, ok bool) {
	p.Is = OneOf
	if s.Op == "not in" {
		p.Is = NoneOf
	}
	for _, item := range s.Right.Items {
		value, ok := r.value(item)
		if !ok {
			return p, false
		}
		p.Values = append(p.Values, value)
	}
	if p.Values != nil {
		p.Name = s.Left.Name
		return p, p.Name != ""
	}
	value, ok := r.value(s.Left)
	switch {
	case !ok:
		return p, false
	case s.Right.Name == changedName && p.Is == OneOf:
		p.Name, p.Is = r.named(value), Changed
		return p, p.Name != ""
	case p.Is == OneOf:
		p.Is = Contains
	}
	p.Name, p.Values = s.Right.Name, []string{value}
	return p, true
}

// named is the name for which a word stands in the list of what changed.
func (r formReader) named(word string) string {
	for _, name := range []string{"ticket." + word, word} {
		if w, _, ok := changes(r.v, name); ok && w == word {
			return name
		}
	}
	return ""
}

// between reads 1 <= x <= 5.
func (r formReader) between(a, b condition.Sketch) (p FormPart, ok bool) {
	low, ok1 := r.row(a)
	high, ok2 := r.row(b)
	if !ok1 || !ok2 || low.Is != AtLeast || high.Is != AtMost || low.Name != high.Name || low.Since != high.Since {
		return p, false
	}
	return FormPart{Name: low.Name, Is: Between, Values: []string{low.Values[0], high.Values[0]}, Since: low.Since}, true
}

// negated reads what not stands before.
func (r formReader) negated(s condition.Sketch) (p FormPart, ok bool) {
	p, ok = r.row(s)
	opposite := map[Operator]Operator{Is: Not, Not: Is, OneOf: NoneOf, NoneOf: OneOf, Contains: NoneOf, IsSet: IsNotSet, IsNotSet: IsSet}
	t, _ := r.v.Type(p.Name)
	if p.Is == Contains && t != condition.Texts {
		return p, false
	}
	if p.Is == NoneOf && t == condition.Texts && len(p.Values) == 1 {
		p.Is = Contains
		return p, ok
	}
	p.Is = opposite[p.Is]
	return p, ok && p.Is != ""
}

// holdsOne reads a chain that asks whether a list holds one of several.
func (r formReader) holdsOne(s condition.Sketch) (p FormPart, ok bool) {
	p.Is = OneOf
	for i, inner := range s.Parts {
		row, ok := r.row(inner)
		if t, _ := r.v.Type(row.Name); !ok || row.Is != Contains || t != condition.Texts || i > 0 && row.Name != p.Name {
			return p, false
		}
		p.Name, p.Values = row.Name, append(p.Values, row.Values[0])
	}
	return p, true
}

// changed reads that something changed, from what and to what.
func (r formReader) changed(parts []condition.Sketch) (p FormPart, ok bool) {
	p, ok = r.row(parts[0])
	if !ok || p.Is != Changed {
		return p, false
	}
	_, before, _ := changes(r.v, p.Name)
	rest := parts[1:]
	if value, ok := r.equal(rest, before); ok {
		p.Is, p.Values, rest = ChangedFrom, []string{value}, rest[1:]
	}
	if value, ok := r.equal(rest, p.Name); ok {
		if p.Is == Changed {
			p.Is = ChangedTo
		} else {
			p.Is = ChangedFromTo
		}
		p.Values, rest = append(p.Values, value), rest[1:]
	}
	return p, len(rest) == 0
}

// equal reads the first part as an equality of a name; its value is "" for nil.
func (r formReader) equal(parts []condition.Sketch, name string) (value string, ok bool) {
	if len(parts) == 0 {
		return "", false
	}
	row, ok := r.row(parts[0])
	if !ok || row.Name != name {
		return "", false
	}
	switch row.Is {
	case Is:
		return row.Values[0], true
	case IsNotSet:
		return "", true
	}
	return "", false
}
