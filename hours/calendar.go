package hours

import (
	"encoding/json"
	"math"
	"time"
)

// Calendar is a checked plan. A nil one is open at any time, and so is the zero value.
// Moments that its methods return are in UTC.
type Calendar struct {
	plan     Plan
	zone     *time.Location // nil is UTC
	timeline *timeline      // nil: nothing is ever closed
	periods  []period
}

// New checks and compiles a plan. A bad one is a *PlanError.
func New(p Plan) (*Calendar, error) {
	loc, err := p.location()
	if err != nil {
		return nil, err
	}
	r, err := p.parse()
	if err != nil {
		return nil, err
	}
	c := &Calendar{plan: p.clone(), zone: loc}
	if l := newTimeline(r); !l.always() {
		c.timeline, c.periods = l, periods(loc, l)
	}
	return c, nil
}

// Always is open at any time.
func Always() *Calendar {
	return &Calendar{plan: Plan{Week: Daily(Interval{From: "00:00", To: "24:00"})}.clone()}
}

func (c *Calendar) always() bool { return c == nil || c.timeline == nil }

// Plan returns what the calendar was made of.
func (c *Calendar) Plan() Plan {
	if c == nil || c.timeline == nil && c.plan.Week.Monday == nil {
		c = Always()
	}
	return c.plan.clone()
}

// Location is the plan's time zone: by its clock days and hours count.
func (c *Calendar) Location() *time.Location {
	if c == nil || c.zone == nil {
		return time.UTC
	}
	return c.zone
}

// MarshalJSON returns the plan's JSON.
func (c *Calendar) MarshalJSON() ([]byte, error) { return json.Marshal(c.Plan()) }

// UnmarshalJSON reads a plan, and refuses what New does. It is for a Calendar that
// nobody uses yet.
func (c *Calendar) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil // as is the custom
	}
	var p Plan
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	made, err := New(p)
	if err == nil {
		*c = *made
	}
	return err
}

// IsOpen says whether the calendar is open at t.
func (c *Calendar) IsOpen(t time.Time) bool {
	if c.always() {
		return true
	}
	sec, _ := moment(t)
	_, is := c.count(sec)
	return is
}

// NextOpen returns the first moment, not before t, at which the calendar is open: t
// itself if it is. false: it is never open again.
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	if c.always() {
		return t.UTC(), true
	}
	sec, _ := moment(t)
	before, is := c.count(sec)
	if is {
		return t.UTC(), true
	}
	return result(c.find(before))
}

// NextClose returns the first moment, not before t, at which the calendar is closed: t
// itself if it is. false: it never closes.
func (c *Calendar) NextClose(t time.Time) (time.Time, bool) {
	if c.always() {
		return time.Time{}, false
	}
	sec, _ := moment(t)
	if _, is := c.count(sec); !is {
		return t.UTC(), true
	}
	return result(c.close(sec))
}

// Elapsed returns the open time between a and b, and 0 where b is before a. What is
// longer than a Duration can be is the longest one, of 292 years.
func (c *Calendar) Elapsed(a, b time.Time) time.Duration {
	if !a.Before(b) {
		return 0
	}
	if c.always() {
		return b.Sub(a)
	}
	from, fromNano := moment(a)
	to, toNano := moment(b)
	before, open := c.count(from)
	if !open {
		fromNano = 0
	}
	after, open := c.count(to)
	if !open {
		toNano = 0
	}
	const most = math.MaxInt64/int64(time.Second) - 1
	if after-before > most {
		return math.MaxInt64
	}
	return time.Duration((after-before)*int64(time.Second) + toNano - fromNano)
}

// Add returns the first moment up to which d of open time has passed since t, so that
// Elapsed(t, it) is d: where d ends as the calendar closes, that is the moment at which
// it closes. A d of 0, or less, gives t. false: so much open time never comes.
func (c *Calendar) Add(t time.Time, d time.Duration) (time.Time, bool) {
	if d <= 0 {
		return t.UTC(), true
	}
	if c.always() {
		return t.UTC().Add(d), true
	}
	sec, nano := moment(t)
	before, open := c.count(sec)
	// From the beginning of the second on.
	whole, rest := int64(d/time.Second), int64(d%time.Second)
	if open {
		rest += nano
		whole, rest = whole+rest/int64(time.Second), rest%int64(time.Second)
	}
	if rest == 0 { // the end of an open second
		whole, rest = whole-1, int64(time.Second)
	}
	at, ok := result(c.find(before + whole))
	if !ok {
		return time.Time{}, false
	}
	return at.Add(time.Duration(rest)), true
}

// moment returns the seconds and nanoseconds of a time that is within bounds.
func moment(t time.Time) (sec, nano int64) {
	switch {
	case t.Before(firstTime):
		return firstMoment, 0
	case t.After(lastTime):
		return lastMoment, 0
	}
	return t.Unix(), int64(t.Nanosecond())
}

func result(sec int64, ok bool) (time.Time, bool) {
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(sec, 0).UTC(), true
}
