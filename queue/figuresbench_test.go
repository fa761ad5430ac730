package queue_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// waitingDesk is a desk with so many tickets that wait in a queue.
func waitingDesk(b *testing.B, order queue.Order, n int) (d *desk, last string) {
	b.Helper()
	d = open(b, memstore.New())
	d.set(b, "ann", queue.Available, "")
	d.queue(b, "a", func(q *queue.Queue) { q.Order = order })
	d.given(b, "a", 5, time.Second)
	for range n {
		last = d.ask(b, "a").ID
		d.clock.forward(time.Millisecond)
	}
	return d, last
}

// BenchmarkEstimate is one estimate for the last of a queue's tickets. The raw baseline
// reads that ticket alone.
func BenchmarkEstimate(b *testing.B) {
	for _, order := range []queue.Order{queue.ByWait, queue.ByPriority} {
		for _, n := range []int{10, 1000, 10_000} {
			d, last := waitingDesk(b, order, n)
			b.Run(fmt.Sprintf("%s/%d", order, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, ok, err := d.queues.Estimate(b.Context(), d.user(), last); !ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s/%d/raw", order, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := d.tickets.Get(b.Context(), d.user(), last); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkFigures is a queue's figures. The raw baseline reads the head of its backlog.
func BenchmarkFigures(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		d, _ := waitingDesk(b, queue.ByWait, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.queues.Figures(b.Context(), host, "a"); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/raw", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				err := d.db.View(b.Context(), func(ctx context.Context, tx *store.Tx) error {
					_, _, err := ticket.Backlog(ctx, tx, "a", "", 1)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSetAvailability is a change of an agent's availability, with its event and the
// timer of his shift.
func BenchmarkSetAvailability(b *testing.B) {
	d := open(b, memstore.New())
	d.shift(b, "day", "09:00", "17:00", "ann")
	states := []queue.State{queue.Away, queue.Available}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := d.queues.SetAvailability(b.Context(), ann, "ann", states[i%2], ""); err != nil {
			b.Fatal(err)
		}
	}
}
