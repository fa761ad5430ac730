package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// FromMail says whether a message or a note was made of a mail, which Raw has while it is
// kept.
func FromMail(m *ticket.Message) bool {
	id, ok := strings.CutPrefix(m.ClientID, "mail/")
	return ok && !strings.Contains(id, "/")
}

// Raw opens the mail that a message or a note was made of, as it was received, for staff
// who sees its ticket. The caller closes it; it isn't to be shown as it is. Where there
// is no mail, or it is kept no longer, the error is store.ErrNotFound. It can't be called
// in a transaction of the desk's store.
func (s *Service) Raw(ctx context.Context, actor event.Actor, ticket string, seq int64) (io.ReadSeekCloser, *Received, error) {
	d, err := s.receivedAs(ctx, actor, ticket, seq)
	if err != nil {
		return nil, nil, err
	}
	f, _, err := s.Blobs.Open(ctx, d.Blob)
	return f, d, err
}

// Whole is the mail of Raw, parsed anew: with the text that was quoted, and all that was
// left out of the message.
func (s *Service) Whole(ctx context.Context, actor event.Actor, ticket string, seq int64) (*mail.Mail, error) {
	d, err := s.receivedAs(ctx, actor, ticket, seq)
	if err != nil {
		return nil, err
	}
	return s.parsed(ctx, d.Blob, nil, nil)
}

// RawHeld opens a mail in quarantine as it was received. The caller closes it. One that
// isn't there is store.ErrNotFound. It needs the permission Configure.
func (s *Service) RawHeld(ctx context.Context, actor event.Actor, id string) (io.ReadSeekCloser, *Received, error) {
	d, err := s.Get(ctx, actor, id)
	if err == nil && d.State != StateHeld {
		err = fmt.Errorf("held mail %s: %w", id, store.ErrNotFound)
	}
	if err != nil {
		return nil, nil, err
	}
	f, _, err := s.Blobs.Open(ctx, d.Blob)
	return f, d, err
}

// receivedAs is the mail that a message was made of, which is still kept.
func (s *Service) receivedAs(ctx context.Context, actor event.Actor, id string, seq int64) (d *Received, err error) {
	if actor.Kind == event.EndUser {
		return nil, &identity.PermissionError{Actor: actor, Permission: identity.Converse}
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := s.Tickets.In(tx).Get(ctx, actor, id)
		if err != nil {
			return err
		}
		m, err := ticket.PeekMessage(ctx, tx, id, seq)
		if err != nil {
			return err
		}
		ds, _, err := receiveds.Page(ctx, tx, store.By("message", m.ID()).Limit(1))
		if err != nil {
			return err
		}
		if len(ds) == 0 || ds[0].Blob == "" || t.Erased {
			return fmt.Errorf("mail of message %d of ticket %s: %w", seq, id, blob.ErrNotFound)
		}
		d = ds[0]
		return nil
	})
	return d, err
}

// dropRaw is the reactor that lets go of mails as they were received when something was
// taken out of their messages, or the ticket was erased.
func (s *Service) dropRaw(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		var f ticket.Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		// What was in the title is in the subject of each mail.
		title := slices.Contains(f.What, "title")
		if err := s.dropRawOf(ctx, tx, e.Subject, f.Seq, e.Type == ticket.Erased, title); err != nil {
			return err
		}
	}
	return nil
}

// dropRawOf lets go of the mails of one message, or of all of a ticket's of which
// something was taken out; of all of them, if that was from its title.
func (s *Service) dropRawOf(ctx context.Context, tx *store.Tx, id string, seq int64, erased, title bool) error {
	const page = 200
	from, limit := seq-1, 1
	if seq == 0 {
		from, limit = 0, page
	}
	for {
		ms, more, err := s.Tickets.In(tx).Messages(ctx, system(), id, from, 0, limit)
		if err != nil {
			return err
		}
		for _, m := range ms {
			from = m.Seq
			if m.Redacted == nil && !erased && !title || seq != 0 && m.Seq != seq {
				continue
			}
			if err := s.dropRawMessage(ctx, tx, m, erased); err != nil {
				return err
			}
		}
		if !more || seq != 0 {
			return nil
		}
	}
}

func (s *Service) dropRawMessage(ctx context.Context, tx *store.Tx, m *ticket.Message, erased bool) error {
	ds, _, err := receiveds.Page(ctx, tx, store.By("message", m.ID()).Limit(1))
	if err != nil || len(ds) == 0 {
		return err
	}
	d := ds[0]
	s.drop(tx, d)
	if d.Subject = ""; erased {
		d.forget()
	}
	err = receiveds.Put(ctx, tx, d)
	if errors.Is(err, store.ErrNotFound) {
		return nil // its end user was erased meanwhile
	}
	return err
}
