package ticket_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// many makes tickets in groups.
func (d *desk) many(t testing.TB, n int) {
	t.Helper()
	for n > 0 {
		ns := make([]ticket.New, min(n, 100))
		for i := range ns {
			ns[i] = ticket.New{EndUser: d.eve, Queue: []string{"slow", "fast"}[i%2]}
		}
		_, err := d.tickets.CreateMany(t.Context(), ns)
		must(t, err)
		n -= len(ns)
	}
}

// A count is built beside the running projection, each ticket once, also if the
// process dies between two pages.
func TestCountsAreBuiltWhileTicketsChange(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, reopen func() driver.Store) {
		d := open(t, reopen(), nil)
		d.many(t, 2*ticket.BuildPage+50)
		d.step(t)
		slow := judged{`ticket.queue == "slow" and ticket.open`, func(tk *ticket.Ticket, _ string, _ time.Time) bool { return tk.Queue == "slow" && tk.Status.Open() }}
		mine := judged{`ticket.assignee == me`, func(tk *ticket.Ticket, me string, _ time.Time) bool { return tk.Assignee.ID == me }}
		v := d.saveView(t, admin, ticket.View{Filter: slow.filter})
		w := d.saveView(t, admin, ticket.View{Filter: mine.filter})
		job := "ticket.views/test"
		ids := d.shown(t, host, v.ID, 200)
		for page := 1; ; page++ {
			more, err := d.tickets.BuildOn(t.Context(), job)
			must(t, err)
			if more != (page < 3) {
				t.Fatalf("after page %d there is more: %v", page, more)
			}
			if !more {
				break
			}
			if c := d.counted(t, ann, v.ID); !c.Building {
				t.Errorf("%d pages, and the count is built: %+v", page, c)
			}
			// On both sides of where the pass stands.
			for _, id := range []string{ids[page], ids[len(ids)-page], ids[len(ids)/2+page]} {
				d.finish(t, id)
			}
			d.many(t, 10)
			_, err = d.events.Step(t.Context())
			must(t, err)
			if page == 1 { // the process dies, and another one goes on
				must(t, d.db.Close())
				d = d.reopen(t, reopen())
			}
		}
		for _, who := range []event.Actor{ann, bob} {
			for id, j := range map[string]judged{v.ID: slow, w.ID: mine} {
				if c, want := d.counted(t, who, id), len(d.fitting(t, j, who.ID)); c.N != want || c.Building {
					t.Errorf("%s: counted %+v of %d", j.filter, c, want)
				}
			}
		}
		d.step(t) // the jobs of the two views find nothing to do
		if c, want := d.counted(t, ann, v.ID), len(d.fitting(t, slow, "ann")); c.N != want {
			t.Errorf("after the jobs: counted %+v of %d", c, want)
		}
	})
}

// reopen opens the desk as another process does after this one has died.
func (d *desk) reopen(t testing.TB, over driver.Store) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), over, nil, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := *d
	k.db, k.events = db, event.NewLog(db, &event.Options{Now: d.clock.now})
	k.jobs = job.New(db, &job.Options{Now: d.clock.now, Seed: 1})
	k.people, err = identity.Open(t.Context(), db, k.events, &identity.Options{Now: d.clock.now})
	must(t, err)
	k.tickets, err = ticket.Open(t.Context(), db, k.events, k.jobs, k.people, &ticket.Options{Now: d.clock.now})
	must(t, err)
	return &k
}

// finish assigns and resolves a ticket.
func (d *desk) finish(t testing.TB, id string) {
	t.Helper()
	_, err := d.tickets.Assign(t.Context(), admin, id, "ann")
	must(t, err)
	_, err = d.tickets.Resolve(t.Context(), ann, id)
	must(t, err)
}

// Views are saved, changed and deleted while tickets change, the projection runs
// and counts are built: in the end all counts are right.
func TestViewsWhileEverythingRuns(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		var ids []string
		r := rand.New(rand.NewPCG(3, 4))
		for len(ids) < 20 {
			ids = d.act(t, r, ids)
		}
		var acting, working sync.WaitGroup
		acting.Go(func() {
			for range 60 {
				ids = d.act(t, r, ids)
			}
		})
		kept := map[string]judged{}
		acting.Go(func() {
			r, all := rand.New(rand.NewPCG(5, 6)), filters()
			for i := range 40 {
				j := all[r.IntN(len(all))]
				v := d.saveView(t, admin, ticket.View{Filter: j.filter})
				if i%4 == 0 {
					must(t, d.tickets.DeleteView(t.Context(), admin, v))
					continue
				}
				if i%3 == 0 {
					j = all[r.IntN(len(all))]
					v.Filter = j.filter
					must(t, d.tickets.SaveView(t.Context(), admin, v))
				}
				kept[v.ID] = j
			}
		})
		done := make(chan struct{})
		for _, step := range []func(context.Context) (int, error){d.events.Step, d.jobs.Step} {
			working.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						if _, err := step(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		acting.Wait()
		close(done)
		working.Wait()
		d.step(t)
		d.noStrayCounts(t)
		for id, j := range kept {
			for _, who := range []event.Actor{ann, bob} {
				if c, want := d.counted(t, who, id), len(d.fitting(t, j, who.ID)); c.N != want || c.Building {
					t.Errorf("%s for %s: counted %+v of %d", j.filter, who, c, want)
				}
			}
		}
	})
}
