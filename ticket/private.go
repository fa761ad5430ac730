package ticket

import (
	"context"
	"errors"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// private says whether an end user is under full privacy in an app; "" is no app.
func (s *Service) private(ctx context.Context, tx *store.Tx, app, endUser string) (bool, error) {
	if app != "" {
		a, err := apps.Shared(ctx, tx, app)
		if err != nil || a.FullPrivacy {
			return err == nil, err
		}
	}
	look := s.people.Writer // nobody puts him under full privacy meanwhile
	if !tx.Writable() {
		look = func(ctx context.Context, tx *store.Tx, id string) (*identity.EndUser, error) {
			return s.people.In(tx).EndUser(ctx, id)
		}
	}
	u, err := look(ctx, tx, endUser)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil // he isn't stored yet, or was erased
	}
	return err == nil && u.Private, err
}

// leaveFiles leaves the attachments of an end user under full privacy out, with a
// warning, and removes them. A message that has nothing else is refused.
func (s *Service) leaveFiles(ctx context.Context, tx *store.Tx, c *Change, d *Draft) error {
	if c.Actor.Kind != event.EndUser || len(d.Attachments) == 0 {
		return nil
	}
	private, err := s.private(ctx, tx, c.After.App, c.After.EndUser)
	if !private || err != nil {
		return err
	}
	if strings.TrimSpace(d.Text) == "" && d.HTML == "" {
		return &identity.PrivateError{What: "attachments"}
	}
	for _, id := range d.Attachments {
		u, err := uploads.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && (u.Author != c.Actor || u.Ticket != "") {
			continue
		}
		if err == nil {
			err = s.dropUpload(ctx, tx, id)
		}
		if err != nil {
			return err
		}
	}
	d.Attachments = nil
	c.warn([]identity.Warning{{Field: "message.attachments", Detail: "left out: the end user is under full privacy"}})
	return nil
}
