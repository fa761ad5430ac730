// Package holidays knows the public holidays of countries and of their parts, for the
// plans of package hours:
//
//	hs, err := holidays.Of("DE-BY", 2026, 2028) // Bavaria
//	plan.Holidays = append(plan.Holidays, hs...)
//
// They come from github.com/rickar/cal, which knows the rules, and not what a
// government will decide, nor what only some towns keep: look over the list, and add to
// it what your desk closes for.
package holidays

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rickar/cal/v2"

	"github.com/frontdesk-go/frontdesk/hours"
)

// Regions are what Of knows, in order: countries as DE (ISO 3166-1), and parts of
// countries as DE-BY (ISO 3166-2).
func Regions() []string { return slices.Sorted(maps.Keys(known())) }

// Of returns the public and bank holidays of a region from the first to the last year,
// in order of date. One that is made up for on another day, because it falls on a
// weekend, is there on both. An unknown region, and years outside of hours.FirstYear to
// hours.LastYear, are a *hours.PlanError.
func Of(region string, first, last int) ([]hours.Holiday, error) {
	rules, ok := known()[region]
	if !ok {
		return nil, &hours.PlanError{Field: "region", Reason: fmt.Sprintf("no holidays are known of %q: it is a country as DE, or a part of one as DE-BY", region)}
	}
	if first < hours.FirstYear || last > hours.LastYear || last < first {
		return nil, &hours.PlanError{Field: "years", Reason: fmt.Sprintf("are from %d to %d, the first before the last", hours.FirstYear, hours.LastYear)}
	}
	var hs []hours.Holiday
	add := func(name string, t time.Time) {
		// The library gives midnight where the program runs. Where there is no midnight,
		// because summer time begins, that is the evening before.
		t = t.Add(12 * time.Hour)
		if h := (hours.Holiday{Name: name, Date: t.Format(time.DateOnly)}); t.Year() >= first && t.Year() <= last && !slices.ContainsFunc(hs, func(o hours.Holiday) bool { return o.Date == h.Date && o.Name == h.Name }) {
			hs = append(hs, h)
		}
	}
	for _, rule := range rules {
		for year := first - 1; year <= last+1; year++ { // New Year may be made up for in December
			actual, observed := rule.Calc(year)
			if name := short(rule.Name); !actual.IsZero() && publicly(rule) {
				add(name, actual)
				add(name, observed)
			}
		}
	}
	slices.SortStableFunc(hs, func(a, b hours.Holiday) int { return cmp.Compare(a.Date, b.Date) })
	return hs, nil
}

// publicly says whether people are off. Where the library doesn't say, they are.
func publicly(h *cal.Holiday) bool {
	return h.Type != cal.ObservanceReligious && h.Type != cal.ObservanceOther
}

// short keeps a name within what a plan takes.
func short(name string) string {
	if rs := []rune(name); len(rs) > hours.MaxName {
		return string(rs[:hours.MaxName-1]) + "…"
	}
	return name
}
