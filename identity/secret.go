package identity

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// minSecret is the length of an app's secret in bytes, as of the key of HS256.
const minSecret = 32

// appSecrets are the live secrets of an app, newest first, two at most.
type appSecrets struct {
	App  string    `json:"app"`
	Live []string  `json:"live"`
	Rev  store.Rev `json:"-"`
}

var secrets = &store.Collection[appSecrets]{
	Name:       "app_secret",
	Key:        func(a *appSecrets) string { return a.App },
	Rev:        func(a *appSecrets) *store.Rev { return &a.Rev },
	Impersonal: "holds secrets of apps",
}

func liveSecrets(ctx context.Context, tx *store.Tx, app string) ([]string, error) {
	a, err := secrets.Get(ctx, tx, app)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.Live, nil
}

// AddSecret gives an app a new secret under which the host signs logins: the one
// given, of at least 32 bytes (else a *store.FieldError), or with "" a random one,
// which is returned. The one before stays live; older ones end. A secret that is live already changes nothing.
func (s *Service) AddSecret(ctx context.Context, actor event.Actor, app, secret string) (string, error) {
	if secret == "" {
		secret = rand.Text() + rand.Text()
	}
	if len(secret) < minSecret {
		return "", &store.FieldError{Field: "secret", Reason: "has to have at least 32 bytes", Limit: minSecret}
	}
	err := s.changeSecrets(ctx, actor, app, "app.secret_added", func(a *appSecrets) bool {
		for _, live := range a.Live {
			if live == secret {
				return false
			}
		}
		a.Live = append([]string{secret}, a.Live[:min(len(a.Live), 1)]...)
		return true
	})
	if err != nil {
		return "", err // it isn't live
	}
	return secret, nil
}

// RetireSecret ends the older one of two live secrets: the rotation is done.
func (s *Service) RetireSecret(ctx context.Context, actor event.Actor, app string) error {
	return s.changeSecrets(ctx, actor, app, "app.secret_retired", func(a *appSecrets) bool {
		if len(a.Live) < 2 {
			return false
		}
		a.Live = a.Live[:1]
		return true
	})
}

func (s *Service) changeSecrets(ctx context.Context, actor event.Actor, app, what string, change func(*appSecrets) bool) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "app_secret:" + app}); err != nil {
			return err
		}
		a, err := secrets.Lock(ctx, tx, app, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			a, err = &appSecrets{App: app}, nil
		}
		if err != nil || !change(a) {
			return err
		}
		if err := secrets.Put(ctx, tx, a); err != nil {
			return err
		}
		return s.record(ctx, tx, &event.Event{Type: what, Subject: "app_secret:" + app, Revision: int64(a.Rev), Actor: actor}, nil, nil)
	})
}
