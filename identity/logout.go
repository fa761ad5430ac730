package identity

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Logout ends the session's login: the device is the anonymous end user's again,
// and older tokens of the device are refused.
func (s *Service) Logout(ctx context.Context, sess *Session) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := devices.Lock(ctx, tx, sess.Device, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			return nil // nobody was logged in
		}
		if err != nil || d.Current == d.Anonymous {
			return err
		}
		return s.logOut(ctx, tx, d)
	})
}

func (s *Service) logOut(ctx context.Context, tx *store.Tx, d *Device) (err error) {
	was := *d
	if d.Current, err = s.strangerOf(ctx, tx, d); err != nil {
		return err
	}
	return s.putDevice(ctx, tx, d, was)
}

// logoutPage is how many devices LogoutEverywhere logs out in a transaction.
const logoutPage = 100

// LogoutEverywhere ends the logins of an end user on all of his devices, and says on
// how many there were: their tokens are refused from then on, and streams end with
// their next heartbeat. An anonymous end user isn't logged in, and keeps his device.
// It is done page by page, so after an error some devices may be logged out: call it
// again. The end user himself may, and who has the permission Configure; another end
// user is store.ErrNotFound.
func (s *Service) LogoutEverywhere(ctx context.Context, actor event.Actor, endUser string) (n int, err error) {
	for cursor, more := "", true; more; more = cursor != "" {
		out := 0
		err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			out = 0
			if actor.Kind == event.EndUser && actor.ID != endUser {
				return store.ErrNotFound
			}
			if actor.Kind != event.EndUser {
				if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: endUser, Owner: endUser}); err != nil {
					return err
				}
			}
			if u, err := follow(ctx, tx, endUser, driver.None); err == nil {
				endUser = u.ID // another one's if he was merged
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
			ds, next, err := devices.Page(ctx, tx, store.By("current", endUser).Limit(logoutPage).After(cursor))
			if err != nil {
				return err
			}
			for _, d := range ds {
				if d.Current == d.Anonymous {
					continue
				}
				if err := s.logOut(ctx, tx, d); err != nil {
					return err
				}
				out++
			}
			cursor = next
			return nil
		})
		if err != nil {
			return n, err
		}
		n += out
	}
	return n, nil
}

// Devices returns at most 100 devices on which the end user is the current one.
func (s *Service) Devices(ctx context.Context, endUser string) (ds []*Device, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ds, _, err = devices.Page(ctx, tx, store.By("current", endUser).Limit(100))
		return err
	})
	return ds, err
}
