package queue_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// waiting makes the desk one with a backlog, and with agents who can't take it.
func (d *desk) waiting(t testing.TB) {
	t.Helper()
	d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
	for range 3 {
		d.ask(t, "")
	}
	d.set(t, "ann", queue.Available, "")
}

// A desk on which nothing happens doesn't touch its store, although tickets wait.
func TestIdleDeskRests(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) driver.Store{
		"memory": func(*testing.T) driver.Store { return memstore.New() },
		"bbolt": func(t *testing.T) driver.Store {
			s, err := boltstore.Open(filepath.Join(t.TempDir(), "desk.db"), nil)
			must(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counted := &counting{Store: open(t)}
				d := openAt(t, counted, time.Now)
				d.waiting(t)
				stop := run(t, d.events.Run, d.queues.Run) // jobs are swept each hour
				time.Sleep(time.Minute)
				synctest.Wait()
				before := counted.n.Load()
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				if n := counted.n.Load() - before; n != 0 {
					t.Errorf("%d transactions in a day", n)
				}
				d.ask(t, "") // it is awake at once
				d.set(t, "bob", queue.Available, "")
				synctest.Wait()
				if n := counted.n.Load() - before; n < 3 {
					t.Errorf("%d transactions after that", n)
				}
				stop()
			})
		})
	}
}

// Where processes share a store each of them looks for others' events once in 5 seconds,
// and whether the assigner is at work, if it isn't that itself.
func TestIdleProcessesLookSeldom(t *testing.T) {
	t.Parallel()
	pool, schema := pgtest.Schema(t)
	ones := &counting{Store: pgstore.New(pool, &pgstore.Options{Schema: schema})}
	others := &counting{Store: pgstore.New(pool, &pgstore.Options{Schema: schema})}
	one := openAt(t, ones, time.Now)
	one.waiting(t)
	one.settle(t)
	other := join(t, others)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, d := range []*desk{one, other} {
		wg.Go(func() { d.queues.Run(ctx) })
	}
	pause(3 * time.Second) // they settle who is the assigner
	a, b := ones.n.Load(), others.n.Load()
	pause(11 * time.Second)
	a, b = ones.n.Load()-a, others.n.Load()-b
	cancel()
	wg.Wait()
	if max(a, b) > 4 { // for events, where nothing else reads the log, and for the assigner
		t.Errorf("%d and %d transactions in 11 seconds", a, b)
	}
}
