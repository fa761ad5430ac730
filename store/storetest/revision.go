package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/google/go-cmp/cmp"
)

var revisionCases = []testCase{
	{"StaleOutside", "A revision that came from outside and isn't the stored one is ErrStale, at Put and at Delete, and never retried.", staleOutside},
	{"StaleDeleted", "Put and Delete of a document that was deleted meanwhile are ErrStale.", staleDeleted},
	{"RevisionsGrow", "Each change adds one to the revision, also several changes in one transaction.", revisionsGrow},
	{"ConflictShared", "A document that the transaction read and another one changed meanwhile is ErrConflict, and Update runs its function again.", conflictShared},
	{"UpdateRetries", "Update runs its function again after ErrConflict, which undoes what the run before wrote, and not after another error.", updateRetries},
	{"UpdateGivesUp", "Update gives up when the conflict doesn't end, and its error is ErrConflict.", updateGivesUp},
	{"RevisionsGivenBack", "A transaction that is rolled back gives its documents the revisions that they had before.", revisionsGivenBack},
	{"RevisionsAfterFailedCommit", "A commit that fails gives the documents their revisions back, so that the same values can be put again.", revisionsAfterFailedCommit},
	{"RollbackLeavesNothing", "A failed Update leaves no trace: no documents, no index entries, no changes, no deletions.", rollbackLeavesNothing},
}

func asError(err error) *store.Error {
	e, _ := errors.AsType[*store.Error](err)
	return e
}

func sameEvery(t *testing.T, what string, got, want *every) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(stamp{})); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, d)
	}
}

func staleOutside(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	form := get(t, db, notes, "1")
	now := get(t, db, notes, "1")
	now.Text = "newer"
	put(t, db, notes, now)

	runs := 0
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		runs++
		if _, err := notes.Get(ctx, tx, "1"); err != nil { // having read it makes the form no newer
			return err
		}
		return notes.Put(ctx, tx, form)
	})
	want(t, "put", err, store.ErrStale)
	if runs != 1 {
		t.Errorf("the function ran %d times, want once", runs)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "put", notes.Put(ctx, tx, form), store.ErrStale)
		want(t, "delete", notes.Delete(ctx, tx, form), store.ErrStale)
		future := &note{ID: "1", Rev: 9}
		want(t, "put of a revision that never was", notes.Put(ctx, tx, future), store.ErrStale)
		return notes.Put(ctx, tx, &note{ID: "2"}) // still usable
	})
	if form.Rev != 1 {
		t.Errorf("the refused document has revision %d, want 1", form.Rev)
	}
	same(t, "document", get(t, db, notes, "1"), now)
}

func staleDeleted(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, full("1"))
	form, other := get(t, db, notes, "1"), get(t, db, notes, "1")
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return notes.Delete(ctx, tx, other) })
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "put", notes.Put(ctx, tx, form), store.ErrStale)
		want(t, "delete", notes.Delete(ctx, tx, form), store.ErrStale)
		return nil
	})
	finds(t, db, "documents", store.ByKey())
}

func revisionsGrow(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	v := &note{ID: "1"}
	for i := range 3 {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for range 2 {
				if err := notes.Put(ctx, tx, v); err != nil {
					return err
				}
			}
			return nil
		})
		if n := store.Rev(2*i + 2); v.Rev != n || get(t, db, notes, "1").Rev != n {
			t.Errorf("revision is %d, stored %d, want %d", v.Rev, get(t, db, notes, "1").Rev, n)
		}
	}
}

func conflictShared(t *testing.T, d driver.Store) {
	shared(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	runs, first := 0, error(nil)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		v, err := notes.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		if runs++; runs == 1 {
			other := *v
			other.Text = "theirs"
			put(t, db, notes, &other)
		}
		v.Group = "mine"
		err = notes.Put(ctx, tx, v)
		if runs == 1 && err != nil {
			first = err
		}
		return err
	})
	if runs != 2 {
		t.Errorf("the function ran %d times, want twice", runs)
	}
	if first != nil { // a driver may find out at commit only
		want(t, "put", first, store.ErrConflict)
	}
	same(t, "document", get(t, db, notes, "1"), &note{ID: "1", Text: "theirs", Group: "mine", Rev: 3})
}

func updateRetries(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	runs := 0
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		runs++
		if err := notes.Put(ctx, tx, full("1")); err != nil {
			return err
		}
		if runs < 4 {
			return &store.Error{Op: "put", Collection: "note", Err: store.ErrConflict}
		}
		return nil
	})
	if runs != 4 {
		t.Errorf("the function ran %d times, want 4", runs)
	}
	finds(t, db, "documents", store.ByKey(), "1")
	for _, e := range []error{store.ErrStale, store.ErrExists, store.ErrNotFound, errPurpose} {
		runs = 0
		err := db.Update(t.Context(), func(context.Context, *store.Tx) error { runs++; return e })
		want(t, "update", err, e)
		if runs != 1 {
			t.Errorf("after %v the function ran %d times, want once", e, runs)
		}
	}
}

func updateGivesUp(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	ctx, cancel := context.WithCancel(t.Context())
	runs := 0
	err := db.Update(ctx, func(context.Context, *store.Tx) error {
		if runs++; runs == 3 {
			cancel()
		}
		return store.ErrConflict
	})
	want(t, "update", err, store.ErrConflict)
	if !errors.Is(err, context.Canceled) || runs != 3 {
		t.Errorf("cancelled in its third run it ran %d times, with %v", runs, err)
	}
}

func revisionsGivenBack(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	kept, gone, fresh := full("1"), full("2"), full("3")
	put(t, db, notes, kept, gone)
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, v := range []*note{kept, fresh, kept, gone} {
			if err := notes.Put(ctx, tx, v); err != nil {
				return err
			}
		}
		if err := notes.Delete(ctx, tx, gone); err != nil {
			return err
		}
		return errPurpose
	})
	want(t, "update", err, errPurpose)
	same(t, "revisions", []store.Rev{kept.Rev, gone.Rev, fresh.Rev}, []store.Rev{1, 1, 0})
	put(t, db, notes, kept, gone, fresh)
}

// failing is a store whose commits fail while it is broken.
type failing struct {
	driver.Store
	broken bool
}

type failingTx struct {
	driver.Tx
	s *failing
}

// Begin implements driver.Store.
func (f *failing) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	tx, err := f.Store.Begin(ctx, write)
	return failingTx{tx, f}, err
}

// Commit implements driver.Tx.
func (tx failingTx) Commit(ctx context.Context) error {
	if !tx.s.broken {
		return tx.Tx.Commit(ctx)
	}
	if err := tx.Rollback(ctx); err != nil {
		return err
	}
	return errPurpose
}

func revisionsAfterFailedCommit(t *testing.T, d driver.Store) {
	f := &failing{Store: d}
	db := openDB(t, f, notes)
	kept, fresh := full("1"), full("2")
	put(t, db, notes, kept)
	f.broken = true
	heard := false
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.After(func() { heard = true })
		if err := notes.Put(ctx, tx, kept); err != nil {
			return err
		}
		return notes.Put(ctx, tx, fresh)
	})
	want(t, "update", err, errPurpose)
	same(t, "revisions", []store.Rev{kept.Rev, fresh.Rev}, []store.Rev{1, 0})
	if heard {
		t.Error("After ran although the commit failed")
	}
	f.broken = false
	put(t, db, notes, kept, fresh)
	same(t, "revisions", []store.Rev{kept.Rev, fresh.Rev}, []store.Rev{2, 1})
}

func rollbackLeavesNothing(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one, two := full("1"), full("2")
	put(t, db, notes, one, two)
	before := everywhere(t, db)
	for _, last := range []error{errPurpose, store.ErrStale} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			changed := *one
			changed.Group, changed.Owner, changed.Tags, changed.Rank = "other", "other", nil, nil
			gone := *two
			if err := notes.Put(ctx, tx, &changed); err != nil {
				return err
			}
			if err := notes.Delete(ctx, tx, &gone); err != nil {
				return err
			}
			if err := notes.Put(ctx, tx, full("3")); err != nil {
				return err
			}
			if err := notes.Put(ctx, tx, &gone); err != nil { // and created again
				return err
			}
			return last
		})
		want(t, "update", err, last)
	}
	same(t, "entries", everywhere(t, db), before)
	same(t, "first document", get(t, db, notes, "1"), one)
	same(t, "second document", get(t, db, notes, "2"), two)
	finds(t, db, "group other", store.By("group", "other"))
	put(t, db, notes, full("3"))
}
