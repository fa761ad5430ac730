package event

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

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
	at, own := int64(0), false
	err = c.l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		cur, err := c.hold(ctx, tx)
		if err != nil {
			return err
		}
		rest := run
		for len(rest) > 0 && rest[0].Position <= cur.Position {
			rest = rest[1:] // another process has dealt with it
		}
		if at, own = cur.Position, len(rest) > 0; !own {
			return nil
		}
		_, err = parked.Get(ctx, tx, c.name+"/"+run[0].Subject)
		if errors.Is(err, store.ErrNotFound) {
			err = c.call(ctx, tx, rest)
		} // else these wait behind the one that failed
		if err != nil {
			return err
		}
		cur.Position, at = last, last
		return cursors.Put(ctx, tx, cur)
	})
	if bad, ok := errors.AsType[*poison](err); ok {
		if len(run) > 1 {
			c.singly = len(run)
			return c.react(ctx)
		}
		at, own = last, true
		err = c.park(ctx, run[0], last, bad.err)
	}
	switch {
	case errors.Is(err, errHeld):
		return 0, err // what was read ahead is still good
	case err != nil:
		c.buffer, c.singly, c.scanned = nil, 0, c.at
		return 0, fmt.Errorf("reactor %s: %w", c.id(), err)
	}
	c.moved(at, own)
	return len(run), nil
}

// fill reads ahead, and keeps what belongs to this partition.
func (c *consumer) fill(ctx context.Context) (n int, err error) {
	if c.idle(c.scanned) {
		return 0, nil
	}
	es, err := c.ahead(ctx)
	if err != nil || len(es) == 0 {
		return 0, err
	}
	for _, e := range es {
		if partition(e.Subject, c.parts) == c.part {
			own := *e // which others read, too
			c.buffer = append(c.buffer, &own)
		}
	}
	c.scanned = es[len(es)-1].Position
	if len(c.buffer) > 0 {
		return 0, nil
	}
	if c.scanned-c.at < batch {
		return len(es), nil // a few events are read again after a restart
	}
	return len(es), c.skip(ctx)
}

// ahead returns what comes next in the log, out of memory where the hub has it.
func (c *consumer) ahead(ctx context.Context) (es []*Event, err error) {
	if es, ok := c.l.hub.since(c.scanned); ok && c.at >= 0 && len(es) > 0 {
		return es[:min(len(es), batch)], nil
	}
	c.looked = time.Now()
	err = c.l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := c.look(ctx, tx); err != nil {
			return err
		}
		es, err = c.l.Since(ctx, tx, c.scanned, batch)
		return err
	})
	return es, err
}

// skip stores that there is nothing for this partition up to c.scanned.
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
		c.at = max(c.at, at)
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
