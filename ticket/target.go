package ticket

import (
	"cmp"
	"slices"
	"time"
)

// Target is what a service policy promises to be quick with.
type Target string

// The targets, and what begins, holds and ends their clocks. A first response counts
// from creation, or from the hand-off of a bot that got the ticket in its intake, to
// the first public message of an agent, once per ticket. A next response counts from
// the end user's first message that no agent has answered, once an agent has answered
// before or the ticket was reopened, to an agent's message. A resolution counts from
// creation until the ticket is resolved; a reopening goes on with the time that had
// run.
//
// Clocks run on open tickets only, and stand still while the ticket sleeps; the first
// two also while a bot has it. Automations and bots end none.
const (
	TargetFirst      Target = "first_response"
	TargetNext       Target = "next_response"
	TargetResolution Target = "resolution"
)

// Targets are all targets, in the order of the list above.
func Targets() []Target { return []Target{TargetFirst, TargetNext, TargetResolution} }

// DueState says how a target stands.
type DueState string

// The states. A ticket to which no target applies has none.
const (
	DueOK       DueState = "ok"
	DueAtRisk   DueState = "at_risk"
	DueBreached DueState = "breached" // the due moment has passed
)

// Clock is a target that applies to a ticket now.
type Clock struct {
	Target Target        `json:"target"`
	Since  time.Time     `json:"since"` // from when it counts; no two clocks of a target have the same
	Goal   time.Duration `json:"goal"`  // of business time
	// Due is the moment of the breach, and Risk the one from which on it is at risk. They
	// are zero where the clock stands still before them, for nobody knows them then; Left
	// is the business time that is left.
	Due  time.Time     `json:"due,omitzero"`
	Risk time.Time     `json:"risk,omitzero"`
	Left time.Duration `json:"left,omitempty"`
}

// State is how the clock stands at a moment.
func (k *Clock) State(now time.Time) DueState {
	switch {
	case !k.Due.IsZero() && !now.Before(k.Due):
		return DueBreached
	case !k.Risk.IsZero() && !now.Before(k.Risk):
		return DueAtRisk
	}
	return DueOK
}

// before orders clocks: those that stand still come last, by what is left.
func (k *Clock) before(l *Clock) int {
	if k.Due.IsZero() == l.Due.IsZero() {
		return cmp.Or(k.Due.Compare(l.Due), cmp.Compare(k.Left, l.Left))
	}
	if k.Due.IsZero() {
		return 1
	}
	return -1
}

// Alert is what was said of a clock: that it is at risk, or that it was breached. It
// stays when the clock has ended, so that nothing is said twice.
type Alert struct {
	Target   Target    `json:"target"`
	Since    time.Time `json:"since"`             // of the clock
	Policy   string    `json:"policy"`            // id
	Breached time.Time `json:"breached,omitzero"` // the due moment that passed; zero: it was at risk only
	Ended    time.Time `json:"ended,omitzero"`    // when what was promised came, late or not
}

// maxAlerts is how many alerts a ticket remembers.
const maxAlerts = 20

// Standing is where a ticket stands under its service policy. Each change of the ticket
// brings it up to date.
type Standing struct {
	Policy string  `json:"policy,omitempty"` // id; "": none applies
	Clocks []Clock `json:"clocks,omitempty"` // in the order of Targets
	Alerts []Alert `json:"alerts,omitempty"` // the last 20, in the order in which they came
	// Due is the next due moment, zero where all clocks stand still or there is none;
	// State is how that clock stands, and is brought up to date within a second while the
	// desk runs. Ticket.Due tells the state at a moment.
	Due   time.Time `json:"due,omitzero"`
	State DueState  `json:"state,omitempty"`

	Version int64     `json:"version"`        // of the policies by which it was reckoned
	Alarm   time.Time `json:"alarm,omitzero"` // a timer looks at the ticket then, or has done so
}

// next is the clock that is due first, nil if there is none.
func (d *Standing) next() *Clock {
	if d == nil || len(d.Clocks) == 0 {
		return nil
	}
	k := slices.MinFunc(d.Clocks, func(a, b Clock) int { return a.before(&b) })
	return &k
}

// alert is what was said of a clock, or nil.
func alert(all []Alert, target Target, since time.Time) *Alert {
	for i := range all {
		if all[i].Target == target && all[i].Since.Equal(since) {
			return &all[i]
		}
	}
	return nil
}

// Due is the clock that is due next, how it stands at a moment, and its due moment:
// zero while it stands still, as all others do then. State is "" if no target applies.
func (t *Ticket) Due(now time.Time) (what Target, due time.Time, state DueState) {
	k := t.Service.next()
	if k == nil {
		return "", time.Time{}, ""
	}
	return k.Target, k.Due, k.State(now)
}

// NextDue is the next due moment. There is none if no target applies, or all clocks
// stand still.
func (t *Ticket) NextDue() (due time.Time, ok bool) {
	if t.Service == nil {
		return due, false
	}
	return t.Service.Due, !t.Service.Due.IsZero()
}

// dueState is how the clock stands that is due next.
func (t *Ticket) dueState() DueState {
	if t.Service == nil {
		return ""
	}
	return t.Service.State
}

// Missed are the targets that the ticket has missed: at most the last 20, with those
// that still wait for what was promised.
func (t *Ticket) Missed() (missed []Alert) {
	if t.Service == nil {
		return nil
	}
	for _, a := range t.Service.Alerts {
		if !a.Breached.IsZero() {
			missed = append(missed, a)
		}
	}
	return missed
}
