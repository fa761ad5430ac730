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
	phases []phase
	fits   func(*Ticket) bool // the live ticket
	limit  int
	most   int // rows of the index
}

// read returns tickets from behind a place, and the cursor of the next page.
func (l *listing) read(ctx context.Context, tx *store.Tx, at place) (ts []*Ticket, next string, err error) {
	seen := 0
	for ; at.Phase < len(l.phases); at = (place{Hash: at.Hash, Phase: at.Phase + 1}) {
		ph := l.phases[at.Phase]
		words, err := l.plan.words(ctx, tx, ph.by, ph.desc)
		if err != nil {
			return nil, "", err
		}
		for w := l.plan.newWalk(words, ph.by, ph.desc, at, l.limit); ; w.take() {
			row, err := w.peek(ctx, tx)
			if err != nil {
				return nil, "", err
			}
			if row == nil {
				break
			}
			if len(ts) == l.limit || seen == l.most {
				return ts, at.String(), nil
			}
			seen++
			at.At, at.Key = ph.by.at(row), row.Ticket
			if ph.but != nil && ph.but(row) || !l.plan.fits(row) {
				continue
			}
			t, err := tickets.Get(ctx, tx, row.Ticket)
			if err != nil {
				return nil, "", err
			}
			if l.fits(t) {
				ts = append(ts, t)
			}
		}
	}
	return ts, "", nil
}
