package labels

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// DriftKind is what has moved.
type DriftKind string

// The kinds of drift, which are looked for once a day, over the last [DriftDays].
const (
	// LowAccuracy: live accuracy is more than 10 points below the accuracy at coverage by
	// rows that were held out. At least 50 tickets were settled.
	LowAccuracy DriftKind = "accuracy"
	// Abstentions: the share of tickets without a label is more than 15 points off what it
	// was on the days before, since the version became active, or, where there are fewer
	// than 100 tickets of those, by rows that were held out. At least 100 tickets came.
	Abstentions DriftKind = "abstentions"
	// Mixture: labels are given in other shares than on the days before. At least a quarter
	// of the tickets would need another label to make the shares the same, and at least 200
	// got a label before and 100 since.
	Mixture DriftKind = "mixture"
)

// The limits of drift.
const (
	DriftDays       = 7
	accuracyOff     = 0.10
	abstentionsOff  = 0.15
	mixtureOff      = 0.25
	driftSettled    = 50
	driftSeen       = 100
	driftSaidBefore = 200
)

// Alert says that a version doesn't do any more as it did.
type Alert struct {
	Version string    `json:"version"`
	What    DriftKind `json:"what"`
	Usual   float64   `json:"usual"` // share from 0 to 1; of Mixture it is 0
	Now     float64   `json:"now"`
	Since   time.Time `json:"since"`
	Rev     store.Rev `json:"-"`
}

var alerts = &store.Collection[Alert]{
	Name:       "label_alert",
	Key:        func(a *Alert) string { return a.Version + "/" + string(a.What) },
	Rev:        func(a *Alert) *store.Rev { return &a.Rev },
	Impersonal: "holds numbers",
}

const alertSubject = "label_alert:"

const (
	watchKind  = "label.watch"
	watchEvery = 24 * time.Hour
)

// drift is whether something has moved; known is whether there was enough to tell.
type drift struct {
	what       DriftKind
	usual, now float64
	known, off bool
}

// drifts compares the last days with what is usual.
func drifts(v *Version, before, lately *Figures) []drift {
	accuracy := drift{what: LowAccuracy, usual: v.AccuracyAtCoverage, now: lately.Accuracy(), known: lately.Settled >= driftSettled && v.AccuracyAtCoverage > 0}
	accuracy.off = accuracy.now < accuracy.usual-accuracyOff
	abstains := drift{what: Abstentions, usual: 1 - v.Coverage, now: lately.Abstained(), known: lately.Seen >= driftSeen}
	if before.Seen >= driftSeen {
		abstains.usual = before.Abstained()
	}
	abstains.off = math.Abs(abstains.now-abstains.usual) > abstentionsOff
	mixed := drift{what: Mixture, now: apart(before, lately), known: before.Said >= driftSaidBefore && lately.Said >= driftSeen}
	mixed.off = mixed.now > mixtureOff
	return []drift{accuracy, abstains, mixed}
}

// apart is the share of tickets that would need another label to make the shares of
// labels the same: the total variation distance.
func apart(a, b *Figures) (sum float64) {
	both := map[string]float64{}
	for _, l := range a.Labels {
		both[l.Label] += share(l.Said, a.Said)
	}
	for _, l := range b.Labels {
		both[l.Label] -= share(l.Said, b.Said)
	}
	for _, label := range slices.Sorted(maps.Keys(both)) { // in order: the log says the same to the last bit
		sum += math.Abs(both[label])
	}
	return sum / 2
}

// watch is the timer that looks for drift.
func (s *Service) watch(ctx context.Context, j *job.Job) error {
	var models []Model
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := current(ctx, tx)
		if err == nil {
			models = r.Models
		}
		return err
	})
	for i := range models {
		if err == nil && models[i].Active != "" {
			err = s.watchOne(ctx, &models[i])
		}
	}
	if err != nil {
		return err
	}
	return s.Jobs.Reschedule(ctx, s.db, j.ID, s.now().Add(watchEvery))
}

func (s *Service) watchOne(ctx context.Context, m *Model) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		v, err := versions.Get(ctx, tx, m.Active)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		today := s.now().UTC().Truncate(24 * time.Hour)
		from := today.AddDate(0, 0, 1-DriftDays)
		lately, err := summed(ctx, tx, v.ID, from, today)
		if err != nil {
			return err
		}
		before, err := summed(ctx, tx, v.ID, from.AddDate(0, 0, -MaxDays), from.AddDate(0, 0, -1))
		if err != nil {
			return err
		}
		for _, d := range drifts(v, before, lately) {
			if err := s.alert(ctx, tx, v, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// alert raises an alert, or ends it.
func (s *Service) alert(ctx context.Context, tx *store.Tx, v *Version, d drift) error {
	a, err := alerts.Get(ctx, tx, v.ID+"/"+string(d.what))
	there := err == nil
	if err != nil && !missing(err) || !d.known || there == d.off {
		if missing(err) {
			return nil
		}
		return err
	}
	what, rev := Drifted, store.Rev(0)
	if there {
		what, rev = Steadied, a.Rev+1
		err = alerts.Delete(ctx, tx, a)
	} else {
		a = &Alert{Version: v.ID, What: d.what, Usual: d.usual, Now: d.now, Since: s.now()}
		err = alerts.Put(ctx, tx, a)
		rev = a.Rev
	}
	if err != nil {
		return err
	}
	f := v.facts()
	f.What, f.Usual, f.Now = d.what, d.usual, d.now
	// The same may happen again later: the moment tells one alert from the next.
	e, err := record(what, alertSubject+v.ID+"/"+string(d.what)+"/"+a.Since.UTC().Format(time.RFC3339), rev, system(), f)
	if err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}

// Alerts lists what has drifted and hasn't come back, of active versions and of those that
// were.
func (s *Service) Alerts(ctx context.Context, actor event.Actor, after string, limit int) (as []*Alert, next string, err error) {
	err = s.look(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) error {
		as, next, err = alerts.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return as, next, err
}
