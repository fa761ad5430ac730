package labels_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
)

// teachSome has a desk's models made by the rows of a label's first 48 alone, however many
// there are: what is tried is what becomes of the others.
func teachSome(d *desk) {
	d.labels.TeachBy(func(ctx context.Context, rows []predict.Row, o *predict.Options) (*predict.Model, *predict.Trial, error) {
		return taught(ctx, rows[:96], o)
	})
}

// A version remembers whose rows it was trained by, however many people they are.
func TestTrainByManyPeople(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		teachSome(d)
		rows := sample("delivery", "refund")
		for i := range labels.MaxUploadRows - len(rows) {
			rows = append(rows, predict.Row{Text: "x", Group: fmt.Sprintf("somebody-%d", i)})
		}
		eve := d.endUser("eve")
		rows[len(rows)-1].Group = eve
		v := d.trained(any, rows)
		if v.State != labels.Ready {
			t.Fatalf("%s: %s", v.State, v.Error)
		}
		_, err := d.people.Erase(t.Context(), host, eve)
		must(t, err)
		d.drain()
		if d.version(v.ID).Marked.IsZero() {
			t.Error("an erasure hasn't marked it")
		}
		must(t, d.labels.Delete(t.Context(), ann, v.ID))
	})
}

// Rows whose labels are texts of their own, say because columns were mixed up, don't keep a
// version from being made of the others.
func TestTrainByManyRareLabels(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		rows := sample("delivery", "refund")
		for i := range 20_000 {
			rows = append(rows, predict.Row{Text: "what", Label: fmt.Sprintf("something that is no label at all %d", i)})
		}
		v := d.trained(any, rows)
		if v.State != labels.Ready || v.Rows != 96 || len(v.LeftOut) == 0 {
			t.Fatalf("%s: %s, %d rows", v.State, v.Error, v.Rows)
		}
		r, err := d.labels.Report(t.Context(), ann, v.ID)
		must(t, err)
		few := 0
		for _, f := range r.Findings {
			if f.Kind == predict.TooFew {
				few++
			}
		}
		if few == 0 || few > 200 {
			t.Errorf("%d findings of labels with too few rows", few)
		}
	})
}
