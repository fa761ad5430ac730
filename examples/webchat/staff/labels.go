package staff

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
)

// Labels: what new tickets are about, which model says so, and how often that is right.

// labelRoutes is what the page asks about labels.
func (p *Page) labelRoutes() map[string]handler {
	return map[string]handler{
		"GET /api/office/labels":                          p.models,
		"GET /api/office/labels/versions/{version}":       p.labelVersion,
		"GET /api/office/labels/compare":                  p.compareVersions,
		"POST /api/office/labels/upload":                  p.uploadRows,
		"POST /api/office/labels/train":                   p.train,
		"POST /api/office/labels/scope/{act}":             p.onScope,
		"POST /api/office/labels/versions/{version}/{do}": p.onVersion,
		"GET /api/tickets/{id}/label":                     p.opinion,
	}
}

const (
	shownVersions = 50
	liveDays      = 30
)

// scopeOf is the scope that the address names.
func scopeOf(r *http.Request) labels.Scope {
	return labels.Scope{App: r.FormValue("app"), Language: r.FormValue("language")}
}

type liveForm struct {
	labels.Figures
	Accuracy       float64 `json:"accuracy"`
	Abstained      float64 `json:"abstained"`
	ShadowAccuracy float64 `json:"shadow_accuracy"`
	Agreement      float64 `json:"agreement"`
}

func (p *Page) liveOf(ctx context.Context, me *identity.Agent, version string) (liveForm, error) {
	now := time.Now()
	f, err := p.desk.Labels.Live(ctx, me.Actor(), version, now.AddDate(0, 0, 1-liveDays), now)
	if err != nil {
		return liveForm{}, err
	}
	return liveForm{*f, f.Accuracy(), f.Abstained(), f.ShadowAccuracy(), f.Agreement()}, nil
}

type versionRow struct {
	*labels.Version
	Live liveForm `json:"live"`
}

// models are the models of the desk, and the versions of the one that is looked at.
func (p *Page) models(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx, s := r.Context(), p.desk.Labels
	vs, _, err := s.Versions(ctx, me.Actor(), scopeOf(r), "", shownVersions)
	if err != nil {
		return err
	}
	all, err := s.Models(ctx, me.Actor()) // after its versions: what labels is ready
	if err != nil {
		return err
	}
	rows := make([]versionRow, len(vs))
	for i, v := range vs {
		rows[i].Version = v
		if rows[i].Live, err = p.liveOf(ctx, me, v.ID); err != nil {
			return err
		}
	}
	alerts, _, err := s.Alerts(ctx, me.Actor(), "", 200)
	if err != nil {
		return err
	}
	if all == nil {
		all = []labels.Model{}
	}
	return write(w, map[string]any{"models": all, "versions": rows, "alerts": alerts, "days": liveDays})
}

type findingForm struct {
	Kind   predict.FindingKind `json:"kind"`
	Error  bool                `json:"error"`
	Label  string              `json:"label"`
	Other  string              `json:"other"`
	Count  int                 `json:"count"`
	Sure   float64             `json:"sure"`
	Places []placeForm         `json:"places"`
}

// placeForm is a row, or the ticket that it was made of.
type placeForm struct {
	Row    int    `json:"row,omitempty"`
	Ticket string `json:"ticket,omitempty"`
	Number int64  `json:"number,omitempty"`
	Text   string `json:"text"`
}

// labelVersion is all that is known of a version.
func (p *Page) labelVersion(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx, id := r.Context(), r.PathValue("version")
	v, err := p.desk.Labels.Version(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	out := map[string]any{"version": v}
	report, err := p.desk.Labels.Report(ctx, me.Actor(), id)
	if errors.Is(err, store.ErrNotFound) {
		return write(w, out)
	}
	if err != nil {
		return err
	}
	findings := make([]findingForm, len(report.Findings))
	for i, f := range report.Findings {
		findings[i] = findingForm{Kind: f.Kind, Error: f.Error(), Label: f.Label, Other: f.Other, Count: f.Count, Sure: f.Confidence}
		if findings[i].Places, err = p.places(ctx, me, v.Scope, f.Refs); err != nil {
			return err
		}
	}
	live, err := p.liveOf(ctx, me, id)
	if err != nil {
		return err
	}
	out["report"], out["findings"], out["live"] = report.Report, findings, live
	return write(w, out)
}

// maxPlaces is how many rows of a finding are shown.
const maxPlaces = 3

func (p *Page) places(ctx context.Context, me *identity.Agent, c labels.Scope, refs []string) (all []placeForm, err error) {
	for _, ref := range refs[:min(len(refs), maxPlaces)] {
		kind, id, _ := strings.Cut(ref, ":")
		if kind == "ticket" {
			t, err := p.desk.Tickets.Get(ctx, me.Actor(), id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			all = append(all, placeForm{Ticket: t.ID, Number: t.Number, Text: t.Title})
			continue
		}
		n, _ := strconv.Atoi(id)
		rows, err := p.desk.Labels.UploadedRows(ctx, me.Actor(), c, n-1, 1)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			all = append(all, placeForm{Row: n, Text: rows[0].Text})
		}
	}
	return all, nil
}

// maxUpload is what a browser may send of rows.
const maxUpload = 16 << 20

// uploadRows takes a file of rows: CSV, or a .zip archive of such files.
func (p *Page) uploadRows(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	file, _, err := r.FormFile("file")
	if err != nil {
		return &store.FieldError{Field: "file", Reason: "is missing"}
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxUpload+1))
	if err != nil {
		return err
	}
	if len(b) > maxUpload {
		return &store.FieldError{Field: "file", Reason: "has more than 16 MB", Limit: maxUpload}
	}
	rows, err := predict.ReadRows(bytes.NewReader(b), int64(len(b)))
	if bad, ok := errors.AsType[*predict.FileError](err); ok {
		return &store.FieldError{Field: "file", Reason: bad.Error()}
	}
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Group = "" // who wrote it isn't told by a file's own word
	}
	if err := p.desk.Labels.Upload(r.Context(), me.Actor(), scopeOf(r), rows); err != nil {
		return err
	}
	return write(w, map[string]int{"rows": len(rows)})
}

// train asks for a training; it is done in the background.
func (p *Page) train(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		App      string       `json:"app"`
		Language string       `json:"language"`
		Tickets  bool         `json:"tickets"`
		Uploaded bool         `json:"uploaded"`
		Adopt    labels.Adopt `json:"adopt"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	v, err := p.desk.Labels.Train(r.Context(), me.Actor(), labels.Order{Scope: labels.Scope{App: in.App, Language: in.Language}, Tickets: in.Tickets, Uploaded: in.Uploaded, Adopt: in.Adopt})
	if err != nil {
		return err
	}
	return write(w, v)
}

// onScope is what is done with a scope's model.
func (p *Page) onScope(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		App      string       `json:"app"`
		Language string       `json:"language"`
		Days     int          `json:"days"`
		Adopt    labels.Adopt `json:"adopt"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	c, s := labels.Scope{App: in.App, Language: in.Language}, p.desk.Labels
	var err error
	switch r.PathValue("act") {
	case "rollback":
		err = s.RollBack(r.Context(), me.Actor(), c)
	case "unshadow":
		err = s.Unshadow(r.Context(), me.Actor(), c)
	case "plan":
		if in.Days < 0 || in.Days > 366 {
			return &store.FieldError{Field: "days", Reason: "are 0 to 366", Limit: 366}
		}
		err = s.SavePlan(r.Context(), me.Actor(), c, labels.Plan{Every: time.Duration(in.Days) * 24 * time.Hour, Adopt: in.Adopt})
	default:
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return write(w, map[string]bool{"done": true})
}

// onVersion is what is done with one version.
func (p *Page) onVersion(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Thresholds []labels.Threshold `json:"thresholds"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	ctx, s, id := r.Context(), p.desk.Labels, r.PathValue("version")
	var err error
	switch r.PathValue("do") {
	case "activate":
		err = s.Activate(ctx, me.Actor(), id)
	case "shadow":
		err = s.Shadow(ctx, me.Actor(), id)
	case "retire":
		err = s.Retire(ctx, me.Actor(), id)
	case "delete":
		err = s.Delete(ctx, me.Actor(), id)
	case "thresholds":
		err = s.SetThresholds(ctx, me.Actor(), id, in.Thresholds)
	default:
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return write(w, map[string]bool{"done": true})
}

// compareVersions puts two side by side.
func (p *Page) compareVersions(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	c, err := p.desk.Labels.Compare(r.Context(), me.Actor(), r.FormValue("a"), r.FormValue("b"))
	if err != nil {
		return err
	}
	type row struct {
		Label    string  `json:"label"`
		A        float64 `json:"a"`
		B        float64 `json:"b"`
		SupportA int     `json:"support_a"`
		SupportB int     `json:"support_b"`
	}
	rows := make([]row, len(c.Labels))
	for i, l := range c.Labels {
		rows[i] = row{l.Label, l.F1A, l.F1B, l.SupportA, l.SupportB}
	}
	return write(w, map[string]any{"a": c.A, "b": c.B, "labels": rows})
}

// opinion is what the model says of a ticket, and which labels there are.
func (p *Page) opinion(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	o, err := p.desk.Labels.Opinion(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	type scoredForm struct {
		Label string  `json:"label"`
		Sure  float64 `json:"sure"`
	}
	type wordForm struct {
		Word  string  `json:"word"`
		Share float64 `json:"share"`
	}
	top, words, known, number := []scoredForm{}, []wordForm{}, []string{}, 0
	for _, s := range o.Top {
		top = append(top, scoredForm{s.Label, s.Confidence})
	}
	for _, s := range o.Words {
		words = append(words, wordForm{s.Word, s.Share})
	}
	if o.Version != nil {
		known, number = o.Version.Labels, o.Version.Number
	}
	said := o.Said
	if o.Verdict != nil {
		said = o.Verdict.Said
	}
	return write(w, map[string]any{"said": said, "predicted": o.Verdict != nil, "top": top, "words": words, "labels": known, "version": number})
}
