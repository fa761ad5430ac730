package hours

import (
	"math"
	"sort"
	"time"
)

// firstMoment and lastMoment bound what a calendar computes with, in seconds.
const (
	firstMoment = -62135596800 // 1 January 1
	lastMoment  = 253402300799 // 31 December 9999
)

var (
	firstTime = time.Unix(firstMoment, 0)
	lastTime  = time.Unix(lastMoment, 999_999_999)
)

// period is a time in which the zone's clocks aren't changed.
type period struct {
	start  int64 // real seconds since 1970
	offset int64 // what the clock on the wall is ahead
	open   int64 // open seconds before the period
	base   int64 // what is added to the timeline's count
}

// periods of a zone, with the open seconds before each. The last one goes on for good.
func periods(loc *time.Location, l *timeline) (ps []period) {
	horizon := time.Date(LastYear+1, 1, 1, 0, 0, 0, 0, time.UTC)
	open := int64(math.MinInt64) // nobody is before the first
	for t := time.Unix(firstMoment, 0).In(loc); ; {
		_, offset := t.Zone()
		start := t.Unix()
		if n := len(ps); n == 0 || ps[n-1].offset != int64(offset) {
			here, _ := l.count(start + int64(offset))
			if n == 0 {
				ps = append(ps, period{start: start, offset: int64(offset), open: open})
			} else {
				end, _ := l.count(start + ps[n-1].offset)
				open = ps[n-1].base + end
				ps = append(ps, period{start: start, offset: int64(offset), open: open, base: open - here})
			}
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || !end.Before(horizon) {
			return ps
		}
		if !end.After(t) {
			end = t.Add(time.Hour) // on the last day of a leap year it stands still
		}
		t = end
	}
}

// at returns the period of a moment.
func (c *Calendar) at(moment int64) *period {
	i := sort.Search(len(c.periods), func(i int) bool { return c.periods[i].start > moment })
	return &c.periods[max(i-1, 0)]
}

// count returns how many real seconds are open before a moment, counted from some
// fixed one, and whether it is open.
func (c *Calendar) count(moment int64) (open int64, is bool) {
	p := c.at(moment)
	open, is = c.timeline.count(moment + p.offset)
	return open + p.base, is
}

// find returns the open second that has so many before it; false: there is none.
func (c *Calendar) find(open int64) (moment int64, ok bool) {
	i := sort.Search(len(c.periods), func(i int) bool { return c.periods[i].open > open })
	p := &c.periods[max(i-1, 0)]
	x, ok := c.timeline.find(open - p.base)
	return x - p.offset, ok && x-p.offset <= lastMoment
}

// close returns the first closed second at or after a moment; false: there is none.
func (c *Calendar) close(moment int64) (int64, bool) {
	i := sort.Search(len(c.periods), func(i int) bool { return c.periods[i].start > moment })
	for i = max(i-1, 0); ; i++ {
		p := &c.periods[i]
		x, ok := c.timeline.close(max(moment, p.start) + p.offset)
		last := i == len(c.periods)-1
		if x -= p.offset; ok && (last || x < c.periods[i+1].start) {
			return x, x <= lastMoment
		}
		if last {
			return 0, false
		}
	}
}
