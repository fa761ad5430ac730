package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

var (
	// errLost: the lease is over, or the job was changed or removed meanwhile.
	errLost = errors.New("the lease on the job is gone")
	// errMoved: it was given another time, as handlers do with jobs of their own that
	// have to run again.
	errMoved = fmt.Errorf("%w: it was given another time", errLost)
	// errSpent is the error of a job whose last attempt never ended.
	errSpent = errors.New("the last attempt never ended: its process died, or was too slow to complete it")
)

// settleTime bounds the transaction that stores what came of a job when Run is
// about to end; otherwise it may take as long as the lease.
const settleTime = 10 * time.Second

// work runs a job that was claimed, and stores what came of it. Its error is the
// store's, not the handler's.
func (q *Queue) work(ctx context.Context, e *entry) error {
	h := q.handlers[e.Kind]
	if e.Erased {
		return q.settle(ctx, e, q.remove)
	}
	if e.spent {
		return q.fail(ctx, e, Permanent(errSpent))
	}
	err := q.attempt(ctx, h, e)
	switch _, final := errors.AsType[*permanent](err); {
	case err == nil && h.Inside != nil:
		return nil // completed with its effects
	case err == nil:
		return q.settle(ctx, e, q.finish)
	case errors.Is(err, errLost):
		q.lost(ctx, e, err)
		return nil
	case ctx.Err() != nil && !final:
		return q.settle(ctx, e, q.giveBack)
	}
	return q.fail(ctx, e, err)
}

func (q *Queue) attempt(ctx context.Context, h Handler, e *entry) error {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	if h.Inside != nil {
		return q.inside(ctx, h, e)
	}
	return q.guard(ctx, e, func(j *Job) error { return h.Do(ctx, j) })
}

// inside runs a handler and completes the job in one transaction.
func (q *Queue) inside(ctx context.Context, h Handler, e *entry) error {
	return q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := q.leased(ctx, tx, e); err != nil {
			return err
		}
		err := q.guard(ctx, e, func(j *Job) error { return h.Inside(ctx, tx, j) })
		if err != nil {
			return err
		}
		own, err := q.own(ctx, tx, e)
		if errors.Is(err, errLost) {
			return nil // the handler has cancelled its job, or given it another time
		}
		if err != nil {
			return err
		}
		return q.finish(ctx, tx, own)
	})
}

// guard calls a handler with its own copy of the job. A panic is a failure.
func (q *Queue) guard(ctx context.Context, e *entry, f func(*Job) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
			q.log.ErrorContext(ctx, "job panicked", "job", e.ID, "kind", e.Kind, "stack", string(debug.Stack()))
		}
	}()
	j := e.Job
	j.Data = bytes.Clone(j.Data)
	return f(&j)
}

// own reads the job of a claim, if the claim's lease is still on it.
func (q *Queue) own(ctx context.Context, tx *store.Tx, e *entry) (*entry, error) {
	now, err := q.lock(ctx, tx, e.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (now.Lease == nil || now.Lease.Token != e.Lease.Token) {
		if err == nil && now.Lease == nil && now.State == Waiting && now.Attempt == 0 {
			return nil, errMoved
		}
		return nil, errLost
	}
	return now, err
}

// leased is own, and refuses a lease whose time is over, although nobody has
// taken the job yet.
func (q *Queue) leased(ctx context.Context, tx *store.Tx, e *entry) (*entry, error) {
	own, err := q.own(ctx, tx, e)
	if err == nil && !q.time().Before(own.Lease.Until) {
		return nil, errLost
	}
	return own, err
}

// settle stores what came of a job, unless its lease is gone. It does so also
// when ctx has ended, since otherwise the job would have to wait for its lease.
func (q *Queue) settle(ctx context.Context, e *entry, outcome func(context.Context, *store.Tx, *entry) error) error {
	// A lease that is over is refused for what is stored, and not for how long that
	// takes on a busy machine.
	d := max(e.Lease.Until.Sub(q.time()), time.Second)
	if ctx.Err() != nil {
		d = min(d, settleTime)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	defer cancel()
	err := q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		own, err := q.leased(ctx, tx, e)
		if err != nil {
			return err
		}
		return outcome(ctx, tx, own)
	})
	if errors.Is(err, errLost) {
		q.lost(ctx, e, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("settle job %q: %w", e.ID, err)
	}
	return nil
}

func (q *Queue) lost(ctx context.Context, e *entry, why error) {
	level := slog.LevelWarn
	if errors.Is(why, errMoved) {
		level = slog.LevelDebug
	}
	q.log.Log(ctx, level, "job was taken over, changed or removed while it ran: its result is dropped",
		"job", e.ID, "kind", e.Kind, "attempt", e.Attempt)
}

// finish leaves the mark of a job that is done.
func (q *Queue) finish(ctx context.Context, tx *store.Tx, e *entry) error {
	if q.keep < 0 {
		return q.remove(ctx, tx, e)
	}
	if err := q.leave(ctx, tx, e); err != nil {
		return err
	}
	e.Owner, e.Data, e.Error, e.Lease = "", nil, "", nil
	e.State, e.Ended = Done, q.time()
	return jobs.Put(ctx, tx, e)
}

// remove leaves nothing.
func (q *Queue) remove(ctx context.Context, tx *store.Tx, e *entry) error {
	if err := q.leave(ctx, tx, e); err != nil {
		return err
	}
	return jobs.Delete(ctx, tx, e)
}

// giveBack undoes a claim.
func (q *Queue) giveBack(ctx context.Context, tx *store.Tx, e *entry) error {
	e.State, e.Lease = Waiting, nil
	e.Attempt--
	return jobs.Put(ctx, tx, e)
}

// fail has the job tried again, or gives it up.
func (q *Queue) fail(ctx context.Context, e *entry, cause error) error {
	_, final := errors.AsType[*permanent](cause)
	if final || e.Attempt >= q.handlers[e.Kind].MaxAttempts {
		q.log.ErrorContext(ctx, "job given up", "job", e.ID, "kind", e.Kind, "attempt", e.Attempt, "error", text(cause))
		return q.settle(ctx, e, func(ctx context.Context, tx *store.Tx, e *entry) error {
			if err := q.leave(ctx, tx, e); err != nil {
				return err
			}
			e.State, e.Lease, e.Error, e.Ended = Dead, nil, text(cause), q.time()
			return jobs.Put(ctx, tx, e)
		})
	}
	pause := q.pause(e.ID, e.Attempt, cause)
	q.log.WarnContext(ctx, "job failed", "job", e.ID, "kind", e.Kind, "attempt", e.Attempt, "again", pause, "error", text(cause))
	return q.settle(ctx, e, func(ctx context.Context, tx *store.Tx, e *entry) error {
		e.State, e.Lease, e.Error, e.RunAt = Waiting, nil, text(cause), q.time().Add(pause)
		return jobs.Put(ctx, tx, e)
	})
}
