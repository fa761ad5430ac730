package bot_test

import (
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// turn is a desk with tickets that a bot has, and one message for it on one of them.
func turn(b *testing.B) (d *desk, next func() (id string)) {
	b.Helper()
	file, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
	must(b, err)
	d = open(b, file, nil)
	d.publish(b, "b", `{steps: [{id: a, ask: {text: "What else?", as: text}}, {id: z, set: {priority: low}, next: a}]}`)
	id, n := d.ask(b, "b", "Hello?"), 0
	return d, func() string {
		if n++; n%40 == 0 {
			id = d.ask(b, "b", "Hello?")
		}
		_, err := d.tickets.Write(b.Context(), ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: "And more."}})
		must(b, err)
		return id
	}
}

// A bot takes a message, does a step and asks again, in one durable transaction.
func BenchmarkStep(b *testing.B) {
	d, next := turn(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		id := next()
		b.StartTimer()
		must(b, d.bots.Take(b.Context(), id))
	}
}

// BenchmarkStepRaw is the same without a bot: a message of the desk's, in one transaction.
func BenchmarkStepRaw(b *testing.B) {
	d, next := turn(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		id := next()
		b.StartTimer()
		_, _, err := d.tickets.Reply(b.Context(), host, id, ticket.Draft{Text: "What else?"})
		must(b, err)
	}
}
