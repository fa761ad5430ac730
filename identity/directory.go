package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Directory is the host's own user system. It is asked for users whom the host has
// named by its user id: when they log in, and by [Service.Refresh].
type Directory interface {
	// LookUp returns what the host knows of its user; nil is nothing. All that it
	// says counts as proven, an empty field changes nothing, and what can't be taken
	// is left out. It must end when ctx does, and may be called by several goroutines.
	LookUp(ctx context.Context, userID string) (*Profile, error)
}

// DirectoryFunc is a function as a Directory.
type DirectoryFunc func(ctx context.Context, userID string) (*Profile, error)

// LookUp implements Directory.
func (f DirectoryFunc) LookUp(ctx context.Context, userID string) (*Profile, error) {
	return f(ctx, userID)
}

// The defaults of asking a directory.
const (
	directoryTimeout = 2 * time.Second
	directoryCache   = 10 * time.Minute
	directoryPause   = 30 * time.Second // after it failed
	maxAsked         = 10_000
)

// guide asks the directory, for each user now and then.
type guide struct {
	Directory
	timeout, cache time.Duration

	mu    sync.Mutex
	asked map[string]time.Time // until when what is stored will do, by user id
}

// due says whether to ask for this user, and that somebody does.
func (g *guide) due(userID string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.asked[userID]) {
		return false
	}
	if len(g.asked) >= maxAsked {
		clear(g.asked)
	}
	g.asked[userID] = now.Add(g.cache)
	return true
}

// again has the user asked for soon, since it failed.
func (g *guide) again(userID string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked[userID] = now.Add(min(directoryPause, g.cache))
}

// Refresh returns an end user for staff to look at, after asking the host's
// directory, if there is one and it wasn't asked lately. If that fails, he is as he
// was; the directory is asked again half a minute later at the earliest.
func (s *Service) Refresh(ctx context.Context, actor event.Actor, id string) (u *EndUser, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Converse, On{Subject: id, Owner: id, Read: true}); err != nil {
			return err
		}
		u, err = follow(ctx, tx, id, driver.None)
		return err
	})
	if err != nil {
		return nil, err
	}
	if fresh, err := s.refresh(ctx, u); err == nil {
		u = fresh
	}
	return u, nil
}

// refresh takes over what the directory says. In a caller's transaction it isn't
// asked: everybody would wait for it.
func (s *Service) refresh(ctx context.Context, u *EndUser) (*EndUser, error) {
	if _, bound := s.db.(*store.Tx); bound || s.guide == nil || u.UserID == "" || !s.guide.due(u.UserID, s.now()) {
		return u, nil
	}
	fresh, err := s.lookUp(ctx, u)
	if err != nil {
		s.guide.again(u.UserID, s.now())
		return u, fmt.Errorf("directory: %w", err)
	}
	return fresh, nil
}

func (s *Service) lookUp(ctx context.Context, u *EndUser) (*EndUser, error) {
	limited, cancel := context.WithTimeout(ctx, s.guide.timeout)
	defer cancel()
	said, err := s.guide.LookUp(limited, u.UserID)
	if said == nil || err != nil {
		return u, err
	}
	p := *said
	p.UserID = u.UserID
	p, _ = p.clean()
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		now, err := endUsers.Lock(ctx, tx, u.ID, store.ForUpdate)
		if err != nil {
			return err
		}
		if now.UserID != p.UserID {
			return store.ErrNotFound // erased meanwhile: nobody is made anew
		}
		fresh, _, err := s.vouched(ctx, tx, event.Actor{Kind: event.System}, p)
		if err != nil {
			return err
		}
		if fresh, err = s.joined(ctx, tx, fresh, p.Organisation); err == nil {
			u = fresh
		}
		return err
	})
	return u, err
}

// joined makes an end user a member of the organisation that the host names; one
// that isn't there is left out.
func (s *Service) joined(ctx context.Context, tx *store.Tx, u *EndUser, externalID string) (*EndUser, error) {
	if externalID == "" {
		return u, nil
	}
	o, err := s.In(tx).OrganisationByExternalID(ctx, externalID)
	if errors.Is(err, store.ErrNotFound) {
		return u, nil
	}
	if err != nil {
		return nil, err
	}
	return s.In(tx).Belong(ctx, event.Actor{Kind: event.System}, u.ID, o.ID)
}
