package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// note is the document of most cases: a column of every kind, and an index of
// every shape.
type note struct {
	ID    string
	Text  string
	Group string
	Rank  *int64
	Due   time.Time
	Tags  []string
	Owner string
	Room  string
	Seat  *int64
	Rev   store.Rev `json:"-"`
}

func number(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

var notes = &store.Collection[note]{
	Name: "note",
	Key:  func(n *note) string { return n.ID },
	Rev:  func(n *note) *store.Rev { return &n.Rev },
	Columns: []store.Column[note]{
		{Name: "group", Kind: store.Text, Of: func(n *note) any { return n.Group }},
		{Name: "rank", Kind: store.Int, Of: func(n *note) any { return number(n.Rank) }},
		{Name: "due", Kind: store.Time, Of: func(n *note) any { return n.Due }},
		{Name: "tags", Kind: store.Texts, Of: func(n *note) any { return n.Tags }},
		{Name: "owner", Kind: store.Text, Of: func(n *note) any { return n.Owner }},
		{Name: "room", Kind: store.Text, Of: func(n *note) any { return n.Room }},
		{Name: "seat", Kind: store.Int, Of: func(n *note) any { return number(n.Seat) }},
	},
	Indexes: []store.Index{
		{Name: "group", On: []string{"group"}},
		{Name: "group_rank", On: []string{"group", "rank"}},
		{Name: "rank", On: []string{"rank"}},
		{Name: "due", On: []string{"due"}},
		{Name: "group_due", On: []string{"group", "due"}},
		{Name: "tag", On: []string{"tags"}},
		{Name: "tag_rank", On: []string{"tags", "rank"}},
		{Name: "owner", On: []string{"owner"}, Unique: true},
		{Name: "place", On: []string{"room", "seat"}, Unique: true},
	},
	Impersonal: "made up",
}

// noon is a moment for documents.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// ids returns the keys that a query finds, page by page, in one transaction.
func ids(ctx context.Context, tx *store.Tx, q store.Query) (keys []string, err error) {
	for n, err := range notes.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		if keys = append(keys, n.ID); len(keys) > 100_000 {
			return nil, errors.New("the scan doesn't end")
		}
	}
	return keys, nil
}

// find is ids in a View of its own.
func find(t *testing.T, db *store.DB, q store.Query) (keys []string) {
	t.Helper()
	view(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		keys, err = ids(ctx, tx, q)
		return err
	})
	return keys
}

// finds checks what a query finds, forwards, and backwards.
func finds(t *testing.T, db *store.DB, what string, q store.Query, keys ...string) {
	t.Helper()
	if len(keys) == 0 {
		keys = nil // and not empty: cmp tells one from the other
	}
	same(t, what, find(t, db, q), keys)
	same(t, what+", backwards", find(t, db, q.Desc()), reversed(keys))
}

// indexes lists a query for every index, so that a case can see that none of
// them names a document.
var indexes = []string{"group", "group_rank", "rank", "due", "group_due", "tag", "tag_rank", "owner", "place"}

// everywhere returns how many entries each index has, and "" for the documents.
func everywhere(t *testing.T, db *store.DB) map[string]int {
	t.Helper()
	n := map[string]int{"": len(find(t, db, store.ByKey()))}
	for _, ix := range indexes {
		n[ix] = len(find(t, db, store.By(ix)))
	}
	return n
}

// full returns a note that is in every index.
func full(id string) *note {
	return &note{
		ID: id, Text: "text of " + id, Group: "g", Rank: new(int64(7)), Due: noon,
		Tags: []string{"one", "two"}, Owner: "owner of " + id, Room: "room of " + id, Seat: new(int64(1)),
	}
}
