package labels

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// MaxVersions is how many versions a desk keeps of all its models together: delete old
// ones.
const MaxVersions = 500

// State is what a version can be used for.
type State string

// The states.
const (
	Training  State = "training" // it is waiting for its training, or in it
	Ready     State = "ready"
	Unusable  State = "failed"  // its training failed: Error says why
	OutOfWork State = "retired" // it can't become active any more
)

// Version is a trained model, or one that is being trained.
type Version struct {
	ID     string `json:"id"` // UUIDv7
	Scope  Scope  `json:"scope,omitzero"`
	Number int    `json:"number"` // in its scope, from 1
	State  State  `json:"state"`
	Error  string `json:"error,omitempty"`

	FromTickets  bool        `json:"from_tickets,omitempty"`  // trained by closed tickets
	FromUploaded bool        `json:"from_uploaded,omitempty"` // and by rows that were uploaded
	Adopt        Adopt       `json:"adopt,omitempty"`
	By           event.Actor `json:"by"`
	Created      time.Time   `json:"created"`
	Trained      time.Time   `json:"trained,omitzero"`
	Retired      time.Time   `json:"retired,omitzero"`

	Rows       int        `json:"rows,omitempty"`         // that it was trained by
	OutOfScope int        `json:"out_of_scope,omitempty"` // of these, without a label
	Labels     []string   `json:"labels,omitempty"`       // that it knows, in order
	LeftOut    []LabelRow `json:"left_out,omitempty"`     // labels with fewer than predict.MinRows rows, at most 200
	Size       int        `json:"size,omitempty"`         // of the model, in bytes

	// By rows that were held out; Report has more.
	Accuracy           float64 `json:"accuracy,omitempty"`
	MacroF1            float64 `json:"macro_f1,omitempty"`
	Coverage           float64 `json:"coverage,omitempty"`
	AccuracyAtCoverage float64 `json:"accuracy_at_coverage,omitempty"`
	ECE                float64 `json:"ece,omitempty"`

	Thresholds []Threshold `json:"thresholds,omitempty"` // that were set by hand
	// Marked is since when an erasure has touched its rows: it should be trained again.
	Marked time.Time `json:"marked,omitzero"`
	Gone   []string  `json:"gone,omitempty"` // who was erased while it was in training, hashed
	Rev    store.Rev `json:"-"`
}

// LabelRow is a label and how many rows it has.
type LabelRow struct {
	Label string `json:"label"`
	Rows  int    `json:"rows"`
}

// Threshold is the confidence from which on a label is given; the label "" is all that
// have none of their own.
type Threshold struct {
	Label string  `json:"label,omitempty"`
	Least float64 `json:"least"` // 0 to 1
}

// least is the confidence from which on a label is given.
func (v *Version) least(label string, m *predict.Model) float64 {
	for _, name := range []string{label, ""} {
		if i := slices.IndexFunc(v.Thresholds, func(t Threshold) bool { return t.Label == name }); i >= 0 {
			return v.Thresholds[i].Least
		}
	}
	return m.Threshold(label)
}

var versions = &store.Collection[Version]{
	Name: "label_version",
	Key:  func(v *Version) string { return v.ID },
	Rev:  func(v *Version) *store.Rev { return &v.Rev },
	Columns: []store.Column[Version]{
		{Name: "scope", Kind: store.Text, Of: func(v *Version) any { return v.Scope.key() }},
		{Name: "created", Kind: store.Time, Of: func(v *Version) any { return v.Created }},
	},
	Indexes:    []store.Index{{Name: "scope", On: []string{"scope", "created"}}},
	Impersonal: "holds labels and numbers",
}

const versionSubject = "label_version:"

// put stores a version and returns the event that tells what happened to it.
func (v *Version) put(ctx context.Context, tx *store.Tx, what string, actor event.Actor) (*event.Event, error) {
	if err := versions.Put(ctx, tx, v); err != nil {
		return nil, err
	}
	return record(what, versionSubject+v.ID, v.Rev, actor, v.facts())
}

func (v *Version) facts() Facts {
	return Facts{Version: v.ID, Number: v.Number, Scope: v.Scope, Rows: v.Rows, Score: v.Accuracy, Reason: v.Error}
}

// Report is all that is known of a version from its training. Where its rows are many, the
// figures are of some thousands of them (Report.Rows), as predict.Trial says.
type Report struct {
	Version  string         `json:"version"`
	Report   predict.Report `json:"report"`
	Findings []Finding      `json:"findings,omitempty"` // about its rows
	Rev      store.Rev      `json:"-"`
}

// Finding is something that is wrong, or likely to be, with the rows of a training. Refs
// says which: ticket:ID, or row:N of those that were uploaded, from 1.
type Finding struct {
	predict.Finding
	Refs []string `json:"refs,omitempty"`
}

var reports = &store.Collection[Report]{
	Name:       "label_report",
	Key:        func(r *Report) string { return r.Version },
	Rev:        func(r *Report) *store.Rev { return &r.Rev },
	Impersonal: "holds labels, numbers and ids",
}

// maxConfused is how many cells of a confusion matrix are stored, those of most rows.
const maxConfused = 2000

// part is a piece of a model's file.
type part struct {
	Version string    `json:"version"`
	At      int       `json:"at"`
	Data    []byte    `json:"data"`
	Rev     store.Rev `json:"-"`
}

var parts = &store.Collection[part]{
	Name:       "label_model_part",
	Key:        func(p *part) string { return fmt.Sprintf("%s/%03d", p.Version, p.At) },
	Rev:        func(p *part) *store.Rev { return &p.Rev },
	Impersonal: "holds a model, which has no texts; an erasure marks its version",
}

// partSize leaves room for what JSON makes of bytes.
const partSize = 512 << 10

func partsOf(version string) store.Query {
	return store.ByKey().From(version + "/").To(version + "0")
}

// putModel stores a model's file.
func putModel(ctx context.Context, tx *store.Tx, version string, file []byte) error {
	at := 0
	for piece := range slices.Chunk(file, partSize) {
		if err := parts.Put(ctx, tx, &part{Version: version, At: at, Data: piece}); err != nil {
			return err
		}
		at++
	}
	return nil
}

// readModel reads a model's file.
func readModel(ctx context.Context, tx *store.Tx, version string) (*predict.Model, error) {
	var file bytes.Buffer
	for p, err := range parts.All(ctx, tx, partsOf(version)) {
		if err != nil {
			return nil, err
		}
		file.Write(p.Data)
	}
	if file.Len() == 0 {
		return nil, &store.Error{Op: "get", Collection: parts.Name, Key: version, Err: store.ErrNotFound}
	}
	return predict.ReadModel(&file)
}

// Version returns a version, or store.ErrNotFound.
func (s *Service) Version(ctx context.Context, actor event.Actor, id string) (v *Version, err error) {
	err = s.look(ctx, actor, versionSubject+id, func(ctx context.Context, tx *store.Tx) error {
		v, err = versions.Get(ctx, tx, id)
		return err
	})
	return v, err
}

// Versions returns at most limit versions of a scope, and no more than 200, newest first,
// and the cursor of the next page, "" when this is the last.
func (s *Service) Versions(ctx context.Context, actor event.Actor, c Scope, after string, limit int) (vs []*Version, next string, err error) {
	err = s.look(ctx, actor, "labels", func(ctx context.Context, tx *store.Tx) error {
		vs, next, err = versions.Page(ctx, tx, store.By("scope", c.key()).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return vs, next, err
}

// Report returns how good a version is by rows that were held out of its training, and
// what is wrong with its rows. Of one that isn't trained it is store.ErrNotFound.
func (s *Service) Report(ctx context.Context, actor event.Actor, version string) (r *Report, err error) {
	err = s.look(ctx, actor, versionSubject+version, func(ctx context.Context, tx *store.Tx) error {
		r, err = reports.Get(ctx, tx, version)
		return err
	})
	return r, err
}
