package pgstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Compact has the server write the desk's own tables anew (VACUUM FULL), so that
// their files hold no rows that were deleted or replaced. Each table is locked
// while that lasts, for readers, too, and needs room for a second one. The role has
// to own the tables, else the error is [ErrDenied] and nothing happens.
//
// What a transaction that is older than the deletion may still see stays: end long
// ones first. Neither the write-ahead log nor logs, backups and standbys of the
// server are touched. It implements driver.Compactor.
func (s *Store) Compact(ctx context.Context) error {
	tables, err := s.ownTables(ctx)
	if err != nil {
		return fmt.Errorf("compact PostgreSQL schema %s: %w", s.name, err)
	}
	for _, name := range tables {
		if _, err := s.pool.Exec(ctx, "vacuum (full, analyze) "+name); err != nil {
			return fmt.Errorf("compact PostgreSQL table %s: %w", name, explain(ctx, err))
		}
	}
	return nil
}

// ownTables are the desk's tables, if the role may vacuum all of them: the server
// would pass over others with no more than a warning.
func (s *Store) ownTables(ctx context.Context) (names []string, err error) {
	s.life.Lock()
	closed := s.closed
	s.life.Unlock()
	if closed {
		return nil, driver.ErrClosed
	}
	s.mu.RLock()
	want := []string{}
	for _, t := range s.tables {
		want = append(want, t.name)
		for _, side := range t.sides {
			want = append(want, side.name)
		}
	}
	s.mu.RUnlock()
	const ask = `select name, pg_has_role(c.relowner, 'usage') from unnest($1::text[]) name join pg_class c on c.oid = to_regclass(name) order by name`
	rows, err := s.pool.Query(ctx, ask, want)
	if err != nil {
		return nil, explain(ctx, err)
	}
	defer rows.Close()
	var foreign []string
	for rows.Next() {
		var name string
		var own bool
		if err := rows.Scan(&name, &own); err != nil {
			return nil, err
		}
		if names = append(names, name); !own {
			foreign = append(foreign, name)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, explain(ctx, err)
	}
	if foreign != nil {
		return nil, fmt.Errorf("the role doesn't own %s: %w", strings.Join(foreign, ", "), ErrDenied)
	}
	return names, nil
}
