package mail

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// effect is what an element does to the text in it.
type effect uint8

const (
	plainly  effect = iota
	hides           // its text isn't shown
	quotes          // each line begins with >
	leads           // its lines are above a quote
	verbatim        // spaces count
)

// Limits of elements within elements: what is deeper is read as if it were not.
const (
	maxOpen   = 200
	maxQuoted = 10
)

// textWriter makes text of the tokens of HTML.
type textWriter struct {
	out    strings.Builder
	open   []element
	count  [verbatim + 1]int
	lines  int  // ends of lines that are due
	space  bool // is due
	inLine bool
	rest   bool // a mark says that the rest is quoted
	marked bool
}

type element struct {
	tag string
	is  effect
}

// htmlText is the text of HTML, with > before what mail programs mark as quoted. With
// marks, what else they mark is marked for visibleOf, and their signatures are left out;
// marked says whether there was any of that. At most 1 MB of text comes out.
func htmlText(s string, marks bool) (text string, marked bool) {
	w := &textWriter{}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxText * 4)
	for w.out.Len() < maxText {
		switch z.Next() {
		case html.ErrorToken:
			return w.end(), w.marked
		case html.TextToken:
			if w.count[hides] == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token(), marks)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.close(string(name))
		}
	}
	return w.end(), w.marked
}

func (w *textWriter) end() string { return strings.Trim(w.out.String(), "\n") }

func (w *textWriter) start(t html.Token, marks bool) {
	switch t.DataAtom {
	case atom.Br:
		w.lines++
		w.inLine, w.space = false, false
		return
	case atom.Hr:
		w.breakLine(1)
	case atom.Img:
		return
	}
	is := effectOf(t, marks)
	if marks && w.count[hides] == 0 && restOf(t) {
		w.breakLine(1)
		w.rest, w.marked = true, true
		w.text("…")
	}
	w.marked = w.marked || marks && (is == quotes || is == leads || is == hides && t.DataAtom != atom.Style && t.DataAtom != atom.Head)
	if n := breaks(t.DataAtom); n > 0 {
		w.breakLine(n)
	}
	if t.DataAtom == atom.Li {
		w.text("- ")
	}
	if t.Type == html.SelfClosingTagToken || void(t.DataAtom) || len(w.open) >= maxOpen {
		return
	}
	w.open = append(w.open, element{t.Data, is})
	w.count[is]++
}

// close ends an element, and those in it that weren't.
func (w *textWriter) close(tag string) {
	i := len(w.open) - 1
	for i >= 0 && w.open[i].tag != tag {
		i--
	}
	if i >= 0 {
		for _, e := range w.open[i:] {
			w.count[e.is]--
		}
		w.open = w.open[:i]
	}
	if n := breaks(atom.Lookup([]byte(tag))); n > 0 {
		w.breakLine(n)
	}
}

func (w *textWriter) breakLine(n int) {
	if w.inLine || w.out.Len() > 0 {
		w.lines = max(w.lines, n)
	}
	w.inLine, w.space = false, false
}

func (w *textWriter) text(s string) {
	if w.count[verbatim] > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
			if i > 0 {
				w.lines++
				w.inLine = false
			}
			w.word(line)
		}
		return
	}
	for s != "" {
		i := strings.IndexFunc(s, unicode.IsSpace)
		if i == 0 {
			w.space = w.inLine
			s = strings.TrimLeftFunc(s, unicode.IsSpace)
			continue
		}
		if i < 0 {
			i = len(s)
		}
		w.word(s[:i])
		s = s[i:]
	}
}

// word writes a text without the end of a line in it.
func (w *textWriter) word(s string) {
	if s == "" || w.out.Len() >= maxText {
		return
	}
	s = unmarked(s)
	if !w.inLine {
		for range min(w.lines, 3) {
			w.out.WriteByte('\n')
		}
		w.lines = 0
		switch {
		case w.rest:
			w.out.WriteString(markRest)
		case w.count[leads] > 0:
			w.out.WriteString(markAbove)
		}
		if n := min(w.count[quotes], maxQuoted); n > 0 {
			w.out.WriteString(strings.Repeat(">", n) + " ")
		}
		w.inLine = true
	} else if w.space {
		w.out.WriteByte(' ')
	}
	w.space = false
	w.out.WriteString(s[:min(len(s), maxText)])
}

// breaks is how many ends of lines are around an element at least.
func breaks(a atom.Atom) int {
	switch a {
	case atom.P, atom.Ul, atom.Ol, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre:
		return 2
	case atom.Div, atom.Tr, atom.Li, atom.Table, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd, atom.Center, atom.Form:
		return 1
	}
	return 0
}

func void(a atom.Atom) bool {
	switch a {
	case atom.Br, atom.Hr, atom.Img, atom.Meta, atom.Link, atom.Input, atom.Col, atom.Base, atom.Area, atom.Wbr, atom.Source:
		return true
	}
	return false
}

// effectOf says what an element does, by the marks that mail programs give it.
func effectOf(t html.Token, marks bool) effect {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Object, atom.Svg:
		return hides
	case atom.Pre, atom.Textarea:
		return verbatim
	}
	class, id := " "+attribute(t, "class")+" ", attribute(t, "id")
	has := func(name string) bool { return strings.Contains(class, " "+name+" ") }
	if t.DataAtom == atom.Blockquote {
		if attribute(t, "type") == "cite" || attribute(t, "cite") != "" || has("gmail_quote") || has("protonmail_quote") || has("yahoo_quoted") || has("tutanota_quote") || has("zmail_extra") {
			return quotes
		}
		return plainly
	}
	if !marks {
		return plainly
	}
	switch {
	case has("gmail_signature"), has("moz-signature"), has("ms-outlook-mobile-signature"), attribute(t, "data-smartmail") == "gmail_signature",
		id == "ms-outlook-mobile-signature", has("protonmail_signature_block"), id == "applemailsignature":
		return hides
	case has("gmail_attr"), has("moz-cite-prefix"), has("gmail_quote_attribution"):
		return leads
	}
	return plainly
}

// restOf says whether an element and all that follows is quoted: Outlook, Yahoo and
// others put their answers above it.
func restOf(t html.Token) bool {
	class, id := " "+attribute(t, "class")+" ", attribute(t, "id")
	for _, name := range []string{"yahoo_quoted", "outlookmessageheader", "zmail_extra", "protonmail_quote", "ms-outlook-mobile-reference-message", "tutanota_quote"} {
		if strings.Contains(class, " "+name+" ") && t.DataAtom != atom.Blockquote {
			return true
		}
	}
	switch {
	case id == "divrplyfwdmsg", id == "appendonsend", id == "olk_src_body_section", id == "replysplit", strings.HasPrefix(id, "yahoo_quoted"),
		strings.HasPrefix(id, "mail-editor-reference-message-container"), id == "isforwardcontent", id == "isreplycontent":
		return true
	}
	style := strings.ReplaceAll(attribute(t, "style"), " ", "")
	return strings.Contains(style, "border-top:solid#e1e1e1") || strings.Contains(style, "border-top:solid#b5c4df")
}

// attribute is the value of an attribute, in lower case.
func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.ToLower(a.Val)
		}
	}
	return ""
}
