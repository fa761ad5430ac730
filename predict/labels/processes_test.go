package labels_test

import (
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What one process makes active labels in all others at once.
func TestProcessesShareModels(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	at := &clock{at: start}
	join := func() *desk { return openAt(t, pgstore.New(pool, &pgstore.Options{Schema: schema}), at, nil) }
	one, two := join(), join()
	two.n = 1000 // end users of its own
	ctx := t.Context()
	a := one.working()
	if got := two.writes("where is my parcel"); got.Label == nil || got.Label.Model != a.ID {
		t.Fatalf("%+v", got.Label)
	}
	b := one.train(labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
	if got := two.writes("where is my parcel"); got.Label == nil || got.Label.Model != b.ID {
		t.Errorf("after another was activated: %+v", got.Label)
	}
	must(t, one.labels.SetThresholds(ctx, ann, b.ID, []labels.Threshold{{Least: 1}}))
	if got := two.writes("where is my parcel"); label(got) != "" {
		t.Errorf("after its threshold was raised: %+v", got.Label)
	}
	must(t, two.labels.RollBack(ctx, ann, any))
	must(t, two.labels.Delete(ctx, ann, b.ID))
	if got := one.writes("where is my parcel"); got.Label == nil || got.Label.Model != a.ID {
		t.Errorf("after it was rolled back: %+v", got.Label)
	}
}

// While versions are activated and rolled back by many at once, each ticket is labelled by
// one that was active, and in the end the register is whole.
func TestActivateWhileTicketsCome(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		a := d.working()
		b := d.train(labels.Order{Uploaded: true, Adopt: labels.AdoptAlways})
		var all sync.WaitGroup
		for _, act := range []func() error{
			func() error { return d.labels.Activate(ctx, ann, a.ID) },
			func() error { return d.labels.Activate(ctx, ann, b.ID) },
			func() error { return d.labels.RollBack(ctx, ann, any) },
		} {
			all.Go(func() {
				for range 5 {
					if err := act(); err != nil {
						t.Errorf("%v", err)
					}
				}
			})
		}
		var made []string
		for range 6 {
			t, err := d.tickets.Create(ctx, ticket.New{EndUser: d.endUser("u"), App: ticket.DefaultApp, Language: "en", Message: &ticket.Draft{Text: "where is my parcel"}})
			must(d.t, err)
			made = append(made, t.ID)
			_, err = d.events.Step(ctx)
			must(d.t, err)
		}
		all.Wait()
		d.drain()
		for _, id := range made {
			if got := d.get(id); got.Label == nil || got.Label.Model != a.ID && got.Label.Model != b.ID {
				t.Errorf("%+v", got.Label)
			}
		}
		if m := d.model(any); m.Active == m.Before || m.Active == "" || m.Before == "" {
			t.Errorf("%+v", m)
		}
	})
}
