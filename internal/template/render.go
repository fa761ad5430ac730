package template

import (
	"errors"
	"html"
	"slices"
	"strings"
)

// Mode is what kind of text a template makes.
type Mode int

// The modes.
const (
	Text Mode = iota // values stand as they are
	HTML             // values are escaped, and their lines broken with <br>; defaults are the author's own HTML
)

// ErrTooLong: the values make the text longer than MaxOutput.
var ErrTooLong = errors.New("the text and what stands for its placeholders have at most 1 MB together")

// UnresolvedError says which placeholders have neither value nor default.
type UnresolvedError struct {
	Names []string // each once, in the order of the text
}

func (e *UnresolvedError) Error() string {
	return "no value for {{" + strings.Join(e.Names, "}}, {{") + "}}"
}

// Render fills the placeholders in. An empty value is a missing one: the default
// stands for it. Where there is none the error is an *UnresolvedError; a text that
// gets too long is ErrTooLong.
func (t *Template) Render(m Mode, value func(name string) string) (string, error) {
	var (
		b       strings.Builder
		missing []string
	)
	for _, p := range t.parts {
		text := p.text
		if p.name != "" {
			v := value(p.name)
			switch {
			case v == "" && !p.optional && !slices.Contains(missing, p.name):
				missing = append(missing, p.name)
			case v != "" && m == HTML:
				text = escape(v)
			case v != "":
				text = v
			}
		}
		if b.Len()+len(text) > MaxOutput {
			return "", ErrTooLong
		}
		b.WriteString(text)
	}
	if len(missing) > 0 {
		return "", &UnresolvedError{missing}
	}
	return b.String(), nil
}

// escape makes HTML of a plain text.
func escape(v string) string {
	v = strings.ReplaceAll(html.EscapeString(v), "\r\n", "\n")
	return strings.ReplaceAll(v, "\n", "<br>\n")
}
