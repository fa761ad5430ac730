package mail

import "bytes"

// base64Decoder reads base64 as it comes in, and leaves out what isn't. Groups that an
// "=" ends begin anew behind it, as where two texts were put together.
type base64Decoder struct {
	do     func([]byte) error
	group  uint32
	n      int // of characters in it
	padded bool
	broken bool
	over   bool // text that a list has added below
	out    []byte
}

func (d *base64Decoder) write(line []byte) error {
	if d.padded && !d.over && foreign(line) {
		d.over, d.broken = true, true
	}
	if d.over {
		return nil
	}
	d.out = d.out[:0]
	for _, c := range line {
		v := sextet(c)
		switch {
		case c == '=':
			d.flush()
			d.padded = true
			continue
		case v < 0:
			d.broken = d.broken || c != ' ' && c != '\t' && c != '\r' && c != '\n'
			continue
		}
		d.group = d.group<<6 | uint32(v)
		if d.n++; d.n == 4 {
			d.out = append(d.out, byte(d.group>>16), byte(d.group>>8), byte(d.group))
			d.group, d.n = 0, 0
		}
	}
	if len(d.out) == 0 {
		return nil
	}
	return d.do(d.out)
}

// foreign says whether a line has something that base64 never has.
func foreign(line []byte) bool {
	for _, c := range line {
		if sextet(c) < 0 && c != '=' && c != '\r' && c != '\n' {
			return true
		}
	}
	return false
}

// flush gives out a group that isn't full.
func (d *base64Decoder) flush() {
	switch d.n {
	case 2:
		d.out = append(d.out, byte(d.group>>4))
	case 3:
		d.out = append(d.out, byte(d.group>>10), byte(d.group>>2))
	}
	d.group, d.n = 0, 0
}

func (d *base64Decoder) close() error {
	d.out = d.out[:0]
	if d.flush(); len(d.out) == 0 {
		return nil
	}
	return d.do(d.out)
}

func sextet(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// quotedDecoder reads quoted-printable as it comes in; an "=" that begins nothing is
// itself.
type quotedDecoder struct {
	do     func([]byte) error
	rest   []byte // of a line, up to two bytes and spaces
	broken bool
	line   []byte
	out    []byte
}

func (d *quotedDecoder) write(b []byte) error {
	if eol := len(b) > 0 && (b[0] == '\r' || b[0] == '\n'); eol {
		return d.endLine(b)
	}
	if len(b) == 0 {
		return nil
	}
	line := b
	if len(d.rest) > 0 {
		d.line = append(append(d.line[:0], d.rest...), b...)
		line, d.rest = d.line, d.rest[:0]
	}
	d.out = d.out[:0]
	whole := len(bytes.TrimRight(line, " \t"))
	for i := 0; i < len(line); i++ {
		if line[i] != '=' {
			d.out = append(d.out, line[i])
			continue
		}
		left := line[i+1 : max(whole, i+1)]
		if len(left) < 2 {
			if len(left) == 0 || hexDigit(left[0]) >= 0 {
				d.rest = append(d.rest[:0], line[i:i+1+len(left)]...)
				break
			}
		} else if hi, lo := hexDigit(line[i+1]), hexDigit(line[i+2]); hi >= 0 && lo >= 0 {
			d.out = append(d.out, byte(hi<<4|lo))
			i += 2
			continue
		}
		d.broken = true
		d.out = append(d.out, '=')
	}
	return d.give()
}

// endLine is the end of a line, which an "=" before it takes away.
func (d *quotedDecoder) endLine(eol []byte) error {
	d.out = d.out[:0]
	switch {
	case len(d.rest) == 1:
		d.rest = d.rest[:0]
		return nil
	case len(d.rest) > 1:
		d.broken = true
		d.out = append(d.out, d.rest...)
		d.rest = d.rest[:0]
	}
	d.out = append(d.out, eol...)
	return d.give()
}

func (d *quotedDecoder) close() error {
	d.out = d.out[:0]
	if len(d.rest) > 1 {
		d.out = append(d.out, d.rest...)
	}
	return d.give()
}

func (d *quotedDecoder) give() error {
	if len(d.out) == 0 {
		return nil
	}
	return d.do(d.out)
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
