package pgstore_test

import (
	"context"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/jackc/pgx/v5"
)

// In a transaction of the host's, what the engine writes is there if and only if
// the host commits.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	for _, level := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		name := string(level)
		tx, err := d.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
		d.must(err)
		_, err = tx.Exec(t.Context(), "create table if not exists "+d.schema+".orders (id text)")
		d.must(err)
		_, err = tx.Exec(t.Context(), "insert into "+d.schema+".orders values ($1)", name)
		d.must(err)
		d.must(d.put(d.db.Join(d.pg.In(tx)), &card{ID: name + " kept"}))
		d.want("before the commit", store.ByKey().From(name).To(name+"~"))
		d.must(tx.Commit(t.Context()))
		d.want("after the commit", store.ByKey().From(name).To(name+"~"), name+" kept")

		tx, err = d.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
		d.must(err)
		d.must(d.put(d.db.Join(d.pg.In(tx)), &card{ID: name + " lost"}))
		d.must(tx.Rollback(t.Context()))
		d.want("after a rollback", store.ByKey().From(name).To(name+"~"), name+" kept")
	}
}

// A call that is refused in a host's transaction leaves nothing of its own, and the
// host goes on.
func TestHostGoesOn(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1", Owner: "ann"}, &card{ID: "2", Owner: "bob"}))
	err := pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		d.is("a taken key", d.put(joined, &card{ID: "3"}, &card{ID: "1"}), store.ErrExists)
		d.is("a taken owner", d.put(joined, &card{ID: "4"}, &card{ID: "5", Owner: "ann"}), store.ErrExists)
		d.is("a taken owner at a change", joined.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			c, err := d.cards.Get(ctx, tx, "2")
			d.must(err)
			c.Owner = "ann"
			return d.cards.Put(ctx, tx, c)
		}), store.ErrExists)
		d.is("a stale one", d.put(joined, &card{ID: "1", Rev: 9}), store.ErrStale)
		_, err := host.Exec(t.Context(), "select 1")
		d.must(err)
		return d.put(joined, &card{ID: "6", Owner: "carl"})
	})
	d.must(err)
	d.want("cards", store.ByKey(), "1", "2", "6")
	d.want("owners", store.By("owner"), "1", "2", "6")
}

// Even a failure of the server in the middle of a call is undone to where the call
// began.
func TestHostSurvivesFailure(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	_, err := d.pool.Exec(t.Context(), "alter table "+d.schema+".card add constraint small check (n < 100)")
	d.must(err)
	err = pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		d.must(d.put(joined, &card{ID: "1", N: 1}))
		if d.put(joined, &card{ID: "2", N: 2}, &card{ID: "3", N: 300}) == nil {
			t.Error("the constraint was passed over")
		}
		return d.put(joined, &card{ID: "4", N: 4})
	})
	d.must(err)
	d.want("cards", store.ByKey(), "1", "4")
}

// When a call in a host's transaction returns, everything has been compared: a
// change that came in between is the call's conflict, not the host's loss.
func TestHostHearsOfConflict(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	one := &card{ID: "1"}
	d.must(d.put(d.db, one))
	err := pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		err := joined.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			c, err := d.cards.Get(ctx, tx, "1")
			d.must(err)
			one.N = 7
			d.must(d.put(d.db, one))
			c.N = 8
			return d.cards.Put(ctx, tx, c)
		})
		d.is("the call", err, store.ErrConflict)
		return nil
	})
	d.must(err)
	d.must(d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c, err := d.cards.Get(ctx, tx, "1")
		if err == nil && c.N != 7 {
			t.Errorf("n is %d, want 7", c.N)
		}
		return err
	}))
}

// A host may have savepoints of its own around our calls. What is undone with them
// isn't remembered.
func TestHostSavepoints(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		inner, err := host.Begin(t.Context())
		d.must(err)
		d.must(d.put(joined, &card{ID: "1"}))
		d.must(inner.Commit(t.Context()))
		d.must(d.put(joined, &card{ID: "2"}))

		inner, err = host.Begin(t.Context())
		d.must(err)
		d.is("a taken key", d.put(joined, &card{ID: "1"}), store.ErrExists)
		d.must(d.put(joined, &card{ID: "3"}))
		d.must(inner.Rollback(t.Context()))
		_, err = d.cards.Get(t.Context(), joined, "3")
		d.is("get of what was undone", err, store.ErrNotFound)
		return d.put(joined, &card{ID: "3", N: 3})
	}))
	d.want("cards", store.ByKey(), "1", "2", "3")
}

// A write with no Update around it is in the host's transaction, too.
func TestHostPut(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := pile()
	db := d.with(c)
	d.must(pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := db.Join(d.pg.In(host))
		one, two := &card{ID: "1"}, &card{ID: "2"}
		d.must(c.Put(t.Context(), joined, one))
		d.must(c.Put(t.Context(), joined, two))
		d.is("a taken key", c.Put(t.Context(), joined, &card{ID: "1"}), store.ErrConflict)
		d.must(c.Delete(t.Context(), joined, two))
		return nil
	}))
	d.must(db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := c.Get(ctx, tx, "1")
		d.is("get of what was put", err, nil)
		_, err = c.Get(ctx, tx, "2")
		d.is("get of what was deleted", err, store.ErrNotFound)
		return nil
	}))
}

// The host goes on after a call in which the server refused to read.
func TestHostSurvivesRead(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1"}))
	d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := d.cards.Lock(ctx, tx, "1", store.ForUpdate)
		d.must(err)
		return pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
			_, err := host.Exec(t.Context(), "set local lock_timeout = '1ms'")
			d.must(err)
			joined := d.db.Join(d.pg.In(host))
			err = joined.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := d.cards.Lock(ctx, tx, "1", store.ForUpdate)
				return err
			})
			d.is("the lock", err, store.ErrConflict)
			return d.put(joined, &card{ID: "2"})
		})
	}))
	d.want("cards", store.ByKey(), "1", "2")
}

// A host that has mended its transaction can use it on.
func TestHostMends(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(pgx.BeginFunc(t.Context(), d.pool, func(host pgx.Tx) error {
		joined := d.db.Join(d.pg.In(host))
		inner, err := host.Begin(t.Context())
		d.must(err)
		_, err = host.Exec(t.Context(), "select 1/0")
		if err == nil || d.put(joined, &card{ID: "1"}) == nil {
			t.Error("a broken transaction goes on")
		}
		d.must(inner.Rollback(t.Context()))
		return d.put(joined, &card{ID: "2"})
	}))
	d.want("cards", store.ByKey(), "2")
}

// Without a connection the host's transaction is none.
func TestHostLost(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	pool, name := d.named(t)
	host, err := pool.Begin(t.Context())
	d.must(err)
	defer host.Rollback(t.Context())
	joined := d.db.Join(d.pg.In(host))
	d.must(d.put(joined, &card{ID: "1"}))
	d.terminate(name)
	d.is("the first call", d.put(joined, &card{ID: "2"}), store.ErrUnavailable)
	d.is("the second call", d.put(joined, &card{ID: "3"}), store.ErrUnavailable)
	d.want("cards", store.ByKey())
}

// Who waits for news of a host's transaction hears it when the host says that it
// has committed.
func TestHostCommitted(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	host, err := d.pool.Begin(t.Context())
	d.must(err)
	joined := d.db.Join(d.pg.In(host))
	heard := 0
	d.must(joined.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		tx.After(func() { heard++ })
		return d.cards.Put(ctx, tx, &card{ID: "1"})
	}))
	if heard != 0 {
		t.Error("heard before the commit")
	}
	d.must(host.Commit(t.Context()))
	joined.Committed()
	joined.Committed()
	if heard != 1 {
		t.Errorf("heard %d times, want once", heard)
	}
}

// The views show the documents, and say what they show.
func TestViews(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1", N: 3, Tags: []string{"a", "b"}, Facts: []byte(`{"score": 5}`)}, &card{ID: "2", Owner: "ann"}))
	var n, score int64
	var tags []string
	var owner *string
	row := d.pool.QueryRow(t.Context(), "select n, owner, tags, score from "+d.schema+".cards where id = '1'")
	d.must(row.Scan(&n, &owner, &tags, &score))
	if n != 3 || owner != nil || len(tags) != 2 || score != 5 {
		t.Errorf("the view shows %d %v %v %d", n, owner, tags, score)
	}
	var comment string
	d.must(d.pool.QueryRow(t.Context(), "select col_description(($1 || '.cards')::regclass, 5)", d.schema).Scan(&comment))
	if comment != "From JSON in JSON." {
		t.Errorf("the column says %q", comment)
	}
	d.must(d.pool.QueryRow(t.Context(), "select obj_description(($1 || '.cards')::regclass)", d.schema).Scan(&comment))
	openOn(t, d.pool, d.schema)
	var again string
	d.must(d.pool.QueryRow(t.Context(), "select obj_description(($1 || '.cards')::regclass)", d.schema).Scan(&again))
	if again != comment {
		t.Errorf("the view says %q, then %q", comment, again)
	}
}

// The names of documents and values are data, whatever they spell.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	nasty := []string{`'; drop table card; --`, `{"a","b"}`, `\`, `"`, "a\x01", "\U0010ffff", "é", "NULL"}
	for i, s := range nasty {
		d.must(d.put(d.db, &card{ID: s, Owner: s, Tags: nasty, N: int64(i)}))
	}
	many := make([]*card, 0, 9)
	for i := range int64(9) {
		many = append(many, &card{ID: string(rune('A' + i)), Tags: nasty, N: i})
	}
	d.must(d.put(d.db, many...))
	for _, s := range nasty {
		d.want("owner", store.By("owner", s), s)
		if n := len(d.keys(store.By("tag", s))); n != len(nasty)+9 {
			t.Errorf("tag %q finds %d", s, n)
		}
	}
	for _, bad := range []string{"\x00", "a\x00b", "\xff", "a\xc3", "\xed\xa0\x80"} {
		d.want("nothing", store.By("owner", bad))
		d.must(d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := d.cards.Get(ctx, tx, bad)
			d.is("get", err, store.ErrNotFound)
			return nil
		}))
	}
	var all []string
	for _, bad := range []string{"a\x00b", "\xff", "a\xc3"} {
		var below, above []string
		for _, k := range d.keys(store.ByKey()) {
			if k < bad {
				below = append(below, k)
			} else {
				above = append(above, k)
			}
		}
		d.want("below", store.ByKey().To(bad), below...)
		d.want("above", store.ByKey().From(bad), above...)
		all = append(below, above...)
	}
	if len(all) != len(nasty)+9 {
		t.Errorf("%d cards", len(all))
	}
}
