package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The limits of API keys.
const (
	MaxKeys = 1000 // of a desk, revoked ones included
	maxApps = 100  // that a key names
)

// Key is an API key: a program of the host's that may do some things.
type Key struct {
	ID      string       `json:"id"` // UUIDv7
	Name    string       `json:"name"`
	May     []Permission `json:"may"`            // in order; any but Speak
	Apps    []string     `json:"apps,omitempty"` // whose tickets it sees and creates; none are all, as it has to be where it may Configure, Organise or Promote
	Expires time.Time    `json:"expires"`        // zero: never
	By      event.Actor  `json:"by"`
	Created time.Time    `json:"created"`
	Revoked time.Time    `json:"revoked"` // zero: it lives
	Used    time.Time    `json:"-"`       // last time, to a minute; zero: never
}

// Actor is the key as an actor: it may do what May says, until it is revoked.
func (k *Key) Actor() event.Actor { return event.Actor{Kind: event.System, ID: keyPrefix + k.ID} }

// KeyReason says why a key isn't taken.
type KeyReason string

// The reasons.
const (
	KeyUnknown KeyReason = "unknown" // there is none of this secret
	KeyRevoked KeyReason = "revoked"
	KeyExpired KeyReason = "expired"
)

// KeyError says that an API key isn't taken.
type KeyError struct {
	Key    string // its id; "" of an unknown one
	Reason KeyReason
}

func (e *KeyError) Error() string { return "API key refused: " + string(e.Reason) }

// apiKey is a key as it is stored, with the hash of its secret.
type apiKey struct {
	Key
	Hash string    `json:"hash"`
	Rev  store.Rev `json:"-"`
}

var apiKeys = &store.Collection[apiKey]{
	Name:       "api_key",
	Key:        func(k *apiKey) string { return k.ID },
	Rev:        func(k *apiKey) *store.Rev { return &k.Rev },
	Columns:    []store.Column[apiKey]{{Name: "hash", Kind: store.Text, Of: func(k *apiKey) any { return k.Hash }}},
	Indexes:    []store.Index{{Name: "hash", On: []string{"hash"}, Unique: true}},
	Impersonal: "holds keys of the host's programs",
}

// keyUse is when a key was last used. It is kept apart, so that nobody who acts by
// the key waits for it.
type keyUse struct {
	Key  string    `json:"key"`
	Time time.Time `json:"time"`
	Rev  store.Rev `json:"-"`
}

var keyUses = &store.Collection[keyUse]{
	Name:       "api_key_use",
	Key:        func(u *keyUse) string { return u.Key },
	Rev:        func(u *keyUse) *store.Rev { return &u.Rev },
	Impersonal: "holds times",
}

// usePause is how exactly the last use is known.
const usePause = time.Minute

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (k *Key) valid(now time.Time) error {
	k.Name = strings.TrimSpace(strings.Map(visible, store.CleanText(k.Name)))
	switch n := utf8.RuneCountInString(k.Name); {
	case n == 0:
		return &store.FieldError{Field: "key.name", Reason: "is missing"}
	case n > MaxName:
		return store.TooLong("key.name", MaxName)
	case len(k.May) == 0:
		return &store.FieldError{Field: "key.may", Reason: "has at least one permission"}
	case len(k.Apps) > maxApps:
		return &store.FieldError{Field: "key.apps", Reason: "names at most 100 apps", Limit: maxApps}
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return &store.FieldError{Field: "key.expires", Reason: "has passed"}
	}
	for _, p := range k.May {
		if p == Speak || !slices.Contains(Permissions(), p) {
			return &store.FieldError{Field: "key.may", Reason: fmt.Sprintf("can't be %q", p)}
		}
		if len(k.Apps) > 0 && slices.Contains([]Permission{Configure, Organise, Promote}, p) {
			return &store.FieldError{Field: "key.may", Reason: fmt.Sprintf("can't be %q of a key that is kept to some apps", p)}
		}
	}
	for _, app := range k.Apps {
		if app == "" || len(app) > maxID {
			return &store.FieldError{Field: "key.apps", Reason: "have ids of 1 to 100 characters", Limit: maxID}
		}
	}
	k.May = slices.Compact(slices.Sorted(slices.Values(k.May)))
	k.Apps = slices.Compact(slices.Sorted(slices.Values(k.Apps)))
	return nil
}

// AddKey makes an API key of a name, with what it may, the apps to which it is kept
// and the time at which it ends, and returns it with its secret, which nobody can
// read again: the store has a hash. A bad value, and the 1,001st key, is a
// *store.FieldError. It needs the permission Configure; a key makes no keys.
func (s *Service) AddKey(ctx context.Context, actor event.Actor, k Key) (_ *Key, secret string, err error) {
	if err := k.valid(s.now()); err != nil {
		return nil, "", err
	}
	secret = "fd_" + rand.Text() + rand.Text()
	given := k
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		k = given
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "api_key"}); err != nil {
			return err
		}
		if IsKey(actor) {
			return &PermissionError{actor, Configure}
		}
		n, err := apiKeys.Count(ctx, tx, store.ByKey().Limit(MaxKeys))
		if err != nil {
			return err
		}
		if n >= MaxKeys {
			return &store.FieldError{Field: "key", Reason: "there are 1000 keys: delete revoked ones first", Limit: MaxKeys}
		}
		k.ID, k.By, k.Created, k.Revoked, k.Used = s.log.IDs().New(), actor, s.now(), time.Time{}, time.Time{}
		stored := &apiKey{Key: k, Hash: hashOf(secret)}
		if err := apiKeys.Put(ctx, tx, stored); err != nil {
			return err
		}
		return s.keyEvent(ctx, tx, actor, stored, "api_key.created", int64(stored.Rev))
	})
	if err != nil {
		return nil, "", err // it isn't live
	}
	return &k, secret, nil
}

func (s *Service) keyEvent(ctx context.Context, tx *store.Tx, actor event.Actor, k *apiKey, what string, rev int64) error {
	facts := struct {
		May  []Permission `json:"may"`
		Apps []string     `json:"apps,omitempty"`
	}{k.May, k.Apps}
	return s.record(ctx, tx, &event.Event{Type: what, Subject: "api_key:" + k.ID, Revision: rev, Actor: actor}, facts, nil)
}

// RevokeKey ends a key: what begins after it by this key is refused. Again it does
// nothing; a key that isn't there is store.ErrNotFound.
func (s *Service) RevokeKey(ctx context.Context, actor event.Actor, id string) error {
	return s.changeKey(ctx, actor, id, func(ctx context.Context, tx *store.Tx, k *apiKey) error {
		if !k.Revoked.IsZero() {
			return nil
		}
		k.Revoked = s.now()
		if err := apiKeys.Put(ctx, tx, k); err != nil {
			return err
		}
		return s.keyEvent(ctx, tx, actor, k, "api_key.revoked", int64(k.Rev))
	})
}

// DeleteKey forgets a key that was revoked or has expired; one that lives is a
// *store.FieldError.
func (s *Service) DeleteKey(ctx context.Context, actor event.Actor, id string) error {
	return s.changeKey(ctx, actor, id, func(ctx context.Context, tx *store.Tx, k *apiKey) error {
		if k.refused(s.now()) == nil {
			return &store.FieldError{Field: "key", Reason: "lives: revoke it first"}
		}
		rev := int64(k.Rev) + 1
		if err := apiKeys.Delete(ctx, tx, k); err != nil {
			return err
		}
		use, err := keyUses.Lock(ctx, tx, id, store.ForUpdate)
		if err == nil {
			err = keyUses.Delete(ctx, tx, use)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return s.keyEvent(ctx, tx, actor, k, "api_key.deleted", rev)
	})
}

func (s *Service) changeKey(ctx context.Context, actor event.Actor, id string, change func(context.Context, *store.Tx, *apiKey) error) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		own := IsKey(actor) && actor.ID == keyPrefix+id
		var k *apiKey
		var err error
		if own { // it is locked to be changed before it is locked to be relied on
			if k, err = apiKeys.Lock(ctx, tx, id, store.ForUpdate); err != nil {
				return err
			}
		}
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "api_key:" + id}); err != nil {
			return err
		}
		if k == nil {
			if k, err = apiKeys.Lock(ctx, tx, id, store.ForUpdate); err != nil {
				return err
			}
		}
		return change(ctx, tx, k)
	})
}

// Keys returns at most limit keys, and no more than 200, the oldest first, with
// their last use, and the cursor of the next page. It needs the permission Configure.
func (s *Service) Keys(ctx context.Context, actor event.Actor, after string, limit int) (ks []*Key, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ks = nil
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "api_keys", Read: true}); err != nil {
			return err
		}
		var page []*apiKey
		page, next, err = apiKeys.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		for _, k := range page {
			use, err := keyUses.Get(ctx, tx, k.ID)
			if err == nil {
				k.Used = use.Time
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
			ks = append(ks, &k.Key)
		}
		return err
	})
	return ks, next, err
}

// AuthenticateKey returns the key of a secret; what it does then names [Key.Actor].
// One that isn't taken is a *KeyError with the reason. That it was used is stored
// once a minute, in a transaction of its own; within a caller's transaction it isn't.
func (s *Service) AuthenticateKey(ctx context.Context, secret string) (*Key, error) {
	k := &apiKey{}
	hash, known := hashOf(secret), false
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		page, _, err := apiKeys.Page(ctx, tx, store.By("hash", hash).Limit(1))
		for _, k = range page {
			known = hmac.Equal([]byte(k.Hash), []byte(hash))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, &KeyError{Reason: KeyUnknown}
	}
	now := s.now()
	if err := k.refused(now); err != nil {
		return nil, err
	}
	if err := s.useKey(ctx, k.ID, now); err != nil {
		return nil, err
	}
	return &k.Key, nil
}

// refused says why a key isn't taken at a moment; nil: it is.
func (k *Key) refused(now time.Time) error {
	switch {
	case !k.Revoked.IsZero():
		return &KeyError{k.ID, KeyRevoked}
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return &KeyError{k.ID, KeyExpired}
	}
	return nil
}

// uses are when this process last stored the use of each key.
type uses struct {
	mu sync.Mutex
	at map[string]time.Time
}

// due says whether the use of a key is to be stored, and that somebody does.
func (u *uses) due(id string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if last, ok := u.at[id]; ok && now.Sub(last) < usePause {
		return false
	}
	u.at[id] = now
	return true
}

func (s *Service) useKey(ctx context.Context, id string, now time.Time) error {
	if _, bound := s.db.(*store.Tx); bound || !s.keyUses.due(id, now) {
		return nil
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		u, err := keyUses.Lock(ctx, tx, id, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			u, err = &keyUse{Key: id}, nil
		}
		if err != nil || now.Sub(u.Time) < usePause {
			return err // another process has stored it
		}
		u.Time = now
		if err := keyUses.Put(ctx, tx, u); errors.Is(err, store.ErrExists) {
			return nil // its twin was faster
		} else {
			return err
		}
	})
	if err != nil {
		return fmt.Errorf("use of API key: %w", err)
	}
	return nil
}

// keySight decides what a key may, by its document, which stays as it is until the
// transaction ends.
func (s *Service) keySight(ctx context.Context, tx *store.Tx, actor event.Actor, p Permission) (*Sight, error) {
	k, err := lockKey(ctx, tx, strings.TrimPrefix(actor.ID, keyPrefix), lockFor(tx))
	if errors.Is(err, store.ErrNotFound) {
		return nil, &PermissionError{actor, p}
	}
	if err != nil {
		return nil, err
	}
	if k.refused(s.now()) != nil || !slices.Contains(k.May, p) {
		return nil, &PermissionError{actor, p}
	}
	return &Sight{AnyGroup: true, Apps: k.Apps, Ratings: slices.Contains(k.May, SeeRatings)}, nil
}

func lockKey(ctx context.Context, tx *store.Tx, id string, lock driver.Lock) (*Key, error) {
	k, err := apiKeys.Lock(ctx, tx, id, lock)
	if err != nil {
		return nil, err
	}
	return &k.Key, nil
}
