package ticket_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/rawbolt"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	bolt "go.etcd.io/bbolt"
)

// benchDesk is a desk on disk with so many tickets, and the path of its file.
func benchDesk(b *testing.B, tickets int) (*desk, string) {
	b.Helper()
	return benchDeskIn(b, b.TempDir(), tickets)
}

// reopen opens a desk that benchDeskIn has made.
func reopen(b *testing.B, path string) *desk {
	b.Helper()
	s, err := boltstore.Open(path, nil)
	must(b, err)
	return open(b, s, nil)
}

func benchDeskIn(b *testing.B, dir string, tickets int) (*desk, string) {
	b.Helper()
	path := filepath.Join(dir, "desk.db")
	d := reopen(b, path)
	for made := 0; made < tickets; {
		must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range min(500, tickets-made) {
				if _, err := d.tickets.In(tx).Create(ctx, question(d.eve)); err != nil {
					return err
				}
				made++
			}
			return nil
		}))
	}
	d.step(b)
	return d, path
}

func question(endUser string) ticket.New {
	return ticket.New{EndUser: endUser, Platform: "webchat", Message: &ticket.Draft{Text: "Where is my parcel? I ordered it two weeks ago, and nothing has come."}}
}

func answer(d *desk, id string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		_, _, err := d.tickets.Reply(ctx, ann, id, text("It left our house yesterday, and will be there on Friday."))
		return err
	}
}

// raw opens a copy of a desk's file by bbolt alone. Nobody writes meanwhile.
func raw(b *testing.B, path string) *bolt.DB {
	b.Helper()
	db, err := rawbolt.Copy(path, filepath.Join(b.TempDir(), "copy.db"))
	must(b, err)
	b.Cleanup(func() { db.Close() })
	return db
}

var bucket = []byte("frontdesk")

// parallel runs f b.N times in so many goroutines.
func parallel(b *testing.B, writers int, f func(context.Context) error) {
	b.Helper()
	if writers == 1 {
		for b.Loop() {
			must(b, f(b.Context()))
		}
		return
	}
	b.SetParallelism(max(writers/2, 1))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

func eachWriters(b *testing.B, f func(b *testing.B, writers int)) {
	for _, writers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { f(b, writers) })
	}
}

// documents are what is encoded for each put, in the baselines as in the engine.
var documents = map[string]func() any{
	"ticket":  func() any { return new(ticket.Ticket) },
	"message": func() any { return new(ticket.Message) },
	"event":   func() any { return new(event.Event) },
}

// again is the baseline of an act: what it puts, by bbolt alone.
func again(b *testing.B, writers int, commit func(*bolt.DB) rawbolt.Commit, act func(d *desk) (id string)) {
	d, path := benchDesk(b, 100)
	before := raw(b, path)
	id := act(d)
	after := raw(b, path)
	a, err := rawbolt.Record(before, after, id, documents)
	must(b, err)
	c := commit(after)
	b.ReportAllocs()
	parallel(b, writers, func(context.Context) error { return a.Again(c) })
}

func create(d *desk) func(context.Context) error {
	return func(ctx context.Context) error { _, err := d.tickets.Create(ctx, question(d.eve)); return err }
}

// BenchmarkCreate creates a ticket with its first message, durably.
func BenchmarkCreate(b *testing.B) {
	eachWriters(b, func(b *testing.B, writers int) {
		d, _ := benchDesk(b, 100)
		b.ReportAllocs()
		parallel(b, writers, create(d))
	})
}

func createRaw(b *testing.B, commit func(*bolt.DB) rawbolt.Commit) {
	eachWriters(b, func(b *testing.B, writers int) {
		again(b, writers, commit, func(d *desk) string { return d.ask(b).ID })
	})
}

// BenchmarkCreateRaw is its baseline: one transaction for all writers who wait.
func BenchmarkCreateRaw(b *testing.B) { createRaw(b, rawbolt.Drain) }

// BenchmarkCreateRawBatch has bbolt's own way to put writers together.
func BenchmarkCreateRawBatch(b *testing.B) { createRaw(b, rawbolt.Batch) }

// BenchmarkCreateRawUpdate has a transaction for each.
func BenchmarkCreateRawUpdate(b *testing.B) { createRaw(b, rawbolt.Update) }

// BenchmarkReply adds an agent's answer to a ticket, durably.
func BenchmarkReply(b *testing.B) {
	eachWriters(b, func(b *testing.B, writers int) {
		d, _ := benchDesk(b, 100)
		act := answer(d, d.ask(b).ID)
		must(b, act(b.Context()))
		b.ReportAllocs()
		parallel(b, writers, act)
	})
}

// BenchmarkReplyRaw is its baseline.
func BenchmarkReplyRaw(b *testing.B) {
	eachWriters(b, func(b *testing.B, writers int) {
		again(b, writers, rawbolt.Drain, func(d *desk) string {
			ts, _, err := d.tickets.OfEndUser(b.Context(), host, d.eve, "", 1)
			must(b, err)
			must(b, answer(d, ts[0].ID)(b.Context()))
			return ts[0].ID
		})
	})
}

// sizes are how many tickets a desk of a benchmark has.
var sizes = []int{1_000, 100_000, 1_000_000}

// grown are desks with many tickets, on disk; they are made once for all benchmarks.
var grown = struct {
	sync.Mutex
	paths map[int]string
}{paths: map[int]string{}}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, path := range grown.paths {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// eachSize gives f the path of a desk with so many tickets, which it may write to.
// The largest takes minutes to make: -short does without.
func eachSize(b *testing.B, f func(b *testing.B, tickets int, path string)) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("tickets=%d", n), func(b *testing.B) {
			if testing.Short() && n > sizes[0] {
				b.Skip("a large desk takes minutes to make")
			}
			f(b, n, grow(b, n))
		})
	}
}

func grow(b *testing.B, n int) string {
	grown.Lock()
	defer grown.Unlock()
	if grown.paths[n] == "" {
		dir, err := os.MkdirTemp("", "grown") // TestMain takes it away
		must(b, err)
		d, path := benchDeskIn(b, dir, n)
		must(b, d.db.Close())
		grown.paths[n] = path
	}
	return grown.paths[n]
}

// BenchmarkGrown creates tickets as BenchmarkCreate does, on desks with many.
func BenchmarkGrown(b *testing.B) {
	eachSize(b, func(b *testing.B, n int, path string) {
		d := reopen(b, path)
		d.clock.forward(24 * time.Hour) // the ids that come follow those that are there
		b.ReportAllocs()
		parallel(b, 64, create(d))
	})
}

// BenchmarkGrownRaw is its baseline.
func BenchmarkGrownRaw(b *testing.B) {
	eachSize(b, func(b *testing.B, n int, path string) {
		small, smallPath := benchDesk(b, 100)
		before := raw(b, smallPath)
		id := small.ask(b).ID
		a, err := rawbolt.Record(before, raw(b, smallPath), id, documents)
		must(b, err)
		db := raw(b, path)
		c := rawbolt.Drain(db)
		b.ReportAllocs()
		parallel(b, 64, func(context.Context) error { return a.Again(c) })
	})
}

// some are ids of tickets all over a desk.
func some(b *testing.B, db *bolt.DB) (ids []string) {
	b.Helper()
	prefix := []byte("ticket\x00d")
	must(b, db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		n := 0
		for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			if n++; n%997 == 1 {
				ids = append(ids, string(k[len(prefix):]))
			}
		}
		return nil
	}))
	return ids
}

// BenchmarkGet reads a ticket for an agent.
func BenchmarkGet(b *testing.B) {
	eachSize(b, func(b *testing.B, _ int, path string) {
		ids := some(b, raw(b, path))
		d := reopen(b, path)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, err := d.tickets.Get(b.Context(), ann, ids[i*7919%len(ids)])
			must(b, err)
		}
	})
}

// BenchmarkGetRaw is its baseline: the ticket, read and decoded.
func BenchmarkGetRaw(b *testing.B) {
	eachSize(b, func(b *testing.B, _ int, path string) {
		db := raw(b, path)
		ids := some(b, db)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(b, db.View(func(tx *bolt.Tx) error {
				return rawbolt.Decode(tx.Bucket(bucket).Get([]byte("ticket\x00d"+ids[i*7919%len(ids)])), new(ticket.Ticket))
			}))
		}
	})
}

// BenchmarkList reads a page of 50 tickets for an agent.
func BenchmarkList(b *testing.B) {
	eachSize(b, func(b *testing.B, _ int, path string) {
		d := reopen(b, path)
		b.ReportAllocs()
		for b.Loop() {
			ts, _, err := d.tickets.List(b.Context(), ann, ticket.Filter{Open: true}, "", 50)
			if err != nil || len(ts) != 50 {
				b.Fatal(len(ts), err)
			}
		}
	})
}

// BenchmarkListRaw is its baseline: the index's entries, and the tickets that they lead
// to, read and decoded.
func BenchmarkListRaw(b *testing.B) {
	eachSize(b, func(b *testing.B, _ int, path string) {
		db, prefix := raw(b, path), []byte("ticket_facets\x00imoved\x00o\x00\x01")
		b.ReportAllocs()
		for b.Loop() {
			must(b, db.View(func(tx *bolt.Tx) error {
				bk := tx.Bucket(bucket)
				c := bk.Cursor()
				c.Seek(append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, 9)...))
				for range 50 {
					k, _ := c.Prev()
					if !bytes.HasPrefix(k, prefix) {
						return fmt.Errorf("the index isn't where it was: %q", k)
					}
					if err := rawbolt.Decode(bk.Get([]byte("ticket\x00d"+string(k[len(k)-36:]))), new(ticket.Ticket)); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	})
}
