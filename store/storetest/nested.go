package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var nestedCases = []testCase{
	{"Savepoint", "A nested Update that fails undoes its own writes only; the outer transaction goes on and commits.", savepoint},
	{"SavepointDeep", "Savepoints nest: an outer one that fails undoes the inner ones that succeeded.", savepointDeep},
	{"SavepointPanic", "A panic in a nested Update undoes its writes, and whoever recovers from it can go on.", savepointPanic},
	{"SavepointAfter", "What a failed nested Update gave to After never runs.", savepointAfter},
	{"SavepointRevisions", "A failed nested Update gives back the revisions that it moved, and those only.", savepointRevisions},
	{"SavepointLimits", "Writes that a failed nested Update undid don't count towards the transaction's limit.", savepointLimits},
	{"SavepointCancelled", "A nested Update whose ctx is cancelled undoes its writes all the same.", savepointCancelled},
	{"SavepointExists", "After ErrExists inside a nested Update, and after its failure, the outer transaction is usable.", savepointExists},
	{"NestedView", "View of a transaction runs in it, and sees its writes.", nestedView},
	{"Nested", "View and Update of a DB inside its own transaction's ctx are ErrNested.", nested},
}

// undone runs fn in a savepoint and then fails it.
func undone(ctx context.Context, t *testing.T, tx *store.Tx, fn do) {
	t.Helper()
	err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return errPurpose
	})
	want(t, "nested update", err, errPurpose)
}

func savepoint(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, full("1"), full("2"))
	before := everywhere(t, db)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		one, err := notes.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		one.Text = "outer"
		if err := notes.Put(ctx, tx, one); err != nil {
			return err
		}
		undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error {
			one.Text, one.Group, one.Owner, one.Tags = "inner", "other", "other", []string{"three"}
			two, err := notes.Get(ctx, tx, "2")
			return errors.Join(err, notes.Put(ctx, tx, one), notes.Delete(ctx, tx, two), notes.Put(ctx, tx, full("3")))
		})
		got, err := notes.Get(ctx, tx, "1")
		if err != nil || got.Text != "outer" || got.Group != "g" {
			t.Errorf("after the savepoint the document is %+v, %v", got, err)
		}
		keys, err := ids(ctx, tx, store.By("group", "g"))
		if err != nil {
			return err
		}
		same(t, "group g after the savepoint", keys, []string{"1", "2"})
		return notes.Put(ctx, tx, full("4"))
	})
	for ix, n := range everywhere(t, db) {
		if w := before[ix] / 2 * 3; n != w {
			t.Errorf("index %q has %d entries, want %d", ix, n, w)
		}
	}
	finds(t, db, "documents", store.ByKey(), "1", "2", "4")
}

func savepointDeep(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error {
			if err := notes.Put(ctx, tx, full("1")); err != nil {
				return err
			}
			return tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("2")) })
				return notes.Put(ctx, tx, full("3"))
			})
		})
		return tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("3")) })
			undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("3")) })
			return notes.Put(ctx, tx, full("5"))
		})
	})
	finds(t, db, "documents", store.ByKey(), "5")
	finds(t, db, "owners", store.By("owner"), "5")
}

func savepointPanic(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	two := full("2")
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, full("1")); err != nil {
			return err
		}
		func() {
			defer func() { same(t, "what was raised", recover(), "on purpose") }()
			tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := notes.Put(ctx, tx, two); err != nil {
					return err
				}
				panic("on purpose")
			})
		}()
		if two.Rev != 0 {
			t.Errorf("revision is %d, want 0", two.Rev)
		}
		return notes.Put(ctx, tx, full("3"))
	})
	finds(t, db, "documents", store.ByKey(), "1", "3")
}

func savepointAfter(t *testing.T, d driver.Store) {
	db := openDB(t, d)
	var heard []int
	hear := func(n int) func() { return func() { heard = append(heard, n) } }
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		tx.After(hear(1))
		undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error {
			tx.After(hear(2))
			return tx.Update(ctx, func(_ context.Context, tx *store.Tx) error { tx.After(hear(3)); return nil })
		})
		tx.After(hear(4))
		return nil
	})
	same(t, "what ran", heard, []int{1, 4})
}

func savepointRevisions(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one, two := full("1"), full("2")
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, one); err != nil {
			return err
		}
		undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(notes.Put(ctx, tx, one), notes.Put(ctx, tx, two), notes.Put(ctx, tx, one))
		})
		same(t, "revisions", []store.Rev{one.Rev, two.Rev}, []store.Rev{1, 0})
		return errors.Join(notes.Put(ctx, tx, one), notes.Put(ctx, tx, two))
	})
	same(t, "revisions", []store.Rev{one.Rev, two.Rev}, []store.Rev{2, 1})
}

func savepointLimits(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for range 3 {
			undone(ctx, t, tx, func(ctx context.Context, tx *store.Tx) error {
				v := &note{ID: "1"}
				for range store.MaxWrites / 2 {
					if err := notes.Put(ctx, tx, v); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return notes.Put(ctx, tx, &note{ID: "2"})
	})
	finds(t, db, "documents", store.ByKey(), "2")
}

func savepointCancelled(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		short, cancel := context.WithCancel(ctx)
		err := tx.Update(short, func(ctx context.Context, tx *store.Tx) error {
			err := notes.Put(ctx, tx, full("1"))
			cancel()
			return errors.Join(err, ctx.Err())
		})
		want(t, "nested update", err, context.Canceled)
		return notes.Put(ctx, tx, full("2"))
	})
	finds(t, db, "documents", store.ByKey(), "2")
}

func savepointExists(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, full("1"))
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range 3 {
			err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := notes.Put(ctx, tx, full("2")); err != nil {
					return err
				}
				taken := full("3")
				taken.Owner = "owner of 1"
				return notes.Put(ctx, tx, taken)
			})
			want(t, "nested update", err, store.ErrExists)
			if err := notes.Put(ctx, tx, full(numbered(int64(i)))); err != nil {
				return err
			}
		}
		return nil
	})
	if n := len(find(t, db, store.ByKey())); n != 4 {
		t.Errorf("there are %d documents, want 4", n)
	}
}

func nestedView(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, &note{ID: "1"}); err != nil {
			return err
		}
		return tx.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := notes.Get(ctx, tx, "1")
			return err
		})
	})
}

func nested(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	nothing := func(context.Context, *store.Tx) error { t.Error("the function ran"); return nil }
	both := func(ctx context.Context, tx *store.Tx) error {
		want(t, "view", db.View(ctx, nothing), store.ErrNested)
		want(t, "update", db.Update(ctx, nothing), store.ErrNested)
		return tx.View(ctx, func(ctx context.Context, _ *store.Tx) error {
			want(t, "deeper view", db.View(ctx, nothing), store.ErrNested)
			return nil
		})
	}
	view(t, db, both)
	update(t, db, both)
}
