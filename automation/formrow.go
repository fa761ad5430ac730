package automation

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// rowWriter writes one row as a condition.
type rowWriter struct {
	v Vocabulary
	*FormPart
}

// symbols are how the operators are written that stand between a name and a value.
var symbols = map[Operator]string{
	Is: "==", Not: "!=", Below: "<", AtMost: "<=", Above: ">", AtLeast: ">=",
	Contains: "contains", StartsWith: "startsWith", EndsWith: "endsWith", OneOf: "in", NoneOf: "not in",
}

// wants is how many values an operator takes; most is 0 for any number.
func (o Operator) wants() (least, most int) {
	switch o {
	case IsSet, IsNotSet, Changed:
		return 0, 0
	case Between, ChangedFromTo:
		return 2, 2
	case OneOf, NoneOf:
		return 1, math.MaxInt
	}
	return 1, 1
}

func (w *rowWriter) write() (string, error) {
	least, most := w.Is.wants()
	switch n := len(w.Values); {
	case n < least:
		return "", &store.FieldError{Field: "values", Reason: fmt.Sprintf("%s needs %d", w.Is, least)}
	case n > most:
		return "", &store.FieldError{Field: "values", Reason: fmt.Sprintf("%s takes at most %d", w.Is, most), Limit: most}
	}
	if w.Since != "" {
		return w.since()
	}
	t, _ := w.v.Type(w.Name)
	if strings.HasPrefix(string(w.Is), string(Changed)) {
		return w.changed(t)
	}
	var vs []string
	for _, value := range w.Values {
		s, err := literal(t, value)
		if err != nil {
			return "", err
		}
		vs = append(vs, s)
	}
	switch {
	case w.Is == IsSet:
		return w.Name + " != nil", nil
	case w.Is == IsNotSet:
		return w.Name + " == nil", nil
	case w.Is == Between:
		return vs[0] + " <= " + w.Name + " <= " + vs[1], nil
	case t == condition.Texts:
		return w.list(vs), nil
	case w.Is == OneOf || w.Is == NoneOf:
		return w.Name + " " + symbols[w.Is] + " [" + strings.Join(vs, ", ") + "]", nil
	}
	return w.Name + " " + symbols[w.Is] + " " + vs[0], nil
}

// list asks what a list holds.
func (w *rowWriter) list(vs []string) string {
	if len(vs) == 1 && w.Is == NoneOf {
		return vs[0] + " not in " + w.Name
	}
	for i, v := range vs {
		vs[i] = v + " in " + w.Name
	}
	switch any := strings.Join(vs, " or "); {
	case w.Is == NoneOf:
		return "not (" + any + ")"
	case len(vs) > 1:
		return "(" + any + ")"
	default:
		return any
	}
}

// since asks how long ago a time was.
func (w *rowWriter) since() (string, error) {
	t, _ := w.v.Type(w.Name)
	if !slices.Contains([]Unit{Minutes, Hours, Days}, w.Since) {
		return "", &store.FieldError{Field: "since", Reason: "it is minutes, hours or days"}
	}
	if t != condition.Time || !slices.Contains([]Operator{Below, AtMost, Above, AtLeast, Between}, w.Is) {
		return "", &store.FieldError{Field: "since", Reason: "only times have a time since, and < <= > >= and between ask for it"}
	}
	var vs []string
	for _, value := range w.Values {
		s, err := literal(condition.Number, value)
		if err != nil {
			return "", err
		}
		vs = append(vs, string(w.Since)+"("+s+")")
	}
	if w.Is == Between {
		return vs[0] + " <= now - " + w.Name + " <= " + vs[1], nil
	}
	return "now - " + w.Name + " " + symbols[w.Is] + " " + vs[0], nil
}

// changed asks what the event changed.
func (w *rowWriter) changed(t condition.Type) (string, error) {
	word, before, _ := changes(w.v, w.Name)
	names := map[Operator][]string{ChangedFrom: {before}, ChangedTo: {w.Name}, ChangedFromTo: {before, w.Name}}[w.Is]
	all := []string{strconv.Quote(word) + " in " + changedName}
	for i, name := range names {
		s := "nil"
		if w.Values[i] != "" {
			var err error
			if s, err = literal(t, w.Values[i]); err != nil {
				return "", err
			}
		}
		all = append(all, name+" == "+s)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return "(" + strings.Join(all, " and ") + ")", nil
}

// literal writes a value of a type.
func literal(t condition.Type, s string) (string, error) {
	bad := func(reason string) error {
		return &store.FieldError{Field: "values", Reason: fmt.Sprintf("%q %s", s, reason)}
	}
	switch t {
	case condition.Number:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return "", bad("isn't a number")
		}
		return number(n), nil
	case condition.Bool:
		if s != "true" && s != "false" {
			return "", bad("is neither true nor false")
		}
		return s, nil
	case condition.Time:
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if _, err := time.Parse(layout, s); err == nil {
				return "date(" + strconv.Quote(s) + ")", nil
			}
		}
		return "", bad("isn't a date, as 2026-11-24 or 2026-11-24T09:00:00Z")
	}
	switch {
	case s == "":
		return "", &store.FieldError{Field: "values", Reason: "it is empty; whether something is set is asked by is_set and is_not_set"}
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return "", bad("isn't text")
	}
	return strconv.Quote(s), nil
}

// number writes a number as the language and people read it.
func number(n float64) string {
	if a := math.Abs(n); a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(n, 'e', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
