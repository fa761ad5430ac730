package boltstore_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
)

// A dump is a file that opens, with what had been written when it began; a store
// that has failed, or is closed, gives none.
func TestDump(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, breakIt, err := boltstore.OpenBreakable(filepath.Join(dir, "desk.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), file, nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), db, "before"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	late := writerFunc(func(p []byte) (int, error) {
		if b.Len() == 0 {
			if err := put(t.Context(), db, "late"); err != nil { // a dump keeps nobody from writing
				t.Error(err)
			}
		}
		return b.Write(p)
	})
	if n, err := file.Dump(t.Context(), late); err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	if err := os.WriteFile(filepath.Join(dir, "copy.db"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	copied, err := boltstore.Open(filepath.Join(dir, "copy.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := store.Open(t.Context(), copied, nil, entries)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for id, want := range map[string]error{"before": nil, "late": store.ErrNotFound} {
		err := again.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := entries.Get(ctx, tx, id)
			return err
		})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	breakIt()
	if err := put(t.Context(), db, "lost"); !errors.Is(err, store.ErrFailed) {
		t.Fatal(err)
	}
	if _, err := file.Dump(t.Context(), io.Discard); !errors.Is(err, store.ErrFailed) {
		t.Errorf("after a failure: %v", err)
	}
	db.Close()
	if _, err := file.Dump(t.Context(), io.Discard); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
