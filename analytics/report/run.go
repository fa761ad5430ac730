package report

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Ask is what somebody wants to know.
type Ask struct {
	Report string // its name
	Period
	By      analytics.Dimension // to break it down by; "" is the report's own
	Where   []analytics.Filter
	Compare bool // with the time before
	// Business has durations counted by business hours instead of the clock on the wall.
	Business bool
}

// Result is a report on a time.
type Result struct {
	Report
	Ask    Ask
	Before Period // what it is compared with; the zero value if it isn't
	Totals []Figure
	Groups []Group
	More   bool // there are more than MaxGroups
	Points []Point
	At     time.Time // what the figures are right for
	// Ignored are filters that nothing in the report knows, as queues are to articles: they
	// are left out of Ask.Where.
	Ignored []analytics.Dimension

	before []Point
}

// Group is a row of the breakdown.
type Group struct {
	Key, Name string
	Figures   []Figure // of Report.Metrics
}

// Point is a piece of the time.
type Point struct {
	Start  time.Time
	Values map[analytics.Metric]analytics.Value
}

// MaxGroups is how many rows a breakdown has at most: those with the largest first figure.
const MaxGroups = 1000

// maxRange is how long a time may be: a leap year, twice.
const maxRange = 732 * 24 * time.Hour

// Run makes a report. It needs the permission to see analytics, and counts what the actor
// sees: see [analytics.Service.Query]. An unknown report, dimension or value, and a time that
// ends before it begins, is longer than two years, or has more than 2,425 pieces of its grain,
// is a *store.FieldError.
func (s *Service) Run(ctx context.Context, actor event.Actor, a Ask) (*Result, error) {
	r, ok := Named(a.Report)
	switch {
	case !ok:
		return nil, &store.FieldError{Field: "report", Reason: "there is no report " + a.Report}
	case !a.From.Before(a.To):
		return nil, &store.FieldError{Field: "to", Reason: "is after from"}
	case a.To.Sub(a.From) > maxRange:
		return nil, &store.FieldError{Field: "to", Reason: "is at most two years after from"}
	}
	if a.By == "" {
		a.By = r.By
	}
	if a.Business {
		r = r.byBusiness()
	}
	ignored := r.narrow(&a)
	if len(r.Metrics) == 0 {
		return nil, &store.FieldError{Field: "by", Reason: "says nothing of this report: it isn't known by " + string(a.By)}
	}
	a.Zone, a.Grain = a.zone(), a.grain()
	if len(a.starts()) > maxPoints {
		return nil, &store.FieldError{Field: "grain", Reason: "is too fine for so long a time"}
	}
	out := &Result{Report: r, Ask: a, Ignored: ignored}
	if a.Compare {
		out.Before = a.Period.Before(s.now())
	}
	for _, step := range []func(context.Context, event.Actor, *Result) error{s.totals, s.points, s.groups} {
		if err := step(ctx, actor, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// both asks for the time, and for the one before where that is compared.
func (s *Service) both(ctx context.Context, actor event.Actor, r *Result, q analytics.Query) (now, before []analytics.Row, more bool, err error) {
	q.Where, q.Zone, q.Limit = r.Ask.Where, r.Ask.Zone, pageSize
	q.From, q.To = r.Ask.From, r.Ask.To
	now, more, err = s.all(ctx, actor, q, &r.At)
	if err != nil || !r.Ask.Compare || !r.Before.From.Before(r.Before.To) {
		return now, nil, more, err
	}
	q.From, q.To = r.Before.From, r.Before.To
	before, _, err = s.all(ctx, actor, q, new(time.Time))
	return now, before, more, err
}

const (
	pageSize = analytics.MaxRows // each page counts again what the one before has counted
	maxRows  = 20_000            // of one question
)

// all are the pages of a table, up to maxRows.
func (s *Service) all(ctx context.Context, actor event.Actor, q analytics.Query, at *time.Time) (rows []analytics.Row, more bool, err error) {
	for {
		t, err := s.analytics.Query(ctx, actor, q)
		if err != nil {
			return nil, false, err
		}
		rows, *at = append(rows, t.Rows...), t.At
		if q.After = t.Next; t.Next == "" || len(rows) >= maxRows {
			return rows, t.Next != "", nil
		}
	}
}

func (s *Service) totals(ctx context.Context, actor event.Actor, r *Result) error {
	ms := r.metrics(r.Tiles, r.Metrics)
	now, before, _, err := s.both(ctx, actor, r, analytics.Query{Metrics: ms})
	if err != nil {
		return err
	}
	r.Totals = figures(ms, first(now), first(before))
	return nil
}

func first(rows []analytics.Row) []analytics.Value {
	if len(rows) == 0 {
		return nil
	}
	return rows[0].Values
}

// figures pairs the values of two times. What has no row was counted to nothing.
func figures(ms []analytics.Metric, now, before []analytics.Value) []Figure {
	all := make([]Figure, len(ms))
	for i, m := range ms {
		nothing := analytics.Value{Known: Unit(m) == analytics.Count}
		all[i] = Figure{m, nothing, nothing}
		if i < len(now) {
			all[i].Now = now[i]
		}
		if i < len(before) {
			all[i].Before = before[i]
		}
	}
	return all
}

// Total is the total of a metric.
func (r *Result) Total(m analytics.Metric) Figure { return find(r.Totals, m) }

// Figure is a figure of the row.
func (g *Group) Figure(m analytics.Metric) Figure { return find(g.Figures, m) }

func find(all []Figure, m analytics.Metric) Figure {
	for _, f := range all {
		if f.Metric == m {
			return f
		}
	}
	return Figure{Metric: m}
}

func (s *Service) points(ctx context.Context, actor event.Actor, r *Result) error {
	ms := r.overTime()
	now, before, _, err := s.both(ctx, actor, r, analytics.Query{Metrics: ms, Grain: r.Ask.Grain})
	if err != nil {
		return err
	}
	r.Points = spread(r.Ask.Period, ms, now, s.now())
	if r.Ask.Compare {
		r.before = spread(r.Before, ms, before, s.now())
	}
	return nil
}

// spread puts rows to the pieces of a time. What hasn't begun has no values, and what has,
// and has no row, has counts of zero.
func spread(p Period, ms []analytics.Metric, rows []analytics.Row, now time.Time) []Point {
	starts := p.starts()
	all := make([]Point, len(starts))
	for i, t := range starts {
		all[i] = Point{t, map[analytics.Metric]analytics.Value{}}
		for _, m := range ms {
			all[i].Values[m] = analytics.Value{Known: Unit(m) == analytics.Count && !t.After(now)}
		}
	}
	for _, row := range rows {
		i := max(0, piece(starts, row.Start))
		if i >= len(all) || all[i].Start.After(now) {
			continue
		}
		for n, m := range ms {
			all[i].Values[m] = row.Values[n]
		}
	}
	return all
}

func (s *Service) groups(ctx context.Context, actor event.Actor, r *Result) error {
	now, before, more, err := s.both(ctx, actor, r, analytics.Query{Metrics: r.Metrics, By: []analytics.Dimension{r.Ask.By}})
	if err != nil {
		return err
	}
	was := map[string][]analytics.Value{}
	for _, row := range before {
		was[row.Keys[0]] = row.Values
	}
	for _, row := range now {
		r.Groups = append(r.Groups, Group{Key: row.Keys[0], Figures: figures(r.Metrics, row.Values, was[row.Keys[0]])})
	}
	r.Sort(r.Metrics[0], false)
	if len(r.Groups) > MaxGroups {
		r.Groups, more = r.Groups[:MaxGroups], true
	}
	r.More = more
	keys := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		keys[i] = g.Key
	}
	names, err := s.Names(ctx, r.Ask.By, keys)
	if err != nil {
		return err
	}
	for i, g := range r.Groups {
		r.Groups[i].Name = names[g.Key]
	}
	return nil
}

// Sort orders the breakdown by a metric, largest first unless up says otherwise. What isn't
// known comes last.
func (r *Result) Sort(by analytics.Metric, up bool) {
	slices.SortStableFunc(r.Groups, func(a, b Group) int {
		x, y := a.Figure(by).Now, b.Figure(by).Now
		switch {
		case x.Known != y.Known && x.Known:
			return -1
		case x.Known != y.Known:
			return 1
		case x.Number != y.Number && (x.Number < y.Number) == up:
			return -1
		case x.Number != y.Number:
			return 1
		}
		return strings.Compare(a.Key, b.Key)
	})
}

// Chart draws one of the report's graphs. What is compared is drawn for graphs of one
// metric only: two lines and their shadows are a tangle.
func (r *Result) Chart(g Graph) chart.Graph {
	unit := Unit(g.Metrics[0])
	c := chart.Graph{Title: g.Title, Kind: g.Kind, Steps: steps(unit), Format: func(v float64) string {
		return Format(unit, analytics.Value{Number: v, Known: true})
	}}
	for _, p := range r.Points {
		c.Labels = append(c.Labels, moment(p.Start, r.Ask.Grain))
	}
	for _, m := range g.Metrics {
		c.Series = append(c.Series, chart.Series{Name: Title(m), Values: values(r.Points, m)})
	}
	if r.Ask.Compare && len(g.Metrics) == 1 {
		c.Series = append(c.Series, chart.Series{Name: "The time before", Values: values(r.before, g.Metrics[0]), Before: true})
	}
	return c
}

// Trend is a metric over time, NaN where it isn't known.
func (r *Result) Trend(m analytics.Metric) []float64 { return values(r.Points, m) }

func values(ps []Point, m analytics.Metric) []float64 {
	vs := make([]analytics.Value, len(ps))
	for i, p := range ps {
		vs[i] = p.Values[m]
	}
	return numbers(vs)
}
