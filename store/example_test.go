package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

type reminder struct {
	ID   string
	Due  time.Time
	Text string
	Rev  store.Rev `json:"-"`
}

var reminders = &store.Collection[reminder]{
	Name:    "reminder",
	Key:     func(r *reminder) string { return r.ID },
	Rev:     func(r *reminder) *store.Rev { return &r.Rev },
	Columns: []store.Column[reminder]{{Name: "due", Kind: store.Time, Of: func(r *reminder) any { return r.Due }}},
	Indexes: []store.Index{{Name: "due", On: []string{"due"}}},
}

func Example() {
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, reminders)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for i, text := range []string{"call back", "send invoice", "say thanks"} {
			r := &reminder{ID: fmt.Sprint(i), Due: monday.AddDate(0, 0, -i), Text: text}
			if err := reminders.Put(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for r, err := range reminders.Scan(ctx, tx, store.By("due").To(monday).Limit(10)) {
			if err != nil {
				return err
			}
			fmt.Println(r.Due.Format(time.DateOnly), r.Text)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2026-11-21 say thanks
	// 2026-11-22 send invoice
}
