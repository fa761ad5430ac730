package analytics_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/frontdesk-go/frontdesk/internal/crash"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// goOn lets things happen, a few of them between two looks at what is due.
func (y *story) goOn(r *rand.Rand, steps, together int, most time.Duration) {
	y.t.Helper()
	for i := range steps {
		y.happen(r.IntN(numberOfActs), r.IntN(10), r.IntN(3), r.IntN(36))
		if i%together == together-1 {
			y.drain()
		}
		y.later(time.Duration(r.Int64N(int64(most))).Truncate(time.Microsecond)) // as stores keep times
	}
	y.drain()
}

// agrees compares all figures with those of the oracle.
func (y *story) agrees() {
	y.t.Helper()
	o := consult(y.t, y.log(), y.now)
	for _, q := range y.queries(y.t, 2) {
		agree(y.t, y, o, q)
	}
}

func (y *story) ask(q analytics.Query) []analytics.Row {
	y.t.Helper()
	q.Limit = analytics.MaxRows
	table, err := y.Analytics.Query(y.t.Context(), frontdesk.Host(), q)
	must(y.t, err)
	return table.Rows
}

func (y *story) kept() (documents map[string]int, all, waiting int) {
	y.t.Helper()
	must(y.t, y.DB.View(y.t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		documents, all, waiting, err = analytics.Kept(ctx, tx)
		return err
	}))
	return documents, all, waiting
}

// A rebuild comes to the same numbers, also after an erasure and in the middle of things,
// and leaves nothing of what was there before.
func TestRebuild(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		y, r := tell(t, s), rand.New(rand.NewPCG(1, 2))
		y.goOn(r, 60, 3, 2*time.Hour)
		must(t, drop(y.People.Erase(t.Context(), frontdesk.Host(), y.users[1])))
		y.users = y.users[:1]
		y.drain()
		q := analytics.Query{From: began.Add(-24 * time.Hour), To: y.now.Add(time.Hour), Grain: analytics.Day, By: []analytics.Dimension{analytics.Queue, analytics.Tag}}
		want := y.ask(q)
		must(t, y.Analytics.Rebuild(t.Context(), frontdesk.Host()))
		must(t, y.Analytics.Rebuild(t.Context(), frontdesk.Host())) // which takes the other one's place
		if diff := cmp.Diff(want, y.ask(q)); diff != "" {
			t.Error("while it is going on:", diff)
		}
		y.drain()
		if diff := cmp.Diff(want, y.ask(q)); diff != "" {
			t.Error(diff)
		}
		if documents, _, _ := y.kept(); documents["1"] != 0 || documents["2"] != 0 || documents["3"] == 0 {
			t.Errorf("documents by generation: %v", documents)
		}
		y.goOn(r, 30, 3, 2*time.Hour)
		y.agrees()
	})
}

// Who comes late to hundreds of events counts them as if he had been there.
func TestLate(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		y := tell(t, s)
		y.goOn(rand.New(rand.NewPCG(5, 6)), 300, 1000, 40*time.Minute)
		y.agrees()
	})
}

// Minutes are forgotten after a week, and what was counted by them stays. What waits to be
// folded doesn't grow, and nothing is done while nothing happens.
func TestRetention(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		y := tell(t, s)
		busy := func() {
			for i := range 75 {
				y.happen(0, 0, 0, 1)
				if y.later(time.Hour); i%15 == 14 {
					y.drain()
				}
			}
		}
		busy()
		if _, all, waiting := y.kept(); waiting >= 75 || all < 75 {
			t.Errorf("%d of %d segments wait", waiting, all)
		}
		last := y.now
		y.later(8 * 24 * time.Hour)
		y.drain()
		_, all, waiting := y.kept()
		y.drain()
		if _, now, still := y.kept(); now != all || still != waiting {
			t.Errorf("%d of %d segments waited, now %d of %d", waiting, all, still, now)
		}
		busy()
		must(t, y.DB.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if old, err := analytics.SegmentsBefore(ctx, tx, last); old > 0 || err != nil {
				t.Errorf("%d segments are older than a week: %v", old, err)
			}
			return nil
		}))
		q := analytics.Query{From: began, To: last, Metrics: []analytics.Metric{analytics.Created}}
		if rows := y.ask(q); len(rows) != 1 || rows[0].Values[0].Number != 75 {
			t.Errorf("tickets of a week ago: %+v", rows)
		}
		if _, err := y.Analytics.Query(t.Context(), frontdesk.Host(), analytics.Query{From: last, To: y.now, Grain: analytics.Minute}); err == nil {
			t.Error("minutes of more than a week ago")
		}
	})
}

// resume opens a desk on which a story has been going on.
func resume(t testing.TB, s driver.Store) *story {
	t.Helper()
	y := &story{t: t, now: began}
	var err error
	y.Desk, err = frontdesk.Open(t.Context(), frontdesk.Config{Store: s, Now: func() time.Time { return y.now }})
	must(t, err)
	t.Cleanup(func() { must(t, y.Close()) })
	// What a process that was killed had written, and not yet put into the log, is in it from
	// here on: else the clock would go back behind it.
	must(t, drop(y.Events.Sequence(t.Context())))
	log := y.log()
	if len(log) == 0 {
		return y
	}
	for _, e := range log {
		if !e.Time.Before(y.now) {
			y.now = e.Time.Add(time.Second)
		}
	}
	seen := map[string]bool{}
	for _, e := range log {
		if e.Type == ticket.Created {
			y.tickets = append(y.tickets, e.Subject)
		}
		if e.Owner != "" && !seen[e.Owner] {
			seen[e.Owner] = true
			y.users = append(y.users, e.Owner)
		}
	}
	return y
}

// A process that is killed at any moment leaves figures with which the next one goes on, and
// so does one that is killed in a rebuild.
func TestKilled(t *testing.T) {
	work := func(t *testing.T, s driver.Store, dir string) {
		y := resume(t, s)
		if len(y.tickets) == 0 {
			must(t, y.Close())
			t.Error("there is no story")
			return
		}
		r := rand.New(rand.NewPCG(uint64(len(y.log())), 1))
		for i := 0; ; i++ {
			if i%7 == 3 {
				must(t, y.Analytics.Rebuild(t.Context(), frontdesk.Host()))
			}
			y.goOn(r, 1, 1, time.Hour)
			fmt.Println("act", i)
		}
	}
	crash.Run(t, work, func(t *testing.T, p *crash.Place) {
		y := tell(t, p.Open())
		y.goOn(rand.New(rand.NewPCG(3, 4)), 20, 2, time.Hour)
		must(t, y.Close())
		for round := range 3 {
			p.Kill(t, 9+5*round)
			y := resume(t, p.Open())
			y.drain()
			y.agrees()
			must(t, y.Close())
		}
	})
}
