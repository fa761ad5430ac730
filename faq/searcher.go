package faq

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
)

// Searcher finds the articles that answer what a person asks. Package faq/search has
// one.
type Searcher interface {
	Find(ctx context.Context, viewer Viewer, q Search) (*Found, error)
}

// The limits of a search.
const (
	MaxSearchText = 1000 // characters
	MaxHits       = 50
	defaultHits   = 10
	maxValues     = 100 // values of one part of a filter
)

// Search says what is looked for.
type Search struct {
	// Text is what a person types: words, a question, or a message.
	Text string
	// Typing says that the last word may not be finished.
	Typing bool
	// Section and Tags narrow it; all of the tags have to be there. App, platform and
	// languages are the viewer's.
	Section string
	Tags    []string
	After   string // cursor of the page before
	Limit   int    // 1 to 50; 0 is 10
}

// Found is a page of what was found, the best first.
type Found struct {
	Hits []Hit
	Next string // cursor of the next page, "" when this is the last
	// Building says that the index isn't complete yet: there may be more.
	Building bool
	// Confidence is how likely the first hit answers, from 0 to 1. Below a threshold of
	// the caller's no article fits.
	Confidence float64
}

// Hit is an article as it is now, as far as the viewer may see it.
type Hit struct {
	Article    *Article
	Language   string // of the translation that is shown
	Title      string
	Marks      []Mark // in the title
	Snippets   []Snippet
	Score      float64 // comparable within one search
	Confidence float64 // how likely it answers, from 0 to 1
}

// Snippet is a part of an article's text with the words that were looked for.
type Snippet struct {
	Text  string
	Marks []Mark // in order, none within another one
}

// Mark says where in a text a word is, in bytes.
type Mark struct{ Start, End int }

// Check reports what is wrong with a search as a *store.FieldError, and fills in what
// was left out.
func (s *Search) Check() error {
	switch {
	case utf8.RuneCountInString(s.Text) > MaxSearchText:
		return store.TooLong("search.text", MaxSearchText)
	case s.Limit < 0 || s.Limit > MaxHits:
		return &store.FieldError{Field: "search.limit", Reason: "is 1 to 50", Limit: MaxHits}
	case len(s.Tags) > maxValues:
		return tooMany("search.tags", maxValues)
	}
	if s.Limit == 0 {
		s.Limit = defaultHits
	}
	return nil
}

// Fits says whether an article is in the section, and has the tags, whatever their
// case.
func (s *Search) Fits(a *Article) bool {
	return (s.Section == "" || a.Section == s.Section) && !slices.ContainsFunc(s.Tags, func(tag string) bool {
		return !slices.ContainsFunc(a.Tags, func(have string) bool { return strings.EqualFold(have, tag) })
	})
}
