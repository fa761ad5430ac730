package ticket

import (
	"context"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// Here is how package automation finds and locks tickets. It acts in the desk's own
// name, so nobody is asked who may see them.

// Claim locks a ticket and returns it. It is nil if somebody else has it locked, or if
// there is no such ticket.
func Claim(ctx context.Context, tx *store.Tx, id string) (*Ticket, error) {
	for t, err := range tickets.Claim(ctx, tx, store.ByKey().From(id).To(id+"\x01").Limit(1)) {
		if err != nil || t.ID == id {
			return t, err
		}
	}
	return nil, nil
}

// Hold locks a ticket and returns it, or store.ErrNotFound.
func Hold(ctx context.Context, tx *store.Tx, id string) (*Ticket, error) {
	return tickets.Lock(ctx, tx, id, store.ForUpdate)
}

// OpenOf returns at most limit open tickets of an end user, newest first.
func OpenOf(ctx context.Context, tx *store.Tx, endUser string, limit int) ([]*Ticket, error) {
	ts, _, err := tickets.Page(ctx, tx, store.By("end_user", endUser, 1).Desc().Limit(limit))
	return ts, err
}

// Lists is the name of the log's consumer that keeps what lists, and Candidates, know of
// tickets.
const Lists = "ticket_facets"

// maxLooked is how many rows of the index a page of Candidates looks at.
const maxLooked = 1000

// Candidates returns the ids of at most limit open tickets, oldest first, of which needs
// of conditions over Vars("ticket", "field") may hold, and the cursor of the next page:
// by an index, where one knows any of the names; else all open tickets. A page may be
// empty and have a cursor. Lists lag some milliseconds, so whoever uses one looks at the
// ticket itself, and the log tells him of those that came since.
func (s *Service) Candidates(ctx context.Context, tx *store.Tx, needs []condition.Need, after string, limit int) (ids []string, next string, err error) {
	vs, err := s.viewsFor(ctx, tx, 0)
	if err != nil {
		return nil, "", err
	}
	p := planOf(slices.DeleteFunc(slices.Clone(needs), unsettled), false, vs.fields, &asked{})
	p.narrow(func(state string) bool { return state == openState })
	at, err := readPlace(after, fmt.Sprintf("candidates %q %v", p.sets, p.spans))
	if err != nil {
		return nil, "", err
	}
	if len(p.states) == 0 {
		return nil, "", nil
	}
	words, err := p.words(ctx, tx, byCreated, false)
	if err != nil {
		return nil, "", err
	}
	w := p.newWalk(words, byCreated, false, at, limit)
	for looked := 0; ; looked++ {
		row, err := w.peek(ctx, tx)
		switch {
		case err != nil:
			return nil, "", err
		case row == nil:
			return ids, "", nil
		case len(ids) == limit || looked == maxLooked:
			return ids, at.String(), nil
		case w.fits(row):
			ids = append(ids, row.Ticket)
		}
		at.At, at.Key = byCreated.at(row), row.Ticket
		w.take()
	}
}

// unsettled says that a need depends on who asks, or when.
func unsettled(n condition.Need) bool {
	bound := func(b *condition.Bound) bool { return b != nil && b.Param != "" }
	param := func(v condition.Value) bool { return v.Param != "" }
	return bound(n.From) || bound(n.To) || slices.ContainsFunc(n.Values, param)
}
