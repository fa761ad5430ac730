package ticket

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// OldTicket is how old a ticket without an agent has to be for an agent to need the
// permission TakeOld for taking it.
const OldTicket = 24 * time.Hour

// Assign gives the ticket to an agent, who must be active. Agents who take an old one
// that nobody has need the permission TakeOld; answering it gives it to them, too.
func (s *Service) Assign(ctx context.Context, actor event.Actor, id, agent string) (*Ticket, error) {
	return s.hand(ctx, actor, id, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		takes := actor == event.Actor{Kind: event.Agent, ID: agent}
		if takes && t.Assignee.Kind != event.Agent && s.now().Sub(t.Times.Created) >= OldTicket {
			if err := s.people.Authorize(ctx, tx, actor, identity.TakeOld, identity.On{Subject: id, Owner: t.EndUser}); err != nil {
				return err
			}
		}
		a, err := s.people.Member(ctx, tx, agent)
		if errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "agent", Reason: "there is no active agent " + agent}
		}
		if err != nil {
			return err
		}
		t.Assignee, t.LastAgent = a.Actor(), a.ID
		return nil
	})
}

// AssignBot gives the ticket to a bot. The wait stands still until it hands off.
func (s *Service) AssignBot(ctx context.Context, actor event.Actor, id, bot string) (*Ticket, error) {
	if bot == "" {
		return nil, &store.FieldError{Field: "bot", Reason: "is missing"}
	}
	if len(bot) > maxRef {
		return nil, store.TooLong("bot", maxRef)
	}
	return s.hand(ctx, actor, id, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.Assignee = event.Actor{Kind: event.Bot, ID: bot}
		return nil
	})
}

// AssignGroup offers the ticket to a group; nobody has it then.
func (s *Service) AssignGroup(ctx context.Context, actor event.Actor, id, group string) (*Ticket, error) {
	return s.hand(ctx, actor, id, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		if _, err := s.people.Staffed(ctx, tx, group); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "group", Reason: "there is no group " + group}
		} else if err != nil {
			return err
		}
		t.Assignee, t.Group = event.Actor{}, group
		return nil
	})
}

// AssignQueue moves the ticket to a queue; nobody has it then.
func (s *Service) AssignQueue(ctx context.Context, actor event.Actor, id, queue string) (*Ticket, error) {
	if len(queue) > maxRef {
		return nil, store.TooLong("queue", maxRef)
	}
	return s.hand(ctx, actor, id, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.Assignee, t.Queue = event.Actor{}, queue
		if t.FirstQueue == "" {
			t.FirstQueue = queue
		}
		return nil
	})
}

// Unassign takes the ticket from whoever has it.
func (s *Service) Unassign(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.hand(ctx, actor, id, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.Assignee = event.Actor{}
		return nil
	})
}

// hand lets give say who gets the ticket, and does the rest: status, wait, event.
func (s *Service) hand(ctx context.Context, actor event.Actor, id string, give func(context.Context, *store.Tx, *Ticket) error) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		return s.handed(ctx, tx, c, give)
	})
}

func (s *Service) handed(ctx context.Context, tx *store.Tx, c *Change, give func(context.Context, *store.Tx, *Ticket) error) error {
	t, was := c.After, c.Before
	if err := give(ctx, tx, t); err != nil {
		return err
	}
	what := actGive
	if t.Assignee.Kind == event.Agent {
		what = actAssign
	}
	to, err := was.Status.after(what)
	if err != nil || t.Assignee == was.Assignee && t.Group == was.Group && t.Queue == was.Queue {
		return err
	}
	t.Status = to
	if t.Assignee.Kind == event.Agent {
		first(&t.Times.FirstAssigned, c.Time)
	}
	if t.BotHasIt() {
		t.pause()
	} else if was.BotHasIt() {
		t.resume(c.Time)
	}
	c.Record(Assigned, Facts{From: was.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
	if c.Actor.Kind == event.Agent {
		t.admit(c) // taken by hand
	}
	return nil
}
