package hours_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

// compare goes through some days minute by minute, clock and plan in hand, and asks the
// calendar all that it can be asked.
func compare(t *testing.T, p hours.Plan, first string, days int) {
	t.Helper()
	c, err := hours.New(p)
	if err != nil {
		t.Fatal(err)
	}
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		t.Fatal(err)
	}
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		t.Fatal(err)
	}
	minutes := days * 24 * 60
	at := func(i int) time.Time { return from.Add(time.Duration(i) * time.Minute) }
	open := make([]bool, minutes)
	for i := range open {
		open[i] = plainly(p, loc, at(i))
	}
	// What comes next, looked for from behind. Whatever is after the end isn't known.
	nextOpen, nextClose := -1, -1
	for i := minutes - 1; i >= 0; i-- {
		if open[i] {
			nextOpen = i
		} else {
			nextClose = i
		}
		if c.IsOpen(at(i)) != open[i] || c.IsOpen(at(i).Add(time.Minute-1)) != open[i] {
			t.Fatalf("open at %v is not %v", at(i).In(loc), open[i])
		}
		if m, ok := c.NextOpen(at(i)); nextOpen >= 0 && (!ok || !m.Equal(at(nextOpen))) {
			t.Fatalf("opens after %v at %v, want %v", at(i).In(loc), m.In(loc), at(nextOpen).In(loc))
		}
		if m, ok := c.NextClose(at(i)); nextClose >= 0 && (!ok || !m.Equal(at(nextClose))) {
			t.Fatalf("closes after %v at %v, want %v", at(i).In(loc), m.In(loc), at(nextClose).In(loc))
		}
	}
	sum := time.Duration(0)
	for i := range minutes {
		if got := c.Elapsed(from, at(i)); got != sum {
			t.Fatalf("up to %v there are %v, want %v", at(i).In(loc), got, sum)
		}
		if !open[i] {
			continue
		}
		sum += time.Minute
		if m, ok := c.Add(from, sum); !ok || !m.Equal(at(i+1)) {
			t.Fatalf("%v are over at %v, want %v", sum, m.In(loc), at(i+1).In(loc))
		}
		if m, ok := c.Add(from, sum-time.Second); !ok || !m.Equal(at(i+1).Add(-time.Second)) {
			t.Fatalf("%v are over at %v", sum-time.Second, m.In(loc))
		}
	}
}

func TestEachMinuteCounts(t *testing.T) {
	t.Parallel()
	day := hours.Interval{From: "09:00", To: "17:30"}
	night := hours.Interval{From: "22:00", To: "06:00"}
	whole := hours.Interval{From: "00:00", To: "24:00"}
	nights := hours.Daily(night)
	for name, c := range map[string]struct {
		plan  hours.Plan
		first string
		days  int
	}{
		"office":                           {hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "09:00", To: "12:00"}, hours.Interval{From: "13:00", To: "17:30"})}, "2026-11-20", 5},
		"until a minute after midnight":    {hours.Plan{Week: hours.Daily(hours.Interval{From: "20:00", To: "00:01"})}, "2026-11-20", 3},
		"night before a part holiday":      {hours.Plan{Week: nights, Holidays: []hours.Holiday{{Date: "2026-12-25", Closed: []hours.Interval{{From: "00:00", To: "03:00"}}}}}, "2026-12-23", 4},
		"night of a part holiday":          {hours.Plan{Week: nights, Holidays: []hours.Holiday{{Date: "12-24", Closed: []hours.Interval{{From: "18:00", To: "02:00"}}}}}, "2026-12-23", 4},
		"night of a whole holiday":         {hours.Plan{Week: nights, Holidays: []hours.Holiday{{Date: "12-24"}}}, "2026-12-23", 4},
		"night of an exception":            {hours.Plan{Week: nights, Exceptions: []hours.Exception{{From: "2026-12-24", Open: []hours.Interval{day}}}}, "2026-12-23", 4},
		"exception over holidays":          {hours.Plan{Week: nights, Holidays: []hours.Holiday{{Date: "12-24"}, {Date: "12-25", Closed: []hours.Interval{whole}}}, Exceptions: []hours.Exception{{From: "2026-12-24", To: "2026-12-25", Open: []hours.Interval{night}}}}, "2026-12-23", 5},
		"later of two exceptions":          {hours.Plan{Week: nights, Exceptions: []hours.Exception{{From: "2026-12-20", To: "2026-12-30"}, {From: "2026-12-25", Open: []hours.Interval{day}}}}, "2026-12-24", 3},
		"whole and part holiday at once":   {hours.Plan{Week: hours.Daily(day), Holidays: []hours.Holiday{{Date: "12-24"}, {Date: "2026-12-24", Closed: []hours.Interval{night}}, {Date: "2026-12-24", Closed: []hours.Interval{{From: "09:00", To: "10:00"}}}}}, "2026-12-23", 3},
		"part after whole on one date":     {hours.Plan{Week: hours.Daily(day), Holidays: []hours.Holiday{{Date: "2026-12-24"}, {Date: "2026-12-24", Closed: []hours.Interval{{From: "09:00", To: "10:00"}}}}}, "2026-12-23", 3},
		"no 29 February":                   {hours.Plan{Week: hours.Daily(day), Holidays: []hours.Holiday{{Date: "02-29"}}}, "2026-02-27", 4},
		"29 February":                      {hours.Plan{Week: hours.Daily(day), Holidays: []hours.Holiday{{Date: "02-29"}}}, "2028-02-27", 4},
		"New Year's Eve of the last year":  {hours.Plan{Week: nights, Holidays: []hours.Holiday{{Date: "12-31"}}}, "2100-12-30", 4},
		"before 1970":                      {hours.Plan{Zone: "America/New_York", Week: hours.Week{Monday: []hours.Interval{day}, Saturday: []hours.Interval{night}}, Holidays: []hours.Holiday{{Date: "01-01"}}}, "1969-12-14", 20},
		"nights as summer time begins":     {hours.Plan{Zone: "Europe/Berlin", Week: nights}, "2026-03-27", 4},
		"nights as summer time ends":       {hours.Plan{Zone: "Europe/Berlin", Week: nights}, "2026-10-23", 4},
		"in the hour that is left out":     {hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(hours.Interval{From: "02:15", To: "02:45"})}, "2026-03-28", 3},
		"from the hour that is left out":   {hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(hours.Interval{From: "02:30", To: "04:00"})}, "2026-03-28", 3},
		"in the hour that is repeated":     {hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(hours.Interval{From: "02:15", To: "02:45"})}, "2026-10-24", 3},
		"to the hour that is repeated":     {hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(hours.Interval{From: "00:30", To: "02:30"})}, "2026-10-24", 3},
		"midnight that is left out":        {hours.Plan{Zone: "America/Sao_Paulo", Week: hours.Daily(whole), Holidays: []hours.Holiday{{Date: "2017-10-15"}}}, "2017-10-13", 4},
		"midnight that is repeated":        {hours.Plan{Zone: "America/Sao_Paulo", Week: hours.Daily(whole), Holidays: []hours.Holiday{{Date: "2018-02-18"}}}, "2018-02-16", 4},
		"date that is left out":            {hours.Plan{Zone: "Pacific/Apia", Week: nights, Exceptions: []hours.Exception{{From: "2011-12-31", Open: []hours.Interval{day}}}}, "2011-12-28", 5},
		"summer time of half an hour":      {hours.Plan{Zone: "Australia/Lord_Howe", Week: hours.Daily(hours.Interval{From: "01:15", To: "02:15"})}, "2026-04-03", 3},
		"summer time of half an hour more": {hours.Plan{Zone: "Australia/Lord_Howe", Week: hours.Daily(hours.Interval{From: "01:15", To: "02:15"})}, "2026-10-02", 3},
		"three quarters of an hour":        {hours.Plan{Zone: "Asia/Kathmandu", Week: hours.Weekdays(day)}, "2026-11-20", 5},
		"around the clock but for a day":   {hours.Plan{Zone: "Europe/Berlin", Week: hours.Daily(whole), Exceptions: []hours.Exception{{From: "2026-03-28", Open: []hours.Interval{{From: "00:00", To: "23:59"}}}}}, "2026-03-25", 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, c.plan, c.first, c.days)
		})
	}
}

// Round the clock a day has as many hours as its clock has, and none is lost at midnight.
func TestDaysOf23And25Hours(t *testing.T) {
	t.Parallel()
	weekends := hours.Interval{From: "00:00", To: "24:00"}
	c, err := hours.New(hours.Plan{Zone: "Europe/Berlin", Week: hours.Week{Saturday: []hours.Interval{weekends}, Sunday: []hours.Interval{weekends}}})
	if err != nil {
		t.Fatal(err)
	}
	for friday, want := range map[string]time.Duration{"2026-03-20": 48, "2026-03-27": 47, "2026-10-23": 49} {
		from, err := time.Parse(time.DateOnly, friday)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Elapsed(from, from.AddDate(0, 0, 5)); got != want*time.Hour {
			t.Errorf("the weekend after %s has %v", friday, got)
		}
		if end, ok := c.Add(from, want*time.Hour); !ok || fmt.Sprint(end.Weekday(), end.Minute()) != "Sunday 0" || c.IsOpen(end) {
			t.Errorf("it ends at %v", end)
		}
	}
}

func TestGoroutinesShareACalendar(t *testing.T) {
	t.Parallel()
	c, err := hours.New(office())
	if err != nil {
		t.Fatal(err)
	}
	want, _ := c.Add(start, 1000*time.Hour)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if got, ok := c.Add(start, 1000*time.Hour); !ok || got != want || c.Elapsed(start, got) != 1000*time.Hour || len(c.Plan().Holidays) != 12 {
					t.Errorf("%v, want %v", got, want)
					return
				}
			}
		})
	}
	wg.Wait()
}
