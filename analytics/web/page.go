package web

import (
	"bytes"
	"cmp"
	"context"
	"html/template"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/chart"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// view is what the page shows.
type view struct {
	Title, About   string
	Home           string
	Tabs, Ranges   []link
	Downloads      []link
	Hidden         []pair
	From, To       string
	Selects        []choices
	Compare        bool
	Chips          []link
	Ignored        []string // filters that the report knows nothing of
	Tiles          []tile
	Charts         []drawn
	Piece          string // of time
	By, ByTitle    string
	Note           string
	Head           []heading
	Rows           []row
	Totals         []cell
	Formulas       []tile
	At, AtText     string
	Zone, Compared string
}

type link struct {
	Text, Href, About string
	Current           bool
}

type pair struct{ Name, Value string }

type choices struct {
	Name, Label string
	On          bool // something is chosen
	Options     []option
}

type option struct {
	Value, Text string
	Selected    bool
}

type tile struct {
	Title, Text, Before, Change, Formula string
	Verdict                              report.Verdict
	Spark                                template.HTML
}

type drawn struct {
	Title         string
	Graph, Legend template.HTML
	Head          []string
	Rows          []pieceRow
}

type pieceRow struct {
	Name  string
	Cells []string
}

type heading struct{ Text, Href, Formula, Sorted string }

type row struct {
	Name, Href string
	Cells      []cell
}

type cell struct {
	Text, Change string
	Verdict      report.Verdict
	Bar          template.HTML
}

func (h *Handler) figures(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	a, err := h.parse(r.URL.RawQuery)
	if err != nil {
		return err
	}
	if a.Ask.Report == "" {
		a.Ask.Report = report.Reports()[0].Name
	}
	if _, ok := a.Values["compare"]; !ok {
		a.Ask.Compare = true // unless somebody doesn't want it
	}
	got, err := h.reports.Run(r.Context(), who, a.Ask)
	if err != nil {
		return err
	}
	v := &view{Title: got.Title, About: got.About, Home: h.o.Home, Compare: a.Ask.Compare}
	for _, d := range got.Ignored {
		v.Ignored = append(v.Ignored, string(d))
	}
	for _, fill := range []func(context.Context, *address, *report.Result) error{v.head, h.filters(v), v.figures, v.groups} {
		if err := fill(r.Context(), a, got); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := h.page.ExecuteTemplate(&b, "page.html", v); err != nil {
		return err
	}
	send(w, r, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// ranges are the times that are a click away.
var ranges = []pair{{"today", "Today"}, {"yesterday", "Yesterday"}, {"7d", "7 days"}, {"28d", "28 days"}, {"90d", "90 days"}, {"month", "This month"}, {"last_month", "Last month"}, {"12m", "12 months"}}

// head is what is above the figures, and below.
func (v *view) head(_ context.Context, a *address, r *report.Result) error {
	for _, p := range report.Reports() {
		v.Tabs = append(v.Tabs, link{Text: p.Title, Href: a.with("report", p.Name, "by", "", "sort", ""), Current: p.Name == r.Name})
	}
	for _, p := range ranges {
		v.Ranges = append(v.Ranges, link{Text: p.Value, Href: a.with("range", p.Name, "from", "", "to", "", "grain", ""), Current: p.Name == a.Range})
	}
	zone := r.Ask.Zone
	v.From, v.To = r.Ask.From.In(zone).Format(time.DateOnly), r.Ask.To.Add(-time.Nanosecond).In(zone).Format(time.DateOnly)
	v.Downloads = []link{
		{Text: "CSV", Href: "table.csv" + a.with("report", r.Name, "sort", ""), About: "The table by " + string(r.Ask.By)},
		{Text: "CSV over time", Href: "series.csv" + a.with("report", r.Name, "sort", ""), About: "What the graphs show"},
	}
	v.At, v.AtText, v.Zone = r.At.UTC().Format(time.RFC3339), r.At.In(zone).Format("2 January 2006, 15:04"), zone.String()
	if r.Ask.Compare {
		v.Compared = days(r.Before)
	}
	return nil
}

// days says which days a time has.
func days(p report.Period) string {
	from, to := p.From.In(p.Zone), p.To.Add(-time.Nanosecond).In(p.Zone)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		return from.Format("2 January 2006")
	}
	return from.Format("2 January 2006") + " to " + to.Format("2 January 2006")
}

// offered are the dimensions that the page has a choice for. Others are filtered by a click
// on a row.
var offered = []analytics.Dimension{analytics.Platform, analytics.Queue, analytics.Agent, analytics.Bot, analytics.Tag}

// filters are the choices of the form, and what was chosen.
func (h *Handler) filters(v *view) func(context.Context, *address, *report.Result) error {
	return func(ctx context.Context, a *address, r *report.Result) error {
		if h.o.Excel != nil {
			v.Downloads = append(v.Downloads, link{Text: "Excel", Href: "workbook.xlsx" + a.with("report", "", "by", "", "sort", ""), About: "All reports, a sheet each"})
		}
		v.Hidden = append(v.Hidden, pair{"report", r.Name})
		for _, name := range []string{"zone", "grain", "sort"} {
			if value := a.Get(name); value != "" {
				v.Hidden = append(v.Hidden, pair{name, value})
			}
		}
		v.byChoices(r)
		for _, d := range analytics.Dimensions() {
			if err := h.filter(ctx, v, a, d); err != nil {
				return err
			}
		}
		v.Selects = append(v.Selects, choices{Name: "hours", Label: "Durations", On: a.Ask.Business, Options: []option{{"", "By the clock", false}, {"business", "In business hours", a.Ask.Business}}})
		return nil
	}
}

// byChoices are the dimensions that the report can be broken down by.
func (v *view) byChoices(r *report.Result) {
	c := choices{Name: "by", Label: "Break down by"}
	whole, _ := report.Named(r.Name)
	for _, d := range whole.Dimensions() {
		c.Options = append(c.Options, option{string(d), report.Dimension(d), d == r.Ask.By})
	}
	c.On = r.Ask.By != whole.By
	v.Selects = append(v.Selects, c)
}

// filter is the choice of a dimension, and a chip for each of the values that are chosen.
func (h *Handler) filter(ctx context.Context, v *view, a *address, d analytics.Dimension) error {
	var chosen []string
	for _, f := range a.Ask.Where {
		if f.By == d {
			chosen = f.Values
		}
	}
	if len(chosen) > 0 {
		names, err := h.reports.Names(ctx, d, chosen)
		if err != nil {
			return err
		}
		for _, key := range chosen {
			v.Chips = append(v.Chips, link{Text: report.Dimension(d) + ": " + names[key], Href: a.without(d, key)})
		}
	}
	if !slices.Contains(offered, d) || len(chosen) > 1 {
		for _, key := range chosen {
			v.Hidden = append(v.Hidden, pair{string(d), cmp.Or(key, none)})
		}
		return nil
	}
	all, err := h.reports.Choices(ctx, d)
	if err != nil {
		return err
	}
	if len(all) == 0 && len(chosen) == 0 {
		return nil
	}
	c := choices{Name: string(d), Label: report.Dimension(d), On: len(chosen) > 0, Options: []option{{"", "Any", len(chosen) == 0}}}
	all = append(all, report.Choice{Name: report.None(d)})
	if len(chosen) == 1 && !slices.ContainsFunc(all, func(o report.Choice) bool { return o.Key == chosen[0] }) {
		all = append(all, report.Choice{Key: chosen[0], Name: chosen[0]}) // it isn't there any more
	}
	for _, o := range all {
		c.Options = append(c.Options, option{cmp.Or(o.Key, none), o.Name, len(chosen) == 1 && chosen[0] == o.Key})
	}
	v.Selects = append(v.Selects, c)
	return nil
}

// figures are totals and graphs.
func (v *view) figures(_ context.Context, a *address, r *report.Result) error {
	for _, m := range r.Tiles {
		f := r.Total(m)
		t := tile{Title: f.Title(), Text: f.Text(), Formula: report.Formula(m), Spark: chart.Spark(r.Trend(m))}
		if a.Ask.Compare {
			t.Change, t.Verdict = f.Change(), f.Verdict()
			if f.Before.Known {
				t.Before = f.BeforeText()
			}
		}
		v.Tiles = append(v.Tiles, t)
	}
	for _, f := range r.Totals {
		v.Formulas = append(v.Formulas, tile{Title: f.Title(), Formula: report.Formula(f.Metric)})
	}
	v.Piece = strings.ToUpper(string(r.Ask.Grain[:1])) + string(r.Ask.Grain[1:])
	for _, g := range r.Graphs {
		c := r.Chart(g)
		d := drawn{Title: g.Title, Graph: c.Inline(), Legend: c.Legend()}
		for _, s := range c.Series {
			d.Head = append(d.Head, s.Name)
		}
		for i, name := range c.Labels {
			p := pieceRow{Name: name}
			for _, s := range c.Series {
				p.Cells = append(p.Cells, said(c, s, i))
			}
			d.Rows = append(d.Rows, p)
		}
		v.Charts = append(v.Charts, d)
	}
	return nil
}

// said is a point of a graph in words.
func said(c chart.Graph, s chart.Series, i int) string {
	if i >= len(s.Values) || math.IsNaN(s.Values[i]) {
		return "–"
	}
	return c.Format(s.Values[i])
}

// shownRows is how many rows the page's table has at most; the files have all.
const shownRows = 200

// groups is the breakdown, sorted as the address says: by a metric, largest first, or, with
// a minus before it, smallest first.
func (v *view) groups(_ context.Context, a *address, r *report.Result) error {
	sort, up := strings.CutPrefix(a.Get("sort"), "-")
	by := analytics.Metric(sort)
	if sort == "" {
		by = r.Metrics[0]
	} else if !slices.Contains(r.Metrics, by) {
		return &store.FieldError{Field: "sort", Reason: "is one of the table's columns"}
	}
	r.Sort(by, up)
	v.By, v.ByTitle = string(r.Ask.By), report.Dimension(r.Ask.By)
	for _, m := range r.Metrics {
		head := heading{Text: report.Title(m), Href: a.with("sort", string(m)), Formula: report.Formula(m)}
		if m == by && up {
			head.Sorted = "ascending"
		} else if m == by {
			head.Sorted, head.Href = "descending", a.with("sort", "-"+string(m))
		}
		v.Head = append(v.Head, head)
		v.Totals = append(v.Totals, cellOf(r.Total(m), a.Ask.Compare))
	}
	most := 0.0
	for _, g := range r.Groups {
		most = max(most, g.Figure(by).Now.Number)
	}
	for _, g := range r.Groups[:min(len(r.Groups), shownRows)] {
		line := row{Name: g.Name, Href: a.with(string(r.Ask.By), cmp.Or(g.Key, none))}
		for _, f := range g.Figures {
			c := cellOf(f, a.Ask.Compare)
			if f.Metric == by && most > 0 {
				c.Bar = chart.Bar(f.Now.Number / most)
			}
			line.Cells = append(line.Cells, c)
		}
		v.Rows = append(v.Rows, line)
	}
	v.Note = note(r)
	return nil
}

func cellOf(f report.Figure, compare bool) cell {
	c := cell{Text: f.Text()}
	if compare {
		c.Change, c.Verdict = f.Change(), f.Verdict()
	}
	return c
}

func note(r *report.Result) string {
	switch {
	case len(r.Groups) > shownRows || r.More:
		return "The first 200 rows; the CSV file has more."
	case r.Ask.By == analytics.Tag:
		return "A ticket may have several tags: rows overlap."
	}
	return ""
}
