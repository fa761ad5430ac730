package identity

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Full privacy is for those of whom as little as possible may be kept: children, say.
// Name, email, phone and further identities of theirs are refused whoever sends them,
// and so are attachments and personal fields (package ticket). What the host needs to
// tell them apart stays: user id, language, attributes, organisation.

// Redacted is the type of the event of an end user who came under full privacy: what
// was known of him is gone. Indexes outside of the store purge what they hold.
const Redacted = "end_user.redacted"

// PrivateError says what isn't taken of an end user under full privacy.
type PrivateError struct {
	What string // as in "attachments"
}

func (e *PrivateError) Error() string {
	return e.What + " aren't taken of who is under full privacy"
}

// Unwrap returns store.ErrValue.
func (e *PrivateError) Unwrap() error { return store.ErrValue }

const isPrivate = "left out: the end user is under full privacy"

// reduce leaves out what isn't kept under full privacy, and tells what that was.
func (p *Profile) reduce() (left []Warning) {
	for _, part := range []struct {
		field string
		value *string
	}{{"name", &p.Name}, {"email", &p.Email}, {"phone", &p.Phone}} {
		if *part.value != "" {
			*part.value, left = "", append(left, Warning{part.field, isPrivate})
		}
	}
	if len(p.Identities) > 0 {
		p.Identities, left = nil, append(left, Warning{"identities", isPrivate})
	}
	return left
}

// reduce takes away what isn't kept under full privacy.
func (u *EndUser) reduce() {
	u.Name, u.Email, u.Phone, u.Identities = "", Contact{}, Contact{}, nil
}

// SetPrivate puts an end user under full privacy, for which an actor needs the
// permission Converse, or ends that, which takes Configure. What was known of him and
// isn't kept under full privacy goes for good, and so does what his history repeats
// of it. Nobody of this id is store.ErrNotFound.
func (s *Service) SetPrivate(ctx context.Context, actor event.Actor, id string, private bool) (u *EndUser, err error) {
	needs := Configure
	if private {
		needs = Converse
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, needs, On{Subject: id, Owner: id}); err != nil {
			return err
		}
		if u, err = s.changeable(ctx, tx, id); err != nil || u.Private == private {
			return err
		}
		if private {
			return s.protect(ctx, tx, actor, u)
		}
		u.Private = false
		return s.put(ctx, tx, actor, u, "end_user.changed")
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// PrivateFunc removes what another package keeps of an end user and isn't kept under
// full privacy, in the transaction in which he comes under it. It may leave to a job
// what is much.
type PrivateFunc func(ctx context.Context, tx *store.Tx, u *EndUser) error

// OnPrivate has f called for everybody who comes under full privacy. Call it before
// the service is used.
func (s *Service) OnPrivate(f PrivateFunc) { s.concealers.all = append(s.concealers.all, f) }

// concealers are shared by bound copies of a service.
type concealers struct{ all []PrivateFunc }

// protect puts a stored end user under full privacy, who is locked.
func (s *Service) protect(ctx context.Context, tx *store.Tx, actor event.Actor, u *EndUser) error {
	if err := s.concealed(ctx, tx, u); err != nil {
		return err
	}
	return s.put(ctx, tx, actor, u, Redacted)
}

// concealed marks an end user, who is put afterwards, and has all others forget him.
func (s *Service) concealed(ctx context.Context, tx *store.Tx, u *EndUser) error {
	if err := s.forgetChanges(ctx, tx, u.ID); err != nil {
		return err
	}
	u.Private = true
	for _, f := range s.concealers.all {
		if err := f(ctx, tx, u); err != nil {
			return err
		}
	}
	return nil
}

// protectVisitor is protect for whoever is on a device, if he is stored.
func (s *Service) protectVisitor(ctx context.Context, tx *store.Tx, id string) error {
	u, err := s.changeable(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || u.Private {
		return err
	}
	return s.protect(ctx, tx, event.Actor{Kind: event.System}, u)
}

// What forgetChanges does in its one transaction.
const (
	forgetPage  = 200
	forgetPages = 20
)

// forgetChanges empties what the events of an end user's last 4,000 changes hold of
// him; nobody's profile changes so often.
func (s *Service) forgetChanges(ctx context.Context, tx *store.Tx, id string) (err error) {
	cursor := ""
	for range forgetPages {
		cursor, err = s.log.Reword(ctx, tx, id, cursor, forgetPage, func(*event.Event) ([]byte, error) { return nil, nil })
		if cursor == "" || err != nil {
			return err
		}
	}
	return nil
}
