package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Demand is tickets that come at random, as many as are usual at an hour.
type Demand struct {
	Arrival              // what each is like; Time doesn't count, and Handling is the mean
	PerHour  [24]float64 // by the hour of From's time zone: how many come, on average
	From, To time.Time
}

// MaxPerHour is how many tickets of a Demand come in an hour at most, on average, and
// MaxDemand for how long.
const (
	MaxPerHour = 100_000
	MaxDemand  = 366 * 24 * time.Hour
)

func (d *Demand) valid() error {
	for _, n := range d.PerHour {
		if !(n >= 0 && n <= MaxPerHour) {
			return &store.FieldError{Field: "demand.per_hour", Reason: "is from 0 to 100,000", Limit: MaxPerHour}
		}
	}
	if long := d.To.Sub(d.From); long < 0 || long > MaxDemand {
		return &store.FieldError{Field: "demand.to", Reason: "is at most 366 days after from"}
	}
	return nil
}

// Generate makes arrivals of a demand: a Poisson process, with handling times that are
// distributed exponentially. The same seed gives the same arrivals. A rate or a time that
// can't be is a *store.FieldError.
func Generate(seed uint64, demands ...Demand) (all []Arrival, err error) {
	for i, d := range demands {
		if err := d.valid(); err != nil {
			return nil, fmt.Errorf("generate: %w", err)
		}
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		peak := slices.Max(d.PerHour[:])
		// Thinning (Lewis and Shedler, 1979): at the rate of the busiest hour, of which
		// as many stay as the hour at hand has.
		for at := d.From; peak > 0; {
			hours := r.ExpFloat64() / peak
			if hours >= d.To.Sub(at).Hours() {
				break
			}
			at = at.Add(time.Duration(hours * float64(time.Hour)))
			keep, handling := r.Float64(), r.ExpFloat64()
			if keep*peak < d.PerHour[at.Hour()] {
				a := d.Arrival
				a.Time, a.Handling = at, time.Duration(handling*float64(d.Handling))
				all = append(all, a)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Arrival) int { return a.Time.Compare(b.Time) })
	return all, nil
}
