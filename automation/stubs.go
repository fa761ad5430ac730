package automation

import (
	"context"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What clocks and schedules bring: due.go, clock.go and schedule.go replace this.

func (t *Trigger) validSchedule() error { return nil }

func (s *Service) watch(context.Context, *store.Tx, *book, *ticket.Ticket) error { return nil }

func (s *Service) rearm(_ context.Context, _ *store.Tx, before, after *Rule) error { return nil }

// stillDue are those of rules whose moment had come for which that still holds.
func (s *Service) stillDue(_ context.Context, _ *store.Tx, _ *ticket.Ticket, due []firing) ([]firing, error) {
	return due, nil
}
