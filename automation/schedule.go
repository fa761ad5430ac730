package automation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A schedule is a job that comes again at each of its moments. There it enqueues a sweep
// over the open tickets that the rule may be about. After a time in which nothing ran, the
// last moment that was missed is made up for, and those before it aren't.

const (
	scheduleKind = "rule.schedule"
	momentPrefix = "cron/" // of the cause of what a schedule runs
	maxCron      = 500     // bytes
)

func (t *Trigger) validSchedule() error {
	if len(t.Cron) > maxCron {
		return store.TooLong("rule.on.cron", maxCron)
	}
	if len(t.Zone) > maxRef {
		return store.TooLong("rule.on.zone", maxRef)
	}
	if _, err := parseCron(t.Cron, t.Zone); err != nil {
		return refuse("on.cron", "is no schedule: "+err.Error())
	}
	return nil
}

func (r *Rule) scheduled() bool { return r != nil && !r.Off && r.On.Kind == OnSchedule }

// reschedule follows a change of a rule.
func (s *Service) reschedule(ctx context.Context, tx *store.Tx, before, after *Rule) error {
	was, is := before.scheduled(), after.scheduled()
	switch {
	case was && !is:
		return unlessGone(s.jobs.Cancel(ctx, tx, scheduleKind+"/"+before.ID))
	case !is || was && before.On.Cron == after.On.Cron && before.On.Zone == after.On.Zone:
		return nil
	}
	c, err := parseCron(after.On.Cron, after.On.Zone)
	if err != nil {
		return refuse("on.cron", "is no schedule: "+err.Error())
	}
	id := scheduleKind + "/" + after.ID
	if err := unlessGone(s.jobs.Cancel(ctx, tx, id)); err != nil {
		return err
	}
	data, err := event.JSON(after.ID)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: id, Kind: scheduleKind, Data: data, RunAt: c.next(s.now())})
}

func unlessGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// tick is the job: one of the schedule's moments has come.
func (s *Service) tick(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	b, err := s.book(ctx, tx)
	if err != nil {
		return err
	}
	r := b.byID[id]
	if r == nil || !r.scheduled() {
		return s.jobs.Cancel(ctx, tx, j.ID)
	}
	c, err := parseCron(r.On.Cron, r.On.Zone)
	if err != nil {
		return err
	}
	now := s.now()
	if now.Before(j.RunAt) {
		now = j.RunAt // the store's clock is ahead
	}
	if at := c.last(now); at.After(r.Since) && r.err == nil {
		in := sweep{Rule: id, Pass: fmt.Sprintf("%s/%d", id, at.UnixMicro()), At: at}
		if err := s.enqueueSweep(ctx, tx, in); err != nil {
			return err
		}
	}
	return s.jobs.Reschedule(ctx, tx, j.ID, c.next(now))
}

// The bounds of a transaction in which a schedule's rule runs: tickets looked at, and run on.
const (
	scheduledLook = 200
	scheduledRuns = 16
)

// runScheduled runs a schedule's rule on the next of the tickets that it may be about.
func (s *Service) runScheduled(ctx context.Context, tx *store.Tx, in *sweep) (more bool, err error) {
	b, err := s.book(ctx, tx)
	if err != nil {
		return false, err
	}
	c := b.byID[in.Rule]
	if c == nil || c.err != nil || !c.scheduled() {
		return false, nil
	}
	needs, _ := c.whole.Needs()
	start := time.Now()
	for looked, did := 0, 0; looked < scheduledLook && did < scheduledRuns && time.Since(start) < alarmTime; {
		ids, next, err := s.tickets.Candidates(ctx, tx, needs, in.After, scheduledRuns)
		if err != nil {
			return in.restart(err)
		}
		slices.Sort(ids) // who locks two tickets does so in this order
		for _, id := range ids {
			ran, err := s.runScheduledOn(ctx, tx, b, c, id, in.At)
			if err != nil {
				return false, err
			}
			if ran {
				did++
			}
		}
		looked += max(len(ids), 1)
		if in.After = next; next == "" {
			return false, nil
		}
	}
	return true, nil
}

// runScheduledOn runs a schedule's rule on a ticket, if its condition is true. A ticket on
// which it can't be run doesn't stop the others.
func (s *Service) runScheduledOn(ctx context.Context, tx *store.Tx, b *book, c *compiled, id string, at time.Time) (ran bool, err error) {
	err = tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err := ticket.Peek(ctx, tx, id)
		if err != nil {
			return unlessGone(err)
		}
		x := s.newSubject(ctx, tx, t)
		if yes := c.whole.Match(x); x.err != nil || !yes && len(x.missing) == 0 {
			return x.err
		}
		ran = true
		t, err = ticket.Hold(ctx, tx, id)
		if err != nil || !t.Status.Open() || t.Merged != nil || t.Erased {
			return unlessGone(err)
		}
		return s.fire(ctx, tx, b, t, []firing{{rule: c, cause: momentPrefix + strconv.FormatInt(at.UnixMicro(), 10)}})
	})
	if err != nil && !store.Broken(err) && ctx.Err() == nil && !errors.Is(err, store.ErrTooLarge) {
		s.log.ErrorContext(ctx, "a schedule's rule can't be run on a ticket", "rule", c.ID, "ticket", id, "error", err)
		err = nil
	}
	return ran, err
}
