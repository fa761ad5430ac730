package labels_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
)

// A training that takes too long, again and again, is given up, and its version says so.
func TestTrainingTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openMemory(t, nil)
		tries := 0
		d.labels.TeachBy(func(ctx context.Context, _ []predict.Row, _ *predict.Options) (*predict.Model, *predict.Trial, error) {
			tries++
			<-ctx.Done()
			return nil, nil, ctx.Err()
		})
		v := d.trained(any, sample("delivery", "refund"))
		if v.State != labels.Training {
			t.Errorf("after one try: %+v", v)
		}
		for range 10 {
			d.clock.forward(2 * time.Hour)
			d.drain()
		}
		if v := d.version(v.ID); v.State != labels.Unusable || !strings.Contains(v.Error, "15m") || tries != 5 || d.happened(labels.Failed) != 1 {
			t.Errorf("after %d tries: %+v", tries, v)
		}
		d.labels.TeachBy(taught)
		if v := d.train(labels.Order{Uploaded: true}); v.State != labels.Ready {
			t.Errorf("the next one: %+v", v)
		}
	})
}

// A training that kills whoever does it doesn't keep a plan from going on.
func TestPlanOutlivesATraining(t *testing.T) {
	d := openMemory(t, nil)
	ctx := t.Context()
	must(t, d.labels.Upload(ctx, ann, any, sample("delivery", "refund")))
	d.labels.TeachBy(func(context.Context, []predict.Row, *predict.Options) (*predict.Model, *predict.Trial, error) {
		panic("out of memory")
	})
	first, err := d.labels.Train(ctx, ann, labels.Order{Uploaded: true})
	must(t, err)
	must(t, d.labels.SavePlan(ctx, ann, any, labels.Plan{Every: labels.MinEvery}))
	for range 10 {
		_, err := d.jobs.Step(ctx)
		must(t, err)
		d.clock.forward(2 * time.Hour)
	}
	dead, _, err := d.jobs.Dead(ctx, "", 10)
	must(t, err)
	if len(dead) != 1 || d.version(first.ID).State != labels.Training || d.model(any).Versions != 1 {
		t.Fatalf("%d are dead, %d versions", len(dead), d.model(any).Versions)
	}
	d.labels.TeachBy(taught)
	d.clock.forward(24 * time.Hour)
	for range 3 {
		_, err := d.jobs.Step(ctx)
		must(t, err)
	}
	vs, _, err := d.labels.Versions(ctx, ann, any, "", 10)
	must(t, err)
	if len(vs) != 2 || vs[0].State != labels.Ready {
		t.Errorf("%+v", vs)
	}
}
