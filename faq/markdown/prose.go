package markdown

import (
	"regexp"
	"strings"
	"unicode"
)

// prose is text that is put together of what stands in elements: lines, with an empty
// one between paragraphs.
type prose struct {
	b     strings.Builder
	lines int  // line feeds that come before what is written next
	space bool // and a space
	any   bool // something was written
	first bool // of a row, no cell was written
}

// begin is where an element begins, end where it ends.
func (p *prose) begin(name string, k kind) {
	p.brk(k)
	switch {
	case name == "li":
		p.raw("- ")
	case name == "br":
		p.lines = max(p.lines, 1)
	case name == "hr":
		p.lines = 2
	case name == "tr":
		p.first = true
	case k == cell:
		if !p.first {
			p.space = false
			p.raw(" | ")
		}
		p.first = false
	}
}

func (p *prose) end(k kind) { p.brk(k) }

func (p *prose) brk(k kind) {
	switch k {
	case block:
		p.lines = max(p.lines, 1)
	case apart:
		p.lines = max(p.lines, 2)
	}
}

// write adds text. Spaces are one, unless they are part of what is kept as it is.
func (p *prose) write(s string, asIs bool) {
	if asIs {
		p.raw(s)
		return
	}
	for i, word := range strings.FieldsFunc(s, unicode.IsSpace) {
		if i > 0 || startsWithSpace(s) {
			p.space = true
		}
		p.raw(word)
	}
	if endsWithSpace(s) {
		p.space = true
	}
}

func (p *prose) raw(s string) {
	if s == "" {
		return
	}
	switch {
	case !p.any:
	case p.lines > 0:
		p.b.WriteString("\n\n"[:min(p.lines, 2)])
	case p.space:
		p.b.WriteByte(' ')
	}
	p.lines, p.space, p.any = 0, false, true
	p.b.WriteString(s)
}

func startsWithSpace(s string) bool {
	return s != "" && strings.TrimLeftFunc(s, unicode.IsSpace) != s
}

func endsWithSpace(s string) bool {
	return s != "" && strings.TrimRightFunc(s, unicode.IsSpace) != s
}

func (p *prose) string() string {
	return strings.TrimSpace(emptyLines.ReplaceAllString(p.b.String(), "\n\n"))
}

var emptyLines = regexp.MustCompile(`\n[ \t]*\n\s*\n`)
