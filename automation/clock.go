package automation

import (
	"context"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// timing reckons when clocks of time rules are due on one ticket, in a transaction. What
// it reads for one rule it knows for the next.
type timing struct {
	ctx context.Context
	tx  *store.Tx
	s   *Service
	t   *ticket.Ticket

	own   map[string]*hours.Calendar // of rules, by id
	hours *hours.Calendar            // the ticket's
	known bool                       // hours
	seen  *attendance                // of the end user
	err   error
}

func (s *Service) newTiming(ctx context.Context, tx *store.Tx, t *ticket.Ticket) *timing {
	return &timing{ctx: ctx, tx: tx, s: s, t: t}
}

// due is from when a trigger's clock counts on the ticket, and when it has run for as
// long as the trigger says. ok is false where it doesn't run, or won't get there as things
// are: it stands still.
func (k *timing) due(g *Trigger) (epoch, at time.Time, ok bool) {
	if epoch = k.since(g); epoch.IsZero() {
		return epoch, at, false
	}
	if g.Clock == ClockField {
		return epoch, epoch.Add(g.After), true
	}
	from := epoch
	if (g.Clock == ClockOnline || g.Clock == ClockOffline) && from.Before(k.t.Times.Created) {
		from = k.t.Times.Created // he may have gone long before he wrote
	}
	bots := g.Clock == ClockFirst || g.Clock == ClockNext
	at, ok = k.t.Reaches(k.calendar(g), bots, from, g.After)
	return epoch, at, ok
}

// since is from when a clock counts on the ticket: its epoch. Zero: it doesn't run.
func (k *timing) since(g *Trigger) time.Time {
	t := k.t
	if !t.Status.Open() || t.Merged != nil || t.Erased {
		return time.Time{}
	}
	switch g.Clock {
	case ClockFirst:
		return t.Since(ticket.TargetFirst)
	case ClockNext:
		return t.Since(ticket.TargetNext)
	case ClockSilent:
		return t.SilentSince()
	case ClockUnchanged:
		return t.TouchedAt()
	case ClockQueue:
		if t.Queue != "" {
			return t.Stay.Entered
		}
	case ClockField:
		return dateOf(t, g.Field)
	case ClockOnline, ClockOffline:
		if a := k.attendance(); a.Online == (g.Clock == ClockOnline) {
			return a.Since
		}
	}
	return time.Time{}
}

// dateOf is the beginning, in UTC, of the day that a field of the ticket holds; zero if it
// has none.
func dateOf(t *ticket.Ticket, field string) time.Time {
	v, ok := t.Field(field)
	if !ok || v.Type != ticket.Date {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, v.Text)
	if err != nil {
		return time.Time{}
	}
	return day
}

// calendar is the one by which a trigger counts; nil is all time.
func (k *timing) calendar(g *Trigger) *hours.Calendar {
	var err error
	switch c, known := k.own[g.Calendar]; {
	case !g.Business:
		return nil
	case g.Calendar != "" && known:
		return c
	case g.Calendar != "":
		if c, err = k.s.tickets.Hours(k.ctx, k.tx, g.Calendar); k.own == nil {
			k.own = map[string]*hours.Calendar{}
		}
		k.own[g.Calendar] = c
		k.fail(err)
		return c
	case !k.known:
		k.hours, err = k.s.tickets.HoursOf(k.ctx, k.tx, k.t)
		k.known = true
		k.fail(err)
	}
	return k.hours
}

func (k *timing) fail(err error) {
	if k.err == nil {
		k.err = err
	}
}

// epochCause names an epoch of a clock, for which a rule runs once.
func epochCause(c Clock, epoch time.Time) string {
	return fmt.Sprintf("epoch/%s/%d", c, epoch.UnixMicro())
}

// hinderedByClock says how the clock of a time rule stands on a ticket, and why that keeps
// the rule from running.
func (s *Service) hinderedByClock(ctx context.Context, tx *store.Tx, c *compiled, t *ticket.Ticket, trial *Trial) error {
	if c.On.Kind != OnTime || !t.Status.Open() {
		return nil
	}
	k := s.newTiming(ctx, tx, t)
	epoch, at, ok := k.due(&c.On)
	if k.err != nil {
		return k.err
	}
	if trial.Since = epoch; ok {
		trial.Due = at
	}
	done := false
	if c.ID != "" && ok {
		var err error
		if done, err = ran(ctx, tx, c.Rule, t.ID, epochCause(c.On.Clock, epoch)); err != nil {
			return err
		}
	}
	why := ""
	switch {
	case epoch.IsZero():
		why = "its clock doesn't run on the ticket"
	case !ok:
		why = "its clock stands still, or is never open for so long"
	case at.After(s.now()):
		why = "its clock runs out at " + at.UTC().Format(time.RFC3339)
	case at.Before(c.Since) && !c.Overdue:
		why = "its clock had run out before the rule was there"
	case done && !c.Once:
		why = "it has run, and its clock hasn't begun anew since"
	default:
		return nil
	}
	trial.Why = append(trial.Why, why)
	return nil
}
