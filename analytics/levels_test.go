package analytics_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/google/go-cmp/cmp"
)

// Levels are what the oracle finds open just now.
func TestLevels(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		y := tell(t, s)
		for range 3 {
			y.goOn(rand.New(rand.NewPCG(11, 12)), 40, 4, 20*time.Minute)
			y.levelsAgree()
		}
	})
}

// levelsAgree compares levels with what each ticket's last event says.
func (y *story) levelsAgree() {
	y.t.Helper()
	o := consult(y.t, y.log(), y.now)
	for _, by := range append(analytics.Dimensions(), "") {
		want := map[string]*analytics.Level{}
		waits := map[string]time.Duration{}
		for _, ms := range o.tickets {
			m := ms[len(ms)-1]
			q := &analytics.Query{}
			if by != "" {
				q.By = []analytics.Dimension{by}
			}
			for _, value := range keysOf(q, &thing{of: m.of, tags: m.f.After.Tags}) {
				l := want[value]
				if l == nil {
					l = &analytics.Level{Value: value}
					want[value] = l
				}
				if m.f.Status.Open() {
					l.Open++
					if !m.f.After.Asleep && !m.f.After.Waiting.IsZero() && m.of[analytics.Agent] != "" {
						l.Waiting++
					}
				}
				if m.f.After.Backlog {
					since := m.f.After.Waiting
					if since.IsZero() {
						since = ms[0].Time
					}
					l.Backlog++
					waits[value] += y.now.Sub(since)
				}
			}
		}
		maps.DeleteFunc(want, func(_ string, l *analytics.Level) bool { return l.Open == 0 })
		var got []analytics.Level
		must(y.t, y.DB.View(y.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = y.Analytics.Levels(ctx, tx, by, nil)
			return err
		}))
		var all []analytics.Level
		for _, value := range slices.Sorted(maps.Keys(want)) {
			l := want[value]
			if l.Backlog > 0 {
				l.Wait = (waits[value] / time.Duration(l.Backlog)).Round(time.Second)
			}
			all = append(all, *l)
		}
		for i := range got {
			got[i].Wait = got[i].Wait.Round(time.Second)
		}
		near := cmp.Comparer(func(a, b time.Duration) bool { return max(a-b, b-a) <= time.Second })
		if diff := cmp.Diff(all, got, near); diff != "" {
			y.t.Errorf("levels by %q: %s", by, diff)
		}
	}
}
