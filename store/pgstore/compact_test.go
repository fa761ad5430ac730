package pgstore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What was deleted is in the server's files until the store is compacted, and not
// after that.
func TestCompact(t *testing.T) {
	t.Parallel()
	pool, err := pgstore.Connect(t.Context(), pgtest.Start(t, nil).DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d := openOn(t, pool, "shop")
	d.must(d.put(d.db, &card{ID: "kept-card"}, &card{ID: "deleted-card"}))
	d.must(d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c, err := d.cards.Get(ctx, tx, "deleted-card")
		if err != nil {
			return err
		}
		return d.cards.Delete(ctx, tx, c)
	}))
	holds := func(text string) (yes bool) {
		t.Helper()
		d.sql("checkpoint")
		rows, err := pool.Query(t.Context(), `select pg_read_binary_file(pg_relation_filepath(c.oid)) from pg_class c
join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'shop' and c.relkind in ('r', 'i') and pg_relation_size(c.oid) > 0`)
		d.must(err)
		defer rows.Close()
		for rows.Next() {
			var b []byte
			d.must(rows.Scan(&b))
			yes = yes || strings.Contains(string(b), text)
		}
		d.must(rows.Err())
		return yes
	}
	if !holds("kept-card") || !holds("deleted-card") {
		t.Fatal("the cards aren't in the files: this test shows nothing")
	}
	d.must(d.db.Compact(t.Context()))
	if !holds("kept-card") || holds("deleted-card") {
		t.Error("the files hold what was deleted, or lack what wasn't")
	}
	d.want("cards", store.ByKey(), "kept-card")
	d.must(d.db.Close())
	d.is("a store that is closed", d.db.Compact(t.Context()), store.ErrClosed)
}

// A role that doesn't own the tables is told so, where the server would say nothing
// and do nothing.
func TestCompactByAnotherRole(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	role := d.schema + "_app"
	d.sql("create role " + role + " login")
	t.Cleanup(func() {
		d.pool.Exec(context.WithoutCancel(t.Context()), "drop owned by "+role+"; drop role "+role)
	})
	d.sql("grant usage on schema $ to " + role + "; grant select, insert, update, delete on all tables in schema $ to " + role)
	c := d.pool.Config()
	c.ConnConfig.User = role
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	db, err := store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: d.schema, NoMigrate: true}), nil, d.cards)
	d.must(err)
	defer db.Close()
	err = db.Compact(t.Context())
	d.is("another role", err, pgstore.ErrDenied)
	if err != nil && !strings.Contains(err.Error(), "card") {
		t.Errorf("the error doesn't say what the role lacks: %v", err)
	}
}
