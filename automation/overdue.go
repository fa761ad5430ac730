package automation

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// How far Overdue counts, and how many tickets it looks at.
const (
	MaxOverdue  = 1_000
	maxOverdues = 10_000
	overduePage = 200
)

// Overdue counts the open tickets on which a time rule, saved or not, would act at once if
// it were saved with Overdue: their clocks have run out, the condition is true of them,
// and the rule hasn't run for that. more says that there are, or may be, more: it counts
// to MaxOverdue, and looks at 10,000 tickets at most. It is for who may configure. A rule
// that can't be saved is a *store.FieldError. Of rules without a clock it is 0.
func (s *Service) Overdue(ctx context.Context, actor event.Actor, r *Rule) (n int, more bool, err error) {
	asked := *r
	if err := asked.valid(); err != nil {
		return 0, false, err
	}
	looked, after := 0, ""
	for {
		var ids []string
		next, found := "", 0
		err := s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
			found, next = 0, ""
			b, err := s.book(ctx, tx)
			if err != nil {
				return err
			}
			c := &compiled{Rule: &asked}
			if c.compile(b.env); c.err != nil {
				return fmt.Errorf("%w: %w", refuse("when", "isn't a condition"), c.err)
			}
			if asked.On.Kind != OnTime {
				return nil
			}
			needs, _ := c.whole.Needs()
			if ids, next, err = s.tickets.In(tx).Candidates(ctx, tx, needs, after, overduePage); err != nil {
				return err
			}
			for _, id := range ids {
				late, err := s.overdue(ctx, tx, c, id)
				if err != nil {
					return err
				}
				if late {
					found++
				}
			}
			return nil
		})
		if err != nil {
			return 0, false, err
		}
		n, looked, after = n+found, looked+len(ids), next
		switch {
		case n >= MaxOverdue:
			return MaxOverdue, n > MaxOverdue || next != "", nil
		case next == "":
			return n, false, nil
		case looked >= maxOverdues:
			return n, true, nil
		}
	}
}

// overdue says whether a rule would run on a ticket at once.
func (s *Service) overdue(ctx context.Context, tx *store.Tx, c *compiled, id string) (bool, error) {
	t, err := ticket.Peek(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	x, k := s.newSubject(ctx, tx, t), s.newTiming(ctx, tx, t)
	epoch, at, ok := k.due(&c.On)
	if ok && !at.After(x.now) && c.whole.Match(x) {
		done := false
		if c.ID != "" {
			done, err = ran(ctx, tx, c.Rule, t.ID, epochCause(c.On.Clock, epoch))
		}
		return !done, errors.Join(err, x.err, k.err)
	}
	return false, errors.Join(x.err, k.err)
}
