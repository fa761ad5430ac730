package mask_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/mask"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket/richtext"
)

func Example() {
	text, n := mask.Cards().Text("Please charge 4111-1111-1111-1111, it is valid until 12/27.", 1000)
	fmt.Println(text, n)
	p, err := mask.New("pattern", `\bDE\d{20}\b`)
	if err != nil {
		panic(err)
	}
	html, n := p.HTML("<p>My account is <b>DE8937040044</b>0532013000.</p>", 1000)
	fmt.Println(html, n)
	// Output:
	// Please charge ••••-••••-••••-1111, it is valid until 12/27. 1
	// <p>My account is <b>[removed]</b>.</p> 1
}

func TestCards(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"4111111111111111", "••••••••••••1111"},
		{"4111 1111 1111 1111", "•••• •••• •••• 1111"},
		{"4111-1111-1111-1111 12/26", "••••-••••-••••-1111 12/26"},
		{"no: 4111111111111112", "no: 4111111111111112"},
		{"378282246310005 and 5555555555554444", "•••••••••••0005 and ••••••••••••4444"},
		{"3782 822463 10005", "•••• •••••• •0005"},
		{"4222222222222", "•••••••••2222"},               // 13 digits
		{"422222222222", "422222222222"},                 // 12
		{"6304000000000000001", "6304000000000000001"},   // 19, and the check fails
		{"6304000000000000 001", "••••••••••••0000 001"}, // the first group by itself
		{"6799990100000000019", "•••••••••••••••0019"},   // 19
		{"41111111111111111111", "41111111111111111111"}, // 20
		{"0000 0000 0000 0000", "0000 0000 0000 0000"},   // passes Luhn
		{"x4111111111111111y", "x••••••••••••1111y"},     // letters are no digits
		{"4111.1111.1111.1111", "4111.1111.1111.1111"},   // neither spaces nor dashes
		{"4111\n1111\n1111\n1111", "4111\n1111\n1111\n1111"},
		{"4111 - 1111 - 1111 - 1111", "•••• - •••• - •••• - 1111"},
		{"4111    1111 1111 1111", "4111    1111 1111 1111"}, // four spaces
		{"4111\u00a01111\u20111111\u202f1111", "••••\u00a0••••\u2011••••\u202f1111"},
		{"41\u200b11111111111111", "••\u200b••••••••••1111"},
		{"カードは４１１１　１１１１　１１１１　１１１１です", "カードは••••　••••　••••　１１１１です"},
		{"４１１１ー１１１１－１１１１ｰ１１１１", "••••ー••••－••••ｰ１１１１"},
		{"٤١١١ ١١١١ ١١١١ ١١١١", "•••• •••• •••• ١١١١"},
		{"1234 4111 1111 1111 1111", "1234 •••• •••• •••• 1111"},
		{"4111 1111 1111 1111 4111 1111 1111 1111", "•••• •••• •••• 1111 •••• •••• •••• 1111"},
		{"• 4111 1111 1111 1111", "• •••• •••• •••• 1111"},
		{"id 550e8400-e29b-41d4-a716-446655440000", "id 550e8400-e29b-41d4-a716-446655440000"},
		{"4111 1111 1111 1111\xff", "•••• •••• •••• 1111\ufffd"},
	} {
		got, n := mask.Cards().Text(c.in, 1000)
		if got != c.want || (n > 0) != (got != c.in) {
			t.Errorf("%q: %q, %d; want %q", c.in, got, n, c.want)
		}
	}
}

func TestHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"<p>4111 1111 1111 1111</p>", "<p>•••• •••• •••• 1111</p>"},
		{"<p>4111 <b>1111</b> 1111 <i>11</i>11</p>", "<p>•••• <b>••••</b> •••• <i>11</i>11</p>"},
		{"<p>4111</p><p>1111 1111 1111</p>", "<p>4111</p><p>1111 1111 1111</p>"}, // two paragraphs
		{"4111<br>1111 1111 1111", "4111<br>1111 1111 1111"},
		{"4111&nbsp;1111&#160;1111&#xa0;1111", "••••&nbsp;••••&#160;••••&#xa0;1111"},
		{"&#52;&#x31;11 1111 1111 1111", "•••• •••• •••• 1111"},
		{"4111\n1111\n1111 1111", "••••\n••••\n•••• 1111"}, // a line that was wrapped
		{`<a href="https://x/4111111111111111">pay</a>`, `<a>pay</a>`},
		{`<a href="https://x/?c=4111%201111%201111%201111">pay</a>`, `<a>pay</a>`},
		{`<a href="tel:+49301111111">+49 30 1111111</a>`, `<a href="tel:+49301111111">+49 30 1111111</a>`},
		{`<a title="a > b" href="https://x/">4111111111111111</a>`, `<a title="a > b" href="https://x/">••••••••••••1111</a>`},
		{"a<!-- 4111111111111111 -->b", "ab"},
		{"3 &lt; 4111111111111111 &amp; 5", "3 &lt; ••••••••••••1111 &amp; 5"},
	} {
		got, n := mask.Cards().HTML(c.in, 1000)
		if got != c.want || (n > 0) != (got != c.in) {
			t.Errorf("%q: %q, %d; want %q", c.in, got, n, c.want)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	p, err := mask.New("pattern", `(?i)secret\d*`)
	if err != nil {
		t.Fatal(err)
	}
	got, n := p.Text("Secret12 and secret, secretly", 100)
	if want := "[removed] and [removed], [removed]ly"; got != want || n != 3 {
		t.Errorf("%q, %d", got, n)
	}
	if again, n := p.Text(got, 100); again != got || n != 0 {
		t.Errorf("again: %q, %d", again, n)
	}
	if html, n := p.HTML("<p>sec<b>ret</b>7 it is</p><p>sec</p><p>ret</p>", 100); html != "<p>[removed]<b></b> it is</p><p>sec</p><p>ret</p>" || n != 1 {
		t.Errorf("%q, %d", html, n)
	}
	// What would grow above the limit gets a bullet for each piece.
	p, err = mask.New("pattern", "e")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := p.Text("eee", 27); got != strings.Repeat("[removed]", 3) {
		t.Errorf("at the limit: %q", got)
	}
	if got, n := p.Text("eee", 26); got != "•••" || n != 3 {
		t.Errorf("above the limit: %q, %d", got, n)
	}
	if got, n := p.Text("[removed]", 100); got != "[removed]" || n != 0 {
		t.Errorf("what stands for something: %q, %d", got, n)
	}
	for _, bad := range []string{"(", "a*", strings.Repeat("a", mask.MaxPattern+1)} {
		if _, err := mask.New("pattern", bad); !isField(err, "pattern") {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	for _, good := range []string{"", mask.CardsName, strings.Repeat("ä", mask.MaxPattern)} {
		if _, err := mask.New("pattern", good); err != nil {
			t.Errorf("%.10q: %v", good, err)
		}
	}
}

func isField(err error, field string) bool {
	bad, ok := errors.AsType[*store.FieldError](err)
	return ok && bad.Field == field && bad.Reason != ""
}

// What is masked holds no card number, is as long as before, and differs in nothing
// but digits.
func holds(t interface{ Errorf(string, ...any) }, in string) {
	out, n := mask.Cards().Text(in, 1<<20)
	if again, m := mask.Cards().Text(out, 1<<20); again != out || m != 0 {
		t.Errorf("%q: masked %q, masked again %q", in, out, again)
	}
	if mask.Cards().Has(out) {
		t.Errorf("%q: %q still has one", in, out)
	}
	if n == 0 {
		if in != out {
			t.Errorf("%q: nothing found, and %q", in, out)
		}
		return
	}
	a, b := []rune(in), []rune(out)
	if len(a) != len(b) {
		t.Errorf("%q: %d runes became %d", in, len(a), len(b))
		return
	}
	for i := range a {
		if a[i] != b[i] && (b[i] != '•' || !strings.ContainsRune("0123456789０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", a[i])) {
			t.Errorf("%q: %q became %q", in, a[i], b[i])
		}
	}
}

func FuzzCards(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111", "４１１１１１１１１１１１１１１１", "378282246310005-4111 1111 1111 1111 4222222222222", "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) { holds(t, in) })
}

// number completes some digits to a number that passes the check.
func number(digits []int) string {
	sum := 0
	for i := range digits {
		d := digits[len(digits)-1-i]
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	var b strings.Builder
	for _, d := range append(slices.Clone(digits), (10-sum%10)%10) {
		b.WriteByte(byte('0' + d))
	}
	return b.String()
}

func TestMaskedTextHasNoCards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.IntRange(0, 9), 12, 18).Draw(t, "digits")
		digits[0] = rapid.IntRange(1, 9).Draw(t, "first")
		card := number(digits)
		var grouped strings.Builder
		for i, r := range card {
			if i > 0 {
				grouped.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", " - ", "\u00a0", "　"}).Draw(t, "gap"))
			}
			grouped.WriteRune(r)
		}
		around := rapid.SampledFrom([]string{"", "card: ", "、", "12 ", "4111 1111 1111 1111 "})
		text := around.Draw(t, "before") + grouped.String() + around.Draw(t, "after")
		holds(t, text)
		if out, _ := mask.Cards().Text(grouped.String(), 1000); strings.Count(out, "•") != len(card)-4 {
			t.Errorf("%q became %q", grouped.String(), out)
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<p>4111 <b>1111</b> 1111&nbsp;1111", "<a href='https://x/4111111111111111'>x</a>", "&#52;111111111111111", "<pre>4111\n1111 1111 1111</pre>",
		"&amp4111111111111111", "<td>4111<td>1111 1111 1111", "4<!-->111111111111111"} {
		f.Add(s, "1+")
	}
	f.Fuzz(func(t *testing.T, in, expr string) {
		in = store.CleanText(richtext.Clean(in))
		ps := []*mask.Pattern{mask.Cards()}
		if p, err := mask.New("pattern", expr); err == nil {
			ps = append(ps, p)
		}
		for _, p := range ps {
			out, n := p.HTML(in, 1<<20)
			if again, m := p.HTML(out, 1<<20); p.String() == mask.CardsName && (again != out || m != 0) {
				t.Errorf("%q: masked %q, masked again %q", in, out, again)
			}
			if n == 0 && in != out {
				t.Errorf("%q: nothing found, and %q", in, out)
			}
			// The sanitiser sees the same HTML, but for tags that lost their attributes.
			bare := func(s string) string { return strings.NewReplacer("<a>", "", "</a>", "").Replace(s) }
			if got := richtext.Clean(out); bare(got) != bare(strings.TrimSpace(out)) && !lostAttribute(in, out) {
				t.Errorf("%q: masked by %s %q, the sanitiser makes %q of it", in, p, out, got)
			}
			if !utf8.ValidString(out) {
				t.Errorf("%q: %q", in, out)
			}
		}
	})
}

// lostAttribute says whether a tag had attributes that it has no more.
func lostAttribute(in, out string) bool { return strings.Count(in, "=\"") != strings.Count(out, "=\"") }

// What end users send can't keep a process busy.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	cards, digit := strings.Repeat("4111 1111 1111 1111 ", 5000), strings.Repeat("1 ", 50_000)
	p, err := mask.New("pattern", "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{cards, digit, strings.Repeat("•a", 50_000), strings.Repeat("&nbsp", 20_000), strings.Repeat("<b a=", 20_000)} {
		for _, p := range []*mask.Pattern{mask.Cards(), p} {
			out, _ := p.Text(text, 100_000)
			p.HTML(text, 100_000)
			if utf8.RuneCountInString(out) > 100_000 {
				t.Errorf("%.20q is %d characters long", text, utf8.RuneCountInString(out))
			}
		}
	}
}

func BenchmarkCards(b *testing.B) {
	plain := strings.Repeat("Where is my parcel? It should have come on 12 May 2026. ", 20)
	card := plain + "4111 1111 1111 1111"
	for _, c := range []struct{ name, text string }{{"none", plain}, {"one", card}, {"no digits", strings.Repeat("hello ", 200)}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				mask.Cards().Text(c.text, 1<<20)
			}
		})
	}
	b.Run("raw: runes of a text with one", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(card)))
		for b.Loop() {
			_ = string([]rune(card))
		}
	})
}
