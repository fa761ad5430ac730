package automation_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// again is the desk as another process finds it, after the one before has died.
func (d *desk) again(t testing.TB, over driver.Store) *desk {
	t.Helper()
	must(t, d.db.Close())
	db, err := store.Open(t.Context(), over, &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: d.clock, eve: d.eve}
	k.serve(t, d.clock.now, nil)
	return k
}

// Who was connected when the process died went then, unless he comes back soon.
func TestPresenceAfterDeath(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, over func() driver.Store) {
		first := over()
		d := open(t, first, nil)
		d.rule(t, &automation.Rule{ID: "gone", On: after(automation.ClockOffline, 10*minute), Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "here", On: after(automation.ClockOnline, 40*minute), Do: do(tag("late"))})
		other := got[*identity.EndUser](t)(d.people.Save(t.Context(), host, identity.Profile{UserID: "max", Name: "Max"}))
		max := event.Actor{Kind: event.EndUser, ID: other.ID}
		back := d.ask(t)
		away := d.ask(t, func(n *ticket.New) { n.EndUser = max.ID })
		d.settle(t)
		d.presence.Come(d.user())
		d.presence.Come(max)
		d.settle(t)
		for range 5 {
			d.wait(t, minute)
		}
		must(t, first.Close())
		d = d.again(t, over())
		d.wait(t, 20*minute) // at 25 minutes somebody opens the desk again
		d.presence.Come(d.user())
		d.wait(t, 20*time.Second)
		d.wants(t, away.ID)
		d.wait(t, 40*time.Second) // patience has come to an end
		d.wants(t, away.ID, "gone@26")
		d.wants(t, back.ID)
		d.wait(t, 13*minute)
		d.wants(t, back.ID)
		d.wait(t, minute) // 40 minutes after he first came
		d.wants(t, back.ID, "here@40")
		d.wants(t, away.ID, "gone@26")
	})
}

// Nothing is kept of who has no open ticket, and nothing of who was erased.
func TestAttendanceIsForgotten(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		kept := func() int { t.Helper(); return got[int](t)(automation.Attending(t.Context(), d.db)) }
		leave := d.presence.Come(d.user())
		tk := d.ask(t)
		d.settle(t)
		if n := kept(); n != 0 {
			t.Errorf("%d are kept, and no rule asks", n)
		}
		d.rule(t, &automation.Rule{ID: "here", On: after(automation.ClockOnline, hour), Do: do(tag("late"))})
		d.settle(t)
		if n := kept(); n != 1 {
			t.Errorf("%d are kept, want 1", n)
		}
		got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), host, tk.ID))
		d.settle(t)
		leave()
		d.settle(t)
		if n := kept(); n != 0 {
			t.Errorf("%d are kept, and nobody has a ticket", n)
		}
	})
}
