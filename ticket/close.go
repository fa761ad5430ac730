package ticket

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Resolve says that the ticket is solved. An end user may say so of his own. A
// ticket that is resolved already stays as it is.
func (s *Service) Resolve(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.close(ctx, actor, id, actResolve, Resolved)
}

// Reject says that there is nothing to answer. A ticket that is rejected already
// stays as it is.
func (s *Service) Reject(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.close(ctx, actor, id, actReject, Rejected)
}

func (s *Service) close(ctx context.Context, actor event.Actor, id string, what act, name string) (*Ticket, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *store.Tx, c *Change) error {
		to, err := c.Before.Status.after(what)
		if err != nil || to == c.Before.Status {
			return err
		}
		t := c.After
		t.Status, t.Times.Resolved = to, c.Time
		t.pause()
		c.Record(name, Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
		return nil
	})
}

// Reopen is an agent's, a bot's or an automation's reopening of a ticket that is
// resolved or rejected. Whoever had it has it again. A wait goes on only if the
// end user spoke last.
func (s *Service) Reopen(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		t := c.After
		what := actReopenNew
		switch {
		case t.Marks.Agent > 0 && t.Marks.EndUser > t.Marks.Agent:
			what = actReopen
		case t.Marks.Agent > 0:
			what = actReopenSaid
		case t.Assignee.Kind == event.Agent:
			what = actReopenHeld
		}
		to, err := t.Status.after(what)
		if err != nil {
			return err
		}
		t.Status, t.Times.Resolved = to, time.Time{}
		t.Reopened++
		if t.Marks.EndUser > t.Marks.Agent && !t.BotHasIt() {
			t.resume(c.Time)
		}
		c.Record(Reopened, Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
		return nil
	})
}
