package analytics_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// A day with so many durations that one document can't hold them is whole, for the total, a
// value, and whole sets.
func TestFullSheets(t *testing.T) {
	t.Parallel()
	m := newMill(t, memstore.New())
	from := m.now
	m.grind(15_000, 20*time.Hour)
	must(t, m.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		n, err := analytics.FullSheets(ctx, tx)
		if n < 3 {
			t.Errorf("%d sheets are full", n)
		}
		return err
	}))
	slices.Sort(m.solved)
	apps := []analytics.Filter{{By: analytics.App, Values: []string{"shop", "shop"}}}
	for name, q := range map[string]analytics.Query{
		"total": {}, "app": {By: []analytics.Dimension{analytics.App}}, "filter": {Where: apps},
		"whole": {Where: append(apps, analytics.Filter{By: analytics.Channel, Values: []string{"chat"}})},
	} {
		q.From, q.To, q.Metrics = from, from.Add(48*time.Hour), []analytics.Metric{analytics.Resolved, analytics.ResolutionTimeP50, analytics.ResolutionTimeP90}
		table, err := m.s.Query(t.Context(), frontdesk.Host(), q)
		must(t, err)
		if len(table.Rows) != 1 {
			t.Fatalf("%s: %d rows", name, len(table.Rows))
		}
		v := table.Rows[0].Values
		if v[0].Number != float64(len(m.solved)) {
			t.Errorf("%s: %v resolved, want %d", name, v[0].Number, len(m.solved))
		}
		for i, p := range []int{50, 90} {
			want := m.solved[(len(m.solved)*p+99)/100-1]
			if got := v[i+1].Number; math.Abs(got-want) > want/100 {
				t.Errorf("%s: %d%% within %v s, want %v", name, p, got, want)
			}
		}
	}
}
