package job

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Run works until ctx ends, whose error it returns, or until the store is closed
// (store.ErrClosed). It owns all goroutines of this package, and waits for the
// handlers that run; what they leave undone is given back. A second Run or Step
// of the same Queue gets ErrRunning. On a shared store jobs are due by the store's
// clock; a process whose own one is far off it gets a *ClockError.
func (q *Queue) Run(ctx context.Context) error {
	if !q.busy.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer q.busy.Store(false)
	defer q.forgetClock()
	if off, ok := errors.AsType[*ClockError](q.compare(ctx)); ok {
		return off
	}
	q.live.Store(true)
	defer q.live.Store(false)
	defer q.db.OnWake(q.bell.ring)()
	var wg sync.WaitGroup
	defer wg.Wait()
	pause := firstWait
	for ctx.Err() == nil {
		next, err := q.round(ctx, &wg)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, store.ErrClosed):
			return err
		case err != nil:
			q.log.ErrorContext(ctx, "looking for jobs", "error", err)
			q.sleep(ctx, pause, nil)
			pause = min(2*pause, lastWait)
		default:
			pause = firstWait
			q.listen(ctx, next)
		}
	}
	return ctx.Err()
}

// The pauses after an error that isn't a job's.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 10 * time.Second
)

// round starts what is due, as far as workers are free, until there is nothing
// to start. Next is when to look again.
func (q *Queue) round(ctx context.Context, wg *sync.WaitGroup) (next time.Time, err error) {
	if err := q.compare(ctx); err != nil {
		return next, err
	}
	now := q.time()
	if err := q.free(ctx); err != nil {
		return next, err
	}
	if now.Sub(q.swept) >= sweepEvery {
		if err := q.sweep(ctx, now); err != nil {
			return next, err
		}
	}
	for {
		idle := q.idle()
		if idle == 0 {
			return q.swept.Add(sweepEvery), nil // whoever ends rings
		}
		es, next, err := q.claim(ctx, q.time(), idle)
		if err != nil {
			return next, err
		}
		for _, e := range es {
			q.start(ctx, wg, e)
		}
		if len(es) > 0 {
			continue
		}
		if sweep := q.swept.Add(sweepEvery); next.IsZero() || sweep.Before(next) {
			next = sweep
		}
		return next, nil
	}
}

func (q *Queue) start(ctx context.Context, wg *sync.WaitGroup, e *entry) {
	q.count(e.Kind, 1)
	wg.Go(func() {
		defer q.bell.ring()
		defer q.count(e.Kind, -1)
		if err := q.work(ctx, e); err != nil {
			q.log.ErrorContext(ctx, "job stays until its lease is over", "job", e.ID, "kind", e.Kind, "error", err)
		}
	})
}

func (q *Queue) count(kind string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running[kind] += n
	if q.running[kind] == 0 {
		delete(q.running, kind)
	}
}

func (q *Queue) idle() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.workers
	for _, r := range q.running {
		n -= r
	}
	return n
}

// poll is how often Run looks without having been woken, where other processes
// may write.
const poll = 5 * time.Second

// tick is how often a sleeper compares the clock with its alarm, without reading
// the store: timers don't notice when somebody sets the clock.
const tick = time.Minute

// listen returns when the bell rings, when it is time, or when ctx has ended.
func (q *Queue) listen(ctx context.Context, until time.Time) {
	start := q.time()
	for {
		now := q.time()
		if !now.Before(until) || q.db.Shared() && now.Sub(start) >= poll {
			return
		}
		d := min(until.Sub(now), tick)
		if q.db.Shared() {
			d = min(d, poll)
		}
		if !q.sleep(ctx, d, q.bell) {
			return
		}
	}
}

// sleep says whether it slept to the end.
func (q *Queue) sleep(ctx context.Context, d time.Duration, b bell) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-b:
		return false
	case <-t.C:
		return true
	}
}

// maxStep is how many jobs one Step runs.
const maxStep = 1000

// Step runs what is due at one reading of the clock, one job after the other in
// this goroutine, by time and id, at most 1,000 of them. Jobs that these jobs
// enqueue and that are due at once belong to it. It returns how many it ran; 0 means that nothing
// was due. Whatever handlers return is dealt with as Run does; an error is the
// store's, or ErrRunning beside Run. It is for tests and for cron.
func (q *Queue) Step(ctx context.Context) (n int, err error) {
	if !q.busy.CompareAndSwap(false, true) {
		return 0, ErrRunning
	}
	defer q.busy.Store(false)
	now := q.time()
	if err := errors.Join(q.free(ctx), q.sweep(ctx, now)); err != nil {
		return 0, fmt.Errorf("step jobs: %w", err)
	}
	for n < maxStep {
		es, _, err := q.claim(ctx, now, 1)
		more := len(es) == 1
		switch {
		case err == nil && more:
			n++
			err = q.work(ctx, es[0])
		case err == nil && q.db.Shared():
			more, err = q.passedOver(ctx, now)
		}
		if err != nil {
			return n, fmt.Errorf("step jobs: %w", err)
		}
		if !more {
			break
		}
	}
	return n, nil
}

// passedOver says whether a job that was due at now had to be passed over because
// another process held it, and waits until that is done with it.
func (q *Queue) passedOver(ctx context.Context, now time.Time) (found bool, err error) {
	err = q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		found = false
		hs, err := q.heads(ctx, tx)
		if err != nil {
			return err
		}
		for _, h := range hs {
			if q.room(h.kind) == 0 || h.due.After(now) {
				continue
			}
			found = true
			if _, err := jobs.Lock(ctx, tx, h.id, store.ForUpdate); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			break
		}
		return nil
	})
	return found, err
}
