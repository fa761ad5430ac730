package ticket

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
)

// maxRows bounds how many rows of the index a page looks at: it may give fewer
// tickets than asked for, and a cursor.
const maxRows = 2_000

// phase is a walk in one order. Tickets that an order doesn't have, as those that
// nobody waits for, come in a phase of their own.
type phase struct {
	by   order
	desc bool
	but  func(*facet) bool // rows of this order that belong to another phase; nil: none
}

// listing is a page of a list.
type listing struct {
	plan   *plan
	sight  sight
	phases []phase
	fits   func(*Ticket) bool // the live ticket
	limit  int
	most   int // rows of the index
}

// read returns tickets from behind a place, and the cursor of the next page.
func (l *listing) read(ctx context.Context, tx *store.Tx, at place) (ts []*Ticket, next string, err error) {
	seen := 0
	l.sight.narrow(l.plan)
	for ; at.Phase < len(l.phases); at = (place{Hash: at.Hash, Phase: at.Phase + 1}) {
		ph := l.phases[at.Phase]
		words, err := l.plan.words(ctx, tx, ph.by, ph.desc)
		if err != nil {
			return nil, "", err
		}
		w := l.plan.newWalk(words, ph.by, ph.desc, at, l.limit)
		if ph.but != nil {
			w.full()
		}
		for ended := false; !ended; {
			var ids []string
			for len(ids) < l.limit-len(ts) && seen < l.most {
				row, err := w.peek(ctx, tx)
				if err != nil {
					return nil, "", err
				}
				if ended = row == nil; ended {
					break
				}
				w.take()
				seen++
				at.At, at.Key = ph.by.at(row), row.Ticket
				if (ph.but == nil || !ph.but(row)) && w.fits(row) {
					ids = append(ids, row.Ticket)
				}
			}
			if ts, err = l.live(ctx, tx, ts, ids); err != nil {
				return nil, "", err
			}
			if ended || len(ts) < l.limit && seen < l.most {
				continue
			}
			if row, err := w.peek(ctx, tx); err != nil || row != nil {
				return ts, at.String(), err
			}
			ended = true
		}
	}
	return ts, "", nil
}

// live adds those of some tickets that fit, as they are now.
func (l *listing) live(ctx context.Context, tx *store.Tx, ts []*Ticket, ids []string) ([]*Ticket, error) {
	wants := make([]store.Want, len(ids))
	for i, id := range ids {
		wants[i] = tickets.Want(id, 0)
	}
	if err := tx.Ahead(ctx, wants...); err != nil {
		return nil, err
	}
	for _, id := range ids {
		t, err := tickets.Get(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if l.sight.sees(t) && l.fits(t) {
			ts = append(ts, l.sight.show(t))
		}
	}
	return ts, nil
}
