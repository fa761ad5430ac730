package mail_test

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

// repeat is a piece of text, so many times.
type repeat struct {
	piece string
	n     int
	rest  string
}

func (r *repeat) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if r.rest == "" {
			if r.n == 0 {
				break
			}
			r.n--
			r.rest = r.piece
		}
		c := copy(b[n:], r.rest)
		n, r.rest = n+c, r.rest[c:]
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// parseLarge parses and says how much was allocated meanwhile, in bytes.
func parseLarge(r io.Reader, o *mail.Options) (*mail.Mail, uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := mail.Parse(r, o)
	runtime.ReadMemStats(&after)
	return m, after.TotalAlloc - before.TotalAlloc, err
}

// The mails are a tenth of what a desk takes by default, so that the race detector is
// done in seconds; memory is far below them all the same. Not parallel: what is
// allocated is counted.
func TestParseOfLargeMails(t *testing.T) {
	line := strings.Repeat("QUFB", 19) + "\r\n"
	file := head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	within := 9500 << 10 / len(line)
	o := &mail.Options{MaxBytes: 10 << 20}
	m, used, err := parseLarge(io.MultiReader(strings.NewReader(file), &repeat{piece: line, n: within}), o)
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Size != int64(within*57) || used > 1<<20 {
		t.Errorf("9.5 MB: %v, %d bytes used, %+v", err, used, m)
	}
	for name, c := range map[string]struct {
		piece string
		n     int
		what  string
		most  uint64
	}{
		"more than 10 MB":     {"", 0, "bytes", 8 << 20},
		"10,000 parts":        {"--b\r\n\r\nx\r\n", 10_000, "parts", 16 << 20},
		"10,000 recipients":   {"a@example.com,\r\n ", 10_000, "recipients", 32 << 20},
		"a header of 2 MB":    {"X: y\r\n", 2 << 20 / 6, "header bytes", 64 << 20},
		"one field of 2 MB":   {"x", 2 << 20, "header bytes", 16 << 20},
		"9 MB of one line":    {"xxxxxxxx", 9 << 17, "", 32 << 20},
		"9 MB of HTML":        {"<div><blockquote type=cite>x", 300_000, "", 128 << 20},
		"9 MB of =":           {"========", 9 << 17, "", 64 << 20},
		"nested 1,000 deep":   {"", 0, "levels of parts", 16 << 20},
		"addresses of no end": {"<(\"", 100_000, "", 64 << 20},
	} {
		start := head
		var end io.Reader = strings.NewReader("")
		switch name {
		case "more than 10 MB":
			start, c.piece, c.n = file, line, 11<<20/len(line)
		case "10,000 parts":
			start += "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		case "10,000 recipients", "addresses of no end":
			start += "Cc: "
		case "one field of 2 MB":
			start += "X: "
		case "9 MB of one line":
			start += "\r\n"
		case "9 MB of HTML":
			start += "Content-Type: text/html\r\n\r\n"
		case "9 MB of =":
			start += "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		case "nested 1,000 deep":
			var b strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
			}
			end = strings.NewReader(b.String())
		}
		begin := time.Now()
		_, used, err := parseLarge(io.MultiReader(strings.NewReader(start), &repeat{piece: c.piece, n: c.n}, end), o)
		limit, _ := errors.AsType[*mail.LimitError](err)
		if c.what == "" && err != nil || c.what != "" && (limit == nil || limit.What != c.what) || used > c.most {
			t.Errorf("%s: %v, %d MB used", name, err, used>>20)
		}
		t.Logf("%s: %v, %d MB allocated, %v", name, err, used>>20, time.Since(begin))
	}
}

func typical() string {
	return head + "Date: Mon, 3 May 2021 10:00:00 +0200\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n" +
		"--c\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nNein, er ist gr=C3=BCn.\r\n\r\n" + strings.ReplaceAll(strings.ReplaceAll(quotes["gmail de"], "=", "=3D"), "\n", "\r\n") +
		"--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<div>Nein, er ist grün.</div><div class=gmail_quote><blockquote class=gmail_quote>" + strings.Repeat("<p>Ist es rot?</p>\r\n", 50) + "</blockquote></div>\r\n--c--\r\n" +
		"--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(strings.Repeat("QUFB", 19)+"\r\n", 500) + "--b--\r\n"
}

func BenchmarkParse(b *testing.B) {
	s := typical()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if m, err := mail.Parse(strings.NewReader(s), nil); err != nil || m.Problems != nil {
			b.Fatal(err, m)
		}
	}
}

// The standard library's splitting of the same mail, with nothing decoded or hashed.
func BenchmarkStandardLibrary(b *testing.B) {
	s := typical()
	b.SetBytes(int64(len(s)))
	var split func(r io.Reader, contentType string) error
	split = func(r io.Reader, contentType string) error {
		typ, params, err := mime.ParseMediaType(contentType)
		if err != nil || !strings.HasPrefix(typ, "multipart/") {
			_, err := io.Copy(io.Discard, r)
			return err
		}
		for parts := multipart.NewReader(r, params["boundary"]); ; {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := split(part, part.Header.Get("Content-Type")); err != nil {
				return err
			}
		}
	}
	for b.Loop() {
		m, err := netmail.ReadMessage(strings.NewReader(s))
		if err != nil {
			b.Fatal(err)
		}
		if err := split(m.Body, m.Header.Get("Content-Type")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVisible(b *testing.B) {
	s := "Nein.\n\n" + quotes["gmail de"] + strings.Repeat("> Ist es rot? Das wüssten wir gern.\n", 30)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		mail.Visible(s, nil)
	}
}
