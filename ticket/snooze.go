package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// MaxSnooze is how long a ticket sleeps at most.
const MaxSnooze = 366 * 24 * time.Hour

// Snooze is a ticket's sleep: until its moment or the end user's next message it
// is in nobody's backlog. Its status and wait stay.
type Snooze struct {
	Until  time.Time   `json:"until"`
	Since  time.Time   `json:"since"`
	By     event.Actor `json:"by"`
	Reason string      `json:"reason,omitempty"`
}

const wakeKind = "ticket.wake"

// Snooze puts an open ticket to sleep until a moment, at most 366 days away, for a
// reason of at most 255 characters. One that sleeps gets the new moment. A closed
// one is a *TransitionError.
func (s *Service) Snooze(ctx context.Context, actor event.Actor, id string, until time.Time, reason string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	now := s.now()
	switch until = until.UTC().Truncate(time.Microsecond); {
	case !until.After(now):
		return nil, &store.FieldError{Field: "until", Reason: "has passed"}
	case until.Sub(now) > MaxSnooze:
		return nil, &store.FieldError{Field: "until", Reason: "is at most 366 days away"}
	case utf8.RuneCountInString(reason) > MaxTitle:
		return nil, store.TooLong("reason", MaxTitle)
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		t := c.After
		if !t.Status.Open() {
			return &TransitionError{From: t.Status, To: t.Status, Act: "snooze"}
		}
		since := c.Time
		if t.Snoozed != nil {
			since = t.Snoozed.Since // it has been asleep all the while
		}
		t.Snoozed = &Snooze{Until: until, Since: since, By: actor, Reason: store.CleanText(reason)}
		c.Record(Snoozed, &Facts{Until: until})
		return s.setAlarm(ctx, tx, t, c.Time)
	})
}

// setAlarm sets the timer of a ticket that sleeps since now.
func (s *Service) setAlarm(ctx context.Context, tx *store.Tx, t *Ticket, now time.Time) error {
	if t.Snoozed == nil {
		return nil
	}
	id := fmt.Sprintf("%s/%s/%d/%d", wakeKind, t.ID, t.Snoozed.Until.UnixMicro(), now.UnixMicro())
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: wakeKind, Data: []byte(`"` + t.ID + `"`), RunAt: t.Snoozed.Until})
}

// Wake ends a ticket's sleep early. One that is awake stays as it is.
func (s *Service) Wake(ctx context.Context, actor event.Actor, id string) (*Ticket, error) {
	if err := staffOnly(actor); err != nil {
		return nil, err
	}
	return s.change(ctx, actor, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if c.After.Snoozed == nil {
			return nil
		}
		return s.wake(ctx, tx, c)
	})
}

// alarm is the timer: it wakes the ticket unless that sleeps longer by now.
func (s *Service) alarm(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	_, err := s.In(tx).change(ctx, event.Actor{Kind: event.System}, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if z := c.After.Snoozed; z == nil || z.Until.After(j.RunAt) {
			return nil
		}
		return s.wake(ctx, tx, c)
	})
	return unlessGone(err)
}

// unlessGone is the error of a timer on a ticket that may be there no more.
func unlessGone(err error) error {
	if _, merged := errors.AsType[*MergedError](err); merged || errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// wake ends the sleep. The ticket goes back to its agent if he can take it, else
// to its queue.
func (s *Service) wake(ctx context.Context, tx *store.Tx, c *Change) error {
	t := c.After
	t.endSnooze(c.Time)
	c.Record(Woken, &Facts{})
	if t.Assignee.Kind != event.Agent {
		return nil
	}
	a, err := s.takes(ctx, tx, t, t.Assignee.ID)
	if a != nil || err != nil {
		return err
	}
	from := t.Assignee
	t.Assignee = event.Actor{}
	if t.Status, err = t.Status.after(actGive); err != nil {
		return err
	}
	c.Record(Assigned, &Facts{From: from, Group: t.Group, Queue: t.Queue, Move: MoveReturned})
	return nil
}

// endSnooze adds the sleep to the time on hold.
func (t *Ticket) endSnooze(now time.Time) {
	if t.Snoozed != nil {
		t.OnHold += now.Sub(t.Snoozed.Since)
		t.Snoozed = nil
	}
}
