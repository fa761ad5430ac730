package pgstore_test

import (
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/store/storetest"
)

// open returns an empty store in a schema of the test's own.
func open(t testing.TB) *pgstore.Store {
	t.Helper()
	pool, schema := pgtest.Schema(t)
	return pgstore.New(pool, &pgstore.Options{Schema: schema})
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) driver.Store { return open(t) })
}

func TestDurable(t *testing.T) {
	pool, schema := pgtest.Schema(t)
	storetest.RunDurable(t, func(t *testing.T, dir string) driver.Store {
		return pgstore.New(pool, &pgstore.Options{Schema: schema + filepath.Base(filepath.Dir(dir))})
	})
}
