package labels

import (
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// The types of the events. Those of a version have the subject label_version:ID, those of
// models label_models, those of a ticket's prediction label_verdict:TICKET, alerts
// label_alert:VERSION/WHAT. The facts of all are [Facts].
const (
	Queued     = "label_version.queued" // its training is asked for
	Trained    = "label_version.trained"
	Failed     = "label_version.failed"  // its training
	Changed    = "label_version.changed" // its thresholds
	Marked     = "label_version.marked"  // an erasure has touched its rows: train again
	Deleted    = "label_version.deleted"
	Activated  = "label_model.activated" // also by rolling back, which Was tells from what
	Kept       = "label_model.kept"      // a new version wasn't better: Was stays active
	Retired    = "label_model.retired"   // a version; nothing labels in its place if it was active
	Shadowed   = "label_model.shadowed"  // Version predicts beside the active one; "": none does
	Planned    = "label_model.planned"
	Predicted  = "label.predicted" // a ticket: Said is the label, "" where the model abstained
	Settled    = "label.settled"   // what its label was when it was closed; again, if that changed later
	Drifted    = "label_model.drifted"
	Steadied   = "label_model.steadied" // an alert is over
	Uploaded   = "label_rows.uploaded"
	Unuploaded = "label_rows.deleted"
)

// Facts are the payload of the events. They hold nothing personal: labels are the desk's.
type Facts struct {
	Version string  `json:"version,omitempty"` // its id, or HostModel
	Number  int     `json:"number,omitempty"`  // of the version in its scope
	Scope   Scope   `json:"scope,omitzero"`
	Was     string  `json:"was,omitempty"` // version that was active, or is
	Reason  string  `json:"reason,omitempty"`
	Rows    int     `json:"rows,omitempty"`
	Score   float64 `json:"score,omitempty"`     // held-out accuracy
	WasOf   float64 `json:"was_score,omitempty"` // likewise, of Was

	App        string    `json:"app,omitempty"` // of the ticket
	Language   string    `json:"language,omitempty"`
	Said       string    `json:"said,omitempty"`
	Best       string    `json:"best,omitempty"` // likeliest label, also where the model abstained
	Confidence float64   `json:"confidence,omitempty"`
	Shadow     string    `json:"shadow,omitempty"` // version in the shadow
	ShadowSaid string    `json:"shadow_said,omitempty"`
	Final      string    `json:"final,omitempty"`     // label when the ticket was closed
	At         time.Time `json:"at,omitzero"`         // of the prediction
	Again      bool      `json:"again,omitempty"`     // it was settled before,
	WasFinal   string    `json:"was_final,omitempty"` // with this label

	What  DriftKind `json:"what,omitempty"` // of an alert
	Usual float64   `json:"usual,omitempty"`
	Now   float64   `json:"now,omitempty"`
}

// record makes an event.
func record(what, subject string, rev store.Rev, actor event.Actor, f Facts) (*event.Event, error) {
	e := &event.Event{Type: what, Subject: subject, Revision: int64(rev), Actor: actor}
	var err error
	e.Facts, err = event.JSON(f)
	return e, err
}
