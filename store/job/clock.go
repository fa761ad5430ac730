package job

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// ClockError: this process's clock is so far off the store's that others could take
// over jobs that it is still running. Set the clock, by NTP for example.
type ClockError struct {
	Offset time.Duration // by which the store's clock is ahead of this process's
	Limit  time.Duration // a quarter of the shortest lease
}

func (e *ClockError) Error() string {
	return fmt.Sprintf("the clocks of this process and of the store are %v apart, at most %v is allowed: set the clock", e.Offset.Abs(), e.Limit)
}

// time is the moment by which jobs are due and leased: the clock's, and under Run
// on a shared store that of the store's clock.
func (q *Queue) time() time.Time { return q.now().Add(time.Duration(q.offset.Load())) }

// compareEvery is how often the clocks are compared.
const compareEvery = time.Minute

// compare measures, now and then, how far the store's clock is ahead of this one.
func (q *Queue) compare(ctx context.Context) error {
	now := q.now()
	// A clock that has been set back must not be trusted until it has come so far.
	if d := now.Sub(q.measured).Abs(); !q.db.Shared() || !q.measured.IsZero() && d < compareEvery {
		return nil
	}
	offset, err := q.db.Offset(ctx, q.now)
	if err != nil {
		return fmt.Errorf("the store's clock: %w", err)
	}
	if limit := q.shortest() / 4; offset.Abs() > limit {
		return &ClockError{offset, limit}
	}
	q.offset.Store(int64(offset))
	q.measured = now
	return nil
}

// shortest is the shortest lease that this process gives.
func (q *Queue) shortest() time.Duration {
	var d time.Duration
	for _, h := range q.handlers {
		if lease := h.Timeout + grace; d == 0 || lease < d {
			d = lease
		}
	}
	return cmp.Or(d, defaultTimeout+grace)
}

// forgetClock has the queue go by its own clock again.
func (q *Queue) forgetClock() {
	q.offset.Store(0)
	q.measured = time.Time{}
}
