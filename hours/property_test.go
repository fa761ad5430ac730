package hours_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/hours"
)

// zones are plain ones and the strangest that there are: 45 minutes, half an hour of
// summer time, a date that was left out, summer time that begins at midnight, summer
// time the other way round, changes during Ramadan.
func zones() []string {
	return []string{"", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
		"America/Sao_Paulo", "Pacific/Chatham", "Europe/Dublin", "Africa/Casablanca", "Asia/Tokyo", "America/Havana", "Asia/Gaza", "Antarctica/Troll"}
}

func intervals(t *rapid.T, name string) (is []hours.Interval) {
	step := rapid.SampledFrom([]int{1, 15, 60}).Draw(t, name+" step")
	edges := rapid.SliceOfNDistinct(rapid.IntRange(0, 24*60/step-1), 0, 6, rapid.ID).Draw(t, name)
	slices.Sort(edges)
	for i := 0; i+1 < len(edges); i += 2 {
		is = append(is, hours.Interval{From: clock(edges[i] * step), To: clock(edges[i+1] * step)})
	}
	if len(edges)%2 == 1 { // one is left: until midnight, or over it
		first := 24 * 60
		if len(edges) > 1 {
			first = edges[0] * step
		}
		last := hours.Interval{From: clock(edges[len(edges)-1] * step), To: "24:00"}
		if rapid.Bool().Draw(t, name+" overnight") && first > 0 && edges[len(edges)-1] > 0 {
			last.To = clock(rapid.IntRange(0, min(first, edges[len(edges)-1]*step)-1).Draw(t, name+" until"))
		}
		is = append(is, last)
	}
	return is
}

// around is a day near one on which the clocks of some zone are changed.
func around(t *rapid.T, name string) time.Time {
	base := rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2011-12-30", "2017-10-15", "2018-02-18", "2026-04-05", "2026-10-04",
		"2024-02-29", "1999-12-31", "2100-12-31", "1970-01-01", "2026-01-01", "2026-02-14"}).Draw(t, name)
	day, err := time.Parse(time.DateOnly, base)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func plan(t *rapid.T, near time.Time) hours.Plan {
	p := hours.Plan{Zone: rapid.SampledFrom(zones()).Draw(t, "zone")}
	week := []*[]hours.Interval{&p.Week.Monday, &p.Week.Tuesday, &p.Week.Wednesday, &p.Week.Thursday, &p.Week.Friday, &p.Week.Saturday, &p.Week.Sunday}
	switch rapid.IntRange(0, 4).Draw(t, "week") {
	case 0:
		p.Week = hours.Daily(hours.Interval{From: "00:00", To: "24:00"})
	case 1: // never, but for exceptions
	default:
		for _, d := range week {
			*d = intervals(t, "day")
		}
	}
	date := func(name string) time.Time {
		d := near.AddDate(0, 0, rapid.IntRange(-4, 4).Draw(t, name))
		if d.Year() < hours.FirstYear || d.Year() > hours.LastYear {
			return near
		}
		return d
	}
	for range rapid.IntRange(0, 3).Draw(t, "holidays") {
		form := rapid.SampledFrom([]string{time.DateOnly, "01-02"}).Draw(t, "yearly")
		p.Holidays = append(p.Holidays, hours.Holiday{Name: "h", Date: date("holiday").Format(form), Closed: intervals(t, "closed")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "exceptions") {
		from := date("exception")
		e := hours.Exception{From: from.Format(time.DateOnly), Open: intervals(t, "open")}
		if to := date("to"); !to.Before(from) {
			e.To = to.Format(time.DateOnly)
		}
		p.Exceptions = append(p.Exceptions, e)
	}
	return p
}

func calendar(t *rapid.T, near time.Time) (*hours.Calendar, hours.Plan) {
	p := plan(t, near)
	c, err := hours.New(p)
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	return c, p
}

func moment(t *rapid.T, near time.Time, name string) time.Time {
	return near.Add(time.Duration(rapid.Int64Range(-6*24*3600e9, 6*24*3600e9).Draw(t, name)))
}

func TestElapsedIsWhatMinutesAdd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		near := around(t, "near")
		c, p := calendar(t, near)
		a := moment(t, near, "a").Truncate(time.Minute)
		b := a.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "minutes")) * time.Minute)
		if got, want := c.Elapsed(a, b), byMinute(p, a, b); got != want {
			t.Fatalf("Elapsed(%v, %v) = %v, minute by minute %v\n%+v", a, b, got, want, p)
		}
	})
}

func TestIsOpenIsWhatTheClockSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		near := around(t, "near")
		c, p := calendar(t, near)
		loc, err := time.LoadLocation(p.Zone)
		if err != nil {
			t.Fatal(err)
		}
		at := moment(t, near, "at")
		if got, want := c.IsOpen(at), plainly(p, loc, at); got != want {
			t.Fatalf("IsOpen(%v) = %v, the plan says %v\n%+v", at, got, want, p)
		}
	})
}

func TestAddIsTheFirstMomentAfterSoMuchOpenTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		near := around(t, "near")
		c, p := calendar(t, near)
		at := moment(t, near, "at")
		d := time.Duration(rapid.Int64Range(0, 200*3600e9).Draw(t, "d"))
		end, ok := c.Add(at, d)
		if !ok {
			if far := c.Elapsed(at, at.AddDate(200, 0, 0)); far >= d {
				t.Fatalf("Add(%v, %v) never comes, but there are %v\n%+v", at, d, far, p)
			}
			return
		}
		if got := c.Elapsed(at, end); got != d {
			t.Fatalf("Elapsed(%v, %v) = %v, want %v\n%+v", at, end, got, d, p)
		}
		if d > 0 && c.Elapsed(at, end.Add(-1)) != d-1 {
			t.Fatalf("Add(%v, %v) = %v isn't the first such moment\n%+v", at, d, end, p)
		}
		if d == 0 && !end.Equal(at) {
			t.Fatalf("Add(%v, 0) = %v", at, end)
		}
	})
}

func TestElapsedIsAdditiveAndNeverNegative(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		near := around(t, "near")
		c, p := calendar(t, near)
		far := func(name string) time.Time {
			return near.Add(time.Duration(rapid.Int64Range(-60*365*24*3600e9, 60*365*24*3600e9).Draw(t, name)))
		}
		ts := []time.Time{far("a"), far("b"), far("c")}
		slices.SortFunc(ts, time.Time.Compare)
		whole, first, second := c.Elapsed(ts[0], ts[2]), c.Elapsed(ts[0], ts[1]), c.Elapsed(ts[1], ts[2])
		if first+second != whole || first < 0 || second < 0 || whole > ts[2].Sub(ts[0]) {
			t.Fatalf("%v: %v + %v isn't %v\n%+v", ts, first, second, whole, p)
		}
		if back := c.Elapsed(ts[2], ts[0]); back != 0 {
			t.Fatalf("backwards is %v", back)
		}
	})
}

func TestNextOpenAndNextCloseAgreeWithIsOpen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		near := around(t, "near")
		c, p := calendar(t, near)
		at := moment(t, near, "at")
		edge := func(name string, open bool, next func(time.Time) (time.Time, bool)) {
			m, ok := next(at)
			switch {
			case c.IsOpen(at) == open:
				if !ok || !m.Equal(at) {
					t.Fatalf("%s(%v) = %v, %v, and it is so already\n%+v", name, at, m, ok, p)
				}
				return
			case !ok:
				m = at.AddDate(40, 0, 0)
			case m.Before(at) || c.IsOpen(m) != open || c.IsOpen(m.Add(-1)) == open:
				t.Fatalf("%s(%v) = %v isn't a change\n%+v", name, at, m, p)
			}
			want := m.Sub(at) // all of it is open, or none
			if open {
				want = 0
			}
			if got := c.Elapsed(at, m); got != want {
				t.Fatalf("%s(%v) = %v passes over a change: %v of %v are open\n%+v", name, at, m, got, m.Sub(at), p)
			}
		}
		edge("NextOpen", true, c.NextOpen)
		edge("NextClose", false, c.NextClose)
	})
}

func TestAnyPlanIsTakenOrRefusedByField(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom([]string{"09:00", "24:00", "2026-02-30", "02-29", "2026-01-01", "", "25:00"}), rapid.String())
		interval := rapid.Custom(func(t *rapid.T) hours.Interval {
			return hours.Interval{From: text.Draw(t, "from"), To: text.Draw(t, "to")}
		})
		is := rapid.SliceOfN(interval, 0, 2)
		_, err := hours.New(hours.Plan{Zone: rapid.OneOf(rapid.Just("UTC"), text).Draw(t, "zone"), Week: hours.Daily(is.Draw(t, "week")...),
			Holidays:   []hours.Holiday{{Name: text.Draw(t, "name"), Date: text.Draw(t, "date"), Closed: is.Draw(t, "closed")}},
			Exceptions: []hours.Exception{{From: text.Draw(t, "from"), To: text.Draw(t, "to"), Open: is.Draw(t, "open")}}})
		if bad, ok := errors.AsType[*hours.PlanError](err); err != nil && (!ok || bad.Field == "" || bad.Reason == "") {
			t.Fatalf("%v", err)
		}
	})
}
