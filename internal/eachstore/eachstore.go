// Package eachstore runs a test on every storage back end: in memory, in a bbolt
// file, and in PostgreSQL where the machine has one.
//
//	eachstore.Run(t, func(t *testing.T, d driver.Store) { … })
//
// # Caveats
//
// PostgreSQL doesn't work in the bubbles of testing/synctest.
package eachstore

import (
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// Run runs a test on an empty store of each back end, as parallel subtests. The
// store is closed when the subtest ends, if the test hasn't closed it. In PostgreSQL
// the tables may be there, with nothing in them: an earlier test has made them.
func Run(t *testing.T, test func(t *testing.T, d driver.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, memstore.New())
	})
	bolt(t, func(t *testing.T, open func() driver.Store) { test(t, open()) })
	postgres(t, pgtest.Emptied, func(t *testing.T, open func() driver.Store) { test(t, open()) })
}

// Durable runs a test on each back end whose data outlives the store. open opens
// the store that was empty when the test began. Close it before it is opened
// again, as another process would find it.
func Durable(t *testing.T, test func(t *testing.T, open func() driver.Store)) {
	t.Helper()
	bolt(t, test)
	postgres(t, pgtest.Schema, test)
}

func bolt(t *testing.T, test func(t *testing.T, open func() driver.Store)) {
	t.Helper()
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "desk.db")
		test(t, func() driver.Store {
			t.Helper()
			d, err := boltstore.Open(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			return closing(t, d)
		})
	})
}

func postgres(t *testing.T, schema func(testing.TB) (*pgxpool.Pool, string), test func(t *testing.T, open func() driver.Store)) {
	t.Helper()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pool, name := schema(t)
		test(t, func() driver.Store { return closing(t, pgstore.New(pool, &pgstore.Options{Schema: name})) })
	})
}

// closing closes a store when the test ends; closing it again does nothing.
func closing(t *testing.T, d driver.Store) driver.Store {
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return d
}
