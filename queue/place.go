package queue

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// maxPosition is up to where positions are exact, and backlogPage how many tickets are read
// at a time for that.
const (
	maxPosition = 1000
	backlogPage = 250
)

// Where a queue has more than fewTickets, what was read of it serves for placesTime: many
// end users ask for their places, and none of them sees the difference.
const (
	fewTickets = 100
	placesTime = time.Second
)

// places are the keys of the tickets of queues that were read last, shared by bound copies
// of the service.
type places struct {
	mu sync.Mutex
	of map[string]*standing // by queue
}

// standing is a queue as it stood, as far as it was read: those that wait longest, in
// order.
type standing struct {
	order Order
	keys  []placeKey
	whole bool // there were no others
	read  time.Time
}

// placeKey is what a ticket is ordered by.
type placeKey struct {
	first int64
	since int64
	id    string
}

func (a placeKey) compare(b placeKey) int {
	return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.since, b.since), cmp.Compare(a.id, b.id))
}

// keyOf is a ticket's place in a queue's order, as the engine sees it.
func keyOf(by Order, t *ticket.Ticket) placeKey {
	return placeKey{first: by.first(-int64(urgent(t)), dueOf(t)), since: t.WaitsSince().UnixMicro(), id: t.ID}
}

// first is what tickets are ordered by before their waits: their priority, of which 0
// comes first, or their next due moment, without which (0) they come last.
func (o Order) first(priority, due int64) int64 {
	switch {
	case o == ByWait:
		return 0
	case o != ByDue:
		return priority
	case due == 0:
		return math.MaxInt64
	}
	return due
}

// dueOf is a ticket's next due moment in µs, 0 if it has none.
func dueOf(t *ticket.Ticket) int64 {
	due, ok := t.NextDue()
	if !ok {
		return 0
	}
	return due.UnixMicro()
}

// urgent is higher where the ticket is more so.
func urgent(t *ticket.Ticket) int {
	return slices.Index([]ticket.Priority{ticket.None, ticket.Low, ticket.Normal, ticket.High, ticket.Urgent}, t.Priority)
}

// placeOf is a ticket's place in its queue, 1 being the next one. It is exact up to
// maxPosition, and else the least that it can be, by those that wait longest.
func (s *Service) placeOf(ctx context.Context, tx *store.Tx, q *Queue, t *ticket.Ticket) (place int, exact bool, err error) {
	if q.Order == ByWait {
		n, err := ticket.LongerWaiting(ctx, tx, t, maxPosition)
		return min(n+1, maxPosition), n < maxPosition, err
	}
	now, err := s.standing(ctx, tx, q)
	if err != nil {
		return 0, false, err
	}
	before, _ := slices.BinarySearchFunc(now.keys, keyOf(q.Order, t), placeKey.compare)
	return before + 1, now.whole, nil
}

// standing reads how a queue stands, or tells how it stood a moment ago.
func (s *Service) standing(ctx context.Context, tx *store.Tx, q *Queue) (*standing, error) {
	s.places.mu.Lock()
	known := s.places.of[q.ID]
	s.places.mu.Unlock()
	if known != nil && known.order == q.Order && !tx.Writable() && time.Since(known.read) < placesTime {
		return known, nil
	}
	now := &standing{order: q.Order, read: time.Now()}
	for after, more := "", true; more && len(now.keys) < maxPosition; more = after != "" {
		ts, next, err := ticket.Backlog(ctx, tx, q.ID, after, backlogPage)
		if err != nil {
			return nil, err
		}
		for _, t := range ts {
			now.keys = append(now.keys, keyOf(q.Order, t))
		}
		after, now.whole = next, next == ""
	}
	slices.SortFunc(now.keys, placeKey.compare)
	if !tx.Writable() { // else it may yet be undone
		s.places.keep(q.ID, now)
	}
	return now, nil
}

func (p *places) keep(queue string, now *standing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if delete(p.of, queue); len(now.keys) > fewTickets {
		p.of[queue] = now
	}
}
