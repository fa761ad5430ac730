// Package pgstore keeps a store in PostgreSQL (14 or later), where any number of
// processes share it:
//
//	pool, err := pgstore.Connect(ctx, "postgres://…")
//	desk, err := frontdesk.Open(ctx, frontdesk.Config{Store: pgstore.New(pool, nil)})
//
// Each collection is a table in a schema of its own, with the documents as jsonb
// and the declared columns beside them, typed and indexed, so that psql and what
// draws charts can read them. [Store.Apply] creates what is missing; [SQL] prints
// it for hosts that change their databases with a tool of their own.
//
// # In the host's transaction
//
// [Store.In] lets the engine write in a transaction of the host's, which may have
// any isolation level:
//
//	tx, err := pool.Begin(ctx)
//	joined := desk.DB.Join(pg.In(tx))
//	desk.In(joined).Tickets.Create(ctx, …) // exists if and only if tx commits
//	err = tx.Commit(ctx)
//	joined.Committed() // wakes who waits for news
//
// # How it writes
//
// Reads go to the server one by one. Writes wait in memory until they are needed:
// at commit, at a scan of their collection, or when a service call in a host's
// transaction returns. They are sent in one round trip, ordered by collection and
// key, so that writers hardly ever wait for each other in a circle; each checks
// the revision that it was made from, and whoever finds another one is run again
// (store.ErrConflict). What a transaction has read it doesn't ask for again.
//
// # Caveats
//
// A process takes the pool's connections, and one more for listening to the others:
// the server's max_connections counts for all processes together. A pool in which
// none becomes free is store.ErrUnavailable after [Options.Wait].
//
// Behind a pooler that gives each transaction another connection of the server, add
// default_query_exec_mode=exec to the address. Processes then don't hear each other's
// wake-ups, and look once a second instead.
//
// When the connection breaks in the middle of a commit the error is
// store.ErrUnknown: nobody can say whether it happened. Repeat the call with its
// idempotency key or client id.
//
// A transaction that is open for long, a backup for example, keeps the server from
// cleaning up behind the others.
package pgstore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is a driver.Store in a schema of a PostgreSQL database.
type Store struct {
	pool    *pgxpool.Pool
	schema  string // quoted
	name    string
	wait    time.Duration
	migrate bool

	mu     sync.RWMutex
	tables map[string]*table
	series map[string]bool // whose sequences are known to exist

	life   sync.Mutex
	closed bool
	open   sync.WaitGroup // transactions that are under way
}

// Options of New; nil means the defaults.
type Options struct {
	// Schema is the name of the schema that holds the tables. Default frontdesk.
	Schema string
	// Wait is for how long a transaction waits for a connection of the pool.
	// Default 10 s.
	Wait time.Duration
	// NoMigrate keeps Apply from changing the database: where something is
	// missing it fails with a *SchemaError. For hosts that apply [SQL] themselves.
	NoMigrate bool
}

// New returns the store in the pool's database. It doesn't connect yet. The pool
// is the host's: Close doesn't close it.
func New(pool *pgxpool.Pool, o *Options) *Store {
	s := &Store{pool: pool, name: "frontdesk", wait: 10 * time.Second, migrate: true, tables: map[string]*table{}, series: map[string]bool{}}
	if o != nil {
		if o.Schema != "" {
			s.name = o.Schema
		}
		if o.Wait > 0 {
			s.wait = o.Wait
		}
		s.migrate = !o.NoMigrate
	}
	s.schema = quote(s.name)
	return s
}

// poolSize is how many connections Connect allows for, unless the address says
// otherwise: background work of a desk takes some ten.
const poolSize = 24

// Connect opens a pool as it suits a desk: a statement whose context ends is
// cancelled at the server, too, and there are connections enough. Whatever the
// address says (pool_max_conns=, several hosts, target_session_attrs=read-write)
// counts. It fails if the server can't be reached: store.ErrUnavailable, or if it
// refuses the login: [ErrDenied].
func Connect(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		c.MaxConns = poolSize
	}
	c.ConnConfig.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	if c.ConnConfig.ConnectTimeout == 0 || c.ConnConfig.ConnectTimeout > 5*time.Second {
		c.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL: %w", explain(ctx, err))
	}
	return pool, nil
}

// quote makes an identifier of any name.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

// Traits implements driver.Store.
func (s *Store) Traits() driver.Traits { return driver.Traits{Encoding: driver.JSON, Shared: true} }

// Begin implements driver.Store. The server hears of the transaction with its
// first statement.
func (s *Store) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil, driver.ErrClosed
	}
	s.open.Add(1)
	return newTx(s, &own{s: s, write: write}, write), nil
}

// In lets the engine write in the host's own transaction; give what it returns to
// store.DB.Join. The host commits, or rolls back.
func (s *Store) In(tx pgx.Tx) driver.Tx {
	t := newTx(s, guest{tx}, true)
	t.joined = true
	return t
}

// Close implements driver.Store. It leaves the pool open, which is the host's.
func (s *Store) Close() error {
	s.life.Lock()
	s.closed = true
	s.life.Unlock()
	s.open.Wait()
	return nil
}

func (s *Store) table(coll string) (*table, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.tables[coll]
	if !ok {
		return nil, fmt.Errorf("collection %q isn't declared", coll)
	}
	return t, nil
}
