package automation

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCronIsChecked(t *testing.T) {
	for _, bad := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "* * * * 8",
		"-1 * * * *", "+1 * * * *", "a * * * *", "5-1 * * * *", "*/0 * * * *", "*/-1 * * * *", "*/x * * * *", "1,,2 * * * *", "1- * * * *",
		"0 0 30 2 *", "0 0 31 4,6 *", "@daily", "* * * mon *", "* * * * jan", "*/99999999999999999999 * * * *", "5/ * * * *",
	} {
		for _, zone := range []string{"", "America/New_York"} { // where the search ends on a last day of a leap year
			if _, err := parseCron(bad, zone); err == nil {
				t.Errorf("%q is taken in zone %q", bad, zone)
			}
		}
	}
	for _, good := range []string{"* * * * *", "0 9 * * mon-fri", "*/15 8-18/2 1,15 JAN-mar,12 *", "0 0 29 2 *", "0 0 29 2 7", "5/10 * * * *", "0 0 * * 5-7"} {
		if _, err := parseCron(good, "Europe/Berlin"); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, zone := range []string{"Local", "Mars/Olympus", "../etc", "europe"} {
		if _, err := parseCron("* * * * *", zone); err == nil {
			t.Errorf("zone %q is taken", zone)
		}
	}
}

func TestCron(t *testing.T) {
	for _, c := range []struct{ cron, zone, from, want string }{
		{"30 9 * * *", "", "2026-05-04T09:00:00Z", "2026-05-04T09:30:00Z"},
		{"30 9 * * *", "", "2026-05-04T09:30:00Z", "2026-05-05T09:30:00Z"},
		{"30 9 * * *", "", "2026-05-04T09:29:59.999999Z", "2026-05-04T09:30:00Z"},
		{"0 9 * * mon", "Asia/Tokyo", "2026-05-05T00:00:00Z", "2026-05-11T00:00:00Z"},
		{"0 0 13 * 5", "", "2026-05-04T00:00:00Z", "2026-05-08T00:00:00Z"},  // a 13th, or a Friday
		{"0 0 */2 * 5", "", "2026-05-04T00:00:00Z", "2026-05-15T00:00:00Z"}, // an odd day that is a Friday
		{"0 0 29 2 *", "", "2026-05-04T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 * * 7", "", "2026-05-04T00:00:00Z", "2026-05-10T00:00:00Z"},
		// In Berlin 2:00 to 3:00 didn't exist on 29 March 2026, and was twice on 25 October.
		{"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
		{"*/20 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}, // once, not three times
		{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"0 * * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", "2026-10-25T02:00:00Z"},
		{"0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z"}, // there midnight doesn't exist
		{"0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"},  // nor did a whole day
		// The standard library tells no end of the time zone's rules on these days.
		{"0 12 31 12 *", "America/New_York", "2040-12-30T12:00:00Z", "2040-12-31T17:00:00Z"},
		{"0 12 1 1 *", "Europe/Berlin", "2040-12-30T12:00:00Z", "2041-01-01T11:00:00Z"},
	} {
		k, err := parseCron(c.cron, c.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.next(from).Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s after %s: %s, want %s", c.cron, c.zone, c.from, got, c.want)
		}
	}
}

// oracle finds the moments of a schedule within some days by looking at every minute: which
// readings the clock shows, for the first time, and which it passes over.
func oracle(c *cron, from time.Time, days int) (all []time.Time) {
	reads := func(t time.Time) bool {
		return has(c.minute, t.Minute()) && has(c.hour, t.Hour()) && has(c.month, int(t.Month())) && c.onDay(t)
	}
	wall := func(t time.Time) time.Time {
		l := t.In(c.zone)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), 0, 0, time.UTC)
	}
	shown := wall(from.Add(-48 * time.Hour)) // the latest reading so far
	for t := from.Add(-48 * time.Hour); t.Before(from.AddDate(0, 0, days)); t = t.Add(time.Minute) {
		hit := false
		for now := wall(t); shown.Before(now); {
			shown = shown.Add(time.Minute)
			hit = hit || reads(shown)
		}
		if hit && t.After(from) {
			all = append(all, t)
		}
	}
	return all
}

func TestCronAgreesWithLookingAtEveryMinute(t *testing.T) {
	zones := []string{"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "Africa/Casablanca", "Pacific/Apia"}
	field := func(rt *rapid.T, name string, from, to int) string {
		n := func(low int) int { return rapid.IntRange(low, to).Draw(rt, name) }
		switch rapid.IntRange(0, 5).Draw(rt, name+" form") {
		case 0:
			a := n(from)
			return num(a)
		case 1:
			a := n(from)
			return num(a) + "-" + num(n(a))
		case 2:
			return "*/" + num(n(1))
		case 3:
			return num(n(from)) + "," + num(n(from))
		}
		return "*"
	}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join([]string{field(rt, "minute", 0, 59), field(rt, "hour", 0, 23), field(rt, "day", 1, 31), field(rt, "month", 1, 12), field(rt, "weekday", 0, 7)}, " ")
		c, err := parseCron(text, rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			return // it comes at no time
		}
		day := rapid.SampledFrom([]string{"2026-03-27", "2026-10-23", "2026-03-07", "2026-10-31", "2026-04-03", "2026-09-04", "2026-02-13", "2011-12-28", "2026-07-01", "2026-10-02", "2040-12-29"}).Draw(rt, "day")
		from, _ := time.Parse(time.DateOnly, day)
		from = from.Add(time.Duration(rapid.IntRange(0, 86_400).Draw(rt, "second")) * time.Second)
		const days = 4
		want := oracle(c, from.Truncate(time.Minute), days)
		at, i := from, 0
		for ; i < len(want); i++ {
			if !want[i].After(from) {
				continue
			}
			at = c.next(at)
			if !at.Equal(want[i]) {
				rt.Fatalf("%q in %s: the next one is %v, want %v", text, c.zone, at, want[i])
			}
		}
		if at = c.next(at); at.Before(from.Truncate(time.Minute).AddDate(0, 0, days)) {
			rt.Fatalf("%q in %s: one more at %v", text, c.zone, at)
		}
		if len(want) > 0 {
			end := want[len(want)-1].Add(30 * time.Second)
			if got := c.last(end); !got.Equal(want[len(want)-1]) {
				rt.Fatalf("%q in %s: the last one up to %v is %v", text, c.zone, end, got)
			}
		}
	})
}

func num(n int) string { return strconv.Itoa(n) }

func FuzzCron(f *testing.F) {
	for _, s := range []string{"* * * * *", "0 9 * * mon-fri", "*/15 8-18/2 1,15 jan-mar *", "0 0 30 2 *", "0 0 29 2 1", "\x00 ٣ * * *", "1-2-3 * * * *"} {
		f.Add(s, "Europe/Berlin")
	}
	f.Fuzz(func(t *testing.T, text, zone string) {
		c, err := parseCron(text, zone)
		if err != nil {
			return
		}
		from := time.Date(2026, 3, 1, 0, 0, 30, 0, time.UTC)
		if at := c.next(from); !at.After(from) && !at.IsZero() {
			t.Errorf("%q in %q: %v", text, zone, at)
		}
	})
}

func BenchmarkCron(b *testing.B) {
	for _, text := range []string{"* * * * *", "0 9 * * mon-fri", "0 0 29 2 *"} {
		b.Run(text, func(b *testing.B) {
			c, err := parseCron(text, "Europe/Berlin")
			if err != nil {
				b.Fatal(err)
			}
			from := time.Date(2026, 3, 1, 0, 0, 30, 0, time.UTC)
			b.ReportAllocs()
			for b.Loop() {
				c.next(from)
			}
		})
	}
}
