// Package exchange reads articles from files and writes them to files: Markdown with front
// matter, CSV, JSON, and JSON in the shape of other help desks. It is a leaf of package faq.
//
//	report, err := exchange.Import(ctx, articles, agent, exchange.Markdown(os.DirFS("help")), &exchange.Options{App: "shop", DryRun: true})
//
// # What an import does
//
// An article is known by its id in the file, which becomes [faq.Article.External], or is
// the article's own where an export wrote that. One that isn't there is created, one that
// is there is changed where the file says something else, and left alone where it says
// nothing. Nothing is ever deleted or taken away from readers. Sections are found by id or
// name, and made where there are none.
//
// A text that the file calls published is published. Where readers see the same already,
// a draft that somebody is writing stays as it is; else the text from the file takes its
// place.
//
// Each entry stands for itself: what is wrong with one is told in the report, and the
// others are taken. A dry run does all of it in transactions that are then undone, so that
// its report is that of the import.
//
// # Limits
//
// A file of Markdown, or an entry, has at most 2 MB, a file of another help desk 256 MB, and
// an import 100,000 entries.
package exchange

import (
	"errors"
	"iter"
	"strings"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store"
)

// The limits of an import.
const (
	MaxEntries = 100_000
	MaxEntry   = 2 << 20   // bytes of an entry
	MaxFile    = 256 << 20 // bytes of a file that is read as a whole
)

// Article is an article as files hold it. What is nil or empty isn't said.
type Article struct {
	ID        string        `json:"id"`
	Section   string        `json:"section,omitempty"`    // its name in one language
	SectionID string        `json:"section_id,omitempty"` // its id where it comes from
	Tags      []string      `json:"tags,omitempty"`
	Platforms []string      `json:"platforms,omitempty"`
	Audience  *faq.Audience `json:"audience,omitempty"`
	Condition *string       `json:"condition,omitempty"`
	Archived  *bool         `json:"archived,omitempty"`
	Texts     []Text        `json:"texts"`
}

// Text is what an article says in one language.
type Text struct {
	Language string `json:"language,omitempty"` // "": the app's own
	faq.Content
	Draft bool `json:"draft,omitempty"` // it isn't published
}

// Entry is an article, or why there is none.
type Entry struct {
	At      string // where in the files it is: a path, a line, a number
	Article *Article
	Err     error // of this entry
}

// Entries come from files, one by one.
type Entries = iter.Seq[Entry]

// bad is an entry that can't be read.
func bad(at, field, reason string) Entry {
	return Entry{At: at, Err: &store.FieldError{Field: field, Reason: reason}}
}

// unreadable is one of which a parser says why.
func unreadable(at, format string, err error) Entry {
	if errors.Is(err, errTooLarge) {
		return Entry{At: at, Err: &store.FieldError{Field: "file", Reason: err.Error(), Limit: MaxEntry}}
	}
	return bad(at, "file", "isn't "+format+": "+strings.Join(strings.Fields(err.Error()), " "))
}

var errTooLarge = errors.New("is too large")

// plainly is a list in which nothing is empty.
func plainly(in []string) []string {
	var out []string
	for _, s := range in {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
