package hours_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
)

func office() hours.Plan {
	return hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "09:00", To: "12:00"}, hours.Interval{From: "13:00", To: "17:30"}),
		Holidays: many(12, func(i int) hours.Holiday { return hours.Holiday{Date: fmt.Sprintf("%02d-11", i+1)} })}
}

// spans are what is counted over: an hour, four weeks, three years.
func spans() []time.Duration {
	return []time.Duration{time.Hour, 28 * 24 * time.Hour, 3 * 365 * 24 * time.Hour}
}

var start = time.Date(2026, 2, 3, 9, 30, 0, 0, time.UTC)

func bench(b *testing.B, f func(c *hours.Calendar)) {
	c, err := hours.New(office())
	if err != nil {
		b.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { f(c) }); n > 0 {
		b.Errorf("%v allocations", n)
	}
	b.ReportAllocs()
	for b.Loop() {
		f(c)
	}
}

func BenchmarkElapsed(b *testing.B) {
	for _, d := range spans() {
		b.Run(d.String(), func(b *testing.B) {
			bench(b, func(c *hours.Calendar) { c.Elapsed(start, start.Add(d)) })
		})
	}
}

// BenchmarkElapsedRaw is what must be done at the least: the clock on the wall is read
// at both ends, by the standard library.
func BenchmarkElapsedRaw(b *testing.B) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		start.In(loc).Clock()
		start.Add(28 * 24 * time.Hour).In(loc).Clock()
	}
}

// BenchmarkElapsedByDay is the plain way: each day by itself.
func BenchmarkElapsedByDay(b *testing.B) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var sum time.Duration
		end := start.Add(28 * 24 * time.Hour).In(loc)
		for y, m, d := start.In(loc).Date(); ; d++ {
			from := time.Date(y, m, d, 9, 0, 0, 0, loc)
			if !from.Before(end) {
				break
			}
			sum += time.Date(y, m, d, 17, 30, 0, 0, loc).Sub(from)
		}
		_ = sum
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, d := range spans() {
		b.Run(d.String(), func(b *testing.B) {
			bench(b, func(c *hours.Calendar) { c.Add(start, d/4) })
		})
	}
}

func BenchmarkIsOpen(b *testing.B) { bench(b, func(c *hours.Calendar) { c.IsOpen(start) }) }

func BenchmarkNextOpen(b *testing.B) {
	closed := start.Add(12 * time.Hour)
	bench(b, func(c *hours.Calendar) { c.NextOpen(closed) })
}

func BenchmarkNew(b *testing.B) {
	p := office()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hours.New(p); err != nil {
			b.Fatal(err)
		}
	}
}
