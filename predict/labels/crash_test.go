package labels_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// A training whose process is killed begins again when its lease is over, and is done
// once.
func TestTrainingIsKilled(t *testing.T) {
	crash.Run(t, trainUntilKilled, func(t *testing.T, p *crash.Place) {
		d := open(t, p.Open(), nil)
		var rows []predict.Row
		for i := range 5 { // so that it takes a while
			for _, r := range sample("delivery", "refund", "login") {
				rows = append(rows, predict.Row{Text: fmt.Sprint(r.Text, " ", i), Label: r.Label})
			}
		}
		must(t, d.labels.Upload(t.Context(), ann, any, rows))
		v, err := d.labels.Train(t.Context(), ann, labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
		must(t, err)
		must(t, d.db.Close())
		for range 2 {
			p.Kill(t, 1)
			d := open(t, p.Open(), nil)
			if v := d.version(v.ID); v.State != labels.Training {
				t.Errorf("it is %s: the process wasn't killed on its way", v.State)
			}
			must(t, d.db.Close())
		}
		d = open(t, p.Open(), nil)
		d.clock.forward(25 * time.Hour) // who was killed has leases of the hours before
		d.drain()
		if v := d.version(v.ID); v.State != labels.Ready || v.Rows != len(rows) || d.happened(labels.Trained) != 1 {
			t.Errorf("%+v, trained %d times", v, d.happened(labels.Trained))
		}
		if one := d.writes("where is my parcel"); label(one) != "delivery" {
			t.Errorf("%q", label(one))
		}
	})
}

// trainUntilKilled begins the training, and says when.
func trainUntilKilled(t *testing.T, s driver.Store, _ string) {
	d := open(t, s, nil)
	d.clock.forward(time.Hour)
	for tries := 1; ; tries++ { // who was killed before has the lease for a while
		vs, _, err := d.labels.Versions(t.Context(), ann, any, "", 1)
		must(t, err)
		job := "label.train/" + vs[0].ID
		was, err := d.jobs.Get(t.Context(), d.db, job)
		must(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := d.jobs.Step(t.Context())
			done <- err
		}()
		for began := false; !began; {
			select {
			case err := <-done:
				must(t, err)
				began = true
			default:
				j, err := d.jobs.Get(t.Context(), d.db, job)
				must(t, err)
				if began = j.Attempt > was.Attempt; began {
					fmt.Println("training")
					select {} // to be killed
				}
			}
		}
		d.clock.forward(time.Hour)
		if tries > 100 {
			t.Fatal("nobody trains")
		}
	}
}
