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
	"github.com/frontdesk-go/frontdesk/store/job"
)

// An agent who is deactivated leaves his open tickets to another one, or to whoever
// takes them next.

const (
	leaveKind = "ticket.leave"
	leavePage = 100
	leaveTime = 10 * time.Minute // of an attempt
	// leaveAgain is when somebody looks once more: lists, by which followers are
	// found, are a moment behind.
	leaveAgain = time.Minute

	leaveReason = "agent deactivated"
)

type leaveJob struct {
	Agent string `json:"agent"`
}

// leave sets the jobs that hand over an agent's tickets.
func (s *Service) leave(ctx context.Context, tx *store.Tx, a *identity.Agent) error {
	data, err := event.JSON(leaveJob{a.ID})
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%s/%s/%d", leaveKind, a.ID, a.Rev)
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: leaveKind, Data: data},
		job.Spec{ID: id + "/again", Kind: leaveKind, Data: data, RunAt: s.now().Add(leaveAgain)})
}

// errStays ends a handover: the agent is back.
var errStays = errors.New("the agent is active again")

// handOver hands over all that a former agent has. A ticket that can't be is tried
// again with the job, after the others.
func (s *Service) handOver(ctx context.Context, j *job.Job) error {
	var in leaveJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	err := errors.Join(s.each(ctx, s.heldBy(in.Agent), func(id string) error { return s.handOn(ctx, id, in.Agent) }),
		s.each(ctx, s.followedBy(in.Agent), func(id string) error { return s.unfollow(ctx, id, in.Agent) }))
	if errors.Is(err, errStays) {
		return nil
	}
	return err
}

// pager returns ids of tickets, a page at a time.
type pager func(ctx context.Context, tx *store.Tx, after string) (ids []string, next string, err error)

// each does something with every ticket that a pager finds. What goes wrong with one
// keeps it from none of the others.
func (s *Service) each(ctx context.Context, find pager, do func(id string) error) (failed error) {
	for cursor, more := "", true; more; more = cursor != "" {
		var ids []string
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			ids, cursor, err = find(ctx, tx, cursor)
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, id := range ids {
			if err := do(id); errors.Is(err, errStays) || ctx.Err() != nil {
				return err
			} else if err != nil && failed == nil {
				failed = fmt.Errorf("ticket %s: %w", id, err)
			}
		}
	}
	return failed
}

// heldBy finds an agent's open tickets, sleeping ones too.
func (s *Service) heldBy(agent string) pager {
	return func(ctx context.Context, tx *store.Tx, after string) (ids []string, next string, err error) {
		ts, next, err := Held(ctx, tx, agent, after, leavePage)
		for _, t := range ts {
			ids = append(ids, t.ID)
		}
		return ids, next, err
	}
}

// followedBy finds tickets that an agent follows, as far as lists know: open ones,
// then closed ones.
func (s *Service) followedBy(agent string) pager {
	return func(ctx context.Context, tx *store.Tx, after string) (ids []string, next string, err error) {
		state, cursor := openState, after
		if len(after) > 0 {
			state, cursor = after[:1], after[1:]
		}
		rows, next, err := facets.Page(ctx, tx, store.By("made", state+":followers="+agent).Limit(leavePage).After(cursor))
		for _, f := range rows {
			ids = append(ids, f.Ticket)
		}
		switch {
		case next != "":
			next = state + next
		case state == openState:
			next = closedState
		}
		return ids, next, err
	}
}

// former reads an agent who isn't active, which he then isn't made until the
// transaction ends; else it is errStays.
func (s *Service) former(ctx context.Context, tx *store.Tx, agent string) (*identity.Agent, error) {
	a, err := s.people.Former(ctx, tx, agent)
	if errors.Is(err, store.ErrNotFound) {
		err = errStays
	}
	return a, err
}

// handOn gives a ticket of a former agent to his heir; where that one isn't active
// either, to nobody.
func (s *Service) handOn(ctx context.Context, id, agent string) error {
	_, err := s.change(ctx, event.Actor{Kind: event.System}, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		who, err := s.former(ctx, tx, agent)
		if err != nil {
			return err
		}
		if c.Before.Assignee != who.Actor() || !c.Before.Status.Open() {
			return nil // somebody was faster
		}
		c.Reason = leaveReason
		move := MoveAssigned
		if who.Heir == "" {
			move = MoveReturned
		}
		return s.handed(ctx, tx, c, move, func(ctx context.Context, tx *store.Tx, t *Ticket) error {
			t.Assignee = event.Actor{}
			if who.Heir == "" {
				return nil
			}
			a, err := s.people.Member(ctx, tx, who.Heir)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err == nil {
				t.Assignee, t.LastAgent = a.Actor(), a.ID
			}
			return err
		})
	})
	return err
}

// unfollow takes a former agent from those who follow a ticket.
func (s *Service) unfollow(ctx context.Context, id, agent string) error {
	_, err := s.change(ctx, event.Actor{Kind: event.System}, id, func(ctx context.Context, tx *store.Tx, c *Change) error {
		if _, err := s.former(ctx, tx, agent); err != nil {
			return err
		}
		if !slices.Contains(c.Before.Followers, agent) {
			return nil
		}
		c.After.Followers = slices.DeleteFunc(slices.Clone(c.Before.Followers), func(f string) bool { return f == agent })
		c.Reason = leaveReason
		c.Record(Changed, &Facts{What: []string{"followers"}})
		return nil
	})
	if _, gone := errors.AsType[*MergedError](err); gone {
		return nil // its end has it no more
	}
	return err
}
