package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How often a process looks, without having been woken, whether the assigner is at work;
// and the pauses after an error.
const (
	poll       = 5 * time.Second
	firstPause = 50 * time.Millisecond
	lastPause  = 10 * time.Second
)

// Run gives tickets to agents until ctx ends, whose error it returns: this process does,
// or waits for its turn where others share the store. It owns all goroutines of this
// package.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.assigner.run(ctx) })
	err := s.watch(ctx)
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// begin waits for this process's turn to be at it, which end gives back.
func (a *assigner) begin(ctx context.Context) (end func(), err error) {
	select {
	case a.turn <- struct{}{}:
		return func() { <-a.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *assigner) run(ctx context.Context) {
	end, err := a.begin(ctx)
	if err != nil {
		return
	}
	defer end()
	w := a.s.events.Watch()
	defer w.Stop()
	pause := firstPause
	for ctx.Err() == nil {
		did, err := a.step(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, store.ErrClosed):
		case err != nil:
			a.s.log.ErrorContext(ctx, "giving tickets to agents", "error", err)
			rest(ctx, pause)
			pause = min(2*pause, lastPause)
			continue
		case did:
			pause = firstPause
			continue
		default:
			a.listen(ctx, w)
			continue
		}
		break
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := a.lease.release(last); err != nil {
		a.s.log.WarnContext(ctx, "leaving it to others to give tickets to agents", "error", err)
	}
}

// listen waits until there may be something to do.
func (a *assigner) listen(ctx context.Context, w *event.Watch) {
	var tick <-chan time.Time
	wait := time.Duration(-1)
	switch {
	case a.lease.watching():
		wait = a.lease.time / 4
	case a.s.root.Shared() && !a.lease.mine:
		wait = poll
	default:
		if next := a.nextMoment(); !next.IsZero() {
			wait = max(next.Sub(a.s.now()), 0)
		}
	}
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		tick = t.C
	}
	news := w.C()
	if a.lease.watching() {
		news = nil // they are for the assigner; this process only sees whether he takes them
	}
	select {
	case <-ctx.Done():
	case <-news:
	case <-tick:
	}
}

func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// Step gives out what can be given now, and does what is due, in this goroutine, and
// says how many rounds that took: 0 means that nothing was left, or that another process
// is at it. It is for tests and for cron, not for use beside Run.
func (s *Service) Step(ctx context.Context) (n int, err error) {
	a := s.assigner
	end, err := a.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer end()
	for did := true; did; n++ {
		if did, err = a.step(ctx); err != nil {
			return n, errors.Join(err, a.lease.release(ctx))
		}
		if !did {
			return n, a.lease.release(ctx)
		}
	}
	return n, nil
}
