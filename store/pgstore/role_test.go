package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A role that may work but not change the database runs a desk whose schema
// somebody else made; where something is missing it is told what, and what to do.
func TestRoleWithoutDDL(t *testing.T) {
	t.Parallel()
	d := openCards(t)
	role := d.schema + "_app"
	d.sql("create role " + role + " login")
	t.Cleanup(func() {
		d.pool.Exec(context.WithoutCancel(t.Context()), "drop owned by "+role+"; drop role "+role)
	})
	c := d.pool.Config()
	c.ConnConfig.User = role
	pool, err := pgxpool.NewWithConfig(t.Context(), c)
	d.must(err)
	t.Cleanup(pool.Close)
	numbered := cards()
	numbered.Series = []string{"card"}
	open := func(noMigrate bool) (*store.DB, error) {
		return store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: d.schema, NoMigrate: noMigrate}), nil, numbered)
	}
	_, err = open(true)
	if err == nil || !strings.Contains(err.Error(), "sequence next_card is missing") {
		t.Errorf("a sequence that is missing: %v", err)
	}
	if _, err = open(false); !errors.Is(err, pgstore.ErrDenied) || !strings.Contains(err.Error(), "frontdesk schema") {
		t.Errorf("a role that may not: %v", err)
	}
	schemas, err := store.Schemas(numbered)
	d.must(err)
	_, err = d.pool.Exec(t.Context(), pgstore.SQL(d.schema, schemas))
	d.must(err)
	d.sql("grant usage on schema $ to " + role + "; grant select, insert, update, delete on all tables in schema $ to " + role + "; grant usage on all sequences in schema $ to " + role)
	for _, noMigrate := range []bool{true, false} {
		db, err := open(noMigrate)
		d.must(err)
		d.must(db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Next(ctx, "card")
			if err != nil {
				return err
			}
			return numbered.Put(ctx, tx, &card{ID: fmt.Sprint(n)})
		}))
		d.must(db.Close())
	}
	d.want("cards", store.ByKey(), "1", "2")
	d.sql("revoke all on all sequences in schema $ from " + role)
	tx, err := pgstore.New(pool, &pgstore.Options{Schema: d.schema}).Begin(t.Context(), false)
	d.must(err)
	_, err = tx.Series(t.Context())
	d.is("numbers that can't be read", err, pgstore.ErrDenied)
	d.must(tx.Rollback(t.Context()))
}
