// Package lines makes the ends of a mail's lines those that SMTP has.
package lines

import (
	"bufio"
	"io"
)

// Copy copies text and ends each line with CRLF, whether it ended with CRLF, CR or LF. A
// CR or LF alone is an end of a line to some servers and none to others, by which one mail
// becomes two, and a signature wrong.
func Copy(w io.Writer, text io.Reader) error {
	in, out := bufio.NewReader(text), bufio.NewWriter(w)
	for before := byte(0); ; {
		b, err := in.ReadByte()
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		switch {
		case b == '\n' && before == '\r': // the line has ended
		case b == '\r' || b == '\n':
			out.WriteString("\r\n")
		default:
			out.WriteByte(b)
		}
		before = b
	}
}
