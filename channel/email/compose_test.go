package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	own "github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// hostile texts have what breaks headers, lines, and encodings.
func hostile(max int) *rapid.Generator[string] {
	pieces := []string{"a", "Ann", " ", "  ", "\r\n", "\n", "\r", "\t", "Bcc: x@mail.example", "\"", "\\", "<", ">", "(", ")", ",", ";", ":", "@", "=?utf-8?q?x?=", "日本語", "größe", "😀", "\u202e", "مرحبا", "\x00", "\x7f", "%0d", "%", "'", ".", "--", "From ", strings.Repeat("w", 90), strings.Repeat("長", 60), "\u2028", "\xff", "re: "}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, max).Draw(t, "pieces"), "")
	})
}

// Whatever is in a mail, what was put in comes out, no line is too long, and nothing in
// it makes a field of its own.
func TestComposed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &composed{
			id: "x.1@shop.example", from: mail.Address{Name: carrier(hostile(8).Draw(t, "from")), Address: "help@shop.example"},
			replyTo: mail.Address{Name: carrier(hostile(8).Draw(t, "replies")), Address: "help+tag@shop.example"},
			subject: hostile(12).Draw(t, "subject"), inReplyTo: "a@mail.example", date: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC),
			automatic: rapid.Bool().Draw(t, "automatic"), desk: "sign",
			text: "Hi" + hostile(60).Draw(t, "text"), html: "<p>" + hostile(60).Draw(t, "html") + "</p>",
		}
		for i := range rapid.IntRange(1, 25).Draw(t, "references") {
			l.references = append(l.references, fmt.Sprintf("%s.%d@mail.example", strings.Repeat("r", 60), i))
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "recipients") {
			a, err := recipient(hostile(6).Draw(t, "name"), fmt.Sprintf("u%d@bücher.example", i))
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				l.to = append(l.to, a)
			} else {
				l.copied = append(l.copied, a)
			}
		}
		var contents [][]byte
		for range rapid.IntRange(0, 3).Draw(t, "files") {
			b := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "content")
			contents = append(contents, b)
			kind := rapid.SampledFrom([]string{"text/plain; charset=iso-8859-1", "message/rfc822", "image/png", "multipart/mixed", "application/pdf", "broken"}).Draw(t, "kind")
			l.files = append(l.files, file{name: hostile(6).Draw(t, "file"), kind: carried(kind), open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }})
		}
		raw, err := l.bytes()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := l.bytes()
		if !bytes.Equal(raw, again) {
			t.Fatal("the same mail has other bytes")
		}
		for line := range strings.SplitSeq(string(raw), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		if head, _, _ := strings.Cut(string(raw), "\r\n\r\n"); strings.ContainsFunc(head, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Fatalf("a header that isn't ASCII:\n%s", head)
		}
		m, err := own.Parse(bytes.NewReader(raw), nil)
		if err != nil || len(m.Problems) > 0 {
			t.Fatalf("%v, %q in\n%s", err, m.Problems, raw)
		}
		same(t, l, m, contents)
	})
}

// worded is a name without the marks that readers of mails take for those of the header.
func worded(name string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"'\\<>()", r) {
			return -1
		}
		return r
	}, name)), " ")
}

func same(t *rapid.T, l *composed, m *own.Mail, contents [][]byte) {
	t.Helper()
	if got := m.From; worded(got.Name) != worded(l.from.Name) || got.Address != l.from.Address {
		t.Fatalf("from %+v, want %+v", got, l.from)
	}
	var all []own.Address
	for _, a := range append(slices.Clone(l.to), l.copied...) {
		all = append(all, own.Address{Name: worded(a.Name), Address: a.Address})
	}
	got := append(m.To, m.Cc...)
	for i := range got {
		got[i].Name = worded(got[i].Name)
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Fatalf("to %s", diff)
	}
	if m.Subject != carrier(l.subject) || m.MessageID != l.id || !slices.Equal(m.References, l.references) || !slices.Equal(m.InReplyTo, []string{l.inReplyTo}) || !m.Date.Equal(l.date) || m.Auto.Reply != l.automatic {
		t.Fatalf("subject %q of %q, id %s, references %v, date %v, %+v", m.Subject, l.subject, m.MessageID, m.References, m.Date, m.Auto)
	}
	lines := func(s string) string {
		return store.CleanText(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
	}
	if got := strings.ReplaceAll(m.Text, "\r\n", "\n"); strings.TrimRight(got, "\n ") != strings.TrimRight(lines(l.text), "\n ") {
		t.Fatalf("text %q, want %q", got, lines(l.text))
	}
	if len(m.Attachments) != len(contents) {
		t.Fatalf("%d files, want %d", len(m.Attachments), len(contents))
	}
	for i, a := range m.Attachments {
		sum := sha256.Sum256(contents[i])
		name := l.files[i].name
		plain := carrier(name) == name && name != "" && !strings.ContainsAny(name, `<>/\:"`) && strings.Trim(name, ".") == name
		if n := min(len(name), 150); a.SHA256 != hex.EncodeToString(sum[:]) || plain && !strings.HasPrefix(a.Name, strings.ToValidUTF8(name[:n], "")) {
			t.Fatalf("file %q is %+v", name, a)
		}
	}
}

// FuzzHeader looks for values that make a field of their own, or a line that is too long.
func FuzzHeader(f *testing.F) {
	f.Add("Ann", "Where is it?", "a.txt")
	f.Add("Ann\r\nBcc: x@mail.example", "a\nb", "x\"; filename=\"y.exe")
	f.Add("日本語の名前", strings.Repeat("件名", 200), strings.Repeat("名前", 100)+".pdf")
	f.Fuzz(func(t *testing.T, name, subject, filename string) {
		to, err := recipient(name, "eve@mail.example")
		if err != nil {
			t.Fatal(err)
		}
		l := &composed{id: "x@shop.example", from: mail.Address{Name: carrier(name), Address: "help@shop.example"}, to: []*mail.Address{to}, subject: subject, date: time.Unix(0, 0), text: "x", html: "x",
			files: []file{{name: cut(filename, 255), kind: "text/plain", open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }}}}
		raw, err := l.bytes()
		if err != nil {
			t.Fatal(err)
		}
		m, err := own.Parse(bytes.NewReader(raw), nil)
		if err != nil || len(m.To) != 1 || m.To[0].Address != "eve@mail.example" || len(m.Cc) > 0 || m.Subject != carrier(l.subject) || m.From.Address != "help@shop.example" || len(m.Attachments) != 1 {
			t.Fatalf("%v, %+v of\n%s", err, m, raw)
		}
		for line := range strings.SplitSeq(string(raw), "\r\n") {
			field, _, _ := strings.Cut(line, ":")
			if len(line) > 998 || strings.EqualFold(field, "bcc") || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("line %q", line)
			}
		}
	})
}

func TestRecipients(t *testing.T) {
	for in, want := range map[string]string{"eve@mail.example": "eve@mail.example", "Eve+x@Bücher.example": "Eve+x@xn--bcher-kva.example", "a_b@x_y.example": "a_b@x_y.example",
		"": "", "eve": "", "Eve <eve@mail.example>": "", "eve@mail.example\r\nRCPT TO:<x@y.example>": "", "e ve@mail.example": "", "müller@mail.example": "", "a@b@c": "", "eve@mail.example,x@mail.example": ""} {
		a, err := recipient("", in)
		if got := ""; err == nil {
			got = a.Address
			if got != want {
				t.Errorf("%q is %q, want %q", in, got, want)
			}
		} else if want != "" {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// What is attached arrives, and what is too large is told.
func TestAttached(t *testing.T) {
	d := openOutDesk(t, memstore.New(), &post{}, false)
	x := d.ask("Where?")
	var ids []string
	sizes := []int{3 << 20, 18 << 20, 1000}
	for i, n := range sizes {
		a, err := d.Tickets.Upload(t.Context(), d.ann, ticket.DefaultApp, "", fmt.Sprintf("Größe %d.bin", i), bytes.NewReader(bytes.Repeat([]byte{byte(i + 1)}, n)))
		d.must(err)
		ids = append(ids, a.ID)
	}
	d.reply(x.ID, ticket.Draft{Text: "There.", Attachments: ids})
	d.drain()
	m := d.post.taken(t)[0]
	var got []string
	for _, a := range m.Attachments {
		got = append(got, fmt.Sprint(a.Name, " ", a.Size))
	}
	if diff := cmp.Diff([]string{"Größe 0.bin 3145728", "Größe 2.bin 1000"}, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(m.Text, "Größe 1.bin (18.0 MB) is too large to be sent by mail.") || !strings.Contains(m.HTML, "Größe 1.bin (18.0 MB)") {
		t.Errorf("text %s", m.Text)
	}
}

// BenchmarkCompose is a mail with history, as it is made for each message: read, rendered
// and written.
func BenchmarkCompose(b *testing.B) {
	d := openOutDesk(b, memstore.New(), &post{}, false)
	x := d.ask(strings.Repeat("Where is my order? ", 20))
	for range 10 {
		d.reply(x.ID, ticket.Draft{Text: strings.Repeat("It left our house this morning. ", 20)})
	}
	t, err := d.Tickets.Get(b.Context(), outSystem, x.ID)
	d.must(err)
	m, err := d.message(b.Context(), x.ID, 11)
	d.must(err)
	u := &identity.EndUser{Name: "Eve", Email: identity.Contact{Value: "eve@mail.example"}}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		c, err := d.scene(b.Context(), t, []*ticket.Message{m})
		d.must(err)
		l, err := d.compose(b.Context(), c)
		d.must(err)
		to, err := recipient(u.Name, u.Email.Value)
		d.must(err)
		l.id, l.to = "x@shop.example", []*mail.Address{to}
		raw, err := l.bytes()
		d.must(err)
		n = len(raw)
	}
	b.ReportMetric(float64(n), "bytes")
}
