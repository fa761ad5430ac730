package store_test

import (
	"context"
	"fmt"
	"log"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

type letter struct {
	ID   string    `json:"id"`
	To   string    `json:"to"`
	Text string    `json:"text,omitempty"`
	Rev  store.Rev `json:"-"`
}

// What is Ann's goes, and that there was a letter stays.
func ExampleDB_Erase() {
	letters := &store.Collection[letter]{
		Name:     "letter",
		Key:      func(l *letter) string { return l.ID },
		Rev:      func(l *letter) *store.Rev { return &l.Rev },
		Columns:  []store.Column[letter]{{Name: "to", Kind: store.Text, Of: func(l *letter) any { return l.To }}},
		Indexes:  []store.Index{{Name: "to", On: []string{"to"}}},
		Subjects: func(l *letter) []string { return []string{l.To} },
		Erase:    func(l *letter, _ string) (keep bool) { l.Text = ""; return true },
		Found:    []store.Way{store.InIndex("to")},
	}
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, letters)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, l := range []*letter{{ID: "1", To: "ann", Text: "Dear Ann"}, {ID: "2", To: "bob", Text: "Dear Bob"}, {ID: "3", To: "ann", Text: "Ann again"}} {
			if err := letters.Put(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	n, err := db.Erase(ctx, "letter", nil, "ann")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("erased:", n)
	for p, err := range db.Personal(ctx, "letter", "ann", "bob") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %q\n", p.Key, p.Doc.(*letter).Text)
	}
	// Output:
	// erased: 2
	// 1: ""
	// 3: ""
	// 2: "Dear Bob"
}
