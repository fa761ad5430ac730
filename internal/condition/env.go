package condition

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Type is a type of the language.
type Type int

// The types of names. Numbers are float64.
const (
	Text Type = iota + 1
	Number
	Bool
	Time
	Texts // a list of text
	duration
	list // literal
	null
)

// String is how errors call the type.
func (t Type) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a time", "a list of text", "a duration", "a list", "nil"}[t]
}

// Var declares a name. Exactly one of Text, Number, Bool, Time and Texts gets its
// value from a subject, and thereby says its type.
type Var[S any] struct {
	Name   string // as priority, or ticket.priority: a-z, 0-9 and _, at most one dot
	Text   func(S) string
	Number func(S) (n float64, set bool)
	Bool   func(S) (on, set bool)
	Time   func(S) time.Time
	Texts  func(S) []string

	// Values are all that a text can be; literals that it is compared with must be
	// among them. Ranked says that < and > go by their order.
	Values []string
	Ranked bool
	// Fold makes texts that count as equal the same, as strings.ToLower. It is
	// applied to what the name is compared with; the function returns folded text.
	Fold func(string) string
	// Apart says that the value lies elsewhere than in the subject, and changes without it:
	// no Need and no Set is about it, so that it is read only where all else holds.
	Apart bool
	// Param says that the name belongs to who asks, and when, and not to the
	// subject: "me", "now".
	Param bool
}

func (v *Var[S]) typ() Type {
	switch {
	case v.Text != nil:
		return Text
	case v.Number != nil:
		return Number
	case v.Bool != nil:
		return Bool
	case v.Time != nil:
		return Time
	case v.Texts != nil:
		return Texts
	}
	return 0
}

func (v *Var[S]) getters() (n int) {
	for _, have := range []bool{v.Text != nil, v.Number != nil, v.Bool != nil, v.Time != nil, v.Texts != nil} {
		if have {
			n++
		}
	}
	return n
}

func (v *Var[S]) fold(s string) string {
	if v == nil || v.Fold == nil {
		return s
	}
	return v.Fold(s)
}

// Env is the names that conditions over S may use. It doesn't change, and may be
// used by several goroutines.
type Env[S any] struct {
	vars  map[string]*Var[S]
	names []string // in order of declaration
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$`)

// NewEnv declares names. One that is malformed or declared twice, or has not
// exactly one function, is an error.
func NewEnv[S any](vars ...Var[S]) (*Env[S], error) {
	e := &Env[S]{vars: make(map[string]*Var[S], len(vars))}
	for i := range vars {
		v := vars[i]
		switch {
		case !namePattern.MatchString(v.Name):
			return nil, fmt.Errorf("condition: %q can't be a name", v.Name)
		case e.vars[v.Name] != nil:
			return nil, fmt.Errorf("condition: %s is declared twice", v.Name)
		case v.getters() != 1:
			return nil, fmt.Errorf("condition: %s needs one function that gets it", v.Name)
		}
		e.vars[v.Name] = &v
		e.names = append(e.names, v.Name)
	}
	return e, nil
}

// Names returns the declared names in order.
func (e *Env[S]) Names() []string { return slices.Clone(e.names) }

// Type returns the type of a name, and whether it is declared.
func (e *Env[S]) Type(name string) (t Type, ok bool) {
	v, ok := e.vars[name]
	if !ok {
		return 0, false
	}
	return v.typ(), true
}

// Values returns all that a text can be, or nil if it can be any, and whether < and >
// go by their order.
func (e *Env[S]) Values(name string) (values []string, ranked bool) {
	if v := e.vars[name]; v != nil {
		return slices.Clone(v.Values), v.Ranked
	}
	return nil, false
}

// Param says whether a name belongs to who asks, and when, and not to the subject.
func (e *Env[S]) Param(name string) bool { return e.vars[name] != nil && e.vars[name].Param }
