package event_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

func openBench(b *testing.B) (*store.DB, *event.Log) {
	b.Helper()
	d, err := boltstore.Open(filepath.Join(b.TempDir(), "desk.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(b.Context(), d, nil, append(event.Collections(), tallies)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db, event.NewLog(db, nil)
}

func appendMany(b *testing.B, db *store.DB, l *event.Log, first, n int) {
	b.Helper()
	err := db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			e := &event.Event{Type: "thing.changed", Subject: fmt.Sprint("thing", (first+i)%100), Revision: int64(first+i) + 1, Actor: event.Actor{Kind: event.System}}
			if err := l.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAppend is an event in a transaction of a hundred.
func BenchmarkAppend(b *testing.B) {
	db, l := openBench(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%100 == 0 {
			appendMany(b, db, l, n, 100)
		}
		n++
	}
}

// BenchmarkProject is an event taken by a projection that writes nothing, in
// batches: what the log itself costs its consumers.
func BenchmarkProject(b *testing.B) {
	db, l := openBench(b)
	l.Project("count", func(_ context.Context, _ *store.Tx, _ []*event.Event) error { return nil })
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%1000 != 0 {
			n++
			continue
		}
		b.StopTimer()
		appendMany(b, db, l, n, 1000)
		b.StartTimer()
		if _, err := l.Step(b.Context()); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkSequence is an event that gets its position on PostgreSQL, where a
// thousand wait.
func BenchmarkSequence(b *testing.B) {
	pool, schema := pgtest.Schema(b)
	p := connect(b, pgstore.New(pool, &pgstore.Options{Schema: schema}), nil)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%1000 == 0 {
			b.StopTimer()
			for first := n; first < n+1000; first += 100 {
				appendMany(b, p.db, p.l, first, 100)
			}
			b.StartTimer()
			if placed, err := p.l.Sequence(b.Context()); err != nil || placed != 1000 {
				b.Fatal(placed, err)
			}
		}
		n++
	}
}
