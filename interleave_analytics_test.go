package frontdesk_test

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/store"
)

// figureRaces are the rows of figures: which generation of them is read, and which one is
// being made.
func figureRaces() []race {
	rebuild := func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Analytics.Rebuild(ctx, frontdesk.Host())
	}
	counted := func(x *table) {
		ctx := x.t.Context()
		_, err := x.Drain(ctx)
		x.must(err)
		now := time.Now()
		table, err := x.Analytics.Query(ctx, frontdesk.Host(), analytics.Query{From: now.Add(-time.Hour), To: now.Add(time.Hour), Metrics: []analytics.Metric{analytics.Created, analytics.Open}})
		x.must(err)
		if v := table.Rows[0].Values; v[0].Number != 1 || v[1].Number != 1 {
			x.t.Errorf("of one ticket there are %v", v)
		}
	}
	return []race{
		{name: "one rebuild, begun by two", first: rebuild, second: rebuild, then: fine, ends: counted},
	}
}
