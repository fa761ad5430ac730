package report

import (
	"sort"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
)

// Period is the time that a report is about, and the pieces that its graphs show.
type Period struct {
	From, To time.Time       // From is in it, To isn't
	Zone     *time.Location  // whose days and hours they are; nil is UTC
	Grain    analytics.Grain // "" leaves it to the length: hours up to two days, else days
}

// fine is the grain at which past figures may be cut.
const fine = 15 * time.Minute

func (p Period) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

func (p Period) grain() analytics.Grain {
	switch {
	case p.Grain != "":
		return p.Grain
	case p.To.Sub(p.From) <= 50*time.Hour: // two days of which one is longer by an hour
		return analytics.Hour
	}
	return analytics.Day
}

// Before is the time that the period is compared with: as long, and right before it. Whole
// days are compared with as many days, whatever their length. Of a period that isn't over,
// it ends as far from its beginning as now is, so that a morning isn't compared with a day.
func (p Period) Before(now time.Time) Period {
	b := p
	from, to := p.From.In(p.zone()), p.To.In(p.zone())
	if days := dayNumber(to) - dayNumber(from); from.Equal(Midnight(from, 0)) && to.Equal(Midnight(to, 0)) {
		b.From, b.To = Midnight(from, -days), p.From
	} else {
		b.From, b.To = p.From.Add(-p.To.Sub(p.From)), p.From
	}
	b.Grain = p.grain()
	if now.After(p.From) && now.Before(p.To) {
		b.To = earlier(b.To, b.From.Add(now.Sub(p.From)).Truncate(fine))
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// dayNumber counts days of the calendar.
func dayNumber(t time.Time) int {
	return int(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Midnight is the first moment of a day, so many days from that of t. Where clocks are
// put forward at midnight, the day begins later.
func Midnight(t time.Time, days int) time.Time {
	want := time.Date(t.Year(), t.Month(), t.Day()+days, 12, 0, 0, 0, t.Location())
	first := time.Date(want.Year(), want.Month(), want.Day(), 0, 0, 0, 0, t.Location())
	if first.Day() != want.Day() {
		first = first.Add(time.Hour)
	}
	return first
}

// maxPoints is how many pieces a time has at most: as many hours as there may be, with a day
// that is longer by one.
const maxPoints = (analytics.MaxHourly+1)*24 + 1

// starts are the beginnings of the pieces, the first one that of the period. More than
// maxPoints of them are as many and one.
func (p Period) starts() (all []time.Time) {
	for t := p.From.In(p.zone()); t.Before(p.To) && len(all) <= maxPoints; {
		all = append(all, t)
		switch p.grain() {
		case analytics.Day:
			t = Midnight(t, 1)
		case analytics.Hour:
			t = hour(t).Add(time.Hour)
		default:
			t = t.Truncate(time.Minute).Add(time.Minute)
		}
	}
	return all
}

// hour is the beginning of an hour by the clock, which isn't that of UTC everywhere.
func hour(t time.Time) time.Time {
	return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
}

// piece is which of the pieces a moment is in, -1 for none.
func piece(starts []time.Time, t time.Time) int {
	return sort.Search(len(starts), func(i int) bool { return starts[i].After(t) }) - 1
}
