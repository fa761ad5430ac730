package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// What finding somebody's documents costs among 100,000 of others: by the ways that
// the collection names, and by looking at each of them.
func BenchmarkPersonal(b *testing.B) {
	for name, found := range map[string][]store.Way{"by its ways": {store.InIndex("owner"), store.InIndex("cites")}, "by looking at all": nil} {
		b.Run(name, func(b *testing.B) {
			slips := pages("slip", found...)
			db, err := store.Open(b.Context(), memstore.New(), nil, slips)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			const all, hers, at = 100_000, 100, 5_000
			for from := 0; from < all; from += at {
				err := db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
					for i := from; i < from+at; i++ {
						p := &page{ID: fmt.Sprintf("slip%06d", i), Owner: fmt.Sprintf("u%d", i/hers), Words: "words"}
						if err := slips.Put(ctx, tx, p); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range db.Personal(b.Context(), "slip", "u500") {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != hers {
					b.Fatalf("found %d", n)
				}
			}
		})
	}
}
