package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Permission is something that a role may do.
type Permission string

// The permissions.
const (
	Converse  Permission = "converse"               // read tickets; reply, note, resolve, reject, set fields, tags, label
	Organise  Permission = "organise"               // create and archive groups and tags
	Speak     Permission = "speak for the end user" // answer what he is asked; nobody's but his own and the host's
	Configure Permission = "configure"              // staff, apps, secrets, custom fields, end users on the host's behalf
)

// matrix says which roles have which permission.
var matrix = map[Permission][]Role{
	Converse:  {AgentRole, Supervisor, Admin},
	Organise:  {Supervisor, Admin},
	Configure: {Admin},
}

// PermissionError says that an actor may not do something.
type PermissionError struct {
	Actor      event.Actor
	Permission Permission
}

func (e *PermissionError) Error() string {
	if e.Actor.Kind == event.EndUser && e.Permission == Converse {
		return fmt.Sprintf("%s may not act as staff; what end users write goes through Write", e.Actor)
	}
	return fmt.Sprintf("%s may not %s", e.Actor, e.Permission)
}

// Authorize says whether the actor may do this, in the transaction in which he
// does it: he keeps the permission until it ends. The error is a
// *PermissionError. The system, which is the host's own code, may do everything;
// bots and automations may converse; end users have no permission of staff.
func (s *Service) Authorize(ctx context.Context, tx *store.Tx, actor event.Actor, p Permission) error {
	refused := &PermissionError{actor, p}
	switch actor.Kind {
	case event.System:
		return nil
	case event.Bot, event.Automation:
		if p != Converse {
			return refused
		}
		return nil
	case event.Agent:
		a, err := lockAgent(ctx, tx, actor.ID)
		if errors.Is(err, store.ErrNotFound) {
			return refused
		}
		if err != nil {
			return err
		}
		if !a.Inactive && a.Role.may(p) {
			return nil
		}
	}
	return refused
}

// Want is what Authorize or Writer will read of an actor, for reading ahead.
func (s *Service) Want(actor event.Actor) store.Want {
	switch actor.Kind {
	case event.Agent:
		return agents.Want(actor.ID, store.Share)
	case event.EndUser:
		return endUsers.Want(actor.ID, store.Share)
	}
	return store.Want{}
}

// lockAgent reads an agent whom nobody changes until the transaction ends. A View
// takes no locks, and needs none.
func lockAgent(ctx context.Context, tx *store.Tx, id string) (*Agent, error) {
	if !tx.Writable() {
		return agents.Get(ctx, tx, id)
	}
	return agents.Lock(ctx, tx, id, store.Share)
}

func (r Role) may(p Permission) bool {
	for _, role := range matrix[p] {
		if role == r {
			return true
		}
	}
	return false
}
