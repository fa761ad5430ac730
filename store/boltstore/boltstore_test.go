package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/storetest"
)

func openDir(t *testing.T, dir string) driver.Store {
	t.Helper()
	d, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) driver.Store { return openDir(t, t.TempDir()) })
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) driver.Store { return storetest.Drafted(openDir(t, t.TempDir())) })
}

func TestDurable(t *testing.T) {
	t.Parallel()
	storetest.RunDurable(t, openDir)
}

func TestCrash(t *testing.T) {
	t.Parallel()
	storetest.Crash(t, openDir)
}

// inUse is the environment variable that makes this test the second process.
const inUse = "BOLTSTORE_IN_USE"

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(inUse); path != "" {
		d, err := boltstore.Open(path, &boltstore.Options{Wait: 20 * time.Millisecond})
		if err == nil {
			err = d.Close()
		}
		fmt.Printf("in use: %v, error: %v\n", errors.Is(err, store.ErrInUse), err)
		return
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	second := func() []byte {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcess$")
		cmd.Env = append(os.Environ(), inUse+"="+path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("second process: %v", err)
		}
		return out
	}
	d, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out := second(); !bytes.Contains(out, []byte("in use: true")) {
		t.Errorf("with the file open, the second process says %q", out)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if out := second(); !bytes.Contains(out, []byte("error: <nil>")) {
		t.Errorf("with the file closed, the second process says %q", out)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	for what, path := range map[string]string{"a directory": t.TempDir(), "no directory": filepath.Join(t.TempDir(), "no", "desk.db")} {
		if _, err := boltstore.Open(path, nil); err == nil || errors.Is(err, store.ErrInUse) {
			t.Errorf("%s opens with %v", what, err)
		}
	}
	path := filepath.Join(t.TempDir(), "desk.db")
	if err := os.WriteFile(path, bytes.Repeat([]byte("not a database\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := boltstore.Open(path, nil); err == nil {
		t.Error("a file of something else opens")
	}
}

func put(ctx context.Context, db *store.DB, id string) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return entries.Put(ctx, tx, &entry{ID: id, Queue: "billing", Text: text})
	})
}

func has(t *testing.T, db *store.DB, id string) bool {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := entries.Get(ctx, tx, id)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	return err == nil
}

// hold has a writer in its turn, with a document written, until release is
// called. The error of its transaction comes through the channel.
func hold(ctx context.Context, db *store.DB) (release func(), ended <-chan error) {
	return holdThen(ctx, db, &entry{ID: "first"}, func() {})
}

// holdThen calls then as the last thing in the turn.
func holdThen(ctx context.Context, db *store.DB, e *entry, then func()) (release func(), ended <-chan error) {
	there, done, end := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		end <- db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			err := entries.Put(ctx, tx, e)
			close(there)
			<-done
			then()
			return err
		})
	}()
	<-there
	return func() { close(done) }, end
}

// TestFailedFlush has a group of writers whose flush fails. None of them may
// hear anything else, those included that were refused or only read, since what
// they saw isn't on disk.
func TestFailedFlush(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "desk.db")
		d, breakIt, err := boltstore.OpenBreakable(path)
		if err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), d, nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := put(t.Context(), db, "before"); err != nil {
			t.Fatal(err)
		}
		release, first := hold(t.Context(), db)
		members := map[string]func() error{
			"writer":  func() error { return put(t.Context(), db, "second") },
			"another": func() error { return put(t.Context(), db, "third") },
			"reader": func() error {
				return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, err := entries.Get(ctx, tx, "first")
					return err
				})
			},
			"draft": func() error {
				return db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error { return entries.Put(ctx, tx, &entry{ID: "fourth"}) })
			},
			"refused": func() error {
				return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					return entries.Put(ctx, tx, &entry{ID: "first"})
				})
			},
		}
		var wait sync.WaitGroup
		for what, run := range members {
			wait.Go(func() {
				if err := run(); !errors.Is(err, store.ErrFailed) {
					t.Errorf("%s: error is %v, want ErrFailed", what, err)
				}
			})
		}
		synctest.Wait() // all of them wait for their turn
		breakIt()
		release()
		wait.Wait()
		if err := <-first; !errors.Is(err, store.ErrFailed) {
			t.Errorf("first: error is %v, want ErrFailed", err)
		}
		for range 3 {
			err := db.Update(t.Context(), func(context.Context, *store.Tx) error {
				t.Error("a writer got its turn after the failure")
				return nil
			})
			if !errors.Is(err, store.ErrFailed) {
				t.Errorf("later: error is %v, want ErrFailed", err)
			}
		}
		db.Close() // of a file that is gone; what it says doesn't matter
		whole(t, path)
	})
}

// whole opens the file again and finds what was there before it broke.
func whole(t *testing.T, path string) {
	t.Helper()
	d, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), d, nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for id, wanted := range map[string]bool{"before": true, "first": false, "second": false, "third": false, "fourth": false} {
		if has(t, db, id) != wanted {
			t.Errorf("opened again, %s is there: %v, want %v", id, !wanted, wanted)
		}
	}
	if err := put(t.Context(), db, "again"); err != nil {
		t.Errorf("opened again: %v", err)
	}
}

// TestGroup has writers that wait for one turn: nobody hears, and nobody else
// sees, before the flush, and what a member's rollback undoes is only its own.
func TestGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openDir(t, t.TempDir())
		db, err := store.Open(t.Context(), d, nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		release, first := hold(t.Context(), db)
		var wait sync.WaitGroup
		for i := range 50 {
			wait.Go(func() {
				err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if err := entries.Put(ctx, tx, &entry{ID: fmt.Sprint(i), Queue: "q"}); err != nil {
						return err
					}
					if has(t, db, "first") {
						t.Error("a View sees what isn't flushed")
					}
					if i%5 == 0 {
						return context.DeadlineExceeded
					}
					return nil
				})
				if i%5 != 0 && err != nil || i%5 == 0 && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		release()
		wait.Wait()
		if err := <-first; err != nil {
			t.Error(err)
		}
		for i := range 50 {
			if wanted := i%5 != 0; has(t, db, fmt.Sprint(i)) != wanted {
				t.Errorf("document %d is there: %v, want %v", i, !wanted, wanted)
			}
		}
	})
}

// TestWhoIsAboutToWrite has writers that write one thing after the other, on one processor,
// where nobody queues by himself while another has the turn: they share flushes.
func TestWhoIsAboutToWrite(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, run := range map[string]func(*store.DB, context.Context, func(context.Context, *store.Tx) error) error{
		"Update": (*store.DB).Update, "Prepare": (*store.DB).Prepare,
	} {
		t.Run(name, func(t *testing.T) {
			db, d := openEntries(t, filepath.Join(t.TempDir(), "desk.db"))
			const writers, each = 20, 25
			release, first := hold(t.Context(), db)
			before := d.Flushes()
			var wait sync.WaitGroup
			for i := range writers {
				wait.Go(func() {
					for j := range each {
						err := run(db, t.Context(), func(ctx context.Context, tx *store.Tx) error {
							return entries.Put(ctx, tx, &entry{ID: fmt.Sprint(i, " ", j)})
						})
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
			runtime.Gosched()
			release()
			wait.Wait()
			if err := <-first; err != nil {
				t.Error(err)
			}
			if n := d.Flushes() - before; n > 2*each-each/4 {
				t.Errorf("%d flushes for %d times %d writes", n, each, writers)
			}
		})
	}
}

// TestQueuedCancel cancels writers at every place of the queue, the last one's
// included, behind whom nobody would flush.
func TestQueuedCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), openDir(t, t.TempDir()), nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		release, first := hold(t.Context(), db)
		var wait sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 6 {
			wait.Go(func() {
				if i%2 == 0 {
					if err := put(t.Context(), db, fmt.Sprint(i)); err != nil {
						t.Errorf("writer %d: %v", i, err)
					}
				} else if err := put(ctx, db, fmt.Sprint(i)); !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled writer %d: %v", i, err)
				}
			})
			synctest.Wait() // so that they queue in this order
		}
		cancel()
		synctest.Wait()
		release()
		wait.Wait()
		if err := <-first; err != nil {
			t.Error(err)
		}
		for i := range 6 {
			if wanted := i%2 == 0; has(t, db, fmt.Sprint(i)) != wanted {
				t.Errorf("document %d is there: %v, want %v", i, !wanted, wanted)
			}
		}
	})
}

// TestCancelAtTurn cancels the last writer of a queue while its turn comes. Those
// before it count on its flush, so it must not just go away.
func TestCancelAtTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), openDir(t, t.TempDir()), nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for i := range 50 {
			ctx, cancel := context.WithCancel(t.Context())
			release, first := holdThen(t.Context(), db, &entry{ID: fmt.Sprint("first", i)}, cancel)
			last := make(chan error, 1)
			go func() { last <- put(ctx, db, fmt.Sprint("last", i)) }()
			synctest.Wait() // it is in the queue
			release()
			if err := <-first; err != nil || !has(t, db, fmt.Sprint("first", i)) {
				t.Errorf("round %d: %v", i, err)
			}
			if err := <-last; has(t, db, fmt.Sprint("last", i)) != (err == nil) {
				t.Errorf("round %d: the last says %v", i, err)
			}
		}
	})
}

// TestCloseQueued closes the store while writers wait: those in the queue end
// with their result or with ErrClosed, and Close with the last of them.
func TestCloseQueued(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		db, err := store.Open(t.Context(), openDir(t, dir), nil, entries)
		if err != nil {
			t.Fatal(err)
		}
		release, first := hold(t.Context(), db)
		var wait sync.WaitGroup
		kept := make([]bool, 6)
		for i := range kept {
			wait.Go(func() {
				err := put(t.Context(), db, fmt.Sprint(i))
				if kept[i] = err == nil; !kept[i] && !errors.Is(err, store.ErrClosed) {
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- db.Close() }()
		release()
		wait.Wait()
		if err := errors.Join(<-first, <-closed); err != nil {
			t.Error(err)
		}
		if db, err = store.Open(t.Context(), openDir(t, dir), nil, entries); err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for i, wanted := range kept {
			if has(t, db, fmt.Sprint(i)) != wanted {
				t.Errorf("document %d is there: %v, want %v", i, !wanted, wanted)
			}
		}
	})
}
