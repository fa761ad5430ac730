package automation_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// crowdSize is how many tickets have an alarm in benchmarks.
var crowdSize = flag.Int("crowd", 100_000, "tickets with an alarm")

// tenClocks are ten time rules of which three may be about a ticket of the benchmarks.
func (d *desk) tenClocks(b testing.TB) {
	for i := range 10 {
		r := &automation.Rule{ID: fmt.Sprint("r", i), On: after(automation.Clocks()[i%5], 2*hour), When: `ticket.app == "another" and ticket.priority == "high"`, Do: do(tag("late"))}
		if i < 3 {
			r.When = `ticket.platform == "webchat" and ticket.status != "waiting_for_agent"`
		}
		r.On.Business = i%2 == 1
		d.rule(b, r)
	}
}

func benchStores(b *testing.B, f func(b *testing.B, d *desk)) {
	for name, over := range map[string]func() driver.Store{
		"memory": func() driver.Store { return memstore.New() },
		"bbolt": func() driver.Store {
			s, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
			must(b, err)
			return s
		},
		"postgres": func() driver.Store {
			pool, schema := pgtest.Schema(b)
			return pgstore.New(pool, &pgstore.Options{Schema: schema})
		},
	} {
		b.Run(name, func(b *testing.B) { f(b, open(b, over(), nil)) })
	}
}

// crowd sets alarms that are far away.
func (d *desk) crowd(b testing.TB) {
	for from := 0; from < *crowdSize; from += 5000 {
		must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+5000, *crowdSize); i++ {
				if err := automation.Crowd(ctx, tx, start.Add(1000*hour), fmt.Sprintf("crowd-%08d", i)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// What a change of a ticket costs its reactor for ten time rules, where an earlier moment
// is known already; and with a moment to write.
func BenchmarkWatch(b *testing.B) {
	benchStores(b, func(b *testing.B, d *desk) {
		d.calendar(b, ticket.DeskCalendar, everyDay("08:00", "17:00"))
		d.tenClocks(b)
		tk := d.ask(b)
		none := d.ask(b, func(n *ticket.New) { n.Platform = "web" })
		d.settle(b)
		tk, none = d.now(b, tk.ID), d.now(b, none.ID)
		b.Run("no rule", func(b *testing.B) {
			b.ReportAllocs()
			must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for b.Loop() {
					if err := d.rules.Watch(ctx, tx, none); err != nil {
						return err
					}
				}
				return nil
			}))
		})
		b.Run("known", func(b *testing.B) {
			b.ReportAllocs()
			must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
				for b.Loop() {
					if err := d.rules.Watch(ctx, tx, tk); err != nil {
						return err
					}
				}
				return nil
			}))
		})
	})
}

// What an idle round costs, and each ticket of 10,000 that are due at once; beside what it
// costs to make the same change by hand, in transactions as large.
func BenchmarkDue(b *testing.B) {
	const n = 10_000
	benchStores(b, func(b *testing.B, d *desk) {
		d.crowd(b)
		d.tenClocks(b)
		create := func() (ids []string) {
			for range n / 500 {
				must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
					for range 500 {
						tk, err := d.tickets.In(tx).Create(ctx, ticket.New{EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Hi."}})
						if err != nil {
							return err
						}
						ids = append(ids, tk.ID)
					}
					return nil
				}))
			}
			d.settle(b)
			return ids
		}
		b.Run("idle", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if k, err := d.rules.Step(b.Context()); k != 0 || err != nil {
					b.Fatal(k, err)
				}
			}
		})
		b.Run("fire", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				create()
				d.clock.forward(3 * hour)
				b.StartTimer()
				if k, err := d.rules.Step(b.Context()); k < n || err != nil {
					b.Fatal(k, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/ticket")
		})
		b.Run("by hand", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				ids := create()
				b.StartTimer()
				for len(ids) > 0 {
					page := ids[:min(len(ids), 32)]
					ids = ids[len(page):]
					must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
						for _, id := range page {
							if _, err := d.tickets.In(tx).Edit(ctx, otherRule, id, ticket.Edit{AddTags: []string{"late"}}); err != nil {
								return err
							}
						}
						return nil
					}))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/ticket")
		})
	})
}
