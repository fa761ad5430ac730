package hours_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

// plainly says whether a plan is open at a moment, by reading the plan as a person
// would: clock on the wall in hand, with no code of the package.
func plainly(p hours.Plan, loc *time.Location, t time.Time) bool {
	t = t.In(loc)
	clock := t.Format("15:04")
	today := t.Format(time.DateOnly)
	y, m, d := t.Date()
	before := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
	for _, date := range []string{today, before} {
		open, firm := begins(p, date)
		for _, in := range open {
			if within(in, clock, date == before) && (firm || !shut(p, today, before, clock)) {
				return true
			}
		}
	}
	return false
}

// within says whether an interval holds a time of its own day, or of the next.
func within(in hours.Interval, clock string, next bool) bool {
	overnight := in.To < in.From
	if next {
		return overnight && clock < in.To
	}
	return clock >= in.From && (overnight || clock < in.To)
}

// begins returns what begins on a date, and whether an exception says so.
func begins(p hours.Plan, date string) (open []hours.Interval, firm bool) {
	for _, e := range slices.Backward(p.Exceptions) {
		last := e.To
		if last == "" {
			last = e.From
		}
		if e.From <= date && date <= last {
			return e.Open, true
		}
	}
	for _, h := range p.Holidays {
		if on(h, date) && len(h.Closed) == 0 {
			return nil, false
		}
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	w := p.Week
	return [][]hours.Interval{w.Sunday, w.Monday, w.Tuesday, w.Wednesday, w.Thursday, w.Friday, w.Saturday}[t.Weekday()], false
}

// on says whether a holiday is on a date.
func on(h hours.Holiday, date string) bool { return h.Date == date || "-"+h.Date == date[4:] }

// shut says whether a part holiday closes a time of the day.
func shut(p hours.Plan, today, before, clock string) bool {
	for _, h := range p.Holidays {
		for _, date := range []string{today, before} {
			if _, firm := begins(p, date); firm || !on(h, date) {
				continue
			}
			for _, in := range h.Closed {
				if within(in, clock, date == before) {
					return true
				}
			}
		}
	}
	return false
}

// byMinute counts the open minutes from a to b, one after the other.
func byMinute(p hours.Plan, a, b time.Time) (n time.Duration) {
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		panic(err)
	}
	for t := a; t.Before(b); t = t.Add(time.Minute) {
		if plainly(p, loc, t) {
			n += time.Minute
		}
	}
	return n
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
