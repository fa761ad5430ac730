package template_test

import (
	"errors"
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/template"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func Example() {
	t, err := template.Parse("Hi {{user.name | there}}, {{ticket.number}} is done.")
	if err != nil {
		panic(err)
	}
	fmt.Println(t.Names())
	values := map[string]string{"ticket.number": "1042"}
	fmt.Println(t.Render(template.Text, func(name string) string { return values[name] }))
	// Output:
	// [user.name ticket.number]
	// Hi there, 1042 is done. <nil>
}

func ExampleParse() {
	_, err := template.Parse("Dear {{user.name}},\n\nthanks, {{Agent}}")
	fmt.Println(err)
	// Output:
	// line 3, column 9: a placeholder's name has a-z, 0-9, _ and dots, as in {{user.name}}; what is written without a value stands behind a bar, as in {{user.name | there}}
}

func ExampleChoose() {
	texts := []string{"en", "pt-PT", "de"}
	fmt.Println(template.Choose(texts, "de-AT", "en"), template.Choose(texts, "pt-BR", "en"), template.Choose(texts, "ja", "de"))
	// Output: 2 1 2
}

var values = map[string]string{"a": "1", "user.name": `<b>"Eve" & co`, "lines": "x\r\ny\nz"}

func value(name string) string { return values[name] }

func parse(t testing.TB, text string) *template.Template {
	t.Helper()
	p, err := template.Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return p
}

func TestRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		mode             template.Mode
	}{
		{name: "nothing"},
		{name: "no placeholder", text: "plain } }} { text", want: "plain } }} { text"},
		{name: "spaces inside", text: "{{a}}{{ a }}{{\ta\n}}", want: "111"},
		{name: "a default that isn't needed", text: "{{a | 2}}", want: "1"},
		{name: "a default", text: "{{b | my  friend }}!", want: "my  friend!"},
		{name: "an empty default", text: "Hi{{b |}}!", want: "Hi!"},
		{name: "a default with a bar", text: "{{b | x | y}}", want: "x | y"},
		{name: "single braces", text: `{"x": {{a}}}`, want: `{"x": 1}`},
		{name: "literal braces", text: `\{{a}} is {{a}}`, want: "{{a}} is 1"},
		{name: "a backslash before a placeholder", text: `C:\\{{a}}`, want: `C:\1`},
		{name: "a backslash and literal braces", text: `\\\{{a}}`, want: `\{{a}}`},
		{name: "backslashes elsewhere", text: `\\a \{ {{a}}\`, want: `\\a \{ 1\`},
		{name: "text", text: "{{user.name}}", want: `<b>"Eve" & co`},
		{name: "html", text: "<i>{{user.name}}</i>", want: "<i>&lt;b&gt;&#34;Eve&#34; &amp; co</i>", mode: template.HTML},
		{name: "html, lines", text: "{{lines}}", want: "x<br>\ny<br>\nz", mode: template.HTML},
		{name: "html, a default is the author's", text: "{{b | <i>you</i> &amp; me}}", want: "<i>you</i> &amp; me", mode: template.HTML},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(t, c.text).Render(c.mode, value)
			if err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", template.MaxName+1)
	for _, c := range []struct {
		text         string
		line, column int
	}{
		{"{{", 1, 1},
		{"{{a", 1, 1},
		{"ü {{a}", 1, 3},
		{"{{}}", 1, 1},
		{"{{ | x}}", 1, 1},
		{"\n{{A}}", 2, 1},
		{"日本\n語 {{a.}}", 2, 3},
		{"{{.a}}", 1, 1},
		{"{{a..b}}", 1, 1},
		{"{{1}}", 1, 1},
		{"{{a b}}", 1, 1},
		{"{{{a}}}", 1, 1},
		{"{{#if a}}", 1, 1},
		{"{{a(b)}}", 1, 1},
		{"{{a\x00}}", 1, 1},
		{"{{a | {{b}} }}", 1, 1},
		{"x {{" + long + "}}", 1, 3},
		{"{{a |" + strings.Repeat("ü", template.MaxDefault+1) + "}}", 1, 1},
		{strings.Repeat("{{a}}\n", template.MaxPlaceholders) + "{{a}}", template.MaxPlaceholders + 1, 1},
	} {
		_, err := template.Parse(c.text)
		bad, ok := errors.AsType[*template.SyntaxError](err)
		if !ok || bad.Line != c.line || bad.Column != c.column || bad.Reason == "" {
			t.Errorf("%.40q: %v, want an error at %d:%d", c.text, err, c.line, c.column)
		}
	}
}

func TestLimitsThatHold(t *testing.T) {
	t.Parallel()
	parse(t, "{{"+strings.Repeat("x", template.MaxName)+"}}")
	parse(t, "{{a | "+strings.Repeat("ü", template.MaxDefault)+" }}")
	parse(t, strings.Repeat("{{a}}", template.MaxPlaceholders))
	half := strings.Repeat("x", template.MaxOutput/2)
	both := func(string) string { return half }
	got, err := parse(t, "{{a}}{{b}}").Render(template.Text, both)
	if err != nil || len(got) != template.MaxOutput {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := parse(t, "{{a}}{{b}}.").Render(template.Text, both); !errors.Is(err, template.ErrTooLong) {
		t.Errorf("error %v, want ErrTooLong", err)
	}
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	_, err := parse(t, "{{x}} {{a}} {{field.spend}} {{x}} {{y | z}}").Render(template.HTML, value)
	bad, ok := errors.AsType[*template.UnresolvedError](err)
	if !ok || cmp.Diff([]string{"x", "field.spend"}, bad.Names) != "" {
		t.Fatalf("error %v", err)
	}
	if want := "no value for {{x}}, {{field.spend}}"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		variants string
		wanted   string
		want     int
	}{
		{"fr de en", "de", 1},
		{"fr de en", "DE-at", 1},
		{"pt pt-BR", "pt-br", 1},
		{"pt pt-BR", "pt-PT", 0},
		{"en pt-PT", "pt-BR,en", 1},
		{"en pt-PT", "pt", 1},
		{"zh zh-Hant en", "zh-Hant-TW", 1},
		{"en zh-Hans", "zh-Hans-CN,en", 1},
		{"fr de en", "xx,en", 2},
		{"fr * en", "xx,", 1},
		{"fr *", "", 1},
		{"fr de", "xx,yy", 0},
		{"fr de", "", 0},
		{"dex de", "de", 1},
		{"", "de", -1},
	} {
		variants := strings.Fields(c.variants)
		for i := range variants {
			variants[i] = strings.TrimPrefix(variants[i], "*")
		}
		if got := template.Choose(variants, strings.Split(c.wanted, ",")...); got != c.want {
			t.Errorf("of %q for %q: %d, want %d", c.variants, c.wanted, got, c.want)
		}
	}
	if got := template.Choose([]string{"de"}); got != 0 {
		t.Errorf("with nothing wanted: %d", got)
	}
}

// literal writes a text so that it renders as it is.
func literal(s string) string {
	var b strings.Builder
	for at := 0; ; {
		open := strings.Index(s[at:], "{{")
		if open < 0 {
			return b.String() + s[at:]
		}
		before := s[at : at+open]
		slashes := len(before) - len(strings.TrimRight(before, `\`))
		b.WriteString(before + strings.Repeat(`\`, slashes) + `\{{`)
		at += open + 2
	}
}

// TestAnyText checks that any text can be written literally, and that any value
// comes through whole, between any texts.
func TestAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune(`{}\|a. `))))
		left, right, v := texts.Draw(t, "left"), texts.Draw(t, "right"), texts.Draw(t, "value")
		slashes := len(left) - len(strings.TrimRight(left, `\`))
		text := literal(left) + strings.Repeat(`\`, slashes) + "{{v|}}" + literal(right)
		if strings.HasSuffix(left, "{") {
			text = literal(left+" ") + "{{v|}}" + literal(right) // braces belong to the first pair
			left += " "
		}
		p, err := template.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got, err := p.Render(template.Text, func(string) string { return v })
		if err != nil || got != left+v+right {
			t.Fatalf("%q: %q, %v; want %q", text, got, err, left+v+right)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "Hi {{user.name | there}}", `\{{ \\{{a}} {{{`, "{{a|}}{{b}}", "{{\xff}}", "日{{a}}本"} {
		f.Add(s, "<v>")
	}
	f.Fuzz(func(t *testing.T, text, v string) {
		p, err := template.Parse(text)
		if err != nil {
			bad, ok := errors.AsType[*template.SyntaxError](err)
			if !ok || bad.Line < 1 || bad.Column < 1 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		missing := p.Names()
		_, err = p.Render(template.Text, func(string) string { return "" })
		if bad, ok := errors.AsType[*template.UnresolvedError](err); ok {
			if len(bad.Names) > len(missing) {
				t.Fatalf("%q: %q unresolved of %q", text, bad.Names, missing)
			}
		} else if err != nil && !errors.Is(err, template.ErrTooLong) {
			t.Fatalf("%q: %v", text, err)
		}
		if len(missing) == 0 || v == "" || strings.ContainsAny(v, "\r\n") {
			return
		}
		got, err := p.Render(template.HTML, func(string) string { return v })
		if err == nil && !strings.Contains(got, html.EscapeString(v)) {
			t.Fatalf("%q with %q: %q", text, v, got)
		}
	})
}
