package ticket

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Searcher finds tickets by what is written in them. Package ticket/search has one.
type Searcher interface {
	Find(ctx context.Context, actor event.Actor, s Search) (*Found, error)
}

// The limits of a search.
const (
	MaxSearchText   = 1000 // characters
	maxSearchValues = 100  // values of one part of a filter
)

// Search says what is looked for. The zero value is every ticket, newest first.
type Search struct {
	// Text is what a person types: words, "words in this order", #123, an address,
	// an id.
	Text string
	// Typing says that the last word may not be finished.
	Typing bool
	// Newest puts the tickets that were created last first, in place of those that
	// fit best.
	Newest bool
	Filter SearchFilter
	After  string // cursor of the page before
	Limit  int    // 1 to 200; default 50
}

// SearchFilter narrows a search. Of a list one value has to fit, of Tags and Fields
// all; what is empty doesn't narrow. At most 100 values each.
type SearchFilter struct {
	Open, Closed bool
	Statuses     []Status
	Apps         []string
	Platforms    []string
	Channels     []string
	Queues       []string
	Groups       []string
	Assignees    []event.Actor // agents or bots; the zero actor is nobody
	Tags         []string
	Labels       []string
	Languages    []string
	Priorities   []Priority
	EndUser      string // id, also of one who was merged into him
	// Fields are custom fields by key, with their values as Value.String gives them.
	// multi_line ones can't be asked for: nothing fits.
	Fields map[string]string

	// From is included, To isn't. The index counts in seconds, the answer doesn't.
	CreatedFrom, CreatedTo time.Time
	UpdatedFrom, UpdatedTo time.Time
}

// Found is a page of what was found.
type Found struct {
	Hits []Hit
	Next string // cursor of the next page, "" when this is the last
	// Loose says that no ticket has all that was looked for: these have part of it,
	// or words that are spelled alike.
	Loose bool
	// Building says that the index isn't complete yet: there may be more.
	Building bool
}

// Hit is a ticket as it is now, and where in it the words are.
type Hit struct {
	Ticket   *Ticket
	Score    float64 // comparable within one search; 0 where it doesn't order
	Snippets []Snippet
}

// The places of a snippet.
const (
	InTitle   = "title"
	InMessage = "message"
	InEndUser = "end_user" // his name
)

// Snippet is a part of a ticket's text with the words that were looked for.
type Snippet struct {
	Place string
	Seq   int64 // of the message, in InMessage
	Text  string
	Marks []Mark // in order, none within another one
}

// Mark says where in a text a word is, in bytes.
type Mark struct{ Start, End int }

// Check reports what is wrong with a search as a *store.FieldError.
func (s *Search) Check() error {
	if n := len([]rune(s.Text)); n > MaxSearchText {
		return store.TooLong("search.text", MaxSearchText)
	}
	f := &s.Filter
	for _, part := range []struct {
		name string
		n    int
	}{
		{"statuses", len(f.Statuses)}, {"apps", len(f.Apps)}, {"platforms", len(f.Platforms)}, {"channels", len(f.Channels)},
		{"queues", len(f.Queues)}, {"groups", len(f.Groups)}, {"assignees", len(f.Assignees)}, {"tags", len(f.Tags)},
		{"labels", len(f.Labels)}, {"languages", len(f.Languages)}, {"priorities", len(f.Priorities)}, {"fields", len(f.Fields)},
	} {
		if part.n > maxSearchValues {
			return &store.FieldError{Field: "search.filter." + part.name, Reason: "at most 100 values", Limit: maxSearchValues}
		}
	}
	return nil
}

// Fits says whether a ticket passes the filter.
func (f *SearchFilter) Fits(t *Ticket) bool {
	any := func(values []string, v string) bool { return len(values) == 0 || slices.Contains(values, v) }
	label := ""
	if t.Label != nil {
		label = t.Label.Name
	}
	within := func(t, from, to time.Time) bool {
		return (from.IsZero() || !t.Before(from)) && (to.IsZero() || t.Before(to))
	}
	for key, want := range f.Fields {
		if v, ok := t.Field(key); !ok || v.Type == MultiLine || v.String() != want {
			return false
		}
	}
	return (!f.Open || t.Status.Open()) && (!f.Closed || !t.Status.Open()) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, t.Status)) &&
		(len(f.Priorities) == 0 || slices.Contains(f.Priorities, t.Priority)) &&
		(len(f.Assignees) == 0 || slices.Contains(f.Assignees, t.Assignee)) &&
		any(f.Apps, t.App) && any(f.Platforms, t.Platform) && any(f.Channels, t.Channel) &&
		any(f.Queues, t.Queue) && any(f.Groups, t.Group) && any(f.Languages, t.Language) && any(f.Labels, label) &&
		!slices.ContainsFunc(f.Tags, func(tag string) bool { return !t.HasTag(tag) }) &&
		(f.EndUser == "" || t.EndUser == f.EndUser) &&
		within(t.Times.Created, f.CreatedFrom, f.CreatedTo) && within(t.Times.Updated, f.UpdatedFrom, f.UpdatedTo)
}

// All returns at most limit tickets in the order of their ids, and no more than 200,
// and the cursor of the next page. It is for what reads all of a desk, as an index
// that is built; the actor has to be one who may configure the desk.
func (s *Service) All(ctx context.Context, actor event.Actor, after string, limit int) (ts []*Ticket, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "tickets", Read: true}); err != nil {
			return err
		}
		ts, next, err = tickets.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return ts, next, err
}
