package email

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// writer says who writes from an address: what comes from it is one end user's, also
// after staff has merged him into another one.
type writer struct {
	Key     string    `json:"key"` // pseudonym of the address
	EndUser string    `json:"end_user"`
	Rev     store.Rev `json:"-"`
}

var writers = &store.Collection[writer]{
	Name:     "email_writer",
	Key:      func(w *writer) string { return w.Key },
	Rev:      func(w *writer) *store.Rev { return &w.Rev },
	Columns:  []store.Column[writer]{{Name: "end_user", Kind: store.Text, Of: func(w *writer) any { return w.EndUser }}},
	Indexes:  []store.Index{{Name: "end_user", On: []string{"end_user"}}},
	Subjects: func(w *writer) []string { return []string{w.EndUser} },
	Erase:    func(*writer, string) bool { return false },
	Found:    []store.Way{store.InIndex("end_user")},
}

// writerKey is the pseudonym of who writes from an address. What his own server says
// isn't from him is somebody else's, of whom nobody knows more than that he gave it.
func (s *Service) writerKey(address string, forged bool) string {
	if forged {
		return s.pseudonym("email.forged", address)
	}
	return s.pseudonym("email.writer", address)
}

// knownWriter is the end user who writes from an address, nil if nobody has yet.
func (s *Service) knownWriter(ctx context.Context, tx *store.Tx, key string) (*identity.EndUser, error) {
	w, err := writers.Get(ctx, tx, key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u, err := s.People.Writer(ctx, tx, w.EndUser)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil // he was erased
	}
	return u, err
}

// ensure stores who writes, if he isn't stored yet, with what he says of himself.
func (p *passage) ensure(ctx context.Context, tx *store.Tx) (u *identity.EndUser, err error) {
	people := p.s.People.In(tx)
	if p.writer != nil {
		u, err = people.Writer(ctx, tx, p.writer.ID)
	} else {
		u, err = p.begin(ctx, tx)
	}
	if err == nil {
		err = p.remember(ctx, tx, u.ID)
	}
	if err != nil {
		return nil, err
	}
	_, err = people.Claim(ctx, event.Actor{Kind: event.EndUser, ID: u.ID}, u.ID, identity.Profile{Email: p.address, Name: p.name})
	return u, err
}

// begin makes a new end user of an address.
func (p *passage) begin(ctx context.Context, tx *store.Tx) (*identity.EndUser, error) {
	app, err := p.s.Tickets.In(tx).App(ctx, p.app)
	if err != nil {
		return nil, err
	}
	people := p.s.People.In(tx)
	// His address is a device: that is how somebody comes who has no login.
	device := p.s.pseudonym("email.device", p.s.writerKey(p.address, p.forged))
	sess, err := people.Begin(ctx, identity.Visit{App: ticket.DefaultApp, Platform: Platform, Device: device, Private: app.FullPrivacy})
	if err != nil {
		return nil, err
	}
	u, err := people.Ensure(ctx, tx, sess)
	if errors.Is(err, identity.ErrSession) {
		return nil, store.ErrConflict // he was merged or erased a moment ago: look again
	}
	return u, err
}

// remember keeps who writes from the address.
func (p *passage) remember(ctx context.Context, tx *store.Tx, endUser string) error {
	key := p.s.writerKey(p.address, p.forged)
	w, err := writers.Get(ctx, tx, key)
	if errors.Is(err, store.ErrNotFound) {
		w, err = &writer{Key: key}, nil
	}
	if err != nil || w.EndUser == endUser {
		return err
	}
	w.EndUser = endUser
	if err = writers.Put(ctx, tx, w); errors.Is(err, store.ErrExists) {
		return store.ErrConflict // another mail of his was faster
	}
	if err != nil {
		return err
	}
	return adopt(ctx, tx, key, endUser)
}

// adopt gives an end user what is in quarantine from his address, and was nobody's yet: it
// goes with him when he is erased.
func adopt(ctx context.Context, tx *store.Tx, key, endUser string) error {
	const most = 500
	ds, _, err := receiveds.Page(ctx, tx, store.By("writer", key).Desc().Limit(most))
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.State != StateHeld || d.EndUser != "" {
			continue
		}
		d.EndUser = endUser
		if err := receiveds.Put(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}
