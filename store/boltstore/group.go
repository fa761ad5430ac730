package boltstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/store/driver"
	bolt "go.etcd.io/bbolt"
)

// The limits of a group: what a crash of the disk takes back at once, and what
// waits in memory.
const (
	groupMembers = 256
	groupBytes   = 16 << 20
)

// group lets writers that come at about the same time share one bbolt
// transaction. They take turns in the order in which they came. Whoever leaves
// with nobody behind him flushes for all; so no goroutine is needed, and a lone
// writer waits for nothing.
//
// Nobody hears before it is durable: a member learns its result, refusals
// included, when everything that was written before its turn has been flushed.
type group struct {
	live *atomic.Pointer[bolt.DB]

	mu     sync.Mutex // guards the turn
	busy   bool
	queue  []chan struct{} // closed when the turn is handed over
	closed bool

	// What follows belongs to the one whose turn it is.
	tx      *bolt.Tx
	dirty   bool
	bytes   int
	members []chan error
	failed  error
}

// join waits for the turn, and returns the bucket to write to.
func (g *group) join(ctx context.Context) (*bolt.Bucket, error) {
	if err := g.wait(ctx); err != nil {
		return nil, err
	}
	if g.failed != nil {
		err := g.failed
		g.pass()
		return nil, err
	}
	if g.tx == nil {
		tx, err := g.live.Load().Begin(true)
		if err != nil {
			g.pass()
			return nil, closedOr(err)
		}
		g.tx = tx
	}
	b := g.tx.Bucket(bucket)
	b.FillPercent = fill
	return b, nil
}

func (g *group) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return driver.ErrClosed
	}
	if !g.busy {
		g.busy = true
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.queue = append(g.queue, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	if i := slices.Index(g.queue, turn); i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
		g.mu.Unlock()
		return ctx.Err()
	}
	g.mu.Unlock()
	g.finish() // the turn came at the same moment, and others may count on a flush
	return ctx.Err()
}

// next hands the turn to whoever has waited longest, unless it is time to flush.
func (g *group) next() (handed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 || len(g.members) >= groupMembers || g.bytes >= groupBytes {
		return false
	}
	close(g.queue[0])
	g.queue = g.queue[1:]
	return true
}

// leave ends a member's turn, and returns when its result is durable.
func (g *group) leave(wrote bool) error {
	g.dirty = g.dirty || wrote
	if !g.dirty {
		g.finish() // nothing to wait for: all that it read has long been flushed
		return nil
	}
	heard := make(chan error, 1)
	g.members = append(g.members, heard)
	g.finish()
	return <-heard
}

// finish hands the turn on, or flushes first.
func (g *group) finish() {
	if g.next() {
		return
	}
	g.flush()
	g.pass()
}

// pass gives the turn to the next, or to nobody.
func (g *group) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.queue) == 0 {
		g.busy = false
		return
	}
	close(g.queue[0])
	g.queue = g.queue[1:]
}

// flush makes the group durable and tells its members.
func (g *group) flush() {
	if g.tx == nil {
		return
	}
	var err error
	if g.dirty {
		err = g.tx.Commit()
	} else {
		err = g.tx.Rollback()
	}
	if err != nil {
		g.failed = fmt.Errorf("%w: %w", driver.ErrFailed, err)
	}
	for _, m := range g.members {
		m <- g.failed
	}
	g.tx, g.dirty, g.bytes, g.members = nil, false, 0, nil
}

// close lets nobody else queue. bbolt's own Close waits for the group that is
// under way.
func (g *group) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// alone runs fn when everything that was written has been flushed and nobody else
// has the turn. What fn returns runs when others may write again.
func (g *group) alone(ctx context.Context, fn func(context.Context) (end func() error, err error)) error {
	if err := g.wait(ctx); err != nil {
		return err
	}
	g.flush()
	if g.failed != nil {
		err := g.failed
		g.pass()
		return err
	}
	end, err := fn(ctx)
	if errors.Is(err, driver.ErrFailed) {
		g.failed = err
	}
	g.pass()
	if end != nil {
		err = errors.Join(err, end())
	}
	return err
}
