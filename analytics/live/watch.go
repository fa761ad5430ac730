package live

import (
	"context"
	"iter"
	"reflect"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How often a stream tells at most, how long it waits for what isn't counted yet, and how
// long it believes that its reader may look.
const (
	pace     = time.Second
	patience = time.Minute
	trust    = 15 * time.Second
)

// Watch yields how the desk stands, now and whenever something has changed, once a second at
// most, until ctx ends or the actor may not see it any more: that error it yields last. While
// nothing happens it reads nothing. The desk must run.
func (s *Service) Watch(ctx context.Context, actor event.Actor) iter.Seq2[*Snapshot, error] {
	return func(yield func(*Snapshot, error) bool) {
		w := s.Events.Watch()
		defer w.Stop()
		var (
			last  *Snapshot
			sight *identity.Sight
			seen  time.Time // when sight was asked for
			late  = pace
		)
		for {
			asked := time.Now()
			var err error
			if sight == nil || asked.Sub(seen) >= trust {
				sight, err = s.sight(ctx, actor)
				seen = asked
			}
			var snap *Snapshot
			if err == nil {
				snap, err = s.read(ctx, sight, asked)
			}
			took := time.Since(asked)
			if err != nil {
				yield(nil, err)
				return
			}
			if !last.same(snap) && !yield(snap, nil) {
				return
			}
			if last = snap; !snap.behind {
				late = pace
			}
			if err := s.rest(ctx, w, snap.changes, snap.behind, late); err != nil {
				yield(nil, err)
				return
			}
			if snap.behind {
				late = min(2*late, patience)
			}
			// Where a look takes long, it isn't taken as often.
			if err := sleep(ctx, max(pace, 10*took)-time.Since(asked)); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// same says that two snapshots tell the same, but for the time that has passed.
func (n *Snapshot) same(o *Snapshot) bool {
	if n == nil || o == nil || n == o {
		return n == o
	}
	a, b := n.timeless(), o.timeless()
	return reflect.DeepEqual(a, b)
}

// timeless is the snapshot without what grows by itself.
func (n *Snapshot) timeless() Snapshot {
	t := *n
	t.At, t.Through, t.said, t.behind, t.turns, t.changes = time.Time{}, 0, nil, false, time.Time{}, time.Time{}
	t.Total.Wait = 0
	t.Queues = append([]Queue(nil), n.Queues...)
	for i := range t.Queues {
		t.Queues[i].Wait, t.Queues[i].Front.Waited = 0, 0
	}
	return t
}

// rest waits until something may have happened, until a moment, unless that is zero, and, if
// not all is counted yet, no longer than late.
func (s *Service) rest(ctx context.Context, w *event.Watch, until time.Time, behind bool, late time.Duration) error {
	wait := time.Duration(-1)
	if !until.IsZero() {
		wait = max(until.Sub(s.now()), 0)
	}
	if behind && (wait < 0 || late < wait) {
		wait = late
	}
	var timer <-chan time.Time
	if wait >= 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.C():
	case <-timer:
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
