package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A host that changes its database itself applies what SQL prints, as often as it
// likes, and the program changes nothing.
func TestSQL(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	pg := pgstore.New(pool, &pgstore.Options{Schema: schema, NoMigrate: true})
	_, err := store.Open(t.Context(), pg, nil, cards())
	lacks, ok := errors.AsType[*pgstore.SchemaError](err)
	if !ok || lacks.Schema != schema || !strings.Contains(err.Error(), "table card is missing") {
		t.Fatalf("an empty database: %v", err)
	}
	schemas, err := store.Schemas(cards())
	if err != nil {
		t.Fatal(err)
	}
	sql := pgstore.SQL(schema, schemas)
	for range 2 {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(t.Context(), pg, nil, cards())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, pool: pool, schema: schema, pg: pg, db: db, cards: cards()}
	_, err = store.Open(t.Context(), pg, nil, d.cards)
	d.must(err)
	// What Apply would make is what SQL has made.
	d.must(pgstore.New(pool, &pgstore.Options{Schema: schema}).Apply(t.Context(), schemas))
	d.must(pgstore.New(pool, &pgstore.Options{Schema: schema, NoMigrate: true}).Apply(t.Context(), schemas))
}

// A schema of an older program gets what it lacks; where the program may not add
// it, it says what that is. A column of another type is nobody's to mend.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.must(d.put(d.db, &card{ID: "1", N: 5}))
	d.sql("alter table $.card drop column n")
	d.sql("drop table $.card__tags__n")
	strict := func() error {
		schemas, err := store.Schemas(cards())
		d.must(err)
		return pgstore.New(d.pool, &pgstore.Options{Schema: d.schema, NoMigrate: true}).Apply(t.Context(), schemas)
	}
	err := strict()
	lacks, ok := errors.AsType[*pgstore.SchemaError](err)
	if !ok || !strings.Contains(err.Error(), "column card.n is missing") || !strings.Contains(err.Error(), "card__tags__n") {
		t.Errorf("what is missing: %v %v", lacks, err)
	}
	again := openOn(t, d.pool, d.schema)
	d.must(strict())
	again.must(again.put(again.db, &card{ID: "2", N: 1, Tags: []string{"x"}}))
	again.want("tag", store.By("tag", "x"), "2")

	d.sql("alter table $.card alter column owner type bigint using null")
	_, err = store.Open(t.Context(), pgstore.New(d.pool, &pgstore.Options{Schema: d.schema}), nil, cards())
	if _, ok := errors.AsType[*pgstore.SchemaError](err); !ok || !strings.Contains(err.Error(), "card.owner is bigint, and should be text") {
		t.Errorf("another type: %v", err)
	}
}

func (d *desk) sql(s string) {
	d.t.Helper()
	_, err := d.pool.Exec(d.t.Context(), strings.ReplaceAll(s, "$", d.schema))
	d.must(err)
}

// An index whose building was interrupted is built anew.
func TestInvalidIndex(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	d.sql("update pg_index set indisvalid = false where indexrelid = '$.card__n_ix'::regclass")
	openOn(t, d.pool, d.schema)
	var valid bool
	d.must(d.pool.QueryRow(t.Context(), "select indisvalid from pg_index where indexrelid = ($1 || '.card__n_ix')::regclass", d.schema).Scan(&valid))
	if !valid {
		t.Error("the index isn't valid")
	}
}

// Any number of processes may open an empty database at the same moment.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			c := cards()
			db, err := store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: schema}), nil, c)
			if err != nil {
				t.Error(err)
				return
			}
			err = db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Next(ctx, "card"); err != nil {
					return err
				}
				return c.Put(ctx, tx, &card{ID: fmt.Sprint(i), Owner: fmt.Sprint(i)})
			})
			if err = errors.Join(err, db.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	openOn(t, pool, schema).want("owners", store.By("owner"), "0", "1", "2", "3", "4", "5", "6", "7")
}

// A view gets more columns while others may read it; one that a newer program made
// stays when an older one comes back; one with other columns is made anew.
func TestViewChanges(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	columns := cards().Views[0].Columns
	extra := driver.SQLColumn{Name: "extra", Path: "n", Kind: driver.SQLInt, Doc: "The number again."}
	apply := func(cs ...driver.SQLColumn) {
		t.Helper()
		c := cards()
		c.Views[0].Columns = cs
		d.another(c)
	}
	shows := func(want ...string) {
		t.Helper()
		var got []string
		d.must(d.pool.QueryRow(t.Context(), "select array(select attname::text from pg_attribute where attrelid = ($1 || '.cards')::regclass and attnum > 0 order by attnum)", d.schema).Scan(&got))
		if !equal(got, want) {
			t.Errorf("the view shows %q, want %q", got, want)
		}
	}
	d.sql("grant select on $.cards to public")
	longer := append(slices.Clone(columns), extra)
	apply(longer...)
	shows("id", "n", "owner", "tags", "score", "extra")
	apply(columns...)
	shows("id", "n", "owner", "tags", "score", "extra")
	d.until("has_table_privilege('pg_monitor', '$.cards', 'select')")
	longer[5].Path = "extra"
	apply(longer...)
	d.until("pg_get_viewdef('$.cards'::regclass) like '%{extra}%'")

	apply(append([]driver.SQLColumn{extra}, columns...)...)
	shows("extra", "id", "n", "owner", "tags", "score")
	columns[1].Kind = driver.SQLText
	apply(columns...)
	shows("id", "n", "owner", "tags", "score")
}

// A series and a listener use connections like those of the pool.
func TestConnectionsLikeThePool(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	c := d.pool.Config()
	user := c.ConnConfig.User
	c.ConnConfig.User = "nobody"
	c.BeforeConnect = func(_ context.Context, c *pgx.ConnConfig) error { c.User = user; return nil }
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "set application_name = '"+d.schema+"'")
		return err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	o := openOn(t, pool, d.schema)
	d.must(o.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Next(ctx, "n")
		return err
	}))
	ctx, cancel := context.WithCancel(t.Context())
	d.is("listen", o.pg.Listen(ctx, func() {
		d.until("exists (select from pg_stat_activity where application_name = '$' and query like 'listen%')")
		cancel()
	}), context.Canceled)
}
