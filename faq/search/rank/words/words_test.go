package words_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

func Example() {
	for _, t := range words.For("de-AT").Tokens("Wie ändere ich mein Paßwort?") {
		fmt.Print(t.Term, " ")
	}
	fmt.Println()
	// Output:
	// wie and ich mein passwort
}

// What a text is taken apart into, by language.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, text, want string }{
		{"en", "How do I delete customers' e-mail accounts?", "how do i delet custom e email mail account"},
		{"en", "doesn't doesn’t doesnt John's", "doesnt doesnt doesnt john"},
		{"en", "naïve café ＡＢＣ", "naiv cafe abc"},
		{"de", "Passwörter Passwoerter neue Quelle Straße STRASSE", "passwort passwort neu quell strass strass"},
		{"fr", "l'article, l’article: réglages", "articl articl reglag"},
		{"ja", "住民票の写しの手数料はいくらですか？", "住民 票 写し 手数料 いくら"},
		{"ja", "ﾊﾟｽﾜｰﾄﾞを忘れました", "パスワード 忘れる"},
		{"ja", "LINE Payで払う", "line pay 払う"},
		{"zh", "改密码", "改 改密 密 密码 码"},
		{"ko", "비밀번호를", "비밀 밀번 번호 호를"},
		{"th", "รหัส", "รหั รหัส หัส"},
		{"ar", "كَلِمَةُ المُرُور", "كلم مرور"},
		{"tr", "İSTANBUL'DA kızım", "istanbul kiz"},
		{"hi", "लड़कियों", "लडक"},
		{"el", "λόγος λόγοσ", "λογοσ λογοσ"},
		{"", "schedules", "schedule"},
		{"en", "", ""},
		{"en", "?!… —", ""},
	} {
		var got []string
		at := 0
		for _, k := range words.For(c.language).Tokens(c.text) {
			got = append(got, k.Term)
			if k.Start < at || k.End <= k.Start || k.End > len(c.text) {
				t.Errorf("%s %q: %q is at %d to %d", c.language, c.text, k.Term, k.Start, k.End)
			}
			at = k.Start
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s %q is %q, want %q", c.language, c.text, g, c.want)
		}
	}
}

// What Among leaves out has none of the first letters, in every language that has a
// stemmer: words of real endings, hyphens and apostrophes.
func TestAmong(t *testing.T) {
	t.Parallel()
	languages := []string{"ar", "da", "nl", "en", "fi", "fr", "de", "hu", "ga", "it", "no", "pt", "ro", "ru", "es", "sv", "ta", "tr", "hi", "ckb", "fa", "hr", "pl", "ja", "zh", "zz"}
	word := rapid.Custom(func(t *rapid.T) string {
		return rapid.StringMatching(`[a-zA-ZäößéİI]{1,8}`).Draw(t, "root") +
			rapid.SampledFrom([]string{"", "ing", "ies", "ied", "ation", "ungen", "isch", "lar", "lerin", "mente", "issimo", "ujących", "a\u0301", "'s", "-x", "ő", "ност", "7", "語"}).Draw(t, "ending")
	})
	rapid.Check(t, func(t *rapid.T) {
		l := words.For(rapid.SampledFrom(languages).Draw(t, "language"))
		text := strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", "-", ", "}).Draw(t, "between"))
		var heads words.Heads
		for _, h := range rapid.SliceOf(rapid.StringMatching(`[a-z0-9]`)).Draw(t, "heads") {
			heads.Add(h)
		}
		wanted := func(all []words.Token) []words.Token {
			return slices.DeleteFunc(all, func(k words.Token) bool { return k.Term[0] < 0x80 && !heads[k.Term[0]] })
		}
		if got, want := wanted(l.Among(text, &heads)), wanted(l.Tokens(text)); !slices.Equal(got, want) {
			t.Fatalf("%s %q: %v, want %v", l.Base, text, got, want)
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "e-mail", "don't", "ﾊﾟ", "กำ", "\xff", "a\u0301", "가나다", "𠮷野家", "x'y'z", "ﷺ"} {
		f.Add(s)
	}
	all := []*words.Language{words.For("en"), words.For("de"), words.For("ja"), words.For("tr"), words.For("pl"), words.For("hi"), words.For("fr"), words.For("zz")}
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range all {
			at := 0
			for _, k := range l.Tokens(text) {
				if k.Term == "" || len(k.Term) > 64 || k.Start < at || k.End <= k.Start || k.End > len(text) {
					t.Fatalf("%s: %+v of %q", l.Base, k, text)
				}
				at = k.Start
			}
		}
	})
}
