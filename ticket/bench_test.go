package ticket_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	bolt "go.etcd.io/bbolt"
)

// benchDesk is a desk on disk with so many tickets, and the path of its file.
func benchDesk(b *testing.B, tickets int) (*desk, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "desk.db")
	s, err := boltstore.Open(path, nil)
	must(b, err)
	d := open(b, s, nil)
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
	data, err := os.ReadFile(path)
	must(b, err)
	path = filepath.Join(b.TempDir(), "copy.db")
	must(b, os.WriteFile(path, data, 0o600))
	db, err := bolt.Open(path, 0o600, nil)
	must(b, err)
	b.Cleanup(func() { db.Close() })
	return db
}

var bucket = []byte("frontdesk")

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

// putRaw is the baseline of an act: its keys and values by bbolt alone. New keys
// end with a number that grows.
func putRaw(b *testing.B, writers int, path string, es []entry) {
	db := raw(b, path)
	run := db.Update
	if writers > 1 {
		run = db.Batch
	}
	var n atomic.Uint64
	b.ReportAllocs()
	parallel(b, writers, func(context.Context) error {
		i := n.Add(1)
		return run(func(tx *bolt.Tx) error {
			for _, e := range es {
				k := e.k
				if e.grow {
					k = binary.BigEndian.AppendUint64(slices.Clip(k[:len(k)-8]), i)
				}
				if err := tx.Bucket(bucket).Put(k, e.v); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

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
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

func eachWriters(b *testing.B, f func(b *testing.B, writers int)) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) { f(b, writers) })
	}
}

// BenchmarkCreate creates a ticket with its first message, durably.
func BenchmarkCreate(b *testing.B) {
	eachWriters(b, func(b *testing.B, writers int) {
		d, _ := benchDesk(b, 100)
		b.ReportAllocs()
		parallel(b, writers, func(ctx context.Context) error { _, err := d.tickets.Create(ctx, question(d.eve)); return err })
	})
}

// BenchmarkCreateRaw is its baseline.
func BenchmarkCreateRaw(b *testing.B) {
	eachWriters(b, func(b *testing.B, writers int) {
		d, path := benchDesk(b, 100)
		es := written(b, path, func(ctx context.Context) error { _, err := d.tickets.Create(ctx, question(d.eve)); return err })
		putRaw(b, writers, path, es)
	})
}

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
		d, path := benchDesk(b, 100)
		act := answer(d, d.ask(b).ID)
		must(b, act(b.Context()))
		putRaw(b, writers, path, written(b, path, act))
	})
}

// BenchmarkGet reads one of 10,000 tickets for an agent.
func BenchmarkGet(b *testing.B) {
	d, _ := benchDesk(b, 10_000)
	ids := d.all(b, ticket.Filter{}, 200)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := d.tickets.Get(b.Context(), ann, ids[i*7919%len(ids)])
		must(b, err)
	}
}

// BenchmarkGetRaw is its baseline: the ticket's and the agent's bytes.
func BenchmarkGetRaw(b *testing.B) {
	d, path := benchDesk(b, 10_000)
	ids, db, size := d.all(b, ticket.Filter{}, 200), raw(b, path), 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		must(b, db.View(func(tx *bolt.Tx) error {
			bk := tx.Bucket(bucket)
			size += len(bytes.Clone(bk.Get([]byte("agent\x00dann"))))
			size += len(bytes.Clone(bk.Get([]byte("ticket\x00d" + ids[i*7919%len(ids)]))))
			return nil
		}))
	}
	if size == 0 {
		b.Error("the keys aren't where they were")
	}
}

// BenchmarkList reads a page of 50 of 10,000 tickets for an agent.
func BenchmarkList(b *testing.B) {
	d, _ := benchDesk(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		ts, _, err := d.tickets.List(b.Context(), ann, ticket.Filter{Open: true}, "", 50)
		if err != nil || len(ts) != 50 {
			b.Fatal(len(ts), err)
		}
	}
}

// BenchmarkListRaw is its baseline: the index's entries, and the bytes of the rows
// and tickets that they lead to.
func BenchmarkListRaw(b *testing.B) {
	_, path := benchDesk(b, 10_000)
	db, prefix := raw(b, path), []byte("ticket_facets\x00imoved\x00o\x00\x01")
	b.ReportAllocs()
	for b.Loop() {
		size := 0
		must(b, db.View(func(tx *bolt.Tx) error {
			bk := tx.Bucket(bucket)
			size += len(bytes.Clone(bk.Get([]byte("agent\x00dann"))))
			c := bk.Cursor()
			c.Seek(append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, 9)...))
			for range 50 {
				k, _ := c.Prev()
				if !bytes.HasPrefix(k, prefix) {
					return fmt.Errorf("the index isn't where it was: %q", k)
				}
				id := string(k[len(k)-36:])
				size += len(bytes.Clone(bk.Get([]byte("ticket_facets\x00d" + id))))
				size += len(bytes.Clone(bk.Get([]byte("ticket\x00d" + id))))
			}
			return nil
		}))
		if size < 50*300 {
			b.Fatal(size)
		}
	}
}
