package identity

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Organisation is a company or another body to which end users belong.
type Organisation struct {
	ID         string    `json:"id"` // UUIDv7
	Name       string    `json:"name"`
	ExternalID string    `json:"external_id,omitempty"` // the host's; unique
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated"`
	Rev        store.Rev `json:"-"`
}

var organisations = &store.Collection[Organisation]{
	Name: "organisation",
	Key:  func(o *Organisation) string { return o.ID },
	Rev:  func(o *Organisation) *store.Rev { return &o.Rev },
	Columns: []store.Column[Organisation]{
		{Name: "name", Kind: store.Text, Of: func(o *Organisation) any { return strings.ToLower(o.Name) }},
		{Name: "external_id", Kind: store.Text, Of: func(o *Organisation) any { return indexed(o.ExternalID) }},
	},
	Indexes:    []store.Index{{Name: "name", On: []string{"name"}}, {Name: "external_id", On: []string{"external_id"}, Unique: true}},
	Impersonal: "organisations are no persons",
}

func (o *Organisation) valid() error {
	o.Name = strings.TrimSpace(strings.Map(visible, o.Name))
	switch n := utf8.RuneCountInString(o.Name); {
	case n == 0:
		return &store.FieldError{Field: "organisation.name", Reason: "is missing"}
	case n > MaxName:
		return store.TooLong("organisation.name", MaxName)
	case len(o.ID) > maxID:
		return store.TooLong("organisation.id", maxID)
	case utf8.RuneCountInString(o.ExternalID) > MaxUserID || !utf8.ValidString(o.ExternalID) || strings.TrimSpace(o.ExternalID) != o.ExternalID || strings.ContainsFunc(o.ExternalID, unicode.IsControl):
		return &store.FieldError{Field: "organisation.external_id", Reason: "has to be printable text of at most 750 characters with no spaces around it", Limit: MaxUserID}
	}
	return nil
}

// SaveOrganisation creates an organisation (revision 0; an empty id gets one), or
// changes the one that was read before. An external id that another one has is
// store.ErrExists, a bad value a *store.FieldError, and one that was changed
// meanwhile store.ErrStale.
func (s *Service) SaveOrganisation(ctx context.Context, actor event.Actor, o *Organisation) error {
	if err := o.valid(); err != nil {
		return err
	}
	if o.ID == "" {
		o.ID = s.log.IDs().New()
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "organisation:" + o.ID}); err != nil {
			return err
		}
		what := "organisation.changed"
		o.Updated = s.now()
		if o.Rev == 0 {
			what, o.Created = "organisation.created", o.Updated
		}
		if err := organisations.Put(ctx, tx, o); err != nil {
			return err
		}
		return s.record(ctx, tx, &event.Event{Type: what, Subject: "organisation:" + o.ID, Revision: int64(o.Rev), Actor: actor}, nil, nil)
	})
}

// Organisation returns the organisation with this id, or store.ErrNotFound.
func (s *Service) Organisation(ctx context.Context, id string) (o *Organisation, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		o, err = organisations.Get(ctx, tx, id)
		return err
	})
	return o, err
}

// OrganisationByExternalID returns the organisation with the host's id, or
// store.ErrNotFound.
func (s *Service) OrganisationByExternalID(ctx context.Context, id string) (o *Organisation, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for o, err = range organisations.Scan(ctx, tx, store.By("external_id", indexed(id)).Limit(1)) {
			return err
		}
		return store.ErrNotFound
	})
	return o, err
}

// Organisations returns at most limit organisations, and no more than 200, in order
// of name, and the cursor of the next page.
func (s *Service) Organisations(ctx context.Context, after string, limit int) (all []*Organisation, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all, next, err = organisations.Page(ctx, tx, store.By("name").Limit(pageSize(limit)).After(after))
		return err
	})
	return all, next, err
}

// Belong makes an end user a member of an organisation, in place of the one before;
// "" is none. An organisation that isn't there is a *store.FieldError, an end user who
// isn't there, or was erased, store.ErrNotFound.
func (s *Service) Belong(ctx context.Context, actor event.Actor, endUser, organisation string) (u *EndUser, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: endUser, Owner: endUser}); err != nil {
			return err
		}
		if organisation != "" {
			if _, err := organisations.Lock(ctx, tx, organisation, store.Share); errors.Is(err, store.ErrNotFound) {
				return &store.FieldError{Field: "organisation", Reason: "there is none of this id"}
			} else if err != nil {
				return err
			}
		}
		if u, err = s.changeable(ctx, tx, endUser); err != nil {
			return err
		}
		if u.Organisation == organisation {
			return nil
		}
		u.Organisation = organisation
		return s.put(ctx, tx, actor, u, "end_user.changed")
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// Members returns at most limit end users of an organisation, and no more than 200,
// the longest known first, and the cursor of the next page.
func (s *Service) Members(ctx context.Context, actor event.Actor, organisation, after string, limit int) (us []*EndUser, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: "organisation:" + organisation, Read: true}); err != nil {
			return err
		}
		us, next, err = endUsers.Page(ctx, tx, store.By("organisation", organisation).Limit(pageSize(limit)).After(after))
		return err
	})
	return us, next, err
}
