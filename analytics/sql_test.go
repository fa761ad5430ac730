package analytics_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// Who reads the database itself finds sums by day in a view, which are those of queries, and
// still are after a rebuild.
func TestSQLView(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	y := tell(t, pgstore.New(pool, &pgstore.Options{Schema: schema}))
	y.goOn(rand.New(rand.NewPCG(21, 22)), 110, 5, 55*time.Minute)
	view := func(day time.Time) string {
		var created, resolved, us int64
		row := pool.QueryRow(context.Background(), strings.ReplaceAll(`select coalesce(sum(created), 0)::bigint, coalesce(sum(resolved), 0)::bigint, coalesce(sum(resolution_time_us), 0)::bigint
			from $.daily_figures where dimension = 'queue' and day = $1`, "$.", schema+"."), day)
		must(t, row.Scan(&created, &resolved, &us))
		return fmt.Sprint(created, resolved, us/1e6)
	}
	day := began.Truncate(24 * time.Hour).Add(24 * time.Hour)
	v := y.ask(analytics.Query{From: day, To: day.Add(24 * time.Hour), Metrics: []analytics.Metric{analytics.Created, analytics.Resolved, analytics.ResolutionTimeAvg}})[0].Values
	want := fmt.Sprint(int64(v[0].Number), int64(v[1].Number), int64(v[1].Number*v[2].Number))
	if got := view(day); got != want || v[1].Number == 0 {
		t.Errorf("the view says %s, a query %s", got, want)
	}
	must(t, y.Analytics.Rebuild(t.Context(), frontdesk.Host()))
	y.drain()
	if got := view(day); got != want {
		t.Errorf("after a rebuild the view says %s, want %s", got, want)
	}
}
