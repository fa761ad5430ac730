package ticket

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Here is what package queue does to tickets in the desk's own name. Each is done only if
// the ticket is still as it was found: what somebody did meanwhile stays.

// PutBack takes an open ticket, sleeping or not, from an agent who has it, back to its
// queue, with its wait. Where he has it no more nothing is done. reason is for its
// history.
func (s *Service) PutBack(ctx context.Context, id, agent, reason string) (*Ticket, error) {
	return s.quietly(ctx, id, reason, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if c.Before.Assignee != (event.Actor{Kind: event.Agent, ID: agent}) || !c.Before.Status.Open() {
			return nil
		}
		return s.handed(ctx, tx, c, MoveReturned, func(_ context.Context, _ *store.Tx, t *Ticket) error {
			t.Assignee, t.Group = event.Actor{}, ""
			return nil
		})
	})
}

// Requeue moves an open ticket from one queue to another. Whoever has it keeps it, and its wait goes on. Where it isn't in that queue any more
// nothing is done.
func (s *Service) Requeue(ctx context.Context, id, from, to, reason string) (*Ticket, error) {
	return s.quietly(ctx, id, reason, func(_ context.Context, _ *store.Tx, c *Change) error {
		t := c.After
		if t.Queue != from || !t.Status.Open() {
			return nil
		}
		t.Queue = to
		c.Record(Assigned, &Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue, Move: MoveTransferred})
		return nil
	})
}

// quietly changes a ticket as the system; one that is gone is none, without an error.
func (s *Service) quietly(ctx context.Context, id, reason string, fn func(context.Context, *store.Tx, *Change) error) (*Ticket, error) {
	t, err := s.change(ctx, event.Actor{Kind: event.System}, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		c.Reason = reason
		return fn(ctx, tx, c)
	})
	return t, unlessGone(err)
}

// WaitsSince is the moment by which a ticket that waits for a person is ordered: since
// when its end user waits, or, where he doesn't, when it was created.
func (t *Ticket) WaitsSince() time.Time {
	if t.WaitingSince.IsZero() {
		return t.Times.Created
	}
	return t.WaitingSince
}
