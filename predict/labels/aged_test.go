package labels_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/predict/labels"
)

// A model that the program can't read any more, as after an upgrade, is no match for a new
// one, and where it is in the shadow only it does no harm.
func TestModelOfAnOlderProgram(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		old := d.working()
		must(t, d.labels.Age(ctx, old.ID))
		if one := d.writes("where is my parcel"); label(one) != "" || len(one.Warnings) != 1 {
			t.Errorf("%q, %+v", label(one), one.Warnings)
		}
		asked := d.writes("my password doesn't work")
		if o, err := d.labels.Opinion(ctx, ann, asked.ID); err != nil || o.Version.ID != old.ID || len(o.Top) > 0 {
			t.Errorf("%+v, %v", o, err)
		}
		v := d.train(labels.Order{Uploaded: true, Adopt: labels.AdoptBetter})
		if v.State != labels.Ready || d.model(any).Active != v.ID {
			t.Fatalf("%+v isn't active", v)
		}
		shadow := d.train(labels.Order{Uploaded: true})
		must(t, d.labels.Shadow(ctx, ann, shadow.ID))
		must(t, d.labels.Age(ctx, shadow.ID))
		if one := d.writes("where is my parcel"); label(one) != "delivery" || len(one.Warnings) != 0 {
			t.Errorf("beside a shadow that can't be read: %q, %+v", label(one), one.Warnings)
		}
		if f := d.live(shadow.ID); f.ShadowSeen != 0 {
			t.Errorf("%+v", f)
		}
	})
}
