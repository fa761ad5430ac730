package mail

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"strings"
)

// parser reads a mail line by line, once, and looks at the beginning of each for the
// boundaries of all parts that are open: one that lacks its end is ended by that of
// the part around it.
type parser struct {
	in    *bufio.Reader
	o     Options
	mail  *Mail
	read  int64
	parts int

	open  map[string]int // the level of each boundary
	again []byte         // a line to be read once more
	ended bool           // the last chunk was the end of its line

	texts, htmls []string
	textBytes    int
	cut          bool
	returned     string // the Message-ID of the mail that a report is about
}

func newParser(r io.Reader, o *Options) *parser {
	p := &parser{in: bufio.NewReaderSize(r, 1<<16), mail: &Mail{}, open: map[string]int{}, ended: true}
	if o != nil {
		p.o = *o
	}
	p.o.MaxBytes = cmp.Or(p.o.MaxBytes, 100<<20)
	p.o.MaxHeaderBytes = cmp.Or(p.o.MaxHeaderBytes, 1<<20)
	p.o.MaxParts = cmp.Or(p.o.MaxParts, 1000)
	p.o.MaxDepth = cmp.Or(p.o.MaxDepth, 50)
	p.o.MaxRecipients = cmp.Or(p.o.MaxRecipients, 1000)
	return p
}

// ending says why a part is over: by a boundary of a level, which may be the last one
// there, or by the end of the mail.
type ending struct {
	level int
	last  bool
	eof   bool
}

// chunk reads a line, or a piece of a very long one. It is good until the next call.
func (p *parser) chunk() (line []byte, end *ending, err error) {
	if p.again != nil {
		line, p.again = p.again, nil
		return line, nil, nil
	}
	start := p.ended
	line, err = p.in.ReadSlice('\n')
	if p.read += int64(len(line)); p.read > p.o.MaxBytes {
		return nil, nil, &LimitError{"bytes", p.o.MaxBytes}
	}
	switch err {
	case nil, bufio.ErrBufferFull, io.EOF:
	default:
		return nil, nil, err
	}
	if len(line) == 0 {
		return nil, &ending{eof: true}, nil
	}
	p.ended = line[len(line)-1] == '\n'
	if start && len(p.open) > 0 && bytes.HasPrefix(line, []byte("--")) {
		return line, p.boundary(line[2:]), nil
	}
	return line, nil, nil
}

func (p *parser) boundary(line []byte) *ending {
	name := bytes.TrimRight(line, " \t\r\n")
	if level, ok := p.open[string(name)]; ok {
		return &ending{level: level}
	}
	if name, last := bytes.CutSuffix(name, []byte("--")); last {
		if level, ok := p.open[string(name)]; ok {
			return &ending{level: level, last: true}
		}
	}
	return nil
}

// body gives the lines of a part to do. The end of the last line belongs to the
// boundary below it.
func (p *parser) body(do func([]byte) error) (*ending, error) {
	var eol []byte
	for {
		line, end, err := p.chunk()
		if err != nil {
			return nil, err
		}
		if end != nil && !end.eof {
			return end, nil
		}
		if len(eol) > 0 {
			if err := do(eol); err != nil {
				return nil, err
			}
		}
		if end != nil {
			return end, nil
		}
		text := bytes.TrimRight(line, "\r\n")
		eol = append(eol[:0], line[len(text):]...)
		if err := do(text); err != nil {
			return nil, err
		}
	}
}

func ignore([]byte) error { return nil }

// entity reads a part below its header.
func (p *parser) entity(h header, level int) (*ending, error) {
	if p.parts++; p.parts > p.o.MaxParts {
		return nil, &LimitError{"parts", int64(p.o.MaxParts)}
	}
	typ, params := parseParams(h.get("content-type"))
	if strings.HasPrefix(typ, "multipart/") {
		if boundary := strings.TrimRight(params["boundary"], " \t"); boundary != "" {
			return p.multipart(boundary, level+1)
		}
		p.problem(true, "a multipart without a boundary, taken as text")
		typ = "text/plain"
	}
	return p.leaf(h, typ, params, level)
}

// multipart reads the parts of one that has parts.
func (p *parser) multipart(boundary string, level int) (*ending, error) {
	if level > p.o.MaxDepth {
		return nil, &LimitError{"levels of parts", int64(p.o.MaxDepth)}
	}
	outer, shadows := p.open[boundary]
	p.open[boundary] = level
	defer func() {
		delete(p.open, boundary)
		if shadows {
			p.open[boundary] = outer
		}
	}()
	before := textOf("text/plain", "")
	end, err := p.body(before.write)
	none, closed := true, false
	for err == nil && !end.eof && end.level >= level {
		if closed = end.last; closed {
			end, err = p.body(ignore)
			continue
		}
		none = false
		end, err = p.part(level)
	}
	if err != nil {
		return nil, err
	}
	p.problem(!closed, "a multipart without an end")
	if none {
		p.problem(true, "a multipart without parts, taken as text")
		p.text(before)
	}
	return end, nil
}

func (p *parser) part(level int) (*ending, error) {
	h, end, err := p.header(false)
	if err != nil {
		return nil, err
	}
	if end != nil && !end.eof {
		// A boundary where its text would be: it is read as one without text.
		p.problem(len(h) > 0, "a part that ends in its header")
		return end, nil
	}
	return p.entity(h, level)
}

// text is a part that is read as text. What is above the limit is left out.
type text struct {
	typ, charset string
	raw          bytes.Buffer
	cut          bool
}

func textOf(typ, charset string) *text { return &text{typ: typ, charset: charset} }

func (t *text) write(b []byte) error {
	if room := maxText - t.raw.Len(); len(b) > room {
		b, t.cut = b[:room], true
	}
	t.raw.Write(b)
	return nil
}

// text takes a part into the mail's text or HTML.
func (p *parser) text(t *text) {
	raw := t.raw.Bytes()
	p.cut = p.cut || t.cut
	if room := 2*maxText - p.textBytes; len(raw) > room {
		raw, p.cut = raw[:max(room, 0)], true
	}
	p.textBytes += len(raw)
	s, problem := decodeCharset(t.charset, raw)
	p.problem(problem != "", problem)
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "\r\n", "\n")
	if t.typ == "text/html" {
		p.htmls = append(p.htmls, s)
	} else if strings.TrimSpace(s) != "" {
		p.texts = append(p.texts, s)
	}
}
