package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/markdown"
	"github.com/google/go-cmp/cmp"
)

func ExampleNew() {
	render := markdown.New(nil)
	out := render(faq.Markdown, "# Refunds\n\nSee [the **terms**](https://shop.example/terms), <script>steal()</script>or ask.\n\n- by card\n- in cash")
	fmt.Println(out.HTML)
	fmt.Println(out.Text)
	fmt.Println(out.Headings)
	// Output:
	// <h1 id="faq-refunds">Refunds</h1>
	// <p>See <a href="https://shop.example/terms" target="_blank" rel="noopener noreferrer">the <strong>terms</strong></a>, or ask.</p>
	// <ul>
	// <li>by card</li>
	// <li>in cash</li>
	// </ul>
	// Refunds
	//
	// See the terms, or ask.
	//
	// - by card
	// - in cash
	// [{1 faq-refunds Refunds}]
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name   string
		format faq.Format
		source string
		want   string
	}{
		{"paragraphs", faq.HTML, "<p>one  two\n three</p><p>four</p>", "one two three\n\nfour"},
		{"inline", faq.HTML, "<p>a<b>b</b>c <i>d</i> e</p>", "abc d e"},
		{"breaks", faq.HTML, "a<br>b<br><br>c", "a\nb\nc"},
		{"table", faq.Markdown, "| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"},
		{"code", faq.Markdown, "```go\nif x {\n\treturn\n}\n```", "if x {\n\treturn\n}"},
		{"nested list", faq.Markdown, "- a\n  - b\n- c", "- a\n- b\n- c"},
		{"entities", faq.HTML, "a &lt;b&gt; &amp; &eacute;", "a <b> & é"},
		{"picture", faq.Markdown, "![a cat](https://x.example/cat.png) sits", "a cat sits"},
		{"script", faq.HTML, "a<script>b</script><style>c</style>d", "ad"},
		{"Japanese", faq.Markdown, "# 返品\n\n返品は**30日**以内です。", "返品\n\n返品は30日以内です。"},
		{"nothing", faq.Markdown, " \n", ""},
		{"bare link", faq.Markdown, "See www.shop.example now", "See www.shop.example now"},
		{"strikethrough", faq.Markdown, "~~old~~ new", "old new"},
	} {
		if got := render(c.format, c.source).Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestHTML(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"heading's id", "## Über uns & mehr!", `<h2 id="faq-über-uns-mehr">Über uns &amp; mehr!</h2>`},
		{"heading twice", "# a\n# a\n# a-2\n# a", `<h1 id="faq-a">a</h1>` + "\n" + `<h1 id="faq-a-2">a</h1>` + "\n" + `<h1 id="faq-a-2-2">a-2</h1>` + "\n" + `<h1 id="faq-a-3">a</h1>`},
		{"heading of signs", "# !!!", `<h1 id="faq-section">!!!</h1>`},
		{"link within", "[up](#top)", `<p><a href="#faq-top">up</a></p>`},
		{"link within, as readers see it", "[up](#faq-top)", `<p><a href="#faq-top">up</a></p>`},
		{"mail", "[us](mailto:us@shop.example)", `<p><a href="mailto:us@shop.example">us</a></p>`},
		{"aligned", "|a|\n|-:|\n|1|", `<td align="right">1</td>`},
		{"own picture", "![x](/files/a/b.png)", `<img src="/files/a/b.png" alt="x" loading="lazy" referrerpolicy="no-referrer">`},
		{"right to left", `<p dir="rtl" lang="ar">مرحبا</p>`, `<p dir="rtl" lang="ar">مرحبا</p>`},
		{"line break in a table", "|a|\n|-|\n|1<br>2|", `<td>1<br>2</td>`},
		{"code's language", "```c++\nx\n```", `<code class="language-c++">x`},
		{"unclosed", "<div><b>x", "<div><b>x</b></div>"},
		{"what isn't open", "x</div></b>y", "<p>xy</p>"},
		{"details", "<details><summary>More</summary>x</details>", "<details><summary>More</summary>x</details>"},
	} {
		if got := render(faq.Markdown, c.source).HTML; !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, cmp.Diff(c.want, got))
		}
	}
}

// Readers get the same when what they get is read once more: nothing is made worse by a
// host that cleans it again.
func TestRenderedStays(t *testing.T) {
	source := "# A\n\ntext *with* [a link](https://x.example?a=1&b=2) & `code`\n\n> quote\n\n1. one\n2. two\n\n```\nx < y\n\n  z\n```\n\n|a|b|\n|-|:-:|\n|1|2|"
	once := render(faq.Markdown, source)
	if twice := render(faq.HTML, once.HTML); twice.HTML != once.HTML || twice.Text != once.Text {
		t.Errorf("%s", cmp.Diff(once, twice))
	}
}

func BenchmarkRender(b *testing.B) {
	source := strings.Repeat("## How to get a refund\n\nGo to *your orders*, choose [the order](https://shop.example/orders), and press **Return**.\n\n- within 30 days\n- unused\n\n", 12)
	b.ReportAllocs()
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		render(faq.Markdown, source)
	}
}

// A title and what stands for a picture have at most 500 characters; longer ones are left
// out, and what they belong to stays.
func TestLongWords(t *testing.T) {
	t.Parallel()
	render := markdown.New(nil)
	for n, stays := range map[int]bool{1: true, 500: true, 501: false} {
		words := strings.Repeat("é", n)
		got := render(faq.Markdown, `<a href="https://x.example" title="`+words+`">x</a> ![`+words+`](https://x.example/a.png)`).HTML
		if strings.Contains(got, `title="`+words+`"`) != stays || strings.Contains(got, `alt="`+words+`"`) != stays || !strings.Contains(got, "<a href") || !strings.Contains(got, "<img") {
			t.Errorf("with %d characters: %s", n, got)
		}
	}
}
