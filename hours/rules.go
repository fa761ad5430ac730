package hours

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// seconds count from the midnight with which a day begins, on the clock on the wall.
type seconds int64

const day seconds = 24 * 60 * 60

func (s seconds) clock() string { return fmt.Sprintf("%02d:%02d", s/3600, s/60%60) }

// span is a time of a day, [from, to). It may reach into the next day.
type span struct{ from, to seconds }

func (a span) length() int64 { return int64(a.to - a.from) }

func (a span) compare(b span) int { return cmp.Compare(a.from, b.from) }

// holiday is what a date's holidays close.
type holiday struct {
	whole  bool
	closed []span
}

// rules are a plan as it can be computed with. Days are numbered from 1 January 1970.
type rules struct {
	week       [7][]span       // Monday first
	yearly     map[int]holiday // by monthDay
	dated      map[int]holiday // by day
	exceptions map[int][]span  // by day
	covered    int             // dates that exceptions cover, each counted
}

// dayOf numbers a date.
func dayOf(y int, m time.Month, d int) int {
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(day))
}

func monthDay(m time.Month, d int) int { return int(m)*100 + d }

// weekday of a day, Monday is 0. Day 0 was a Thursday.
func weekday(n int) int { return ((n+3)%7 + 7) % 7 }

// holidayOn returns what is closed on a date because of holidays. An exception is
// stronger.
func (r *rules) holidayOn(n int) holiday {
	if _, ok := r.exceptions[n]; ok {
		return holiday{}
	}
	h := r.dated[n]
	if len(r.yearly) == 0 {
		return h
	}
	y, m, d := time.Unix(int64(n)*int64(day), 0).UTC().Date()
	if y < FirstYear || y > LastYear {
		return h
	}
	each := r.yearly[monthDay(m, d)]
	return holiday{whole: h.whole || each.whole, closed: slices.Concat(h.closed, each.closed)}
}

// own returns the spans that begin on a day.
func (r *rules) own(n int) []span {
	if spans, ok := r.exceptions[n]; ok {
		return spans
	}
	if r.holidayOn(n).whole {
		return nil
	}
	spans := r.week[weekday(n)]
	for by := -1; by <= 1; by++ {
		for _, closed := range r.holidayOn(n + by).closed {
			spans = cut(spans, span{closed.from + seconds(by)*day, closed.to + seconds(by)*day})
		}
	}
	return spans
}

// cut returns the spans without what is closed.
func cut(spans []span, closed span) (left []span) {
	for _, s := range spans {
		if before := (span{s.from, min(s.to, closed.from)}); before.from < before.to {
			left = append(left, before)
		}
		if after := (span{max(s.from, closed.to), s.to}); after.from < after.to {
			left = append(left, after)
		}
	}
	return left
}

// on returns the spans in which a day is open, what the day before has left included:
// in order, apart from each other, and within the day.
func (r *rules) on(n int) []span { return join(r.own(n-1), r.own(n)) }

// inWeek is on, for a day of a plain week.
func (r *rules) inWeek(weekday int) []span { return join(r.week[(weekday+6)%7], r.week[weekday]) }

func join(yesterday, today []span) (spans []span) {
	for _, s := range yesterday {
		if s.to > day {
			spans = append(spans, span{max(s.from-day, 0), s.to - day})
		}
	}
	for _, s := range today {
		if s.from < day {
			spans = append(spans, span{s.from, min(s.to, day)})
		}
	}
	slices.SortFunc(spans, span.compare)
	out := spans[:0]
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && s.from <= out[last].to {
			out[last].to = max(out[last].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// unlike returns the days, in order, that may differ from the plain week's: those of
// holidays and exceptions, and each day after one.
func (r *rules) unlike() (days []int) {
	add := func(n int) { days = append(days, n, n+1) }
	for n := range r.exceptions {
		add(n)
	}
	for n := range r.dated {
		add(n)
	}
	for md := range r.yearly {
		m, d := time.Month(md/100), md%100
		for y := FirstYear; y <= LastYear; y++ {
			add(dayOf(y, m, d)) // 1 March, where there is no 29 February, may be like the week's
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}
