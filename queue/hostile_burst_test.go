package queue_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Everything is committed before the engine looks, and nothing happens beside it.
func TestHostileBehindABurst(t *testing.T) {
	t.Run("paused", func(t *testing.T) {
		d := openMemory(t)
		d.queue(t, "noise", func(q *queue.Queue) { q.Manual = true })
		d.settle(t)
		tk := d.ask(t, "")
		d.set(t, "bob", queue.Available, "")
		for range 100 {
			d.ask(t, "noise")
		}
		got[*queue.Queue](t)(d.queues.Pause(t.Context(), host, "default", true))
		d.settle(t)
		if a := d.get(t, tk.ID).Assignee; a != no {
			t.Errorf("%v was given a ticket of a queue that had been paused before the engine looked", a)
		}
	})
	t.Run("limit by own taking", func(t *testing.T) {
		d := openMemory(t)
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		d.queue(t, "noise", func(q *queue.Queue) { q.Manual = true })
		d.settle(t)
		tk := d.ask(t, "")
		d.set(t, "bob", queue.Available, "")
		last := tk
		for range 100 {
			last = d.ask(t, "noise")
		}
		got[*ticket.Ticket](t)(d.tickets.Take(t.Context(), bob, last.ID))
		d.clock.forward(time.Second)
		d.settle(t)
		if a := d.get(t, tk.ID).Assignee; a != no {
			t.Errorf("%v has taken one, his limit is 1, and he was given another one afterwards", a)
		}
	})
	t.Run("rank", func(t *testing.T) {
		d := openMemory(t)
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		d.queue(t, "low")
		d.settle(t)
		low := d.ask(t, "low")
		d.set(t, "bob", queue.Available, "")
		for range 100 {
			d.tickets.Resolve(t.Context(), host, d.ask(t, "low").ID)
		}
		high := d.ask(t, "")
		d.settle(t)
		d.holder(t, high.ID, "bob")
		d.holder(t, low.ID, "")
	})
}

// Run, its end, and Run again: what happened between isn't lost.
func TestHostileRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openMemory(t)
		stop := run(t, d.queues.Run)
		synctest.Wait()
		stop()
		tk := d.ask(t, "")
		d.set(t, "bob", queue.Available, "")
		stop = run(t, d.queues.Run)
		synctest.Wait()
		stop()
		d.holder(t, tk.ID, "bob")
	})
}

// Handling ends with the shift: the ticket is done, and doesn't come back.
func TestHostileSimulateShiftEnd(t *testing.T) {
	f, err := queue.Simulate(queue.Scenario{Queues: []queue.Queue{{ID: "q", Name: "Q"}},
		Staff:    []queue.Staff{{Worker: queue.Worker{Agent: "bob"}, Shifts: []queue.Shift{{start, start.Add(8 * time.Hour)}}}},
		Arrivals: []queue.Arrival{{Time: start.Add(7 * time.Hour), Queue: "q", Handling: time.Hour}}})
	must(t, err)
	if f.Staff[0].Handled != 1 || f.Queues[0].Waiting != 0 || f.Queues[0].Arrived != 1 {
		t.Errorf("handled %d, arrived %d, waiting %d", f.Staff[0].Handled, f.Queues[0].Arrived, f.Queues[0].Waiting)
	}
}
