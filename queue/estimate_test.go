package queue_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"pgregory.net/rapid"
)

func (d *desk) user() event.Actor { return event.Actor{Kind: event.EndUser, ID: d.eve} }

// given has n tickets given out of a queue, one each time that so long has passed.
func (d *desk) given(t testing.TB, in string, n int, every time.Duration) {
	t.Helper()
	for range n {
		tk := d.ask(t, in)
		d.clock.forward(every)
		got[*ticket.Ticket](t)(d.tickets.Assign(t.Context(), host, tk.ID, "ann"))
	}
	d.step(t)
}

// estimate reports an estimate that isn't the wanted one; "" is none.
func (d *desk) estimate(t testing.TB, tk *ticket.Ticket, want string) {
	t.Helper()
	e, ok, err := d.queues.Estimate(t.Context(), d.user(), tk.ID)
	must(t, err)
	said := ""
	if ok {
		said = fmt.Sprintf("%d in %v by %d in %v", e.Position, e.Wait, e.Basis.Assignments, e.Basis.Window)
	}
	if ok && e.AtLeast {
		said = "at least " + said
	}
	if said != want {
		t.Errorf("the estimate is %q, want %q", said, want)
	}
}

func TestEstimate(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.shift(t, "day", "09:00", "17:00")
		d.queue(t, "a", func(q *queue.Queue) { q.Groups, q.Calendar = []queue.Eligible{{Group: "billing"}}, "day" })
		d.set(t, "ann", queue.Available, "")
		d.set(t, "bob", queue.Available, "") // who isn't in the group
		moved := d.held(t, "a", "ann")
		for _, agent := range []string{"bob", "ann"} { // neither of which comes out of the backlog
			got[*ticket.Ticket](t)(d.tickets.Assign(ctx, host, moved.ID, agent))
		}
		d.given(t, "a", 3, time.Minute)
		first := d.ask(t, "a")
		d.estimate(t, first, "") // from four
		d.given(t, "a", 1, time.Minute)
		d.estimate(t, first, "1 in 48s by 5 in 4m0s")
		d.clock.forward(2 * time.Minute)
		second := d.ask(t, "a")
		d.estimate(t, second, "2 in 2m24s by 5 in 6m0s")
		got[*ticket.Ticket](t)(d.tickets.Edit(ctx, host, second.ID, ticket.Edit{Priority: new(ticket.High)}))
		d.estimate(t, second, "1 in 1m12s by 5 in 6m0s")
		d.estimate(t, first, "2 in 2m24s by 5 in 6m0s")

		d.at(t, 0, "18:00")
		d.estimate(t, first, "") // closed
		d.at(t, 1, "10:00")      // one hour of open time later
		if e, ok, err := d.queues.Estimate(ctx, d.user(), first.ID); !ok || err != nil || e.Basis.Window != 9*time.Hour {
			t.Errorf("%+v, %v, %v", e, ok, err)
		}
		for name, change := range map[string]func(on bool){
			"paused":    func(on bool) { got[*queue.Queue](t)(d.queues.Pause(ctx, host, "a", on)) },
			"manual":    func(on bool) { d.change(t, "a", func(q *queue.Queue) { q.Manual = on }) },
			"all":       func(on bool) { d.settings(t, func(s *queue.Settings) { s.Manual = on }) },
			"nobody":    func(on bool) { d.set(t, "ann", map[bool]queue.State{true: queue.Away, false: queue.Available}[on], "") },
			"sleeping":  func(on bool) { d.sleep(t, first.ID, on) },
			"elsewhere": func(on bool) { d.set(t, "ann", queue.Available, name(on)); d.groups(t, "ann", !on) },
		} {
			change(true)
			if _, ok, err := d.queues.Estimate(ctx, d.user(), first.ID); ok || err != nil {
				t.Errorf("%s: an estimate, %v", name, err)
			}
			change(false)
			if _, ok, err := d.queues.Estimate(ctx, d.user(), first.ID); !ok || err != nil {
				t.Errorf("not %s any more: no estimate, %v", name, err)
			}
		}
		d.at(t, 4, "10:00")
		d.estimate(t, first, "") // 33 hours of open time later
		held := d.held(t, "a", "ann")
		d.estimate(t, held, "")
		_, _, err := d.queues.Estimate(ctx, event.Actor{Kind: event.EndUser, ID: "mallory"}, first.ID)
		is(t, err, store.ErrNotFound)
	})
}

func name(on bool) string { return fmt.Sprint("in no group: ", on) }

func (d *desk) change(t testing.TB, id string, f func(q *queue.Queue)) {
	t.Helper()
	q := got[*queue.Queue](t)(d.queues.Queue(t.Context(), id))
	f(q)
	must(t, d.queues.Save(t.Context(), host, q))
}

func (d *desk) sleep(t testing.TB, id string, on bool) {
	t.Helper()
	if on {
		got[*ticket.Ticket](t)(d.tickets.Snooze(t.Context(), host, id, d.clock.now().Add(time.Hour), ""))
		return
	}
	got[*ticket.Ticket](t)(d.tickets.Wake(t.Context(), host, id))
}

func (d *desk) groups(t testing.TB, agent string, in bool) {
	t.Helper()
	var groups []string
	if in {
		groups = []string{"billing"}
	}
	got[*identity.Agent](t)(d.people.SetGroups(t.Context(), host, agent, groups))
}

// Places are those of the queue's order, for any priorities and waits.
func TestPositionsAreTheOrder(t *testing.T) {
	t.Parallel()
	rank := map[ticket.Priority]int{ticket.Urgent: 0, ticket.High: 1, ticket.Normal: 2, ticket.Low: 3, ticket.None: 4}
	rapid.Check(t, func(r *rapid.T) {
		d := openMemory(t)
		d.set(t, "ann", queue.Available, "")
		by := rapid.SampledFrom([]queue.Order{"", queue.ByPriority, queue.ByWait}).Draw(r, "order")
		d.queue(t, "a", func(x *queue.Queue) { x.Order = by })
		d.given(t, "a", 5, time.Second)
		var all []*ticket.Ticket
		for range rapid.IntRange(1, 12).Draw(r, "tickets") {
			p := rapid.SampledFrom(slices.Sorted(maps.Keys(rank))).Draw(r, "priority")
			tk := d.ask(t, "a")
			all = append(all, got[*ticket.Ticket](t)(d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Priority: &p})))
			d.clock.forward(time.Duration(rapid.IntRange(0, 1).Draw(r, "pause")) * time.Second)
		}
		slices.SortFunc(all, func(a, b *ticket.Ticket) int {
			first := 0
			if by != queue.ByWait {
				first = rank[a.Priority] - rank[b.Priority]
			}
			return cmp.Or(first, a.WaitingSince.Compare(b.WaitingSince), cmp.Compare(a.ID, b.ID))
		})
		for i, tk := range all {
			e, ok, err := d.queues.Estimate(t.Context(), host, tk.ID)
			if must(t, err); !ok || e.Position != i+1 || e.AtLeast {
				r.Errorf("ticket %d of %d is at %+v, %v", i+1, len(all), e, ok)
			}
		}
	})
}

// Beyond a thousand a place is the least that it can be.
func TestPositionAtLeast(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.set(t, "ann", queue.Available, "")
	for _, q := range []string{"priority", "wait"} {
		d.queue(t, q, func(x *queue.Queue) { x.Order = queue.Order(q) })
		d.given(t, q, 5, time.Second)
		var ts []*ticket.Ticket
		for range 1002 {
			ts = append(ts, d.ask(t, q))
			d.clock.forward(time.Millisecond)
		}
		for n, want := range map[int]string{1: "1", 999: "999", 1000: "1000", 1001: "at least 1000", 1002: "at least 1000"} {
			if q == "priority" {
				want = map[int]string{1: "at least 1", 999: "at least 999", 1000: "at least 1000", 1001: "at least 1001", 1002: "at least 1001"}[n]
			}
			e, ok, err := d.queues.Estimate(t.Context(), host, ts[n-1].ID)
			said := fmt.Sprint(e.Position)
			if e.AtLeast {
				said = "at least " + said
			}
			if must(t, err); !ok || said != want {
				t.Errorf("%s: ticket %d is at %s, want %s", q, n, said, want)
			}
		}
	}
}

func TestFigures(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.shift(t, "day", "09:00", "17:00")
		d.queue(t, "a", func(q *queue.Queue) {
			q.Groups, q.Calendar, q.Amber, q.Red = []queue.Eligible{{Group: "tech"}, {Group: "billing", After: time.Hour}}, "day", 10*time.Minute, time.Hour
		})
		figures := func() queue.Figures {
			t.Helper()
			return *got[*queue.Figures](t)(d.queues.Figures(ctx, admin, "a"))
		}
		day := start.Truncate(24 * time.Hour)
		if f := figures(); f != (queue.Figures{Queue: "a", Front: queue.Front{Colour: queue.Green, Open: true, Until: day.Add(17 * time.Hour)}}) {
			t.Errorf("%+v", f)
		}
		d.set(t, "ann", queue.Available, "")
		d.set(t, "bob", queue.Available, "")
		d.set(t, "lea", queue.Away, "")
		d.at(t, 0, "16:50")
		asked := d.clock.now()
		d.ask(t, "a")
		d.ask(t, "a")
		d.held(t, "a", "ann")
		d.at(t, 0, "16:59")
		if f := figures(); f != (queue.Figures{Queue: "a", Backlog: 2, Agents: 1,
			Front: queue.Front{Oldest: asked, Waited: 9 * time.Minute, Colour: queue.Green, Open: true, Until: day.Add(17 * time.Hour), Turns: day.Add(17 * time.Hour)}}) {
			t.Errorf("%+v", f)
		}
		d.at(t, 0, "18:00")
		if f := figures(); f.Waited != 10*time.Minute || f.Colour != queue.Amber || f.Open || !f.Until.Equal(day.Add(33*time.Hour)) {
			t.Errorf("%+v", f)
		}
		d.at(t, 1, "09:49")
		if f := figures(); f.Colour != queue.Amber || !f.Turns.Equal(d.clock.now().Add(time.Minute)) {
			t.Errorf("%+v", f)
		}
		d.at(t, 1, "09:50")
		got[*queue.Queue](t)(d.queues.Pause(ctx, host, "a", true))
		d.settings(t, func(s *queue.Settings) { s.Manual = true })
		if f := figures(); f.Colour != queue.Red || !f.Turns.IsZero() || !f.Paused || !f.Manual {
			t.Errorf("%+v", f)
		}
		_, err := d.queues.Figures(ctx, ann, "a")
		forbidden(t, err)
		_, err = d.queues.Figures(ctx, admin, "gone")
		is(t, err, store.ErrNotFound)
	})
}

// A queue by due moments has those first that are due first, and those that aren't due at
// all last.
func TestPositionsByDue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for p, first := range map[string]time.Duration{"low": 3 * time.Hour, "urgent": time.Hour} {
			must(t, d.tickets.SavePolicy(ctx, admin, &ticket.Policy{Name: p, When: `ticket.priority == "` + p + `"`, First: first}))
		}
		d.set(t, "ann", queue.Available, "")
		d.queue(t, "a", func(q *queue.Queue) { q.Order = queue.ByDue })
		d.given(t, "a", 5, time.Second)
		var ids []string
		for _, p := range []ticket.Priority{ticket.High, ticket.Low, ticket.Urgent, ticket.None, ticket.Low} {
			tk := d.ask(t, "a")
			got[*ticket.Ticket](t)(d.tickets.Edit(ctx, host, tk.ID, ticket.Edit{Priority: &p}))
			ids = append(ids, tk.ID)
			d.clock.forward(time.Minute)
		}
		for i, want := range []int{4, 2, 1, 5, 3} {
			e, ok, err := d.queues.Estimate(ctx, host, ids[i])
			if must(t, err); !ok || e.Position != want {
				t.Errorf("ticket %d is at %d, want %d", i, e.Position, want)
			}
		}
	})
}

// What was read of a long queue serves for a moment, for others' questions, and never what
// isn't committed.
func TestPlacesServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openAt(t, memstore.New(), time.Now)
		d.set(t, "ann", queue.Available, "")
		d.queue(t, "a")
		for range 5 {
			d.held(t, "a", "ann")
		}
		d.step(t)
		time.Sleep(time.Second)
		var ids []string
		for range 101 {
			ids = append(ids, d.ask(t, "a").ID)
			time.Sleep(time.Millisecond)
		}
		place := func(i int) int {
			t.Helper()
			e, ok, err := d.queues.Estimate(t.Context(), d.user(), ids[i])
			if must(t, err); !ok {
				t.Error("no estimate")
			}
			return e.Position
		}
		err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			got[*ticket.Ticket](t)(d.tickets.In(tx).Resolve(ctx, host, ids[0]))
			if e, _, err := d.queues.In(tx).Estimate(ctx, host, ids[100]); err != nil || e.Position != 100 {
				t.Errorf("in the transaction it is at %d, %v", e.Position, err)
			}
			return store.ErrReadOnly // undone
		})
		is(t, err, store.ErrReadOnly)
		if n := place(100); n != 101 {
			t.Errorf("it is at %d", n)
		}
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), host, ids[0]))
		if n := place(100); n != 101 {
			t.Errorf("a moment later it is at %d", n)
		}
		time.Sleep(time.Second)
		if n := place(100); n != 100 {
			t.Errorf("a second later it is at %d", n)
		}
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), host, ids[1]))
		time.Sleep(time.Second)
		for i := range 3 { // so few are read each time
			got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), host, ids[2+i]))
			if n := place(100); i > 0 && n != 98-i {
				t.Errorf("it is at %d", n)
			}
		}
	})
}
