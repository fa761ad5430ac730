// Package pgstore keeps a store in PostgreSQL, where any number of processes
// share it.
package pgstore

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is a driver.Store in a schema of a PostgreSQL database.
type Store struct {
	pool *pgxpool.Pool
	o    Options
}

// Options of New; nil means the defaults.
type Options struct {
	// Schema is the name of the schema that holds the tables. Default frontdesk.
	Schema string
}

// New returns the store in the pool's database. Close doesn't close the pool.
func New(pool *pgxpool.Pool, o *Options) *Store {
	s := &Store{pool: pool}
	if o != nil {
		s.o = *o
	}
	return s
}

// Traits implements driver.Store.
func (s *Store) Traits() driver.Traits { return driver.Traits{Encoding: driver.JSON, Shared: true} }

// Apply implements driver.Store.
func (s *Store) Apply(context.Context, []driver.Schema) error { return driver.ErrUnavailable }

// Begin implements driver.Store.
func (s *Store) Begin(context.Context, bool) (driver.Tx, error) { return nil, driver.ErrUnavailable }

// Close implements driver.Store.
func (s *Store) Close() error { return nil }
