package condition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

var typeWords = [...]string{"", "text", "number", "bool", "time", "list"}

// MarshalText gives the type of a name as one word: text, number, bool, time, list.
func (t Type) MarshalText() ([]byte, error) {
	if t <= 0 || int(t) >= len(typeWords) {
		return nil, fmt.Errorf("condition: %s isn't the type of a name", t)
	}
	return []byte(typeWords[t]), nil
}

// UnmarshalText reads what MarshalText gives.
func (t *Type) UnmarshalText(word []byte) error {
	i := slices.Index(typeWords[1:], string(word))
	if i < 0 {
		return fmt.Errorf("condition: there is no type %q", word)
	}
	*t = Type(i + 1)
	return nil
}

// Explain says what became of each part of the condition with a subject; the whole is
// true if and only if Match is. All parts are looked at, also those that Match doesn't
// need. It compiles the condition again, and shows what the subject holds: only to
// those who may see it.
func (c *Condition[S]) Explain(subject S) Part {
	r, top, ok := read(c.source)
	if !ok {
		return Part{Source: c.source, True: c.Match(subject)}
	}
	x := explainer[S]{r, c.env.compiler(c.source), subject}
	return x.part(top)
}

type explainer[S any] struct {
	*reader
	compiler *compiler[S]
	subject  S
}

func (x *explainer[S]) part(b branch) Part {
	out := Part{Source: x.text(b), Join: b.join}
	for _, inner := range b.parts {
		out.Parts = append(out.Parts, x.part(inner))
	}
	isTrue := func(p Part) bool { return p.True }
	isFalse := func(p Part) bool { return !p.True }
	switch b.join {
	case "and":
		out.True = !slices.ContainsFunc(out.Parts, isFalse)
	case "or":
		out.True = slices.ContainsFunc(out.Parts, isTrue)
	case "not":
		out.True = !out.Parts[0].True
	default:
		if c, err := x.compiler.clause(b.node, 0); err == nil {
			out.True = c.match(x.subject)
		}
		out.Values = x.readings(x.tokens[b.lo:b.hi])
	}
	return out
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
