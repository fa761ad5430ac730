package boltstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	bolt "go.etcd.io/bbolt"
)

// entry is a document of about the size of a ticket, with two index entries.
type entry struct {
	ID    string
	Queue string
	Score int64
	Text  string
	Rev   store.Rev `json:"-"`
}

var entries = &store.Collection[entry]{
	Name: "entry",
	Key:  func(e *entry) string { return e.ID },
	Rev:  func(e *entry) *store.Rev { return &e.Rev },
	Columns: []store.Column[entry]{
		{Name: "queue", Kind: store.Text, Of: func(e *entry) any { return e.Queue }},
		{Name: "score", Kind: store.Int, Of: func(e *entry) any { return e.Score }},
	},
	Indexes: []store.Index{
		{Name: "queue", On: []string{"queue", "score"}},
		{Name: "score", On: []string{"score"}},
	},
}

var text = fmt.Sprintf("%0500d", 7)

// BenchmarkCreate stores a document and its two index entries, durably.
func BenchmarkCreate(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			d, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
			if err != nil {
				b.Fatal(err)
			}
			db, err := store.Open(b.Context(), d, nil, entries)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			var n atomic.Int64
			b.ReportAllocs()
			parallel(b, writers, func() error {
				i := n.Add(1)
				return db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
					return entries.Put(ctx, tx, &entry{ID: fmt.Sprintf("%016x", i), Queue: "billing", Score: i, Text: text})
				})
			})
		})
	}
}

// BenchmarkCreateRaw is the baseline: the same three keys by bbolt alone, one
// Update each, or its own Batch for many writers.
func BenchmarkCreateRaw(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db, err := bolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			run := db.Update
			if writers > 1 {
				run = db.Batch
			}
			var n atomic.Int64
			b.ReportAllocs()
			parallel(b, writers, func() error {
				i := n.Add(1)
				return run(func(tx *bolt.Tx) error { return putRaw(tx, i) })
			})
		})
	}
}

func putRaw(tx *bolt.Tx, i int64) error {
	bk, err := tx.CreateBucketIfNotExists([]byte("b"))
	if err != nil {
		return err
	}
	key := fmt.Appendf(nil, "entry\x00d%016x", i)
	if err := bk.Put(key, []byte(text)); err != nil {
		return err
	}
	queue := append(binary.BigEndian.AppendUint64([]byte("entry\x00iqueue\x00billing\x00\x01"), uint64(i)), key...)
	if err := bk.Put(queue, nil); err != nil {
		return err
	}
	return bk.Put(append(binary.BigEndian.AppendUint64([]byte("entry\x00iscore\x00"), uint64(i)), key...), nil)
}

// parallel runs f b.N times in so many goroutines.
func parallel(b *testing.B, writers int, f func() error) {
	b.Helper()
	if writers == 1 {
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.SetParallelism(max(writers/2, 1))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(); err != nil {
				b.Error(err)
			}
		}
	})
}
