package pgstore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

// What may not be done is refused by the driver, too, and not only by package store.
func TestRefused(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	ctx := t.Context()
	calls := func(tx driver.Tx) map[string]error {
		_, lock := tx.Get(ctx, "card", "1", driver.Share)
		_, claim := tx.Scan(ctx, "card", driver.Query{Limit: 1, Claim: true})
		_, next := tx.Next(ctx, "n")
		_, mark := tx.Savepoint(ctx)
		return map[string]error{
			"lock": lock, "claim": claim, "next": next, "savepoint": mark,
			"put":     tx.Put(ctx, "card", driver.Doc{Key: "1", Rev: 1, Data: []byte("{}"), Cols: make([]any, 3)}, 0),
			"delete":  tx.Delete(ctx, "card", "1", 1),
			"advance": tx.Advance(ctx, "n", 5),
			"commit":  tx.Commit(ctx),
		}
	}
	view, err := d.pg.Begin(ctx, false)
	d.must(err)
	for what, err := range calls(view) {
		d.is(what+" in a view", err, driver.ErrReadOnly)
	}
	d.must(view.Rollback(ctx))
	update, err := d.pg.Begin(ctx, true)
	d.must(err)
	d.must(update.Commit(ctx))
	d.must(update.Rollback(ctx))
	for _, tx := range []driver.Tx{view, update} {
		for what, err := range calls(tx) {
			d.is(what+" of what has ended", err, driver.ErrClosed)
		}
		_, err := tx.Get(ctx, "card", "1", driver.None)
		d.is("get of what has ended", err, driver.ErrClosed)
		d.is("flush of what has ended", tx.Flush(ctx), driver.ErrClosed)
		d.is("going back in what has ended", tx.RollbackTo(ctx, 1), driver.ErrClosed)
	}
}

// Somebody may return to a savepoint more than once, also when the server has heard
// of it.
func TestRollbackTwice(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	ctx := t.Context()
	tx, err := d.pg.Begin(ctx, true)
	d.must(err)
	put := func(key string) {
		t.Helper()
		_, err := tx.Get(ctx, "hand", key, driver.None) // so that it is put off
		d.is("get", err, driver.ErrNotFound)
		d.must(tx.Put(ctx, "hand", driver.Doc{Key: key, Rev: 1, Version: 1, Data: []byte(`{"id":"` + key + `"}`)}, 0))
	}
	put("1")
	mark, err := tx.Savepoint(ctx)
	d.must(err)
	for range 3 {
		put("2")
		d.must(tx.Flush(ctx))
		inner, err := tx.Savepoint(ctx)
		d.must(err)
		put("3")
		d.must(tx.Release(ctx, inner))
		d.must(tx.RollbackTo(ctx, mark))
		d.must(tx.Release(ctx, inner)) // it is gone
		if tx.RollbackTo(ctx, inner) == nil {
			t.Error("a savepoint outlives the one before it")
		}
	}
	put("4")
	d.must(tx.Commit(ctx))
	d.holds(db, c, "1", "4")
}

// holds compares the keys of a collection.
func (d *desk) holds(db *store.DB, c *store.Collection[card], keys ...string) {
	d.t.Helper()
	var got []string
	d.must(db.View(d.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		got = nil
		for v, err := range c.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			got = append(got, v.ID)
		}
		return nil
	}))
	if !equal(got, keys) {
		d.t.Errorf("%s holds %q, want %q", c.Name, got, keys)
	}
}

// fickle is a context that is cancelled right after it has said that it isn't.
type fickle struct {
	context.Context
	asked atomic.Bool
}

func (f *fickle) Err() error {
	if f.asked.CompareAndSwap(false, true) {
		return nil
	}
	return context.Canceled
}

func (f *fickle) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Nothing is undone that was kept, whenever a call is cancelled: where it can't be
// known how far the server came, the whole transaction fails.
func TestSavepointFickle(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d.must(tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return d.cards.Put(ctx, tx, &card{ID: "1"}) // which the server is asked about
		}))
		err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return d.cards.Put(&fickle{Context: ctx}, tx, &card{ID: "2"})
		})
		d.is("a cancelled put", err, context.Canceled)
		return nil
	})
	d.is("update", err, context.Canceled)
	d.want("cards", store.ByKey())
}

// A failure that a nested Update passes over is undone with the one around it.
func TestFailurePassedOver(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.sql("alter table $.card add constraint small check (n < 100)")
	d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d.must(d.cards.Put(ctx, tx, &card{ID: "1"}))
		err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			d.must(d.cards.Put(ctx, tx, &card{ID: "2"}))
			err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				if d.cards.Put(ctx, tx, &card{ID: "3", N: 100}) == nil {
					t.Error("the constraint was passed over")
				}
				return nil
			})
			return errors.Join(err, errPurpose)
		})
		d.is("the outer one", err, errPurpose)
		return d.cards.Put(ctx, tx, &card{ID: "4"})
	}))
	d.want("cards", store.ByKey(), "1", "4")
}

// A lock that is asked for is taken, whatever is known of the document, and what it
// finds is news; a lock that was given back with a savepoint isn't held any more.
func TestLockAgain(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	v := &card{ID: "1"}
	change := func() {
		t.Helper()
		v.N++
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, v) }))
	}
	change()
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := c.Get(ctx, tx, "1")
		d.must(err)
		change()
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			got, err := c.Lock(ctx, tx, "1", store.ForUpdate)
			d.must(err)
			if got.N != v.N {
				t.Errorf("a lock finds %d, want %d", got.N, v.N)
			}
			d.must(drain(ctx, tx, c))
			return errPurpose
		})
		d.is("nested", err, errPurpose)
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			d.must(d.cards.Put(ctx, tx, &card{ID: "told"}))
			_, err := c.Lock(ctx, tx, "1", store.Share)
			return errors.Join(err, errPurpose)
		})
		d.is("nested", err, errPurpose)
		return nil
	}))
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			d.must(d.cards.Put(ctx, tx, &card{ID: "told"}))
			_, err := c.Lock(ctx, tx, "1", store.ForUpdate)
			return errors.Join(err, errPurpose)
		})
		d.is("nested", err, errPurpose)
		change() // it isn't locked any more
		got, err := c.Lock(ctx, tx, "1", store.ForUpdate)
		if err == nil && got.N != v.N {
			t.Errorf("after a savepoint a lock finds %d, want %d", got.N, v.N)
		}
		return err
	}))
}

// What a transaction reads of its own writes is undone with them.
func TestOwnWritesUndone(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db := d.with(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, &card{ID: "1", N: 1}) }))
	for what, read := range map[string]func(ctx context.Context, tx *store.Tx) error{
		"a scan": func(ctx context.Context, tx *store.Tx) error { return drain(ctx, tx, c) },
		"a get": func(ctx context.Context, tx *store.Tx) error {
			_, err := c.Lock(ctx, tx, "1", store.ForUpdate)
			return err
		},
		"reading ahead": func(ctx context.Context, tx *store.Tx) error { return tx.Ahead(ctx, c.Want("1", store.ForUpdate)) },
		"a claim": func(ctx context.Context, tx *store.Tx) error {
			for _, err := range c.Claim(ctx, tx, store.ByKey().Limit(1)) {
				return err
			}
			return nil
		},
	} {
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				v, err := c.Get(ctx, tx, "1")
				d.must(err)
				v.N = 2
				d.must(c.Put(ctx, tx, v))
				d.must(drain(ctx, tx, c))
				return errors.Join(read(ctx, tx), errPurpose)
			})
			d.is(what, err, errPurpose)
			v, err := c.Get(ctx, tx, "1")
			if err == nil && v.N != 1 {
				t.Errorf("%s: what was undone is still there", what)
			}
			return err
		}))
	}
}

// A host reads what there is now, whatever was read for it before; and no savepoint
// of ours stays in its transaction.
func TestHostReadsAnew(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		_, err := d.cards.Get(t.Context(), joined, "1")
		d.is("get", err, store.ErrNotFound)
		d.must(d.put(d.db, &card{ID: "1"}))
		_, err = d.cards.Get(t.Context(), joined, "1")
		d.is("get", err, nil)
		d.must(d.put(joined, &card{ID: "2"}))
		d.is("put", d.put(joined, &card{ID: "2"}), store.ErrExists)
		d.is("put", joined.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(d.cards.Put(ctx, tx, &card{ID: "3"}), errPurpose)
		}), errPurpose)
		for _, ours := range []string{"frontdesk_1", "frontdesk_2", "frontdesk_3", "frontdesk_try"} {
			mark, err := host.Begin(t.Context())
			d.must(err)
			if _, err := mark.Exec(t.Context(), "release savepoint "+ours); err == nil {
				t.Errorf("%s is still there", ours)
			}
			d.must(mark.Rollback(t.Context()))
		}
		return nil
	}))
}

// A place that no document can be at, as a cursor may name it that somebody made up,
// is a place between others.
func TestStrangePlace(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1", Owner: "ann"}, &card{ID: "2", Owner: "zoe"}))
	tx, err := d.pg.Begin(t.Context(), false)
	d.must(err)
	rows, err := tx.Scan(t.Context(), "card", driver.Query{Index: "owner", After: &driver.Mark{At: []any{"b\x00\xff"}, Key: "\xff\x00"}, Limit: 9})
	d.must(err)
	if len(rows) != 1 || rows[0].Key != "2" {
		t.Errorf("behind it are %v", rows)
	}
	d.must(tx.Rollback(t.Context()))
}
