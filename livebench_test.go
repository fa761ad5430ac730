package frontdesk_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/rawbolt"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	bolt "go.etcd.io/bbolt"
)

// benched is a desk on bbolt with somebody who writes.
type benched struct {
	*frontdesk.Desk
	path, eve string
}

func openBenched(b *testing.B) *benched {
	b.Helper()
	path := filepath.Join(b.TempDir(), "desk.db")
	d, err := frontdesk.Open(b.Context(), frontdesk.Config{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	eve, err := d.People.Save(b.Context(), frontdesk.Host(), identity.Profile{UserID: "eve"})
	if err != nil {
		b.Fatal(err)
	}
	return &benched{d, path, eve.ID}
}

func (d *benched) ask(ctx context.Context) (*ticket.Ticket, error) {
	return d.Tickets.Create(ctx, ticket.New{EndUser: d.eve, Platform: "webchat", Message: &ticket.Draft{Text: "Where is my parcel? I ordered it two weeks ago, and nothing has come."}})
}

// run does the background work until the benchmark ends.
func (d *benched) run(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-done })
}

// behind is by how many events, and for how long, the last consumer is behind.
func (d *benched) behind(b *testing.B) (events int64, age time.Duration) {
	b.Helper()
	lags, err := d.Events.Lags(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range lags {
		events, age = max(events, l.Events), max(age, l.Age)
	}
	return events, age
}

// caughtUp waits until all consumers have taken everything.
func (d *benched) caughtUp(b *testing.B) {
	b.Helper()
	for at := time.NewTicker(5 * time.Millisecond); ; <-at.C {
		if n, _ := d.behind(b); n == 0 {
			at.Stop()
			return
		}
	}
}

// BenchmarkCreate creates tickets with all that a desk does about them: Run is under
// way, and the time is that until every consumer has taken the last one.
func BenchmarkCreate(b *testing.B) {
	eachNumber(b, func(b *testing.B, writers int) {
		d := openBenched(b)
		d.run(b)
		d.caughtUp(b)
		b.ReportAllocs()
		b.ResetTimer()
		abreast(b, writers, func() error { _, err := d.ask(b.Context()); return err })
		created := b.Elapsed()
		d.caughtUp(b)
		b.ReportMetric(float64((b.Elapsed() - created).Milliseconds()), "ms-behind")
	})
}

// BenchmarkCreateRaw is its baseline: what the creation alone puts, by bbolt alone, with
// one transaction for all writers who wait.
func BenchmarkCreateRaw(b *testing.B) {
	eachNumber(b, func(b *testing.B, writers int) {
		d := openBenched(b)
		if _, err := d.ask(b.Context()); err != nil { // the first one puts what all share
			b.Fatal(err)
		}
		before := copied(b, d.path)
		t, err := d.ask(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		after := copied(b, d.path)
		a, err := rawbolt.Record(before, after, t.ID, map[string]func() any{
			"ticket":  func() any { return new(ticket.Ticket) },
			"message": func() any { return new(ticket.Message) },
			"event":   func() any { return new(event.Event) },
		})
		if err != nil {
			b.Fatal(err)
		}
		commit := rawbolt.Drain(after)
		b.ReportAllocs()
		b.ResetTimer()
		abreast(b, writers, func() error { return a.Again(commit) })
	})
}

func copied(b *testing.B, path string) *bolt.DB {
	b.Helper()
	db, err := rawbolt.Copy(path, filepath.Join(b.TempDir(), "copy.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

func eachNumber(b *testing.B, f func(b *testing.B, writers int)) {
	for _, n := range []int{64, 256} {
		b.Run(fmt.Sprintf("writers=%d", n), func(b *testing.B) { f(b, n) })
	}
}

// abreast runs f b.N times in so many goroutines.
func abreast(b *testing.B, writers int, f func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := f(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkKeepUp creates 2,000 tickets a second for five seconds, and tells how far the
// last consumer was behind at worst.
func BenchmarkKeepUp(b *testing.B) {
	const rate, seconds, tick = 2000, 5, 10 * time.Millisecond
	d := openBenched(b)
	d.run(b)
	d.caughtUp(b)
	worst := time.Duration(0)
	for b.Loop() {
		work := make(chan struct{}, rate*seconds)
		var writers sync.WaitGroup
		for range 64 {
			writers.Go(func() {
				for range work {
					if _, err := d.ask(b.Context()); err != nil {
						b.Error(err)
					}
				}
			})
		}
		at := time.NewTicker(tick)
		for started, made := time.Now(), 0; made < rate*seconds; <-at.C {
			for due := min(int(time.Since(started).Seconds()*rate), rate*seconds); made < due; made++ {
				work <- struct{}{}
			}
			_, age := d.behind(b)
			worst = max(worst, age)
		}
		at.Stop()
		close(work)
		writers.Wait()
		d.caughtUp(b)
	}
	b.ReportMetric(float64(b.N*rate*seconds)/b.Elapsed().Seconds(), "tickets/s")
	b.ReportMetric(float64(worst.Milliseconds()), "ms-behind-at-worst")
}
