package bot

import (
	"context"
	"fmt"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Step is the step of intake that gives a new ticket to its platform's first bot, unless
// a rule gave it to somebody, and if the end user has written. Give it to ticket.Open,
// which comes first, behind the rules' step: of tells the Service when it is there. One
// that isn't at work is passed over, with a warning on the ticket.
func Step(of func() *Service) ticket.Step {
	return ticket.Step{Name: "first_bot", Do: func(ctx context.Context, tickets *ticket.Service, t *ticket.Ticket, _ any) error {
		return tickets.Inside(ctx, func(ctx context.Context, tx *store.Tx) error { return of().first(ctx, tx, t) })
	}}
}

func (s *Service) first(ctx context.Context, tx *store.Tx, t *ticket.Ticket) error {
	if t.Assignee.ID != "" || t.Group != "" || t.Queue != "" || t.Counts.Inbound == 0 {
		return nil
	}
	app, err := s.Tickets.In(tx).App(ctx, t.App)
	if err != nil {
		return err
	}
	p, err := app.Platform(t.Platform)
	if err != nil || p.FirstBot == "" {
		return err
	}
	ok, err := AtWork(ctx, tx, p.FirstBot, flow.Conversation)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("bot %s isn't at work", p.FirstBot)
	}
	_, err = s.Tickets.In(tx).AssignBot(ctx, system(), t.ID, p.FirstBot)
	return err
}
