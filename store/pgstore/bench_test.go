package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// entry is a document of about the size of a ticket, in a queue.
type entry struct {
	ID    string    `json:"id"`
	Queue string    `json:"queue"`
	Score int64     `json:"score"`
	Text  string    `json:"text"`
	Rev   store.Rev `json:"-"`
}

func entries() *store.Collection[entry] {
	return &store.Collection[entry]{
		Name:  "entry",
		Fresh: true,
		Key:   func(e *entry) string { return e.ID },
		Rev:   func(e *entry) *store.Rev { return &e.Rev },
		Columns: []store.Column[entry]{
			{Name: "queue", Kind: store.Text, Of: func(e *entry) any { return e.Queue }},
			{Name: "score", Kind: store.Int, Of: func(e *entry) any { return e.Score }},
		},
		Indexes: []store.Index{{Name: "queue", On: []string{"queue", "score"}}},
	}
}

// bench is a store with a queue of entries on a server that keeps what it
// acknowledges.
func bench(b *testing.B, size int) (*store.DB, *store.Collection[entry], *pgxpool.Pool) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	c, err := pgxpool.ParseConfig(pgtest.Start(b, nil).DSN())
	must(err)
	c.MaxConns = 48
	pool, err := pgxpool.NewWithConfig(b.Context(), c)
	must(err)
	b.Cleanup(pool.Close)
	es := entries()
	db, err := store.Open(b.Context(), pgstore.New(pool, nil), nil, es)
	must(err)
	for n := 0; n < size; {
		must(db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			for range min(1000, size-n) {
				e := &entry{ID: fmt.Sprintf("%016x", n), Queue: "billing", Score: int64(n), Text: fmt.Sprintf("%0500d", n)}
				if err := es.Put(ctx, tx, e); err != nil {
					return err
				}
				n++
			}
			return nil
		}))
	}
	return db, es, pool
}

func parallel(b *testing.B, workers int, f func(context.Context) error) {
	b.ReportAllocs()
	b.ResetTimer()
	b.SetParallelism(max(workers/2, 1))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

// queueSize is how many wait; a claimed one goes to the end.
const queueSize = 20_000

func eachWorkers(b *testing.B, f func(b *testing.B, workers int)) {
	for _, n := range []int{2, 8, 32} {
		b.Run(fmt.Sprintf("workers=%d", n), func(b *testing.B) { f(b, n) })
	}
}

// BenchmarkClaim takes the head of one queue and puts it to the end, by many at a
// time: they pass over what others hold, and don't run into each other.
func BenchmarkClaim(b *testing.B) {
	eachWorkers(b, func(b *testing.B, workers int) {
		db, es, _ := bench(b, queueSize)
		var runs, last atomic.Int64
		last.Store(queueSize)
		parallel(b, workers, func(ctx context.Context) error {
			return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				runs.Add(1)
				for e, err := range es.Claim(ctx, tx, store.By("queue", "billing").Limit(1)) {
					if err != nil {
						return err
					}
					e.Score = last.Add(1)
					return es.Put(ctx, tx, e)
				}
				return errors.New("the queue is empty")
			})
		})
		b.ReportMetric(float64(runs.Load())/float64(b.N)-1, "retries/op")
	})
}

// BenchmarkClaimRaw is the same by two statements of pgx.
func BenchmarkClaimRaw(b *testing.B) {
	eachWorkers(b, func(b *testing.B, workers int) {
		_, _, pool := bench(b, queueSize)
		var last atomic.Int64
		last.Store(queueSize)
		parallel(b, workers, func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				var key string
				var rev int64
				var doc []byte
				err := tx.QueryRow(ctx, `select _key, _rev, _doc from frontdesk.entry where queue = $1 and score is not null
					order by score, _key limit 1 for update skip locked`, "billing").Scan(&key, &rev, &doc)
				if err != nil {
					return err
				}
				_, err = tx.Exec(ctx, "update frontdesk.entry set _rev = $2, _doc = $3, score = $4 where _key = $1 and _rev = $2 - 1", key, rev+1, string(doc), last.Add(1))
				return err
			})
		})
	})
}

// BenchmarkGet reads one document by its key.
func BenchmarkGet(b *testing.B) {
	db, es, _ := bench(b, 1000)
	parallel(b, 2, func(ctx context.Context) error {
		return db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := es.Get(ctx, tx, fmt.Sprintf("%016x", 500))
			return err
		})
	})
}

// BenchmarkGetRaw is one statement, outside of a transaction.
func BenchmarkGetRaw(b *testing.B) {
	_, _, pool := bench(b, 1000)
	parallel(b, 2, func(ctx context.Context) error {
		var rev int64
		var form int
		var doc []byte
		return pool.QueryRow(ctx, "select _rev, _form, _doc from frontdesk.entry where _key = $1", fmt.Sprintf("%016x", 500)).Scan(&rev, &form, &doc)
	})
}

// BenchmarkPage reads fifty documents of an index.
func BenchmarkPage(b *testing.B) {
	db, es, _ := bench(b, queueSize)
	parallel(b, 2, func(ctx context.Context) error {
		return db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, _, err := es.Page(ctx, tx, store.By("queue", "billing").From(10_000).Limit(50))
			return err
		})
	})
}

// BenchmarkPageRaw reads the same rows, and decodes nothing.
func BenchmarkPageRaw(b *testing.B) {
	_, _, pool := bench(b, queueSize)
	parallel(b, 2, func(ctx context.Context) error {
		rows, err := pool.Query(ctx, `select queue, score, _key, _rev, _form, _doc from frontdesk.entry
			where queue = $1 and score >= $2 order by score, _key limit 51`, "billing", 10_000)
		if err != nil {
			return err
		}
		var e entry
		var form int
		var doc []byte
		_, err = pgx.ForEachRow(rows, []any{&e.Queue, &e.Score, &e.ID, &e.Rev, &form, &doc}, func() error { return nil })
		return err
	})
}
