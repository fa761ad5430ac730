package pgstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// card is the document of these tests.
type card struct {
	ID    string    `json:"id"`
	Owner string    `json:"owner,omitempty"`
	Tags  []string  `json:"tags,omitempty"`
	N     int64     `json:"n"`
	Facts []byte    `json:"facts,omitempty"`
	Rev   store.Rev `json:"-"`
}

func cards() *store.Collection[card] {
	return &store.Collection[card]{
		Name: "card",
		Key:  func(c *card) string { return c.ID },
		Rev:  func(c *card) *store.Rev { return &c.Rev },
		Columns: []store.Column[card]{
			{Name: "owner", Kind: store.Text, Of: func(c *card) any { return c.Owner }},
			{Name: "n", Kind: store.Int, Of: func(c *card) any { return c.N }},
			{Name: "tags", Kind: store.Texts, Of: func(c *card) any { return c.Tags }},
		},
		Indexes: []store.Index{
			{Name: "owner", On: []string{"owner"}, Unique: true},
			{Name: "n", On: []string{"n"}},
			{Name: "tag", On: []string{"tags", "n"}},
		},
		Views: []driver.SQLView{{
			Name: "cards",
			Doc:  "One row for each card, as O'Hara wants it.",
			Columns: []driver.SQLColumn{
				{Name: "id", Doc: "The key."},
				{Name: "n", Path: "n", Kind: driver.SQLInt, Doc: "A number."},
				{Name: "owner", Path: "owner", Doc: "Whose it is."},
				{Name: "tags", Path: "tags", Kind: driver.SQLJSON, Doc: "A list."},
				{Name: "score", In: "facts", Path: "score", Kind: driver.SQLInt, Doc: "From JSON in JSON."},
			},
		}},
	}
}

// desk is a store with cards, and its pool.
type desk struct {
	t      testing.TB
	pool   *pgxpool.Pool
	schema string
	pg     *pgstore.Store
	db     *store.DB
	cards  *store.Collection[card]
}

func openCards(t testing.TB) *desk {
	t.Helper()
	pool, schema := pgtest.Schema(t)
	return openOn(t, pool, schema)
}

func openOn(t testing.TB, pool *pgxpool.Pool, schema string) *desk {
	t.Helper()
	d := &desk{t: t, pool: pool, schema: schema, pg: pgstore.New(pool, &pgstore.Options{Schema: schema}), cards: cards()}
	var err error
	d.db, err = store.Open(t.Context(), d.pg, nil, d.cards)
	d.must(err)
	t.Cleanup(func() { d.db.Close() })
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) is(what string, err, want error) {
	d.t.Helper()
	if !errors.Is(err, want) || want == nil && err != nil {
		d.t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// put stores cards in r's transaction, or in one of its own.
func (d *desk) put(r store.Runner, cs ...*card) error {
	return r.Update(d.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, c := range cs {
			if err := d.cards.Put(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *desk) keys(q store.Query) (keys []string) {
	d.t.Helper()
	d.must(d.db.View(d.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		keys = nil
		for c, err := range d.cards.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			keys = append(keys, c.ID)
		}
		return nil
	}))
	return keys
}

func (d *desk) want(what string, q store.Query, keys ...string) {
	d.t.Helper()
	if got := d.keys(q); len(got) != len(keys) || len(keys) > 0 && !equal(got, keys) {
		d.t.Errorf("%s: %q, want %q", what, got, keys)
	}
}

func equal(a, b []string) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}
