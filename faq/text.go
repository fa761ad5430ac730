package faq

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Format is the language in which a body is written.
type Format string

// The formats. Neither is trusted: what readers get was made harmless.
const (
	Markdown Format = "markdown" // as GitHub reads it, with tables, and no HTML in it
	HTML     Format = "html"
)

// Content is what an article says in one language.
type Content struct {
	Title    string   `json:"title"`
	Body     string   `json:"body"`
	Format   Format   `json:"format"` // "" is Markdown
	Keywords []string `json:"keywords,omitempty"`
}

// Draft is a translation as staff writes it. What readers see stays as it is until
// the draft is published.
type Draft struct {
	Article  string `json:"article"`
	Language string `json:"language"`
	Content
	Text    string      `json:"text"` // of the body, as of Version
	By      event.Actor `json:"by"`
	Updated time.Time   `json:"updated"`
	Rev     store.Rev   `json:"-"`
}

var drafts = &store.Collection[Draft]{
	Name:       "article_draft",
	Key:        func(d *Draft) string { return textKey(d.Article, d.Language) },
	Rev:        func(d *Draft) *store.Rev { return &d.Rev },
	Impersonal: "holds texts of the desk's own",
}

// Version is a translation as it was published.
type Version struct {
	Article  string `json:"article"`
	Language string `json:"language"`
	Number   int    `json:"number"` // from 1
	Content
	Text string      `json:"text"` // of the body, with no marks and tags: for searches and snippets
	By   event.Actor `json:"by"`
	Time time.Time   `json:"time"`
	Rev  store.Rev   `json:"-"`
}

var versions = &store.Collection[Version]{
	Name:       "article_version",
	Key:        func(v *Version) string { return versionKey(v.Article, v.Language, v.Number) },
	Rev:        func(v *Version) *store.Rev { return &v.Rev },
	Impersonal: "holds texts of the desk's own",
}

func textKey(article, language string) string { return article + "/" + language }

func versionKey(article, language string, number int) string {
	return fmt.Sprintf("%s/%08d", textKey(article, language), number)
}

// lineEnds makes the ends of lines one, as files of other systems have others.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// oneLine is a text with single spaces in it, and none around.
func oneLine(s string) string { return strings.Join(strings.Fields(store.CleanText(s)), " ") }

// Clean brings a content into the form in which it is stored. What can't be right is a
// *store.FieldError.
func (c *Content) Clean() (err error) {
	c.Title = oneLine(c.Title)
	c.Body = lineEnds.Replace(store.CleanText(c.Body))
	if c.Format == "" {
		c.Format = Markdown
	}
	switch n := utf8.RuneCountInString(c.Title); {
	case n == 0:
		return &store.FieldError{Field: "draft.title", Reason: "has 1 to 255 characters", Limit: MaxTitle}
	case n > MaxTitle:
		return store.TooLong("draft.title", MaxTitle)
	case utf8.RuneCountInString(c.Body) > MaxBody:
		return store.TooLong("draft.body", MaxBody)
	case c.Format != Markdown && c.Format != HTML:
		return &store.FieldError{Field: "draft.format", Reason: "is markdown or html"}
	}
	c.Keywords, err = words("draft.keywords", c.Keywords, MaxKeywords)
	return err
}
