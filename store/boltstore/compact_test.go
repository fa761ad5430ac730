package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	bolt "go.etcd.io/bbolt"
)

func openEntries(t *testing.T, path string) (*store.DB, *boltstore.Store) {
	t.Helper()
	file, err := boltstore.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), file, nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	return db, file
}

// holdsBytes says whether the file holds these bytes anywhere.
func holdsBytes(t *testing.T, path, text string) bool {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(b, []byte(text))
}

func get(ctx context.Context, db *store.DB, id string) error {
	return db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := entries.Get(ctx, tx, id)
		return err
	})
}

// What was deleted is in the file until it is compacted, and not after that; what
// is stored is there before and after, and the file is smaller.
func TestCompact(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	db, _ := openEntries(t, path)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	all := func(what string, do func(ctx context.Context, tx *store.Tx, id string) error) {
		t.Helper()
		must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := range 3000 {
				if err := do(ctx, tx, fmt.Sprintf("%s-%04d", what, i)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	create := func(ctx context.Context, tx *store.Tx, id string) error { return entries.Put(ctx, tx, &entry{ID: id}) }
	all("deleted", create)
	all("kept", create)
	all("deleted", func(ctx context.Context, tx *store.Tx, id string) error {
		e, err := entries.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		return entries.Delete(ctx, tx, e)
	})
	if !holdsBytes(t, path, "deleted-") {
		t.Error("the deletion left no trace: this test shows nothing")
	}
	before, err := os.Stat(path)
	must(err)
	must(os.Chmod(path, 0o640))
	must(db.Compact(t.Context()))
	after, err := os.Stat(path)
	must(err)
	if holdsBytes(t, path, "deleted-") || after.Size() > before.Size() || after.Mode().Perm() != 0o640 {
		t.Errorf("after compacting: %d bytes of %d, mode %v", after.Size(), before.Size(), after.Mode())
	}
	must(put(t.Context(), db, "later"))
	must(db.Compact(t.Context())) // again, with nothing to gain
	must(db.Close())
	if err := db.Compact(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("compacting what is closed: %v", err)
	}
	db, _ = openEntries(t, path)
	defer db.Close()
	must(get(t.Context(), db, "later"))
	for i := range 3000 {
		must(get(t.Context(), db, fmt.Sprintf("kept-%04d", i)))
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A file that is reached through a link stays where it is, and what a process that
// died has left of compacting goes.
func TestCompactKeepsLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	real, link := filepath.Join(dir, "disk", "real.db"), filepath.Join(dir, "desk.db")
	if err := os.Symlink(real, link); err != nil {
		t.Skip("this system lets nobody make symbolic links: ", err)
	}
	if err := os.WriteFile(real+".compact", []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, _ := openEntries(t, link)
	if _, err := os.Stat(real + ".compact"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left of compacting: %v", err)
	}
	if err := errors.Join(put(t.Context(), db, "one"), db.Compact(t.Context()), put(t.Context(), db, "two"), db.Close()); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", st, err)
	}
	if !holdsBytes(t, real, "two") {
		t.Error("what was written after compacting isn't in the file")
	}
}

// Who reads goes on in the state that he saw, and who writes loses nothing, while
// the file is compacted again and again.
func TestCompactBesideOthers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	db, file := openEntries(t, path)
	defer db.Close()
	const writers, each = 4, 150
	stop := make(chan struct{})
	var busy, writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				id := fmt.Sprintf("w%d-%04d", w, i)
				if err := put(t.Context(), db, id); err != nil {
					t.Errorf("put %s: %v", id, err)
				}
				if err := get(t.Context(), db, id); err != nil {
					t.Errorf("get %s: %v", id, err)
				}
			}
		})
	}
	busy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := file.Dump(t.Context(), writerFunc(func(p []byte) (int, error) { return len(p), nil })); err != nil {
				t.Errorf("dump: %v", err)
			}
		}
	})
	for range 20 {
		// One View from before and one from within, each over one state.
		err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			n, err := entries.Count(ctx, tx, store.ByKey())
			if err != nil {
				return err
			}
			compacted := make(chan error, 1)
			busy.Go(func() { compacted <- db.Compact(t.Context()) })
			defer func() { busy.Go(func() { reported(t, <-compacted) }) }()
			for range 50 {
				again, err := entries.Count(ctx, tx, store.ByKey())
				if again != n || err != nil {
					t.Errorf("a reader counts %d, then %d, %v", n, again, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	writing.Wait()
	close(stop)
	busy.Wait()
	for w := range writers {
		for i := range each {
			if err := get(t.Context(), db, fmt.Sprintf("w%d-%04d", w, i)); err != nil {
				t.Error(err)
			}
		}
	}
}

func reported(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}

// Compacting obeys its context, and leaves everything as it was.
func TestCompactIsCancelled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	db, _ := openEntries(t, path)
	defer db.Close()
	if err := put(t.Context(), db, "one"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Compact(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := errors.Join(get(t.Context(), db, "one"), put(t.Context(), db, "two"), db.Compact(t.Context()), get(t.Context(), db, "two")); err != nil {
		t.Error(err)
	}
}

// A process that waited for the file while it was compacted opens the new one.
func TestCompactWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	db, _ := openEntries(t, path)
	opened := make(chan error, 1)
	go func() {
		file, err := boltstore.Open(path, &boltstore.Options{Wait: 20e9})
		if err != nil {
			opened <- err
			return
		}
		db, err := store.Open(context.WithoutCancel(t.Context()), file, nil, entries)
		if err == nil {
			err = errors.Join(get(context.WithoutCancel(t.Context()), db, "last"), db.Close())
		}
		opened <- err
	}()
	for i := range 30 {
		if err := errors.Join(put(t.Context(), db, fmt.Sprint(i)), db.Compact(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(put(t.Context(), db, "last"), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Errorf("who waited for the file: %v", err)
	}
}

// A store that can't flush any more isn't compacted.
func TestCompactOfABrokenFile(t *testing.T) {
	t.Parallel()
	file, breakIt, err := boltstore.OpenBreakable(filepath.Join(t.TempDir(), "desk.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), file, nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	breakIt()
	if err := put(t.Context(), db, "lost"); !errors.Is(err, store.ErrFailed) {
		t.Fatalf("put: %v", err)
	}
	if err := db.Compact(t.Context()); !errors.Is(err, store.ErrFailed) {
		t.Errorf("compact: %v", err)
	}
}

// TestOlderPages opens a file with pages of another size, as desks of before have: it goes
// on with them, and Compact brings those of today.
func TestOlderPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	pages := func(size int) (is int) {
		file, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: size})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		return file.Info().PageSize
	}
	const old = 4 << 10
	pages(old)
	for _, id := range []string{"1", "2"} {
		db, d := openEntries(t, path)
		if err := put(t.Context(), db, id); err != nil {
			t.Fatal(err)
		}
		if id == "2" {
			if err := d.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !has(t, db, "1") || !has(t, db, id) {
			t.Errorf("with %s something is gone", id)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if is := pages(0); (is == old) != (id == "1") {
			t.Errorf("with %s pages have %d bytes", id, is)
		}
	}
}
