package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Hook puts tickets that nobody has into the default queue once they have left intake,
// and refuses queues that there aren't. Give it to ticket.Open.
func Hook() ticket.Hook { return ticket.Hook{Name: "queues", Do: enter} }

func enter(ctx context.Context, tx *store.Tx, c *ticket.Change) error {
	t := c.After
	moved := c.Before == nil || c.Before.Queue != t.Queue
	if t.Offer != nil && (!t.Backlogged() || moved || t.Group != c.Before.Group) {
		t.Offer = nil
	}
	if t.Queue != "" && (moved || comesBack(c)) {
		_, err := queues.Lock(ctx, tx, t.Queue, store.Share)
		if !errors.Is(err, store.ErrNotFound) {
			if moved {
				t.Stay.Entered = c.Time
			}
			return err
		}
		if moved {
			return &store.FieldError{Field: "queue", Reason: "there is no queue " + t.Queue}
		}
		t.Queue = "" // it was deleted meanwhile
	}
	if t.Queue == "" && t.Group == "" && t.Backlogged() {
		return toDefault(ctx, tx, c)
	}
	return nil
}

// comesBack says whether a ticket that stays in its queue wants something of it again: it
// was closed, or nobody had it waiting for a person. What somebody has in a queue that is
// deleted, the job moves that empties it.
func comesBack(c *ticket.Change) bool {
	return c.After.Status.Open() && !c.Before.Status.Open() || c.After.Backlogged() && !c.Before.Backlogged()
}

// toDefault puts a ticket into the default queue.
func toDefault(ctx context.Context, tx *store.Tx, c *ticket.Change) error {
	set, err := current(ctx, tx, 0)
	if err != nil || set.Default == "" {
		return err
	}
	t := c.After
	_, err = queues.Lock(ctx, tx, set.Default, store.Share)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("the default queue has changed: %w", store.ErrConflict)
	}
	if err != nil {
		return err
	}
	t.Queue, t.Stay.Entered = set.Default, c.Time
	if t.FirstQueue == "" {
		t.FirstQueue = t.Queue
	}
	c.Record(ticket.Assigned, &ticket.Facts{Queue: t.Queue, Move: ticket.MoveTransferred})
	return nil
}

// Exists says whether the queue of a place is there. Give it to ticket.Open.
func Exists(ctx context.Context, tx *store.Tx, p ticket.Place) (bool, error) {
	if p.Queue == "" {
		return true, nil
	}
	_, err := queues.Lock(ctx, tx, p.Queue, store.Share)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Calendars are the ids of the calendars that queues have, by queue. Give it to
// ticket.Open, so that service policies count by them.
func Calendars(ctx context.Context, tx *store.Tx) (map[string]string, error) {
	ids := map[string]string{}
	for q, err := range queues.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, err
		}
		if q.Calendar != "" {
			ids[q.ID] = q.Calendar
		}
	}
	return ids, nil
}

// CanTake says whether an agent can take a ticket that comes back to him: he is
// available, in a group of its queue, has the skills that it asks for, and stays within
// his limits. Give it to ticket.Open.
func CanTake(ctx context.Context, tx *store.Tx, a *identity.Agent, t *ticket.Ticket) (bool, error) {
	av, err := availabilities.Lock(ctx, tx, a.ID, store.Share)
	if errors.Is(err, store.ErrNotFound) || err == nil && av.State != Available {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	q := &Queue{}
	if t.Queue != "" {
		if q, err = queues.Get(ctx, tx, t.Queue); errors.Is(err, store.ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	w, err := workers.Get(ctx, tx, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		w, err = &Worker{Agent: a.ID}, nil
	}
	if err != nil || !q.admits(a, t) || !w.has(q.asks(t)) {
		return false, err
	}
	return fits(ctx, tx, a, w, q, t)
}

// Serves says whether an agent is in one of the groups that get the queue's tickets, sooner
// or later. A queue with no groups is every agent's.
func (q *Queue) Serves(a *identity.Agent) bool { return q.admits(a, &ticket.Ticket{}) }

// admits says whether an agent is in one of the groups that get a ticket of the queue,
// sooner or later.
func (q *Queue) admits(a *identity.Agent, t *ticket.Ticket) bool {
	if t.Group != "" {
		return a.InGroup(t.Group)
	}
	for _, g := range q.Groups {
		if a.InGroup(g.Group) {
			return true
		}
	}
	return len(q.Groups) == 0
}

// fits says whether a ticket fits into the agent's limits, as they are in this
// transaction.
func fits(ctx context.Context, tx *store.Tx, a *identity.Agent, w *Worker, q *Queue, t *ticket.Ticket) (bool, error) {
	set, err := current(ctx, tx, 0)
	if err != nil {
		return false, err
	}
	load, here := int64(0), int64(0)
	for held, err := range ticket.HeldBy(ctx, tx, a.ID) {
		if err != nil {
			return false, err
		}
		if held.ID == t.ID {
			continue
		}
		load += set.load(held)
		if held.Queue == q.ID {
			here += set.load(held)
		}
	}
	n := set.weight(t.Channel)
	return load+n <= set.limit(w, a.Team) && (q.Limit == 0 || here+n <= inUnits(q.Limit)), nil
}

// load is what a ticket that an agent has counts, in thousandths: one that sleeps
// nothing, one that he answered last a share of its weight.
func (s *Settings) load(t *ticket.Ticket) int64 {
	switch {
	case !t.Status.Open() || t.Snoozed != nil || t.Assignee.Kind != event.Agent:
		return 0
	case t.Status == ticket.StatusAgentReplied:
		return int64(float64(s.weight(t.Channel))*s.Answered + 0.5)
	}
	return s.weight(t.Channel)
}

// language is the need that a ticket's language answers.
const language = "language"

// asks are the skills that a ticket of the queue asks for.
func (q *Queue) asks(t *ticket.Ticket) (skills []string) {
	for _, need := range q.Needs {
		value := ""
		if need == language {
			value = t.Language
		} else if v, ok := t.Field(need); ok {
			value = v.String()
		}
		if value != "" {
			skills = append(skills, need+"="+value)
		}
	}
	return skills
}

// has says whether the agent has all of these skills.
func (w *Worker) has(skills []string) bool {
	for _, s := range skills {
		if !slices.Contains(w.Skills, s) {
			return false
		}
	}
	return true
}
