package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// Func takes events inside the transaction that moves the consumer's cursor, so
// that its effects on the store happen exactly once. It may run more than once
// before that, as any function of an Update.
type Func func(ctx context.Context, tx *store.Tx, es []*Event) error

// batch is how many events a consumer reads at a time.
const batch = 256

// consumer is a projection, or one partition of a reactor.
type consumer struct {
	bell
	l     *Log
	name  string
	do    Func
	types []string // none: all
	parts int      // 0: a projection
	part  int
	size  int // how many events a projection, or runs a reactor, takes next

	at      int64     // the cursor as this process knows it; -1 until it has read it
	created bool      // the cursor is known to exist, on a shared store
	other   bool      // another process was the last one to be at work
	looked  time.Time // when the store was last looked at
	stored  time.Time // when the cursor was last stored here

	buffer  []*Event // read ahead, of those that it takes
	singly  int      // so many events are given one by one, to find the one that fails
	scanned int64    // up to here nothing is left but what is in buffer

	appended atomic.Int64 // events that it caused, in this process
	reached  atomic.Int64 // up to here nothing is left for it, as this process knows; ahead of the cursor, which isn't stored for events that it doesn't take
}

// Project adds a projection: f writes only the projection's own collections, and
// gets events in batches, in the order of the log. types are the types of events that it
// gets, or what they begin with, if that ends with a dot; none: all. An event that f
// fails on is parked alone. Call it before Run or Step.
func (l *Log) Project(name string, f Func, types ...string) {
	l.consumers = append(l.consumers, &consumer{bell: newBell(), l: l, name: name, do: f, types: types, size: batch, at: -1})
}

// React adds a reactor: f calls services, and gets consecutive events of one
// subject at a time, of the types that are named as for Project. Subjects are spread over
// the partitions, which run side by side; their number may not change later. A subject
// whose event f fails on is parked, and its later events wait behind it. Call it before
// Run or Step.
func (l *Log) React(name string, partitions int, f Func, types ...string) {
	for p := range max(partitions, 1) {
		l.consumers = append(l.consumers, &consumer{bell: newBell(), l: l, name: name, do: f, types: types, parts: max(partitions, 1), part: p, at: -1})
	}
}

// takes says whether an event is for the consumer.
func (c *consumer) takes(e *Event) bool {
	if c.parts > 0 && partition(e.Subject, c.parts) != c.part {
		return false
	}
	return len(c.types) == 0 || slices.ContainsFunc(c.types, func(t string) bool {
		return e.Type == t || strings.HasSuffix(t, ".") && strings.HasPrefix(e.Type, t)
	})
}

// cursor is how far a consumer has come.
type cursor struct {
	ID         string    `json:"id"` // name, or name/partition
	Position   int64     `json:"position"`
	Incomplete bool      `json:"incomplete,omitempty"` // an event of a projection is parked
	Rev        store.Rev `json:"-"`
}

var cursors = &store.Collection[cursor]{
	Name:       "event_cursor",
	Key:        func(c *cursor) string { return c.ID },
	Rev:        func(c *cursor) *store.Rev { return &c.Rev },
	Impersonal: "holds names and positions",
}

func (c *consumer) id() string {
	if c.parts == 0 {
		return c.name
	}
	return fmt.Sprintf("%s/%d", c.name, c.part)
}

func (c *consumer) cursor(ctx context.Context, tx *store.Tx, lock driver.Lock) (*cursor, error) {
	cur, err := cursors.Lock(ctx, tx, c.id(), lock)
	if errors.Is(err, store.ErrNotFound) {
		return &cursor{ID: c.id()}, nil
	}
	return cur, err
}

// create sees to it that there is a cursor that processes can hold.
func (c *consumer) create(ctx context.Context) error {
	if c.created || !c.l.db.Shared() {
		return nil
	}
	err := c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.cursor(ctx, tx, driver.None)
		if err != nil || cur.Rev > 0 {
			return err
		}
		return cursors.Put(ctx, tx, cur)
	})
	if errors.Is(err, store.ErrExists) {
		err = nil // by another process
	}
	c.created = err == nil
	return err
}

// errHeld: another process is at work with the consumer's cursor.
var errHeld = errors.New("another process holds the cursor")

// hold reads the cursor, and keeps other processes from moving it until the
// transaction ends. Under Run it doesn't wait for one that does so already, since
// a waiting transaction costs a connection.
func (c *consumer) hold(ctx context.Context, tx *store.Tx) (*cursor, error) {
	if !tx.Shared() || !c.l.live.Load() {
		return c.cursor(ctx, tx, store.ForUpdate)
	}
	q := store.ByKey().From(c.id()).To(c.id() + "\x01")
	for cur, err := range cursors.Claim(ctx, tx, q.Limit(1)) {
		return cur, err
	}
	return nil, errHeld
}

// moved notes where the cursor is now. Whether this process moved it there decides
// who goes first next time.
func (c *consumer) moved(to int64, own bool) {
	if c.at >= 0 && (own || to > c.at) {
		c.other = !own
	}
	if own {
		c.stored = time.Now()
	}
	c.at = max(c.at, to)
	c.scanned = max(c.scanned, c.at)
	for len(c.buffer) > 0 && c.buffer[0].Position <= c.at {
		c.buffer, c.singly = c.buffer[1:], max(c.singly-1, 0)
	}
	if len(c.buffer) == 0 {
		c.buffer = nil // or what was taken would stay in memory until something comes
	}
}

// idle says that nothing is left, as far as the hub knows, which rings when there
// is more. Now and then the store is looked at all the same.
func (c *consumer) idle(at int64) bool {
	return c.l.live.Load() && at >= 0 && time.Since(c.looked) < poll && c.l.hub.reached(at)
}

// turn is for how long a process leaves a consumer to another one that is at work
// with it.
func turn() time.Duration { return 50*time.Millisecond + rand.N(150*time.Millisecond) }

// yield lets another process go on that was at work last, so that not all of them
// run for the cursor at each event. If that one is gone, this one finds the work
// undone when it looks.
func (c *consumer) yield(ctx context.Context) error {
	if !c.other || !c.l.live.Load() {
		return nil
	}
	if err := sleep(ctx, turn()); err != nil {
		return err
	}
	return c.l.db.View(ctx, c.look)
}

// look reads how far the consumer has come.
func (c *consumer) look(ctx context.Context, tx *store.Tx) error {
	cur, err := c.cursor(ctx, tx, driver.None)
	if err == nil {
		c.moved(cur.Position, false)
	}
	return err
}

// poison is an event that a consumer can't take.
type poison struct{ err error }

func (p *poison) Error() string { return p.err.Error() }
func (p *poison) Unwrap() error { return p.err }

// causing is the context key of the consumer that is at work.
type causing struct{}

// call runs the consumer's function as a savepoint. Its failure is poison unless
// the store or the caller is the reason.
func (c *consumer) call(ctx context.Context, tx *store.Tx, es []*Event) error {
	err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		return c.do(context.WithValue(ctx, causing{}, c), tx, es)
	})
	if err == nil || ctx.Err() != nil || slices.ContainsFunc(notPoison, func(target error) bool { return errors.Is(err, target) }) {
		return err
	}
	return &poison{err}
}

// notPoison are errors that say nothing about the event: it will go better later,
// or in a process of a newer program.
var notPoison = []error{
	store.ErrConflict, store.ErrFailed, store.ErrClosed, store.ErrUnavailable, store.ErrUnknown, store.ErrIndexBuilding, store.ErrNewer,
}

// step takes some events; n is how many it has dealt with, 0 at the log's end.
// Where another process is at work with the cursor the error is errHeld.
func (c *consumer) step(ctx context.Context) (n int, err error) {
	if err := c.create(ctx); err != nil {
		return 0, fmt.Errorf("consumer %s: %w", c.id(), err)
	}
	if err := c.yield(ctx); err != nil {
		return 0, fmt.Errorf("consumer %s: %w", c.id(), err)
	}
	take := c.react
	if c.parts == 0 {
		take = c.project
	}
	if n, err = take(ctx); errors.Is(err, errHeld) {
		c.other = true
	}
	if err == nil && len(c.buffer) == 0 {
		c.reached.Store(c.scanned)
	} else if len(c.buffer) > 0 {
		c.reached.Store(c.buffer[0].Position - 1)
	}
	if n == 0 && err == nil {
		c.l.release()
	}
	return n, err
}

func (c *consumer) project(ctx context.Context) (n int, err error) {
	if len(c.buffer) == 0 {
		if n, err = c.fill(ctx); err != nil || len(c.buffer) == 0 {
			return n, err
		}
	}
	es := c.buffer[:min(len(c.buffer), c.size)]
	last := es[len(es)-1].Position
	if len(es) == len(c.buffer) {
		last = c.scanned
	}
	at, own := int64(0), false
	err = c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.hold(ctx, tx)
		if err != nil {
			return err
		}
		if at, own = max(cur.Position, last), cur.Position < last; !own {
			return nil // another process has dealt with them
		}
		rest := slices.DeleteFunc(slices.Clone(es), func(e *Event) bool { return e.Position <= cur.Position })
		if rest, err = current(ctx, tx, rest); err != nil {
			return err
		}
		if len(rest) > 0 {
			if err := c.call(ctx, tx, rest); err != nil {
				return err
			}
		}
		cur.Position = last
		return cursors.Put(ctx, tx, cur)
	})
	bad, isPoison := errors.AsType[*poison](err)
	switch {
	case isPoison && len(es) > 1:
		c.size = len(es) / 2 // closing in on the one
		return c.project(ctx)
	case isPoison:
		at, own = es[0].Position, true
		err = c.park(ctx, es[0], at, bad.err)
	case err == nil:
		c.size = min(2*c.size, batch)
	}
	if errors.Is(err, errHeld) {
		return 0, err // what was read ahead is still good
	}
	if err != nil {
		c.buffer, c.scanned = nil, c.at
		return 0, fmt.Errorf("projection %s: %w", c.name, err)
	}
	before := len(c.buffer)
	c.moved(at, own)
	return before - len(c.buffer), nil
}

// Lag is how far a consumer is behind the log.
type Lag struct {
	Consumer   string
	Events     int64         // at most: a partition counts those of others, too, as long as no Run or Step of this process has looked at them
	Age        time.Duration // of the oldest of them
	Incomplete bool          // an event of a projection is parked
	Appended   int64         // events that it caused itself, in this process
}

// Lags reports the consumers in the order in which they were added.
func (l *Log) Lags(ctx context.Context) (lags []Lag, err error) {
	err = l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		head, err := l.head(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range l.consumers {
			cur, err := c.cursor(ctx, tx, driver.None)
			if err != nil {
				return err
			}
			at := max(cur.Position, c.reached.Load())
			lag := Lag{Consumer: c.id(), Events: max(head-at, 0), Incomplete: cur.Incomplete, Appended: c.appended.Load()}
			if lag.Events > 0 {
				next, err := l.Since(ctx, tx, at, 1)
				if err != nil {
					return err
				}
				if len(next) > 0 {
					lag.Age = l.now().Sub(next[0].Time)
				}
			}
			lags = append(lags, lag)
		}
		return nil
	})
	return lags, err
}
