package event

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Run feeds consumers and live readers until ctx ends, whose error it returns.
// It owns all goroutines of this package.
func (l *Log) Run(ctx context.Context) error {
	l.live.Store(true)
	defer l.live.Store(false)
	var wg sync.WaitGroup
	if l.db.Shared() {
		defer l.db.OnWake(func() {
			l.hub.wake.ring()
			l.added.ring()
		})()
		wg.Go(func() { l.loop(ctx, "sequencer", l.added, firstLook, l.Sequence) })
	}
	// Consumers begin when the end of the log is known, so that what they have to read of it
	// is read once for all of them. If it can't be read now, live readers try again, and log it.
	_ = l.hub.start(ctx)
	wg.Go(func() { l.loop(ctx, "live readers", l.hub.wake, firstLook, l.hub.pump) })
	for _, c := range l.consumers {
		wg.Go(func() { l.loop(ctx, c.id(), c.bell, poll, c.step) })
	}
	wg.Wait()
	return ctx.Err()
}

// The pauses after an error that isn't the event's.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 10 * time.Second
)

// loop steps until there is nothing to do, then listens.
func (l *Log) loop(ctx context.Context, name string, b bell, look time.Duration, step func(context.Context) (int, error)) {
	pause := firstPause
	for ctx.Err() == nil {
		n, err := step(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, store.ErrClosed):
			return
		case errors.Is(err, errHeld):
			if sleep(ctx, turn()) != nil {
				return
			}
			continue
		case err != nil:
			l.log.ErrorContext(ctx, "reading the event log", "consumer", name, "error", err)
			if sleep(ctx, pause) != nil {
				return
			}
			pause = min(2*pause, lastPause)
			continue
		}
		pause = firstPause
		if n == 0 && l.listen(ctx, b, look) != nil {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Step feeds every consumer, in the order in which they were added, and the live
// readers, up to the end that the log has when it begins: what consumers append
// meanwhile is for the next Step. It returns how many events they took: 0 means
// that nothing was left. It isn't for use beside Run.
func (l *Log) Step(ctx context.Context) (n int, err error) {
	if _, err := l.Sequence(ctx); err != nil {
		return 0, err
	}
	if _, err := l.hub.pump(ctx); err != nil {
		return 0, err
	}
	head, err := l.Head(ctx)
	if err != nil {
		return 0, err
	}
	lags, err := l.Lags(ctx)
	if err != nil {
		return 0, err
	}
	for i, c := range l.consumers {
		for behind := lags[i].Events > 0; behind; behind = c.reached.Load() < head {
			taken, err := c.step(ctx)
			if err != nil {
				return n, err
			}
			if taken == 0 {
				break
			}
			n += taken
		}
	}
	return n, nil
}
