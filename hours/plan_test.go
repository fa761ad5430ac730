package hours_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/hours"
)

func many[T any](n int, f func(i int) T) (out []T) {
	for i := range n {
		out = append(out, f(i))
	}
	return out
}

// Each limit at it and above it, and each kind of bad value.
func TestPlansAreRefusedByField(t *testing.T) {
	t.Parallel()
	week := func(is ...hours.Interval) hours.Plan { return hours.Plan{Week: hours.Week{Tuesday: is}} }
	minutes := func(n int) hours.Plan {
		return week(many(n, func(i int) hours.Interval { return hours.Interval{From: clock(2 * i), To: clock(2*i + 1)} })...)
	}
	holiday := func(h hours.Holiday) hours.Plan { return hours.Plan{Holidays: []hours.Holiday{h}} }
	exception := func(es ...hours.Exception) hours.Plan { return hours.Plan{Exceptions: es} }
	days := func(n int) hours.Exception { // so many dates
		return hours.Exception{From: "2000-01-01", To: time.Date(2000, 1, n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)}
	}
	name := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct {
		plan  hours.Plan
		field string // "": it is taken
	}{
		{hours.Plan{}, ""},
		{hours.Plan{Zone: "Europe/Berlin"}, ""},
		{hours.Plan{Zone: "Europe/Atlantis"}, "zone"},
		{hours.Plan{Zone: "Local"}, "zone"},
		{hours.Plan{Zone: "../etc/passwd"}, "zone"},
		{hours.Plan{Zone: strings.Repeat("A", 5000)}, "zone"},
		{minutes(hours.MaxIntervals), ""},
		{minutes(hours.MaxIntervals + 1), "week.tuesday"},
		{week(hours.Interval{From: "09:00", To: "12:00"}, hours.Interval{From: "12:00", To: "24:00"}), ""},
		{week(hours.Interval{From: "13:00", To: "17:00"}, hours.Interval{From: "09:00", To: "13:01"}), "week.tuesday"},
		{week(hours.Interval{From: "22:00", To: "06:00"}, hours.Interval{From: "23:00", To: "24:00"}), "week.tuesday"},
		{week(hours.Interval{From: "9:00", To: "12:00"}), "week.tuesday[0].from"},
		{week(hours.Interval{From: "24:00", To: "12:00"}), "week.tuesday[0].from"},
		{week(hours.Interval{From: "09:00", To: "24:01"}), "week.tuesday[0].to"},
		{week(hours.Interval{From: "09:00", To: "12:60"}), "week.tuesday[0].to"},
		{week(hours.Interval{From: "09:00", To: "09:00"}), "week.tuesday[0].to"},
		{week(hours.Interval{From: "09:00", To: "+1:00"}), "week.tuesday[0].to"},
		{holiday(hours.Holiday{Date: "2026-12-25", Name: name(hours.MaxName)}), ""},
		{holiday(hours.Holiday{Date: "2026-12-25", Name: name(hours.MaxName + 1)}), "holidays[0].name"},
		{holiday(hours.Holiday{Date: "2026-12-25", Name: "\xff"}), "holidays[0].name"},
		{holiday(hours.Holiday{Date: "02-29"}), ""},
		{holiday(hours.Holiday{Date: "02-30"}), "holidays[0].date"},
		{holiday(hours.Holiday{Date: "2026-02-29"}), "holidays[0].date"},
		{holiday(hours.Holiday{Date: "1969-12-31"}), "holidays[0].date"},
		{holiday(hours.Holiday{Date: "2101-01-01"}), "holidays[0].date"},
		{holiday(hours.Holiday{Date: ""}), "holidays[0].date"},
		{holiday(hours.Holiday{Date: "12-24", Closed: []hours.Interval{{From: "14:00", To: "1400"}}}), "holidays[0].closed[0].to"},
		{hours.Plan{Holidays: many(hours.MaxHolidays, func(int) hours.Holiday { return hours.Holiday{Date: "12-25"} })}, ""},
		{hours.Plan{Holidays: many(hours.MaxHolidays+1, func(int) hours.Holiday { return hours.Holiday{Date: "12-25"} })}, "holidays"},
		{exception(hours.Exception{From: "2026-12-24", To: "2026-12-24", Name: name(hours.MaxName)}), ""},
		{exception(hours.Exception{From: "2026-12-24", Name: name(hours.MaxName + 1)}), "exceptions[0].name"},
		{exception(hours.Exception{From: "12-24"}), "exceptions[0].from"},
		{exception(hours.Exception{From: "2026-12-24", To: "2026-12-23"}), "exceptions[0].to"},
		{exception(hours.Exception{From: "2026-12-24", To: "x"}), "exceptions[0].to"},
		{exception(hours.Exception{From: "2026-12-24", Open: []hours.Interval{{}}}), "exceptions[0].open[0].from"},
		{exception(days(hours.MaxExceptionDays)), ""},
		{exception(days(hours.MaxExceptionDays + 1)), "exceptions"},
		{exception(many(hours.MaxExceptions, func(int) hours.Exception { return days(1) })...), ""},
		{exception(many(hours.MaxExceptions+1, func(int) hours.Exception { return days(1) })...), "exceptions"},
	} {
		_, err := hours.New(c.plan)
		bad, _ := errors.AsType[*hours.PlanError](err)
		if c.field == "" && err != nil || c.field != "" && (bad == nil || bad.Field != c.field) {
			t.Errorf("want %q, got %v", c.field, err)
		}
	}
}

func TestACalendarDoesNotChangeWithThePlanItWasMadeOf(t *testing.T) {
	t.Parallel()
	p := hours.Plan{Week: hours.Weekdays(hours.Interval{From: "09:00", To: "17:00"}), Holidays: []hours.Holiday{{Date: "12-24", Closed: []hours.Interval{{From: "14:00", To: "24:00"}}}},
		Exceptions: []hours.Exception{{From: "2026-12-24", Open: []hours.Interval{{From: "10:00", To: "11:00"}}}}}
	c, err := hours.New(p)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(c.Plan())
	for _, spoilt := range []hours.Plan{p, c.Plan()} {
		spoilt.Week.Monday[0].From = "spoilt"
		spoilt.Holidays[0].Closed[0].From = "spoilt"
		spoilt.Exceptions[0].Open[0].From = "spoilt"
	}
	if got := fmt.Sprint(c.Plan()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAnythingWithoutHoursIsAlwaysOpen(t *testing.T) {
	t.Parallel()
	var zero hours.Calendar
	round, err := hours.New(hours.Always().Plan())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 29, 0, 59, 59, 999, time.UTC)
	for i, c := range []*hours.Calendar{nil, &zero, hours.Always(), round} {
		for _, at := range []time.Time{at, {}, time.Unix(1<<60, 0)} {
			next, ok := c.NextOpen(at)
			if !c.IsOpen(at) || !ok || !next.Equal(at) {
				t.Errorf("%d isn't open at %v", i, at)
			}
			if m, ok := c.NextClose(at); ok {
				t.Errorf("%d closes at %v", i, m)
			}
		}
		if end, ok := c.Add(at, 1e6*time.Hour); !ok || end.Sub(at) != 1e6*time.Hour || c.Elapsed(at, end) != 1e6*time.Hour {
			t.Errorf("%d: %v", i, end)
		}
		if diff := cmp.Diff(hours.Always().Plan(), c.Plan()); diff != "" {
			t.Error(i, diff)
		}
	}
}

// The zone's clock is right all the time that is known. On 31 December of a leap year
// the standard library's ZoneBounds doesn't move.
func TestZonesAreReadToTheLastYear(t *testing.T) {
	t.Parallel()
	for _, zone := range zones() {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		c, err := hours.New(hours.Plan{Zone: zone, Week: hours.Daily(hours.Interval{From: "00:00", To: "12:00"})})
		if err != nil {
			t.Fatal(err)
		}
		const step = 11*time.Hour + 37*time.Minute
		for at := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() <= hours.LastYear; at = at.Add(step) {
			if c.IsOpen(at) != (at.In(loc).Hour() < 12) {
				t.Fatalf("%s at %v: open is %v", zone, at.In(loc), c.IsOpen(at))
			}
		}
	}
}

func TestFarMomentsHaveAnAnswer(t *testing.T) {
	t.Parallel()
	office, err := hours.New(hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "09:00", To: "17:00"})})
	if err != nil {
		t.Fatal(err)
	}
	once, err := hours.New(hours.Plan{Exceptions: []hours.Exception{{From: "2026-12-24", Open: []hours.Interval{{From: "10:00", To: "11:00"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	never, err := hours.New(hours.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	ends := []time.Time{{}, time.Unix(-1<<62, 0), time.Unix(1<<62, 0), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)}
	for _, at := range ends {
		for _, c := range []*hours.Calendar{office, once, never} {
			if end, ok := c.Add(at, 1<<63-1); ok && c.Elapsed(at, end) < 1<<63-2 {
				t.Errorf("%v: %v", at, end)
			}
			c.NextClose(at)
			if m, ok := c.NextOpen(at); ok && !c.IsOpen(m) {
				t.Errorf("%v is %v", at, m)
			}
		}
		if _, ok := never.NextOpen(at); ok {
			t.Error("never is open")
		}
	}
	if got := office.Elapsed(ends[0], ends[3]); got != 1<<63-1 {
		t.Errorf("the longest time is %v", got)
	}
	if got := once.Elapsed(ends[1], ends[2]); got != time.Hour {
		t.Errorf("the only hour is %v", got)
	}
	if m, ok := once.Add(ends[0], time.Hour); !ok || m != time.Date(2026, 12, 24, 11, 0, 0, 0, time.UTC) {
		t.Errorf("the only hour ends at %v", m)
	}
	if m, ok := once.Add(ends[0], time.Hour+1); ok {
		t.Errorf("there is a second hour at %v", m)
	}
}

func FuzzCalendarJSON(f *testing.F) {
	for _, p := range []hours.Plan{{}, hours.Always().Plan(), {Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "22:00", To: "06:00"}),
		Holidays:   []hours.Holiday{{Name: "Christmas", Date: "12-25"}, {Date: "2026-12-24", Closed: []hours.Interval{{From: "14:00", To: "24:00"}}}},
		Exceptions: []hours.Exception{{From: "2026-07-01", To: "2026-07-31", Open: []hours.Interval{{From: "10:00", To: "12:00"}}}}}} {
		b, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"zone":"Europe/Berlin","week":{"monday":[{"from":"00:00","to":"24:00"}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c hours.Calendar
		if json.Unmarshal(b, &c) != nil {
			return
		}
		out, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		var again hours.Calendar
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if fmt.Sprint(c.Plan()) != fmt.Sprint(again.Plan()) {
			t.Fatalf("%s comes back as %+v", out, again.Plan())
		}
		at := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
		if end, ok := c.Add(at, 100*time.Hour); ok && c.Elapsed(at, end) != 100*time.Hour {
			t.Fatalf("%s: 100 hours end at %v", out, end)
		}
	})
}

func TestDaysOfAWeek(t *testing.T) {
	t.Parallel()
	is := []hours.Interval{{From: "09:00", To: "10:00"}}
	for _, w := range []struct {
		week hours.Week
		open string
	}{{hours.Weekdays(is...), "Monday Tuesday Wednesday Thursday Friday"}, {hours.Daily(is...), "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"},
		{hours.Week{Sunday: is}, "Sunday"}} {
		c, err := hours.New(hours.Plan{Week: w.week})
		if err != nil {
			t.Fatal(err)
		}
		var open []string
		for d := range 7 {
			if at := time.Date(2026, 11, 23+d, 9, 30, 0, 0, time.UTC); c.IsOpen(at) {
				open = append(open, at.Weekday().String())
			}
		}
		if got := strings.Join(slices.Compact(open), " "); got != w.open {
			t.Errorf("open on %s, want %s", got, w.open)
		}
	}
}
