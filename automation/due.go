package automation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The index of due moments has one entry for a ticket, and none for one on which no time
// rule's clock runs: when it is to be looked at. That is a lower bound. At the moment
// everything is reckoned again from the ticket and the rules as they are then, so that a
// moment that moves later costs nobody anything, and what isn't due any more, or whose
// rule is gone, just isn't there. What may make something due earlier looks at the ticket
// again: its own changes, in watch, and those of rules, calendars and presence.

// alarm is the moment at which a ticket is to be looked at.
type alarm struct {
	Ticket string    `json:"ticket"`
	At     time.Time `json:"at"`
	Failed int       `json:"failed,omitempty"` // how often in a row its rules couldn't be run
	Rev    store.Rev `json:"-"`
}

var alarms = &store.Collection[alarm]{
	Name:    "rule_alarm",
	Key:     func(a *alarm) string { return a.Ticket },
	Rev:     func(a *alarm) *store.Rev { return &a.Rev },
	Columns: []store.Column[alarm]{{Name: "at", Kind: store.Time, Of: func(a *alarm) any { return a.At }}},
	Indexes: []store.Index{{Name: "at", On: []string{"at"}}},

	Impersonal: "holds ids of tickets, and moments",
}

// outlook is what time rules make of a ticket at a moment.
type outlook struct {
	due   []firing  // clocks that have run out, and for which nothing has run yet, in list order
	holds bool      // the condition of one of them is true
	since time.Time // the earliest moment of those whose condition is true
	next  time.Time // when another one runs out, or a condition may turn true by itself; zero: never, as things are
}

func (o *outlook) later(at time.Time) {
	if o.next.IsZero() || at.Before(o.next) {
		o.next = at
	}
}

// outlook reckons a ticket's clocks.
func (s *Service) outlook(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket, now time.Time) (o outlook, err error) {
	if len(b.timed.rules) == 0 || !t.Status.Open() {
		return o, nil
	}
	x := s.newSubject(ctx, tx, t)
	x.now = now
	k := s.newTiming(ctx, tx, t)
	var room [64]int
	var late []time.Time // the moments of those in o.due
	for _, i := range b.timed.set.Candidates(room[:0], x) {
		c := b.timed.rules[i]
		switch epoch, at, ok := k.due(&c.On); {
		case !ok, !at.After(now) && at.Before(c.Since) && !c.Overdue: // it had run out before the rule was there
		case at.After(now):
			o.later(at)
		default:
			o.due, late = append(o.due, firing{rule: c, cause: epochCause(c.On.Clock, epoch)}), append(late, at)
		}
	}
	if err := errors.Join(k.err, o.forget(ctx, tx, t.ID, &late)); err != nil {
		return o, err
	}
	for i, f := range o.due {
		x.missing = nil
		if yes := f.rule.whole.Match(x); yes || len(x.missing) > 0 { // the host is asked when it fires
			if !o.holds || late[i].Before(o.since) {
				o.since = late[i]
			}
			o.holds = true
		} else if again := f.rule.again(x, now); !again.IsZero() {
			o.later(again)
		}
	}
	return o, x.err
}

// forget leaves out what has run already.
func (o *outlook) forget(ctx context.Context, tx *store.Tx, ticket string, late *[]time.Time) error {
	if len(o.due) > 1 {
		wants := make([]store.Want, len(o.due))
		for i, f := range o.due {
			wants[i] = runs.Want(markOf(f.rule.Rule, ticket, f.cause), 0)
		}
		if err := tx.Ahead(ctx, wants...); err != nil {
			return err
		}
	}
	n := 0
	for i, f := range o.due {
		done, err := ran(ctx, tx, f.rule.Rule, ticket, f.cause)
		if err != nil {
			return err
		}
		if !done {
			o.due[n], (*late)[n] = f, (*late)[i]
			n++
		}
	}
	o.due = o.due[:n]
	return nil
}

// ran says whether a rule has run on a ticket for a cause.
func ran(ctx context.Context, tx *store.Tx, r *Rule, ticket, cause string) (bool, error) {
	_, err := runs.Get(ctx, tx, markOf(r, ticket, cause))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// markOf is the key of the mark that a rule has run on a ticket for a cause.
func markOf(r *Rule, ticket, cause string) string {
	if r.Once {
		cause = onceCause
	}
	return (&Run{Rule: r.ID, Ticket: ticket, Cause: cause}).key()
}

// quarter is how often a condition is looked at again that depends on the time of day:
// all zones have their hours at quarters of the hour of UTC.
const quarter = 15 * time.Minute

// again is when a condition that is false may have become true although nothing has
// happened to the ticket; zero: it doesn't depend on the time.
func (c *compiled) again(x *subject, now time.Time) (at time.Time) {
	reads := c.whole.Reads()
	for _, name := range []string{"now", "time.weekday", "time.hour"} {
		if slices.Contains(reads, name) {
			return now.Truncate(quarter).Add(quarter)
		}
	}
	if !slices.Contains(reads, "time.business") {
		return at
	}
	next := x.calendar().NextOpen
	if x.calendar().IsOpen(now) {
		next = x.calendar().NextClose
	}
	at, _ = next(now)
	return at
}

// fireTimed runs the time rules whose clocks have run out on the ticket. A clock counts as
// the rules before have left it: one that they have begun anew isn't due. Where one of them
// ends the pass, the others count as run for their epochs, or they would run in the next
// pass.
func (p *pass) fireTimed(ctx context.Context, now time.Time) error {
	var k *timing
	of := func(c *compiled) (f firing, ok bool) {
		if k == nil || k.t != p.x.t {
			k = p.s.newTiming(ctx, p.tx, p.x.t)
		}
		epoch, at, ok := k.due(&c.On)
		ok = ok && !at.After(now) && (c.Overdue || !at.Before(c.Since)) && k.err == nil
		return firing{rule: c, cause: epochCause(c.On.Clock, epoch)}, ok
	}
	place, err := p.each(ctx, &p.b.timed, of)
	if err == nil && p.ended {
		err = p.passOver(ctx, &p.b.timed, place, of)
	}
	if err == nil && k != nil {
		err = k.err
	}
	return err
}

// passOver marks the rules of a section that would have run, had the pass not ended.
func (p *pass) passOver(ctx context.Context, sec *section, place int, of func(c *compiled) (firing, bool)) error {
	for _, at := range sec.set.Candidates(nil, p.x) {
		c := sec.rules[at]
		f, ok := of(c)
		if at < place || !ok || !c.whole.Match(p.x) {
			continue
		}
		done, err := ran(ctx, p.tx, c.Rule, p.x.t.ID, f.cause)
		if err != nil {
			return err
		}
		if done || c.Once {
			continue
		}
		r := &Run{Rule: c.ID, Ticket: p.x.t.ID, Cause: f.cause, Time: p.x.now, Cut: "an earlier rule has ended the pass"}
		if p.runs = append(p.runs, r); !p.dry {
			if err := runs.Put(ctx, p.tx, r); err != nil {
				return err
			}
		}
	}
	return p.x.err
}

// stillDue are those of rules whose moment had come, for which that still holds: they had
// to wait for something.
func (s *Service) stillDue(ctx context.Context, tx *store.Tx, t *ticket.Ticket, due []firing) (still []firing, err error) {
	k := s.newTiming(ctx, tx, t)
	now := s.now()
	for _, f := range due {
		on := &f.rule.On
		if on.Kind == OnTime {
			if epoch, at, ok := k.due(on); !ok || at.After(now) || f.cause != epochCause(on.Clock, epoch) {
				continue
			}
		} else if on.Kind != OnSchedule || !t.Status.Open() {
			continue
		}
		still = append(still, f)
	}
	return still, k.err
}

// watch has a ticket looked at when one of its clocks runs out, after it has changed. Where
// an earlier moment is known already nothing is written, and where no time rule may be
// about the ticket nothing is read.
func (s *Service) watch(ctx context.Context, tx *store.Tx, b *book, t *ticket.Ticket) error {
	now := s.now()
	o, err := s.outlook(ctx, tx, b, t, now)
	if err != nil {
		return err
	}
	at := o.next
	if o.holds {
		at = o.since
	}
	if at.IsZero() {
		return nil // an alarm that there is finds nothing to do
	}
	return s.setAlarm(ctx, tx, t.ID, at, now)
}

// margin is by how much the clocks of two processes may differ.
const margin = time.Second

// setAlarm has a ticket looked at at a moment, or earlier. An alarm that is running out may
// be dealt with at this moment, by a process that doesn't know yet what this one does:
// then that one is waited for.
func (s *Service) setAlarm(ctx context.Context, tx *store.Tx, id string, at, now time.Time) error {
	a, err := alarms.Get(ctx, tx, id)
	if err == nil && (a.At.After(at) || !a.At.After(now.Add(margin))) {
		a, err = alarms.Lock(ctx, tx, id, store.ForUpdate)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		a = &alarm{Ticket: id}
	case err != nil:
		return err
	case !a.At.After(at):
		return nil
	}
	a.At, a.Failed = at, 0
	if err := alarms.Put(ctx, tx, a); err != nil {
		return err
	}
	tx.After(func() { s.waker.note(a.At) })
	return nil
}
