package pgstore_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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
	ctx := t.Context()
	tx, err := d.pg.Begin(ctx, true)
	d.must(err)
	put := func(key string) {
		d.must(tx.Put(ctx, "card", driver.Doc{Key: key, Rev: 1, Version: 1, Data: []byte(`{"id":"` + key + `"}`), Cols: make([]any, 3)}, 0))
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
	d.want("cards", store.ByKey(), "1", "4")
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

// trips counts round trips.
type trips struct {
	listener
	n atomic.Int32
}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n.Add(1)
	return ctx
}

// What was read ahead isn't asked for again, and what is written goes with the
// commit.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	base := openCards(t)
	config, count := base.pool.Config(), &trips{}
	config.ConnConfig.Tracer = count
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	base.must(err)
	t.Cleanup(pool.Close)
	d := openOn(t, pool, base.schema)
	c := hand()
	db := d.with(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Next(ctx, "n")
		return errors.Join(err, c.Put(ctx, tx, &card{ID: "1"}), c.Put(ctx, tx, &card{ID: "2"}))
	}))
	before := count.n.Load()
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		err := tx.Ahead(ctx, c.Want("1", store.ForUpdate), c.Want("2", driver.None), c.Want("3", driver.None), c.Want("1", driver.None), store.WantNumber("n"), store.WantNumber("n"))
		d.must(err)
		if err := tx.Ahead(ctx, c.Want("1", store.Share), c.Want("3", driver.None)); err != nil {
			return err
		}
		for range 2 {
			_, err := tx.Next(ctx, "n")
			d.must(err)
		}
		one, err := c.Lock(ctx, tx, "1", store.ForUpdate)
		d.must(err)
		two, err := c.Get(ctx, tx, "2")
		d.must(err)
		return tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(c.Put(ctx, tx, one), c.Delete(ctx, tx, two), c.Put(ctx, tx, &card{ID: "3"}))
		})
	}))
	if n := count.n.Load() - before; n != 2 {
		t.Errorf("%d round trips, want 2", n)
	}
}
