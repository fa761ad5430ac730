package automation

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// KeepRuns is for how long the log keeps runs on changes. Those of clocks and schedules,
// and of rules that run once, are kept for as long as their ticket: they are the mark that
// it was done.
const KeepRuns = 90 * 24 * time.Hour

// Runs returns at most limit runs of a rule, and no more than 200, the newest first, and
// the cursor of the next page. It is for who may configure.
func (s *Service) Runs(ctx context.Context, actor event.Actor, rule, after string, limit int) (page []*Run, next string, err error) {
	err = s.view(ctx, actor, func(ctx context.Context, tx *store.Tx) error {
		page, next, err = runs.Page(ctx, tx, store.By("rule", rule).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return page, next, err
}

// RunsOf returns at most limit runs of rules on a ticket, and no more than 200, the newest
// first, and the cursor of the next page. It is for staff who sees the ticket.
func (s *Service) RunsOf(ctx context.Context, actor event.Actor, ticket, after string, limit int) (page []*Run, next string, err error) {
	if actor.Kind == event.EndUser {
		return nil, "", &identity.PermissionError{Actor: actor, Permission: identity.Converse}
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := s.tickets.In(tx).Get(ctx, actor, ticket); err != nil {
			return err
		}
		page, next, err = runs.Page(ctx, tx, store.By("ticket", ticket).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return page, next, err
}

// SweepRuns forgets runs on changes of before a moment, and says how many. It is run by
// the desk's housekeeping.
func (s *Service) SweepRuns(ctx context.Context, before time.Time) (n int, err error) {
	return runs.Sweep(ctx, s.db, store.By("passing").To(before))
}

// pageSize keeps the page that a caller asks for within bounds.
func pageSize(limit int) int { return min(max(limit, 1), 200) }
