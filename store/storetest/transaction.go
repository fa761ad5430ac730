package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var transactionCases = []testCase{
	{"OwnWrites", "A transaction reads its own writes: in Get, in scans by key and by index, and it doesn't read what it deleted.", ownWrites},
	{"ManyOwnDeletes", "A scan in either direction passes over any number of documents that its transaction deleted.", manyOwnDeletes},
	{"NotSeenBefore", "Nobody else sees a write before it is committed.", notSeenBefore},
	{"ReadOnly", "Put, Delete, Next, a nested Update, locks and Claim in a View are ErrReadOnly.", readOnly},
	{"EndedTx", "A transaction that is used after its end is ErrClosed.", endedTx},
	{"ClosedStore", "View and Update after Close are ErrClosed.", closedStore},
	{"CloseTwice", "A second Close does no harm.", closeTwice},
	{"Panic", "A panic in the function rolls back and is raised again, and the store stays usable.", panics},
	{"After", "After runs its functions in order once the transaction is committed, and never if it is rolled back.", after},
	{"AfterSees", "What After runs sees the transaction's writes.", afterSees},
	{"Next", "Next gives numbers from 1 that grow within each series, and series don't meet.", next},
	{"NextRollback", "A number that a rolled back transaction or savepoint took isn't given again.", nextRollback},
	{"HostTx", "In a transaction that a host begins and commits, a refused call leaves nothing and the rest is kept.", hostTx},
	{"HostRollback", "What was written in a host's transaction is gone if the host rolls it back.", hostRollback},
	{"UndeclaredCollection", "Reading or writing a collection that wasn't given to Open is an error.", undeclared},
}

func ownWrites(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Group: "g"}, &note{ID: "2", Group: "g"}, &note{ID: "3", Group: "g"})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		one, err := notes.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		one.Group = "h"
		two, err := notes.Get(ctx, tx, "2")
		if err != nil {
			return err
		}
		if err := errors.Join(notes.Put(ctx, tx, one), notes.Delete(ctx, tx, two), notes.Put(ctx, tx, &note{ID: "4", Group: "g"})); err != nil {
			return err
		}
		_, err = notes.Get(ctx, tx, "2")
		want(t, "get of the deleted one", err, store.ErrNotFound)
		four, err := notes.Get(ctx, tx, "4")
		if err != nil || four.Rev != 1 {
			t.Errorf("the new one is %v, %v", four, err)
		}
		for _, c := range []struct {
			q    store.Query
			keys []string
		}{
			{store.ByKey(), []string{"1", "3", "4"}},
			{store.ByKey().Desc(), []string{"4", "3", "1"}},
			{store.By("group", "g"), []string{"3", "4"}},
			{store.By("group", "h"), []string{"1"}},
		} {
			keys, err := ids(ctx, tx, c.q)
			if err != nil {
				return err
			}
			same(t, "scan", keys, c.keys)
		}
		return nil
	})
}

// manyOwnDeletes empties whole pages of a B-tree, which stay where they are
// until the transaction ends.
func manyOwnDeletes(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	const all = 1200
	var keys, left []string
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range int64(all) {
			n := &note{ID: numbered(i), Group: "g", Rank: new(i)}
			keys = append(keys, n.ID)
			if err := notes.Put(ctx, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	left = append(append(left, keys[:3]...), keys[all-3:]...)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, k := range keys[3 : all-3] {
			n, err := notes.Get(ctx, tx, k)
			if err == nil {
				err = notes.Delete(ctx, tx, n)
			}
			if err != nil {
				return err
			}
		}
		for _, q := range []store.Query{store.ByKey(), store.By("rank"), store.By("group_rank", "g")} {
			forwards, err := ids(ctx, tx, q)
			if err != nil {
				return err
			}
			same(t, "what is left", forwards, left)
			backwards, err := ids(ctx, tx, q.Desc())
			if err != nil {
				return err
			}
			same(t, "what is left, backwards", backwards, reversed(left))
		}
		return nil
	})
	finds(t, db, "what is left", store.By("rank"), left...)
}

func notSeenBefore(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Group: "g"})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		one, err := notes.Get(ctx, tx, "1")
		if err != nil {
			return err
		}
		one.Group = "h"
		if err := errors.Join(notes.Put(ctx, tx, one), notes.Put(ctx, tx, &note{ID: "2", Group: "h"})); err != nil {
			return err
		}
		finds(t, db, "documents", store.ByKey(), "1")
		finds(t, db, "group g", store.By("group", "g"), "1")
		finds(t, db, "group h", store.By("group", "h"))
		return nil
	})
	finds(t, db, "group h", store.By("group", "h"), "1", "2")
}

func readOnly(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one := &note{ID: "1"}
	put(t, db, notes, one)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "put", notes.Put(ctx, tx, one), store.ErrReadOnly)
		want(t, "delete", notes.Delete(ctx, tx, one), store.ErrReadOnly)
		_, err := tx.Next(ctx, "n")
		want(t, "next", err, store.ErrReadOnly)
		want(t, "update", tx.Update(ctx, func(context.Context, *store.Tx) error { return nil }), store.ErrReadOnly)
		_, err = notes.Lock(ctx, tx, "1", store.Share)
		want(t, "lock", err, store.ErrReadOnly)
		for _, err := range notes.Claim(ctx, tx, store.ByKey().Limit(1)) {
			want(t, "claim", err, store.ErrReadOnly)
		}
		if tx.Writable() {
			t.Error("a View says that it is writable")
		}
		return nil
	})
	if one.Rev != 1 {
		t.Errorf("revision is %d, want 1", one.Rev)
	}
}

func endedTx(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1"})
	for name, run := range map[string]func(context.Context, do) error{"View": db.View, "Update": db.Update} {
		var ended *store.Tx
		if err := run(t.Context(), func(_ context.Context, tx *store.Tx) error { ended = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		_, err := notes.Get(t.Context(), ended, "1")
		want(t, name+": get", err, store.ErrClosed)
		want(t, name+": put", notes.Put(t.Context(), ended, &note{ID: "2"}), store.ErrClosed)
		want(t, name+": delete", notes.Delete(t.Context(), ended, &note{ID: "1", Rev: 1}), store.ErrClosed)
		_, err = ids(t.Context(), ended, store.ByKey())
		want(t, name+": scan", err, store.ErrClosed)
		_, err = ended.Next(t.Context(), "n")
		want(t, name+": next", err, store.ErrClosed)
		want(t, name+": update", ended.Update(t.Context(), func(context.Context, *store.Tx) error { return nil }), store.ErrClosed)
	}
	finds(t, db, "documents", store.ByKey(), "1")
}

func closedStore(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	if err := db.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	nothing := func(context.Context, *store.Tx) error { t.Error("the function ran"); return nil }
	want(t, "view", db.View(t.Context(), nothing), store.ErrClosed)
	want(t, "update", db.Update(t.Context(), nothing), store.ErrClosed)
}

func closeTwice(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	want(t, "close", db.Close(), nil)
	if err := db.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

func panics(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one := full("1")
	raised := func(run func(context.Context, do) error, fn do) (r any) {
		defer func() { r = recover() }()
		run(t.Context(), fn)
		return nil
	}
	heard := false
	r := raised(db.Update, func(ctx context.Context, tx *store.Tx) error {
		tx.After(func() { heard = true })
		if err := notes.Put(ctx, tx, one); err != nil {
			return err
		}
		panic("on purpose")
	})
	same(t, "what Update raised", r, "on purpose")
	r = raised(db.View, func(context.Context, *store.Tx) error { panic("on purpose") })
	same(t, "what View raised", r, "on purpose")
	if one.Rev != 0 || heard {
		t.Errorf("revision is %d, After ran: %v; want 0, false", one.Rev, heard)
	}
	finds(t, db, "documents", store.ByKey())
	put(t, db, notes, one)
}

func after(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var heard []int
	hear := func(n int) func() { return func() { heard = append(heard, n) } }
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		tx.After(hear(1))
		tx.After(hear(2))
		err := tx.Update(ctx, func(_ context.Context, tx *store.Tx) error { tx.After(hear(3)); return nil })
		tx.After(hear(4))
		if len(heard) > 0 {
			t.Error("After ran before the commit")
		}
		return errors.Join(err, notes.Put(ctx, tx, &note{ID: "1"}))
	})
	same(t, "what ran", heard, []int{1, 2, 3, 4})
	db.Update(t.Context(), func(_ context.Context, tx *store.Tx) error { tx.After(hear(5)); return errPurpose })
	same(t, "what ran after a rollback", heard, []int{1, 2, 3, 4})
}

func afterSees(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var seen *note
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		tx.After(func() { seen = get(t, db, notes, "1") })
		return notes.Put(ctx, tx, &note{ID: "1"})
	})
	same(t, "what After saw", seen, &note{ID: "1", Rev: 1})
}

func next(t *testing.T, d driver.Store) {
	db := openDB(t, d)
	last := map[string]int64{}
	for range 3 {
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, series := range []string{"a", "b", "a", "ab"} {
				n, err := tx.Next(ctx, series)
				if err != nil {
					return err
				}
				if last[series] == 0 && n != 1 || n <= last[series] {
					t.Errorf("series %s: %d after %d", series, n, last[series])
				}
				last[series] = n
			}
			return nil
		})
	}
}

func nextRollback(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var last int64
	take := func(ctx context.Context, tx *store.Tx) {
		n, err := tx.Next(ctx, "n")
		if err != nil || n <= last {
			t.Errorf("next: %d after %d, %v", n, last, err)
		}
		last = n
	}
	for i := range 3 {
		db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			take(ctx, tx)
			tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				take(ctx, tx)
				return errPurpose
			})
			take(ctx, tx)
			if i == 2 { // with other writes to undo
				return errors.Join(notes.Put(ctx, tx, full("1")), errPurpose)
			}
			return errPurpose
		})
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error { take(ctx, tx); return nil })
}

func hostTx(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	host, err := d.Begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Rollback(t.Context())
	tx := db.Join(host)
	update(t, tx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("1")) })
	err = tx.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Put(ctx, tx, full("2")); err != nil {
			return err
		}
		return notes.Put(ctx, tx, &note{ID: "3", Owner: "owner of 1"})
	})
	want(t, "the refused call", err, store.ErrExists)
	update(t, tx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("4")) })
	if err := host.Commit(t.Context()); err != nil {
		t.Fatalf("the host's commit: %v", err)
	}
	finds(t, db, "documents", store.ByKey(), "1", "4")
	finds(t, db, "owners", store.By("owner"), "1", "4")
}

func hostRollback(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	host, err := d.Begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	update(t, db.Join(host), func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, full("1")) })
	want(t, "roll back", host.Rollback(t.Context()), nil)
	want(t, "roll back again", host.Rollback(t.Context()), nil)
	for ix, n := range everywhere(t, db) {
		if n > 0 {
			t.Errorf("index %q has %d entries", ix, n)
		}
	}
	_, err = host.Get(t.Context(), "note", "1", driver.None)
	want(t, "get in the ended transaction", err, store.ErrClosed)
}

func undeclared(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	stranger := &store.Collection[every]{Name: "stranger", Key: everies.Key, Rev: everies.Rev}
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, _, err := stranger.Page(ctx, tx, store.ByKey().Limit(1))
		return err
	})
	if err == nil {
		t.Error("a scan of an undeclared collection works")
	}
}
