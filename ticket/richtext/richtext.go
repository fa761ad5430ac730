// Package richtext makes HTML of messages harmless. It is a leaf of its own, so
// that a host which takes text only compiles no HTML parser.
package richtext

import (
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// policy allows what mails and replies are made of: paragraphs, lists, quotes,
// tables, links. No pictures from elsewhere, which would tell their sender who
// reads them; no styles, forms or scripts.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "sub", "sup", "code", "pre", "hr",
		"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("dir").Matching(bluemonday.Direction).Globally()
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
})

// Clean returns the harmless part of html: give it to ticket.Options.Sanitize.
func Clean(html string) string { return strings.TrimSpace(policy().Sanitize(html)) }
