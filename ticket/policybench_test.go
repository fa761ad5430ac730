package ticket_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// eachPolicies runs a benchmark on a desk with no policies, the baseline, with one, and with
// fifty, of which the last one counts. It is in memory, where what policies cost shows.
func eachPolicies(b *testing.B, f func(b *testing.B, d *desk)) {
	for _, n := range []int{0, 1, 50} {
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			d := openMemory(b, nil)
			for i := range n {
				p := ticket.Policy{Name: fmt.Sprint(i), First: hour, Next: 2 * hour, Resolution: 10 * hour}
				if i < n-1 {
					p.When = fmt.Sprintf("ticket.app == \"shop%d\" and ticket.priority == \"urgent\"", i)
				}
				must(b, d.tickets.SavePolicy(b.Context(), admin, &p))
			}
			d.step(b)
			b.ReportAllocs()
			f(b, d)
		})
	}
}

// BenchmarkPolicyCreate creates a ticket with its message, and its clocks and timer.
func BenchmarkPolicyCreate(b *testing.B) {
	eachPolicies(b, func(b *testing.B, d *desk) {
		parallel(b, 1, func(ctx context.Context) error {
			_, err := d.tickets.Create(ctx, question(d.eve))
			return err
		})
	})
}

// BenchmarkPolicyReply answers a ticket, which ends a clock or finds none to end.
func BenchmarkPolicyReply(b *testing.B) {
	eachPolicies(b, func(b *testing.B, d *desk) {
		id := d.ask(b).ID
		for b.Loop() {
			must(b, answer(d, id)(b.Context()))
		}
	})
}

// BenchmarkPolicyTimer is what a timer that comes too early costs: it finds nothing to
// say, and sets the next one.
func BenchmarkPolicyTimer(b *testing.B) {
	d := openMemory(b, nil)
	must(b, d.tickets.SavePolicy(b.Context(), admin, &ticket.Policy{Name: "All", First: hour, Resolution: ticket.MaxGoal}))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		d.reply(b, ann, d.ask(b).ID, "Soon.")
		_, err := d.events.Step(b.Context())
		must(b, err)
		d.clock.forward(48 * minute)
		b.StartTimer()
		n, err := d.jobs.Step(b.Context())
		must(b, err)
		if n == 0 {
			b.Fatal("no timer")
		}
	}
}
