package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// InUseError says that a queue can't be deleted because others escalate to it: their
// tickets would wait where nobody looks after them any more.
type InUseError struct {
	Queues []string // names of those that escalate to it, best rank first
}

func (e *InUseError) Error() string {
	return "these queues escalate to it: " + strings.Join(e.Queues, ", ")
}

const (
	emptyKind = "queue.empty"
	emptyTime = 10 * time.Minute // of an attempt
	// emptyAgain is when somebody looks once more: lists, by which tickets are found
	// that somebody has, are a moment behind.
	emptyAgain = time.Minute
	emptyPage  = 100
)

type emptyJob struct {
	Queue string `json:"queue"`
	Name  string `json:"name"`
}

// Delete removes a queue. Its open tickets go to the default one, a moment later where
// they are many: those that wait there, those that sleep, and those that an agent has,
// who keeps them. Closed ones remember it. The default queue is ErrDefault, one to which
// others escalate an *InUseError, and one that isn't there store.ErrNotFound.
func (s *Service) Delete(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, "queue:"+id, func(ctx context.Context, tx *store.Tx) error {
		set, err := current(ctx, tx, store.ForUpdate)
		if err != nil {
			return err
		}
		q, err := queues.Lock(ctx, tx, id, store.ForUpdate) // who puts a ticket into it has done so, or will see it gone
		if err != nil {
			return err
		}
		if set.Default == id {
			return ErrDefault
		}
		if err := unused(ctx, tx, id); err != nil {
			return err
		}
		deleted := q.Rev + 1
		if err := queues.Delete(ctx, tx, q); err != nil {
			return err
		}
		if err := s.record(ctx, tx, QueueDeleted, "queue:"+id, deleted, actor, emptyJob{q.ID, q.Name}); err != nil {
			return err
		}
		set.Order = slices.DeleteFunc(slices.Clone(set.Order), func(other string) bool { return other == id })
		if err := s.putSettings(ctx, tx, actor, set); err != nil {
			return err
		}
		data, err := event.JSON(emptyJob{q.ID, q.Name})
		if err != nil {
			return err
		}
		return s.jobs.Enqueue(ctx, tx, job.Spec{ID: emptyKind + "/" + id, Kind: emptyKind, Data: data},
			job.Spec{ID: emptyKind + "/" + id + "/again", Kind: emptyKind, Data: data, RunAt: s.now().Add(emptyAgain)})
	})
}

// unused refuses a queue to which another one escalates.
func unused(ctx context.Context, tx *store.Tx, id string) error {
	qs, _, err := ranked(ctx, tx)
	if err != nil {
		return err
	}
	var by []string
	for _, q := range qs {
		if q.Escalate.To == id && q.ID != id {
			by = append(by, q.Name)
		}
	}
	if len(by) > 0 {
		return &InUseError{by}
	}
	return nil
}

// empty is the job that moves what is open in a queue that was deleted. It may run again:
// what has moved isn't there any more.
func (s *Service) empty(ctx context.Context, j *job.Job) error {
	var in emptyJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	reason := fmt.Sprintf("queue %s was deleted", in.Name)
	move := func(t *ticket.Ticket) error {
		return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			set, err := current(ctx, tx, store.Share)
			if err != nil {
				return err
			}
			_, err = s.tickets.In(tx).Requeue(ctx, t.ID, in.Queue, set.Default, reason)
			return err
		})
	}
	return errors.Join(s.eachWaiting(ctx, in.Queue, move), s.eachOpen(ctx, in.Queue, move))
}

// eachWaiting does something with every ticket of a queue's backlog, exactly.
func (s *Service) eachWaiting(ctx context.Context, queue string, do func(*ticket.Ticket) error) error {
	return s.each(ctx, do, func(ctx context.Context, after string) (ts []*ticket.Ticket, next string, err error) {
		err = s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			ts, next, err = ticket.Backlog(ctx, tx, queue, after, emptyPage)
			return err
		})
		return ts, next, err
	})
}

// eachOpen does something with every open ticket of a queue, as far as lists know.
func (s *Service) eachOpen(ctx context.Context, queue string, do func(*ticket.Ticket) error) error {
	return s.each(ctx, do, func(ctx context.Context, after string) ([]*ticket.Ticket, string, error) {
		return s.tickets.List(ctx, event.Actor{Kind: event.System}, ticket.Filter{Queue: queue}, after, emptyPage)
	})
}

// each goes through pages of tickets. What goes wrong with one keeps it from none of the
// others.
func (s *Service) each(ctx context.Context, do func(*ticket.Ticket) error, page func(ctx context.Context, after string) ([]*ticket.Ticket, string, error)) (failed error) {
	for after, more := "", true; more; more = after != "" {
		ts, next, err := page(ctx, after)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, t := range ts {
			err := do(t)
			if ctx.Err() != nil || errors.Is(err, errBack) {
				return err
			}
			if err != nil && failed == nil {
				failed = fmt.Errorf("ticket %s: %w", t.ID, err)
			}
		}
		after = next
	}
	return failed
}
