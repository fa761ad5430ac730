package pgtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// lent is a schema, with the connections that tests use it by.
type lent struct {
	pool *pgxpool.Pool
	name string
}

// Emptied is Schema for tests that don't look at how tables are made, and kill no
// process: an earlier test of this process may have used it, whose tables are there,
// with nothing in them. A desk's hundred tables take ten times as long to make and to
// drop as to empty. The server knows the pool's connections by the schema's name
// (application_name).
func Emptied(t testing.TB) (pool *pgxpool.Pool, name string) {
	t.Helper()
	c, err := shared()
	check(t, err)
	l, ok := c.borrow()
	if !ok {
		l.name = c.next()
		if l.pool, err = connect(c.socketDSN() + " application_name=" + l.name); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		err := free(l.pool)
		if err == nil && !t.Failed() {
			if err = l.empty(); err == nil {
				c.giveBack(l)
				return
			}
		}
		closePool(t, l.pool)
		if err := c.drop(l.name); err != nil {
			t.Errorf("drop schema %s: %v", l.name, err)
		}
		if err != nil {
			t.Errorf("schema %s: %v", l.name, err)
		}
	})
	return l.pool, l.name
}

func (c *cluster) borrow() (l lent, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ok = len(c.idle) > 0; ok {
		l, c.idle = c.idle[len(c.idle)-1], c.idle[:len(c.idle)-1]
	}
	return l, ok
}

func (c *cluster) giveBack(l lent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, l)
}

// free waits until nobody uses the pool's connections.
func free(pool *pgxpool.Pool) error {
	tick, end := time.NewTicker(time.Millisecond), time.After(patience)
	defer tick.Stop()
	for pool.Stat().AcquiredConns() > 0 {
		select {
		case <-end:
			return fmt.Errorf("%d connections weren't given back to the pool", pool.Stat().AcquiredConns())
		case <-tick.C:
		}
	}
	return nil
}

// large is from how many bytes on a table is truncated, which is slow: what is deleted
// stays in the file.
const large = 1 << 20

// empty takes out all rows, and has sequences begin anew.
func (l lent) empty() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	rows, err := l.pool.Query(ctx, `select format(case when relkind = 'S' then 'alter sequence %I.%I restart'
			when pg_relation_size(c.oid) > $2 then 'truncate %I.%I' else 'delete from %I.%I' end, $1::text, relname)
		from pg_class c join pg_namespace n on n.oid = relnamespace
		where nspname = $1 and (relkind = 'S' or relkind = 'r' and pg_relation_size(c.oid) > 0)`, l.name, large)
	if err != nil {
		return err
	}
	var all strings.Builder
	for rows.Next() {
		var sql string
		if err := rows.Scan(&sql); err != nil {
			return err
		}
		all.WriteString(sql + ";")
	}
	if err := rows.Err(); err != nil || all.Len() == 0 {
		return err
	}
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	_, err = conn.Conn().PgConn().Exec(ctx, all.String()).ReadAll() // one transaction
	return err
}
