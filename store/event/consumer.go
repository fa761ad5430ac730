package event

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
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
	l       *Log
	name    string
	do      Func
	parts   int // 0: a projection
	part    int
	size    int      // of a projection's next batch
	buffer  []*Event // read ahead by a reactor's partition
	singly  int      // so many events are given one by one, to find the one that fails
	scanned int64    // up to here nothing is left for this partition

	appended atomic.Int64 // events that it caused, in this process
}

// Project adds a projection: f writes only the projection's own collections, and
// gets events in batches, in the order of the log. An event that f fails on is
// parked alone. Call it before Run or Step.
func (l *Log) Project(name string, f Func) {
	l.consumers = append(l.consumers, &consumer{bell: newBell(), l: l, name: name, do: f, size: batch})
}

// React adds a reactor: f calls services, and gets consecutive events of one
// subject at a time. Subjects are spread over the partitions, which run side by
// side; their number may not change later. A subject whose event f fails on is
// parked, and its later events wait behind it. Call it before Run or Step.
func (l *Log) React(name string, partitions int, f Func) {
	for p := range max(partitions, 1) {
		l.consumers = append(l.consumers, &consumer{bell: newBell(), l: l, name: name, do: f, parts: max(partitions, 1), part: p})
	}
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
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFailed) || errors.Is(err, store.ErrClosed) {
		return err
	}
	return &poison{err}
}

// step takes some events; n is how many it has dealt with, 0 at the log's end.
func (c *consumer) step(ctx context.Context) (n int, err error) {
	if c.parts == 0 {
		return c.project(ctx)
	}
	return c.react(ctx)
}

func (c *consumer) project(ctx context.Context) (n int, err error) {
	var es []*Event
	err = c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.cursor(ctx, tx, store.ForUpdate)
		if err != nil {
			return err
		}
		es, err = c.l.Since(ctx, tx, cur.Position, c.size)
		if err != nil || len(es) == 0 {
			return err
		}
		if err := c.call(ctx, tx, es); err != nil {
			return err
		}
		cur.Position = es[len(es)-1].Position
		return cursors.Put(ctx, tx, cur)
	})
	bad, isPoison := errors.AsType[*poison](err)
	switch {
	case err == nil:
		c.size = min(2*c.size, batch)
		return len(es), nil
	case !isPoison:
		return 0, fmt.Errorf("projection %s: %w", c.name, err)
	case len(es) > 1:
		c.size = len(es) / 2 // closing in on the one
		return c.project(ctx)
	}
	return 1, c.park(ctx, es[0], es[0].Position, bad.err)
}

// react deals with the next run of one subject's events.
func (c *consumer) react(ctx context.Context) (n int, err error) {
	if len(c.buffer) == 0 {
		if n, err = c.fill(ctx); err != nil || len(c.buffer) == 0 {
			return n, err
		}
	}
	run := c.buffer[:1]
	for c.singly == 0 && len(run) < len(c.buffer) && c.buffer[len(run)].Subject == run[0].Subject {
		run = c.buffer[:len(run)+1]
	}
	last := run[len(run)-1].Position
	err = c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.cursor(ctx, tx, store.ForUpdate)
		if err != nil {
			return err
		}
		rest := run
		for len(rest) > 0 && rest[0].Position <= cur.Position {
			rest = rest[1:] // another process has dealt with it
		}
		if len(rest) == 0 {
			return nil
		}
		_, err = parked.Get(ctx, tx, c.name+"/"+run[0].Subject)
		if errors.Is(err, store.ErrNotFound) {
			err = c.call(ctx, tx, rest)
		} // else these wait behind the one that failed
		if err != nil {
			return err
		}
		cur.Position = last
		return cursors.Put(ctx, tx, cur)
	})
	if bad, ok := errors.AsType[*poison](err); ok {
		if len(run) > 1 {
			c.singly = len(run)
			return c.react(ctx)
		}
		err = c.park(ctx, run[0], last, bad.err)
	}
	if err != nil {
		c.buffer, c.singly = nil, 0
		return 0, fmt.Errorf("reactor %s: %w", c.id(), err)
	}
	c.singly = max(c.singly-1, 0)
	c.buffer, c.scanned = c.buffer[len(run):], max(c.scanned, last)
	return len(run), nil
}

// fill reads ahead, and keeps what belongs to this partition.
func (c *consumer) fill(ctx context.Context) (n int, err error) {
	var es []*Event
	err = c.l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := cursors.Get(ctx, tx, c.id())
		if err == nil {
			c.scanned = max(c.scanned, cur.Position)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		es, err = c.l.Since(ctx, tx, c.scanned, batch)
		return err
	})
	if err != nil || len(es) == 0 {
		return 0, err
	}
	for _, e := range es {
		if partition(e.Subject, c.parts) == c.part {
			c.buffer = append(c.buffer, e)
		}
	}
	if len(c.buffer) > 0 {
		return 0, nil
	}
	c.scanned = es[len(es)-1].Position
	if len(es) < batch {
		return len(es), nil // a few events are read again after a restart
	}
	return len(es), c.skip(ctx)
}

// skip stores that there is nothing for this partition up to c.scanned.
func (c *consumer) skip(ctx context.Context) error {
	return c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.cursor(ctx, tx, store.ForUpdate)
		if err != nil || cur.Position >= c.scanned {
			return err
		}
		cur.Position = c.scanned
		return cursors.Put(ctx, tx, cur)
	})
}

func partition(subject string, of int) int {
	h := fnv.New32a()
	h.Write([]byte(subject))
	return int(h.Sum32() % uint32(of))
}

// Lag is how far a consumer is behind the log.
type Lag struct {
	Consumer   string
	Events     int64         // at most; a partition counts those of others, too
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
			lag := Lag{Consumer: c.id(), Events: head - cur.Position, Incomplete: cur.Incomplete, Appended: c.appended.Load()}
			next, err := l.Since(ctx, tx, cur.Position, 1)
			if err != nil {
				return err
			}
			if len(next) > 0 {
				lag.Age = l.now().Sub(next[0].Time)
			}
			lags = append(lags, lag)
		}
		return nil
	})
	return lags, err
}
