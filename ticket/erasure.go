package ticket

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// How tickets are erased: first the ticket itself, which says so from then on. That
// is the root: who changes it has read it, so that nobody brings back what he knew
// from before, and its messages are read as blank until the erasure has come to
// each of them.

// stayBlank lets nothing that somebody wrote come to a ticket whose end user was
// erased: that is store.ErrNotFound, as if it were written to him. What the desk
// itself would note is left out.
func (c *Change) stayBlank() error {
	t := c.After
	if !t.Erased {
		return nil
	}
	t.Warnings = nil
	gone := &store.Error{Op: "write to", Collection: "ticket", Key: t.ID, Err: store.ErrNotFound}
	if len(c.Messages) > 0 {
		return gone
	}
	was, err := json.Marshal(t)
	if err != nil {
		return err
	}
	blank := new(Ticket)
	if err := json.Unmarshal(was, blank); err != nil {
		return err
	}
	tickets.Erase(blank, t.EndUser)
	now, err := json.Marshal(blank)
	if err != nil {
		return err
	}
	if string(was) != string(now) {
		return gone
	}
	return nil
}

// tellErased records that a ticket was erased: whoever shows it, or keeps something
// of it for himself, hears of it.
func (s *Service) tellErased(ctx context.Context, tx *store.Tx, t *Ticket) error {
	return s.tellOf(ctx, tx, t, Facts{})
}

func (s *Service) tellOf(ctx context.Context, tx *store.Tx, t *Ticket, f Facts) (err error) {
	f.Status, f.App, f.Platform, f.Channel = t.Status, t.App, t.Platform, t.Channel
	e := &event.Event{Type: Erased, Subject: t.ID, Revision: int64(t.Rev), Owner: t.EndUser, Actor: event.Actor{Kind: event.System}}
	if e.Facts, err = event.JSON(f); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, e)
}

// tellForgotten records that a message was erased which quotes its subject on a
// ticket that isn't erased: that of somebody else.
func (s *Service) tellForgotten(ctx context.Context, tx *store.Tx, m *Message) error {
	if m.About == "" {
		return nil
	}
	t, err := tickets.Lock(ctx, tx, m.Ticket, store.ForUpdate)
	if err != nil || t.Erased {
		return err
	}
	if t.Preview.Copied && m.FromCopy() && t.Preview.Time.Equal(m.Time) {
		t.Preview = m.preview()
	}
	if err := tickets.Put(ctx, tx, t); err != nil {
		return err
	}
	return s.tellOf(ctx, tx, t, Facts{Seq: m.Seq, Message: m.Kind})
}

// keepErased blanks a message that quotes somebody who was erased, where it moves:
// the erasure may have been to that place already.
func (s *Service) keepErased(ctx context.Context, tx *store.Tx, m *Message) error {
	if m.About == "" {
		return nil
	}
	_, err := s.people.Writer(ctx, tx, m.About)
	if errors.Is(err, store.ErrNotFound) {
		messages.Erase(m, m.About)
		err = nil
	}
	return err
}
