package labels

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Adopt says what becomes of a version when its training is done.
type Adopt string

// What there is.
const (
	AdoptAsked  Adopt = ""       // somebody activates it, or nobody does
	AdoptBetter Adopt = "better" // it becomes active if it is better than the active one, or if there is none
	AdoptAlways Adopt = "always"
)

func (a Adopt) valid() bool { return slices.Contains([]Adopt{AdoptAsked, AdoptBetter, AdoptAlways}, a) }

// Order asks for a training. At least one of Tickets and Uploaded is set.
type Order struct {
	Scope    Scope
	Tickets  bool // by closed tickets: their first message, and the label that they were closed with
	Uploaded bool // by the rows of Upload
	Adopt    Adopt
}

const (
	trainKind = "label.train"
	// trainTime is how long a training may take. One whose process was killed begins again
	// when it is over.
	trainTime = 15 * time.Minute
	failTime  = time.Minute // for noting that it failed
	// trainAttempts is how often a training is tried. The others wait meanwhile.
	trainAttempts = 5
)

// Train makes a new version of a scope's model, in the background: it returns it in the
// state Training. Trainings come one after the other. They survive the end of the process,
// and begin again then; one that takes more than 15 minutes, or can't be done for another
// reason, is tried five times, and its version is Unusable then. At most 50,000 closed
// tickets are read, those changed last, and 10,000,000 characters.
func (s *Service) Train(ctx context.Context, actor event.Actor, o Order) (v *Version, err error) {
	switch {
	case !o.Tickets && !o.Uploaded:
		return nil, &store.FieldError{Field: "order", Reason: "is by tickets, by uploaded rows, or both"}
	case !o.Adopt.valid():
		return nil, &store.FieldError{Field: "order.adopt", Reason: "is empty, better or always"}
	}
	err = s.configure(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		if err := o.Scope.check(ctx, tx, s.Tickets); err != nil {
			return nil, err
		}
		v = &Version{Scope: o.Scope, FromTickets: o.Tickets, FromUploaded: o.Uploaded, Adopt: o.Adopt, By: actor}
		return s.queue(ctx, tx, v)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// queue creates a version and the job that trains it.
func (s *Service) queue(ctx context.Context, tx *store.Tx, v *Version) (*event.Event, error) {
	n, err := versions.Count(ctx, tx, store.ByKey().Limit(MaxVersions))
	if err != nil {
		return nil, err
	}
	if n >= MaxVersions {
		return nil, &store.FieldError{Field: "version", Reason: "a desk keeps at most 500: delete old ones", Limit: MaxVersions}
	}
	r, err := hold(ctx, tx)
	if err != nil {
		return nil, err
	}
	m, err := r.need(v.Scope)
	if err != nil {
		return nil, err
	}
	m.Versions++
	if err := registers.Put(ctx, tx, r); err != nil {
		return nil, err
	}
	v.ID, v.Number, v.State, v.Created = s.Events.IDs().New(), m.Versions, Training, s.now()
	data, err := event.JSON(v.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Jobs.Enqueue(ctx, tx, job.Spec{ID: trainKind + "/" + v.ID, Kind: trainKind, Key: trainKind, Data: data}); err != nil {
		return nil, err
	}
	return v.put(ctx, tx, Queued, v.By)
}

// trainJob trains a version, or says why that can't be done: rows that are no good are
// so at once, whatever else goes wrong after the last attempt.
func (s *Service) trainJob(ctx context.Context, j *job.Job) error {
	var id string
	if err := j.Payload(&id); err != nil {
		return job.Permanent(err)
	}
	err := s.attempt(ctx, id)
	if err == nil || j.Attempt < trainAttempts || errors.Is(ctx.Err(), context.Canceled) { // Run ends: it begins again
		return err
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it isn't done after %v: give it fewer rows, or more processors", trainTime)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), failTime)
	defer cancel()
	return s.fail(ctx, id, nil, err)
}

// attempt is one of a training.
func (s *Service) attempt(ctx context.Context, id string) error {
	var v *Version
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		v, err = versions.Get(ctx, tx, id)
		return err
	})
	if missing(err) || err == nil && v.State != Training {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := s.learn(ctx, v)
	if err != nil || d == nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error { return s.finish(ctx, tx, id, d) })
}

// seed is that of all trainings: the same rows give the same model.
const seed = 1

// learn trains a version outside of transactions; nil: its rows are no good, which is kept.
func (s *Service) learn(ctx context.Context, v *Version) (*made, error) {
	b, err := s.gather(ctx, v)
	if err != nil {
		return nil, err
	}
	rows, left := b.enough()
	m, trial, err := s.teach(ctx, rows, &predict.Options{Seed: seed})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, s.fail(ctx, v.ID, left, err)
	}
	var file bytes.Buffer
	if _, err := m.WriteTo(&file); err != nil {
		return nil, err
	}
	d := &made{basket: b, model: m, trial: trial, file: file.Bytes(), left: left}
	if d.thresholds, err = s.inherited(ctx, v.Scope, m); err != nil {
		return nil, err
	}
	d.report = d.newReport(v)
	if v.Adopt == AdoptBetter {
		err = s.compete(ctx, v.Scope, d)
	}
	return d, err
}

// fail keeps why a training was no good: its rows are too few, say.
func (s *Service) fail(ctx context.Context, id string, left []LabelRow, why error) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		v, err := versions.Lock(ctx, tx, id, store.ForUpdate)
		if missing(err) {
			return nil
		}
		if err != nil {
			return err
		}
		v.State, v.Error, v.LeftOut, v.Gone = Unusable, cut(why.Error(), 1000), left, nil
		e, err := v.put(ctx, tx, Failed, system())
		if err != nil {
			return err
		}
		return s.Events.Append(ctx, tx, e)
	})
}

// made is what a training gave.
type made struct {
	*basket
	model  *predict.Model
	trial  *predict.Trial
	file   []byte
	left   []LabelRow
	report *Report
	rival  rival

	thresholds []Threshold
}

// rival is the version that was active when a training was done, and how both versions do
// on rows that neither has seen.
type rival struct {
	version string
	was, is float64
	rows    int
	mute    bool // its model can't be read: by a newer program it is too old, say
}

// finish stores a trained version, and makes it active if that was asked for.
func (s *Service) finish(ctx context.Context, tx *store.Tx, id string, d *made) error {
	v, err := versions.Lock(ctx, tx, id, store.ForUpdate)
	if missing(err) || err == nil && v.State != Training {
		return nil // deleted, or done by somebody who was faster
	}
	if err != nil {
		return err
	}
	report := *d.report // an Update may run again
	r := &report.Report
	v.State, v.Trained, v.LeftOut, v.Size, v.Labels = Ready, s.now(), d.left, len(d.file), d.model.Labels()
	v.Rows, v.OutOfScope = d.learnedFrom()
	v.Thresholds = d.thresholds
	v.Accuracy, v.MacroF1, v.Coverage, v.AccuracyAtCoverage, v.ECE = r.Accuracy, r.MacroF1, r.Coverage, r.AccuracyAtCoverage, r.ECE
	whose := newMemberships(id, d.groups())
	if v.goneFrom(whose) {
		v.Marked = s.now()
	}
	v.Gone = nil
	if err := reports.Put(ctx, tx, &report); err != nil {
		return err
	}
	for _, m := range whose {
		if err := members.Put(ctx, tx, m); err != nil {
			return err
		}
	}
	if err := putModel(ctx, tx, id, d.file); err != nil {
		return err
	}
	e, err := v.put(ctx, tx, Trained, system())
	if err == nil {
		err = s.Events.Append(ctx, tx, e)
	}
	if err != nil || v.Adopt == AdoptAsked {
		return err
	}
	return s.adopt(ctx, tx, v, d)
}

// newReport is the version's report, with rows named so that people find them.
func (d *made) newReport(v *Version) *Report {
	asked := Version{Thresholds: d.thresholds}
	out := &Report{Version: v.ID, Report: *predict.NewReport(d.trial.Judgements, func(label string) float64 { return asked.least(label, d.model) })}
	if c := out.Report.Confused; len(c) > maxConfused {
		slices.SortStableFunc(c, func(a, b predict.Confusion) int { return cmp.Compare(b.Rows, a.Rows) })
		out.Report.Confused = c[:maxConfused]
	}
	told := map[predict.FindingKind]int{}
	for _, f := range predict.Lint(d.rows, d.judged()) {
		if told[f.Kind]++; told[f.Kind] > maxLeft {
			continue // labels that have a row each may be as many as rows
		}
		one := Finding{Finding: f}
		for _, row := range f.Rows[:min(len(f.Rows), 20)] {
			one.Refs = append(one.Refs, d.refs[row])
		}
		one.Rows = nil
		out.Findings = append(out.Findings, one)
	}
	return out
}

// learnedFrom is the number of rows that the model was made from, and of those of them that
// have no label.
func (d *made) learnedFrom() (rows, outOfScope int) {
	js := d.trial.All()
	for i := range js {
		if js[i].Label == "" {
			outOfScope++
		}
	}
	return len(js), outOfScope
}

// judged are judgements of all rows that the model was made from, by the rows that were
// gathered.
func (d *made) judged() []predict.Judgement {
	js := d.trial.All()
	for i := range js {
		js[i].Row = d.kept[js[i].Row]
	}
	return js
}

// fewer is how many rows that both versions haven't seen are needed to compare them.
const fewer = 30

// adopt makes a version active, if it is better than the active one where that was asked
// for: on tickets that were closed after the active one was trained, which neither has
// seen, or, where there are too few of those, by what each did on rows held out. Any is
// better than one whose model can't be read any more.
func (s *Service) adopt(ctx context.Context, tx *store.Tx, v *Version, d *made) error {
	r, err := hold(ctx, tx)
	if err != nil {
		return err
	}
	m, err := r.need(v.Scope)
	if err != nil {
		return err
	}
	f := v.facts()
	if m.Active != "" && v.Adopt == AdoptBetter {
		was, err := versions.Get(ctx, tx, m.Active)
		if err != nil {
			return err
		}
		f.WasOf, f.Was = was.Accuracy, was.ID
		if d.rival.version == was.ID && d.rival.rows >= fewer {
			f.WasOf, f.Score, f.Rows = d.rival.was, d.rival.is, d.rival.rows
		}
		mute := d.rival.version == was.ID && d.rival.mute
		if f.Score <= f.WasOf && was.Marked.IsZero() && !mute {
			e, err := record(Kept, versionSubject+v.ID+"/adoption", 1, system(), f)
			if err != nil {
				return err
			}
			return s.Events.Append(ctx, tx, e)
		}
	}
	m.activate(v.ID, s.now())
	e, err := r.put(ctx, tx, Activated, system(), f)
	if err != nil {
		return err
	}
	return s.Events.Append(ctx, tx, e)
}

// compete lets the active version judge rows that came after its training. The new one
// has judged them when it hadn't seen them.
func (s *Service) compete(ctx context.Context, c Scope, d *made) error {
	var since time.Time
	err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		d.rival = rival{}
		v, err := activeVersion(ctx, tx, c)
		if err == nil && v != nil {
			d.rival.version, since = v.ID, v.Trained
		}
		return err
	})
	if err != nil || d.rival.version == "" {
		return err
	}
	old, err := s.cache.load(ctx, s.db, d.rival.version)
	if d.rival.mute = unreadable(err); d.rival.mute {
		return nil
	}
	if err != nil {
		return err
	}
	for _, j := range d.trial.Judgements {
		at := d.kept[j.Row]
		if j.Label == "" || !d.times[at].After(since) {
			continue
		}
		d.rival.rows++
		if j.Best.Label == j.Label {
			d.rival.is++
		}
		if old.Predict(d.rows[at].Text).Best.Label == j.Label {
			d.rival.was++
		}
	}
	if n := float64(d.rival.rows); n > 0 {
		d.rival.was, d.rival.is = d.rival.was/n, d.rival.is/n
	}
	return nil
}

func (m *Model) activate(version string, at time.Time) {
	if m.Active == version {
		return
	}
	m.Before, m.Active, m.Since = m.Active, version, at
	if m.Shadow == version {
		m.Shadow = ""
	}
}
