package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// OpenDir opens the store that is kept in a directory, and creates it if there is
// none. A driver whose data is elsewhere, in a database server say, may take the
// directory's path for a name.
type OpenDir func(t *testing.T, dir string) driver.Store

// RunDurable tests what a driver keeps when it is closed and opened again. Crash
// tests what it keeps when its process is killed.
func RunDurable(t *testing.T, open OpenDir) {
	t.Helper()
	for _, c := range []struct {
		name, rule string
		run        func(*testing.T, OpenDir)
	}{
		{"Reopen", "What was committed is there when the store is opened again, index entries and numbers included; what was rolled back isn't.", reopen},
		{"ReopenBackfill", "A backfill that was interrupted by closing the store goes on when it is opened again.", reopenBackfill},
		{"ReopenNewer", "An older program can't open what a newer one wrote, and a hook stays required, also after closing.", reopenNewer},
		{"ReopenOften", "A store that is opened and closed many times, and written by a crowd in between, loses nothing.", reopenOften},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tell(t, c.rule)
			c.run(t, open)
		})
	}
}

func closeDB(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

func reopen(t *testing.T, open OpenDir) {
	dir := t.TempDir()
	db := openDB(t, open(t, dir), notes, everies)
	v, gone := filled(), full("gone")
	put(t, db, everies, v)
	put(t, db, notes, full("1"), full("2"), gone)
	var last int64
	update(t, db, func(ctx context.Context, tx *store.Tx) (err error) {
		if last, err = tx.Next(ctx, "n"); err != nil {
			return err
		}
		return notes.Delete(ctx, tx, gone)
	})
	db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		last, err = tx.Next(ctx, "n")
		return errors.Join(err, notes.Put(ctx, tx, full("3")), errPurpose)
	})
	entries := everywhere(t, db)
	closeDB(t, db)

	db = openDB(t, open(t, dir), notes, everies)
	sameEvery(t, "document", get(t, db, everies, "1"), v)
	same(t, "entries", everywhere(t, db), entries)
	finds(t, db, "documents", store.ByKey(), "1", "2")
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "a unique value", notes.Put(ctx, tx, &note{ID: "4", Owner: "owner of 1"}), store.ErrExists)
		n, err := tx.Next(ctx, "n")
		if n <= last {
			t.Errorf("number %d after %d", n, last)
		}
		return err
	})
	closeDB(t, db)
}

func reopenBackfill(t *testing.T, open OpenDir) {
	dir := t.TempDir()
	d := open(t, dir)
	fillBefore(t, d, 700)
	want(t, "close", d.Close(), nil)
	r := &reluctant{Store: open(t, dir)}
	db := openDB(t, r, notes)
	ctx, cancel := context.WithCancel(t.Context())
	r.left, r.cancel = 1, cancel
	want(t, "an interrupted backfill", db.Backfill(ctx), context.Canceled)
	closeDB(t, db)

	db = openDB(t, open(t, dir), notes)
	if len(db.Building()) == 0 {
		t.Fatal("nothing is building any more")
	}
	want(t, "backfill", db.Backfill(t.Context()), nil)
	if n := len(find(t, db, store.By("rank"))); n != 700 {
		t.Errorf("the index has %d entries, want 700", n)
	}
	closeDB(t, db)
}

func reopenNewer(t *testing.T, open OpenDir) {
	dir := t.TempDir()
	d := open(t, dir)
	db, err := store.Open(t.Context(), d, &store.Options{Hooks: []string{"a"}}, contacts2())
	if err != nil {
		t.Fatal(err)
	}
	want(t, "raise", db.Raise(t.Context()), nil)
	closeDB(t, db)

	d = open(t, dir)
	_, err = store.Open(t.Context(), d, &store.Options{Hooks: []string{"a"}}, contacts1())
	want(t, "an older program", err, store.ErrNewer)
	if _, err = store.Open(t.Context(), d, nil, contacts2()); err == nil {
		t.Error("the store opens without its hook")
	}
	want(t, "close", d.Close(), nil)
}

func reopenOften(t *testing.T, open OpenDir) {
	dir := t.TempDir()
	const rounds, each = 5, 10
	for round := range int64(rounds) {
		db := openDB(t, open(t, dir), notes)
		var wait sync.WaitGroup
		for g := range int64(crowd) {
			wait.Go(func() {
				for i := range int64(each) {
					n := &note{ID: fmt.Sprint(round, "-", g, "-", i), Group: "g", Rank: new(i)}
					want(t, "update", db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, n) }), nil)
				}
			})
		}
		wait.Wait()
		closeDB(t, db)
	}
	db := openDB(t, open(t, dir), notes)
	for _, q := range []store.Query{store.ByKey(), store.By("rank"), store.By("group_rank", "g").Desc()} {
		if n := len(find(t, db, q)); n != rounds*each*crowd {
			t.Errorf("there are %d documents, want %d", n, rounds*each*crowd)
		}
	}
	closeDB(t, db)
}
