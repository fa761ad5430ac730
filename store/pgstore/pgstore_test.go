package pgstore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/store/storetest"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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

// TestStoreExec is the suite without prepared statements, as behind a pooler that
// hands each transaction another connection of the server.
func TestStoreExec(t *testing.T) {
	if testing.Short() {
		t.Skip("the suite once more")
	}
	storetest.Run(t, func(t *testing.T) driver.Store {
		pool, schema := pgtest.Schema(t)
		c := pool.Config()
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
		pool, err := pgxpool.NewWithConfig(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pgstore.New(pool, &pgstore.Options{Schema: schema})
	})
}

func TestDurable(t *testing.T) {
	pool, schema := pgtest.Schema(t)
	storetest.RunDurable(t, func(t *testing.T, dir string) driver.Store {
		return pgstore.New(pool, &pgstore.Options{Schema: schema + filepath.Base(filepath.Dir(dir))})
	})
}

// crashDSN is where the processes of TestCrash find the server.
const crashDSN = "PGSTORE_CRASH_DSN"

// TestCrash kills processes of the engine while they write; the server lives.
func TestCrash(t *testing.T) {
	if os.Getenv(crashDSN) == "" {
		pool, schema := pgtest.Schema(t)
		t.Setenv(crashDSN, pool.Config().ConnString())
		t.Setenv(crashSchema, schema)
	}
	storetest.Crash(t, func(t *testing.T, _ string) driver.Store {
		pool, err := pgxpool.New(t.Context(), os.Getenv(crashDSN))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pgstore.New(pool, &pgstore.Options{Schema: os.Getenv(crashSchema)})
	})
}

const crashSchema = "PGSTORE_CRASH_SCHEMA"
