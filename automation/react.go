package automation

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Step is the step of intake in which rules run on new tickets. Give it to ticket.Open,
// which comes first: of tells the Service when it is there.
func Step(of func() *Service) ticket.Step {
	return ticket.Step{
		Name: "rules",
		Late: true,
		Ask: func(ctx context.Context, t *ticket.Ticket) (any, error) {
			return of().askForNew(ctx, t)
		},
		Do: func(ctx context.Context, tickets *ticket.Service, t *ticket.Ticket, got any) error {
			answers, _ := got.(map[string]answer)
			return tickets.Inside(ctx, func(ctx context.Context, tx *store.Tx) error { return of().created(ctx, tx, t, answers) })
		},
	}
}

// created runs the rules on a new ticket.
func (s *Service) created(ctx context.Context, tx *store.Tx, t *ticket.Ticket, answers map[string]answer) error {
	b, err := s.book(ctx, tx)
	if err != nil || len(b.created.rules) == 0 {
		return err
	}
	first, _, err := s.events.History(ctx, tx, t.ID, "", 1)
	if err != nil {
		return err
	}
	cs, err := causes(first)
	if err != nil || len(cs) == 0 {
		return err
	}
	p, err := s.newPass(ctx, tx, b, t, cs[0], answers)
	if err != nil {
		return err
	}
	err = p.run(ctx, &b.created)
	if _, ok := errors.AsType[*askError](err); ok {
		return ticket.ErrAsk
	}
	return err
}

// react is the reactor: it runs the rules that a ticket's changes trigger, and then sets
// its clocks.
func (s *Service) react(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	b, err := s.book(ctx, tx)
	if err != nil || len(b.rules) == 0 {
		return err
	}
	cs, err := causes(es)
	if err != nil {
		return err
	}
	for _, c := range cs {
		if !b.wants(c) {
			continue
		}
		if err := s.answer(ctx, tx, b, es[0].Subject, c); err != nil {
			return err
		}
	}
	t, err := running(ctx, tx, es[0].Subject)
	if t == nil || err != nil {
		return err
	}
	return s.watch(ctx, tx, b, t)
}

// running returns a ticket on which rules may run, nil if it isn't there, or went into
// another one.
func running(ctx context.Context, tx *store.Tx, id string) (*ticket.Ticket, error) {
	t, err := ticket.Peek(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.Merged != nil || t.Erased) {
		return nil, nil
	}
	return t, err
}

// answer runs the rules that a change triggers, or, where functions of the host have to
// be asked first, or an earlier change waits for that, has a job do so.
func (s *Service) answer(ctx context.Context, tx *store.Tx, b *book, id string, c *cause) error {
	if len(s.conditions) == 0 {
		return s.attempt(ctx, tx, b, id, c, nil)
	}
	behind, err := waiting(ctx, tx, id)
	if err != nil {
		return err
	}
	if !behind {
		err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.attempt(ctx, tx, b, id, c, nil) })
		if _, ask := errors.AsType[*askError](err); !ask {
			return err
		}
	}
	return s.wait(ctx, tx, &wait{Ticket: id, Cause: c.key, Position: c.es[0].Position, Last: c.es[len(c.es)-1].Position})
}

// attempt runs the rules that a change triggers.
func (s *Service) attempt(ctx context.Context, tx *store.Tx, b *book, id string, c *cause, answers map[string]answer) error {
	t, err := running(ctx, tx, id)
	if t == nil || err != nil {
		return err
	}
	p, err := s.newPass(ctx, tx, b, t, c, answers)
	if err != nil {
		return err
	}
	return p.run(ctx, &b.events)
}

// fire runs rules whose moment has come on a ticket, in one pass.
func (s *Service) fire(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket, due []firing) error {
	if len(due) == 0 {
		return nil
	}
	return s.passOf(ctx, tx, b, t, due, func(ctx context.Context, p *pass) error { return p.fire(ctx, due) })
}

// passOf runs rules at a moment. Where functions of the host have to be asked first, a job
// does, and runs those that are due.
func (s *Service) passOf(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket, due []firing, do func(context.Context, *pass) error) error {
	run := func(ctx context.Context, tx *store.Tx) error {
		p, err := s.newPass(ctx, tx, b, t, &cause{}, nil)
		if err != nil {
			return err
		}
		return do(ctx, p)
	}
	if len(s.conditions) == 0 {
		return run(ctx, tx)
	}
	err := tx.Update(ctx, run)
	if _, ask := errors.AsType[*askError](err); !ask {
		return err
	}
	w := &wait{Ticket: t.ID, Cause: due[0].cause}
	for _, f := range due {
		w.Firing = append(w.Firing, waitingFor{f.rule.ID, f.cause})
	}
	return s.wait(ctx, tx, w)
}
