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

// BenchmarkPolicyFall is what a breach costs, where 500 fall due at one moment: by one
// worker after the other, as after a night without the desk. On disk each is durable.
func BenchmarkPolicyFall(b *testing.B) {
	const tickets = 500
	for name, open := range map[string]func(b *testing.B) *desk{
		"memory": func(b *testing.B) *desk { return openMemory(b, nil) },
		"bbolt":  func(b *testing.B) *desk { d, _ := benchDesk(b, 0); return d },
	} {
		b.Run(name, func(b *testing.B) {
			d := open(b)
			must(b, d.tickets.SavePolicy(b.Context(), admin, &ticket.Policy{Name: "All", First: hour, AtRisk: 100}))
			d.step(b)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for range tickets / 100 {
					ns := make([]ticket.New, 100)
					for i := range ns {
						ns[i] = question(d.eve)
					}
					_, err := d.tickets.CreateMany(b.Context(), ns)
					must(b, err)
				}
				d.clock.forward(2 * hour)
				b.StartTimer()
				for n := 0; n < tickets; {
					done, err := d.jobs.Step(b.Context())
					must(b, err)
					if n += done; done == 0 {
						b.Fatal("no timer")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*tickets), "µs/breach")
		})
	}
}
