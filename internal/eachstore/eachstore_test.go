package eachstore_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
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

func open(t *testing.T, d driver.Store) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, notes)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func put(t *testing.T, db *store.DB) error {
	return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return notes.Put(ctx, tx, &note{ID: "1"})
	})
}

// A test gets an empty store of each kind, and what it stores is there when it
// opens that again.
func TestRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var ran []string
	t.Run("each", func(t *testing.T) {
		eachstore.Run(t, func(t *testing.T, d driver.Store) {
			if err := put(t, open(t, d)); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			kind := "alone"
			if d.Traits().Shared {
				kind = "shared"
			}
			ran = append(ran, kind)
		})
		eachstore.Durable(t, func(t *testing.T, again func() driver.Store) {
			db := open(t, again())
			if err := errors.Join(put(t, db), db.Close()); err != nil {
				t.Error(err)
			}
			if err := put(t, open(t, again())); !errors.Is(err, store.ErrExists) {
				t.Errorf("stored again after reopening: %v", err)
			}
		})
	})
	slices.Sort(ran)
	if want := []string{"alone", "alone", "shared"}; len(ran) > 1 && !slices.Equal(ran, want[:len(ran)]) {
		t.Errorf("ran on stores that are %v", ran)
	}
}
