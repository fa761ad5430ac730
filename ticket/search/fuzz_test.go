package search_test

import (
	"testing"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// Whatever is typed is a search, and what it marks is in the text.
func FuzzFind(f *testing.F) {
	d := openMemory(f)
	world(f, d)
	for _, s := range []string{"parcel", `"my parcel"`, `"`, `""`, `"a" "b`, "#1", "#", "ORD-2024-77", "a@b.c", "荷物が", "ﾊﾟｰｾﾙ", "\x00\xff", "*", "a* OR b~2 AND (c:d)",
		"-", "--", "é\u0301\u0301", "ฉันยัง", "\u200d\u200c", "ｶﾞ", "İstanbul", "ǅ", "1", "0x10", "a-1-b-2_c.3/d", "''''", "’s", "+49 (170) 12", "«»", "٣٤٥"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, typing bool) {
		if utf8.RuneCountInString(text) > ticket.MaxSearchText {
			return
		}
		found, err := d.ix.Find(t.Context(), ann, ticket.Search{Text: text, Typing: typing})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, h := range found.Hits {
			for _, s := range h.Snippets {
				at := 0
				for _, m := range s.Marks {
					if m.Start < at || m.End <= m.Start || m.End > len(s.Text) {
						t.Fatalf("%q: marks %v in %q", text, s.Marks, s.Text)
					}
					at = m.End
				}
				if len(s.Marks) == 0 || utf8.ValidString(text) && !utf8.ValidString(s.Text) {
					t.Fatalf("%q: %+v", text, s)
				}
			}
		}
	})
}
