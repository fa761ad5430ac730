package analytics

import "time"

// quarter is the smallest part of an hour by which time zones differ.
const quarter = 15 * time.Minute

// stretch is the time of a row.
type stretch struct{ start, end time.Time }

// step is the length of the parts of which a grain's rows consist.
func (g Grain) step() time.Duration {
	if g == Minute {
		return time.Minute
	}
	return quarter
}

// floor moves a moment back to the beginning of a minute or quarter.
func floor(t time.Time, step time.Duration) time.Time {
	return time.UnixMicro(t.UnixMicro() - mod(t.UnixMicro(), step.Microseconds())).UTC()
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// ceil moves a moment on to the end of a minute or quarter.
func ceil(t time.Time, step time.Duration) time.Time {
	if f := floor(t, step); f.Before(t) {
		return f.Add(step)
	}
	return floor(t, step)
}

// same says whether two moments are in one row: of the same date, or hour, on the clocks of
// a zone. When these are set back, the hour that comes twice is two rows; when they move by
// half an hour, a row is that long.
func (g Grain) same(a, b time.Time, zone *time.Location) bool {
	if g == Minute {
		return false
	}
	a, b = a.In(zone), b.In(zone)
	if a.YearDay() != b.YearDay() || a.Year() != b.Year() {
		return false
	}
	if g == Day {
		return true
	}
	_, east := a.Zone()
	_, other := b.Zone()
	return a.Hour() == b.Hour() && east == other
}

// stretchAt is the row in which a moment is.
func (q *Query) stretchAt(t time.Time) stretch {
	if q.Grain == Whole {
		return stretch{floor(q.From, quarter), ceil(q.To, quarter)}
	}
	step := q.Grain.step()
	at := floor(t, step)
	s := stretch{at, at.Add(step)}
	for q.Grain.same(s.start.Add(-step), at, q.Zone) {
		s.start = s.start.Add(-step)
	}
	for q.Grain.same(s.end, at, q.Zone) {
		s.end = s.end.Add(step)
	}
	return s
}

// stretches are at most limit rows from the one of a moment on, none beginning at the end
// of the query or later.
func (q *Query) stretches(from time.Time, limit int) (all []stretch) {
	for at := from; len(all) < limit && at.Before(q.To); {
		s := q.stretchAt(at)
		all = append(all, s)
		if at = s.end; q.Grain == Whole {
			break
		}
	}
	return all
}
