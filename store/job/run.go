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
// of the same Queue gets ErrRunning.
func (q *Queue) Run(ctx context.Context) error {
	if !q.busy.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer q.busy.Store(false)
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
	now := q.now()
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
		es, next, err := q.claim(ctx, q.now(), idle)
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
	start := q.now()
	for {
		now := q.now()
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
	now := q.now()
	if err := errors.Join(q.free(ctx), q.sweep(ctx, now)); err != nil {
		return 0, fmt.Errorf("step jobs: %w", err)
	}
	for ; n < maxStep; n++ {
		es, _, err := q.claim(ctx, now, 1)
		if err == nil && len(es) == 1 {
			err = q.work(ctx, es[0])
		}
		if err != nil {
			return n, fmt.Errorf("step jobs: %w", err)
		}
		if len(es) == 0 {
			break
		}
	}
	return n, nil
}
