package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var metaCases = []testCase{
	{"Hooks", "A hook once given stays required: opening without it fails, with more hooks works, and a failed opening changes nothing.", hooks},
	{"NewIndex", "An index that is new on existing documents is ErrIndexBuilding until Backfill has added them, and other indexes work meanwhile.", newIndex},
	{"NewIndexEmpty", "An index that is new on an empty collection is ready at once.", newIndexEmpty},
	{"BackfillResumes", "A Backfill that is interrupted goes on where it was, also after opening again.", backfillResumes},
	{"BackfillKeeps", "Backfill changes no revision, and documents that are written meanwhile are in the index once.", backfillKeeps},
	{"BackfillUnique", "Backfill of a unique index over documents with one value fails with ErrExists and says why.", backfillUnique},
	{"IndexChanged", "An index whose columns change is built anew, and holds nothing of its old form.", indexChanged},
	{"IndexComesBack", "An index that a program left out for a while isn't trusted when it comes back: what was written meanwhile is in it.", indexComesBack},
	{"OlderProcess", "An index isn't filled while a live process leaves it out, and holds afterwards what that one wrote.", olderProcess},
	{"OlderProcessReturns", "An index that is ready isn't trusted by a program that opens beside one that leaves it out, and is built anew.", olderProcessReturns},
	{"RaisedByRun", "Run has documents written in the newer form once no live process is older.", raisedByRun},
	{"OpenAgain", "Opening with the same collections again keeps the data, the indexes and the numbers.", openAgain},
}

func hooks(t *testing.T, d driver.Store) {
	open := func(hooks ...string) error {
		_, err := store.Open(t.Context(), d, &store.Options{Hooks: hooks}, notes)
		return err
	}
	want(t, "two hooks", open("b", "a", "b"), nil)
	for _, hooks := range [][]string{nil, {"a"}, {"b", "c"}} {
		if open(hooks...) == nil {
			t.Errorf("the store opens with %q, without a or b", hooks)
		}
	}
	want(t, "in another order", open("a", "b"), nil)
	want(t, "one more", open("a", "b", "c"), nil)
	if open("a", "b") == nil {
		t.Error("the store opens without c")
	}
}

// before declares notes without any index, as an earlier program did.
func before(indexes ...store.Index) *store.Collection[note] {
	return &store.Collection[note]{Name: notes.Name, Key: notes.Key, Rev: notes.Rev, Columns: notes.Columns, Indexes: indexes}
}

// kept is a store that stays open when a program that used it has ended.
type kept struct{ driver.Store }

// Close implements driver.Store.
func (kept) Close() error { return nil }

// earlier runs fn as a program that has ended when this one begins.
func earlier(t *testing.T, d driver.Store, coll store.Any, fn func(db *store.DB)) {
	t.Helper()
	db := openDB(t, kept{d}, coll)
	fn(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// fillBefore stores documents that aren't in any index but group.
func fillBefore(t *testing.T, d driver.Store, n int64) {
	t.Helper()
	old := before(store.Index{Name: "group", On: []string{"group"}})
	earlier(t, d, old, func(db *store.DB) {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				if err := old.Put(ctx, tx, &note{ID: numbered(i), Group: "g", Rank: new(-i)}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// building asks an index and returns its error.
func building(t *testing.T, db *store.DB, index string) error {
	t.Helper()
	return db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, _, err := notes.Page(ctx, tx, store.By(index).Limit(1))
		return err
	})
}

func newIndex(t *testing.T, d driver.Store) {
	fillBefore(t, d, 3)
	db := openDB(t, d, notes)
	want(t, "the new index", building(t, db, "rank"), store.ErrIndexBuilding)
	want(t, "the old index", building(t, db, "group"), nil)
	same(t, "what is building", len(db.Building()), len(notes.Indexes)-1)
	if err := db.Backfill(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, "what is building", len(db.Building()), 0)
	finds(t, db, "rank", store.By("rank"), numbered(2), numbered(1), numbered(0))
	finds(t, db, "group", store.By("group"), numbered(0), numbered(1), numbered(2))
	db = openDB(t, d, notes)
	want(t, "opened again", building(t, db, "rank"), nil)
}

func newIndexEmpty(t *testing.T, d driver.Store) {
	earlier(t, d, before(), func(*store.DB) {})
	db := openDB(t, d, notes)
	same(t, "what is building", len(db.Building()), 0)
	put(t, db, notes, full("1"))
	finds(t, db, "rank", store.By("rank"), "1")
}

// reluctant is a store that cancels a context at the nth begun transaction that
// writes.
type reluctant struct {
	driver.Store
	left   int
	cancel context.CancelFunc
}

// Begin implements driver.Store.
func (r *reluctant) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	if write && r.cancel != nil {
		if r.left--; r.left < 0 {
			r.cancel()
		}
	}
	return r.Store.Begin(ctx, write)
}

func backfillResumes(t *testing.T, d driver.Store) {
	const n = 1000
	fillBefore(t, d, n)
	now := before(store.Index{Name: "group", On: []string{"group"}}, store.Index{Name: "rank", On: []string{"rank"}})
	r := &reluctant{Store: d}
	db := openDB(t, r, now)
	begun := 0
	for tries := 0; len(db.Building()) > 0; tries++ {
		if tries == 10 {
			t.Fatal("the index is never ready")
		}
		ctx, cancel := context.WithCancel(t.Context())
		r.left, r.cancel = 2, cancel
		err := db.Backfill(ctx)
		begun += 2 - max(r.left, 0)
		r.cancel = nil
		if ctx.Err() != nil {
			want(t, "an interrupted backfill", err, context.Canceled)
			want(t, "the index meanwhile", building(t, db, "rank"), store.ErrIndexBuilding)
		} else {
			want(t, "backfill", err, nil)
		}
		cancel()
		db = openDB(t, r, now)
	}
	if most := n/256 + 2; begun > most {
		t.Errorf("it took %d transactions, at most %d if it resumes", begun, most)
	}
	if got := find(t, db, store.By("rank")); len(got) != n || got[0] != numbered(n-1) || got[n-1] != numbered(0) {
		t.Errorf("the index finds %d documents, want %d in order", len(got), n)
	}
}

func backfillKeeps(t *testing.T, d driver.Store) {
	fillBefore(t, d, 600)
	db := openDB(t, d, notes)
	v := get(t, db, notes, numbered(500))
	v.Rank = new(int64(5))
	put(t, db, notes, v, &note{ID: "new", Rank: new(int64(6))})
	gone := get(t, db, notes, numbered(501))
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return notes.Delete(ctx, tx, gone) })
	if err := db.Backfill(t.Context()); err != nil {
		t.Fatal(err)
	}
	finds(t, db, "what was written meanwhile", store.By("rank").From(1), numbered(500), "new")
	if n := len(find(t, db, store.By("rank"))); n != 600 {
		t.Errorf("the index has %d entries, want 600", n)
	}
	if a, b := get(t, db, notes, numbered(1)).Rev, get(t, db, notes, numbered(500)).Rev; a != 1 || b != 2 {
		t.Errorf("revisions are %d and %d, want 1 and 2", a, b)
	}
}

func backfillUnique(t *testing.T, d driver.Store) {
	old := before()
	earlier(t, d, old, func(db *store.DB) {
		put(t, db, old, &note{ID: "1", Owner: "ann"}, &note{ID: "2", Owner: "ann"}, &note{ID: "3", Owner: "bob"})
	})
	now := before(store.Index{Name: "owner", On: []string{"owner"}, Unique: true})
	db := openDB(t, d, now)
	err := db.Backfill(t.Context())
	want(t, "backfill", err, store.ErrExists)
	same(t, "what is building", db.Building(), []string{"note.owner"})
	two := get(t, db, now, "2")
	two.Owner = "carl"
	put(t, db, now, two)
	want(t, "backfill once it is put right", db.Backfill(t.Context()), nil)
	finds(t, db, "owners", store.By("owner"), "1", "3", "2")
}

func indexChanged(t *testing.T, d driver.Store) {
	old := before(store.Index{Name: "rank", On: []string{"group"}})
	earlier(t, d, old, func(db *store.DB) {
		put(t, db, old, &note{ID: "1", Group: "g", Rank: new(int64(2))}, &note{ID: "2", Group: "h", Rank: new(int64(1))}, &note{ID: "3", Group: "i"})
	})
	db := openDB(t, d, notes)
	want(t, "the changed index", building(t, db, "rank"), store.ErrIndexBuilding)
	if err := db.Backfill(t.Context()); err != nil {
		t.Fatal(err)
	}
	finds(t, db, "rank", store.By("rank"), "2", "1")
}

func indexComesBack(t *testing.T, d driver.Store) {
	one := &note{ID: "1", Rank: new(int64(1))}
	earlier(t, d, notes, func(db *store.DB) { put(t, db, notes, one, &note{ID: "2", Rank: new(int64(2))}) })
	old := before()
	earlier(t, d, old, func(db *store.DB) {
		one.Rank = new(int64(10))
		put(t, db, old, one, &note{ID: "3", Rank: new(int64(3))})
	})
	db := openDB(t, d, notes)
	want(t, "the index when it comes back", building(t, db, "rank"), store.ErrIndexBuilding)
	if err := db.Backfill(t.Context()); err != nil {
		t.Fatal(err)
	}
	finds(t, db, "rank", store.By("rank"), "2", "3", "1")
	finds(t, db, "rank 1", store.By("rank", 1))
}

func openAgain(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes, everies)
	put(t, db, notes, full("1"))
	var first, second int64
	take := func(n *int64) do {
		return func(ctx context.Context, tx *store.Tx) (err error) { *n, err = tx.Next(ctx, "n"); return err }
	}
	update(t, db, take(&first))
	entries := everywhere(t, db)
	openDB(t, d) // a program that knows none of them
	db = openDB(t, d, everies, notes)
	same(t, "entries", everywhere(t, db), entries)
	same(t, "document", get(t, db, notes, "1").Rev, store.Rev(1))
	update(t, db, take(&second))
	if second <= first {
		t.Errorf("number %d after %d", second, first)
	}
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("1")) })
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("creating it again gives %v", err)
	}
}
