package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	bolt "go.etcd.io/bbolt"
)

// The limits of a group: what a crash of the disk takes back at once, and what
// waits in memory.
const (
	groupMembers = 256
	groupBytes   = 16 << 20
)

// yields is how often a group's last writer lets others go first before it flushes. Two
// were measured to be best: with more of them everybody is in one group, and nobody works
// while it is flushed.
const yields = 2

// group lets writers that come at about the same time share one bbolt
// transaction. They take turns in the order in which they came. Whoever leaves
// with nobody behind him flushes for all; so no goroutine is needed, and a lone
// writer waits for nothing. Where there was company, he lets who else is about to write
// come first: a flush costs as much as dozens of writes. What a draft does in its turn is run by the one who has
// it, so that the turn goes from one goroutine to another only where it must.
//
// Nobody hears before it is durable: a member learns its result, refusals
// included, when everything that was written before its turn has been flushed.
type group struct {
	live    *atomic.Pointer[bolt.DB]
	flushes atomic.Int64 // how many there have been

	mu     sync.Mutex // guards the turn
	busy   bool
	queue  []*waiter
	closed bool

	// What follows belongs to the one whose turn it is.
	tx      *bolt.Tx
	dirty   bool
	bytes   int
	members []member
	company bool // the group before had several members
	yielded int  // how often others were let go first
	failed  error
	taker   writer // of the drafts, one after the other
	recent  recent
	raised  map[string]int64 // numbers to be stored with the flush, by key
}

func newGroup(live *atomic.Pointer[bolt.DB]) *group {
	return &group{live: live, recent: newRecent(), raised: map[string]int64{}}
}

// waiter is who waits for the turn.
type waiter struct {
	heard chan error // errTurn; a draft that another has taken: what has become of it
	draft *landing   // what is to be done in the turn; nil: the waiter knows himself
}

// errTurn tells a waiter that it is his turn.
var errTurn = errors.New("it is your turn")

// landing is a draft on its way into a group.
type landing struct {
	fn    func(turn kv.Turn, moved func(k []byte) bool) error
	since int64 // how many flushes there had been when it began
	heard chan error
}

// member is who waits for the flush, and what he hears if it goes well.
type member struct {
	heard chan error
	err   error
}

// join waits for the turn, and returns the bucket to write to.
func (g *group) join(ctx context.Context) (*bolt.Bucket, error) {
	if err := g.wait(ctx); err != nil {
		return nil, err
	}
	b, err := g.open()
	if err != nil {
		g.finish() // a draft that came to grief may have left others who wait to hear of it
	}
	return b, err
}

// open begins the group's transaction, if it hasn't one.
func (g *group) open() (*bolt.Bucket, error) {
	if g.failed != nil {
		return nil, g.failed
	}
	if g.tx == nil {
		tx, err := g.live.Load().Begin(true)
		if err != nil {
			return nil, closedOr(err)
		}
		g.tx = tx
	}
	b := g.tx.Bucket(bucket)
	b.FillPercent = fill
	return b, nil
}

// stand joins the queue. first says that nobody else was there: it is w's turn.
func (g *group) stand(ctx context.Context, w *waiter) (first bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false, driver.ErrClosed
	}
	if first = !g.busy; first {
		g.busy = true
	} else {
		g.queue = append(g.queue, w)
	}
	return first, nil
}

// withdraw leaves the queue; false if the turn has come already.
func (g *group) withdraw(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queue, w)
	if i < 0 {
		return false
	}
	g.queue = slices.Delete(g.queue, i, i+1)
	return true
}

func (g *group) wait(ctx context.Context) error {
	w := &waiter{heard: make(chan error, 1)}
	first, err := g.stand(ctx, w)
	if err != nil || first {
		return err
	}
	select {
	case <-w.heard:
		return nil
	case <-ctx.Done():
	}
	if !g.withdraw(w) {
		g.finish() // the turn came at the same moment, and others may count on a flush
	}
	return ctx.Err()
}

// land has fn run in its turn, and returns when what it wrote is durable.
func (g *group) land(ctx context.Context, since int64, fn func(turn kv.Turn, moved func(k []byte) bool) error) error {
	l := &landing{fn, since, make(chan error, 1)}
	w := &waiter{l.heard, l}
	first, err := g.stand(ctx, w)
	if err != nil {
		return err
	}
	if !first {
		select {
		case err = <-l.heard:
		case <-ctx.Done():
			if g.withdraw(w) {
				return ctx.Err()
			}
			err = <-l.heard
		}
		if err != errTurn {
			return err
		}
	}
	g.take(l)
	g.finish()
	return <-l.heard
}

// take runs a draft, in the turn of whoever calls it.
func (g *group) take(l *landing) {
	b, err := g.open()
	if err == nil && g.recent.forgot(l.since) {
		err = driver.ErrMoved // for all that is known
	}
	if err != nil {
		l.heard <- err
		return
	}
	if g.taker.b != b {
		g.taker = writer{view: view{b: b, flushes: g.flushes.Load()}, group: g}
	}
	w := &g.taker
	w.wrote = false
	switch err = l.fn(w, func(k []byte) bool { return g.recent.moved(k, l.since) }); {
	case errors.Is(err, driver.ErrMoved):
		l.heard <- err // which tells nothing of what isn't durable yet
	case err != nil && w.wrote: // half of it may be there
		g.failed = fmt.Errorf("%w: %w", driver.ErrFailed, err)
		l.heard <- g.failed
	default:
		g.dirty = g.dirty || w.wrote
		g.members = append(g.members, member{l.heard, err})
	}
}

// next hands the turn to whoever has waited longest, unless it is time to flush. Drafts
// that wait before him are taken on the way.
func (g *group) next() (handed bool) {
	for {
		g.mu.Lock()
		if len(g.queue) == 0 && g.company && g.yielded < yields {
			g.mu.Unlock()
			g.yielded++
			runtime.Gosched()
			continue
		}
		if len(g.queue) == 0 || len(g.members) >= groupMembers || g.bytes >= groupBytes {
			g.mu.Unlock()
			return false
		}
		w := g.queue[0]
		g.queue = g.queue[1:]
		if w.draft == nil {
			w.heard <- errTurn
			g.mu.Unlock()
			return true
		}
		g.mu.Unlock()
		g.take(w.draft)
	}
}

// leave ends a member's turn, and returns when its result is durable.
func (g *group) leave(wrote bool) error {
	g.dirty = g.dirty || wrote
	if !g.dirty {
		g.finish() // nothing to wait for: all that it read has long been flushed
		return nil
	}
	heard := make(chan error, 1)
	g.members = append(g.members, member{heard, nil})
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
	g.queue[0].heard <- errTurn
	g.queue = g.queue[1:]
}

// flush makes the group durable and tells its members.
func (g *group) flush() {
	if g.tx != nil {
		var err error
		if g.dirty && g.failed == nil {
			err = g.commit()
		} else {
			err = g.tx.Rollback()
		}
		switch {
		case err != nil:
			g.failed = fmt.Errorf("%w: %w", driver.ErrFailed, err)
		case g.dirty && g.failed == nil:
			g.recent.flushed(g.flushes.Add(1))
		}
	}
	for _, m := range g.members {
		if g.failed != nil {
			m.err = g.failed
		}
		m.heard <- m.err
	}
	g.company, g.yielded = len(g.members) > 1, 0
	g.tx, g.dirty, g.bytes, g.members, g.taker = nil, false, 0, nil, writer{}
}

func (g *group) commit() error {
	w := &writer{view: view{b: g.tx.Bucket(bucket)}, group: g}
	for k, n := range g.raised {
		if err := kv.Raise(w, []byte(k), n); err != nil {
			return errors.Join(err, g.tx.Rollback())
		}
	}
	clear(g.raised)
	return g.tx.Commit()
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
