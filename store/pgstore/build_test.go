package pgstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// until waits for an answer of the server's.
func (d *desk) until(sql string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Minute)
	defer cancel()
	for yes := false; !yes; {
		d.must(d.pool.QueryRow(ctx, "select "+strings.ReplaceAll(sql, "$", d.schema)+" from pg_sleep(0.005)").Scan(&yes))
	}
}

// more opens the store as another process does, whose cards have one more index.
func (d *desk) more(ix store.Index) error {
	c := cards()
	c.Indexes = append(c.Indexes, ix)
	schemas, err := store.Schemas(c)
	d.must(err)
	return pgstore.New(d.pool, &pgstore.Options{Schema: d.schema}).Apply(d.t.Context(), schemas)
}

// locked has a transaction use the cards until it is let go.
func (d *desk) locked() (release func()) {
	d.t.Helper()
	tx, err := d.pool.Begin(d.t.Context())
	d.must(err)
	d.t.Cleanup(func() { tx.Rollback(context.Background()) })
	_, err = tx.Exec(d.t.Context(), "lock table "+d.schema+".card in row exclusive mode")
	d.must(err)
	return func() { d.must(tx.Rollback(d.t.Context())) }
}

// An index of a large table is built while others write. Another process that
// comes meanwhile waits for it, and neither drops it nor stops anybody.
func TestLargeIndex(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.sql("alter table $.card set (fillfactor = 10)")
	d.sql(`insert into $.card (_key, _rev, _form, _doc, n) select 'old' || i, 1, 1, jsonb_build_object('id', 'old' || i, 'n', i, 'pad', repeat('x', 700)), i from generate_series(1, 5000) i`)
	release := d.locked()
	ix := store.Index{Name: "un", On: []string{"n"}, Unique: true}
	done := make(chan error, 2)
	go func() { done <- d.more(ix) }()
	d.until("exists (select from pg_stat_progress_create_index where relid = '$.card'::regclass and phase like 'waiting%')")
	oid := "(select i.oid from pg_class i where i.oid = to_regclass('$.card__n_ux'))"
	d.sql("create table $.seen as select " + oid + " as oid")
	go func() { done <- d.more(ix) }()
	d.until("exists (select from pg_locks where relation = '$.card'::regclass and not granted)")

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d.must(d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return d.cards.Put(ctx, tx, &card{ID: "new", N: -1})
	}))
	release()
	d.must(<-done)
	d.must(<-done)
	d.until("(select indisvalid from pg_index where indexrelid = '$.card__n_ux'::regclass)")
	d.until("(select oid from $.seen) = " + oid) // and not another one in its place
}

// An index of a small table waits for who writes for long, and lets the others
// write now and then.
func TestSmallIndex(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	release := d.locked()
	done := make(chan error, 1)
	go func() { done <- d.more(store.Index{Name: "owner_n", On: []string{"owner", "n"}}) }()
	d.until("exists (select from pg_locks where relation = '$.card'::regclass and not granted)")
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d.must(d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return d.cards.Put(ctx, tx, &card{ID: "new"})
	}))
	release()
	d.must(<-done)
}

// An index on many values that becomes unique is another one, and the other way
// round.
func TestSideBecomesUnique(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	put := func(c *store.Collection[card], v *card) error {
		db := d.another(c)
		return db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, v) })
	}
	c := cards()
	c.Indexes = []store.Index{{Name: "tag", On: []string{"tags", "n"}, Unique: true}}
	d.must(put(c, &card{ID: "1", Tags: []string{"x"}}))
	d.is("the same tag", put(c, &card{ID: "2", Tags: []string{"x"}}), store.ErrExists)
	d.must(d.put(d.db, &card{ID: "2", Tags: []string{"x"}}))
	d.is("the same tag once more", put(c, &card{ID: "3", Tags: []string{"x"}}), store.ErrExists)
}

// another opens the store with one collection.
func (d *desk) another(c *store.Collection[card]) *store.DB {
	d.t.Helper()
	db, err := store.Open(d.t.Context(), pgstore.New(d.pool, &pgstore.Options{Schema: d.schema}), nil, c)
	d.must(err)
	return db
}

// Names that PostgreSQL would cut off, or take for one another, are refused.
func TestNames(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	long := strings.Repeat("n", 64)
	for what, spoil := range map[string]func(c *store.Collection[card]){
		"collection": func(c *store.Collection[card]) { c.Name = long },
		"column": func(c *store.Collection[card]) {
			c.Columns[0].Name = long
			c.Indexes = c.Indexes[1:]
		},
		"view":             func(c *store.Collection[card]) { c.Views[0].Name = long },
		"view and another": func(c *store.Collection[card]) { c.Views[0].Name = "card" },
	} {
		c := cards()
		spoil(c)
		schemas, err := store.Schemas(c)
		d.must(err)
		if err := d.pg.Apply(t.Context(), schemas); err == nil {
			t.Errorf("%s: the name is taken", what)
		}
	}
	schemas, err := store.Schemas(cards())
	d.must(err)
	if err := pgstore.New(d.pool, &pgstore.Options{Schema: long}).Apply(t.Context(), schemas); err == nil {
		t.Error("schema: the name is taken")
	}
}

// A schema may have any name, and so may a series.
func TestStrangeNames(t *testing.T) {
	t.Parallel()
	base := openCards(t)
	for _, name := range []string{`Ünï "Cäps" 'x' \ $1;--` + base.schema, base.schema + " " + strings.Repeat("ä", (62-len(base.schema))/2)} {
		t.Cleanup(func() { base.pool.Exec(context.Background(), "drop schema "+quoted(name)+" cascade") })
		d := openOn(t, base.pool, name)
		series := `a'b"c\d`
		d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Next(ctx, series)
			return errors.Join(err, d.cards.Put(ctx, tx, &card{ID: "1", Tags: []string{"x"}}))
		}))
		d.want("tag", store.By("tag", "x"), "1")
		tx, err := d.pg.Begin(t.Context(), true)
		d.must(err)
		d.must(tx.Advance(t.Context(), series, 7))
		all, err := tx.Series(t.Context())
		d.must(errors.Join(err, tx.Rollback(t.Context())))
		if all[series] != 7 {
			t.Errorf("%s: series %v", name, all)
		}
		ctx, cancel := context.WithCancel(t.Context())
		heard := 0
		d.is("listen", d.pg.Listen(ctx, func() {
			if heard++; heard == 2 {
				cancel()
				return
			}
			d.must(d.pg.Wake(t.Context()))
		}), context.Canceled)
		schemas, err := store.Schemas(cards())
		d.must(err)
		_, err = d.pool.Exec(t.Context(), pgstore.SQL(name, schemas))
		d.must(err)
		d.must(pgstore.New(d.pool, &pgstore.Options{Schema: name, NoMigrate: true}).Apply(t.Context(), schemas))
	}
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
