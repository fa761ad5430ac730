package event

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// ErrGone: a position from which the log can't go on, because it isn't there:
// the reader must begin anew.
var ErrGone = errors.New("position is not in the log")

// Log is the log of a desk.
type Log struct {
	db        *store.DB
	now       func() time.Time
	ids       *IDs
	log       *slog.Logger
	hub       *hub
	pages     pages
	consumers []*consumer
	added     bell        // rung when there may be events without a position
	live      atomic.Bool // Run is under way
}

// Options of NewLog; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	IDs *IDs             // default: random ids at Now
	Log *slog.Logger     // nil discards
}

// NewLog returns the log in db.
func NewLog(db *store.DB, o *Options) *Log {
	l := &Log{db: db, now: time.Now, added: newBell(), log: slog.New(slog.DiscardHandler), pages: pages{kept: map[int64]*page{}}}
	if o != nil && o.Now != nil {
		l.now = o.Now
	}
	if o != nil && o.Log != nil {
		l.log = o.Log
	}
	if o != nil {
		l.ids = o.IDs
	}
	if l.ids == nil {
		l.ids = NewIDs(l.now, nil)
	}
	l.hub = newHub(l)
	return l
}

// IDs is the generator of this log, which documents take their ids from, too.
func (l *Log) IDs() *IDs { return l.ids }

// Append adds events in the transaction that puts their subject. It fills in id,
// time, version, ordinal and, where writers take turns, position (in Prepare not before
// the turn). The events of one revision of a subject come in one call, one after the other.
func (l *Log) Append(ctx context.Context, tx *store.Tx, es ...*Event) error {
	for i, e := range es {
		if err := e.valid(); err != nil {
			return err
		}
		if i > 0 && es[i-1].Subject == e.Subject && es[i-1].Revision == e.Revision {
			e.Ordinal = es[i-1].Ordinal + 1
		}
		if e.ID == "" {
			e.ID = l.ids.New()
		}
		if e.Time.IsZero() {
			e.Time = l.now()
		}
		e.Version = max(e.Version, 1)
		e.because(ctx)
	}
	err := tx.Last(ctx, func(ctx context.Context, tx *store.Tx) error { return l.add(ctx, tx, es) })
	if err != nil {
		return err
	}
	if c, ok := ctx.Value(causing{}).(*consumer); ok {
		tx.After(func() { c.appended.Add(int64(len(es))) })
	}
	tx.After(l.appended)
	return nil
}

// add gives events their positions, where writers take turns, and puts them.
func (l *Log) add(ctx context.Context, tx *store.Tx, es []*Event) (err error) {
	var last int64
	if !tx.Shared() {
		var noted bool
		if last, noted = tx.Noted(events.Name); !noted {
			last, err = l.head(ctx, tx)
		}
		if err != nil {
			return err
		}
	}
	for _, e := range es {
		if !tx.Shared() {
			last++
			e.Position = last
		}
		if err := events.Put(ctx, tx, e); err != nil {
			return fmt.Errorf("append %s: %w", e.Type, err)
		}
		if !tx.Shared() {
			tx.Note(events.Name, last)
		}
	}
	return nil
}

// Head is the position of the newest event, 0 in an empty log.
func (l *Log) Head(ctx context.Context) (int64, error) { return l.HeadIn(ctx, l.db) }

// HeadIn is Head as of a transaction.
func (l *Log) HeadIn(ctx context.Context, r store.Runner) (n int64, err error) {
	err = r.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = l.head(ctx, tx)
		return err
	})
	return n, err
}

func (l *Log) head(ctx context.Context, tx *store.Tx) (int64, error) {
	e, found, err := events.First(ctx, tx, store.By("position").Desc())
	if err != nil || !found {
		return 0, err
	}
	return e.At[0].(int64), nil
}

// Since returns at most limit events behind a position, in order.
func (l *Log) Since(ctx context.Context, r store.Runner, after int64, limit int) (es []*Event, err error) {
	err = r.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		es, _, err = events.Page(ctx, tx, store.By("position").From(after+1).Limit(limit))
		return err
	})
	return es, err
}

// History returns at most limit events of one subject in the order of its
// revisions, and the cursor of the next page.
func (l *Log) History(ctx context.Context, r store.Runner, subject, cursor string, limit int) (es []*Event, next string, err error) {
	err = r.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		q := store.ByKey().From(subject + "/").To(subject + "0") // '0' follows '/'
		es, next, err = events.Page(ctx, tx, q.Limit(limit).After(cursor))
		return err
	})
	return es, next, err
}

// appended wakes who is to deal with new events: where they have positions the
// hub, which wakes all others when it has read them; else a sequencer, of this
// process if it has one.
func (l *Log) appended() {
	switch {
	case !l.db.Shared():
		l.hub.wake.ring()
	case l.live.Load():
		l.added.ring()
	default:
		l.db.Wake()
	}
}

// bell wakes one waiter; rings that come before he listens are one.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// How often somebody looks without having been woken, where another process may
// have written: those who wake the others of their process, and all others.
const (
	firstLook = time.Second
	poll      = 5 * time.Second
)

// listen returns when the bell rings, when it is time to look anyway, or with
// ctx's error.
func (l *Log) listen(ctx context.Context, b bell, look time.Duration) error {
	var tick <-chan time.Time
	if l.db.Shared() {
		t := time.NewTimer(look)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-b:
	case <-tick:
	}
	return nil
}
