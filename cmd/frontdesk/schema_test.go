package main

import (
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// What schema prints is all that a desk needs of a database, and does no harm when
// it is applied again.
func TestSchema(t *testing.T) {
	t.Parallel()
	pool, name := pgtest.Schema(t)
	status, sql, errs := frontdeskRun(t, "schema", "-schema", name)
	if status != done || errs != "" {
		t.Fatalf("status %d, %s", status, errs)
	}
	for range 2 {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	config := func() frontdesk.Config {
		return frontdesk.Config{Store: pgstore.New(pool, &pgstore.Options{Schema: name, NoMigrate: true})}
	}
	filled(t, config(), 1)
	works(t, config(), 1)
}
