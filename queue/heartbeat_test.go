package queue_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// watched runs what looks after heartbeats, in simulated time, until stop is called.
func (d *desk) watched(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { d.events.Run(ctx) })
	wg.Go(func() { d.queues.Watch(ctx) })
	synctest.Wait()
	return func() {
		cancel()
		wg.Wait()
	}
}

// inBubble is a desk in simulated time.
func inBubble(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { f(t, openAt(t, memstore.New(), time.Now)) })
}

func pass(d time.Duration) {
	time.Sleep(d) // simulated
	synctest.Wait()
}

func (d *desk) is(t testing.TB, agent, want string) {
	t.Helper()
	if got := d.state(t, agent); got != want {
		t.Errorf("%s is %s, not %s", agent, got, want)
	}
}

const lost = "offline " + queue.WhyHeartbeat

// Who was connected and isn't any more for the time of a heartbeat is offline; who comes
// back in time isn't, nor who never was connected, or is away.
func TestHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		defer d.watched(t)()
		d.set(t, "ann", queue.Available, "")
		d.set(t, "bob", queue.Available, "") // and is never connected
		d.set(t, "lea", queue.Available, "")
		pass(time.Hour)
		d.is(t, "ann", "available")
		one, two := d.presence.Come(ann), d.presence.Come(ann)
		leas := d.presence.Come(lea)
		pass(time.Hour)
		one()
		pass(time.Hour)
		d.is(t, "ann", "available")
		two()
		pass(queue.DefaultHeartbeat - time.Second)
		d.is(t, "ann", "available")
		three := d.presence.Come(ann)
		pass(time.Hour)
		three()
		d.set(t, "lea", queue.Away, "")
		leas()
		pass(queue.DefaultHeartbeat - time.Second)
		d.is(t, "ann", "available")
		pass(time.Second)
		d.is(t, "ann", lost)
		d.is(t, "bob", "available")
		d.is(t, "lea", "away")
		d.set(t, "ann", queue.Available, "back") // without a connection
		pass(time.Hour)
		d.is(t, "ann", "available back")
	})
}

// An agent without a stream beats; what he does counts from his last beat.
func TestBeat(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		defer d.watched(t)()
		d.set(t, "ann", queue.Available, "")
		for range 10 {
			d.queues.Beat("ann")
			pass(queue.DefaultHeartbeat / 2)
		}
		d.is(t, "ann", "available")
		if !d.presence.Online(ann) {
			t.Error("who beats isn't there")
		}
		pass(queue.DefaultHeartbeat/2 - time.Second)
		d.is(t, "ann", "available")
		pass(time.Second)
		d.is(t, "ann", lost)
		if d.presence.Online(ann) {
			t.Error("who beats no more is there")
		}
	})
}

// Every process may have died: who was connected and doesn't come back is offline.
func TestHeartbeatAfterAll(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		stop := d.watched(t)
		for _, a := range []string{"ann", "bob", "lea"} {
			d.set(t, a, queue.Available, "")
		}
		d.presence.Come(ann)
		d.presence.Come(bob)
		pass(time.Second)
		stop()
		time.Sleep(time.Hour)
		d.serve(t, time.Now)
		defer d.watched(t)()
		pass(queue.DefaultHeartbeat / 2)
		d.is(t, "ann", "available")
		defer d.presence.Come(ann)()
		pass(queue.DefaultHeartbeat/2 - time.Second)
		d.is(t, "bob", "available")
		pass(time.Second)
		d.is(t, "ann", "available")
		d.is(t, "bob", lost)
		d.is(t, "lea", "available")
	})
}

// The time is a setting, and counts as it is at the moment.
func TestHeartbeatIsSet(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		defer d.watched(t)()
		d.set(t, "ann", queue.Available, "")
		d.presence.Come(ann)()
		d.set(t, "ann", queue.Available, "really")
		leave := d.presence.Come(ann)
		pass(time.Second)
		d.settings(t, func(s *queue.Settings) { s.Heartbeat = time.Hour })
		pass(0)
		leave()
		pass(time.Hour - time.Second)
		d.is(t, "ann", "available really")
		pass(time.Second)
		d.is(t, "ann", lost)
	})
}

// Two that look after one desk set an agent offline once.
func TestTwoWatchers(t *testing.T) {
	inBubble(t, func(t *testing.T, d *desk) {
		defer d.watched(t)()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() { d.queues.Watch(ctx) })
		d.set(t, "ann", queue.Available, "")
		leave := d.presence.Come(ann)
		pass(time.Second)
		leave()
		pass(time.Hour)
		if n := len(d.log(t, "ann")); n != 2 {
			t.Errorf("%d changes: %v", n, d.log(t, "ann"))
		}
	})
}

// While nobody comes or goes nothing is written or read.
func TestWatchingIsIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		counted := &counting{Store: memstore.New()}
		d := openAt(t, counted, time.Now)
		defer d.watched(t)()
		d.set(t, "ann", queue.Available, "")
		defer d.presence.Come(ann)()
		d.set(t, "bob", queue.Available, "")
		pass(time.Minute)
		n := counted.n.Load()
		for range 1000 {
			d.queues.Beat("bob")
			pass(queue.DefaultHeartbeat / 3)
		}
		if n++; counted.n.Load() > n { // that bob beats is noted once
			t.Errorf("%d transactions", counted.n.Load()-n)
		}
		must(t, d.db.View(t.Context(), func(context.Context, *store.Tx) error { return nil }))
		if counted.n.Load() <= n-1 {
			t.Error("nothing is counted")
		}
	})
}
