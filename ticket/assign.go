package ticket

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// OldTicket is how old a ticket without an agent has to be for an agent to need the
// permission TakeOld for taking it.
const OldTicket = 24 * time.Hour

// Assign gives the ticket to an agent, who must be active. Agents who take an old one
// that nobody has need the permission TakeOld; answering it gives it to them, too. It may
// carry him above a limit, which the event says: see Facts.Forced.
func (s *Service) Assign(ctx context.Context, actor event.Actor, id, agent string) (*Ticket, error) {
	move := MoveAssigned
	if actor == (event.Actor{Kind: event.Agent, ID: agent}) {
		move = MoveTaken
	}
	return s.hand(ctx, actor, id, move, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		return s.assign(ctx, tx, actor, t, agent)
	})
}

func (s *Service) assign(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket, agent string) error {
	takes := actor == event.Actor{Kind: event.Agent, ID: agent}
	if takes && t.Assignee.Kind != event.Agent && s.now().Sub(t.Times.Created) >= OldTicket {
		if err := s.people.Authorize(ctx, tx, actor, identity.TakeOld, identity.On{Subject: t.ID, Owner: t.EndUser}); err != nil {
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
}

// TakenError says that another agent has a ticket.
type TakenError struct {
	Agent string // id
}

func (e *TakenError) Error() string { return "agent " + e.Agent + " has it already" }

// Take gives the ticket to the agent who asks for it, unless another one has it, which
// is a *TakenError: of two who take it at once one gets it. One that he has stays as it
// is. Anybody but an agent is a *store.FieldError. For the rest it is Assign.
func (s *Service) Take(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.hand(ctx, actor, id, MoveTaken, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		switch {
		case actor.Kind != event.Agent:
			return &store.FieldError{Field: "actor", Reason: "isn't an agent: use Assign"}
		case t.Assignee == actor:
			return nil
		case t.Assignee.Kind == event.Agent:
			return &TakenError{t.Assignee.ID}
		}
		return s.assign(ctx, tx, actor, t, actor.ID)
	})
}

// AssignAvailable gives the ticket to an agent if he can take it, as Options.CanTake
// knows, and else to a queue, "" being the default one.
func (s *Service) AssignAvailable(ctx context.Context, actor event.Actor, id, agent, queue string) (*Ticket, error) {
	if len(queue) > maxRef {
		return nil, store.TooLong("queue", maxRef)
	}
	return s.hand(ctx, actor, id, MoveGiven, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		a, err := s.takes(ctx, tx, t, agent)
		if err != nil {
			return err
		}
		if a != nil {
			t.Assignee, t.LastAgent = a.Actor(), a.ID
			return nil
		}
		t.toQueue(queue)
		return nil
	})
}

// AssignBot gives the ticket to a bot. The wait stands still until it hands off; of a
// ticket in intake it begins then.
func (s *Service) AssignBot(ctx context.Context, actor event.Actor, id, bot string) (*Ticket, error) {
	if bot == "" {
		return nil, &store.FieldError{Field: "bot", Reason: "is missing"}
	}
	if len(bot) > maxRef {
		return nil, store.TooLong("bot", maxRef)
	}
	return s.hand(ctx, actor, id, MoveTransferred, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.Assignee = event.Actor{Kind: event.Bot, ID: bot}
		return nil
	})
}

// AssignGroup offers the ticket to a group; nobody has it then.
func (s *Service) AssignGroup(ctx context.Context, actor event.Actor, id, group string) (*Ticket, error) {
	return s.hand(ctx, actor, id, MoveTransferred, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
		if _, err := s.people.Staffed(ctx, tx, group); errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "group", Reason: "there is no group " + group}
		} else if err != nil {
			return err
		}
		t.Assignee, t.Group = event.Actor{}, group
		return nil
	})
}

// AssignQueue moves the ticket to a queue; nobody has it then, and it is offered to no
// single group any more.
func (s *Service) AssignQueue(ctx context.Context, actor event.Actor, id, queue string) (*Ticket, error) {
	if len(queue) > maxRef {
		return nil, store.TooLong("queue", maxRef)
	}
	return s.hand(ctx, actor, id, MoveTransferred, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.toQueue(queue)
		return nil
	})
}

// Escalate moves the ticket to a queue as AssignQueue does, and the engine won't move it
// there once more in the same wait.
func (s *Service) Escalate(ctx context.Context, actor event.Actor, id, queue string) (*Ticket, error) {
	if queue == "" {
		return nil, &store.FieldError{Field: "queue", Reason: "is missing"}
	}
	if len(queue) > maxRef {
		return nil, store.TooLong("queue", maxRef)
	}
	return s.hand(ctx, actor, id, MoveEscalated, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.toQueue(queue)
		t.escalatedTo(queue)
		return nil
	})
}

// Return takes the ticket from whoever has it, back to its queue, or to the default one
// if it has none.
func (s *Service) Return(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.hand(ctx, actor, id, MoveReturned, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.toQueue(t.Queue)
		return nil
	})
}

// UnassignDefault takes the ticket from whoever has it, to the default queue.
func (s *Service) UnassignDefault(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.hand(ctx, actor, id, MoveUnassigned, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.toQueue("")
		return nil
	})
}

// Unassign takes the ticket from whoever has it. It stays in its queue, and with the
// group to which it is offered.
func (s *Service) Unassign(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.hand(ctx, actor, id, MoveUnassigned, func(_ context.Context, _ *store.Tx, t *Ticket) error {
		t.Assignee = event.Actor{}
		return nil
	})
}

// toQueue puts the ticket into a queue. In "" it waits to be put into the default one,
// which a hook does.
func (t *Ticket) toQueue(queue string) {
	t.Assignee, t.Group, t.Queue = event.Actor{}, "", queue
	if t.FirstQueue == "" {
		t.FirstQueue = queue
	}
}

// escalatedTo notes that the ticket was escalated to a queue in the wait that is under
// way.
func (t *Ticket) escalatedTo(queue string) {
	wait := t.WaitsSince()
	if !t.Stay.Wait.Equal(wait) {
		t.Stay.Wait, t.Stay.Escalated = wait, nil
	}
	if !slices.Contains(t.Stay.Escalated, queue) {
		t.Stay.Escalated = append(slices.Clone(t.Stay.Escalated), queue)
	}
}

// hand lets give say who gets the ticket, and does the rest: status, wait, event.
func (s *Service) hand(ctx context.Context, actor event.Actor, id string, move Move, give func(context.Context, *store.Tx, *Ticket) error) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		return s.handed(ctx, tx, c, move, give)
	})
}

func (s *Service) handed(ctx context.Context, tx *store.Tx, c *Change, move Move, give func(context.Context, *store.Tx, *Ticket) error) error {
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
		if t.pause(); t.Intake != "" {
			t.Held = time.Time{} // nobody was waited for yet: the wait begins when the bot hands off
		}
	} else if was.BotHasIt() {
		t.resume(c.Time)
	}
	c.Record(Assigned, &Facts{From: was.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue, Move: move, Forced: move.forces(t.Assignee)})
	if c.Actor.Kind == event.Agent {
		t.admit(c) // taken by hand
	}
	return nil
}
