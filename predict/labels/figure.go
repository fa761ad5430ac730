package labels

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// figure is what came of a version's predictions on a day.
type figure struct {
	Version string    `json:"version"`
	Day     string    `json:"day"` // UTC, as 2026-05-04
	Figures Figures   `json:"figures"`
	Rev     store.Rev `json:"-"`
}

// Figures count tickets.
type Figures struct {
	Seen      int `json:"seen,omitempty"`      // that the version was asked about
	Said      int `json:"said,omitempty"`      // that got a label by it; of the others it abstained
	Settled   int `json:"settled,omitempty"`   // of those with a label by it, that were closed
	Corrected int `json:"corrected,omitempty"` // of these, with another label, or none

	Labels []LabelFigures `json:"labels,omitempty"` // in order of label

	// In the shadow.
	ShadowSeen    int `json:"shadow_seen,omitempty"`
	ShadowSaid    int `json:"shadow_said,omitempty"`
	ShadowAgreed  int `json:"shadow_agreed,omitempty"`  // that said what the active version did, also if both abstained
	ShadowSettled int `json:"shadow_settled,omitempty"` // of ShadowSaid
	ShadowWrong   int `json:"shadow_wrong,omitempty"`   // of these, closed with another label
}

// LabelFigures are those of one label.
type LabelFigures struct {
	Label   string `json:"label"`
	Said    int    `json:"said,omitempty"`
	Settled int    `json:"settled,omitempty"` // of Said
	Right   int    `json:"right,omitempty"`   // of Settled
	Closed  int    `json:"closed,omitempty"`  // tickets that were closed with it, whatever was said
}

// Accuracy is (N − corrected)/N over the closed tickets that got a label; 0 where there
// are none.
func (f *Figures) Accuracy() float64 { return share(f.Settled-f.Corrected, f.Settled) }

// Abstained is the share of tickets that got no label.
func (f *Figures) Abstained() float64 { return share(f.Seen-f.Said, f.Seen) }

// ShadowAccuracy is what Accuracy would have been, had the version been active.
func (f *Figures) ShadowAccuracy() float64 {
	return share(f.ShadowSettled-f.ShadowWrong, f.ShadowSettled)
}

// Agreement is the share of tickets of which the version in the shadow said what the
// active one did.
func (f *Figures) Agreement() float64 { return share(f.ShadowAgreed, f.ShadowSeen) }

// Precision is how many of the closed tickets that got the label kept it.
func (f *LabelFigures) Precision() float64 { return share(f.Right, f.Settled) }

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

var figures = &store.Collection[figure]{
	Name:       "label_figure",
	Key:        func(f *figure) string { return f.Version + "/" + f.Day },
	Rev:        func(f *figure) *store.Rev { return &f.Rev },
	Impersonal: "holds labels and numbers",
}

func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// label is the figures of a label, which may be new.
func (f *Figures) label(name string) *LabelFigures {
	i, ok := slices.BinarySearchFunc(f.Labels, name, func(l LabelFigures, name string) int { return cmp.Compare(l.Label, name) })
	if !ok {
		f.Labels = slices.Insert(slices.Clone(f.Labels), i, LabelFigures{Label: name})
	}
	return &f.Labels[i]
}

// count is the projection.
func count(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	changed := map[string]*figure{}
	of := func(version string, at time.Time) (*Figures, error) {
		key := version + "/" + dayOf(at)
		if f := changed[key]; f != nil {
			return &f.Figures, nil
		}
		f, err := figures.Lock(ctx, tx, key, store.ForUpdate)
		if missing(err) {
			f, err = &figure{Version: version, Day: dayOf(at)}, nil
		}
		if err != nil {
			return nil, err
		}
		f.Figures.Labels = slices.Clone(f.Figures.Labels)
		changed[key] = f
		return &f.Figures, nil
	}
	for _, e := range es {
		var f Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		if f.Version != "" {
			n, err := of(f.Version, f.At)
			if err != nil {
				return err
			}
			n.add(e.Type, &f)
		}
		if f.Shadow != "" {
			n, err := of(f.Shadow, f.At)
			if err != nil {
				return err
			}
			n.addShadow(e.Type, &f)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		if err := figures.Put(ctx, tx, changed[key]); err != nil {
			return err
		}
	}
	return nil
}

// add counts an event for the active version.
func (n *Figures) add(what string, f *Facts) {
	if what == Predicted {
		n.Seen++
		if f.Said != "" {
			n.Said++
			n.label(f.Said).Said++
		}
		return
	}
	if f.Again { // what was counted before isn't so any more
		n.settled(f.Said, f.WasFinal, -1)
	}
	n.settled(f.Said, f.Final, 1)
}

func (n *Figures) settled(said, final string, by int) {
	if final != "" {
		n.label(final).Closed += by
	}
	if said == "" {
		return
	}
	n.Settled += by
	n.label(said).Settled += by
	if said == final {
		n.label(said).Right += by
	} else {
		n.Corrected += by
	}
}

func (n *Figures) addShadow(what string, f *Facts) {
	if what == Predicted {
		n.ShadowSeen++
		if f.ShadowSaid != "" {
			n.ShadowSaid++
		}
		if f.ShadowSaid == f.Said {
			n.ShadowAgreed++
		}
		return
	}
	if f.ShadowSaid == "" {
		return
	}
	wrong := func(final string) int {
		if final != f.ShadowSaid {
			return 1
		}
		return 0
	}
	if f.Again {
		n.ShadowWrong += wrong(f.Final) - wrong(f.WasFinal)
		return
	}
	n.ShadowSettled++
	n.ShadowWrong += wrong(f.Final)
}

// plus adds figures of another day.
func (n *Figures) plus(o *Figures) {
	n.Seen, n.Said, n.Settled, n.Corrected = n.Seen+o.Seen, n.Said+o.Said, n.Settled+o.Settled, n.Corrected+o.Corrected
	n.ShadowSeen, n.ShadowSaid, n.ShadowAgreed = n.ShadowSeen+o.ShadowSeen, n.ShadowSaid+o.ShadowSaid, n.ShadowAgreed+o.ShadowAgreed
	n.ShadowSettled, n.ShadowWrong = n.ShadowSettled+o.ShadowSettled, n.ShadowWrong+o.ShadowWrong
	for _, l := range o.Labels {
		to := n.label(l.Label)
		to.Said, to.Settled, to.Right, to.Closed = to.Said+l.Said, to.Settled+l.Settled, to.Right+l.Right, to.Closed+l.Closed
	}
}

// MaxDays is how many days Live counts at most.
const MaxDays = 366

// Live counts what came of a version's predictions, on the days, in UTC, from that of from
// to that of to, both included, at most [MaxDays] of them. Tickets count on the
// day of their prediction, whenever they were settled. The version may be HostModel,
// or one that was deleted. It is some milliseconds behind.
func (s *Service) Live(ctx context.Context, actor event.Actor, version string, from, to time.Time) (*Figures, error) {
	first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Truncate(24*time.Hour)
	if n := last.Sub(first)/(24*time.Hour) + 1; n < 1 || n > MaxDays {
		return nil, &store.FieldError{Field: "to", Reason: "is 1 to 366 days from the beginning", Limit: MaxDays}
	}
	var sum *Figures
	err := s.look(ctx, actor, versionSubject+version, func(ctx context.Context, tx *store.Tx) (err error) {
		sum, err = summed(ctx, tx, version, first, last)
		return err
	})
	return sum, err
}

// summed adds up days, both included.
func summed(ctx context.Context, tx *store.Tx, version string, first, last time.Time) (*Figures, error) {
	sum := &Figures{}
	q := store.ByKey().From(version + "/" + dayOf(first)).To(version + "/" + dayOf(last.Add(24*time.Hour)))
	for f, err := range figures.All(ctx, tx, q) {
		if err != nil {
			return nil, err
		}
		sum.plus(&f.Figures)
	}
	return sum, nil
}
