package email

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The types of the events about mails that were received; none of them holds anything
// personal.
const (
	MailHeld      = "email.held"      // Reason and Source say why and whence
	MailRetried   = "email.retried"   // out of quarantine
	MailLetIn     = "email.let_in"    // likewise, as a person's
	MailDiscarded = "email.discarded" // likewise, for good
)

const (
	maxHeldPage = 200
	maxRetried  = 100
	maxCounted  = 10_000
)

type heldFacts struct {
	Reason Reason `json:"reason"`
	Source string `json:"source"`
}

// held puts a mail into quarantine.
func (s *Service) held(ctx context.Context, tx *store.Tx, d *Received, why Reason) error {
	d.State, d.Reason, d.HeldAt = StateHeld, why, s.now()
	d.Files, d.Uploaded = nil, false
	if d.EndUser == "" && d.Writer != "" {
		u, err := s.knownWriter(ctx, tx, d.Writer)
		if err != nil {
			return err
		}
		if u != nil {
			d.EndUser = u.ID
		}
	}
	return s.record(ctx, tx, system(), d, MailHeld, why)
}

// record puts a mail, and tells of what became of it.
func (s *Service) record(ctx context.Context, tx *store.Tx, actor event.Actor, d *Received, what string, why Reason) error {
	facts, err := event.JSON(heldFacts{why, d.Source})
	if err != nil {
		return err
	}
	if err := (&passage{s: s, d: d}).put(ctx, tx); err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, &event.Event{Type: what, Subject: "email:" + d.ID, Revision: int64(d.Rev), Owner: d.EndUser, Actor: actor, Facts: facts})
}

// Held lists the mails in quarantine, the latest first, at most limit of them and no
// more than 200, and gives the cursor of the next page. It needs the permission Configure.
func (s *Service) Held(ctx context.Context, actor event.Actor, after string, limit int) (ds []*Received, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "held mails", Read: true}); err != nil {
			return err
		}
		ds, next, err = receiveds.Page(ctx, tx, store.By("held").Desc().After(after).Limit(max(1, min(limit, maxHeldPage))))
		return err
	})
	return ds, next, err
}

// Get is a mail that was received, whatever became of it, or store.ErrNotFound. It needs
// the permission Configure.
func (s *Service) Get(ctx context.Context, actor event.Actor, id string) (d *Received, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "email:" + id, Read: true}); err != nil {
			return err
		}
		d, err = receiveds.Get(ctx, tx, id)
		return err
	})
	return d, err
}

// HeldCount is how many mails are in quarantine, at most 10,000.
func (s *Service) HeldCount(ctx context.Context) (n int, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err = receiveds.Count(ctx, tx, store.By("held").Limit(maxCounted))
		return err
	})
	return n, err
}

// Retry has mails processed once more, after a fix of what was wrong with the desk or
// its settings: at most 100, all of them or none. One that isn't in quarantine is
// store.ErrNotFound, and one that was too large to be received a *store.FieldError. A job
// processes them after it has returned: [Service.Get] says what became of each. It needs the
// permission Configure.
func (s *Service) Retry(ctx context.Context, actor event.Actor, ids ...string) error {
	if len(ids) > maxRetried {
		return &store.FieldError{Field: "ids", Reason: "at most 100 at a time", Limit: maxRetried}
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			if err := s.release(ctx, tx, actor, id, MailRetried); err != nil {
				return err
			}
		}
		return nil
	})
}

// LetIn has a mail taken as one that a person wrote, whatever looked otherwise, and
// however much its sender has written. A job takes it after LetIn has returned: [Service.Get]
// says what became of it. What can't be read is held again, and what was too large is a
// *store.FieldError. A mail that isn't there is store.ErrNotFound. It needs the permission
// Configure.
func (s *Service) LetIn(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.release(ctx, tx, actor, id, MailLetIn) })
}

// Discard takes a mail out of quarantine for good: what was received is deleted, and its
// copies aren't taken either. A mail that isn't there is store.ErrNotFound. It needs the
// permission Configure.
func (s *Service) Discard(ctx context.Context, actor event.Actor, id string) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := s.inQuarantine(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		why := d.Reason
		d.State, d.Reason = StateDiscarded, ""
		d.strip()
		s.drop(tx, d)
		return s.record(ctx, tx, actor, d, MailDiscarded, why)
	})
}

// release takes a mail out of quarantine, to be processed.
func (s *Service) release(ctx context.Context, tx *store.Tx, actor event.Actor, id, what string) error {
	d, err := s.inQuarantine(ctx, tx, actor, id)
	if err != nil {
		return err
	}
	if d.missed() {
		return &store.FieldError{Field: "id", Reason: "is of a mail that isn't here: " + d.Error}
	}
	why := d.Reason
	d.State, d.Reason, d.Error, d.Problems = StateWaiting, "", "", nil
	d.LetIn = d.LetIn || what == MailLetIn
	d.Tries++
	if err := s.record(ctx, tx, actor, d, what, why); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, d)
}

func (s *Service) inQuarantine(ctx context.Context, tx *store.Tx, actor event.Actor, id string) (*Received, error) {
	if err := s.People.In(tx).Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "email:" + id}); err != nil {
		return nil, err
	}
	d, err := receiveds.Lock(ctx, tx, id, store.ForUpdate)
	if err == nil && d.State != StateHeld {
		err = fmt.Errorf("held mail %s: %w", id, store.ErrNotFound)
	}
	return d, err
}
