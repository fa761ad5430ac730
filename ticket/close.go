package ticket

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// IncompleteError says which custom fields an agent has to fill in before he
// resolves a ticket.
type IncompleteError struct {
	Fields []string // keys, in order
}

func (e *IncompleteError) Error() string {
	return "not to be resolved before these fields are filled in: " + strings.Join(e.Fields, ", ")
}

// Unwrap returns store.ErrValue.
func (e *IncompleteError) Unwrap() error { return store.ErrValue }

// Resolve says that the ticket is solved. An end user may say so of his own. A
// ticket that is resolved already stays as it is. Where fields that are required
// are empty, an agent gets an *IncompleteError; all others resolve the ticket, and
// it is marked as incomplete.
func (s *Service) Resolve(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	return s.close(ctx, actor, id, actResolve, func(ctx context.Context, tx *store.Tx, c *Change) error {
		missing, err := s.missing(ctx, tx, c.After)
		if err != nil {
			return err
		}
		if len(missing) > 0 && c.Actor.Kind == event.Agent {
			return &IncompleteError{missing}
		}
		t := c.After
		t.Incomplete = len(missing) > 0
		c.Record(Resolved, &Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue, Incomplete: t.Incomplete})
		return s.settle(ctx, tx, c)
	})
}

// Reject says that there is nothing to answer. A ticket that is rejected already
// stays as it is.
func (s *Service) Reject(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.close(ctx, actor, id, actReject, func(_ context.Context, _ *store.Tx, c *Change) error {
		t := c.After
		t.unsettle(c)
		c.Record(Rejected, &Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
		return nil
	})
}

// close ends the ticket, and lets then record what that means.
func (s *Service) close(ctx context.Context, actor event.Actor, id string, what act, then func(context.Context, *store.Tx, *Change) error) (*Ticket, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		to, err := c.Before.Status.after(what)
		if err != nil || to == c.Before.Status {
			return err
		}
		c.After.shut(c, to)
		return then(ctx, tx, c)
	})
}

// shut is what every end of a ticket does: nothing runs or sleeps any more.
func (t *Ticket) shut(c *Change, to Status) {
	t.admit(c)
	t.Status, t.Times.Resolved = to, c.Time
	t.pause()
	t.endSnooze(c.Time)
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
		if t.Erased {
			return t.erased("reopen")
		}
		what := actReopenNew
		switch {
		case t.Marks.Agent > 0 && t.unanswered():
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
		t.revive(c, to)
		if t.unanswered() && !t.BotHasIt() {
			t.resume(c.Time)
		}
		c.Record(Reopened, &Facts{From: t.Assignee, To: t.Assignee, Group: t.Group, Queue: t.Queue})
		return nil
	})
}

// revive is what every reopening does.
func (t *Ticket) revive(c *Change, to Status) {
	t.Status, t.Times.Resolved, t.Incomplete = to, time.Time{}, false
	t.Reopened++
	t.unsettle(c)
}

// missing are the keys of required fields that the ticket has no value of.
func (s *Service) missing(ctx context.Context, tx *store.Tx, t *Ticket) (keys []string, err error) {
	for f, err := range fields.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, fmt.Errorf("required fields: %w", err)
		}
		if !f.Required || f.Archived {
			continue
		}
		if v, ok := t.Field(f.Key); !ok || v.Type != Checkbox && v.Type != Number && strings.TrimSpace(v.Text) == "" {
			keys = append(keys, f.Key)
		}
	}
	return keys, nil
}
