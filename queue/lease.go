package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// How one of several processes is the assigner. The lease is a document that names its
// holder, and how far he has come. He writes it with each group of decisions, which so
// fail if he has lost it, and when he has come to the end of what there was to do: never
// while the desk is idle. Another process takes it over when it sees that there is
// something to do, and the document hasn't changed for the time of a lease, by its own
// clock. So clocks needn't agree, and waiting costs nothing.

// DefaultLease is how long work is left undone before another process takes over.
const DefaultLease = 2 * time.Second

// holding is the document.
type holding struct {
	Holder   string    `json:"holder"` // process; "": nobody
	Epoch    int64     `json:"epoch"`  // how often it has changed hands
	Position int64     `json:"position"`
	Next     time.Time `json:"next,omitzero"` // when the holder will have something to do, whatever happens
	Rev      store.Rev `json:"-"`
}

const holdingKey = "assigner"

var holdings = &store.Collection[holding]{
	Name:       "queue_assigner",
	Key:        func(*holding) string { return holdingKey },
	Rev:        func(h *holding) *store.Rev { return &h.Rev },
	Impersonal: "holds the name of a process and a position",
}

// lease is a process's side of it. Where nobody shares the store it is always held.
type lease struct {
	s       *Service
	process string
	time    time.Duration
	mine    bool
	fresh   bool      // another one has had it since: what is in memory is old
	doc     holding   // as last written, while it is mine
	put     holding   // as being written
	wrote   time.Time // by this process's clock
	seen    store.Rev // of another's document, while there is something to do
	since   time.Time // since when it has stood still
}

func newLease(s *Service, d time.Duration) lease {
	return lease{s: s, process: rand.Text(), time: d}
}

// held says whether this process is the assigner, and makes it that if it may be.
func (l *lease) held(ctx context.Context, now time.Time) (bool, error) {
	if !l.s.root.Shared() || l.mine {
		return true, nil
	}
	var h *holding
	head := int64(0)
	err := l.s.root.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		h, err = holdings.Get(ctx, tx, holdingKey)
		if errors.Is(err, store.ErrNotFound) {
			h, err = &holding{}, nil
		}
		if err != nil || h.Holder == "" {
			return err
		}
		head, err = l.s.events.HeadIn(ctx, tx)
		return err
	})
	if err != nil {
		return false, err
	}
	// Where it is this process's own it was given back, or a commit went through whose
	// answer was lost.
	if h.Holder != "" && h.Holder != l.process && !l.stands(h, head, now) {
		return false, nil
	}
	return l.take(ctx, h)
}

// stands says whether another's lease has stood still for too long.
func (l *lease) stands(h *holding, head int64, now time.Time) bool {
	if h.Position >= head && (h.Next.IsZero() || now.Before(h.Next)) {
		l.seen = 0
		return false // there is nothing to do
	}
	if l.seen != h.Rev {
		l.seen, l.since = h.Rev, time.Now()
	}
	return time.Since(l.since) >= l.time
}

// watching says that there is something to do for another process, so that this one has
// to look again soon.
func (l *lease) watching() bool { return !l.mine && l.seen > 0 }

// take makes this process the holder, unless another one is faster.
func (l *lease) take(ctx context.Context, h *holding) (bool, error) {
	next := *h
	next.Holder, next.Epoch = l.process, h.Epoch+1
	err := l.s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		l.put = next
		return holdings.Put(ctx, tx, &l.put)
	})
	if errors.Is(err, store.ErrStale) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrExists) {
		l.seen = 0
		return false, nil
	}
	if err != nil {
		return false, err
	}
	l.mine, l.fresh, l.seen = true, h.Epoch != l.doc.Epoch, 0
	l.written()
	l.s.log.InfoContext(ctx, "this process gives tickets to agents now", "epoch", l.doc.Epoch)
	return true, nil
}

// fence puts the document in a transaction, which so fails if the lease is lost. Call
// written when it has committed.
func (l *lease) fence(ctx context.Context, tx *store.Tx, at int64, next time.Time) error {
	if !tx.Shared() {
		return nil
	}
	l.put = l.doc
	l.put.Position, l.put.Next = at, next
	return holdings.Put(ctx, tx, &l.put)
}

func (l *lease) written() { l.doc, l.wrote = l.put, time.Now() }

// late says that others may soon think that this process is dead.
func (l *lease) late() bool { return l.mine && time.Since(l.wrote) > l.time/4 }

// report writes how far this process has come, where others can't know it.
func (l *lease) report(ctx context.Context, at int64, next time.Time) error {
	if !l.mine || l.doc.Position == at && l.doc.Next.Equal(next) {
		return nil
	}
	err := l.s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return l.fence(ctx, tx, at, next) })
	if err == nil {
		l.written()
	}
	if l.lost(err) {
		return nil
	}
	return err
}

// alive keeps the lease while something takes long.
func (l *lease) alive(ctx context.Context) error {
	if !l.late() {
		return nil
	}
	err := l.s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return l.fence(ctx, tx, l.doc.Position, l.doc.Next) })
	if err == nil {
		l.written()
	}
	return err
}

// lost says whether an error means that another process is the assigner now: nothing
// but the document comes from outside of the transaction.
func (l *lease) lost(err error) bool {
	if !errors.Is(err, store.ErrStale) {
		return false
	}
	l.mine = false
	return true
}

// release lets another process take over at once. It reads the document anew, also where
// the lease seems lost: one who is stopped in the middle of a commit doesn't know whether
// that went through.
func (l *lease) release(ctx context.Context) error {
	if l.doc.Holder == "" {
		return nil
	}
	l.mine, l.doc.Holder = false, ""
	err := l.s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		h, err := holdings.Get(ctx, tx, holdingKey)
		if err != nil || h.Holder != l.process {
			return err
		}
		h.Holder = ""
		return holdings.Put(ctx, tx, h)
	})
	if err == nil {
		l.s.root.Wake()
	}
	return err
}
