package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var limitCases = []testCase{
	{"LimitDocument", "A document above 1 MB is ErrTooLarge, and the transaction stays usable; one just below is kept.", limitDocument},
	{"LimitWrites", "The 10,001st write of a transaction is ErrTooLarge, and the 10,000 before it can be committed.", limitWrites},
	{"LimitBytes", "Above 16 MB of documents a transaction's Put is ErrTooLarge, and what came before can be committed.", limitBytes},
	{"LimitKey", "A key has 1 to 1,024 bytes, counted after cleaning; others are ErrValue, and the transaction stays usable.", limitKey},
	{"LimitColumn", "A text in a column that no index could hold is ErrValue on every driver, and nothing of the document is stored; 1,024 bytes are fine.", limitColumn},
	{"LimitEntry", "The texts of an index's entry and the key have at most 2,560 bytes together, however well they could be compressed; more is ErrValue.", limitEntry},
	{"LimitSeries", "A collection takes values of many lengths and gives them back whole.", limitSeries},
}

func limitDocument(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	big := strings.Repeat("x", store.MaxDocument-1000)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "too large", notes.Put(ctx, tx, &note{ID: "1", Text: strings.Repeat("x", store.MaxDocument+1)}), store.ErrTooLarge)
		return notes.Put(ctx, tx, &note{ID: "2", Text: big})
	})
	if v := get(t, db, notes, "2"); v == nil || v.Text != big {
		t.Error("the large document didn't come back")
	}
	finds(t, db, "documents", store.ByKey(), "2")
}

func limitWrites(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one := &note{ID: "1"}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for range store.MaxWrites {
			if err := notes.Put(ctx, tx, one); err != nil {
				return err
			}
		}
		want(t, "one more put", notes.Put(ctx, tx, one), store.ErrTooLarge)
		want(t, "one more delete", notes.Delete(ctx, tx, one), store.ErrTooLarge)
		return nil
	})
	if v := get(t, db, notes, "1"); v.Rev != store.MaxWrites || one.Rev != v.Rev {
		t.Errorf("revision is %d, stored %d, want %d", one.Rev, v.Rev, store.MaxWrites)
	}
}

func limitBytes(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	big := strings.Repeat("x", store.MaxDocument-1000)
	kept := int64(0)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for kept = 0; ; kept++ {
			err := notes.Put(ctx, tx, &note{ID: numbered(kept), Text: big})
			if errors.Is(err, store.ErrTooLarge) {
				break
			}
			if err != nil || kept > 20 {
				t.Fatalf("put %d: %v", kept, err)
			}
		}
		kept++
		return notes.Put(ctx, tx, &note{ID: numbered(kept - 1), Text: "small"})
	})
	if n := len(find(t, db, store.ByKey())); int64(n) != kept || kept != 17 {
		t.Errorf("there are %d documents, %d were put, want 16 large ones and a small one", n, kept)
	}
}

func limitKey(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	long := strings.Repeat("k", 1024)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "no key", notes.Put(ctx, tx, &note{}), store.ErrValue)
		want(t, "a long key", notes.Put(ctx, tx, &note{ID: long + "k"}), store.ErrValue)
		want(t, "a key that cleaning makes long", notes.Put(ctx, tx, &note{ID: strings.Repeat("k\xff", 512)}), store.ErrValue)
		_, err := notes.Get(ctx, tx, long+"k")
		want(t, "get", err, store.ErrNotFound)
		v := full(long)
		v.Owner, v.Room = "o", "r"
		return notes.Put(ctx, tx, v)
	})
	finds(t, db, "documents", store.ByKey(), long)
	finds(t, db, "group", store.By("group_rank", "g"), long)
}

func limitColumn(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	fits := strings.Repeat("g", 1024)
	v := full("1")
	put(t, db, notes, v)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, size := range []int{1025, 3_000, 40_000} {
			long := strings.Repeat("g", size)
			changed := *v
			changed.Group, changed.Tags, changed.Due = long, nil, noon.AddDate(1, 0, 0)
			want(t, "a long text", notes.Put(ctx, tx, &changed), store.ErrValue)
			changed = *v
			changed.Tags = []string{"a", long}
			want(t, "a long text in a list", notes.Put(ctx, tx, &changed), store.ErrValue)
		}
		return notes.Put(ctx, tx, &note{ID: "2", Group: fits, Tags: []string{fits}})
	})
	finds(t, db, "group", store.By("group", fits), "2")
	finds(t, db, "group g", store.By("group", "g"), "1")
	finds(t, db, "tag", store.By("tag", "two"), "1")
	finds(t, db, "due", store.By("due"), "1")
}

// couple has an index on two texts.
type couple struct {
	ID, A string
	B     []string
	Rev   store.Rev `json:"-"`
}

var couples = &store.Collection[couple]{
	Name: "couple",
	Key:  func(c *couple) string { return c.ID },
	Rev:  func(c *couple) *store.Rev { return &c.Rev },
	Columns: []store.Column[couple]{
		{Name: "a", Kind: store.Text, Of: func(c *couple) any { return c.A }},
		{Name: "b", Kind: store.Texts, Of: func(c *couple) any { return c.B }},
	},
	Indexes: []store.Index{{Name: "ba", On: []string{"b", "a"}}},
}

func limitEntry(t *testing.T, d driver.Store) {
	db := openDB(t, d, couples)
	noise := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(rand.Text()) // which can't be compressed
		}
		return b.String()[:n]
	}
	v := &couple{ID: noise(512), A: noise(1024), B: []string{"x", noise(1024)}}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "too long an entry", couples.Put(ctx, tx, &couple{ID: v.ID + "k", A: v.A, B: v.B}), store.ErrValue)
		return couples.Put(ctx, tx, v)
	})
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, b := range v.B {
			n := 0
			for got, err := range couples.All(ctx, tx, store.By("ba", b, v.A)) {
				if n++; err != nil || got.ID != v.ID {
					return err
				}
			}
			same(t, "documents found", n, 1)
		}
		return nil
	})
}

func limitSeries(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	sizes := []int{0, 1, 100, 1000, 4000, 4096, 5000, 65_535, 65_536, 200_000}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i, size := range sizes {
			if err := notes.Put(ctx, tx, &note{ID: numbered(int64(i)), Text: strings.Repeat("\u00e9", size)}); err != nil {
				return err
			}
		}
		return nil
	})
	for i, size := range sizes {
		if v := get(t, db, notes, numbered(int64(i))); v == nil || v.Text != strings.Repeat("\u00e9", size) {
			t.Errorf("the text of %d letters didn't come back", size)
		}
	}
}
