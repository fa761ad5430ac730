package email

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// message is one of a ticket, nil if it isn't there.
func (s *Service) message(ctx context.Context, id string, seq int64) (*ticket.Message, error) {
	ms, _, err := s.Tickets.Messages(ctx, system(), id, seq-1, 0, 1)
	if err != nil || len(ms) == 0 || ms[0].Seq != seq {
		return nil, err
	}
	return ms[0], nil
}

// maxFollowed is how many merges lead to where a message is now.
const maxFollowed = 20

// find is a message with its ticket, wherever it went since: into another ticket of the
// same end user, or to one that was split off. Without a message there is nothing to send.
func (s *Service) find(ctx context.Context, id string, seq int64) (*ticket.Ticket, *ticket.Message, error) {
	was := (&ticket.Message{Ticket: id, Seq: seq}).ID()
	for range maxFollowed {
		t, err := s.lively(ctx, id)
		if t == nil || err != nil {
			return nil, nil, err
		}
		if t.Merged != nil {
			id = t.Merged.Into
			continue
		}
		if m, err := s.message(ctx, id, seq); err != nil || m != nil && m.ID() == was {
			return t, m, err
		}
		if m, err := s.moved(ctx, t, was); m != nil || err != nil {
			return t, m, err
		}
		for _, l := range t.Links {
			if l.Kind != ticket.Related {
				continue
			}
			off, err := s.lively(ctx, l.Ticket)
			if err != nil {
				return nil, nil, err
			}
			if off == nil || off.EndUser != t.EndUser {
				continue
			}
			if m, err := s.moved(ctx, off, was); m != nil || err != nil {
				return off, m, err
			}
		}
		break
	}
	return nil, nil, nil
}

// lively is a ticket that mails are sent about, nil if it is none: nothing goes out that
// was erased, or went to somebody else's ticket.
func (s *Service) lively(ctx context.Context, id string) (*ticket.Ticket, error) {
	t, err := s.Tickets.Get(ctx, system(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.Erased || t.Merged != nil && t.Merged.Abroad) {
		return nil, nil
	}
	return t, err
}

// moved finds the message that is called was, or was called so where it came from.
func (s *Service) moved(ctx context.Context, t *ticket.Ticket, was string) (*ticket.Message, error) {
	for before := t.Marks.Last + 1; before > 1; {
		ms, more, err := s.Tickets.Messages(ctx, system(), t.ID, 0, before, 200)
		if err != nil {
			return nil, err
		}
		for _, m := range slices.Backward(ms) {
			at := &ticket.Message{Ticket: m.Ticket, Seq: m.Seq}
			if at.ID() == was || slices.Contains(m.Trail, was) {
				return m, nil
			}
		}
		if !more {
			break
		}
		before = ms[0].Seq
	}
	return nil, nil
}
