package report

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"pgregory.net/rapid"
)

func zone(t interface {
	Helper()
	Fatal(...any)
}, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The time before is as many days as the time itself, also where one of them has 23 or 25
// hours; hours are compared with as many hours; and what isn't over with as much.
func TestTheTimeBefore(t *testing.T) {
	t.Parallel()
	ny := zone(t, "America/New_York") // whose clocks go back on 1 November 2026
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, ny)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	later := at("2027-01-01 00:00")
	for _, c := range []struct {
		name             string
		from, to         string
		now              time.Time
		wantFrom, wantTo string
	}{
		{"a day after the long one", "2026-11-02 00:00", "2026-11-03 00:00", later, "2026-11-01 00:00", "2026-11-02 00:00"},
		{"the long day", "2026-11-01 00:00", "2026-11-02 00:00", later, "2026-10-31 00:00", "2026-11-01 00:00"},
		{"a week over the change", "2026-10-28 00:00", "2026-11-04 00:00", later, "2026-10-21 00:00", "2026-10-28 00:00"},
		{"hours", "2026-11-10 09:00", "2026-11-10 17:00", later, "2026-11-10 01:00", "2026-11-10 09:00"},
		{"a morning", "2026-11-10 00:00", "2026-11-11 00:00", at("2026-11-10 09:07"), "2026-11-09 00:00", "2026-11-09 09:00"},
		{"a time to come", "2026-11-10 00:00", "2026-11-11 00:00", at("2026-11-01 00:00"), "2026-11-09 00:00", "2026-11-10 00:00"},
	} {
		b := Period{From: at(c.from), To: at(c.to), Zone: ny}.Before(c.now)
		if !b.From.Equal(at(c.wantFrom)) || !b.To.Equal(at(c.wantTo)) {
			t.Errorf("%s: %v to %v, want %s to %s", c.name, b.From, b.To, c.wantFrom, c.wantTo)
		}
	}
}

// In every zone, days begin where the calendar's do, one after the other, and the pieces of
// a time cover it.
func TestPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z := zone(t, rapid.SampledFrom([]string{"UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut", "America/Asuncion", "Africa/Cairo"}).Draw(t, "zone"))
		first := time.Unix(rapid.Int64Range(1_600_000_000, 1_800_000_000).Draw(t, "at"), 0).In(z)
		from := Midnight(first, 0)
		if from.Day() != first.Day() || from.Add(-time.Second).Day() == first.Day() || from.After(first) {
			t.Fatalf("the day of %v begins at %v", first, from)
		}
		days := rapid.IntRange(1, 20).Draw(t, "days")
		p := Period{From: from, To: Midnight(from, days), Zone: z, Grain: analytics.Day}
		starts := p.starts()
		if len(starts) != days {
			t.Fatalf("%d days have %d pieces: %v", days, len(starts), starts)
		}
		for i, s := range starts {
			if want := Midnight(from, i); !s.Equal(want) {
				t.Errorf("day %d begins at %v, want %v", i, s, want)
			}
			if got := piece(starts, s.Add(time.Hour)); got != i {
				t.Errorf("an hour after the beginning of day %d is in piece %d", i, got)
			}
		}
		if got := piece(starts, from.Add(-1)); got != -1 {
			t.Errorf("before the time is piece %d", got)
		}
		p.Grain, p.To = analytics.Hour, Midnight(from, 1)
		for i, s := range p.starts() {
			if s.Minute() != 0 && z.String() != "Australia/Lord_Howe" || i > 0 && s.Sub(p.starts()[i-1]) > 90*time.Minute {
				t.Errorf("hour %d begins at %v", i, s)
			}
		}
	})
}

func TestGrains(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for days, want := range map[int]analytics.Grain{1: analytics.Hour, 2: analytics.Hour, 3: analytics.Day, 90: analytics.Day} {
		if got := (Period{From: from, To: from.AddDate(0, 0, days)}).grain(); got != want {
			t.Errorf("%d days are shown by the %s, want %s", days, got, want)
		}
	}
	minutes := Period{From: from, To: from.Add(3 * time.Minute), Grain: analytics.Minute}
	if got := minutes.starts(); len(got) != 3 {
		t.Errorf("three minutes are %v", got)
	}
	long := Period{From: from, To: from.AddDate(2, 0, 0), Grain: analytics.Minute}
	if got := long.starts(); len(got) != maxPoints+1 {
		t.Errorf("two years by the minute are %d pieces", len(got))
	}
}
