package automation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What makes moments come earlier without a change of the tickets has them looked at by a
// job: a rule that is new or asks for something else, and business hours that are others
// now. It goes over open tickets, a page to a transaction, each of which has the next one
// enqueued. What makes moments come later, or never, needs nothing: they are lower bounds.

const (
	sweepKind = "rule.sweep"
	sweepTime = 5 * time.Minute
	watchPage = 100
	// behind is how soon a sweep looks again whether lists know all tickets.
	behind = 100 * time.Millisecond
)

// sweep is a page of a job that goes over open tickets: those that a rule may be about.
type sweep struct {
	Rule  string    `json:"rule,omitempty"` // "": all that count business time
	At    time.Time `json:"at,omitzero"`    // moment of a schedule, for which the rule runs; zero: its clocks are looked at
	Pass  string    `json:"pass"`           // tells one pass from another
	Page  int       `json:"page,omitempty"`
	After string    `json:"after,omitempty"` // cursor
	// Head is up to which event lists must know the tickets before it begins: of what
	// comes later the log tells those who know the rule.
	Head int64 `json:"head,omitempty"`
}

// restart begins anew where a cursor is of no use any more: the rule asks for something
// else now. What has run doesn't run again.
func (in *sweep) restart(err error) (more bool, _ error) {
	if !errors.Is(err, store.ErrCursor) {
		return false, err
	}
	in.After = ""
	return true, nil
}

// rearm follows a change of a rule: before is nil if it is new, after if it was deleted.
func (s *Service) rearm(ctx context.Context, tx *store.Tx, before, after *Rule) error {
	if err := s.reschedule(ctx, tx, before, after); err != nil {
		return err
	}
	if after == nil || after.Off || after.On.Kind != OnTime {
		return nil
	}
	if before != nil && before.Since.Equal(after.Since) && before.Overdue == after.Overdue {
		return nil
	}
	return s.watchLater(ctx, tx, after.ID)
}

// hoursMoved follows a change of what business time counts by, and of fields, which
// conditions name.
func (s *Service) hoursMoved(ctx context.Context, tx *store.Tx) error {
	r, err := hold(ctx, tx)
	if err == nil {
		err = r.turn(ctx, tx, "")
	}
	if err != nil {
		return err
	}
	if ids, err := orderOf(ctx, tx); err != nil || len(ids) == 0 {
		return err
	}
	return s.watchLater(ctx, tx, "")
}

// watchLater has the open tickets looked at that a rule may be about, or all.
func (s *Service) watchLater(ctx context.Context, tx *store.Tx, rule string) error {
	return s.enqueueSweep(ctx, tx, sweep{Rule: rule, Pass: s.events.IDs().New()})
}

// enqueueSweep adds a page of a sweep.
func (s *Service) enqueueSweep(ctx context.Context, tx *store.Tx, in sweep) (err error) {
	if in.Head == 0 && !tx.Shared() {
		if in.Head, err = s.events.HeadIn(ctx, tx); err != nil {
			return err
		}
	}
	data, err := event.JSON(in)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: fmt.Sprintf("%s/%s/%d", sweepKind, in.Pass, in.Page), Kind: sweepKind, Data: data})
}

// sweep is the job.
func (s *Service) sweep(ctx context.Context, j *job.Job) error {
	var in sweep
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	ready, err := s.listed(ctx, &in)
	if err != nil {
		return err
	}
	if !ready {
		return s.jobs.Reschedule(ctx, s.root, j.ID, s.now().Add(behind))
	}
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		next, more, do := in, false, s.watchSome
		if !in.At.IsZero() {
			do = s.runScheduled
		}
		if more, err = do(ctx, tx, &next); err == nil && more {
			next.Page++
			err = s.enqueueSweep(ctx, tx, next)
		}
		return err
	})
}

// listed says whether lists know all tickets that whoever knew the rules from before has
// dealt with. Where processes share a store, that is up to the event that is the last one
// when the job begins.
func (s *Service) listed(ctx context.Context, in *sweep) (bool, error) {
	head, err := s.events.Head(ctx)
	if err != nil {
		return false, err
	}
	lags, err := s.events.Lags(ctx)
	if err != nil {
		return false, err
	}
	at := slices.IndexFunc(lags, func(l event.Lag) bool { return l.Consumer == ticket.Lists })
	if at < 0 {
		return true, nil
	}
	in.Head = cmp.Or(in.Head, head)
	return head-lags[at].Events >= in.Head, nil
}

// watchSome looks at a page of tickets, and moves on to the next.
func (s *Service) watchSome(ctx context.Context, tx *store.Tx, in *sweep) (more bool, err error) {
	b, err := s.book(ctx, tx)
	if err != nil {
		return false, err
	}
	var needs []condition.Need
	if in.Rule == "" {
		if !slices.ContainsFunc(b.timed.rules, (*compiled).countsHours) {
			return false, nil
		}
	} else {
		c := b.byID[in.Rule]
		if c == nil || c.err != nil || c.Off || c.On.Kind != OnTime {
			return false, nil
		}
		needs, _ = c.whole.Needs()
	}
	ids, next, err := s.tickets.Candidates(ctx, tx, needs, in.After, watchPage)
	if err != nil {
		return in.restart(err)
	}
	for _, id := range ids {
		t, err := ticket.Peek(ctx, tx, id)
		if err == nil {
			err = s.watch(ctx, tx, b, t)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
	}
	in.After = next
	return next != "", nil
}

// countsHours says whether business hours matter to a time rule.
func (c *compiled) countsHours() bool {
	return c.On.Business || slices.ContainsFunc(c.whole.Reads(), func(name string) bool { return strings.HasPrefix(name, "time.") })
}
