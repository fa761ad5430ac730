package email

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"slices"
	"strings"
)

// maxHead is how much of a mail is taken for its header, in bytes.
const maxHead = 1 << 20

// head collects a mail's header from what is written to it, and passes over the rest.
type head struct {
	text []byte
	done bool
}

// take takes what of b belongs to the header, and returns the rest.
func (h *head) take(b []byte) []byte {
	if h.done {
		return b
	}
	from := max(0, len(h.text)-3)
	n := min(len(b), maxHead-len(h.text))
	h.text = append(h.text, b[:n]...)
	end := -1
	for _, blank := range []string{"\n\r\n", "\n\n"} {
		if i := bytes.Index(h.text[from:], []byte(blank)); i >= 0 && (end < 0 || from+i+len(blank) < end) {
			end = from + i + len(blank)
		}
	}
	if end < 0 {
		h.done = len(h.text) == maxHead
		return b[n:]
	}
	h.done = true
	n -= len(h.text) - end
	h.text = h.text[:end]
	return b[n:]
}

func (h *head) Write(b []byte) (int, error) {
	h.take(b)
	return len(b), nil
}

// field is a line of a header, unfolded: its name in lower case.
type field struct{ name, value string }

// fields are the header's, as they came. A line that is none has no name.
func (h *head) fields() (fs []field) {
	var name string
	var value strings.Builder
	add := func() {
		if name != "" || value.Len() > 0 {
			fs = append(fs, field{name, value.String()})
		}
		name = ""
		value.Reset()
	}
	for line := range strings.Lines(string(h.text)) {
		line = strings.TrimRight(line, "\r\n")
		if line != "" && (line[0] == ' ' || line[0] == '\t') {
			value.WriteString(" " + strings.TrimSpace(line))
			continue
		}
		add()
		before, after, ok := strings.Cut(line, ":")
		if before = strings.TrimSpace(before); !ok || strings.ContainsAny(before, " \t") {
			before, after = "", line
		}
		name = strings.ToLower(before)
		value.WriteString(strings.TrimSpace(after))
	}
	add()
	return fs
}

// values are those of all fields of a name.
func values(fs []field, name string) (vs []string) {
	for _, f := range fs {
		if f.name == name {
			vs = append(vs, f.value)
		}
	}
	return vs
}

func value(fs []field, name string) string {
	if vs := values(fs, name); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// traces are the fields that servers and mailboxes add on the way, by which copies of
// a mail differ; those that end with a dash begin so.
var traces = []string{"received", "x-received", "return-path", "delivered-to", "x-original-to", "x-delivered-to", "envelope-to", "delivery-date", "authentication-results",
	"arc-", "received-spf", "dkim-signature", "x-spam-", "x-google-", "x-gm-", "x-ms-exchange-", "x-virus-", "x-forwarded-", "status", "x-status", "x-uid", "x-keywords", "x-mozilla-"}

func isTrace(name string) bool {
	return slices.ContainsFunc(traces, func(t string) bool {
		return name == t || strings.HasSuffix(t, "-") && strings.HasPrefix(name, t)
	})
}

// digest tells mails from each other while they pass.
type digest struct {
	head
	body  hash.Hash
	blank int // ends of lines that haven't been hashed: those at the end don't count
}

func newDigest() *digest { return &digest{body: sha256.New()} }

func (d *digest) Write(b []byte) (int, error) {
	n, newline, cr := len(b), []byte("\n"), []byte("\r")
	for line := range bytes.Lines(d.take(b)) {
		text := bytes.TrimSuffix(bytes.TrimSuffix(line, newline), cr)
		if bytes.IndexByte(text, '\r') >= 0 {
			text = bytes.ReplaceAll(text, cr, nil)
		}
		if len(text) > 0 {
			for ; d.blank > 0; d.blank-- {
				d.body.Write(newline)
			}
			d.body.Write(text)
		}
		if line[len(line)-1] == '\n' {
			d.blank++
		}
	}
	return n, nil
}

// content is the same of two copies of a mail, whatever way they took. whole takes all
// of the header that isn't of the way; else it is what the sender gave.
func (d *digest) content(fs []field, whole bool) string {
	var b strings.Builder
	for _, f := range fs {
		if whole && !isTrace(f.name) || slices.Contains([]string{"from", "date", "subject", "to"}, f.name) {
			b.WriteString(f.name + ":" + strings.Join(strings.Fields(f.value), " ") + "\n")
		}
	}
	b.Write(d.body.Sum(nil))
	return b.String()
}
