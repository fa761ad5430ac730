package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A card has a value that must be unique, and some of what documents hold.
type card struct {
	ID    string            `json:"id"`
	Email string            `json:"email,omitempty"`
	Tags  []string          `json:"tags"`
	Due   time.Time         `json:"due,omitzero"`
	Score float64           `json:"score"`
	Body  []byte            `json:"body,omitempty"`
	Extra map[string]string `json:"extra,omitempty"`
	Rev   store.Rev         `json:"-"`
}

var cards = &store.Collection[card]{
	Name: "card",
	Key:  func(c *card) string { return c.ID },
	Rev:  func(c *card) *store.Rev { return &c.Rev },
	Columns: []store.Column[card]{
		{Name: "email", Kind: store.Text, Of: func(c *card) any { return c.Email }},
		{Name: "tag", Kind: store.Texts, Of: func(c *card) any { return c.Tags }},
		{Name: "due", Kind: store.Time, Of: func(c *card) any { return c.Due }},
	},
	Indexes: []store.Index{
		{Name: "email", On: []string{"email"}, Unique: true},
		{Name: "tag", On: []string{"tag", "due"}},
	},
	Impersonal: "a test",
}

// A slip has no index at all.
type slip struct {
	ID   string    `json:"id"`
	Text string    `json:"text"`
	Rev  store.Rev `json:"-"`
}

var slips = &store.Collection[slip]{
	Name:       "slip",
	Key:        func(s *slip) string { return s.ID },
	Rev:        func(s *slip) *store.Rev { return &s.Rev },
	Impersonal: "a test",
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func openCopy(t fataler, d driver.Store, o *store.Options, more ...store.Any) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), d, o, append([]store.Any{cards, slips}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// opener gives empty stores of one kind, one after the other.
func opener(t *testing.T, kind string) func(*rapid.T) *store.DB {
	t.Helper()
	switch kind {
	case "memory":
		return func(rt *rapid.T) *store.DB { return openCopy(rt, memstore.New(), nil) }
	case "bbolt":
		dir, n := t.TempDir(), 0
		return func(rt *rapid.T) *store.DB {
			n++
			file, err := boltstore.Open(filepath.Join(dir, fmt.Sprint(n, ".db")), nil)
			if err != nil {
				rt.Fatal(err)
			}
			db := openCopy(rt, file, nil)
			rt.Cleanup(func() { db.Close() })
			return db
		}
	}
	pool, schema := pgtest.Schema(t)
	db := openCopy(t, pgstore.New(pool, &pgstore.Options{Schema: schema}), nil)
	t.Cleanup(func() { db.Close() })
	return func(rt *rapid.T) *store.DB {
		// The same one again: making a schema takes long.
		if _, err := store.Copy(t.Context(), openCopy(rt, memstore.New(), nil), db, &store.CopyOptions{Replace: true}); err != nil {
			rt.Fatal(err)
		}
		return db
	}
}

func putAll[T any](t fataler, db *store.DB, c *store.Collection[T], vs ...*T) {
	t.Helper()
	err := db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for _, v := range vs {
			if err := c.Put(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func deleteCard(t fataler, db *store.DB, id string) {
	t.Helper()
	err := db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		c, err := cards.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		return cards.Delete(ctx, tx, c)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func all[T any](t fataler, db *store.DB, c *store.Collection[T], q store.Query) (vs []*T) {
	t.Helper()
	err := db.View(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for v, err := range c.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			vs = append(vs, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func next(t fataler, db *store.DB, series string) (n int64) {
	t.Helper()
	err := db.Update(context.Background(), func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.Next(ctx, series)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fill writes, changes and deletes cards, so that revisions differ.
func fill(rt *rapid.T, db *store.DB, label string) {
	ids := rapid.SampledFrom([]string{"a", "b", "c", "d/1", "é", "~"})
	live := map[string]*card{}
	for range rapid.IntRange(0, 25).Draw(rt, label) {
		id := ids.Draw(rt, "id")
		c := live[id]
		if c != nil && rapid.IntRange(0, 4).Draw(rt, "delete") == 0 {
			deleteCard(rt, db, id)
			delete(live, id)
			continue
		}
		if c == nil {
			c = &card{ID: id}
		}
		c.Email = ""
		if e := rapid.SampledFrom([]string{"", "x@y", "z@y"}).Draw(rt, "email"); e != "" {
			taken := false
			for _, other := range live {
				taken = taken || other.Email == e
			}
			if !taken {
				c.Email = e
			}
		}
		c.Tags = rapid.SliceOfN(rapid.SampledFrom([]string{"red", "blue", ""}), -1, 3).Draw(rt, "tags")
		c.Due = time.UnixMicro(rapid.Int64Range(-1e15, 3e15).Draw(rt, "due")).UTC()
		c.Score = rapid.Float64().Draw(rt, "score")
		c.Body = rapid.SliceOfN(rapid.Byte(), -1, 40).Draw(rt, "body")
		c.Extra = rapid.MapOfN(rapid.String(), rapid.String(), -1, 3).Draw(rt, "extra")
		for k := range c.Extra {
			if store.CleanText(k) != k {
				delete(c.Extra, k) // two of these may become one
			}
		}
		putAll(rt, db, cards, c)
		live[id] = c
	}
	for i := range rapid.IntRange(0, 3).Draw(rt, "slips") {
		putAll(rt, db, slips, &slip{ID: fmt.Sprint(i), Text: rapid.String().Draw(rt, "text")})
		next(rt, db, "slips")
	}
}

// A copy there and back is the store that it was, whatever the target held before,
// and a second one has nothing to do.
func TestCopyThereAndBack(t *testing.T) {
	t.Parallel()
	for _, way := range [][2]string{{"memory", "bbolt"}, {"bbolt", "memory"}, {"memory", "postgres"}, {"postgres", "memory"}} {
		t.Run(way[0]+" and "+way[1], func(t *testing.T) {
			t.Parallel()
			openA, openB, openBack := opener(t, way[0]), opener(t, way[1]), opener(t, way[0])
			rapid.Check(t, func(rt *rapid.T) {
				a, b, back := openA(rt), openB(rt), openBack(rt)
				fill(rt, a, "source")
				fill(rt, b, "target")
				replace := &store.CopyOptions{Replace: true}
				there, err := store.Copy(t.Context(), a, b, replace)
				if err != nil {
					rt.Fatal(err)
				}
				again, err := store.Copy(t.Context(), a, b, replace)
				if err != nil {
					rt.Fatal(err)
				}
				returned, err := store.Copy(t.Context(), b, back, nil)
				if err != nil {
					rt.Fatal(err)
				}
				for i := range there {
					if again[i].Written+again[i].Deleted != 0 || again[i].Hash != there[i].Hash || returned[i].Hash != there[i].Hash {
						rt.Errorf("there %+v, again %+v, back %+v", there[i], again[i], returned[i])
					}
				}
				for _, to := range []*store.DB{b, back} {
					for _, q := range []store.Query{store.ByKey(), store.By("email"), store.By("tag")} {
						if d := cmp.Diff(all(rt, a, cards, q), all(rt, to, cards, q)); d != "" {
							rt.Error(d)
						}
					}
					if d := cmp.Diff(all(rt, a, slips, store.ByKey()), all(rt, to, slips, store.ByKey())); d != "" {
						rt.Error(d)
					}
				}
				if n := next(rt, a, "slips"); next(rt, b, "slips") < n || next(rt, back, "slips") < n {
					rt.Errorf("the copy gives a number below %d again", n)
				}
			})
		})
	}
}

// Collections of many pages, in which a unique value has moved to a document
// of another page.
func TestCopyManyPages(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, copyManyPages)
}

func copyManyPages(t *testing.T, d driver.Store) {
	a, b := openCopy(t, memstore.New(), nil), openCopy(t, d, nil)
	var left, right []*card
	for i := range 1000 {
		left = append(left, &card{ID: fmt.Sprintf("%04d", i), Email: fmt.Sprint(i), Body: make([]byte, 3000)})
		right = append(right, &card{ID: fmt.Sprintf("%04d", i), Email: fmt.Sprint(999 - i), Body: make([]byte, 3000)})
	}
	for len(left) > 0 {
		putAll(t, a, cards, left[:500]...)
		putAll(t, b, cards, right[:500]...)
		left, right = left[500:], right[500:]
	}
	putAll(t, b, cards, &card{ID: "0500/extra"})
	told := 0
	done, err := store.Copy(t.Context(), a, b, &store.CopyOptions{Replace: true, Progress: func(string, int) { told++ }})
	if err != nil {
		t.Fatal(err)
	}
	if c := done[0]; c.Collection != "card" || c.Documents != 1000 || c.Written != 1000 || c.Deleted != 1 {
		t.Errorf("%+v", c)
	}
	if told == 0 {
		t.Error("no progress was told")
	}
}

// A document with the same content has another revision all the same.
func TestCopyOfRevisions(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		a, b := openCopy(t, memstore.New(), nil), openCopy(t, d, nil)
		putAll(t, a, slips, &slip{ID: "1"}, &slip{ID: "2"})
		putAll(t, b, slips, &slip{ID: "1"}, &slip{ID: "2"})
		putAll(t, a, slips, &slip{ID: "1", Rev: 1})
		putAll(t, b, slips, &slip{ID: "2", Rev: 1})
		if _, err := store.Copy(t.Context(), a, b, &store.CopyOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
		if got := all(t, b, slips, store.ByKey()); len(got) != 2 || got[0].Rev != 2 || got[1].Rev != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// What would be lost is told before anything is written.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	a, b := openCopy(t, memstore.New(), nil), openCopy(t, memstore.New(), nil)
	putAll(t, a, cards, &card{ID: "1"})
	putAll(t, b, cards, &card{ID: "2"})
	if _, err := store.Copy(t.Context(), a, b, nil); !errors.Is(err, store.ErrNotEmpty) {
		t.Errorf("onto a store with documents: %v", err)
	}
	if _, err := store.Copy(t.Context(), a, a, nil); err == nil {
		t.Error("a store was copied to itself")
	}
	few, err := store.Open(t.Context(), memstore.New(), nil, cards)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range [][2]*store.DB{{a, few}, {few, a}} {
		_, err = store.Copy(t.Context(), way[0], way[1], nil)
		if lost, ok := errors.AsType[*store.UndeclaredError](err); !ok || cmp.Diff(lost.Collections, []string{"slip"}) != "" {
			t.Errorf("an undeclared collection: %v", err)
		}
	}
	// Known to the file alone.
	d := memstore.New()
	openCopy(t, d, nil)
	narrow, err := store.Open(t.Context(), d, nil, cards)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Copy(t.Context(), narrow, few, nil); err == nil || !strings.Contains(err.Error(), "slip") {
		t.Errorf("a collection that only the source's file knows: %v", err)
	}
	if _, err := store.Copy(t.Context(), narrow, few, &store.CopyOptions{Leave: []string{"slip"}}); err != nil {
		t.Errorf("left out: %v", err)
	}
	if got := all(t, b, cards, store.ByKey()); len(got) != 1 || got[0].ID != "2" {
		t.Errorf("a refused copy changed the target: %v", got)
	}
}

// A target whose copy hasn't ended is not opened but to end it.
func TestCopyIsMarked(t *testing.T) {
	t.Parallel()
	a, d := openCopy(t, memstore.New(), &store.Options{Hooks: []string{"audit"}}), memstore.New()
	putAll(t, a, cards, &card{ID: "1"})
	b := openCopy(t, d, &store.Options{ForCopy: true})
	broken := errors.New("attachments")
	if _, err := store.Copy(t.Context(), a, b, &store.CopyOptions{Also: func(context.Context) error { return broken }}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), d, &store.Options{Hooks: []string{"audit"}}, cards, slips); !errors.Is(err, store.ErrCopying) {
		t.Errorf("opened in the middle of a copy: %v", err)
	}
	b = openCopy(t, d, &store.Options{ForCopy: true})
	if _, err := store.Copy(t.Context(), b, openCopy(t, memstore.New(), nil), nil); !errors.Is(err, store.ErrCopying) {
		t.Errorf("copied from half a copy: %v", err)
	}
	done, err := store.Copy(t.Context(), a, b, nil)
	if err != nil || done[0].Written != 0 {
		t.Errorf("ending it: %+v, %v", done, err)
	}
	if _, err := store.Open(t.Context(), d, nil, cards, slips); err == nil || !strings.Contains(err.Error(), "audit") {
		t.Errorf("the hook was forgotten: %v", err)
	}
	openCopy(t, d, &store.Options{Hooks: []string{"audit"}})
}

// Somebody who writes meanwhile is found out, and the target isn't opened.
func TestCopyOfAStoreInUse(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"source", "target"} {
		a, d := openCopy(t, memstore.New(), nil), memstore.New()
		b := openCopy(t, d, nil)
		var many []*slip
		for i := range 600 {
			many = append(many, &slip{ID: fmt.Sprintf("%04d", i)})
		}
		putAll(t, a, slips, many...)
		other := map[string]*store.DB{"source": a, "target": b}[where]
		_, err := store.Copy(t.Context(), a, b, &store.CopyOptions{Progress: func(coll string, n int) {
			if coll == "slip" && n == 512 {
				putAll(t, other, slips, &slip{ID: "0000/late"})
			}
		}})
		if bad, ok := errors.AsType[*store.MismatchError](err); !ok || bad.Collection != "slip" || bad.From == bad.To {
			t.Errorf("%s in use: %v", where, err)
		}
		if _, err := store.Open(t.Context(), d, nil, cards, slips); !errors.Is(err, store.ErrCopying) {
			t.Errorf("%s in use, opened: %v", where, err)
		}
	}
}

// One state is copied, whatever happens meanwhile.
func TestCopyOfASnapshot(t *testing.T) {
	t.Parallel()
	a, b := openCopy(t, memstore.New(), nil), openCopy(t, memstore.New(), nil)
	putAll(t, a, cards, &card{ID: "1"})
	err := a.Snapshot(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		putAll(t, a, cards, &card{ID: "2"})
		_, err := store.Copy(ctx, tx, b, nil)
		return err
	})
	if got := all(t, b, cards, store.ByKey()); err != nil || len(got) != 1 {
		t.Errorf("%d documents, %v; want the one of the snapshot", len(got), err)
	}
}

func TestCopyObeysItsContext(t *testing.T) {
	t.Parallel()
	a, b := openCopy(t, memstore.New(), nil), openCopy(t, memstore.New(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Copy(ctx, a, b, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
