package analytics_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"pgregory.net/rapid"
)

// want is a row as the oracle has it.
type want struct {
	start, end time.Time
	keys       string
	things     []thing
}

// minutely finds the rows of a query by looking at the clock on the wall each minute.
func minutely(q *analytics.Query) (rows []want) {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	label := func(t time.Time) string {
		switch l := t.In(zone); q.Grain {
		case analytics.Day:
			return l.Format("2006-01-02")
		case analytics.Hour:
			return l.Format("2006-01-02 15 -0700")
		case analytics.Minute:
			return t.UTC().Format("2006-01-02 15:04")
		}
		return "all"
	}
	part := 15 * time.Minute
	if q.Grain == analytics.Minute {
		part = time.Minute
	}
	at := q.From.Truncate(part)
	for q.Grain != analytics.Whole && label(at.Add(-time.Minute)) == label(at) {
		at = at.Add(-time.Minute)
	}
	for ; at.Before(q.To) || len(rows) > 0 && q.Grain != analytics.Whole && label(at) == label(rows[len(rows)-1].start) || q.Grain == analytics.Whole && at.Truncate(part) != at; at = at.Add(time.Minute) {
		if len(rows) == 0 || label(rows[len(rows)-1].start) != label(at) {
			rows = append(rows, want{start: at})
		}
		rows[len(rows)-1].end = at.Add(time.Minute)
	}
	return rows
}

// keysOf are the rows' keys for which a thing counts, none if a filter leaves it out.
func keysOf(q *analytics.Query, x *thing) (keys []string) {
	tags := x.tags
	if len(tags) == 0 {
		tags = []string{""}
	}
	asks := slices.Contains(q.By, analytics.Tag)
	for _, f := range q.Where {
		asks = asks || f.By == analytics.Tag
	}
	if !asks {
		tags = tags[:1]
	}
	for _, tag := range tags {
		get := func(d analytics.Dimension) string {
			if d == analytics.Tag {
				return tag
			}
			return x.of[d]
		}
		if slices.ContainsFunc(q.Where, func(f analytics.Filter) bool { return !slices.Contains(f.Values, get(f.By)) }) {
			continue
		}
		var key []string
		for _, d := range q.By {
			key = append(key, get(d))
		}
		keys = append(keys, strings.Join(key, "|"))
	}
	return keys
}

// expect is what a query should give.
func (o *oracle) expect(q *analytics.Query) (rows []want) {
	for _, r := range minutely(q) {
		things := o.levels(r.end)
		if q.Grain != analytics.Minute { // which it doesn't know
			things = append(things, o.duty(r.start, r.end)...)
		}
		for _, x := range o.things {
			if !x.at.Before(r.start) && x.at.Before(r.end) {
				things = append(things, x)
			}
		}
		by := map[string][]thing{}
		if len(q.By) == 0 {
			by[""] = nil
		}
		for _, x := range things {
			for _, k := range keysOf(q, &x) {
				by[k] = append(by[k], x)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(by)) {
			rows = append(rows, want{r.start, r.end, k, by[k]})
		}
	}
	return rows
}

// near says whether a figure is as good as another one.
func near(m analytics.Metric, got, want analytics.Value) bool {
	if got.Known != want.Known {
		return false
	}
	off := math.Abs(got.Number - want.Number)
	if strings.Contains(string(m), "_p") && strings.Contains(string(m), "_time_") {
		return off <= 0.01*want.Number+16e-6
	}
	return off <= 1e-9*math.Abs(want.Number)+1e-9
}

// agree compares the answer to a query, page by page, with the oracle's.
func agree(t fataler, y *story, o *oracle, q analytics.Query) (seen map[analytics.Metric]bool) {
	seen = map[analytics.Metric]bool{}
	var got []analytics.Row
	for {
		table, err := y.Analytics.Query(y.t.Context(), frontdesk.Host(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		got = append(got, table.Rows...)
		if q.Metrics = table.Metrics; table.Next == "" {
			break
		}
		q.After = table.Next
	}
	name := func(start time.Time, keys string) string { return start.UTC().Format(time.RFC3339) + " " + keys }
	rows := map[string]*analytics.Row{}
	for i, r := range got {
		rows[name(r.Start, strings.Join(r.Keys, "|"))] = &got[i]
	}
	if len(rows) != len(got) {
		t.Fatalf("%+v: %d rows, %d different ones", q, len(got), len(rows))
	}
	for _, w := range o.expect(&q) {
		r := rows[name(w.start, w.keys)]
		delete(rows, name(w.start, w.keys))
		if r == nil || !r.End.Equal(w.end) {
			t.Fatalf("%+v: %s until %s with %d things: row %+v", q, name(w.start, w.keys), w.end, len(w.things), r)
		}
		for i, m := range q.Metrics {
			want := figure(m, w.things)
			if q.Grain == analytics.Minute && slices.Contains([]analytics.Metric{analytics.AvailableTime, analytics.BusyTime, analytics.Occupancy}, m) {
				want = analytics.Value{}
			}
			if !near(m, r.Values[i], want) {
				t.Fatalf("%s by %q and %v where %v, %s: %s is %+v, want %+v", q.Zone, q.Grain, q.By, q.Where, name(w.start, w.keys), m, r.Values[i], want)
			}
			seen[m] = seen[m] || want.Known && want.Number != 0
		}
	}
	for k, r := range rows {
		t.Fatalf("%+v: row %s too much: %+v", q, k, r)
	}
	return seen
}

// fataler is what tests of both kinds are.
type fataler interface{ Fatalf(string, ...any) }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	must(t, err)
	return l
}

// queries are those that every story is asked: each grain, dimension and zone comes.
func (y *story) queries(t testing.TB, n int) (qs []analytics.Query) {
	from, to := began.Add(-3*time.Hour), y.now.Add(5*time.Hour)
	zones := []*time.Location{nil, zone(t, "Asia/Kathmandu"), zone(t, "Australia/Lord_Howe"), zone(t, "America/New_York")}
	for i, z := range zones {
		qs = append(qs, analytics.Query{From: from, To: to, Grain: analytics.Day, Zone: z, Limit: 1 + i})
	}
	dims := append([]analytics.Dimension{}, analytics.Dimensions()...)
	for i, d := range dims {
		other := dims[(i+1+n%10)%len(dims)]
		z := zones[(i+n)%4]
		qs = append(qs,
			analytics.Query{From: from, To: to, By: []analytics.Dimension{d}},
			analytics.Query{From: from, To: to, Grain: analytics.Day, Zone: z, By: []analytics.Dimension{d, other}, Limit: 3},
			analytics.Query{From: from, To: to, Zone: z, By: []analytics.Dimension{d}, Where: []analytics.Filter{{By: other, Values: []string{"", "vip", "ann", "helper", "red", "one", "en"}}}},
		)
		if (i+n)%4 == 0 {
			qs = append(qs, analytics.Query{From: y.now.Add(-30 * time.Hour), To: y.now, Grain: analytics.Hour, Zone: z, By: []analytics.Dimension{d}})
		}
	}
	for _, v := range []analytics.Filter{{By: analytics.Queue, Values: []string{"vip", ""}}, {By: analytics.Tag, Values: []string{"one"}}, {By: analytics.Tag, Values: []string{""}}} {
		qs = append(qs, analytics.Query{From: from, To: to, Grain: analytics.Day, Where: []analytics.Filter{v}})
	}
	qs = append(qs, analytics.Query{From: y.now.Add(-40 * time.Minute), To: y.now.Add(time.Minute), Grain: analytics.Minute, By: []analytics.Dimension{analytics.Queue}},
		analytics.Query{From: y.now.Add(-70 * time.Hour), To: y.now, Grain: analytics.Hour, Zone: zones[2]})
	return qs
}

// Whatever happens, figures are what a direct computation from the raw events gives: every
// metric by every grain, dimension and zone.
func TestOracle(t *testing.T) {
	t.Parallel()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 15 {
			return // seconds are enough where nothing is found
		}
		y := tell(t, memstore.New())
		steps := rapid.IntRange(20, 70).Draw(rt, "steps")
		for range steps {
			y.happen(rapid.IntRange(0, numberOfActs-1).Draw(rt, "act"), rapid.IntRange(0, 9).Draw(rt, "which"), rapid.IntRange(0, 2).Draw(rt, "who"), rapid.IntRange(0, 35).Draw(rt, "n"))
			if rapid.Bool().Draw(rt, "work") {
				y.drain()
			}
			y.later(time.Duration(rapid.SampledFrom([]int{0, 1, 37, 400, 1900, 7300, 50_000}).Draw(rt, "pause"))*time.Second + 123*time.Microsecond)
		}
		y.drain()
		o := consult(t, y.log(), y.now)
		for _, q := range y.queries(t, n) {
			agree(rt, y, o, q)
		}
		must(t, y.Close())
	})
}

// On every store they are, in a story in which there is something of every metric.
func TestOracleOnStores(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		y := tell(t, s)
		n := 0
		next := func(of int) int { n = (n*1103515245 + 12345) & 0x7fffffff; return n / 65536 % of }
		for i := range 260 {
			y.happen(next(numberOfActs), next(10), next(3), next(36))
			if i%9 == 0 {
				y.drain()
			}
			y.later(time.Duration(next(4000)) * time.Second)
		}
		y.ordinary()
		o := consult(t, y.log(), y.now)
		all := map[analytics.Metric]bool{}
		for _, q := range y.queries(t, 1) {
			for m, seen := range agree(t, y, o, q) {
				all[m] = all[m] || seen
			}
		}
		for _, d := range analytics.Metrics() {
			if !all[d.Metric] {
				t.Errorf("the story has no %s", d.Metric)
			}
		}
		must(t, y.Close())
	})
}
