package email

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Resend sends a message that has failed once more, to those who don't have it. It is for
// who may reply on the ticket. What is no message of staff on a ticket of mail, or hasn't
// failed, is a *store.FieldError.
func (s *Service) Resend(ctx context.Context, actor event.Actor, id string, seq int64) error {
	if actor.Kind == event.EndUser {
		return &identity.PermissionError{Actor: actor, Permission: identity.Converse}
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		bound := s.In(tx)
		t, err := bound.Tickets.Get(ctx, actor, id)
		if err != nil {
			return err
		}
		if s.o.Sender == nil {
			return errors.New("send a message again: this desk sends no mails")
		}
		m, err := bound.message(ctx, id, seq)
		if err != nil {
			return err
		}
		if m == nil || !goesOut(m) || t.Channel != Channel || m.Failure == "" {
			return &store.FieldError{Field: "seq", Reason: "this is no message that had to go out by mail and failed"}
		}
		d, err := sents.Lock(ctx, tx, m.ID(), store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			d, err = &sent{Key: m.ID(), EndUser: t.EndUser}, nil
		}
		if err != nil {
			return err
		}
		d.Ticket, d.Seq, d.Date, d.Done = id, seq, s.now(), time.Time{}
		d.Again++
		if err := sents.Put(ctx, tx, d); err != nil {
			return taken(err)
		}
		if err := s.fail(ctx, tx, id, seq, ""); err != nil {
			return err
		}
		return s.queueMail(ctx, tx, id, seq, d.Again)
	})
}
