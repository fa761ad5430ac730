// Package markdown makes harmless HTML and plain text of articles that are written in
// Markdown or HTML. It is a leaf of its own, so that a host which shows text only compiles
// no parsers.
//
//	articles, err := faq.Open(db, events, jobs, people, &faq.Options{Render: markdown.New(nil)})
//
// # What is read
//
// Markdown is CommonMark with GitHub's tables, strikethrough and bare links. Of HTML, in it or as a whole body, paragraphs, headings, lists, tables, quotes,
// code, links and pictures are kept.
//
// # What is let through
//
// Nobody's body is trusted, staff's neither: it may come from an import. goldmark reads
// Markdown, bluemonday lets through the elements and attributes of a list, and what is
// left is read as a tree and written anew, by a second list of its own, so that every
// element that is opened is closed and nothing is read by a browser in another way.
//
//   - Links lead to http, https, mailto and tel, or to a heading of the same article. They
//     open in a page of their own, which learns nothing of the one before.
//   - Pictures come by https, or from where the host serves its own ([Options.Files]). The
//     server from which they come doesn't learn on which page they are.
//   - There are no ids but those of headings, which begin with "faq-", so that none takes
//     the name of something on the page.
//   - No styles, scripts, forms, frames, or drawings.
package markdown

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	rendering "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/frontdesk-go/frontdesk/faq"
)

// Options of New; nil means the defaults.
type Options struct {
	// Files is where the host serves files of its own, as /support/files/: pictures may
	// come from there, besides from https. "": from nowhere else.
	Files string
}

// New returns what faq.Options.Render wants. It may be used by several goroutines.
func New(o *Options) func(faq.Format, string) faq.Rendered {
	files := ""
	if o != nil {
		files = o.Files
	}
	r := &renderer{
		read: goldmark.New(goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.Linkify),
			goldmark.WithRendererOptions(rendering.WithUnsafe())), // what it lets through is looked at below, as all HTML is
		pictures: pictures(files),
	}
	r.policy = policy(r.pictures)
	return r.render
}

type renderer struct {
	read     goldmark.Markdown
	policy   *bluemonday.Policy
	pictures *regexp.Regexp
}

// maxSource is what is read of a body, in bytes: as many as faq.MaxBody characters have at
// most.
const maxSource = 4 * faq.MaxBody

func (r *renderer) render(f faq.Format, source string) faq.Rendered {
	source = source[:min(len(source), maxSource)]
	if f != faq.HTML {
		if !tame(source) {
			return asText(source)
		}
		var b bytes.Buffer
		if err := r.read.Convert([]byte(source), &b); err != nil {
			return asText(source)
		}
		source = b.String()
	}
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(r.policy.Sanitize(source)), body)
	if err != nil {
		return asText(source) // nested too deep
	}
	w := &writer{pictures: r.pictures, anchors: anchorsOf(nodes)}
	w.all(nodes)
	return faq.Rendered{HTML: strings.TrimSpace(w.html.String()), Text: w.text.string(), Headings: w.headings}
}

// The bounds within which goldmark takes well below a second, whatever it reads: beyond them
// its time grows with the square.
const (
	maxMarks  = 4000 // signs of links and emphasis in a paragraph
	maxQuotes = 50   // signs of quotes at the start of a line
)

// tame says whether Markdown is within them. What isn't was written by no person.
func tame(source string) bool {
	marks := 0
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if line == "" {
			marks = 0
		}
		quotes := 0
		for start := true; len(line) > 0; line = line[1:] {
			switch c := line[0]; {
			case start && c == '>':
				quotes++
			case strings.IndexByte("*_~[]()!<`", c) >= 0:
				marks++
				start = start && (c == '*' || c == ')')
			case strings.IndexByte("-+0123456789. \t", c) < 0:
				start = false // which lists and quotes in lists don't
			}
		}
		if marks > maxMarks || quotes > maxQuotes {
			return false
		}
	}
	return true
}

// asText is a body that can't be read: it is shown as it was written.
func asText(source string) faq.Rendered {
	text := strings.ToValidUTF8(strings.TrimSpace(source), "\uFFFD")
	return faq.Rendered{HTML: "<pre>" + html.EscapeString(text) + "</pre>", Text: text}
}

var (
	links  = regexp.MustCompile(`^(?:(?i:https?)://[^\s/\\?#"'<>][^\s\\"'<>]*|(?i:mailto|tel):[^\s\\"'<>]+|#[^\s"'<>]+)$`)
	coded  = regexp.MustCompile(`^language-[A-Za-z0-9+#_-]{1,30}$`)
	small  = regexp.MustCompile(`^[0-9]{1,4}$`)
	tongue = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	sides  = regexp.MustCompile(`^(left|right|center)$`)
	ways   = regexp.MustCompile(`^(ltr|rtl|auto)$`)
	words  = regexp.MustCompile(`(?s)^.`)
)

// maxWords is how long a title or what stands for a picture may be, in characters. The
// writer looks at it: a pattern that counts to it takes a third of a megabyte.
const maxWords = 500

// pictures are the addresses from which pictures may come.
func pictures(files string) *regexp.Regexp {
	remote := `(?i:https)://[^\s/\\?#"'<>][^\s\\"'<>]*`
	if files == "" {
		return regexp.MustCompile(`^` + remote + `$`)
	}
	return regexp.MustCompile(`^(?:` + remote + `|` + regexp.QuoteMeta(files) + `[A-Za-z0-9_~-]+(?:[./][A-Za-z0-9_~-]+)*)$`)
}

// policy is the first wall.
func policy(pictures *regexp.Regexp) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name := range elements {
		p.AllowElements(name)
	}
	p.AllowAttrs("dir").Matching(ways).Globally()
	p.AllowAttrs("lang").Matching(tongue).Globally()
	p.AllowAttrs("href").Matching(links).OnElements("a")
	p.AllowAttrs("src").Matching(pictures).OnElements("img")
	p.AllowAttrs("title", "alt").Matching(words).OnElements("a", "img")
	p.AllowAttrs("width", "height").Matching(small).OnElements("img")
	p.AllowAttrs("start").Matching(small).OnElements("ol")
	p.AllowAttrs("colspan", "rowspan").Matching(small).OnElements("th", "td")
	p.AllowAttrs("align").Matching(sides).OnElements("th", "td")
	p.AllowAttrs("class").Matching(coded).OnElements("code")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.AllowRelativeURLs(true) // which the patterns above narrow
	p.RequireParseableURLs(true)
	p.AddSpaceWhenStrippingTag(true)
	return p
}
