package ticket_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	bolt "go.etcd.io/bbolt"
)

// bulkSize is how many tickets a bulk change of the benchmark has.
const bulkSize = 100

func bulkDesk(b *testing.B) (d *desk, path string, ids []string) {
	d, path = benchDesk(b, bulkSize)
	ts, _, err := d.tickets.OfEndUser(b.Context(), host, d.eve, "", bulkSize)
	must(b, err)
	for _, tk := range ts {
		ids = append(ids, tk.ID)
	}
	return d, path, ids
}

// BenchmarkBulk changes the priority of a hundred tickets on bbolt.
func BenchmarkBulk(b *testing.B) {
	d, _, ids := bulkDesk(b)
	to := []string{"high", "low"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		results, err := d.tickets.Bulk(b.Context(), ann, ids, ticket.Action{Do: ticket.DoPriority, Text: to[i%2]})
		must(b, err)
		must(b, results[0].Err)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/bulkSize, "µs/ticket")
}

type entry struct {
	k, v []byte
	grow bool // a key that wasn't there before
}

// written are the keys and values that an act puts.
func written(b *testing.B, path string, act func(context.Context) error) (es []entry) {
	b.Helper()
	before := map[string]string{}
	each(b, raw(b, path), func(k, v []byte) { before[string(k)] = string(v) })
	must(b, act(b.Context()))
	each(b, raw(b, path), func(k, v []byte) {
		if old, ok := before[string(k)]; !ok || old != string(v) {
			es = append(es, entry{bytes.Clone(k), bytes.Clone(v), !ok})
		}
	})
	return es
}

func each(b *testing.B, db *bolt.DB, f func(k, v []byte)) {
	must(b, db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(k, v []byte) error { f(k, v); return nil })
	}))
}

// BenchmarkBulkRaw puts the same keys and values by bbolt alone, in as many
// transactions.
func BenchmarkBulkRaw(b *testing.B) {
	d, path, ids := bulkDesk(b)
	es := written(b, path, func(ctx context.Context) error {
		_, err := d.tickets.Bulk(ctx, ann, ids, ticket.Action{Do: ticket.DoPriority, Text: "high"})
		return err
	})
	db := raw(b, path)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		for part := 0; part < len(es); part += len(es) / 4 {
			must(b, db.Update(func(tx *bolt.Tx) error {
				for _, e := range es[part:min(part+len(es)/4, len(es))] {
					k := e.k
					if e.grow {
						k = fmt.Appendf(nil, "%s/%d", e.k, n)
					}
					if err := tx.Bucket(bucket).Put(k, e.v); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
}

// BenchmarkIntake takes new tickets through the detection of their language, on
// bbolt, as the reactor does.
func BenchmarkIntake(b *testing.B) {
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
	must(b, err)
	d := open(b, s, &ticket.Options{Language: speaker{}})
	d.step(b)
	b.ReportAllocs()
	const batch = 256
	for b.Loop() {
		b.StopTimer()
		must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range batch {
				if _, err := d.tickets.In(tx).Create(ctx, question(d.eve)); err != nil {
					return err
				}
			}
			return nil
		}))
		b.StartTimer()
		d.step(b)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/batch, "µs/ticket")
}
