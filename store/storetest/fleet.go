package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

func olderProcess(t *testing.T, d driver.Store) {
	shared(t, d)
	old := before()
	older := openDB(t, kept{d}, old)
	put(t, older, old, &note{ID: "1", Rank: new(int64(1))})
	db := openDB(t, d, notes)
	want(t, "backfill beside an older process", db.Backfill(t.Context()), nil)
	want(t, "the index", building(t, db, "rank"), store.ErrIndexBuilding)
	put(t, db, notes, &note{ID: "2", Rank: new(int64(2))})
	put(t, older, old, &note{ID: "3", Rank: new(int64(3))})
	want(t, "the older process ends", older.Close(), nil)
	want(t, "backfill afterwards", db.Backfill(t.Context()), nil)
	finds(t, db, "rank", store.By("rank"), "1", "2", "3")
}

func olderProcessReturns(t *testing.T, d driver.Store) {
	shared(t, d)
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Rank: new(int64(1))})
	want(t, "the index", building(t, db, "rank"), nil)
	old := before()
	older := openDB(t, kept{d}, old)
	third := openDB(t, kept{d}, notes)
	want(t, "the index beside an older process", building(t, third, "rank"), store.ErrIndexBuilding)
	put(t, older, old, &note{ID: "2", Rank: new(int64(2))})
	want(t, "the older process ends", older.Close(), nil)
	want(t, "backfill", third.Backfill(t.Context()), nil)
	finds(t, third, "rank", store.By("rank"), "1", "2")
	want(t, "the third process ends", third.Close(), nil)
}

func raisedByRun(t *testing.T, d driver.Store) {
	shared(t, d)
	one, two := contacts1(), contacts2()
	older := openDB(t, kept{d}, one)
	put(t, older, one, &contact1{ID: "1", Name: "Ada Lovelace"})
	db := openDB(t, d, two)
	want(t, "the older process ends", older.Close(), nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()
	for n := 0; ; n++ {
		id := numbered(int64(n))
		put(t, db, two, &contact2{ID: id, First: "Alan", Last: "Turing"})
		if storedVersion(t, d, "contact", id) == 2 {
			break
		}
		if n == 5000 {
			t.Fatal("the newer form is never written")
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	_, err := store.Open(t.Context(), kept{d}, nil, contacts1())
	want(t, "the older program opens", err, store.ErrNewer)
}
