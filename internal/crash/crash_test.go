package crash_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

type note struct {
	ID  string
	Rev store.Rev `json:"-"`
}

var notes = &store.Collection[note]{
	Name: "note",
	Key:  func(n *note) string { return n.ID },
	Rev:  func(n *note) *store.Rev { return &n.Rev },
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, d driver.Store) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, notes)
	must(t, err)
	return db
}

// What a process has said to be done is there after it was killed, and what it was
// about to do isn't.
func TestRun(t *testing.T) {
	work := func(t *testing.T, d driver.Store, dir string) {
		db := open(t, d)
		must(t, os.WriteFile(filepath.Join(dir, "note.txt"), nil, 0o600))
		for i := 0; ; i++ {
			must(t, db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return notes.Put(ctx, tx, &note{ID: fmt.Sprintf("%d of %d", i, os.Getpid())})
			}))
			fmt.Println("put", i)
		}
	}
	crash.Run(t, work, func(t *testing.T, p *crash.Place) {
		for round := range 2 {
			p.Kill(t, 5)
			db := open(t, p.Open())
			n := 0
			must(t, db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for _, err := range notes.Scan(ctx, tx, store.ByKey().Limit(1000)) {
					if n++; err != nil {
						return err
					}
				}
				return nil
			}))
			if n < 5*(round+1) {
				t.Errorf("%d notes are left", n)
			}
			must(t, db.Close())
		}
		if _, err := os.Stat(filepath.Join(p.Dir, "note.txt")); err != nil {
			t.Error(err)
		}
	})
}
