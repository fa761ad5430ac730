package deflect

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxDays is how many days a report covers at most.
const MaxDays = 366

// Day is what became of the views of a day.
type Day struct {
	App       string    `json:"app"`
	Day       string    `json:"day"` // UTC, as 2026-05-04
	Views     int64     `json:"views"`
	Deflected int64     `json:"deflected"` // no ticket followed
	Rev       store.Rev `json:"-"`
}

var days = &store.Collection[Day]{
	Name:       "faq_deflection",
	Key:        func(d *Day) string { return dayKey(d.App, d.Day) },
	Rev:        func(d *Day) *store.Rev { return &d.Rev },
	Impersonal: "holds numbers",
}

func dayKey(app, day string) string { return app + "/" + day }

func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// count adds what a batch of events settles to the days of the views.
func count(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	changed := map[string]*Day{}
	for _, e := range es {
		var f Facts
		if err := e.Payload(&f); err != nil {
			return err
		}
		key := dayKey(f.App, dayOf(f.Viewed))
		d := changed[key]
		if d == nil {
			var err error
			d, err = days.Lock(ctx, tx, key, store.ForUpdate)
			if missing(err) {
				d, err = &Day{App: f.App, Day: dayOf(f.Viewed)}, nil
			}
			if err != nil {
				return err
			}
			changed[key] = d
		}
		d.Views++
		if f.Ticket == "" {
			d.Deflected++
		}
	}
	for _, key := range slices.Sorted(maps.Keys(changed)) {
		if err := days.Put(ctx, tx, changed[key]); err != nil {
			return err
		}
	}
	return nil
}

// Report says how many readers the FAQ kept from writing.
type Report struct {
	Views     int64
	Deflected int64
	Days      []Day // those with views, in order
}

// Share is the share of views that no ticket followed, from 0 to 1; 0 where there were
// no views.
func (r *Report) Share() float64 {
	if r.Views == 0 {
		return 0
	}
	return float64(r.Deflected) / float64(r.Views)
}

// Report counts the views of an app on the days, in UTC, from that of from to that of to,
// both included, at most [MaxDays] of them. Views of the last half hour aren't settled yet,
// and aren't counted. It needs the permission EditFAQs, as all reports on the FAQ do.
func (s *Service) Report(ctx context.Context, actor event.Actor, app string, from, to time.Time) (*Report, error) {
	first, last := from.UTC().Truncate(24*time.Hour), to.UTC().Truncate(24*time.Hour)
	if n := last.Sub(first)/(24*time.Hour) + 1; n < 1 || n > MaxDays {
		return nil, &store.FieldError{Field: "to", Reason: "is 1 to 366 days from the beginning", Limit: MaxDays}
	}
	r := &Report{}
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		*r = Report{}
		if err := s.People.Authorize(ctx, tx, actor, identity.EditFAQs, identity.On{Subject: "articles", Read: true}); err != nil {
			return err
		}
		for d, err := range days.Scan(ctx, tx, store.ByKey().From(dayKey(app, dayOf(first))).To(dayKey(app, dayOf(last.Add(24*time.Hour)))).Limit(MaxDays+1)) {
			if err != nil {
				return err
			}
			r.Views += d.Views
			r.Deflected += d.Deflected
			r.Days = append(r.Days, *d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}
