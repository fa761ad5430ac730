package mail_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
)

// Whatever the text, no line is made up, and a text that says something still does.
func FuzzVisible(f *testing.F) {
	for _, quote := range quotes {
		f.Add("No.\n\n" + quote)
	}
	f.Add("> a\nb\n> c\n\nd\n-- \ne")
	f.Add("\xff\n\uE010a\n\uE011\n:\n")
	f.Fuzz(func(t *testing.T, text string) {
		visible, _ := mail.Visible(text, nil)
		if !utf8.ValidString(visible) {
			t.Fatalf("%q", visible)
		}
		text = strings.ToValidUTF8(text, "\uFFFD")
		says := func(s string) bool {
			return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		}
		if says(text) && strings.TrimSpace(visible) == "" {
			t.Fatalf("nothing of %q", text)
		}
		for line := range strings.SplitSeq(visible, "\n") {
			if !strings.Contains(strings.NewReplacer("\uE010", "", "\uE011", "").Replace(text), line) {
				t.Fatalf("%q isn't in %q", line, text)
			}
		}
	})
}

// Texts that are made to be slow take time in proportion to their length.
func TestVisibleTakesLinearTime(t *testing.T) {
	for _, piece := range []string{
		"> q\n__\nhttp://x\n", "Regards,\n", "-- \n", "\n", "From: a\n", "From: a@b.c\n\n", "1 2021 10:00\n", "On 3 May 2021\n",
		"____\n\n", "> " + strings.Repeat("a", 70) + "\nb\n", "a <", "<@", "1:", "-", " ", ">", "Forwarded message\n", "on\n\n",
		"On 3 May 2021 10:00 a@b.cd wrote:\n> a\nb\n", "sent from my \n", "a@", "\uE010\n", "From:", "( 1 (",
	} {
		took := func(n int) time.Duration {
			text := strings.Repeat(piece, n/len(piece))
			start := time.Now()
			mail.Visible(text, nil)
			return time.Since(start)
		}
		// Eight times the text would take 64 times as long in quadratic time, in each
		// of some tries: a busy machine may spoil most of them.
		linear := false
		var some, all time.Duration
		for range 10 {
			if some, all = took(1<<12), took(1<<15); all < 24*some {
				linear = true
				break
			}
		}
		if !linear {
			t.Errorf("%q: %v, eight times as much %v", piece, some, all)
		}
	}
}

// Whatever comes in, Parse gives a mail or one of its errors, all of the text is UTF-8,
// and no name leads out of a directory.
func FuzzParse(f *testing.F) {
	for _, c := range broken {
		f.Add([]byte(c.mail))
	}
	f.Add([]byte(head + "Content-Type: text/html\r\n\r\n<blockquote type=cite><div class=gmail_attr>a<pre>b\nc</blockquote><div id=appendonsend>d"))
	f.Add([]byte(head + "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n:\r\nAction: failed\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := mail.Parse(bytes.NewReader(b), &mail.Options{MaxParts: 20, MaxDepth: 5})
		if err != nil {
			if _, ok := errors.AsType[*mail.LimitError](err); !ok && !errors.Is(err, mail.ErrNoMail) {
				t.Fatal(err)
			}
			return
		}
		all := []string{m.MessageID, m.Subject, m.From.Name, m.From.Address, m.Text, m.HTML, m.Visible, strings.Join(m.Problems, ""), strings.Join(m.References, "")}
		for _, a := range m.Attachments {
			all = append(all, a.Name, a.Type, a.ContentID)
			if a.Name == "" || a.Name == ".." || strings.ContainsAny(a.Name, "/\\\x00\n") {
				t.Fatalf("%q", a.Name)
			}
		}
		for _, s := range all {
			if !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
		}
		if strings.ContainsAny(m.Subject+m.From.Name+m.From.Address+m.MessageID, "\r\n\x00") {
			t.Fatalf("%+v", m)
		}
	})
}
