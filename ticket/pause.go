package ticket

import (
	"cmp"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

// Pause is a time in which clocks of a ticket stood still.
type Pause struct {
	Why  PauseKind `json:"why"`
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"` // zero: it lasts
}

// PauseKind says which clocks a pause holds.
type PauseKind string

// The kinds of pause.
const (
	PauseBot PauseKind = "bot" // a bot has the ticket: those of the first and the next response
	PauseAll PauseKind = "all" // it sleeps or is closed: all
)

// maxPauses is how many pauses a ticket remembers. Of more the oldest are put together.
const maxPauses = 50

// pausing is what holds the ticket's clocks as it is now, "" if nothing does.
func (t *Ticket) pausing() PauseKind {
	switch {
	case !t.Status.Open() || t.Snoozed != nil:
		return PauseAll
	case t.BotHasIt():
		return PauseBot
	}
	return ""
}

// noteTimes keeps when the ticket's clocks stood still. A bot that gets the ticket in
// its intake has it from the start, so that clocks begin with its hand-off.
func (c *Change) noteTimes() {
	t := c.After
	had, has := PauseKind(""), t.pausing()
	if n := len(t.Pauses); n > 0 && t.Pauses[n-1].To.IsZero() {
		had = t.Pauses[n-1].Why
	}
	if had == has {
		return
	}
	ps := slices.Clone(t.Pauses)
	if n := len(ps) - 1; had != "" {
		if ps[n].To = c.Time; !ps[n].To.After(ps[n].From) {
			ps = ps[:n]
		}
	}
	if has != "" {
		from := c.Time
		if has == PauseBot && len(ps) == 0 && c.Before != nil && c.Before.Intake != "" {
			from = t.Times.Created
		}
		ps = append(ps, Pause{Why: has, From: from})
	}
	if t.Pauses = fewer(ps); len(ps) == 0 {
		t.Pauses = nil
	}
}

// fewer puts the two oldest pauses of a kind together where there are too many: into
// one of the same length that ends with the second. By the wall clock nothing changes.
func fewer(ps []Pause) []Pause {
	for len(ps) > maxPauses {
		i := 0
		for i+2 < len(ps)-1 && ps[i].Why != ps[i+1].Why {
			i++
		}
		joined := ps[i+1]
		joined.From = joined.From.Add(ps[i].From.Sub(ps[i].To))
		ps = slices.Replace(ps, i, i+2, joined)
	}
	return ps
}

// since is from when a target's clock counts on the ticket; zero if it has none.
func (t *Ticket) since(target Target) time.Time {
	if !t.Status.Open() {
		return time.Time{}
	}
	switch target {
	case TargetFirst:
		if t.Times.FirstHuman.IsZero() {
			return t.Times.Created
		}
	case TargetNext:
		if t.Times.FirstHuman.IsZero() && t.Reopened == 0 {
			break
		}
		if t.WaitingSince.IsZero() && t.BotHasIt() {
			return t.Held
		}
		return t.WaitingSince
	case TargetResolution:
		return t.Times.Created
	}
	return time.Time{}
}

// farthest is how far away a due moment can be. What a calendar of a few hours a year
// puts behind that comes never.
const farthest = 10 * 366 * 24 * time.Hour

// Since is from when a target's clock counts on the ticket; zero if it has none.
func (t *Ticket) Since(target Target) time.Time { return t.since(target) }

// Reaches returns when a clock that began at since has run for d of the time in which c
// is open; nil is all time. It stands still while the ticket sleeps or is closed, and, if
// bots is set, while a bot has it. false: it stands still before that, or never runs for
// so long.
func (t *Ticket) Reaches(c *hours.Calendar, bots bool, since time.Time, d time.Duration) (time.Time, bool) {
	at, _ := t.reaches(c, bots, since, d)
	return at, !at.IsZero()
}

// reaches is when a clock has run for so long. The moment is zero if it stands still
// before that, or never runs again; then left is what is left. bots says that it stands
// still while a bot has the ticket.
func (t *Ticket) reaches(c *hours.Calendar, bots bool, since time.Time, d time.Duration) (at time.Time, left time.Duration) {
	from, left := since, d
	for _, p := range t.Pauses {
		ended := !p.To.IsZero()
		if p.Why == PauseBot && !bots || ended && !p.To.After(from) {
			continue
		}
		if p.From.After(from) {
			ran := c.Elapsed(from, p.From)
			if ran >= left {
				break
			}
			left -= ran
		}
		if !ended {
			return time.Time{}, left
		}
		from = p.To
	}
	at, ok := c.Add(from, left)
	if !ok || at.Sub(from) > farthest {
		return time.Time{}, left
	}
	return at, 0
}

// clock is a target's clock on the ticket; ok is false if none counts there. risk is
// after which share of the goal, in percent, it is at risk.
func (t *Ticket) clock(c *hours.Calendar, target Target, goal time.Duration, risk int) (k Clock, ok bool) {
	since := t.since(target)
	if goal == 0 || since.IsZero() {
		return k, false
	}
	k = Clock{Target: target, Since: since, Goal: goal}
	bots := target != TargetResolution
	k.Due, k.Left = t.reaches(c, bots, since, goal)
	if risk = cmp.Or(risk, defaultRisk); risk < 100 {
		k.Risk, _ = t.reaches(c, bots, since, goal/100*time.Duration(risk))
	}
	return k, true
}
