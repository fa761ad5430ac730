// Package pgtest gives tests a PostgreSQL server. Where there is none on the
// machine to start, the test is skipped.
//
//	pool, schema := pgtest.Schema(t)  // a schema of the test's own
//	pool, schema := pgtest.Emptied(t) // one that an earlier test may have used
//
// The schemas of a test process are in one server, which starts with the first
// and is gone, with its directory, when the process ends, however it ends. It
// forgets what it holds when the machine fails. [Start] is for tests that stop,
// kill and copy servers, which then keep what they acknowledge.
//
// # Caveats
//
// The programs of PostgreSQL don't run as root; if the test does, they run as
// the user postgres, or nobody.
//
// Connections don't work in the bubbles of testing/synctest.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// poolSize is what a test may hold of the server's connections; few tests need as
// many, so that tests that run in parallel find enough.
const poolSize = 24

// cluster is the server of this process's schemas.
type cluster struct {
	*server
	schemas atomic.Int64

	mu   sync.Mutex
	idle []lent // emptied
}

// next is the name of a new schema.
func (c *cluster) next() string { return fmt.Sprintf("t%d", c.schemas.Add(1)) }

var shared = sync.OnceValues(func() (*cluster, error) {
	s, err := create(map[string]string{
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
	})
	if err != nil {
		return nil, err
	}
	return &cluster{server: s}, nil
})

// Schema returns the name of a schema that belongs to the test, and connections
// to its database. It is for the test to create, and is dropped when the test
// ends, after the pool was closed. A child process connects with the pool's
// Config().ConnString().
func Schema(t testing.TB) (pool *pgxpool.Pool, name string) {
	t.Helper()
	c, err := shared()
	check(t, err)
	name = c.next()
	t.Cleanup(func() {
		if err := c.drop(name); err != nil {
			t.Errorf("drop schema %s: %v", name, err)
		}
	})
	return newPool(t, c.socketDSN()), name
}

// drop removes a schema, if nobody uses it any more.
func (c *cluster) drop(schema string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return c.exec(ctx, "set client_min_messages = warning; drop schema if exists "+pgx.Identifier{schema}.Sanitize()+" cascade")
}

func newPool(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	pool, err := connect(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closePool(t, pool) })
	return pool
}

func connect(dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = poolSize
	// A statement whose context ends is cancelled at the server, too, so that it
	// stands in nobody's way.
	config.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	return pgxpool.NewWithConfig(context.Background(), config)
}

// closePool waits for the connections, but not for one that is never given back.
func closePool(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Errorf("%d connections weren't given back to the pool", pool.Stat().AcquiredConns())
	}
}

// check ends a test that got no server: where there is none, it is skipped.
func check(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
