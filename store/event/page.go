package event

import (
	"context"
	"fmt"
	"sync"
	"unsafe"

	"github.com/frontdesk-go/frontdesk/store"
)

// maxPages is how much of the log stays in memory for consumers that are behind the
// ring, in bytes.
const maxPages = 16 << 20

// pages are what was read of the log last. Consumers that are behind are so at about the
// same place: the first one reads the store, and the others find it here. A page holds
// batch events, from a position that batch divides on; it is kept when it is full, so
// that it is the same for ever, but for what an erasure takes out: see current.
type pages struct {
	reading sync.Mutex // held by who reads the store, so that no page is read twice

	mu    sync.Mutex
	kept  map[int64]*page
	bytes int
	uses  int64
}

type page struct {
	events []*Event
	bytes  int
	used   int64
}

// get returns a page, nil if it isn't there.
func (p *pages) get(number int64) []*Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.kept[number]
	if one == nil {
		return nil
	}
	p.uses++
	one.used = p.uses
	return one.events
}

// put keeps a page, and forgets those that nobody has used for longest.
func (p *pages) put(number int64, es []*Event) {
	size := 0
	for _, e := range es {
		size += int(unsafe.Sizeof(*e)) + len(e.ID) + len(e.Type) + len(e.Subject) + len(e.Owner) + len(e.Cause) + len(e.Facts) + len(e.Personal)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.uses++
	p.kept[number] = &page{es, size, p.uses}
	for p.bytes += size; p.bytes > maxPages; {
		oldest, at := p.uses+1, int64(0)
		for n, one := range p.kept {
			if one.used < oldest {
				oldest, at = one.used, n
			}
		}
		p.bytes -= p.kept[at].bytes
		delete(p.kept, at)
	}
}

// release forgets the pages when all consumers have come to the end of the log, as far as
// the hub knows: only those that are behind need them.
func (l *Log) release() {
	for _, c := range l.consumers {
		if !l.hub.reached(c.reached.Load()) {
			return
		}
	}
	l.pages.mu.Lock()
	defer l.pages.mu.Unlock()
	if len(l.pages.kept) > 0 {
		l.pages.kept, l.pages.bytes = map[int64]*page{}, 0
	}
}

// paged says whether the page that follows a position is full, as far as the hub knows.
func (l *Log) paged(after int64) bool { return l.hub.covers((after/batch + 1) * batch) }

// page returns what follows a position on its page, which is full.
func (l *Log) page(ctx context.Context, after int64) ([]*Event, error) {
	number := after / batch
	es := l.pages.get(number)
	if es == nil {
		var err error
		if es, err = l.readPage(ctx, number); err != nil {
			return nil, err
		}
	}
	return es[after-number*batch:], nil
}

func (l *Log) readPage(ctx context.Context, number int64) ([]*Event, error) {
	l.pages.reading.Lock()
	defer l.pages.reading.Unlock()
	if es := l.pages.get(number); es != nil {
		return es, nil
	}
	es, err := l.Since(ctx, l.db, number*batch, batch)
	if err != nil {
		return nil, err
	}
	if len(es) < batch || es[batch-1].Position != (number+1)*batch {
		return nil, fmt.Errorf("events from position %d on: %w", number*batch+1, ErrGone)
	}
	l.pages.put(number, es)
	return es, nil
}

// current returns events as the transaction sees them: what memory holds may be from
// before an erasure took what was personal.
func current(ctx context.Context, tx *store.Tx, es []*Event) ([]*Event, error) {
	var wants []store.Want
	for _, e := range es {
		if len(e.Personal) > 0 {
			wants = append(wants, events.Want(e.key(), 0))
		}
	}
	if err := tx.Ahead(ctx, wants...); err != nil {
		return nil, err
	}
	for i, e := range es {
		if len(e.Personal) == 0 {
			continue
		}
		now, err := events.Get(ctx, tx, e.key())
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.ID, err)
		}
		es[i] = now
	}
	return es, nil
}
