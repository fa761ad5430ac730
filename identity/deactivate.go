package identity

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Handover says what becomes of the open tickets of an agent who leaves.
type Handover struct {
	To string // id of the agent who gets them; "": they go back to their groups and queues
}

// LeaveFunc hands over what another package keeps for an agent to his heir, if he has
// one, in the transaction that deactivates him. It may leave to a job what is much.
type LeaveFunc func(ctx context.Context, tx *store.Tx, a *Agent) error

// OnDeactivate has f called with each deactivation. Call it before the service is
// used.
func (s *Service) OnDeactivate(f LeaveFunc) { s.leavers.all = append(s.leavers.all, f) }

// leavers are shared by bound copies of a service.
type leavers struct{ all []LeaveFunc }

// Deactivate keeps an agent from doing and getting anything, and hands his open
// tickets over, a moment later where they are many: to another active agent, else a
// *store.FieldError, or back to their groups and queues. Nobody follows by him any
// more; his own views and quick replies stay for his return, and so do tickets that
// are closed. [Service.SaveAgent] of one who is Inactive does the same without another
// agent, and saving him active again brings him back: what wasn't handed over by then
// stays his. The last admin is ErrLastAdmin. One who is inactive stays as he is. It
// needs the permission Configure.
func (s *Service) Deactivate(ctx context.Context, actor event.Actor, agent string, h Handover) (a *Agent, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if actor == (event.Actor{Kind: event.Agent, ID: agent}) { // locked to be changed before it is locked to be relied on
			if _, err := agents.Lock(ctx, tx, agent, store.ForUpdate); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "agent:" + agent}); err != nil {
			return err
		}
		if a, err = agents.Lock(ctx, tx, agent, store.ForUpdate); err != nil || a.Inactive {
			return err
		}
		if h.To != "" {
			_, err := s.Member(ctx, tx, h.To)
			if h.To == agent || errors.Is(err, store.ErrNotFound) {
				return &store.FieldError{Field: "to", Reason: "has to be another active agent"}
			}
			if err != nil {
				return err
			}
		}
		a.Inactive = true
		return s.putAgent(ctx, tx, actor, a, h)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Former returns an agent who isn't active, and keeps that so until the transaction
// ends. Who is active, or isn't there, is store.ErrNotFound.
func (s *Service) Former(ctx context.Context, tx *store.Tx, id string) (*Agent, error) {
	a, err := lockAgent(ctx, tx, id)
	if err == nil && !a.Inactive {
		err = store.ErrNotFound
	}
	return a, err
}
