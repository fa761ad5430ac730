package ticket

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MarkRead says that the actor's side has read up to a message. Marks only move
// forward, and not beyond the newest message.
func (s *Service) MarkRead(ctx context.Context, actor event.Actor, id string, seq int64) (*Ticket, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		m := &c.After.Marks
		if actor.Kind != event.EndUser {
			seq := min(seq, m.Last)
			if seq <= m.AgentRead || actor.Kind != event.Agent {
				return nil // a bot's reading is nobody's
			}
			m.AgentRead = seq
			c.Record(Read, &Facts{Seq: seq})
			return nil
		}
		seq := min(seq, m.Visible) // what he can't see he can't count
		if seq <= m.EndUserRead {
			return nil
		}
		m.EndUserRead, m.EndUserGot = seq, max(m.EndUserGot, seq)
		unread, err := s.countUnread(ctx, tx, c.After)
		if err != nil {
			return err
		}
		m.EndUserUnread = unread
		c.Record(Read, &Facts{Seq: seq})
		return nil
	})
}

// countUnread counts public messages to the end user that he hasn't read; where
// he has read all, nothing has to be looked at.
func (s *Service) countUnread(ctx context.Context, tx *store.Tx, t *Ticket) (n int, err error) {
	if t.Marks.EndUserRead >= t.Marks.Public {
		return 0, nil
	}
	q := store.ByKey().From(messageKey(t.ID, t.Marks.EndUserRead+1)).To(messageKey(t.ID, t.Marks.Last+1))
	for m, err := range messages.All(ctx, tx, q) {
		if err != nil {
			return 0, err
		}
		if m.Kind == Public && m.Author.Kind != event.EndUser {
			n++
		}
	}
	return n, nil
}

// MarkDelivered says that messages up to this one are on the end user's device.
func (s *Service) MarkDelivered(ctx context.Context, endUser, id string, seq int64) (*Ticket, error) {
	actor := event.Actor{Kind: event.EndUser, ID: endUser}
	return s.change(ctx, actor, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		m := &c.After.Marks
		seq := min(seq, m.Visible)
		if seq <= m.EndUserGot {
			return nil
		}
		m.EndUserGot = seq
		c.Record(Read, &Facts{Seq: seq})
		return nil
	})
}
