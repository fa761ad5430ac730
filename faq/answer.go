package faq

import (
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Source is how it became known that an article answers a query.
type Source string

// The sources, the surest first.
const (
	SentByAgent Source = "sent"    // an agent sent it, and the ticket was resolved
	SaidHelpful Source = "helpful" // the reader said so
	Opened      Source = "opened"  // he opened it after the search, and went away content
)

// Answer is a query, in the words of who asked, with the article that answered it.
// Searches learn from it.
type Answer struct {
	ID       string    `json:"id"` // UUIDv7
	Article  string    `json:"article"`
	App      string    `json:"app"`
	Language string    `json:"language,omitempty"` // of the translation that he read
	Text     string    `json:"text"`
	By       Source    `json:"by"`
	EndUser  string    `json:"end_user,omitempty"` // whose words they are
	Time     time.Time `json:"time"`
	Rev      store.Rev `json:"-"`
}

var answers = &store.Collection[Answer]{
	Name: "article_answer",
	Key:  func(a *Answer) string { return a.ID },
	Rev:  func(a *Answer) *store.Rev { return &a.Rev },
	Columns: []store.Column[Answer]{
		{Name: "article", Kind: store.Text, Of: func(a *Answer) any { return a.Article }},
		{Name: "end_user", Kind: store.Text, Of: func(a *Answer) any { return a.EndUser }},
	},
	Indexes: []store.Index{
		{Name: "article", On: []string{"article"}},
		{Name: "end_user", On: []string{"end_user"}},
	},
	Fresh: true,
	Subjects: func(a *Answer) []string {
		if a.EndUser == "" {
			return nil
		}
		return []string{a.EndUser}
	},
	Erase: func(*Answer, string) bool { return false },
	Found: []store.Way{store.InIndex("end_user")},
}
