package analytics

import (
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Grain is how long a row is.
type Grain string

// The grains. Minutes are there for [KeepMinutes]. The zero value is one row for all of
// the time that is asked for.
const (
	Whole  Grain = ""
	Minute Grain = "minute"
	Hour   Grain = "hour"
	Day    Grain = "day"
)

// Filter keeps what has one of the values of a dimension; "" is none: no queue, no label,
// no tag.
type Filter struct {
	By     Dimension
	Values []string // 1 to 100
}

// The limits of a query.
const (
	MaxRows    = 10_000 // on a page
	MaxDays    = 1100   // of a query by day or as a whole
	MaxHourly  = 100    // days of a query by hour
	maxValues  = 100
	maxFilters = 11
	maxValue   = 1020 // bytes
)

// KeepMinutes is how long figures are there by the minute; later by quarters of an hour,
// from which hours and days of any time zone are made.
const KeepMinutes = 7 * 24 * time.Hour

// Query says which figures are asked for.
type Query struct {
	// From and To are the time, without To. They are moved outwards to whole rows: of the
	// zone's days or hours, of minutes, or, for Whole, of quarters of an hour. A minute is
	// at most KeepMinutes ago.
	From, To time.Time
	Grain    Grain
	Zone     *time.Location // whose days and hours they are; nil is UTC
	By       []Dimension    // at most two; none: totals
	Where    []Filter       // all of them; each dimension at most once
	Metrics  []Metric       // none: all, in the order of [Metrics]
	After    string         // Table.Next of the page before
	Limit    int            // rows of a page, at most MaxRows; 0: 1,000
}

// Row is the figures of a time. Without By there is a row for every time; with it only for
// keys of which there is anything to tell.
type Row struct {
	// ID is the same whenever the same row is asked for, so that a receiver can put it in
	// place of what he had: it is made of the row's time, keys and filters.
	ID         string
	Start, End time.Time
	Keys       []string // of Query.By
	Values     []Value  // of Query.Metrics
}

// Value is a figure. Where a formula divides by zero, or a metric doesn't know the row,
// there is none.
type Value struct {
	Number float64
	Known  bool
}

// MarshalJSON writes the number, or null.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Known {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%v", v.Number), nil
}

// Table is a page of rows, in order of time and keys.
type Table struct {
	Rows    []Row
	Metrics []Metric // of Row.Values
	Next    string   // cursor of the next page; "": there is none
	Through int64    // position in the log of events up to which it is right
	At      time.Time
}

// refuse is a bad value of a query.
func refuse(field, format string, args ...any) error {
	return &store.FieldError{Field: "query." + field, Reason: fmt.Sprintf(format, args...)}
}

// check completes a query, or says what is wrong with it.
func (q *Query) check(now time.Time) error {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	switch {
	case !slices.Contains([]Grain{Whole, Minute, Hour, Day}, q.Grain):
		return refuse("grain", "is minute, hour, day or empty")
	case q.From.IsZero() || q.From.Year() < 1970 || q.From.Year() > 9000:
		return refuse("from", "is missing, or no time that there are figures of")
	case q.To.IsZero() || q.To.Year() > 9000 || !q.To.After(q.From):
		return refuse("to", "isn't after the beginning")
	case q.Limit < 0 || q.Limit > MaxRows:
		return refuse("limit", "is from 1 to 10,000")
	}
	if err := q.checkLength(now); err != nil {
		return err
	}
	if len(q.Metrics) == 0 {
		for _, f := range figures() {
			q.Metrics = append(q.Metrics, f.Metric)
		}
	}
	if len(q.Metrics) > len(figures()) {
		return refuse("metrics", "are at most %d", len(figures()))
	}
	for _, m := range q.Metrics {
		if figureOf()[m] == nil {
			return refuse("metrics", "there is no metric %q", m)
		}
	}
	return q.checkDimensions()
}

func (q *Query) checkLength(now time.Time) error {
	days := int(q.To.Sub(q.From).Hours() / 24)
	switch {
	case q.Grain == Minute && q.From.Before(now.Add(-KeepMinutes)):
		return refuse("from", "is more than 7 days ago: figures are there by the hour")
	case q.Grain == Minute && q.To.Sub(q.From) > KeepMinutes:
		return refuse("to", "is more than 7 days after the beginning")
	case q.Grain == Hour && days > MaxHourly:
		return refuse("to", "is more than %d days after the beginning", MaxHourly)
	case days > MaxDays:
		return refuse("to", "is more than %d days after the beginning", MaxDays)
	}
	return nil
}

func (q *Query) checkDimensions() error {
	if len(q.By) > 2 || len(q.By) == 2 && q.By[0] == q.By[1] {
		return refuse("by", "are at most two dimensions")
	}
	for _, d := range q.By {
		if !d.known() {
			return refuse("by", "there is no dimension %q", d)
		}
	}
	if len(q.Where) > maxFilters {
		return refuse("where", "are at most %d filters", maxFilters)
	}
	for i, f := range q.Where {
		field := fmt.Sprintf("where[%d]", i)
		switch {
		case !f.By.known():
			return refuse(field+".by", "there is no dimension %q", f.By)
		case slices.ContainsFunc(q.Where[:i], func(o Filter) bool { return o.By == f.By }):
			return refuse(field+".by", "is there twice: give one filter all its values")
		case len(f.Values) == 0 || len(f.Values) > maxValues:
			return refuse(field+".values", "are 1 to %d", maxValues)
		}
		for _, v := range f.Values {
			if len(v) > maxValue {
				return refuse(field+".values", "have at most %d bytes each", maxValue)
			}
		}
		q.Where[i].Values = slices.Compact(slices.Sorted(slices.Values(f.Values)))
	}
	return nil
}
