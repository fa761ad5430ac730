package ticket

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

const dueKind = "ticket.due"

// reckon brings the ticket's targets up to date: what was due before the change is
// breached, what the change answers was in time or late, and what counts now is due at
// some moment, for which a timer is set unless there is an earlier one. That may come
// too early, and moves on then: a due moment that moves later costs its writer nothing.
func (s *Service) reckon(ctx context.Context, tx *store.Tx, c *Change) error {
	if c.reckoned {
		return nil
	}
	c.reckoned = true
	ps, err := s.policySet(ctx, tx)
	if err != nil {
		return err
	}
	t, had := c.After, c.After.Service
	if ps.none() && had == nil {
		return nil
	}
	r := reckoning{Change: c, now: &Standing{Version: ps.version}}
	if had != nil {
		r.now.Alerts, r.now.Alarm = had.Alerts, had.Alarm
	}
	if c.Before != nil {
		var was []Clock
		if r.policy, was = ps.before(c.Before); len(was) > 0 {
			r.fall(was)
			r.end(was)
		}
	}
	r.now.Policy, r.now.Clocks = ps.clocks(t, r.now.Alerts)
	r.policy = r.now.Policy
	r.fall(r.now.Clocks)
	r.warn()
	if t.Service = r.sum(); ps.none() && len(t.Service.Alerts) == 0 {
		t.Service = nil
	}
	return nil
}

// before are the clocks as they were before a change, under the policies as they are.
func (ps *policySet) before(t *Ticket) (policy string, ks []Clock) {
	switch d := t.Service; {
	case d == nil:
		return ps.clocks(t, nil)
	case d.Version != ps.version:
		return ps.clocks(t, d.Alerts)
	default:
		return d.Policy, d.Clocks
	}
}

// reckoning is a change of whose ticket the targets are brought up to date.
type reckoning struct {
	*Change
	now    *Standing
	policy string
}

// say keeps what is said of a clock, and records the event.
func (r *reckoning) say(what string, k *Clock) {
	facts := &Facts{Target: k.Target, Policy: r.policy, Due: k.Due, To: r.After.Assignee, Group: r.After.Group, Queue: r.After.Queue}
	r.Record(what, facts)
	e := r.events[len(r.events)-1]
	e.Actor, e.Reason = event.Actor{Kind: event.System}, "service policy "+r.policy
}

// put keeps an alert, in place of the one of the same clock.
func (r *reckoning) put(a Alert) {
	as := slices.Clone(r.now.Alerts)
	if old := alert(as, a.Target, a.Since); old != nil {
		*old = a
	} else {
		as = append(as, a)
	}
	if len(as) > maxAlerts { // the other targets have one clock each, which stays known
		i := max(slices.IndexFunc(as, func(a Alert) bool { return a.Target == TargetNext }), 0)
		as = slices.Delete(as, i, i+1)
	}
	r.now.Alerts = as
}

// fall says which clocks are breached by now.
func (r *reckoning) fall(ks []Clock) {
	for i := range ks {
		k := &ks[i]
		if k.State(r.Time) != DueBreached {
			continue
		}
		if a := alert(r.now.Alerts, k.Target, k.Since); a != nil && !a.Breached.IsZero() {
			continue
		}
		r.put(Alert{Target: k.Target, Since: k.Since, Policy: r.policy, Breached: k.Due})
		r.say(Breached, k)
	}
}

// warn says which clocks are at risk by now.
func (r *reckoning) warn() {
	for i := range r.now.Clocks {
		k := &r.now.Clocks[i]
		if k.State(r.Time) == DueAtRisk && alert(r.now.Alerts, k.Target, k.Since) == nil {
			r.put(Alert{Target: k.Target, Since: k.Since, Policy: r.policy})
			r.say(AtRisk, k)
		}
	}
}

// end tells the events of the answer, or of the resolution, which targets it was in
// time for, and which it was too late for.
func (r *reckoning) end(ks []Clock) {
	for i := range ks {
		k := &ks[i]
		e := r.ending(k)
		if e < 0 {
			continue
		}
		f := r.facts[e]
		f.Policy = r.policy
		a := alert(r.now.Alerts, k.Target, k.Since)
		if a != nil {
			ended := *a
			ended.Ended = r.Time
			r.put(ended)
		}
		if a != nil && !a.Breached.IsZero() {
			f.Late = append(f.Late, k.Target)
		} else {
			f.Met = append(f.Met, k.Target)
		}
	}
}

// ending is the event that ended a clock as was promised, or -1.
func (r *reckoning) ending(k *Clock) int {
	if k.Target != TargetResolution && r.After.since(k.Target).Equal(k.Since) {
		return -1
	}
	return slices.IndexFunc(r.events, func(e *event.Event) bool {
		if k.Target == TargetResolution {
			return e.Type == Resolved
		}
		return e.Type == MessageAdded && r.Actor.Kind == event.Agent && r.facts[slices.Index(r.events, e)].Message == Public
	})
}

// sum fills in what others look at.
func (r *reckoning) sum() *Standing {
	for i := range r.now.Clocks {
		if k := &r.now.Clocks[i]; k.State(r.Time) == DueBreached {
			k.Risk = time.Time{} // as in all that is breached already
		}
	}
	if k := r.now.next(); k != nil {
		r.now.Due, r.now.State = k.Due, k.State(r.Time)
	}
	return r.now
}

// alarm is when the ticket is to be looked at next, zero if it needn't be.
func (d *Standing) alarm(now time.Time) (at time.Time) {
	for i := range d.Clocks {
		k := &d.Clocks[i]
		for _, m := range []time.Time{k.Risk, k.Due} {
			if m.After(now) && (at.IsZero() || m.Before(at)) {
				at = m
			}
		}
	}
	return at
}

// setDueTimer sets a timer, unless one runs out before it is needed.
func (s *Service) setDueTimer(ctx context.Context, tx *store.Tx, c *Change) error {
	d := c.After.Service
	if d == nil {
		return nil
	}
	at := d.alarm(c.Time)
	if at.IsZero() || d.Alarm.After(c.Time) && !at.Before(d.Alarm) {
		return nil
	}
	d.Alarm = at
	return s.enqueueDue(ctx, tx, c.After.ID, at)
}

// enqueueDue has the ticket looked at at a moment. It is one job whoever asks for it.
func (s *Service) enqueueDue(ctx context.Context, tx *store.Tx, id string, at time.Time) error {
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: fmt.Sprintf("%s/%s/%d", dueKind, id, at.UnixMicro()), Kind: dueKind, Data: []byte(`"` + id + `"`), RunAt: at})
}

// dueNow is the timer: it says what there is to say, and sets the next one.
func (s *Service) dueNow(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	before, err := tickets.Lock(ctx, tx, id, store.ForUpdate)
	if err != nil {
		return unlessGone(err)
	}
	after := *before
	c := &Change{Before: before, After: &after, Actor: event.Actor{Kind: event.System}, Time: later(s.now(), j.RunAt)}
	if err := s.reckon(ctx, tx, c); err != nil {
		return err
	}
	d := after.Service
	switch {
	case len(c.events) > 0 || !before.Service.same(d):
		err = s.moved(ctx, tx, c)
	case d != nil && !d.Alarm.After(c.Time): // nobody else has set one
		if at := d.alarm(c.Time); !at.IsZero() {
			err = s.enqueueDue(ctx, tx, id, at)
		}
	}
	if err != nil {
		return err
	}
	return s.jobs.Cancel(ctx, tx, j.ID) // it leaves no mark
}
