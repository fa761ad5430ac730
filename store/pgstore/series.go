package pgstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
)

// seriesPrefix is how the names of the sequences begin.
const seriesPrefix = "next_"

func (t *tx) sequence(ctx context.Context, series string) (string, error) {
	name := seriesPrefix + series
	if len(name) > maxIdentifier || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("series %q: its name has at most %d bytes", series, maxIdentifier-len(seriesPrefix))
	}
	name = t.s.schema + "." + quote(name)
	return name, t.s.createSeries(ctx, series, name)
}

// createSeries makes the sequence of a series that no collection declares, outside
// of any transaction: made inside, it would be rolled back with it. It uses a connection of its own,
// since a pool's last one may be the caller's.
func (s *Store) createSeries(ctx context.Context, series, name string) error {
	s.mu.RLock()
	known := s.series[series]
	s.mu.RUnlock()
	if known {
		return nil
	}
	conn, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("create series %s: %w", series, explain(ctx, err))
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	err = conn.QueryRow(ctx, "select exists (select from pg_sequences where schemaname = $1 and sequencename = $2)", s.name, seriesPrefix+series).Scan(&there)
	if err == nil && !there {
		if !s.migrate {
			return &SchemaError{s.name, []string{"sequence " + seriesPrefix + series + " is missing"}}
		}
		err = again(ctx, func() error {
			_, err := conn.Exec(ctx, createSequence(name))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("create series %s: %w", series, explain(ctx, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.series[series] = true
	return nil
}

// connect opens a connection like those of the pool, outside it.
func (s *Store) connect(ctx context.Context) (*pgx.Conn, error) {
	c := s.pool.Config()
	if c.BeforeConnect != nil { // a host whose passwords change
		if err := c.BeforeConnect(ctx, c.ConnConfig); err != nil {
			return nil, err
		}
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err != nil || c.AfterConnect == nil {
		return conn, err
	}
	if err := c.AfterConnect(ctx, conn); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

func createSequence(name string) string {
	return "create sequence if not exists " + name + " as bigint"
}

// Next implements driver.Tx.
func (t *tx) Next(ctx context.Context, series string) (n int64, err error) {
	if err := t.usable(ctx, true); err != nil {
		return 0, err
	}
	if ns := t.next[series]; len(ns) > 0 {
		t.next[series] = ns[1:]
		return ns[0], nil
	}
	taken := map[string][]int64{}
	c, err := t.nextvals(ctx, series, 1, taken)
	if err == nil {
		err = t.send(ctx, c)
	}
	if err != nil {
		return 0, err
	}
	return taken[series][0], nil
}

// nextvals is the statement that takes n numbers of a series.
func (t *tx) nextvals(ctx context.Context, series string, n int, into map[string][]int64) (call, error) {
	name, err := t.sequence(ctx, series)
	c := call{sql: fmt.Sprintf("select nextval(%s)", literalText(name))}
	if n > 1 {
		c = call{sql: c.sql + " from generate_series(1, $1)", args: []any{n}}
	}
	c.rows = func(rows pgx.Rows) error {
		for rows.Next() {
			var next int64
			if err := rows.Scan(&next); err != nil {
				return err
			}
			into[series] = append(into[series], next)
		}
		return rows.Err()
	}
	return c, err
}

// Series implements driver.Tx.
func (t *tx) Series(ctx context.Context) (map[string]int64, error) {
	if err := t.usable(ctx, false); err != nil {
		return nil, err
	}
	all := map[string]int64{}
	// A number that this role may not read looks like one that was never taken.
	const sql = `select sequencename::text, coalesce(last_value, 0), has_sequence_privilege(format('%I.%I', schemaname, sequencename), 'USAGE, SELECT')
		from pg_sequences where schemaname = $1 and sequencename like 'next\_%'`
	err := t.send(ctx, call{sql: sql, args: []any{t.s.name}, rows: func(rows pgx.Rows) error {
		var name string
		var n int64
		var may bool
		for rows.Next() {
			if err := rows.Scan(&name, &n, &may); err != nil {
				return err
			}
			if !may {
				return fmt.Errorf("%w: sequence %s can't be read by this role", ErrDenied, name)
			}
			if n > 0 {
				all[strings.TrimPrefix(name, seriesPrefix)] = n
			}
		}
		return rows.Err()
	}})
	return all, err
}

// Advance implements driver.Tx.
func (t *tx) Advance(ctx context.Context, series string, n int64) error {
	if err := t.usable(ctx, true); err != nil || n < 1 {
		return err
	}
	name, err := t.sequence(ctx, series)
	if err != nil {
		return err
	}
	return t.send(ctx, call{sql: fmt.Sprintf("select setval(%s, $1) from %s where last_value < $1 or not is_called", literalText(name), name), args: []any{n}})
}

// Now implements driver.Clock.
func (s *Store) Now(ctx context.Context) (now time.Time, err error) {
	err = s.pool.QueryRow(ctx, "select clock_timestamp()").Scan(&now)
	return now.UTC(), explain(ctx, err)
}

// channel is what the processes of this schema call each other on.
func (s *Store) channel() string { return strings.ToValidUTF8(fit("frontdesk:"+s.name), "") }

// Wake implements driver.Waker.
func (s *Store) Wake(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "select pg_notify($1, '')", s.channel())
	return explain(ctx, err)
}

// Listen implements driver.Waker. It keeps a connection of its own, outside the
// pool.
func (s *Store) Listen(ctx context.Context, woken func()) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return explain(ctx, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+quote(s.channel())); err != nil {
		return explain(ctx, err)
	}
	woken() // what was said before
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return explain(ctx, err)
		}
		woken()
	}
}

var (
	_ driver.Waker   = (*Store)(nil)
	_ driver.Reader  = (*tx)(nil)
	_ driver.Clock   = (*Store)(nil)
	_ driver.Indexer = (*Store)(nil)
)
