package queue_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// AssignDurable is an assignment, from the decision until it is stored with its event,
// in groups of 64, while as many tickets wait as are given.
func BenchmarkAssignDurable(b *testing.B) {
	for name, open := range map[string]func() driver.Store{
		"memory": func() driver.Store { return memstore.New() },
		"bbolt": func() driver.Store {
			s, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
			must(b, err)
			return s
		},
	} {
		b.Run(name, func(b *testing.B) {
			k := openAt(b, open(), time.Now)
			k.set(b, "ann", queue.Available, "")
			k.set(b, "bob", queue.Available, "")
			n, total := 0, time.Duration(0)
			for b.Loop() {
				b.StopTimer()
				got[*queue.Queue](b)(k.queues.Pause(b.Context(), host, queue.DefaultQueue, true))
				for range 16 {
					news := make([]ticket.New, 64)
					for i := range news {
						news[i] = ticket.New{EndUser: k.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Where is it?"}}
					}
					_, err := k.tickets.CreateMany(b.Context(), news)
					must(b, err)
				}
				k.settle(b)
				got[*queue.Queue](b)(k.queues.Pause(b.Context(), host, queue.DefaultQueue, false))
				b.StartTimer()
				start := time.Now()
				got[int](b)(k.queues.Step(b.Context()))
				total += time.Since(start)
				n += 16 * 64
			}
			b.ReportMetric(float64(total.Microseconds())/float64(n), "µs/assignment")
		})
	}
}

// AssignDurableRaw is what bbolt takes for as many bytes: a ticket, its event, and four keys of
// indexes that change.
func BenchmarkAssignDurableRaw(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, nil)
	must(b, err)
	defer db.Close()
	doc, e := make([]byte, 700), make([]byte, 600)
	n := 0
	for b.Loop() {
		must(b, db.Update(func(tx *bbolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			for range 64 {
				n++
				for _, put := range []struct {
					key   string
					value []byte
				}{{"t", doc}, {"e", e}, {"i", nil}, {"j", nil}, {"k", nil}, {"l", nil}} {
					if err := bucket.Put(fmt.Appendf(nil, "%s%012d", put.key, n), put.value); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/assignment")
}

// CommitToAssigned is how long a ticket is nobody's, from the commit that creates it on
// one of two processes until the other one sees who has it.
func BenchmarkCommitToAssigned(b *testing.B) {
	pool, schema := pgtest.Schema(b)
	open := func() driver.Store { return pgstore.New(pool, &pgstore.Options{Schema: schema}) }
	one := openAt(b, open(), time.Now)
	one.set(b, "ann", queue.Available, "")
	other := join(b, open())
	defer one.background(b)()
	defer other.background(b)()
	tail := make(chan string, 16)
	go func() {
		for e, err := range other.events.Tail(b.Context(), 0) {
			if err != nil {
				return
			}
			if e.Type == ticket.Assigned && e.Actor == ticket.Engine() {
				tail <- e.Subject
			}
		}
	}()
	var took []time.Duration
	for b.Loop() {
		tk := got[*ticket.Ticket](b)(one.tickets.Create(b.Context(), ticket.New{EndUser: one.eve, Platform: "webchat", Queue: queue.DefaultQueue, Message: &ticket.Draft{Text: "Hello?"}}))
		start := time.Now()
		for id := range tail {
			if id == tk.ID {
				break
			}
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
