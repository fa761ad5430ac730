package template

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of a template.
const (
	MaxPlaceholders = 200     // in a text
	MaxName         = 100     // bytes of a placeholder's name
	MaxDefault      = 1000    // characters of what is written instead of a missing value
	MaxOutput       = 1 << 20 // bytes of a rendered text
)

// Template is a text with placeholders. It doesn't change, and may be used by
// several goroutines.
type Template struct{ parts []part }

// part is a piece of text, or a placeholder if it has a name.
type part struct {
	text     string // or the default
	name     string
	optional bool // it has a default, perhaps an empty one
}

// SyntaxError says what is wrong with a text, and where.
type SyntaxError struct {
	Line, Column int // of the braces, from 1; a column is a character
	Reason       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// Parse reads a text. The error is a *SyntaxError.
func Parse(text string) (*Template, error) {
	t := &Template{}
	for at, n := 0, 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			t.say(text[at:])
			return t, nil
		}
		open += at
		before := strings.TrimRight(text[at:open], `\`)
		slashes := open - at - len(before)
		t.say(before + strings.Repeat(`\`, slashes/2))
		if slashes%2 == 1 {
			t.say("{{")
			at = open + 2
			continue
		}
		inside, _, closed := strings.Cut(text[open+2:], "}}")
		reason := ""
		if n++; n > MaxPlaceholders {
			reason = fmt.Sprintf("at most %d placeholders in a text", MaxPlaceholders)
		} else if !closed {
			reason = `{{ has no }} behind it; braces that are meant as text are written \{{`
		} else {
			reason = t.place(inside)
		}
		if reason != "" {
			return nil, errorAt(text, open, reason)
		}
		at = open + len(inside) + 4
	}
}

// say adds text.
func (t *Template) say(text string) {
	if n := len(t.parts); n > 0 && t.parts[n-1].name == "" {
		t.parts[n-1].text += text
	} else if text != "" {
		t.parts = append(t.parts, part{text: text})
	}
}

// place adds a placeholder by what stands between its braces, or says what is
// wrong with it.
func (t *Template) place(inside string) (reason string) {
	name, instead, optional := strings.Cut(inside, "|")
	p := part{name: strings.TrimSpace(name), text: strings.TrimSpace(instead), optional: optional}
	switch {
	case p.name == "":
		return "a placeholder has a name, as in {{user.name}}"
	case len(p.name) > MaxName:
		return fmt.Sprintf("a placeholder's name has at most %d characters", MaxName)
	case !namePattern.MatchString(p.name):
		return "a placeholder's name has a-z, 0-9, _ and dots, as in {{user.name}}; what is written without a value stands behind a bar, as in {{user.name | there}}"
	case strings.Contains(p.text, "{{"):
		return "a placeholder stands in no other one"
	case utf8.RuneCountInString(p.text) > MaxDefault:
		return fmt.Sprintf("what is written without a value has at most %d characters", MaxDefault)
	}
	t.parts = append(t.parts, p)
	return ""
}

func errorAt(text string, offset int, reason string) error {
	before := text[:offset]
	line := strings.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[line:]) + 1,
		Reason: reason,
	}
}

// Names are the names of the placeholders, each once, in the order of the text.
func (t *Template) Names() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" && !slices.Contains(names, p.name) {
			names = append(names, p.name)
		}
	}
	return names
}
