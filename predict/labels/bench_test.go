package labels_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// intake takes new tickets through their intake, a hundred at a time.
func (d *desk) intake(b *testing.B) {
	eve := d.endUser("eve")
	b.ReportAllocs()
	const batch = 100
	n := 0
	for b.Loop() {
		b.StopTimer()
		must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range batch {
				n++
				one := ticket.New{EndUser: eve, Platform: "webchat", Language: "en", Message: &ticket.Draft{Text: fmt.Sprint("where is my parcel ", n)}}
				if _, err := d.tickets.In(tx).Create(ctx, one); err != nil {
					return err
				}
			}
			return nil
		}))
		b.StartTimer()
		d.drain()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/batch, "µs/ticket")
}

// BenchmarkIntake labels new tickets: the prediction, what is noted of it, the label, and
// the events of both.
func BenchmarkIntake(b *testing.B) {
	d := openMemory(b, nil)
	d.working()
	d.intake(b)
}

// BenchmarkIntakeRaw is the intake of tickets where no model is active.
func BenchmarkIntakeRaw(b *testing.B) { openMemory(b, nil).intake(b) }

// BenchmarkOpinion is what an agent waits for when he opens a ticket.
func BenchmarkOpinion(b *testing.B) {
	d := openMemory(b, nil)
	d.working()
	one := d.writes("where is my parcel, please")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.labels.Opinion(b.Context(), ann, one.ID); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpinionRaw reads the ticket and its messages.
func BenchmarkOpinionRaw(b *testing.B) {
	d := openMemory(b, nil)
	one := d.writes("where is my parcel, please")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.tickets.Get(b.Context(), ann, one.ID); err != nil {
			b.Fatal(err)
		}
		if _, _, err := d.tickets.Messages(b.Context(), ann, one.ID, 0, 0, 20); err != nil {
			b.Fatal(err)
		}
	}
}
