package automation

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of a form.
const (
	MaxFormDepth = 5   // of groups in groups
	MaxFormRows  = 150 // and groups, in all
)

// Form is a condition as a person fills it in: rows of a name, an operator and values,
// and groups of rows, of which all must hold, or any. A form without parts is always
// true.
//
// Expression writes it as a condition, and ParseForm reads it back. What comes back is
// the same form, but for what has a shorter one: a form or group of one part is that
// part, and a group that says exactly what one row says is that row.
type Form struct {
	Any   bool       `json:"any,omitempty"` // one part is enough; else all must hold
	Parts []FormPart `json:"parts,omitempty"`
}

// FormPart is a row, or, where Group is set, a group.
type FormPart struct {
	Name   string   `json:"name,omitempty"` // what is asked about, as ticket.priority
	Is     Operator `json:"is,omitempty"`
	Values []string `json:"values,omitempty"`
	// Since makes it ask how long ago a time was: Values are numbers of this unit.
	Since Unit  `json:"since,omitempty"`
	Group *Form `json:"group,omitempty"`
}

// Operator is how a name and values are compared. What isn't set equals nothing, and is
// neither below nor above anything: Not and NoneOf are true of it.
type Operator string

// The operators, and how many values they take. Texts are written as they are, numbers
// with a point, truth values as true and false, times as 2026-11-24 or as RFC 3339 has
// it.
const (
	Is         Operator = "is"      // 1
	Not        Operator = "is_not"  // 1
	OneOf      Operator = "one_of"  // 1 or more; a list holds one of them
	NoneOf     Operator = "none_of" // 1 or more; a list holds none of them
	Contains   Operator = "contains"
	StartsWith Operator = "starts_with"
	EndsWith   Operator = "ends_with"
	IsSet      Operator = "is_set"     // 0
	IsNotSet   Operator = "is_not_set" // 0
	Below      Operator = "<"
	AtMost     Operator = "<="
	Above      Operator = ">"
	AtLeast    Operator = ">="
	Between    Operator = "between" // 2, both included
	// The event changed it. In the values of these, "" is that it isn't set.
	Changed       Operator = "changed"         // 0
	ChangedFrom   Operator = "changed_from"    // 1
	ChangedTo     Operator = "changed_to"      // 1
	ChangedFromTo Operator = "changed_from_to" // 2
)

// Unit is a unit in which the time since something is counted.
type Unit string

// The units.
const (
	Minutes Unit = "minutes"
	Hours   Unit = "hours"
	Days    Unit = "days"
)

// Vocabulary is what conditions may ask about.
type Vocabulary interface {
	Names() []string
	Type(name string) (condition.Type, bool)
	Values(name string) (values []string, ranked bool)
	Param(name string) bool
	Sketch(source string) (condition.Sketch, error)
}

// FormName is what a form can offer: a name, its type, all of its values, if they are
// known, and what it can be asked.
type FormName struct {
	Name      string         `json:"name"`
	Type      condition.Type `json:"type"` // text, number, bool, time, list
	Values    []string       `json:"values,omitempty"`
	Operators []Operator     `json:"operators"`
}

// FormNames are all that rows of a form can ask about.
func FormNames(v Vocabulary) (out []FormName) {
	for _, name := range v.Names() {
		if ops := Operators(v, name); len(ops) > 0 {
			t, _ := v.Type(name)
			values, _ := v.Values(name)
			out = append(out, FormName{name, t, values, ops})
		}
	}
	return out
}

// Operators are what a name can be asked in a row, none if there is no such name. A time
// can be asked the same with Since, but for Is and Not.
func Operators(v Vocabulary, name string) []Operator {
	t, known := v.Type(name)
	if !known || name == changedName || v.Param(name) && t != condition.Bool {
		return nil
	}
	ops := operators(v, name, t)
	if _, _, ok := changes(v, name); ok {
		if ops = append(ops, Changed); t != condition.Texts && t != condition.Time {
			ops = append(ops, ChangedFrom, ChangedTo, ChangedFromTo)
		}
	}
	return ops
}

func operators(v Vocabulary, name string, t condition.Type) []Operator {
	values, ranked := v.Values(name)
	switch {
	case t == condition.Bool:
		return []Operator{Is, Not, IsSet, IsNotSet}
	case t == condition.Time:
		return []Operator{Is, Not, Below, AtMost, Above, AtLeast, Between, IsSet, IsNotSet}
	case t == condition.Texts:
		return []Operator{Contains, OneOf, NoneOf, IsSet, IsNotSet}
	case t == condition.Number || ranked:
		return []Operator{Is, Not, OneOf, NoneOf, Below, AtMost, Above, AtLeast, Between, IsSet, IsNotSet}
	case values != nil:
		return []Operator{Is, Not, OneOf, NoneOf, IsSet, IsNotSet}
	}
	return []Operator{Is, Not, OneOf, NoneOf, Contains, StartsWith, EndsWith, IsSet, IsNotSet}
}

// changedName is the list of what an event changed.
const changedName = "changed"

// changes is how the change of a name is asked: the word for it in the list of what
// changed, and the name of the value that it had before.
func changes(v Vocabulary, name string) (word, before string, ok bool) {
	if _, known := v.Type(changedName); !known {
		return "", "", false
	}
	prefix, key, _ := strings.Cut(name, ".")
	switch t, _ := v.Type(name); {
	case prefix == "ticket" && t != condition.Bool:
		word, before = key, "previous."+key
	case prefix == "field":
		word, before = name, "previous_field."+key
	default:
		return "", "", false
	}
	_, known := v.Type(before)
	return word, before, known
}

// Expression writes the form as a condition. What is wrong with it is a
// *store.FieldError that names the place, as parts.2.group.parts.0.values.
func (f Form) Expression(v Vocabulary) (string, error) {
	if len(f.Parts) == 0 {
		return "", nil
	}
	w := formWriter{v: v}
	source, err := w.form(&f, "parts", 1)
	if err != nil {
		return "", err
	}
	if _, err := v.Sketch(source); err != nil {
		return "", &store.FieldError{Field: "parts", Reason: err.Error()} // it is too long
	}
	return source, nil
}

// formWriter writes a form as a condition.
type formWriter struct {
	v    Vocabulary
	rows int
}

func (w *formWriter) form(f *Form, path string, depth int) (string, error) {
	if depth > MaxFormDepth {
		return "", &store.FieldError{Field: path, Reason: fmt.Sprintf("groups are nested at most %d deep", MaxFormDepth), Limit: MaxFormDepth}
	}
	if len(f.Parts) == 0 {
		return "", &store.FieldError{Field: path, Reason: "a group needs a part"}
	}
	var all []string
	for i := range f.Parts {
		part, err := w.part(&f.Parts[i], fmt.Sprintf("%s.%d", path, i), depth)
		if err != nil {
			return "", err
		}
		all = append(all, part)
	}
	if f.Any {
		return strings.Join(all, " or "), nil
	}
	return strings.Join(all, " and "), nil
}

func (w *formWriter) part(p *FormPart, path string, depth int) (string, error) {
	if w.rows++; w.rows > MaxFormRows {
		return "", &store.FieldError{Field: path, Reason: fmt.Sprintf("a form has at most %d rows and groups", MaxFormRows), Limit: MaxFormRows}
	}
	if p.Group == nil {
		return p.row(w.v, path)
	}
	if p.Name != "" || p.Is != "" || p.Values != nil || p.Since != "" {
		return "", &store.FieldError{Field: path, Reason: "it is a row or a group, not both"}
	}
	inner, err := w.form(p.Group, path+".group.parts", depth+1)
	return "(" + inner + ")", err
}

// row writes a row, which must be a condition by itself.
func (p *FormPart) row(v Vocabulary, path string) (string, error) {
	switch ops := Operators(v, p.Name); {
	case ops == nil:
		return "", &store.FieldError{Field: path + ".name", Reason: fmt.Sprintf("there is no name %q", p.Name)}
	case !slices.Contains(ops, p.Is):
		return "", &store.FieldError{Field: path + ".is", Reason: fmt.Sprintf("%s can't be asked %q; allowed: %s", p.Name, p.Is, listed(ops))}
	}
	w := rowWriter{v, p}
	source, err := w.write()
	if err == nil {
		_, err = v.Sketch(source)
	}
	if bad, ok := errors.AsType[*condition.Error](err); ok {
		reason := bad.Message
		if len(bad.Allowed) > 0 {
			reason += "; allowed: " + strings.Join(bad.Allowed, ", ")
		}
		return "", &store.FieldError{Field: path + ".values", Reason: reason}
	}
	if bad, ok := errors.AsType[*store.FieldError](err); ok {
		return "", &store.FieldError{Field: path + "." + bad.Field, Reason: bad.Reason}
	}
	return source, err
}

func listed(ops []Operator) string {
	texts := make([]string, len(ops))
	for i, o := range ops {
		texts[i] = string(o)
	}
	return strings.Join(texts, ", ")
}
