package queue

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// MaxLimit is the largest limit of a load.
const MaxLimit = 1000

// Settings are what holds for all queues of a desk. It is the document at the root of
// their order, and of which is the default.
type Settings struct {
	// Manual turns automatic assignment off for the whole desk.
	Manual bool `json:"manual,omitempty"`
	// Limit is how much an agent carries at most where his own settings and his team
	// don't say; 0: any number.
	Limit float64 `json:"limit,omitempty"`
	// Teams have limits for each of their agents. The lowest limit counts.
	Teams []TeamLimit `json:"teams,omitempty"`
	// Weights are what a ticket of a channel counts, 1 for those that aren't named:
	// from 0.001 to 100.
	Weights []Weight `json:"weights,omitempty"`
	// Answered is what a ticket counts whose agent spoke last, as a share of its
	// weight: 0, the default, to 1.
	Answered float64 `json:"answered,omitempty"`
	// Heartbeat is how long an agent who was connected may be away from all his
	// connections before he is set offline; 0: DefaultHeartbeat.
	Heartbeat time.Duration `json:"heartbeat,omitempty"`
	// Inactivity is how long an available agent may do nothing before he is set away;
	// 0: for ever.
	Inactivity time.Duration `json:"inactivity,omitempty"`
	// Grace is how long an agent may be away or offline before his tickets go back to
	// their queues; 0: he keeps them.
	Grace time.Duration `json:"grace,omitempty"`

	Order   []string  `json:"order"`   // ids of all queues, best rank first
	Default string    `json:"default"` // id
	Rev     store.Rev `json:"-"`
}

// DefaultHeartbeat is how long an agent's connections may be lost.
const DefaultHeartbeat = time.Minute

// TeamLimit is how much each agent of a team carries at most.
type TeamLimit struct {
	Team  string  `json:"team"`
	Limit float64 `json:"limit"`
}

// Weight is what a ticket of a channel counts in a load.
type Weight struct {
	Channel string  `json:"channel"`
	Weight  float64 `json:"weight"`
}

// settingsKey is the key of the one document.
const settingsKey = "queues"

var settings = &store.Collection[Settings]{
	Name:       "queue_settings",
	Key:        func(*Settings) string { return settingsKey },
	Rev:        func(s *Settings) *store.Rev { return &s.Rev },
	Impersonal: "holds settings of queues",
}

// unit is what loads are counted in, so that sums are exact: thousandths.
const unit = 1000

// inUnits rounds a load or limit to thousandths.
func inUnits(x float64) int64 { return int64(math.Round(x * unit)) }

// weight is what a ticket of a channel counts, in thousandths.
func (s *Settings) weight(channel string) int64 {
	for _, w := range s.Weights {
		if w.Channel == channel {
			return inUnits(w.Weight)
		}
	}
	return unit
}

// limit is how much an agent carries at most, in thousandths.
func (s *Settings) limit(w *Worker, team string) int64 {
	limit := int64(math.MaxInt64)
	if s.Limit > 0 {
		limit = inUnits(s.Limit)
	}
	if w != nil && w.Limit > 0 {
		limit = inUnits(w.Limit)
	}
	for _, t := range s.Teams {
		if t.Team == team && t.Limit > 0 {
			limit = min(limit, inUnits(t.Limit))
		}
	}
	return limit
}

func (s *Settings) valid() error {
	switch {
	case !(s.Limit >= 0 && s.Limit <= MaxLimit):
		return &store.FieldError{Field: "settings.limit", Reason: "is from 0 to 1,000", Limit: MaxLimit}
	case !(s.Answered >= 0 && s.Answered <= 1):
		return &store.FieldError{Field: "settings.answered", Reason: "is from 0 to 1"}
	case len(s.Weights) > 100:
		return &store.FieldError{Field: "settings.weights", Reason: "at most 100 channels", Limit: 100}
	case len(s.Teams) > 1000:
		return &store.FieldError{Field: "settings.teams", Reason: "at most 1,000 teams", Limit: 1000}
	}
	for i, w := range s.Weights {
		if w.Channel == "" || !(w.Weight >= 0.001 && w.Weight <= 100) || slices.ContainsFunc(s.Weights[:i], func(o Weight) bool { return o.Channel == w.Channel }) {
			return &store.FieldError{Field: "settings.weights", Reason: "are from 0.001 to 100, one for each channel"}
		}
	}
	for i, t := range s.Teams {
		if t.Team == "" || !(t.Limit > 0 && t.Limit <= MaxLimit) || slices.ContainsFunc(s.Teams[:i], func(o TeamLimit) bool { return o.Team == t.Team }) {
			return &store.FieldError{Field: "settings.teams", Reason: "are above 0 and at most 1,000, one for each team"}
		}
	}
	for field, d := range map[string]time.Duration{"heartbeat": s.Heartbeat, "inactivity": s.Inactivity, "grace": s.Grace} {
		if d < 0 || d > MaxWait {
			return &store.FieldError{Field: "settings." + field, Reason: "is at most 366 days"}
		}
	}
	return nil
}

// Worker is how an agent works.
type Worker struct {
	Agent string `json:"agent"` // id
	// Limit is how much he carries at most; 0: what the desk says.
	Limit float64 `json:"limit,omitempty"`
	// Skills are what he can do: "language=de", "product=phone"; see Queue.Needs.
	Skills []string `json:"skills,omitempty"`
	// Weight is his share of a Weighted queue; 0 is 1.
	Weight float64 `json:"weight,omitempty"`
	// Shift is the id of the calendar of his working hours, at whose end his tickets go
	// back to their queues; "": he has none.
	Shift string    `json:"shift,omitempty"`
	Rev   store.Rev `json:"-"`
}

var workers = &store.Collection[Worker]{
	Name:       "queue_worker",
	Key:        func(w *Worker) string { return w.Agent },
	Rev:        func(w *Worker) *store.Rev { return &w.Rev },
	Impersonal: "staff are no end users",
}

func (w *Worker) valid() error {
	switch {
	case !(w.Limit >= 0 && w.Limit <= MaxLimit):
		return &store.FieldError{Field: "worker.limit", Reason: "is from 0 to 1,000", Limit: MaxLimit}
	case w.Weight != 0 && !(w.Weight >= 0.001 && w.Weight <= 100):
		return &store.FieldError{Field: "worker.weight", Reason: "is from 0.001 to 100"}
	case len(w.Skills) > MaxSkills:
		return &store.FieldError{Field: "worker.skills", Reason: "at most 100 skills", Limit: MaxSkills}
	case len(w.Shift) > maxID:
		return store.TooLong("worker.shift", maxID)
	}
	for i, s := range w.Skills {
		if need, value, ok := strings.Cut(s, "="); !ok || need == "" || value == "" || len(s) > 2*maxID || slices.Contains(w.Skills[:i], s) {
			return &store.FieldError{Field: "worker.skills", Reason: "are as language=de, once each"}
		}
	}
	return nil
}

// State is whether an agent gets tickets.
type State string

// The states.
const (
	Available State = "available"
	Away      State = "away"    // at work, and gets nothing new
	Offline   State = "offline" // not at work; who never said anything is this
)

// Availability is whether an agent gets tickets now, since when, and who said so why.
type Availability struct {
	Agent  string    `json:"agent"` // id
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"` // in his words, or one of the engine's: see the Why constants
	Since  time.Time `json:"since"`
	By     string    `json:"by"` // actor, as event.Actor.String
	// Live says that he was connected while in this state, so that a lost heartbeat
	// sets him offline.
	Live bool `json:"live,omitempty"`
	// Absent is since when he isn't available, whether away or offline; zero while he is.
	Absent time.Time `json:"absent,omitzero"`
	// Returned is when his tickets went back to their queues in this absence; zero: they
	// haven't.
	Returned time.Time `json:"returned,omitzero"`
	Rev      store.Rev `json:"-"`
}

// Why the engine changes an agent's availability.
const (
	WhyHeartbeat  = "heartbeat lost"
	WhyInactivity = "inactive"
	WhyShiftEnd   = "end of shift"
	WhyLogin      = "login"
	WhyLeft       = "deactivated"
)

var availabilities = &store.Collection[Availability]{
	Name:       "queue_availability",
	Key:        func(a *Availability) string { return a.Agent },
	Rev:        func(a *Availability) *store.Rev { return &a.Rev },
	Columns:    []store.Column[Availability]{{Name: "state", Kind: store.Text, Of: func(a *Availability) any { return string(a.State) }}},
	Indexes:    []store.Index{{Name: "state", On: []string{"state"}}},
	Impersonal: "staff are no end users",
}

// The types of this package's events. Subjects are "queue:ID", "queues" of settings and
// order, "worker:AGENT" and "availability:AGENT".
const (
	QueueCreated    = "queue.created"
	QueueChanged    = "queue.changed"
	QueueDeleted    = "queue.deleted"
	SettingsSaved   = "queue.settings_changed" // also their order, and which is the default
	WorkerChanged   = "worker.changed"
	AvailabilitySet = "availability.changed"
)

// current reads the settings of a desk. Under a lock they stay so until the transaction
// ends.
func current(ctx context.Context, tx *store.Tx, lock driver.Lock) (*Settings, error) {
	s, err := settings.Lock(ctx, tx, settingsKey, lock)
	if errors.Is(err, store.ErrNotFound) {
		return &Settings{}, nil
	}
	return s, err
}
