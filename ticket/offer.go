package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Stay is a ticket's time in its queue.
type Stay struct {
	Entered time.Time `json:"entered"` // when it came into the queue
	// Escalated are the queues to which it was escalated in the wait that began at
	// Wait: to each of them once.
	Wait      time.Time `json:"wait,omitzero"`
	Escalated []string  `json:"escalated,omitempty"`
}

// EscalatedTo says whether the ticket was escalated to a queue in its present wait.
func (t *Ticket) EscalatedTo(queue string) bool {
	return t.Stay.Wait.Equal(t.WaitsSince()) && slices.Contains(t.Stay.Escalated, queue)
}

// Offer is a ticket's offer to an agent. Until he has said whether he takes it, or the
// time is over, nobody else is given it.
type Offer struct {
	Agent string    `json:"agent,omitempty"` // id; "": it is offered to nobody just now
	Until time.Time `json:"until,omitzero"`
	// Declined are agents who didn't take it, and until when they aren't asked again.
	Declined []Declined `json:"declined,omitempty"`
}

// Declined is an agent who didn't take what he was offered.
type Declined struct {
	Agent string    `json:"agent"`
	Until time.Time `json:"until"`
}

// DeclinedFor is how long an agent isn't offered a ticket again that he didn't take.
const DeclinedFor = 10 * time.Minute

// ErrNotOffered: the ticket isn't offered to the agent, or not any more.
var ErrNotOffered = errors.New("the ticket isn't offered to this agent")

// OfferedTo is the agent to whom the ticket is offered, "" if to nobody.
func (t *Ticket) OfferedTo() string {
	if t.Offer == nil || !t.Backlogged() {
		return ""
	}
	return t.Offer.Agent
}

// Decision is why the queues' engine gave a ticket to an agent: what it knew at a
// position of the log. Loads and limits are in units of a ticket that weighs 1.
type Decision struct {
	Queue    string  `json:"queue"`    // by whose settings; the default one's, if the ticket is in none
	Strategy string  `json:"strategy"` // by which it chose
	Position int64   `json:"position"` // up to which it had read the log
	Load     float64 `json:"load"`     // the agent's, before
	Weight   float64 `json:"weight"`   // of the ticket
	Limit    float64 `json:"limit,omitempty"`
	// Here is what of the load is of this queue, and HereLimit the queue's limit.
	Here      float64 `json:"here,omitempty"`
	HereLimit float64 `json:"here_limit,omitempty"`
	// Candidates are the first three of those who could have got it, best first.
	Candidates []Candidate `json:"candidates,omitempty"`
}

// Candidate is an agent who could have got a ticket.
type Candidate struct {
	Agent string  `json:"agent"`
	Load  float64 `json:"load"`
}

// Giving is what the queues' engine does with a ticket that nobody has.
type Giving struct {
	Ticket string
	Agent  *identity.Agent // as Member of package identity returned him in this transaction
	Offer  time.Duration   // 0: it is his at once
	Why    Decision
	// Still says whether the ticket is what the decision was about.
	Still func(t *Ticket) bool
}

// Engine is the queues' engine as an actor.
func Engine() event.Actor { return event.Actor{Kind: event.System, ID: "queues"} }

// Give hands a ticket to an agent, or offers it to him, in the desk's own name. It is
// for the engine of package queue. given is false, and nothing has changed, if the
// ticket isn't what the decision was about any more.
func (s *Service) Give(ctx context.Context, g Giving) (t *Ticket, given bool, err error) {
	t, err = s.change(ctx, Engine(), g.Ticket, func(ctx context.Context, tx *store.Tx, c *Change) error {
		given = false
		if !c.Before.Backlogged() || !g.Still(c.Before) {
			return nil
		}
		a := g.Agent
		c.Reason = "queue " + g.Why.Queue
		given = true
		if g.Offer > 0 {
			o := Offer{Agent: a.ID, Until: c.Time.Add(g.Offer)}
			if was := c.Before.Offer; was != nil {
				o.Declined = was.Declined
			}
			c.After.Offer = &o
			c.Record(Offered, &Facts{To: a.Actor(), Group: c.After.Group, Queue: c.After.Queue, Until: o.Until, Decision: &g.Why})
			return nil
		}
		err := s.handed(ctx, tx, c, MoveGiven, func(_ context.Context, _ *store.Tx, t *Ticket) error {
			t.Assignee, t.LastAgent, t.Offer = a.Actor(), a.ID, nil
			return nil
		})
		if err == nil {
			c.facts[len(c.facts)-1].Decision = &g.Why
		}
		return err
	})
	return t, given && err == nil, unlessGone(err)
}

// AcceptOffer gives an agent the ticket that he is offered. Without an offer to him, or
// after its time, it is ErrNotOffered.
func (s *Service) AcceptOffer(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.offered(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		return s.handed(ctx, tx, c, MoveGiven, func(_ context.Context, _ *store.Tx, t *Ticket) error {
			t.Assignee, t.LastAgent, t.Offer = actor, actor.ID, nil
			return nil
		})
	})
}

// DeclineOffer passes the ticket that an agent is offered on to the next one. Without
// an offer to him it is ErrNotOffered.
func (s *Service) DeclineOffer(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.offered(ctx, actor, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		c.refuse(OfferDeclined)
		return nil
	})
}

func (s *Service) offered(ctx context.Context, actor event.Actor, id string, fn func(context.Context, *store.Tx, *Change) error) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if actor.Kind != event.Agent || c.Before.OfferedTo() != actor.ID || !c.Before.Offer.Until.After(c.Time) {
			return fmt.Errorf("ticket %s: %w", id, ErrNotOffered)
		}
		return fn(ctx, tx, c)
	})
}

// ExpireOffer ends an offer whose time is over, in the desk's own name. One that was
// answered, or that has time yet, stays.
func (s *Service) ExpireOffer(ctx context.Context, id string) error {
	_, err := s.change(ctx, Engine(), id, func(_ context.Context, _ *store.Tx, c *Change) error {
		if c.Before.OfferedTo() != "" && !c.Before.Offer.Until.After(c.Time) {
			c.refuse(OfferExpired)
		}
		return nil
	})
	return unlessGone(err)
}

// WithdrawOffer takes an offer back from an agent who can't take it any more, in the
// desk's own name. He may be asked again. One that isn't to him stays.
func (s *Service) WithdrawOffer(ctx context.Context, id, agent string) error {
	_, err := s.change(ctx, Engine(), id, func(_ context.Context, _ *store.Tx, c *Change) error {
		if c.Before.OfferedTo() != agent {
			return nil
		}
		c.After.Offer = &Offer{Declined: c.Before.Offer.Declined}
		c.Record(OfferWithdrawn, &Facts{From: event.Actor{Kind: event.Agent, ID: agent}, Group: c.After.Group, Queue: c.After.Queue})
		return nil
	})
	return unlessGone(err)
}

// refuse takes the offer from its agent.
func (c *Change) refuse(what string) {
	was := c.Before.Offer
	o := Offer{Declined: []Declined{{was.Agent, c.Time.Add(DeclinedFor)}}}
	for _, d := range was.Declined {
		if d.Agent != was.Agent && d.Until.After(c.Time) {
			o.Declined = append(o.Declined, d)
		}
	}
	c.After.Offer = &o
	c.Record(what, &Facts{From: event.Actor{Kind: event.Agent, ID: was.Agent}, Group: c.After.Group, Queue: c.After.Queue})
}

// EscalateWaiting moves a ticket that has waited for too long from one queue to another,
// once per wait, in the desk's own name. moved is false if it isn't there any more,
// doesn't wait, is offered to one group alone, or was escalated there before.
func (s *Service) EscalateWaiting(ctx context.Context, id, from, to string) (moved bool, err error) {
	_, err = s.change(ctx, Engine(), id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		moved = false
		if t := c.Before; !t.Backlogged() || t.Queue != from || t.Group != "" || t.EscalatedTo(to) {
			return nil
		}
		c.Reason = "queue " + from
		moved = true
		return s.handed(ctx, tx, c, MoveEscalated, func(_ context.Context, _ *store.Tx, t *Ticket) error {
			t.toQueue(to)
			t.escalatedTo(to)
			return nil
		})
	})
	return moved && err == nil, unlessGone(err)
}
