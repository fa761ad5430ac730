package automation_test

import (
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Pass is an end user's message on a ticket, and all that follows, with so many rules on
// messages of which one is true: with no rules it is what the rest costs.
func BenchmarkPass(b *testing.B) {
	for _, n := range []int{0, 1, 100, 1000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			d := open(b, memstore.New(), nil)
			for i := range n {
				r := &automation.Rule{ID: fmt.Sprint("r", i), Name: "r", On: when(automation.EventEndUserMessage), Once: true,
					When: fmt.Sprintf(`ticket.platform == "webchat" and field.spend == %d and message.text contains "now"`, i), Do: do(tag("vip"))}
				if err := d.rules.SaveRule(b.Context(), admin, r); err != nil {
					b.Fatal(err)
				}
			}
			tk := d.ask(b, func(n *ticket.New) { n.Fields = map[string]any{"spend": 0.0} })
			d.drain(b)
			b.ReportAllocs()
			for b.Loop() {
				d.write(b, tk.ID, "now")
				d.drain(b)
			}
		})
	}
}
