package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// wakes passes on, between the processes of a shared store, that there is
// something new.
type wakes struct {
	due chan struct{} // holds one while others must be told

	mu    sync.Mutex
	heard map[*listener]struct{}
}

type listener struct{ f func() }

func newWakes() *wakes {
	return &wakes{due: make(chan struct{}, 1), heard: map[*listener]struct{}{}}
}

// Wake tells the other processes of a shared store that there is something new to
// look for. It only takes a note: Run tells them at once or a little later, many
// wakes as one. A wake may be lost; whoever relies on others looks now and then
// all the same.
func (db *DB) Wake() {
	if !db.traits.Shared {
		return
	}
	select {
	case db.wakes.due <- struct{}{}:
	default:
	}
}

// OnWake has f called, while Run is under way, when another process has called
// Wake, and when that may have been missed. f is quick, and doesn't call Wake for
// having been called. stop ends it.
func (db *DB) OnWake(f func()) (stop func()) {
	l := &listener{f}
	db.wakes.mu.Lock()
	defer db.wakes.mu.Unlock()
	db.wakes.heard[l] = struct{}{}
	return func() {
		db.wakes.mu.Lock()
		defer db.wakes.mu.Unlock()
		delete(db.wakes.heard, l)
	}
}

func (w *wakes) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.heard {
		l.f()
	}
}

const (
	// betweenWakes is the least time between two wakes that a process sends: each
	// of them has every other process look.
	betweenWakes = 20 * time.Millisecond
	// The pauses before listening again on a new connection.
	firstListen = 50 * time.Millisecond
	lastListen  = 5 * time.Second
)

// tell sends the wakes of this process.
func (db *DB) tell(ctx context.Context, w driver.Waker) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-db.wakes.due:
		}
		if err := w.Wake(ctx); err != nil && ctx.Err() == nil {
			db.log.WarnContext(ctx, "waking the other processes", "error", err)
		}
		if rest(ctx, betweenWakes) != nil {
			return
		}
	}
}

// hear passes on the wakes of other processes. What is missed while the connection
// is broken the store makes good for when it listens again.
func (db *DB) hear(ctx context.Context, w driver.Waker) {
	pause := firstListen
	for {
		start := time.Now()
		err := w.Listen(ctx, db.wakes.ring)
		if ctx.Err() != nil || errors.Is(err, ErrClosed) {
			return
		}
		db.log.WarnContext(ctx, "listening for other processes: trying again", "error", err)
		if time.Since(start) > lastListen {
			pause = firstListen
		}
		if rest(ctx, pause/2+rand.N(pause)) != nil {
			return
		}
		pause = min(2*pause, lastListen)
	}
}

// rest returns ctx's error if that ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// now is the time of the store's clock; of this process's where it has none.
func (db *DB) now(ctx context.Context) (time.Time, error) {
	if c, ok := db.d.(driver.Clock); ok {
		return c.Now(ctx)
	}
	return time.Now(), ctx.Err()
}

// readings is how often Offset reads the clock.
const readings = 5

// Offset measures how far the store's clock is ahead of the given one, negative if
// it is behind. It is 0 where the store has no clock of its own.
func (db *DB) Offset(ctx context.Context, now func() time.Time) (time.Duration, error) {
	c, ok := db.d.(driver.Clock)
	if !ok {
		return 0, nil
	}
	var offsets []time.Duration
	for range readings {
		before := now()
		there, err := c.Now(ctx)
		if err != nil {
			return 0, err
		}
		way := now().Sub(before) / 2
		offsets = append(offsets, there.Sub(before.Add(way)))
	}
	slices.Sort(offsets)
	return offsets[readings/2], nil // the outliers are answers that took long
}
