package automation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is a schedule of five fields, in a zone.
type cron struct {
	minute, hour, day, month, weekday uint64 // sets of numbers
	either                            bool   // day and weekday are both restricted: one of them will do
	zone                              *time.Location
}

var (
	monthNames   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// parseCron reads minute, hour, day of month, month and day of week: numbers, names of
// months and days, * for all, lists a,b, ranges a-b and steps */n or a-b/n. 7 is Sunday,
// too. Where neither the day of the month nor that of the week begins with *, either of
// them will do. What comes at no time is refused.
func parseCron(text, zone string) (*cron, error) {
	loc, err := time.LoadLocation(zone) // "" is UTC
	if err != nil || zone == "Local" {
		return nil, fmt.Errorf("there is no time zone %q", zone)
	}
	parts := strings.Fields(text)
	if len(parts) != 5 {
		return nil, fmt.Errorf("%d fields, and there are five: minute, hour, day of month, month, day of week", len(parts))
	}
	c := &cron{zone: loc, either: parts[2][0] != '*' && parts[4][0] != '*'}
	for i, f := range []struct {
		set      *uint64
		name     string
		from, to int
		names    []string
	}{
		{&c.minute, "minute", 0, 59, nil},
		{&c.hour, "hour", 0, 23, nil},
		{&c.day, "day of month", 1, 31, nil},
		{&c.month, "month", 1, 12, monthNames},
		{&c.weekday, "day of week", 0, 7, weekdayNames},
	} {
		for item := range strings.SplitSeq(parts[i], ",") {
			set, err := cronItem(item, f.from, f.to, f.names)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
			*f.set |= set
		}
	}
	if c.weekday&(1<<7) != 0 {
		c.weekday |= 1
	}
	if c.next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q comes at no time", text)
	}
	return c, nil
}

// cronItem reads one item of a list: *, a, a-b, each with a step behind / if there is one.
func cronItem(item string, from, to int, names []string) (set uint64, err error) {
	span, by, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		if step, err = strconv.Atoi(by); err != nil || step < 1 || step > to || by[0] == '+' {
			return 0, fmt.Errorf("%q is no step", by)
		}
	}
	low, high := from, to
	if span != "*" {
		first, last, ranged := strings.Cut(span, "-")
		if low, err = cronNumber(first, from, to, names); err != nil {
			return 0, err
		}
		switch {
		case ranged:
			if high, err = cronNumber(last, from, to, names); err != nil {
				return 0, err
			}
		case !stepped:
			high = low
		}
		if low > high {
			return 0, fmt.Errorf("%s ends before it begins", span)
		}
	}
	for n := low; n <= high; n += step {
		set |= 1 << n
	}
	return set, nil
}

func cronNumber(text string, from, to int, names []string) (int, error) {
	if i := slices.Index(names, strings.ToLower(text)); i >= 0 {
		return i + from, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < from || n > to || text[0] == '+' || text[0] == '-' {
		return 0, fmt.Errorf("%q isn't from %d to %d", text, from, to)
	}
	return n, nil
}

func has(set uint64, n int) bool { return set&(1<<n) != 0 }

// onDay says whether the schedule has the day of a moment.
func (c *cron) onDay(t time.Time) bool {
	day, weekday := has(c.day, t.Day()), has(c.weekday, int(t.Weekday()))
	if c.either {
		return day || weekday
	}
	return day && weekday
}

// cronYears is after how many years without a moment there is none: two leap days can be
// eight years apart, and of one weekday forty.
const cronYears = 41

// next is the first moment of the schedule behind t; zero if there is none. A time that the
// clocks pass over is the moment at which they do, and one that they show twice is the
// first of the two.
func (c *cron) next(t time.Time) time.Time {
	// Here the clock's readings stand for themselves, as if it were one in UTC.
	local := t.In(c.zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
	for end := at.Year() + cronYears; at.Year() <= end; {
		at = c.reading(at.Add(time.Minute), end)
		if m := c.moment(at); m.After(t) && at.Year() <= end {
			return m
		}
	}
	return time.Time{}
}

// reading is the first of the clock's readings that the schedule has, from one on.
func (c *cron) reading(at time.Time, end int) time.Time {
	for at.Year() <= end {
		switch {
		case !has(c.month, int(at.Month())):
			at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		case !c.onDay(at):
			at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, time.UTC)
		case !has(c.hour, at.Hour()):
			at = at.Truncate(time.Hour).Add(time.Hour)
		case !has(c.minute, at.Minute()):
			at = at.Add(time.Minute)
		default:
			return at
		}
	}
	return at
}

// moment is when the zone's clock shows a reading for the first time, or passes over it.
func (c *cron) moment(reading time.Time) time.Time {
	from := reading.Add(-36 * time.Hour) // no zone is so far off UTC
	for {
		_, end := from.In(c.zone).ZoneBounds()
		if !end.IsZero() && !end.After(from) {
			end = from.Add(time.Hour) // on the last day of a leap year it stands still
		}
		_, offset := from.In(c.zone).Zone()
		m := reading.Add(-time.Duration(offset) * time.Second)
		if end.IsZero() || m.Before(end) {
			if m.Before(from) {
				m = from // it was passed over when this offset began
			}
			return m.UTC()
		}
		from = end
	}
}

// last is the last moment of the schedule that isn't behind t; zero if there was none.
func (c *cron) last(t time.Time) (at time.Time) {
	const day = 24 * time.Hour
	for _, back := range []time.Duration{day, 32 * day, 400 * day, cronYears * 366 * day} {
		for m := c.next(t.Add(-back)); !m.IsZero() && !m.After(t); m = c.next(m) {
			at = m
		}
		if !at.IsZero() {
			break
		}
	}
	return at
}
