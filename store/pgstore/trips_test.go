package pgstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// trips counts round trips, and keeps the keys that were written, in their order.
type trips struct {
	listener
	n       int
	written []string
}

func (c *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.n++
	return ctx
}

func (c *trips) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	if key, ok := append(q.Args, nil)[0].(string); ok && !strings.HasPrefix(q.SQL, "select") {
		c.written = append(c.written, key)
	}
}

// trace opens the store, with another collection, on connections that count; only
// one goroutine uses them.
func (d *desk) trace(c *store.Collection[card]) (*store.DB, *trips) {
	d.t.Helper()
	config, count := d.pool.Config(), &trips{}
	config.ConnConfig.Tracer = count
	pool, err := pgxpool.NewWithConfig(d.t.Context(), config)
	d.must(err)
	d.t.Cleanup(pool.Close)
	return openOn(d.t, pool, d.schema).with(c), count
}

// What was read ahead isn't asked for again, and what is written goes with the
// commit, in the order of the keys.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db, count := d.trace(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Next(ctx, "n")
		return errors.Join(err, c.Put(ctx, tx, &card{ID: "1"}), c.Put(ctx, tx, &card{ID: "2"}))
	}))
	count.n, count.written = 0, nil
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		err := tx.Ahead(ctx, c.Want("1", store.ForUpdate), c.Want("2", driver.None), c.Want("3", driver.None), c.Want("1", driver.None), store.WantNumber("n"))
		d.must(err)
		if err := tx.Ahead(ctx, c.Want("1", store.Share), c.Want("3", driver.None), c.Want("\xff", driver.None)); err != nil {
			return err
		}
		_, err = tx.Next(ctx, "n")
		d.must(err)
		one, err := c.Lock(ctx, tx, "1", store.ForUpdate)
		d.must(err)
		two, err := c.Get(ctx, tx, "2")
		d.must(err)
		return tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(c.Put(ctx, tx, &card{ID: "3"}), c.Delete(ctx, tx, two), c.Put(ctx, tx, one))
		})
	}))
	if count.n != 2 {
		t.Errorf("%d round trips, want 2", count.n)
	}
	if want := []string{"1", "2", "3"}; !equal(count.written, want) {
		t.Errorf("written were %q, want %q", count.written, want)
	}
}

// A page's documents are read in one round trip, in a View, too.
func TestAheadInView(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db, count := d.trace(c)
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(c.Put(ctx, tx, &card{ID: "1", N: 1}), c.Put(ctx, tx, &card{ID: "2", N: 2}))
	}))
	d.must(db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		count.n = 0
		if err := tx.Ahead(ctx, c.Want("1", store.ForUpdate), c.Want("2", driver.None), c.Want("3", driver.None), store.Want{}); err != nil {
			return err
		}
		for key, n := range map[string]int64{"1": 1, "2": 2} {
			if v, err := c.Get(ctx, tx, key); err != nil || v.N != n {
				t.Errorf("card %s: %+v, error %v", key, v, err)
			}
		}
		_, err := c.Get(ctx, tx, "3")
		d.is("a card that isn't there", err, store.ErrNotFound)
		if count.n != 1 {
			t.Errorf("%d round trips, want 1", count.n)
		}
		return nil
	}))
}

// Numbers that were read ahead are all used, whenever that was.
func TestNumbersAhead(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	db, count := d.trace(hand())
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		count.n = 0
		d.must(tx.Ahead(ctx, store.WantNumber("n"), store.WantNumber("n")))
		d.must(tx.Ahead(ctx, store.WantNumber("n")))
		for want := range int64(3) {
			n, err := tx.Next(ctx, "n")
			if err != nil || n != want+1 {
				t.Errorf("the next number is %d, %v; want %d", n, err, want+1)
			}
		}
		if count.n != 2 {
			t.Errorf("%d round trips, want 2", count.n)
		}
		return nil
	}))
}

// What a page has shown is known: a change of it waits for the commit, and what was
// claimed is locked. What was only looked at isn't.
func TestScanKnows(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := hand()
	db, count := d.trace(c)
	put := func(v *card) {
		t.Helper()
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, v) }))
	}
	put(&card{ID: "1"})
	costs := func(what string, want int, f func() error) {
		t.Helper()
		before := count.n
		d.must(f())
		if n := count.n - before; n != want {
			t.Errorf("%s: %d round trips, want %d", what, n, want)
		}
	}
	claim := func(ctx context.Context, tx *store.Tx) (err error) {
		for _, err = range c.Claim(ctx, tx, store.ByKey().Limit(9)) {
		}
		return err
	}
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := c.Lock(ctx, tx, "2", store.ForUpdate)
		d.is("the lock of nothing", err, store.ErrNotFound)
		costs("a page", 1, func() error { return drain(ctx, tx, c) })
		lock := func(key string) func() error {
			return func() error { _, err := c.Lock(ctx, tx, key, store.ForUpdate); return err }
		}
		costs("a lock of what was looked at", 1, lock("1"))
		costs("a page", 1, func() error { return drain(ctx, tx, c) })
		costs("the same lock", 0, lock("1"))
		d.must(d.another(c).Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, &card{ID: "2"}) }))
		costs("a page", 1, func() error { return drain(ctx, tx, c) })
		costs("a lock of what came meanwhile", 1, lock("2"))
		return nil
	}))
	d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		costs("a claim", 1, func() error { return claim(ctx, tx) })
		costs("a lock of what was claimed", 0, func() error {
			v, err := c.Lock(ctx, tx, "1", store.ForUpdate)
			return errors.Join(err, c.Put(ctx, tx, v))
		})
		return nil
	}))
}
