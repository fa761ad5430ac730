package indexfiles

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// eventsAtOnce is how many events are read at a time. The more they are the fewer documents
// are written twice, as most are changed several times while they are new.
const eventsAtOnce = 1000

// writeEvery is how many events may be read again after a process has died, where they
// changed nothing: they aren't worth a file each.
const writeEvery = 10_000

// Run keeps the index up with the log until ctx ends, whose error it returns. An
// error of the index or of the store is logged, and it tries again.
func (f *Files) Run(ctx context.Context) error {
	w := f.events.Watch()
	defer w.Stop()
	const firstPause, lastPause = 100 * time.Millisecond, 30 * time.Second
	pause := firstPause
	for ctx.Err() == nil {
		start := time.Now()
		n, err := f.step(ctx, eventsAtOnce)
		switch {
		case ctx.Err() != nil, errors.Is(err, store.ErrClosed):
			return ctx.Err()
		case err != nil:
			f.log.ErrorContext(ctx, "the search index can't follow the log", "error", err)
			if sleep(ctx, pause) != nil {
				return ctx.Err()
			}
			pause = min(2*pause, lastPause)
			continue
		}
		pause = firstPause
		switch {
		case n == 0:
			err = listen(ctx, w)
		case n < eventsAtOnce && !f.building():
			err = sleep(ctx, min(max(company, share*time.Since(start)), maxCompany))
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (f *Files) building() bool {
	m := f.at.Load()
	return m != nil && m.Building
}

// A batch waits for company, because each one makes a file, which is merged with others
// later: on a busy desk for share times what the one before it took. Now and then
// somebody looks without having been woken.
const (
	company    = 50 * time.Millisecond
	maxCompany = time.Second
	share      = 4
	poll       = 5 * time.Second
)

func listen(ctx context.Context, w *event.Watch) error {
	t := time.NewTimer(poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case <-w.C():
	}
	return sleep(ctx, company)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	}
	return nil
}

// Step brings the index up to the log, or goes on building it to the end, and returns
// how many events and documents it read: 0 means that nothing was left.
func (f *Files) Step(ctx context.Context) (n int, err error) { return f.step(ctx, 1) }

// step goes on until a batch was of fewer than enough.
func (f *Files) step(ctx context.Context, enough int) (n int, err error) {
	f.stepping.Lock()
	defer f.stepping.Unlock()
	for anew := false; ; {
		more, err := f.advance(ctx)
		n += more
		if !anew && (errors.Is(err, ErrDamaged) || errors.Is(err, event.ErrGone)) {
			f.log.WarnContext(ctx, "the search index is built anew", "error", err)
			anew = true // once: if that doesn't help, whoever calls may try later
			if err = f.reset(); err == nil {
				continue
			}
		}
		if err != nil || more < enough {
			return n, err
		}
	}
}

// advance does one batch.
func (f *Files) advance(ctx context.Context) (n int, err error) {
	if err := f.Open(); err != nil {
		return 0, err
	}
	m := f.at.Load()
	switch {
	case m == nil:
		return f.begin(ctx)
	case m.Building:
		return f.build(ctx, *m)
	case m.Purge: // a process died before it had come to that
		return 1, f.purge(ctx, *m)
	}
	return f.follow(ctx, *m)
}

// begin notes where the log is. What happens while the store is read comes after it,
// and is read again.
func (f *Files) begin(ctx context.Context) (int, error) {
	m := mark{Building: true}
	head, err := f.events.Head(ctx)
	if err != nil {
		return 0, err
	}
	if head > 0 {
		es, err := f.events.Since(ctx, f.db, head-1, 1)
		if err != nil || len(es) == 0 {
			return 0, err
		}
		m.Position, m.Event = head, es[0].ID
	}
	return 1, f.write(ctx, newBatch(), m)
}

// build reads the next part of the store.
func (f *Files) build(ctx context.Context, m mark) (int, error) {
	b := newBatch()
	next, err := f.source.Build(ctx, b, m.After)
	if err != nil {
		return 0, err
	}
	m.After, m.Building = next, next != ""
	return max(len(b.ops.IndexOps), 1), f.write(ctx, b, m)
}

// follow reads the next events, and what they are about.
func (f *Files) follow(ctx context.Context, m mark) (int, error) {
	if err := f.sameLog(ctx, m); err != nil {
		return 0, err
	}
	es, err := f.events.Next(ctx, m.Position, eventsAtOnce)
	if err != nil {
		return 0, err
	}
	if len(es) == 0 {
		return f.settle(ctx, m)
	}
	b := newBatch()
	if err := f.source.Follow(ctx, b, es); err != nil {
		return 0, err
	}
	last := es[len(es)-1]
	m.Position, m.Event, m.Purge = last.Position, last.ID, b.Erased
	if b.empty() && m.Position-m.written < writeEvery {
		f.at.Store(&m)
		return len(es), nil
	}
	if err := f.write(ctx, b, m); err != nil {
		return 0, err
	}
	if b.Erased {
		err = f.purge(ctx, m)
	}
	return len(es), err
}

// settle has the source add what no event is about.
func (f *Files) settle(ctx context.Context, m mark) (int, error) {
	if f.source.Settle == nil {
		return 0, nil
	}
	b := newBatch()
	if err := f.source.Settle(ctx, b); err != nil || b.empty() {
		return 0, err
	}
	return len(b.ops.IndexOps), f.write(ctx, b, m)
}

// purge has the files forget what was taken out, and says that they have.
func (f *Files) purge(ctx context.Context, m mark) error {
	if err := f.forget(ctx); err != nil {
		return err
	}
	m.Purge = false
	return f.write(ctx, newBatch(), m)
}

// sameLog makes sure that the log is the one that was read before.
func (f *Files) sameLog(ctx context.Context, m mark) error {
	if m.Position == 0 {
		return nil
	}
	es, err := f.events.Since(ctx, f.db, m.Position-1, 1)
	if err != nil {
		return err
	}
	if len(es) == 0 || es[0].Position != m.Position || es[0].ID != m.Event {
		return event.ErrGone
	}
	return nil
}

// Compact brings the index up to the log, and writes its files anew without what
// was taken out of them. An index in memory has none.
func (f *Files) Compact(ctx context.Context) error {
	if f.dir == "" {
		return nil
	}
	if _, err := f.Step(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	f.stepping.Lock()
	defer f.stepping.Unlock()
	if err := f.forget(ctx); err != nil {
		return fmt.Errorf("compact search index: %w", err)
	}
	return nil
}

// Lag says how many events the index is behind the log, and whether it is being
// built.
func (f *Files) Lag(ctx context.Context) (events int64, building bool, err error) {
	head, err := f.events.Head(ctx)
	if err != nil {
		return 0, false, err
	}
	m := f.at.Load()
	if m == nil {
		return head, true, nil
	}
	return max(head-m.Position, 0), m.Building, nil
}
