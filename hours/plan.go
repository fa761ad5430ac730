package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The limits of a plan.
const (
	MaxIntervals     = 12   // of a day
	MaxHolidays      = 2000 // of a plan
	MaxExceptions    = 500  // of a plan
	MaxExceptionDays = 4000 // dates that all exceptions of a plan cover together
	MaxName          = 100  // characters of a holiday's or exception's name

	// FirstYear and LastYear bound the dates of a plan.
	FirstYear = 1970
	LastYear  = 2100
)

// Plan says when a calendar is open, as plain data to be stored.
type Plan struct {
	// Zone is the time zone's name, as Europe/Berlin; "" is UTC.
	Zone       string      `json:"zone,omitempty"`
	Week       Week        `json:"week"`
	Holidays   []Holiday   `json:"holidays,omitempty"`
	Exceptions []Exception `json:"exceptions,omitempty"`
}

// Week has the intervals in which each day is open. They don't overlap within a day.
type Week struct {
	Monday    []Interval `json:"monday,omitempty"`
	Tuesday   []Interval `json:"tuesday,omitempty"`
	Wednesday []Interval `json:"wednesday,omitempty"`
	Thursday  []Interval `json:"thursday,omitempty"`
	Friday    []Interval `json:"friday,omitempty"`
	Saturday  []Interval `json:"saturday,omitempty"`
	Sunday    []Interval `json:"sunday,omitempty"`
}

// Interval is a time of a day, from the first minute to before the last. One whose end
// is before its beginning goes over midnight, and belongs to the day on which it
// begins. A whole day is 00:00 to 24:00.
type Interval struct {
	From string `json:"from"` // as 09:00
	To   string `json:"to"`   // as 17:30; the end of the day is 24:00
}

// Holiday is a day on which the week doesn't count. Several may be on one date.
type Holiday struct {
	Name string `json:"name,omitempty"`
	Date string `json:"date"` // as 2026-12-25, or 12-25 for each year
	// Closed are the intervals in which it is closed; none: nothing begins on that day.
	Closed []Interval `json:"closed,omitempty"`
}

// Exception replaces what the week and the holidays say of some dates. Of two on one
// date the later in the list counts.
type Exception struct {
	Name string     `json:"name,omitempty"`
	From string     `json:"from"`           // date, as 2026-12-24
	To   string     `json:"to,omitempty"`   // the last date; "" is the first one's
	Open []Interval `json:"open,omitempty"` // none: nothing begins on these days
}

// Weekdays is a week that is open from Monday to Friday.
func Weekdays(open ...Interval) Week {
	return Week{Monday: open, Tuesday: open, Wednesday: open, Thursday: open, Friday: open}
}

// Daily is a week that is open on all seven days.
func Daily(open ...Interval) Week {
	w := Weekdays(open...)
	w.Saturday, w.Sunday = open, open
	return w
}

// days are the week's days, Monday first.
func (w *Week) days() [7]*[]Interval {
	return [7]*[]Interval{&w.Monday, &w.Tuesday, &w.Wednesday, &w.Thursday, &w.Friday, &w.Saturday, &w.Sunday}
}

// PlanError says what of a plan is refused, and why.
type PlanError struct {
	Field  string // as week.monday[1].to
	Reason string
}

func (e *PlanError) Error() string { return e.Field + ": " + e.Reason }

func refuse(reason string, field string, args ...any) error {
	return &PlanError{Field: fmt.Sprintf(field, args...), Reason: reason}
}

// clone shares nothing with p that could be changed.
func (p Plan) clone() Plan {
	for _, day := range p.Week.days() {
		*day = slices.Clone(*day)
	}
	p.Holidays, p.Exceptions = slices.Clone(p.Holidays), slices.Clone(p.Exceptions)
	for i := range p.Holidays {
		p.Holidays[i].Closed = slices.Clone(p.Holidays[i].Closed)
	}
	for i := range p.Exceptions {
		p.Exceptions[i].Open = slices.Clone(p.Exceptions[i].Open)
	}
	return p
}

// location loads the zone. Local would mean something else on each machine.
func (p *Plan) location() (*time.Location, error) {
	if p.Zone == "Local" || len(p.Zone) > MaxName {
		return nil, refuse("is a name of the zone database, as Europe/Berlin", "zone")
	}
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		return nil, refuse(fmt.Sprintf("%q isn't in this machine's zone database; a program can bring its own by importing time/tzdata", p.Zone), "zone")
	}
	return loc, nil
}

// parse turns the plan's texts into what can be computed with.
func (p *Plan) parse() (*rules, error) {
	r := &rules{yearly: map[int]holiday{}, dated: map[int]holiday{}, exceptions: map[int][]span{}}
	for i, day := range p.Week.days() {
		spans, err := parseIntervals(*day, "week."+strings.ToLower(time.Weekday((i+1)%7).String()))
		if err != nil {
			return nil, err
		}
		r.week[i] = spans
	}
	if len(p.Holidays) > MaxHolidays {
		return nil, refuse(fmt.Sprintf("at most %d holidays", MaxHolidays), "holidays")
	}
	for i, h := range p.Holidays {
		if err := r.addHoliday(h, fmt.Sprintf("holidays[%d]", i)); err != nil {
			return nil, err
		}
	}
	if len(p.Exceptions) > MaxExceptions {
		return nil, refuse(fmt.Sprintf("at most %d exceptions", MaxExceptions), "exceptions")
	}
	for i, e := range p.Exceptions {
		if err := r.addException(e, fmt.Sprintf("exceptions[%d]", i)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *rules) addHoliday(h Holiday, field string) error {
	if err := checkName(h.Name, field); err != nil {
		return err
	}
	closed, err := parseIntervals(h.Closed, field+".closed")
	if err != nil {
		return err
	}
	into, key := r.dated, 0
	if len(h.Date) == len("12-25") {
		// 2000 had a 29 February.
		t, err := time.Parse(time.DateOnly, "2000-"+h.Date)
		if err != nil {
			return refuse("is a date as 2026-12-25, or a month and day as 12-25", "%s.date", field)
		}
		into, key = r.yearly, monthDay(t.Month(), t.Day())
	} else if key, err = parseDate(h.Date, field+".date"); err != nil {
		return err
	}
	was := into[key]
	into[key] = holiday{whole: was.whole || len(closed) == 0, closed: slices.Concat(was.closed, closed)}
	return nil
}

func (r *rules) addException(e Exception, field string) error {
	if err := checkName(e.Name, field); err != nil {
		return err
	}
	open, err := parseIntervals(e.Open, field+".open")
	if err != nil {
		return err
	}
	first, err := parseDate(e.From, field+".from")
	if err != nil {
		return err
	}
	last := first
	if e.To != "" {
		if last, err = parseDate(e.To, field+".to"); err != nil {
			return err
		}
	}
	if last < first {
		return refuse("is before the first date", "%s.to", field)
	}
	if r.covered += last - first + 1; r.covered > MaxExceptionDays {
		return refuse(fmt.Sprintf("all exceptions together cover at most %d dates", MaxExceptionDays), "exceptions")
	}
	for day := first; day <= last; day++ {
		r.exceptions[day] = open
	}
	return nil
}

func checkName(name, field string) error {
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName {
		return refuse(fmt.Sprintf("has at most %d characters", MaxName), "%s.name", field)
	}
	return nil
}

// parseDate returns the number of a date's day.
func parseDate(s, field string) (int, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < FirstYear || t.Year() > LastYear {
		return 0, refuse(fmt.Sprintf("is a date as 2026-12-25, of the years %d to %d", FirstYear, LastYear), "%s", field)
	}
	return dayOf(t.Year(), t.Month(), t.Day()), nil
}

// parseIntervals returns the spans of a day's intervals, in order.
func parseIntervals(is []Interval, field string) ([]span, error) {
	if len(is) > MaxIntervals {
		return nil, refuse(fmt.Sprintf("at most %d intervals", MaxIntervals), "%s", field)
	}
	spans := make([]span, len(is))
	for i, in := range is {
		from, ok := parseClock(in.From)
		if !ok || from == day {
			return nil, refuse("is a time from 00:00 to 23:59", "%s[%d].from", field, i)
		}
		to, ok := parseClock(in.To)
		switch {
		case !ok:
			return nil, refuse("is a time from 00:00 to 24:00", "%s[%d].to", field, i)
		case to == from:
			return nil, refuse("is the beginning, too: a whole day is 00:00 to 24:00", "%s[%d].to", field, i)
		case to < from:
			to += day
		}
		spans[i] = span{from, to}
	}
	slices.SortFunc(spans, span.compare)
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return nil, refuse(fmt.Sprintf("the one from %s overlaps the one before it", spans[i].from.clock()), "%s", field)
		}
	}
	return spans, nil
}

// parseClock reads a time of the day.
func parseClock(s string) (seconds, bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	digit := func(i int) seconds { return seconds(s[i]) - '0' }
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := digit(0)*10+digit(1), digit(3)*10+digit(4)
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return h*3600 + m*60, true
}
