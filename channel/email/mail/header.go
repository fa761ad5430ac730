package mail

import (
	"bytes"
	"net/mail"
	"strings"
	"time"
)

// header is the fields of a header, in their order.
type header []field

type field struct{ name, value string } // the name in lower case, the value on one line

// get returns the first value of a field, "" if there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all returns all values of a list that may have been spread over several fields.
func (h header) all(name string) string {
	var s []string
	for _, f := range h {
		if f.name == name {
			s = append(s, f.value)
		}
	}
	return strings.Join(s, ", ")
}

func (h header) count(name string) (n int) {
	for _, f := range h {
		if f.name == name {
			n++
		}
	}
	return n
}

// header reads lines up to an empty one, or up to one that belongs to no header: many
// programs have lost the empty one. It tells of the boundary that ended it instead.
func (p *parser) header(top bool) (header, *ending, error) {
	var h header
	var value []byte
	name, size, started := "", 0, true
	keep := func() {
		if name != "" {
			h = append(h, field{name, p.value(value)})
		}
		name, value = "", value[:0]
	}
	for {
		line, end, err := p.chunk()
		if err != nil {
			return nil, nil, err
		}
		if end != nil {
			keep()
			return h, end, nil
		}
		if size += len(line); size > p.o.MaxHeaderBytes {
			return nil, nil, &LimitError{"header bytes", int64(p.o.MaxHeaderBytes)}
		}
		begins := started
		started = p.ended
		text := bytes.TrimRight(line, "\r\n")
		if top && size == len(line) {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		switch {
		case !begins:
			value = append(value, text...) // a very long line goes on
		case top && len(h) == 0 && name == "" && len(text) == 0:
			// Some programs leave empty lines above the header.
		case len(text) == 0:
			keep()
			return h, nil, nil
		case text[0] == ' ' || text[0] == '\t':
			value = append(value, ' ')
			value = append(value, bytes.TrimLeft(text, " \t")...)
		case top && len(h) == 0 && name == "" && separates(text):
			// The line between the mails of a mailbox.
		default:
			keep()
			n, v, ok := fieldOf(text)
			if !ok {
				kept := append([]byte(nil), line...) // the reader may overwrite it
				if p.skips(top, h) {
					continue
				}
				p.again = kept
				return h, nil, nil
			}
			name, value = n, append(value, v...)
		}
	}
}

// separates says whether a line is the one between the mails of a mailbox.
func separates(line []byte) bool {
	_, _, field := fieldOf(line) // some programs write a space before the colon
	return !field && bytes.HasPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From "))
}

// skips says whether a line that is no field is left out, and not where the text begins:
// the line after it is a field.
func (p *parser) skips(top bool, h header) bool {
	if top && len(h) == 0 {
		return false
	}
	next, _ := p.in.Peek(1000)
	next, _, _ = bytes.Cut(next, []byte("\n"))
	_, _, ok := fieldOf(bytes.TrimRight(next, "\r"))
	ok = ok && p.ended
	p.problem(ok, "a line in the header that is no field")
	p.problem(!ok, "no empty line below the header")
	return ok
}

// fieldOf splits a line of a header. The names of fields have no spaces inside.
func fieldOf(line []byte) (name string, value []byte, ok bool) {
	n, value, ok := bytes.Cut(line, []byte(":"))
	n = bytes.TrimRight(n, " \t")
	if !ok || len(n) == 0 || len(n) > 100 {
		return "", nil, false
	}
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(n)), bytes.TrimLeft(value, " \t"), true
}

// value is the value of a field as UTF-8.
func (p *parser) value(b []byte) string {
	s, problem := decodeCharset("", bytes.TrimSpace(b))
	p.problem(problem != "", "8-bit characters in the header: "+problem)
	return oneLine(s)
}

// messageIDs finds the ids in a field, at most a thousand.
func messageIDs(s string) (ids []string) {
	for rest := s; len(ids) < 1000; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		id, next, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if id = strings.Join(strings.Fields(id), ""); id != "" {
			ids = append(ids, id)
		}
		rest = next
	}
	if ids == nil {
		// Some programs forget the brackets.
		for w := range strings.FieldsSeq(s) {
			if w = strings.Trim(w, "<>,;"); strings.Contains(w, "@") && len(ids) < 1000 {
				ids = append(ids, w)
			}
		}
	}
	return ids
}

// The forms of dates that RFC 5322 doesn't know and programs write.
var dateForms = []string{
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05",
	"Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006", "Mon, 2 Jan 2006 15:04:05 -0700 MST", "Mon, 2 Jan 2006 15:04 MST",
	"Monday, 2 January 2006 15:04:05 -0700", "02/01/2006 15:04:05",
}

// parseDate reads a date; one without a zone is in UTC.
func parseDate(s string) (time.Time, bool) {
	if len(s) > 200 {
		return time.Time{}, false
	}
	s = strings.Join(strings.Fields(s), " ")
	if t, err := mail.ParseDate(s); err == nil {
		return t, true
	}
	if i := strings.IndexByte(s, '('); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
