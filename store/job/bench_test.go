package job_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

func benchStores(b *testing.B, f func(b *testing.B, db *store.DB)) {
	b.Run("memory", func(b *testing.B) { f(b, openDB(b, memstore.New())) })
	b.Run("bbolt", func(b *testing.B) {
		var d driver.Store
		d, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
		must(b, err)
		f(b, openDB(b, d))
	})
}

func noop(context.Context, *job.Job) error { return nil }

// BenchmarkStep enqueues one job and runs it: three transactions, one after the
// other.
func BenchmarkStep(b *testing.B) {
	for _, key := range []string{"", "k"} {
		b.Run(fmt.Sprintf("key=%q", key), func(b *testing.B) {
			benchStores(b, func(b *testing.B, db *store.DB) {
				q := job.New(db, nil)
				q.Handle("a", job.Handler{Do: noop})
				n := 0
				b.ReportAllocs()
				for b.Loop() {
					n++
					must(b, q.Enqueue(b.Context(), db, job.Spec{ID: fmt.Sprintf("%016x", n), Kind: "a", Key: key, Data: []byte(`{"n":7}`)}))
					if ran, err := q.Step(b.Context()); err != nil || ran != 1 {
						b.Fatal(ran, err)
					}
				}
			})
		})
	}
}

// BenchmarkRun has up to 64 jobs waiting for 8 workers.
func BenchmarkRun(b *testing.B) {
	benchStores(b, func(b *testing.B, db *store.DB) {
		room := make(chan struct{}, 64)
		q := job.New(db, nil)
		q.Handle("a", job.Handler{Do: func(context.Context, *job.Job) error { <-room; return nil }})
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			n++
			room <- struct{}{}
			must(b, q.Enqueue(b.Context(), db, job.Spec{ID: fmt.Sprintf("%016x", n), Kind: "a", Data: []byte(`{"n":7}`)}))
		}
		for range cap(room) {
			room <- struct{}{}
		}
		stop()
		<-ended
	})
}
