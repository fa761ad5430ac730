package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// trend is how something went, from process to process and within them.
type trend struct {
	name string
	of   func(s sample) float64
	unit float64 // by which it is told
	// slack is what isn't taken for growth, besides a quarter.
	slack float64
}

func trends() []trend {
	const mb = 1 << 20
	return []trend{
		{"heap in use, MB", func(s sample) float64 { return float64(s.Heap) }, mb, 6 * mb},
		{"resident memory of its own, MB", func(s sample) float64 { return float64(s.Resident.Anon) }, mb, 12 * mb},
		{"goroutines", func(s sample) float64 { return float64(s.Goroutines) }, 1, 40},
	}
}

// enough is how many processes have to have been there before a trend is judged, and
// settled is the part of a life in which a process fills its caches.
const (
	enough  = 6
	settled = 0.4
)

// verdict tells the figures, and the faults.
func (s *soak) verdict() error {
	c := &s.count
	file, behind := int64(0), int64(0)
	for _, x := range s.samples {
		file, behind = max(file, x.File), max(behind, x.Lag)
	}
	fmt.Fprintf(s.out, "%s, %d processes, %d of them killed: %d visitors (%d logins), %d messages acknowledged, %d tries repeated; %d streams, %d resumed, told %d messages; consumers at most %d events behind; file %s\n",
		time.Since(s.began).Round(time.Second), s.lives, s.lives-1, c.visitors.Load(), c.logins.Load(), c.acknowledged.Load(), c.retried.Load(), c.streams.Load(), c.resumed.Load(), c.told.Load(), behind, mb(file))
	for _, t := range trends() {
		s.judge(t)
	}
	for i, f := range s.faults {
		if i == 20 {
			fmt.Fprintf(s.out, "… and %d more\n", len(s.faults)-i)
			break
		}
		fmt.Fprintln(s.out, "FAULT:", f)
	}
	if len(s.faults) > 0 {
		return errFaults
	}
	fmt.Fprintln(s.out, "Whole: nothing was lost, doubled or out of order, in the store and in every stream; no consumer is behind.")
	return nil
}

// judge compares processes of the same age, at the beginning and at the end, and within
// their lives the middle with the end.
func (s *soak) judge(t trend) {
	var middle, end []float64 // by process
	for life := 1; life <= s.lives; life++ {
		early, late := s.of(t, life)
		if len(early) > 0 && len(late) > 0 {
			middle, end = append(middle, median(early)), append(end, median(late))
		}
	}
	fmt.Fprintf(s.out, "%s, at the end of each process:", t.name)
	for _, v := range end {
		fmt.Fprintf(s.out, " %.1f", v/t.unit)
	}
	fmt.Fprintln(s.out)
	if len(end) < enough {
		fmt.Fprintf(s.out, "  too few processes for a trend\n")
		return
	}
	third := len(end) / 3
	for _, c := range []struct {
		what          string
		before, after float64
	}{
		{"over all processes", median(end[1 : 1+third]), median(end[len(end)-third:])},
		{"within them", median(middle), median(end)},
	} {
		verdict := "flat"
		if c.after > c.before*1.25+t.slack {
			verdict = "GROWS"
			s.faults = append(s.faults, fmt.Sprintf("%s grows %s, from %.1f to %.1f", t.name, c.what, c.before/t.unit, c.after/t.unit))
		}
		fmt.Fprintf(s.out, "  %s: from %.1f to %.1f: %s\n", c.what, c.before/t.unit, c.after/t.unit, verdict)
	}
}

// of has a process's figures from the time when it had settled: the first half, and the
// second.
func (s *soak) of(t trend, life int) (early, late []float64) {
	for _, x := range s.samples {
		age := float64(x.Age) / float64(s.life)
		switch {
		case x.life != life || age < settled:
		case age < (1+settled)/2:
			early = append(early, t.of(x))
		default:
			late = append(late, t.of(x))
		}
	}
	return early, late
}

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	return sorted[len(sorted)/2]
}
