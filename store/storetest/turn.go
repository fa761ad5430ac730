package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// What a writer who prepares finds out in his turn.

// freshNotes have owners that are new by construction, or should be.
var freshNotes = &store.Collection[note]{
	Name:       "fresh_note",
	Fresh:      true,
	Key:        notes.Key,
	Rev:        notes.Rev,
	Columns:    []store.Column[note]{{Name: "owner", Kind: store.Text, Of: func(n *note) any { return n.Owner }}},
	Indexes:    []store.Index{{Name: "owner", On: []string{"owner"}, Unique: true}},
	Impersonal: "made up",
}

func prepareFresh(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, freshNotes)
	put(t, db, freshNotes, &note{ID: "1", Owner: "ann"})
	prepare := func(what string, ok bool, meanwhile func(), ns ...*note) {
		err := db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, n := range ns {
				n := *n
				if err := freshNotes.Put(ctx, tx, &n); err != nil {
					return err
				}
			}
			if f := meanwhile; f != nil {
				meanwhile = nil
				done := make(chan struct{})
				go func() { defer close(done); f() }()
				<-done
			}
			return nil
		})
		if refused := errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict); refused == ok || ok && err != nil {
			t.Errorf("%s: error is %v", what, err)
		}
	}
	prepare("a value that is stored", false, nil, &note{ID: "2", Owner: "ann"})
	prepare("a value that another takes", false, func() { put(t, db, freshNotes, &note{ID: "3", Owner: "bob"}) }, &note{ID: "2", Owner: "bob"})
	prepare("a key that another takes", false, func() { put(t, db, freshNotes, &note{ID: "4", Owner: "col"}) }, &note{ID: "4", Owner: "dan"})
	prepare("a value twice", false, nil, &note{ID: "5", Owner: "eve"}, &note{ID: "6", Owner: "eve"})
	prepare("a value of its own", true, nil, &note{ID: "1", Owner: "ann", Rev: 1}, &note{ID: "7", Owner: "fay"}, &note{ID: "7", Owner: "fay", Rev: 1})
	prepare("a value that it gives away", true, nil, &note{ID: "7", Owner: "gil", Rev: 2}, &note{ID: "8", Owner: "fay"})
	got := map[string]string{}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for n, err := range freshNotes.All(ctx, tx, store.By("owner")) {
			if err != nil {
				return err
			}
			got[n.ID] = n.Owner
		}
		return nil
	})
	same(t, "owners", got, map[string]string{"1": "ann", "3": "bob", "4": "col", "7": "gil", "8": "fay"})
}

// placed is appended by who notes the last rank.
func placed(ctx context.Context, tx *store.Tx, id string) error {
	rank, noted := tx.Noted("rank")
	if !noted {
		if e, found, err := notes.First(ctx, tx, store.By("rank").Desc()); err != nil {
			return err
		} else if found {
			rank = e.At[0].(int64)
		}
	}
	rank++
	tx.Note("rank", rank)
	return notes.Put(ctx, tx, &note{ID: id, Rank: &rank})
}

func prepareNotes(t *testing.T, d driver.Store) {
	turns(t, d)
	db := openDB(t, d, notes)
	last := func(fns ...do) do {
		return func(ctx context.Context, tx *store.Tx) error {
			return tx.Last(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				for _, fn := range fns {
					err = errors.Join(err, fn(ctx, tx))
				}
				return err
			})
		}
	}
	place := func(id string) do {
		return func(ctx context.Context, tx *store.Tx) error { return placed(ctx, tx, id) }
	}
	fail := func(context.Context, *store.Tx) error { return errPurpose }
	failNested := func(ctx context.Context, tx *store.Tx) error {
		want(t, "the nested one", tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(placed(ctx, tx, "gone"), errPurpose)
		}), errPurpose)
		return nil
	}
	want(t, "the first", db.Prepare(t.Context(), last(place("a"))), nil)
	want(t, "the second", db.Prepare(t.Context(), last(place("b"))), nil)
	want(t, "one that fails", db.Prepare(t.Context(), last(place("gone"), fail)), errPurpose)
	want(t, "one behind it", db.Prepare(t.Context(), last(place("c"), failNested, place("d"))), nil)
	want(t, "one that notes nothing", db.Prepare(t.Context(), func(ctx context.Context, tx *store.Tx) error { return appended(ctx, tx, "e") }), nil)
	want(t, "one behind that", db.Prepare(t.Context(), last(place("f"))), nil)
	update(t, db, place("g"))
	want(t, "one behind an update", db.Prepare(t.Context(), last(place("h"), place("i"))), nil)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		i, err := notes.Get(ctx, tx, "i")
		if err != nil {
			return err
		}
		return notes.Delete(ctx, tx, i)
	})
	want(t, "one behind a deletion", db.Prepare(t.Context(), last(place("j"))), nil)
	next := int64(1)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for v, err := range notes.All(ctx, tx, store.By("rank")) {
			if err != nil || *v.Rank != next {
				t.Errorf("%s has rank %d at place %d: %v", v.ID, *v.Rank, next, err)
			}
			next++
		}
		return nil
	})
	finds(t, db, "all", store.By("rank"), "a", "b", "c", "d", "e", "f", "g", "h", "j")
}
