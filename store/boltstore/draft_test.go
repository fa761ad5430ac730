package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/frontdesk-go/frontdesk/store"
)

// prepared reads an entry in Prepare, has meanwhile run between that and the turn, and
// says how often it ran.
func prepared(t *testing.T, db *store.DB, id string, meanwhile func()) (runs int) {
	t.Helper()
	err := db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		e, err := entries.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if runs++; runs == 1 {
			done := make(chan struct{})
			go func() { defer close(done); meanwhile() }()
			<-done
		}
		e.Score++
		return entries.Put(ctx, tx, e)
	})
	if err != nil {
		t.Error(err)
	}
	return runs
}

// TestOldDraft has more and more written before a draft's turn, until nobody remembers
// what it was.
func TestOldDraft(t *testing.T) {
	t.Parallel()
	for rounds := range 4 {
		db, _ := openEntries(t, filepath.Join(t.TempDir(), "desk.db"))
		if err := put(t.Context(), db, "1"); err != nil {
			t.Fatal(err)
		}
		update := func(n int, of func(i int) *entry) {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
				for i := 0; err == nil && i < n; i++ {
					err = entries.Put(ctx, tx, of(i))
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		runs := prepared(t, db, "1", func() {
			update(1, func(int) *entry { return &entry{ID: "1", Score: 10, Rev: 1} })
			for round := range rounds { // each of more keys than are remembered of one
				update(3000, func(i int) *entry { return &entry{ID: fmt.Sprint(round, "-", i), Queue: "q"} })
			}
		})
		db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if e, err := entries.Get(ctx, tx, "1"); err != nil || runs != 2 || e.Score != 11 {
				t.Errorf("%d rounds: after %d runs the score is %d, %v; want 2 and 11", rounds, runs, e.Score, err)
			}
			return nil
		})
		db.Close()
	}
}

// TestCompactedMeanwhile has the file replaced between a draft's reading and its turn.
func TestCompactedMeanwhile(t *testing.T) {
	t.Parallel()
	db, d := openEntries(t, filepath.Join(t.TempDir(), "desk.db"))
	defer db.Close()
	if err := put(t.Context(), db, "1"); err != nil {
		t.Fatal(err)
	}
	compacted := make(chan error, 1)
	runs := prepared(t, db, "1", func() {
		if err := put(t.Context(), db, "2"); err != nil {
			t.Error(err)
		}
		// It ends when nobody reads the old file any more: the draft does.
		go func() { compacted <- d.Compact(t.Context()) }()
	})
	if err := <-compacted; err != nil || runs != 1 {
		t.Errorf("after %d runs: %v", runs, err)
	}
	for _, id := range []string{"1", "2"} {
		if !has(t, db, id) {
			t.Errorf("%s is gone", id)
		}
	}
}

// TestDraftsInAGroup has drafts and others wait for one turn: each hears its own, none
// before the flush, and one that gives up disturbs nobody.
func TestDraftsInAGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDir(t, t.TempDir())
		db, err := store.Open(t.Context(), d, nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		release, first := hold(t.Context(), db)
		giving, giveUp := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		var won atomic.Int32 // of those who want the same id
		for i := range 50 {
			ctx, run, wanted := t.Context(), db.Prepare, error(nil)
			switch i % 5 {
			case 1:
				ctx, wanted = giving, context.Canceled
			case 2:
				wanted = store.ErrExists
			case 3:
				run = db.Update
			}
			wait.Go(func() {
				err := run(ctx, func(ctx context.Context, tx *store.Tx) error {
					id := fmt.Sprint(i)
					if i%5 == 2 { // of those the first wins in its turn, the others run again
						id = "the same"
					}
					return entries.Put(ctx, tx, &entry{ID: id, Queue: "q"})
				})
				if i%5 == 2 && err == nil {
					won.Add(1)
				} else if !errors.Is(err, wanted) {
					t.Errorf("writer %d: %v, want %v", i, err, wanted)
				}
			})
		}
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if has(t, db, "3") || has(t, db, "0") {
			t.Error("something was written before its turn")
		}
		release()
		wait.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d drafts have put the same", n)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		for i := range 50 {
			if wanted := i%5 != 1 && i%5 != 2; has(t, db, fmt.Sprint(i)) != wanted {
				t.Errorf("%d is there: %v, want %v", i, !wanted, wanted)
			}
		}
		if !has(t, db, "the same") {
			t.Error("of many that create one, none did")
		}
	})
}

// TestNumbersAreStored opens a copy of the file, as a crash leaves it: numbers that were
// drawn for what is in it aren't drawn again.
func TestNumbersAreStored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, d := openEntries(t, filepath.Join(dir, "desk.db"))
	defer db.Close()
	next := func(db *store.DB) (n int64) {
		err := db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			n, err = tx.Next(ctx, "ticket")
			return errors.Join(err, entries.Put(ctx, tx, &entry{ID: fmt.Sprint(n)}))
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	next(db)
	last := next(db)
	to, err := os.Create(filepath.Join(dir, "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Dump(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	copied, _ := openEntries(t, to.Name())
	defer copied.Close()
	if n := next(copied); n != last+1 {
		t.Errorf("number %d comes after %d", n, last)
	}
}
