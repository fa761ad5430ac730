package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/analytics/report"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func answer(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	send(w, r, "application/json", b)
	return nil
}

type rowForm struct {
	ID     string                               `json:"id"`
	Start  time.Time                            `json:"start"`
	End    time.Time                            `json:"end"`
	Keys   map[analytics.Dimension]string       `json:"keys"`
	Values map[analytics.Metric]analytics.Value `json:"values"`
}

// ask reads what rows are asked for, and gets them.
func (h *Handler) ask(r *http.Request, who event.Actor) (*address, analytics.Query, *analytics.Table, error) {
	a, err := h.parse(r.URL.RawQuery)
	if err != nil {
		return nil, analytics.Query{}, nil, err
	}
	q, err := a.query()
	if err != nil {
		return nil, q, nil, err
	}
	t, err := h.analytics.Query(r.Context(), who, q)
	return a, q, t, err
}

func (h *Handler) rows(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	_, q, t, err := h.ask(r, who)
	if err != nil {
		return err
	}
	rows := make([]rowForm, len(t.Rows))
	for i, row := range t.Rows {
		f := rowForm{row.ID, row.Start.In(q.Zone), row.End.In(q.Zone), map[analytics.Dimension]string{}, map[analytics.Metric]analytics.Value{}}
		for n, d := range q.By {
			f.Keys[d] = row.Keys[n]
		}
		for n, m := range t.Metrics {
			f.Values[m] = row.Values[n]
		}
		rows[i] = f
	}
	return answer(w, r, struct {
		Rows    []rowForm `json:"rows"`
		Next    string    `json:"next"`
		Through int64     `json:"through"`
	}{rows, t.Next, t.Through})
}

func (h *Handler) rowsCSV(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	a, q, t, err := h.ask(r, who)
	if err != nil {
		return err
	}
	if t.Next != "" {
		w.Header().Set("Link", "<rows.csv"+a.with("after", t.Next)+`>; rel="next"`)
	}
	return sendCSV(w, r, "figures", a.Ask.Period, report.Table(q, t))
}

func (h *Handler) metrics(w http.ResponseWriter, r *http.Request, _ event.Actor) error {
	type form struct {
		Metric  analytics.Metric      `json:"metric"`
		Name    string                `json:"name"`
		Unit    analytics.Unit        `json:"unit"`
		Formula string                `json:"formula"`
		Dated   string                `json:"dated_by"`
		Level   bool                  `json:"level"`
		By      []analytics.Dimension `json:"dimensions"`
	}
	all := []form{}
	for _, d := range analytics.Metrics() {
		if len(d.By) == 0 {
			d.By = analytics.Dimensions()
		}
		all = append(all, form{d.Metric, d.Name, d.Unit, d.Formula, d.Dated, d.Level, d.By})
	}
	return answer(w, r, map[string]any{"metrics": all})
}

type reportForm struct {
	Name  string              `json:"name"`
	Title string              `json:"title"`
	About string              `json:"about"`
	By    analytics.Dimension `json:"by"`
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request, _ event.Actor) error {
	all := []reportForm{}
	for _, p := range report.Reports() {
		all = append(all, reportForm{p.Name, p.Title, p.About, p.By})
	}
	return answer(w, r, map[string]any{"reports": all})
}

// figureForm is a figure; the one before is left out where nothing is compared.
type figureForm struct {
	Value  analytics.Value  `json:"value"`
	Before *analytics.Value `json:"before,omitempty"`
}

func figuresOf(fs []report.Figure, compare bool) map[analytics.Metric]figureForm {
	all := map[analytics.Metric]figureForm{}
	for _, f := range fs {
		form := figureForm{Value: f.Now}
		if compare {
			form.Before = &f.Before
		}
		all[f.Metric] = form
	}
	return all
}

func (h *Handler) report(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	a, err := h.parse(r.URL.RawQuery)
	if err != nil {
		return err
	}
	a.Ask.Report = r.PathValue("report")
	if _, ok := report.Named(a.Ask.Report); !ok {
		return &store.Error{Op: "get", Collection: "report", Key: a.Ask.Report, Err: store.ErrNotFound}
	}
	got, err := h.reports.Run(r.Context(), who, a.Ask)
	if err != nil {
		return err
	}
	type groupForm struct {
		Key     string                          `json:"key"`
		Name    string                          `json:"name"`
		Figures map[analytics.Metric]figureForm `json:"figures"`
	}
	type pointForm struct {
		Start  time.Time                            `json:"start"`
		Values map[analytics.Metric]analytics.Value `json:"values"`
	}
	groups, points := []groupForm{}, []pointForm{}
	for _, g := range got.Groups {
		groups = append(groups, groupForm{g.Key, g.Name, figuresOf(g.Figures, a.Ask.Compare)})
	}
	for _, p := range got.Points {
		points = append(points, pointForm{p.Start, p.Values})
	}
	return answer(w, r, map[string]any{"report": reportForm{got.Name, got.Title, got.About, got.Ask.By}, "from": got.Ask.From, "to": got.Ask.To, "grain": got.Ask.Grain,
		"totals": figuresOf(got.Totals, a.Ask.Compare), "groups": groups, "more": got.More, "points": points})
}

// run makes the report that the address names, the overview if it names none.
func (h *Handler) run(r *http.Request, who event.Actor) (*report.Result, error) {
	a, err := h.parse(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	if a.Ask.Report == "" {
		a.Ask.Report = report.Reports()[0].Name
	}
	return h.reports.Run(r.Context(), who, a.Ask)
}

func (h *Handler) table(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	got, err := h.run(r, who)
	if err != nil {
		return err
	}
	return sendCSV(w, r, got.Name, got.Ask.Period, got.Breakdown())
}

func (h *Handler) series(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	got, err := h.run(r, who)
	if err != nil {
		return err
	}
	return sendCSV(w, r, got.Name+"-over-time", got.Ask.Period, got.OverTime())
}

// fileName says what a file is about. Names of reports are ours, and days are digits: there
// is nothing in it to escape.
func fileName(name string, p report.Period, ending string) string {
	last := p.To.Add(-time.Nanosecond) // the day that is in it
	return fmt.Sprintf(`attachment; filename="%s-%s-%s.%s"`, name, p.From.In(p.Zone).Format(time.DateOnly), last.In(p.Zone).Format(time.DateOnly), ending)
}

func sendCSV(w http.ResponseWriter, r *http.Request, name string, p report.Period, s report.Sheet) error {
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", fileName(name, p, "csv"))
	send(w, r, "text/csv; charset=utf-8; header=present", b.Bytes())
	return nil
}

func (h *Handler) workbook(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	if h.o.Excel == nil {
		return &store.Error{Op: "get", Collection: "file", Key: "workbook.xlsx", Err: store.ErrNotFound}
	}
	a, err := h.parse(r.URL.RawQuery)
	if err != nil {
		return err
	}
	sheets, err := h.reports.Sheets(r.Context(), who, a.Ask)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := h.o.Excel(&b, sheets); err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", fileName("figures", a.Ask.Period, "xlsx"))
	send(w, r, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b.Bytes())
	return nil
}

// picturePolicy is that of a picture that is opened by itself: it has its style inside.
const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

func (h *Handler) chart(w http.ResponseWriter, r *http.Request, who event.Actor) error {
	got, err := h.run(r, who)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.FormValue("graph"))
	if r.FormValue("graph") == "" {
		n, err = 1, nil
	}
	if err != nil || n < 1 || n > len(got.Graphs) {
		return &store.FieldError{Field: "graph", Reason: fmt.Sprintf("is 1 to %d", len(got.Graphs))}
	}
	var b bytes.Buffer
	if err := got.Chart(got.Graphs[n-1]).WriteSVG(&b); err != nil {
		return errors.Join(errors.New("draw a chart"), err)
	}
	w.Header().Set("Content-Security-Policy", picturePolicy)
	send(w, r, "image/svg+xml", b.Bytes())
	return nil
}
