package markdown

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/frontdesk-go/frontdesk/faq"
)

// kind says how an element stands in text.
type kind int

const (
	inline kind = iota + 1
	block       // a line of its own
	apart       // a line of its own, with an empty one around
	cell        // of a table
	void        // has no end
)

// elements are all there can be.
var elements = map[string]kind{
	"a": inline, "b": inline, "strong": inline, "i": inline, "em": inline, "u": inline, "s": inline, "del": inline, "ins": inline, "sub": inline,
	"sup": inline, "code": inline, "kbd": inline, "small": inline, "mark": inline, "span": inline,
	"p": apart, "pre": apart, "blockquote": apart, "h1": apart, "h2": apart, "h3": apart, "h4": apart, "h5": apart, "h6": apart,
	"div": block, "ul": apart, "ol": apart, "li": block, "dl": apart, "dt": block, "dd": block, "figure": apart, "figcaption": block,
	"details": apart, "summary": block, "table": apart, "thead": inline, "tbody": inline, "tr": block, "th": cell, "td": cell,
	"br": void, "hr": void, "img": void,
}

// attributes are those that an element may have, besides dir and lang, in the order in
// which they are written.
var attributes = map[string][]string{
	"a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}, "ol": {"start"},
	"th": {"colspan", "rowspan", "align"}, "td": {"colspan", "rowspan", "align"}, "code": {"class"},
}

// patterns are what the values of attributes look like.
var patterns = map[string]*regexp.Regexp{
	"dir": ways, "lang": tongue, "href": links, "title": words, "alt": words, "width": small, "height": small, "start": small,
	"colspan": small, "rowspan": small, "align": sides, "class": coded,
}

// idPrefix keeps the ids of headings apart from those of the page.
const idPrefix = "faq-"

// writer writes a tree as HTML and as text.
type writer struct {
	pictures *regexp.Regexp
	html     strings.Builder
	text     prose
	headings []faq.Heading
	anchors  *anchors
	pre      int // how deep in preformatted text
}

func (w *writer) all(nodes []*html.Node) {
	for _, n := range nodes {
		w.node(n)
	}
}

func (w *writer) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.html.WriteString(html.EscapeString(n.Data))
		w.text.write(n.Data, w.pre > 0)
	case html.ElementNode:
		w.element(n)
	}
}

func (w *writer) element(n *html.Node) {
	k := elements[n.Data]
	if k == 0 || n.Namespace != "" {
		w.children(n) // which the parser has made up, as tbody is by itself
		return
	}
	if n.Data == "img" && !w.pictures.MatchString(attributeOf(n, "src")) {
		w.node(&html.Node{Type: html.TextNode, Data: attributeOf(n, "alt")}) // instead of the picture
		return
	}
	if (n.Data == "ul" || n.Data == "ol") && n.Parent != nil && n.Parent.Data == "li" {
		k = block
	}
	w.open(n)
	w.text.begin(n.Data, k)
	if n.Data == "pre" {
		w.pre++
	}
	w.children(n)
	if n.Data == "pre" {
		w.pre--
	}
	w.text.end(k)
	if k != void {
		w.html.WriteString("</" + n.Data + ">")
	}
}

func (w *writer) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// open writes the start of an element, with the attributes that it may have.
func (w *writer) open(n *html.Node) {
	w.html.WriteString("<" + n.Data)
	if level := headingLevel(n); level > 0 {
		if id := w.anchors.of[n]; id != "" {
			w.attribute("id", id)
			w.headings = append(w.headings, faq.Heading{Level: level, ID: id, Text: textOf(n)})
		}
	}
	for _, name := range attributes[n.Data] {
		value, fits := attributeOf(n, name), patterns[name]
		if name == "src" {
			fits = w.pictures
		}
		if !fits.MatchString(value) || fits == words && utf8.RuneCountInString(value) > maxWords {
			continue
		}
		if fragment, inside := strings.CutPrefix(value, "#"); name == "href" && inside {
			value = "#" + w.anchors.lead(fragment)
		}
		w.attribute(name, value)
		if name == "alt" {
			w.text.write(value, false)
		}
	}
	for _, name := range []string{"dir", "lang"} {
		if value := attributeOf(n, name); patterns[name].MatchString(value) {
			w.attribute(name, value)
		}
	}
	switch href := attributeOf(n, "href"); {
	case n.Data == "img":
		w.html.WriteString(` loading="lazy" referrerpolicy="no-referrer"`)
	case n.Data == "a" && strings.HasPrefix(strings.ToLower(href), "http") && links.MatchString(href):
		w.html.WriteString(` target="_blank" rel="noopener noreferrer"`)
	}
	w.html.WriteString(">")
	if n.Data == "pre" {
		w.html.WriteString("\n") // a parser drops the first one
	}
}

func (w *writer) attribute(name, value string) {
	w.html.WriteString(" " + name + `="` + html.EscapeString(value) + `"`)
}

// attributeOf is the value of an attribute, or "".
func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val
		}
	}
	return ""
}

func headingLevel(n *html.Node) int {
	if n.Type == html.ElementNode && len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
		return int(n.Data[1] - '0')
	}
	return 0
}

// textOf is the text of a heading, in one line.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// anchors are the ids of headings, which are made of their texts.
type anchors struct {
	of   map[*html.Node]string
	used map[string]int // by slug, the number behind the last one of its kind
}

func anchorsOf(nodes []*html.Node) *anchors {
	as := &anchors{of: map[*html.Node]string{}, used: map[string]int{}}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if headingLevel(n) > 0 {
			as.add(n)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return as
}

func (as *anchors) add(n *html.Node) {
	text := textOf(n)
	if text == "" {
		return
	}
	base := slug(text)
	name := base
	for i := as.used[base] + 1; as.used[name] > 0; i++ {
		name = base + "-" + strconv.Itoa(i)
		as.used[base] = i
	}
	as.used[name] = max(as.used[name], 1)
	as.of[n] = idPrefix + name
}

// lead is where a link within the article leads.
func (as *anchors) lead(fragment string) string {
	return idPrefix + strings.TrimPrefix(fragment, idPrefix)
}

// maxSlug is how long what is made of a heading is, in characters.
const maxSlug = 60

// slug is a text as part of an address: small letters, digits and hyphens.
func slug(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToLower(text) {
		switch {
		case n == maxSlug:
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
			n++
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
			n++
		}
	}
	if s := strings.TrimRight(b.String(), "-"); s != "" {
		return s
	}
	return "section"
}
