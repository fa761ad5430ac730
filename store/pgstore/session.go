package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// call is one statement of a round trip.
type call struct {
	sql  string
	args []any
	rows func(pgx.Rows) error          // reads what it returns; may be nil
	done func(pgconn.CommandTag) error // looks at what it did; may be nil
	now  bool                          // somebody waits to hear whether a value is taken
}

// session is a transaction of the server's, in which a tx runs statements.
type session interface {
	// send runs statements in one round trip.
	send(ctx context.Context, calls []call) error
	// commit runs the last statements and ends the transaction, in one round trip.
	commit(ctx context.Context, calls []call) error
	rollback(ctx context.Context) error
}

// run sends statements as one batch and reads all answers. The first error of the
// server ends it; an error of a reader is returned when all has been read.
func run(ctx context.Context, conn interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}, calls []call) error {
	var b pgx.Batch
	for _, c := range calls {
		b.Queue(c.sql, c.args...)
	}
	answers := conn.SendBatch(ctx, &b)
	var own error
	for _, c := range calls {
		rows, err := answers.Query()
		if err == nil && c.rows != nil && own == nil {
			own = c.rows(rows)
		}
		rows.Close()
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			answers.Close()
			if code(err) != uniqueViolation {
				return explain(ctx, err)
			}
			if c.now {
				return refusal{driver.ErrExists}
			}
			return fmt.Errorf("%w: %w", errLate, err)
		}
		if c.done != nil && own == nil {
			own = c.done(rows.CommandTag())
		}
	}
	if err := answers.Close(); err != nil {
		return explain(ctx, err)
	}
	return own
}

// guest is a transaction that the host began.
type guest struct{ tx pgx.Tx }

func (g guest) send(ctx context.Context, calls []call) error { return run(ctx, g.tx, calls) }

func (g guest) commit(ctx context.Context, calls []call) error { return g.send(ctx, calls) }

func (g guest) rollback(context.Context) error { return nil }

// own is a transaction on a connection of the pool, which it takes when it needs
// it first.
type own struct {
	s     *Store
	write bool
	conn  *pgxpool.Conn
}

const (
	beginWrite = "begin isolation level read committed"
	beginRead  = "begin isolation level repeatable read read only"
)

func (o *own) send(ctx context.Context, calls []call) error {
	if o.conn != nil {
		return o.lost(run(ctx, o.conn, calls))
	}
	begin := call{sql: beginRead}
	if o.write {
		begin.sql = beginWrite
	}
	calls = append([]call{begin}, calls...)
	// A pooled connection may have died while it lay there, as all of them have
	// after the server was restarted. Nothing has happened on it, so another one
	// is as good.
	for try := int32(0); ; try++ {
		if err := o.acquire(ctx); err != nil {
			return err
		}
		err := run(ctx, o.conn, calls)
		if !o.conn.Conn().IsClosed() || ctx.Err() != nil || try > o.s.pool.Config().MaxConns {
			return o.lost(err)
		}
		o.conn.Release()
		o.conn = nil
	}
}

func (o *own) acquire(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, o.s.wait)
	defer cancel()
	conn, err := o.s.pool.Acquire(waiting)
	switch {
	case err == nil:
		o.conn = conn
		return nil
	case ctx.Err() == nil && waiting.Err() != nil:
		return fmt.Errorf("%w: none of the pool's %d connections became free within %s", driver.ErrUnavailable, o.s.pool.Config().MaxConns, o.s.wait)
	}
	return explain(ctx, err)
}

// lost looks at a connection after an error: one that is broken took the
// transaction with it, which may then run again.
func (o *own) lost(err error) error {
	if err == nil || o.conn == nil {
		return err
	}
	switch {
	case errors.Is(err, errStandby):
		o.conn.Conn().Close(context.Background()) // the pool will look for the primary
		return &rerun{err}
	case !o.conn.Conn().IsClosed() || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	}
	if !errors.Is(err, errBroken) { // the server said goodbye
		err = fmt.Errorf("%w: %w", errBroken, err)
	}
	return &rerun{err}
}

func (o *own) commit(ctx context.Context, calls []call) error {
	defer o.end()
	if o.conn == nil {
		if len(calls) == 0 {
			return nil // nothing was asked and nothing written
		}
		// On a connection that died in the pool a commit would be in doubt.
		if err := o.send(ctx, nil); err != nil {
			return err
		}
	}
	if o.conn.Conn().IsClosed() {
		return &rerun{errBroken}
	}
	err := run(ctx, o.conn, append(calls, call{sql: "commit", done: committed}))
	switch {
	case err == nil && ctx.Err() != nil:
		// Who stops waiting for a synchronous standby hears of a commit, too, that
		// a failover may undo.
		return errors.Join(ctx.Err(), driver.ErrUnknown)
	case err == nil:
		return nil
	case !o.conn.Conn().IsClosed():
		o.undo(ctx) // the server refused, and was there to say so
		return err
	}
	// Not even "conn closed" is a sign that nothing was sent: it is what the first
	// answer says that can't be read any more. What the error is otherwise known by
	// stays in its text, since most of that promises that nothing was changed.
	return errors.Join(ctx.Err(), fmt.Errorf("%w: %v", driver.ErrUnknown, err))
}

// committed looks at the answer to a commit: in a transaction that failed before,
// the server doesn't call it an error.
func committed(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return errors.New("the server rolled the transaction back")
	}
	return nil
}

// rollbackTime bounds the end of a transaction whose caller has gone.
const rollbackTime = 5 * time.Second

func (o *own) rollback(ctx context.Context) error {
	defer o.end()
	o.undo(ctx)
	return nil
}

// undo rolls back. If that fails the connection is closed, which the server takes
// for the same.
func (o *own) undo(ctx context.Context) {
	if o.conn == nil || o.conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if _, err := o.conn.Exec(ctx, "rollback"); err != nil {
		o.conn.Conn().Close(ctx)
	}
}

func (o *own) end() {
	if o.conn != nil {
		o.conn.Release()
		o.conn = nil
	}
	o.s.open.Done()
}
