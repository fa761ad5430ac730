package event

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
)

// Where several processes write at the same time, events get their positions after
// their transactions have committed: so a position never waits for a slow writer,
// and whoever has read up to one has missed nothing before it.

// head is the root of the log's order: whoever places events locks and puts it.
type head struct {
	ID       string    `json:"id"`
	Position int64     `json:"position"` // that was given last
	Rev      store.Rev `json:"-"`
}

const headID = "head"

var heads = &store.Collection[head]{
	Name:       "event_head",
	Key:        func(h *head) string { return h.ID },
	Rev:        func(h *head) *store.Rev { return &h.Rev },
	Impersonal: "holds a number",
}

// The limits of what is placed in one transaction.
const (
	placeEvents = 500
	placeBytes  = 4 << 20 // of payloads
)

// Sequence gives a position to every event that has none when it begins, on a
// shared store, and says to how many. Run does it all the time. Any number of
// processes may call it: positions are dense, each is given once, and a subject's
// events get theirs in the order of its revisions.
func (l *Log) Sequence(ctx context.Context) (n int, err error) {
	if !l.db.Shared() {
		return 0, nil // they get them when they are appended
	}
	return l.Settle(ctx)
}

// Settle is Sequence on any store. Where events get their positions when they are
// appended, it is for a copy of a store where they don't.
func (l *Log) Settle(ctx context.Context) (n int, err error) {
	if found, err := l.anyUnplaced(ctx); err != nil || !found {
		return 0, err
	}
	for p := (pass{size: placeEvents}); !p.over; {
		placed, err := l.place(ctx, &p)
		if n += placed; err != nil {
			return n, fmt.Errorf("place events: %w", err)
		}
	}
	return n, nil
}

// anyUnplaced looks without taking turns with other processes.
func (l *Log) anyUnplaced(ctx context.Context) (found bool, err error) {
	err = l.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		es, _, err := events.Page(ctx, tx, store.By("unplaced").Limit(1))
		found = len(es) > 0
		return err
	})
	return found, err
}

// pass is one walk through the events without a position, by subject and revision.
// It ends at the subject that was the last one when it began: so the next one
// begins soon, and nobody starves however fast new subjects come.
type pass struct {
	size int    // of a page
	from string // the subject where the next page begins
	last string // the subject where the pass ends; "" while one page may do
	over bool
}

// place gives the next positions to a page of events.
func (l *Log) place(ctx context.Context, p *pass) (n int, err error) {
	var now pass
	err = l.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, n = *p, 0
		h, err := heads.Lock(ctx, tx, headID, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			h, err = &head{ID: headID}, nil
		}
		if err != nil {
			return err
		}
		es, err := l.unplaced(ctx, tx, &now)
		if err != nil || len(es) == 0 {
			return err
		}
		// A copied log has no head document, or an old one: the index knows.
		last, err := l.head(ctx, tx)
		if err != nil {
			return err
		}
		for _, e := range inOrder(es) {
			last++
			e.Position = last
			if err := events.Put(ctx, tx, e); err != nil {
				return err
			}
		}
		h.Position, n = last, len(es)
		err = heads.Put(ctx, tx, h)
		if errors.Is(err, store.ErrExists) { // another process has just created it
			err = fmt.Errorf("%w: %w", store.ErrConflict, err)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	*p = now
	if n > 0 {
		l.hub.wake.ring()
		l.db.Wake()
	}
	return n, nil
}

// unplaced returns the next page of the pass. A subject's events come by revision,
// and a revision is committed after those before it: so no page can hold an event
// and leave out an earlier one of its subject.
func (l *Log) unplaced(ctx context.Context, tx *store.Tx, p *pass) ([]*Event, error) {
	q := store.By("unplaced").Limit(p.size)
	if p.from != "" {
		q = q.From(p.from)
	}
	if p.last != "" {
		q = q.To(p.last + "\x01") // which is included so
	}
	es, next, err := events.Page(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	n, bytes := 0, 0
	for n < len(es) && (n == 0 || bytes < placeBytes) {
		bytes += len(es[n].Facts) + len(es[n].Personal)
		n++
	}
	if p.over = next == "" && n == len(es); p.over {
		return es, nil
	}
	es = es[:n]
	p.from = es[n-1].Subject
	if p.last == "" {
		for e, err := range events.Scan(ctx, tx, store.By("unplaced").Desc().Limit(1)) {
			if err != nil {
				return nil, err
			}
			p.last = e.Subject
		}
	}
	return es, nil
}

// inOrder brings events, which come by subject and revision, into an order close
// to that of time: by id, which begins with the moment, where a subject's event
// counts as no earlier than those before it, whatever the clocks of the machines.
func inOrder(es []*Event) []*Event {
	type moment struct {
		*Event
		at string
	}
	ms := make([]moment, len(es))
	for i, e := range es {
		ms[i] = moment{e, e.ID}
		if i > 0 && es[i-1].Subject == e.Subject {
			ms[i].at = max(e.ID, ms[i-1].at)
		}
	}
	slices.SortStableFunc(ms, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for i, m := range ms {
		es[i] = m.Event
	}
	return es
}
