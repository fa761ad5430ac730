package pgstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

// again repeats what two processes can't do at the same moment: IF NOT EXISTS
// isn't safe against another one that creates the same thing.
func again(ctx context.Context, f func() error) (err error) {
	for range 20 {
		err = f()
		switch code(err) {
		case uniqueViolation, duplicateSchema, duplicateTable, duplicateColumn, deadlock, lockNotAvailable, undefinedObject, undefinedTable, "XX000":
		default:
			return err
		}
		pause := time.NewTimer(20*time.Millisecond + rand.N(100*time.Millisecond))
		select {
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(ctx.Err(), err)
		case <-pause.C:
		}
	}
	return err
}

// Index implements driver.Indexer.
func (s *Store) Index(ctx context.Context, coll, index string) error {
	t, err := s.table(coll)
	if err != nil {
		return err
	}
	ix, err := t.index(index)
	if err != nil || t.side(index) != nil || !s.migrate {
		return err
	}
	name := t.indexName(ix)
	return again(ctx, func() error {
		found, err := s.look(ctx)
		if err != nil {
			return explain(ctx, err)
		}
		if found.indexes[name].valid {
			return nil
		}
		return s.build(ctx, t.rebuildIndex(ix, found))
	})
}

// build makes an index of a table that has documents. ErrExists says that two of
// them have one value.
func (s *Store) build(ctx context.Context, st step) (err error) {
	if st.stale {
		err = s.dropInvalid(ctx, st)
	}
	switch {
	case err != nil:
	case st.large:
		err = s.buildBeside(ctx, st)
	default:
		err = s.change(ctx, []step{st})
	}
	if st.unique && code(err) == uniqueViolation {
		return fmt.Errorf("%s finds two documents with one value: %w", st.what, driver.ErrExists)
	}
	return err
}

// buildBeside builds an index while others write, however long it takes.
func (s *Store) buildBeside(ctx context.Context, st step) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return st.failed(ctx, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range []string{"set statement_timeout = 0; set lock_timeout = 0", st.sql, "reset statement_timeout; reset lock_timeout"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return st.failed(ctx, err)
		}
	}
	return nil
}

// dropInvalid drops what is left of an index whose building was interrupted. One
// that another process is building isn't valid either: whoever builds beside the
// writers holds this lock, which stands in nobody else's way.
func (s *Store) dropInvalid(ctx context.Context, st step) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var left bool
		_, err := tx.Exec(ctx, "lock table "+st.on+" in share update exclusive mode")
		if err == nil {
			err = tx.QueryRow(ctx, `select exists (select from pg_index x join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace
				where n.nspname = $1 and i.relname = $2 and not x.indisvalid)`, s.name, st.index).Scan(&left)
		}
		if err != nil || !left {
			return st.failed(ctx, err)
		}
		for _, sql := range []string{lockWait, fmt.Sprintf("drop index %s.%s", s.schema, quote(st.index))} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return st.failed(ctx, err)
			}
		}
		return nil
	})
}

func (st step) failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", st.what, explain(ctx, err))
}

// lockWait bounds how long a change waits for a table, since everybody who comes
// later waits behind it.
const lockWait = "set local lock_timeout = '2s'"

// change runs steps in one transaction.
func (s *Store) change(ctx context.Context, steps []step) error {
	if len(steps) == 0 {
		return nil
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockWait); err != nil {
			return explain(ctx, err)
		}
		for _, st := range steps {
			if _, err := tx.Exec(ctx, st.sql); err != nil {
				return st.failed(ctx, err)
			}
		}
		return nil
	})
}

// largeTable is from how many pages of 8 KB on an index is built beside the
// writers: slower, but nobody waits.
const largeTable = 4096

// rebuildIndex makes an index on what is there, in place of one whose building was
// interrupted.
func (t *table) rebuildIndex(ix driver.Index, c *catalog) step {
	large := c.pages[t.Name] > largeTable
	st := t.createIndex(ix, large)
	st.index, st.on, st.large = t.indexName(ix), t.name, large
	st.stale = c.indexes[st.index].table != ""
	return st
}
