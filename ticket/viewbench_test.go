package ticket_test

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// benchmarkChange is a change of a ticket, and what the projection makes of it, in
// batches as a busy desk has them.
func benchmarkChange(b *testing.B, views int) {
	d := openMemory(b, nil)
	d.define(b)
	var ids []string
	for range 256 {
		ids = append(ids, d.ask(b).ID)
	}
	for i := range views {
		filter := []string{
			`ticket.queue == "queue%d" and ticket.open`, `ticket.label == "label%d"`, `ticket.status == "new" and ticket.group == "group%d"`,
			`ticket.assignee == me and field.count > %d`, `"vip" in ticket.tags and ticket.queue == "q%d"`,
		}[i%5]
		d.saveView(b, host, ticket.View{Filter: fmt.Sprintf(filter, i)})
	}
	high := d.saveView(b, host, ticket.View{Filter: `ticket.priority == "high"`})
	d.step(b)
	ps := []ticket.Priority{ticket.High, ticket.Low}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.tickets.Edit(b.Context(), ann, ids[n%len(ids)], ticket.Edit{Priority: &ps[n/len(ids)%2]}); err != nil {
			b.Fatal(err)
		}
		if n++; n%len(ids) == 0 {
			if _, err := d.events.Step(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.StopTimer()
	d.step(b)
	if c := d.counted(b, ann, high.ID); c.Building || c.N > len(ids) {
		b.Fatalf("counted %+v", c)
	}
}

// BenchmarkChangeWithViews1000 has 1,000 views beside those that the change touches.
func BenchmarkChangeWithViews1000(b *testing.B) { benchmarkChange(b, 990) }

// BenchmarkChangeWithViews1000Raw is its baseline: the same with the one view that
// the change touches.
func BenchmarkChangeWithViews1000Raw(b *testing.B) { benchmarkChange(b, 0) }
