package ticket_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// callers is how many at a time the benchmarks on PostgreSQL have.
const callers = 32

// statement is what was sent to the server.
type statement struct {
	sql  string
	args []any
}

// recorder notes the statements of one transaction, so that the baseline can send
// the same ones.
type recorder struct {
	mu   sync.Mutex
	on   bool
	said []statement
}

func (r *recorder) note(sql string, args []any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		r.said = append(r.said, statement{sql, args})
	}
}

func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.note(d.SQL, d.Args)
	return ctx
}

func (r *recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (r *recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	r.note(d.SQL, d.Args)
}

func (r *recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// benchPool connects to a server that keeps what it acknowledges.
func benchPool(b *testing.B, tracer pgx.QueryTracer) *pgxpool.Pool {
	b.Helper()
	c, err := pgxpool.ParseConfig(pgtest.Start(b, nil).DSN())
	must(b, err)
	c.MaxConns, c.ConnConfig.Tracer = callers+16, tracer
	pool, err := pgxpool.NewWithConfig(b.Context(), c)
	must(b, err)
	b.Cleanup(pool.Close)
	return pool
}

func benchPostgres(b *testing.B) *desk {
	return open(b, pgstore.New(benchPool(b, nil), nil), nil)
}

// many runs f b.N times by so many callers.
func many(b *testing.B, f func(context.Context) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	parallel(b, callers, f)
}

// BenchmarkCreatePostgres is a ticket with its first message and event. What it
// takes more than its baseline is the second round trip, for which the baseline
// would have to know what to write before it has read (60 of 90 µs on two cores
// that client and server share), and decoding, deciding and encoding.
func BenchmarkCreatePostgres(b *testing.B) {
	d := benchPostgres(b)
	many(b, func(ctx context.Context) error {
		_, err := d.tickets.Create(ctx, question(d.eve))
		return err
	})
}

// BenchmarkCreatePostgresRaw sends the same statements, reads included, in one
// pgx.Batch.
func BenchmarkCreatePostgresRaw(b *testing.B) {
	replay(b, func(ctx context.Context, d *desk) ([]*ticket.Ticket, error) {
		t, err := d.tickets.Create(ctx, question(d.eve))
		return []*ticket.Ticket{t}, err
	}, 1)
}

// replay records what an act sends to the server, and sends it again and again,
// with ids and numbers of its own, in one round trip each time. One operation is
// one of the tickets.
func replay(b *testing.B, act func(context.Context, *desk) ([]*ticket.Ticket, error), tickets int) {
	r := &recorder{}
	pool := benchPool(b, r)
	d := open(b, pgstore.New(pool, nil), nil)
	_, err := act(b.Context(), d) // so that everything is prepared
	must(b, err)
	r.on = true
	made, err := act(b.Context(), d)
	must(b, err)
	r.on = false
	c := pool.Config()
	c.ConnConfig.Tracer = nil
	pool, err = pgxpool.NewWithConfig(b.Context(), c)
	must(b, err)
	b.Cleanup(pool.Close)
	var number atomic.Int64
	number.Store(1e9)
	group(b, tickets, func(ctx context.Context) error {
		s := newSubstitute(made, &number)
		var batch pgx.Batch
		for _, said := range r.said {
			args := make([]any, len(said.args))
			for i, a := range said.args {
				args[i] = s.of(a)
			}
			batch.Queue(said.sql, args...)
		}
		return pool.SendBatch(ctx, &batch).Close()
	})
}

// group is many, where an operation is one of a group's tickets.
func group(b *testing.B, size int, f func(context.Context) error) {
	var left atomic.Int64
	many(b, func(ctx context.Context) error {
		if left.Add(1)%int64(size) != 0 {
			return nil
		}
		return f(ctx)
	})
}

// substitute gives recorded arguments new ids and numbers.
type substitute struct {
	ids     *strings.Replacer
	numbers map[int64]int64
}

func newSubstitute(made []*ticket.Ticket, next *atomic.Int64) *substitute {
	s := &substitute{numbers: map[int64]int64{}}
	var pairs []string
	for _, t := range made {
		pairs = append(pairs, t.ID, uuid.Must(uuid.NewV7()).String())
		s.numbers[t.Number] = next.Add(1)
	}
	s.ids = strings.NewReplacer(pairs...)
	return s
}

func (s *substitute) of(a any) any {
	switch a := a.(type) {
	case string:
		return s.ids.Replace(a)
	case json.RawMessage:
		return json.RawMessage(s.ids.Replace(string(a)))
	case []byte:
		return bytes.Clone(a)
	case int64:
		if n, ok := s.numbers[a]; ok {
			return n
		}
	case []string:
		all := make([]string, len(a))
		for i := range a {
			all[i] = s.ids.Replace(a[i])
		}
		return all
	case []*string:
		all := slices.Clone(a)
		for i := range a {
			if a[i] != nil {
				all[i] = new(s.ids.Replace(*a[i]))
			}
		}
		return all
	case []*int64:
		all := slices.Clone(a)
		for i := range a {
			if a[i] == nil {
				continue
			}
			if n, ok := s.numbers[*a[i]]; ok {
				all[i] = &n
			}
		}
		return all
	}
	return a
}

// groupSize is how many tickets CreateMany gets at a time here.
const groupSize = 64

func createMany(ctx context.Context, d *desk) ([]*ticket.Ticket, error) {
	return d.tickets.CreateMany(ctx, slices.Repeat([]ticket.New{question(d.eve)}, groupSize))
}

// BenchmarkCreateManyPostgres is one ticket of 64 that are created together.
func BenchmarkCreateManyPostgres(b *testing.B) {
	d := benchPostgres(b)
	group(b, groupSize, func(ctx context.Context) error {
		_, err := createMany(ctx, d)
		return err
	})
}

// BenchmarkCreateManyPostgresRaw sends the same statements by unnest, 64 rows each,
// in one pgx.Batch.
func BenchmarkCreateManyPostgresRaw(b *testing.B) { replay(b, createMany, groupSize) }

// BenchmarkCopyPostgres is one ticket, with message and event, of those that
// store.Copy brings from memory: written, read again on both sides, and compared.
func BenchmarkCopyPostgres(b *testing.B) {
	from := openMemory(b, nil)
	to := benchPostgres(b)
	for range b.N {
		_, err := from.tickets.Create(b.Context(), question(from.eve))
		must(b, err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	_, err := store.Copy(b.Context(), from.db, to.db, &store.CopyOptions{Replace: true})
	must(b, err)
}

// BenchmarkCopyPostgresRaw only writes: 64 at a time, by unnest.
func BenchmarkCopyPostgresRaw(b *testing.B) { replay(b, createMany, groupSize) }

// quiet is a store whose processes can't wake each other.
type quiet struct{ driver.Store }

// BenchmarkCreateLivePostgres is BenchmarkCreatePostgres while the desk runs, wakes
// two other processes, and feeds a hundred streams and a reactor in each.
func BenchmarkCreateLivePostgres(b *testing.B) {
	pool := benchPool(b, nil)
	live(b, pool, true)
}

// BenchmarkCreateLivePostgresRaw is the same without wake-ups and without streams.
func BenchmarkCreateLivePostgresRaw(b *testing.B) {
	live(b, benchPool(b, nil), false)
}

func live(b *testing.B, pool *pgxpool.Pool, awake bool) {
	first, lags := processes(b, pool, awake)
	many(b, func(ctx context.Context) error {
		_, err := first.tickets.Create(ctx, question(first.eve))
		return err
	})
	lags.report(b)
}

// perSecond is how many tickets come in BenchmarkReactPostgres: a quarter of what
// the machine can take.
const perSecond = 500

// BenchmarkReactPostgres tells how long after their creation tickets reach a
// reactor, at a steady load; the time of an operation is that of the clock which
// gives the load.
func BenchmarkReactPostgres(b *testing.B) {
	first, lags := processes(b, benchPool(b, nil), true)
	b.ResetTimer()
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	var wait sync.WaitGroup
	for range b.N {
		<-tick.C
		wait.Go(func() {
			if _, err := first.tickets.Create(b.Context(), question(first.eve)); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	lags.report(b)
}

// processes opens the desk three times, as three processes do that run it, with a
// reactor; awake ones wake each other and feed a hundred streams each.
func processes(b *testing.B, pool *pgxpool.Pool, awake bool) (first *desk, l *lags) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var wait sync.WaitGroup
	b.Cleanup(wait.Wait)
	b.Cleanup(cancel)
	l = &lags{}
	for i := range 3 {
		var s driver.Store = pgstore.New(pool, nil)
		if !awake {
			s = quiet{s}
		}
		d := join(b, s)
		if i == 0 {
			first, d.eve = d, d.endUser(b, "eve")
		}
		d.events.React("lag", 4, l.take)
		if awake {
			for range 100 {
				b.Cleanup(d.events.Watch(first.eve).Stop)
			}
		}
		wait.Go(func() { d.db.Run(ctx) })
		wait.Go(func() { d.events.Run(ctx) })
	}
	return first, l
}

// join opens a desk as one of several processes does.
func join(b *testing.B, s driver.Store) *desk {
	b.Helper()
	db, err := store.Open(b.Context(), s, nil, collections()...)
	must(b, err)
	b.Cleanup(func() { db.Close() })
	d := &desk{db: db, events: event.NewLog(db, nil), jobs: job.New(db, nil)}
	d.people, err = identity.Open(b.Context(), db, d.events, nil)
	must(b, err)
	d.tickets, err = ticket.Open(b.Context(), db, d.events, d.jobs, d.people, nil)
	must(b, err)
	return d
}

// lags is how long after their creation tickets reached a reactor.
type lags struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *lags) take(_ context.Context, _ *store.Tx, es []*event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range es {
		if at, err := uuid.Parse(e.ID); err == nil && e.Type == ticket.Created {
			sec, nsec := at.Time().UnixTime()
			l.all = append(l.all, time.Since(time.Unix(sec, nsec)))
		}
	}
	return nil
}

func (l *lags) report(b *testing.B) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return
	}
	slices.Sort(l.all)
	b.ReportMetric(float64(l.all[len(l.all)/2].Milliseconds()), "lag-p50-ms")
	b.ReportMetric(float64(l.all[len(l.all)*99/100].Milliseconds()), "lag-p99-ms")
	b.ReportMetric(float64(len(l.all))/float64(b.N), "reacted/op")
}
