package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What follows from an agent's availability comes by timers: his shift ends, or he has
// been away for long. A timer is a lower bound. At its moment everything is read again,
// and what is due by then is done; else a later timer is set. Whatever makes something due
// earlier sets a timer of its own.

const (
	absenceKind = "queue.absence"
	returnKind  = "queue.return"
	retimeKind  = "queue.retime"
	returnTime  = 10 * time.Minute // of an attempt
	returnPage  = 100
)

// WhyAbsent is why tickets of an agent go back who has been away or offline for long.
const WhyAbsent = "absent for long"

// outcome is what follows from an availability at a moment.
type outcome struct {
	at      time.Time // zero: nothing
	offline bool      // the agent is set offline
	why     string    // his tickets go back
}

// ahead says what follows from an availability next: at the end of the shift who isn't
// offline is set offline, and his tickets go back, as they do once in an absence that
// lasts.
func (s *Service) ahead(ctx context.Context, tx *store.Tx, av *Availability) (next outcome, err error) {
	returned := !av.Returned.IsZero()
	if av.State == Offline && returned || av.Since.IsZero() {
		return next, nil
	}
	w, err := workerOf(ctx, tx, av.Agent)
	if err != nil {
		return next, err
	}
	if w.Shift != "" {
		cal, err := s.tickets.Hours(ctx, tx, w.Shift)
		if err != nil {
			return next, err
		}
		end, ok := av.Since, true
		if open, opens := cal.NextOpen(av.Since); av.State != Offline || cal.IsOpen(av.Since) {
			if end, ok = cal.NextClose(open); !opens {
				ok = false
			}
		} // else he went when his shift was over
		if ok {
			next = outcome{at: end, offline: av.State != Offline, why: WhyShiftEnd}
		}
	}
	if av.State == Available || returned {
		return next, nil
	}
	set, err := current(ctx, tx, 0)
	if err != nil || set.Grace == 0 {
		return next, err
	}
	if at := av.Absent.Add(set.Grace); next.at.IsZero() || at.Before(next.at) {
		next = outcome{at: at, why: WhyAbsent}
	}
	return next, nil
}

// follow does what follows from a stored availability by now, and sets the timer for what
// follows later.
func (s *Service) follow(ctx context.Context, tx *store.Tx, av *Availability) error {
	for {
		next, err := s.ahead(ctx, tx, av)
		if err != nil || next.at.IsZero() {
			return err
		}
		if now := s.now(); next.at.After(now) {
			return s.enqueue(ctx, tx, absenceKind, fmt.Sprintf("%s/%d/%d", av.Agent, av.Rev, next.at.UnixMicro()), next.at, absenceJob{Agent: av.Agent})
		}
		to := av.State
		if next.offline {
			to = Offline
		}
		if err := s.sendBack(ctx, tx, event.Actor{Kind: event.System}, av, to, next.why, false); err != nil {
			return err
		}
	}
}

type absenceJob struct {
	Agent string `json:"agent"`
	Why   string `json:"why,omitempty"`
	// At is when his tickets were to go back: those that are newer stay.
	At time.Time `json:"at,omitzero"`
	// Asked says that somebody wants so: it holds, even if he is available.
	Asked bool `json:"asked,omitempty"`
}

func (s *Service) enqueue(ctx context.Context, tx *store.Tx, kind, id string, at time.Time, in any) error {
	data, err := event.JSON(in)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: kind + "/" + id, Kind: kind, Data: data, RunAt: at})
}

// sendBack has an agent's tickets go back to their queues, and changes his state if it
// isn't to yet.
func (s *Service) sendBack(ctx context.Context, tx *store.Tx, actor event.Actor, av *Availability, to State, why string, asked bool) error {
	now := s.now()
	f := availabilityFacts{Agent: av.Agent, From: av.State, To: to, Reason: av.Reason, By: actor.String(), Returned: true}
	if av.State != to {
		av.enter(to, now)
		av.Reason, av.By, f.Reason = why, actor.String(), why
	}
	if av.State != Available {
		av.Returned = now
	}
	if err := s.putAvailability(ctx, tx, actor, av, f); err != nil {
		return err
	}
	return s.enqueue(ctx, tx, returnKind, fmt.Sprintf("%s/%d", av.Agent, av.Rev), time.Time{}, absenceJob{av.Agent, why, now, asked})
}

// absence is the timer.
func (s *Service) absence(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var in absenceJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	return s.again(ctx, tx, in.Agent)
}

// again looks at what follows from an agent's availability, after something that it
// depends on has changed.
func (s *Service) again(ctx context.Context, tx *store.Tx, agent string) error {
	av, err := availabilityOf(ctx, tx, agent)
	if err != nil {
		return err
	}
	return s.follow(ctx, tx, av)
}

// EndShift ends an agent's shift now: he is offline, and his open tickets go back to their
// queues, a moment later where they are many. He himself does so, a supervisor of his
// team, and admins.
func (s *Service) EndShift(ctx context.Context, actor event.Actor, agent string) (*Availability, error) {
	return s.takeBack(ctx, actor, agent, func(av *Availability) (State, string) { return Offline, WhyShiftEnd })
}

// Return has all open tickets of an agent go back to their queues, sleeping ones too, a
// moment later where they are many: to the default queue where they have none. They keep
// their wait, and he what he is; if that is available, he may get them again. He himself
// does so, a supervisor of his team, and admins.
func (s *Service) Return(ctx context.Context, actor event.Actor, agent string) (*Availability, error) {
	return s.takeBack(ctx, actor, agent, func(av *Availability) (State, string) { return av.State, "returned by " + actor.String() })
}

func (s *Service) takeBack(ctx context.Context, actor event.Actor, agent string, how func(*Availability) (to State, why string)) (av *Availability, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.looksAfter(ctx, tx, actor, agent, false); err != nil {
			return err
		}
		if _, err := s.people.In(tx).Agent(ctx, agent); err != nil {
			return err
		}
		if av, err = availabilityOf(ctx, tx, agent); err != nil {
			return err
		}
		to, why := how(av)
		return s.sendBack(ctx, tx, actor, av, to, why, true)
	})
	if err != nil {
		return nil, err
	}
	return av, nil
}

// errBack ends a return: the agent is available again, and keeps the rest.
var errBack = errors.New("the agent is available again")

// putBack is the job that takes an agent's tickets back, each in a transaction of its own.
// It may run again: what has gone back he doesn't have any more.
func (s *Service) putBack(ctx context.Context, j *job.Job) error {
	var in absenceJob
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	err := s.each(ctx, func(t *ticket.Ticket) error { return s.putBackOne(ctx, in, t) },
		func(ctx context.Context, after string) (ts []*ticket.Ticket, next string, err error) {
			err = s.root.View(ctx, func(ctx context.Context, tx *store.Tx) error {
				ts, next, err = ticket.Held(ctx, tx, in.Agent, after, returnPage)
				return err
			})
			return ts, next, err
		})
	if errors.Is(err, errBack) {
		return nil
	}
	return err
}

func (s *Service) putBackOne(ctx context.Context, in absenceJob, t *ticket.Ticket) error {
	if t.Times.Created.After(in.At) {
		return nil // it can't have been meant
	}
	return s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		av, err := availabilities.Lock(ctx, tx, in.Agent, store.Share)
		if err == nil && !in.Asked && av.State == Available {
			err = errBack
		}
		if err != nil {
			return err
		}
		_, err = s.tickets.In(tx).PutBack(ctx, t.ID, in.Agent, in.Why)
		return err
	})
}

// retime is the job that looks again at what follows from every agent's availability: a
// setting has changed, or a calendar.
func (s *Service) retime(ctx context.Context, _ *job.Job) (failed error) {
	for after, more := "", true; more; more = after != "" {
		avs, next, err := s.Availabilities(ctx, after, returnPage)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, av := range avs {
			err := s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.again(ctx, tx, av.Agent) })
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && failed == nil {
				failed = fmt.Errorf("agent %s: %w", av.Agent, err)
			}
		}
		after = next
	}
	return failed
}

// reschedule is the reactor that has timers follow the calendars of shifts.
func (s *Service) reschedule(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		if err := s.enqueue(ctx, tx, retimeKind, e.ID, time.Time{}, nil); err != nil {
			return err
		}
	}
	return nil
}
