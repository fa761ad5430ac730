package event

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// A reactor that is behind takes the runs of several subjects in one transaction,
// as many as fit into groupTime: a commit costs more than most of what it does.
const (
	groupRuns = 64
	groupTime = 20 * time.Millisecond
)

// react deals with the next runs: consecutive events of one subject each.
func (c *consumer) react(ctx context.Context) (n int, err error) {
	if len(c.buffer) == 0 {
		if n, err = c.fill(ctx); err != nil || len(c.buffer) == 0 {
			return n, err
		}
	}
	runs := c.runs()
	at, own, tries := int64(0), false, 0
	err = c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if tries++; tries > 1 {
			runs = runs[:1] // what met others' changes is smaller the next time
		}
		cur, err := c.hold(ctx, tx)
		if err != nil {
			return err
		}
		was := cur.Position
		if err := c.take(ctx, tx, cur, runs); err != nil {
			return err
		}
		if at, own = cur.Position, cur.Position > was; !own {
			return nil // another process has dealt with them
		}
		return cursors.Put(ctx, tx, cur)
	})
	if bad, ok := errors.AsType[*poison](err); ok {
		if len(runs[0]) > 1 {
			c.singly = len(runs[0])
			return c.react(ctx)
		}
		at, own = runs[0][0].Position, true
		err = c.park(ctx, runs[0][0], at, bad.err)
	}
	switch {
	case errors.Is(err, errHeld):
		return 0, err // what was read ahead is still good
	case err != nil:
		c.buffer, c.singly, c.scanned, c.size = nil, 0, c.at, 1
		return 0, fmt.Errorf("reactor %s: %w", c.id(), err)
	}
	c.size = min(2*max(c.size, 1), groupRuns)
	before := len(c.buffer)
	c.moved(at, own)
	return before - len(c.buffer), nil
}

// runs splits what was read ahead.
func (c *consumer) runs() (runs [][]*Event) {
	rest := c.buffer
	for len(rest) > 0 && len(runs) < max(c.size, 1) {
		n := 1
		for c.singly == 0 && n < len(rest) && rest[n].Subject == rest[0].Subject {
			n++
		}
		runs, rest = append(runs, rest[:n]), rest[n:]
		if c.singly > 0 {
			break
		}
	}
	return runs
}

// take gives runs to the consumer's function, and moves the cursor behind them. A
// run that fails is the next transaction's first, where it can be looked at alone.
func (c *consumer) take(ctx context.Context, tx *store.Tx, cur *cursor, runs [][]*Event) error {
	start := time.Now()
	for i, run := range runs {
		last := run[len(run)-1].Position
		for len(run) > 0 && run[0].Position <= cur.Position {
			run = run[1:] // another process has dealt with it
		}
		if len(run) == 0 {
			continue
		}
		_, err := parked.Get(ctx, tx, c.name+"/"+run[0].Subject)
		if errors.Is(err, store.ErrNotFound) {
			if run, err = current(ctx, tx, run); err == nil {
				err = c.call(ctx, tx, run)
			}
		} // else these wait behind the one that failed
		if _, ok := errors.AsType[*poison](err); ok && i > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if cur.Position = last; time.Since(start) > groupTime {
			return nil
		}
	}
	return nil
}

// A cursor isn't stored for events that the consumer doesn't take until it is so far
// behind: they are read again after a restart, and passed over again.
const (
	skipEvents = 16 * batch
	skipTime   = time.Minute
)

// fill reads ahead, and keeps what the consumer takes.
func (c *consumer) fill(ctx context.Context) (n int, err error) {
	if c.idle(c.scanned) {
		return 0, nil
	}
	es, err := c.ahead(ctx)
	if err != nil || len(es) == 0 {
		return 0, err
	}
	for _, e := range es {
		if c.takes(e) {
			own := *e // which others read, too
			c.buffer = append(c.buffer, &own)
		}
	}
	c.scanned = es[len(es)-1].Position
	if len(c.buffer) > 0 {
		return 0, nil
	}
	if c.stored.IsZero() {
		c.stored = time.Now()
	}
	if c.scanned-c.at < skipEvents && time.Since(c.stored) < skipTime {
		return len(es), nil
	}
	return len(es), c.skip(ctx)
}

// ahead returns what comes next in the log, out of memory where that has it.
func (c *consumer) ahead(ctx context.Context) (es []*Event, err error) {
	first := c.at < 0
	if first {
		c.looked = time.Now()
		if err := c.l.db.View(ctx, c.look); err != nil {
			return nil, err
		}
	}
	if es, ok := c.l.hub.since(c.scanned, batch); ok && (first || len(es) > 0) {
		return es, nil
	}
	c.looked = time.Now()
	if c.l.paged(c.scanned) {
		return c.l.page(ctx, c.scanned)
	}
	err = c.l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := c.look(ctx, tx); err != nil {
			return err
		}
		es, err = c.l.Since(ctx, tx, c.scanned, batch)
		return err
	})
	return es, err
}

// skip stores that there is nothing for the consumer up to c.scanned.
func (c *consumer) skip(ctx context.Context) error {
	at := c.scanned
	err := c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.hold(ctx, tx)
		if err != nil {
			return err
		}
		if at = cur.Position; at >= c.scanned {
			return nil
		}
		cur.Position, at = c.scanned, c.scanned
		return cursors.Put(ctx, tx, cur)
	})
	if err == nil {
		c.at, c.stored = max(c.at, at), time.Now()
	} else if errors.Is(err, errHeld) {
		err = nil // whoever holds it is further
	}
	return err
}

func partition(subject string, of int) int {
	h := fnv.New32a()
	h.Write([]byte(subject))
	return int(h.Sum32() % uint32(of))
}
