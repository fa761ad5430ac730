package analytics_test

import (
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/frontdesktest"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// eachDesk runs a test on a desk over each store.
func eachDesk(t *testing.T, test func(t *testing.T, d *frontdesktest.Desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		test(t, frontdesktest.Open(t, frontdesk.Config{Store: s}))
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask queries the first day of a desk, if the query says nothing else.
func ask(t testing.TB, d *frontdesktest.Desk, q analytics.Query) *analytics.Table {
	t.Helper()
	if q.From.IsZero() {
		q.From, q.To = frontdesktest.Start().Truncate(24*time.Hour), frontdesktest.Start().Add(15*time.Hour)
	}
	table, err := d.Analytics.Query(t.Context(), frontdesk.Host(), q)
	must(t, err)
	return table
}

// value is the only figure of the only row.
func value(t testing.TB, table *analytics.Table) analytics.Value {
	t.Helper()
	if len(table.Rows) != 1 || len(table.Rows[0].Values) != 1 {
		t.Fatalf("%d rows: %+v", len(table.Rows), table.Rows)
	}
	return table.Rows[0].Values[0]
}

// A first day: a question, an answer after ten minutes, and a resolution after twenty.
func TestFirstDay(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *frontdesktest.Desk) {
		ann, mira := d.EndUser("Ann"), d.Agent("Mira")
		tk := ann.Writes("Where is my parcel?")
		d.Advance(10 * time.Minute)
		mira.Replies(tk, "It comes tomorrow.")
		d.Advance(10 * time.Minute)
		mira.Resolves(tk)
		ben := d.EndUser("Ben")
		ben.Writes("And mine?")
		d.Advance(time.Hour)
		for m, want := range map[analytics.Metric]float64{
			analytics.Created: 2, analytics.Open: 1, analytics.Backlog: 1, analytics.Inbound: 2, analytics.OutboundAgent: 1, analytics.Resolved: 1, analytics.ResolvedByAgent: 1,
			analytics.FirstResponses: 1, analytics.FirstContacts: 1, analytics.FirstContactRate: 1, analytics.ResolutionTimeAvg: 1200, analytics.FirstResponseTimeAvg: 600,
			analytics.ReplyTimeBusinessAvg: 600, analytics.ReopenRate: 0,
		} {
			for _, g := range []analytics.Grain{analytics.Whole, analytics.Day} {
				if v := value(t, ask(t, d, analytics.Query{Grain: g, Metrics: []analytics.Metric{m}})); !v.Known || v.Number != want {
					t.Errorf("%s by %q is %+v, want %v", m, g, v, want)
				}
			}
		}
		v := value(t, ask(t, d, analytics.Query{Metrics: []analytics.Metric{analytics.ResolutionTimeP90}}))
		if !v.Known || v.Number < 1188 || v.Number > 1212 {
			t.Errorf("90%% are resolved in %v", v)
		}
		if v := value(t, ask(t, d, analytics.Query{Metrics: []analytics.Metric{analytics.Satisfaction}})); v.Known {
			t.Errorf("satisfaction is %v although nobody was asked", v)
		}
		table := ask(t, d, analytics.Query{By: []analytics.Dimension{analytics.Queue}, Grain: analytics.Hour, Metrics: []analytics.Metric{analytics.Created, analytics.Open}})
		if len(table.Rows) == 0 || table.Rows[0].Keys[0] != "default" || table.Rows[0].Values[0].Number != 2 {
			t.Errorf("by queue and hour: %+v", table.Rows)
		}
		minutes := ask(t, d, analytics.Query{From: frontdesktest.Start(), To: frontdesktest.Start().Add(time.Hour), Grain: analytics.Minute, Metrics: []analytics.Metric{analytics.Inbound, analytics.Open}})
		if len(minutes.Rows) != 60 || minutes.Rows[0].Values[0].Number != 1 || minutes.Rows[19].Values[1].Number != 1 || minutes.Rows[20].Values[0].Number != 1 {
			t.Errorf("by minute: %+v", minutes.Rows)
		}
	})
}

// What can't be asked is refused, with the name of what is wrong.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := frontdesktest.New(t)
	from, to := d.Now(), d.Now().Add(time.Hour)
	for field, q := range map[string]analytics.Query{
		"query.to":              {From: from, To: from},
		"query.from":            {To: to},
		"query.grain":           {From: from, To: to, Grain: "week"},
		"query.limit":           {From: from, To: to, Limit: -1},
		"query.metrics":         {From: from, To: to, Metrics: []analytics.Metric{"luck"}},
		"query.by":              {From: from, To: to, By: []analytics.Dimension{"mood"}},
		"query.where[0].by":     {From: from, To: to, Where: []analytics.Filter{{By: "mood", Values: []string{"x"}}}},
		"query.where[1].by":     {From: from, To: to, Where: []analytics.Filter{{By: analytics.Queue, Values: []string{"x"}}, {By: analytics.Queue, Values: []string{"y"}}}},
		"query.where[0].values": {From: from, To: to, Where: []analytics.Filter{{By: analytics.Queue}}},
	} {
		_, err := d.Analytics.Query(t.Context(), frontdesk.Host(), q)
		if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := d.Analytics.Query(t.Context(), frontdesk.Host(), analytics.Query{From: from.Add(-8 * 24 * time.Hour), To: to, Grain: analytics.Minute})
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != "query.from" {
		t.Errorf("minutes of last week: %v", err)
	}
	if _, err := d.Analytics.Query(t.Context(), frontdesk.Host(), analytics.Query{From: from, To: to, After: "zzz"}); !errors.Is(err, store.ErrCursor) {
		t.Errorf("a foreign cursor: %v", err)
	}
}
