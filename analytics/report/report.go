package report

import (
	"slices"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
)

// Report is what somebody asks figures for.
type Report struct {
	Name    string // in addresses: agents
	Title   string // for people: Agents
	About   string // a sentence on what it answers
	By      analytics.Dimension
	Tiles   []analytics.Metric // the totals that are told first
	Graphs  []Graph
	Metrics []analytics.Metric // the columns of its table, which is sorted by the first one
}

// Graph is a chart of a report, over time.
type Graph struct {
	Title   string
	Metrics []analytics.Metric // all of one unit
	Kind    chart.Kind
}

// Reports are all reports, in the order in which pages offer them. The slice is the
// caller's.
func Reports() []Report {
	return []Report{overview(), agents(), queues(), channels(), bots(), articles(), labels(), targets(), ratings()}
}

// Named is the report with this name.
func Named(name string) (Report, bool) {
	all := Reports()
	at := slices.IndexFunc(all, func(r Report) bool { return r.Name == name })
	if at < 0 {
		return Report{}, false
	}
	return all[at], true
}

// Dimensions are those that the report can be broken down by.
func (r *Report) Dimensions() (all []analytics.Dimension) {
	for _, d := range analytics.Dimensions() {
		if slices.ContainsFunc(r.Metrics, func(m analytics.Metric) bool { return knows(m, d) }) {
			all = append(all, d)
		}
	}
	return all
}

// narrow leaves the metrics that know the dimensions of what is asked, as agents' time
// knows no queues: they would tell of nothing. Filters that none of them knows go from what
// is asked, and are returned.
func (r *Report) narrow(a *Ask) (ignored []analytics.Dimension) {
	a.Where = slices.DeleteFunc(slices.Clone(a.Where), func(f analytics.Filter) bool {
		if slices.Contains(r.Dimensions(), f.By) || !slices.Contains(analytics.Dimensions(), f.By) {
			return false
		}
		ignored = append(ignored, f.By)
		return true
	})
	known := func(ms []analytics.Metric) []analytics.Metric {
		return slices.DeleteFunc(slices.Clone(ms), func(m analytics.Metric) bool {
			return slices.ContainsFunc(a.Where, func(f analytics.Filter) bool { return !knows(m, f.By) })
		})
	}
	r.Tiles, r.Metrics = known(r.Tiles), known(r.Metrics)
	r.Metrics = slices.DeleteFunc(r.Metrics, func(m analytics.Metric) bool { return !knows(m, a.By) })
	var graphs []Graph
	for _, g := range r.Graphs {
		if g.Metrics = known(g.Metrics); len(g.Metrics) > 0 {
			graphs = append(graphs, g)
		}
	}
	r.Graphs = graphs
	return ignored
}

// metrics are all that a report asks for, once each.
func (r *Report) metrics(of ...[]analytics.Metric) (all []analytics.Metric) {
	for _, ms := range of {
		for _, m := range ms {
			if !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// overTime are the metrics that its graphs and the lines of its tiles need.
func (r *Report) overTime() []analytics.Metric {
	sets := [][]analytics.Metric{r.Tiles}
	for _, g := range r.Graphs {
		sets = append(sets, g.Metrics)
	}
	return r.metrics(sets...)
}
