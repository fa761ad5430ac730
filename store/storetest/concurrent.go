package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var concurrentCases = []testCase{
	{"LostUpdate", "Of many writers that read a document, add to it and put it, no addition is lost.", lostUpdate},
	{"Snapshot", "A View sees one consistent state, whatever is written meanwhile: twice the same, and never half a transaction.", snapshot},
	{"CreateRace", "Of many that create the same key, or the same unique value, one wins and the others get ErrExists.", createRace},
	{"NextConcurrent", "Numbers of one series are unique under concurrency, also across rollbacks, and grow for each caller.", nextConcurrent},
	{"RefusedInCrowd", "Transactions that fail among others that commit take nothing of theirs back.", refusedInCrowd},
}

const crowd = 8

func lostUpdate(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Rank: new(int64(0))})
	var wait sync.WaitGroup
	for i := range crowd {
		lock := []driver.Lock{driver.None, store.ForUpdate}[i%2]
		wait.Go(func() {
			for range 20 {
				err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					v, err := notes.Lock(ctx, tx, "1", lock)
					if err != nil {
						return err
					}
					*v.Rank++
					return notes.Put(ctx, tx, v)
				})
				want(t, "update", err, nil)
			}
		})
	}
	wait.Wait()
	if v := get(t, db, notes, "1"); *v.Rank != crowd*20 || v.Rev != crowd*20+1 {
		t.Errorf("after %d additions the sum is %d, the revision %d", crowd*20, *v.Rank, v.Rev)
	}
}

func snapshot(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	pair := []*note{{ID: "a", Group: "g", Rank: new(int64(0))}, {ID: "b", Group: "g", Rank: new(int64(0))}}
	put(t, db, notes, pair...)
	stop := make(chan struct{})
	var writer, readers sync.WaitGroup
	writer.Go(func() {
		for i := int64(1); ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for _, v := range pair {
					v.Rank, v.Group = new(i), []string{"g", "h"}[i%2]
					if err := notes.Put(ctx, tx, v); err != nil {
						return err
					}
				}
				return nil
			})
			want(t, "update", err, nil)
		}
	})
	for range 3 {
		readers.Go(func() {
			for range 50 {
				err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error { return consistent(ctx, t, tx) })
				want(t, "view", err, nil)
			}
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
}

// consistent checks that both documents of a pair are of one transaction, by
// every way that leads to them.
func consistent(ctx context.Context, t *testing.T, tx *store.Tx) error {
	a, err := notes.Get(ctx, tx, "a")
	if err != nil {
		return err
	}
	var met int
	for v, err := range notes.All(ctx, tx, store.By("group", a.Group)) {
		if err != nil {
			return err
		}
		if met++; *v.Rank != *a.Rank {
			t.Errorf("%s is of transaction %d, a of %d", v.ID, *v.Rank, *a.Rank)
		}
	}
	again, err := notes.Get(ctx, tx, "a")
	if err != nil {
		return err
	}
	if met != 2 || again.Rev != a.Rev {
		t.Errorf("group %s has %d documents, a moved from revision %d to %d", a.Group, met, a.Rev, again.Rev)
	}
	return nil
}

func createRace(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for round := range 10 {
		var wait sync.WaitGroup
		won := make(chan string, 2*crowd)
		create := func(v *note) {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return notes.Put(ctx, tx, v) })
			if err == nil {
				won <- v.ID
			} else {
				want(t, "create", err, store.ErrExists)
			}
		}
		for i := range crowd {
			wait.Go(func() { create(&note{ID: fmt.Sprint("same", round)}) })
			wait.Go(func() { create(&note{ID: fmt.Sprint("own", round, "-", i), Owner: fmt.Sprint("owner", round)}) })
		}
		wait.Wait()
		if len(won) != 2 {
			t.Errorf("%d creations won, want one for the key and one for the owner", len(won))
		}
	}
	if n := len(find(t, db, store.ByKey())); n != 20 {
		t.Errorf("there are %d documents, want 20", n)
	}
}

func nextConcurrent(t *testing.T, d driver.Store) {
	db := openDB(t, d)
	var mu sync.Mutex
	taken := map[int64]bool{}
	var wait sync.WaitGroup
	for g := range crowd {
		wait.Go(func() {
			last := int64(0)
			for i := range 20 {
				err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					n, err := tx.Next(ctx, "n")
					if err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					if taken[n] || n <= last {
						t.Errorf("number %d after %d, taken before: %v", n, last, taken[n])
					}
					taken[n], last = true, n
					if (g+i)%3 == 0 {
						return errPurpose
					}
					return nil
				})
				if !errors.Is(err, errPurpose) {
					want(t, "update", err, nil)
				}
			}
		})
	}
	wait.Wait()
	if len(taken) != crowd*20 {
		t.Errorf("%d numbers were given, want %d", len(taken), crowd*20)
	}
}

func refusedInCrowd(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var wait sync.WaitGroup
	for g := range int64(crowd) {
		wait.Go(func() {
			for i := range int64(15) {
				err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					v := full(numbered(g*100 + i))
					v.Group, v.Rank = fmt.Sprint(g), new(i)
					if err := notes.Put(ctx, tx, v); err != nil {
						return err
					}
					if i%3 == 1 {
						return errPurpose
					}
					return nil
				})
				if i%3 == 1 {
					want(t, "refused", err, errPurpose)
				} else {
					want(t, "committed", err, nil)
				}
			}
		})
	}
	wait.Wait()
	for ix, n := range everywhere(t, db) {
		wanted := crowd * 10
		if ix == "tag" || ix == "tag_rank" {
			wanted *= 2
		}
		if n != wanted {
			t.Errorf("index %q has %d entries, want %d", ix, n, wanted)
		}
	}
}
