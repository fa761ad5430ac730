package memstore_test

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

type note struct {
	ID  string    `json:"id"`
	Rev store.Rev `json:"-"`
}

// A test keeps its data in memory, and nothing is left of it.
func ExampleNew() {
	ctx := context.Background()
	notes := &store.Collection[note]{Name: "note", Key: func(n *note) string { return n.ID }, Rev: func(n *note) *store.Rev { return &n.Rev }}
	db, err := store.Open(ctx, memstore.New(), nil, notes)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	n := &note{ID: "1"}
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, n) })
	fmt.Println(n.Rev, err)
	// Output: 1 <nil>
}
