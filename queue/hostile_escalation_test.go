package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An escalation that was refused is tried again.
func TestHostileStuck(t *testing.T) {
	no := true
	d := openHooked(t, memstore.New(), ticket.Hook{Name: "no", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if no && c.Before != nil && c.Before.Queue == "a" && c.After.Queue == "b" {
			return &ticket.RefusedError{Reason: "not now"}
		}
		return nil
	}})
	d.queue(t, "b", func(q *queue.Queue) { q.Groups = []queue.Eligible{{Group: "tech"}} })
	d.queue(t, "a", func(q *queue.Queue) {
		q.Groups = []queue.Eligible{{Group: "tech"}}
		q.Escalate = queue.Escalation{To: "b", After: time.Minute}
	})
	tk := d.ask(t, "a")
	d.settle(t)
	d.clock.forward(time.Minute)
	d.settle(t)
	no = false
	for range 24 {
		d.clock.forward(time.Hour)
		d.settle(t)
	}
	if q := d.get(t, tk.ID).Queue; q != "b" {
		t.Errorf("a day later it is in %s", q)
	}
}

// Escalation a -> b -> a ends.
func TestHostileLoop(t *testing.T) {
	d := openMemory(t)
	g := []queue.Eligible{{Group: "tech"}}
	d.queue(t, "a", func(q *queue.Queue) { q.Groups = g })
	d.queue(t, "b", func(q *queue.Queue) { q.Groups = g; q.Escalate = queue.Escalation{To: "a", After: time.Minute} })
	qa := got[*queue.Queue](t)(d.queues.Queue(t.Context(), "a"))
	qa.Escalate = queue.Escalation{To: "b", After: time.Minute}
	must(t, d.queues.Save(t.Context(), host, qa))
	tk := d.ask(t, "a")
	moves := 0
	for range 30 {
		d.clock.forward(time.Minute)
		d.settle(t)
	}
	for _, e := range d.happened(t, tk.ID) {
		var f ticket.Facts
		must(t, e.Payload(&f))
		if f.Move == ticket.MoveEscalated {
			moves++
		}
	}
	t.Logf("%d escalations, now in %s, %+v", moves, d.get(t, tk.ID).Queue, d.get(t, tk.ID).Stay)
	if moves > 2 {
		t.Error("loop")
	}
}

// A limit that is no number is refused by its field.
func TestHostileLimitNaN(t *testing.T) {
	d := openMemory(t)
	err := d.queues.Save(t.Context(), host, &queue.Queue{Name: "x", Limit: nan()})
	refuses(t, err, "queue.limit")
}

// nan is no number.
func nan() float64 { var z float64; return z / z }
