package job_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// eachShared runs a test on stores that several processes share: connect returns
// the store as another process has it.
func eachShared(t *testing.T, f func(t *testing.T, connect func() driver.Store)) {
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		s := sharedtest.New()
		f(t, func() driver.Store { return s.Connect() })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pool, schema := pgtest.Schema(t)
		f(t, func() driver.Store { return pgstore.New(pool, &pgstore.Options{Schema: schema}) })
	})
}

// work runs a queue and the store's background work until stop is called.
func work(t *testing.T, q *job.Queue, db *store.DB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{q.Run, db.Run} {
		wg.Go(func() {
			if err := run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Run ended with %v", err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// Queues of several processes, which enqueue and work side by side, run each job
// once, and those of one key one after the other, in the order in which they came.
func TestQueuesOfManyProcesses(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, open func() driver.Store) {
		const processes, each, keys = 3, 60, 4
		var mu sync.Mutex
		ran, inUse := map[string]int{}, map[string]bool{}
		done := make(chan struct{}, processes*each)
		var ps []*job.Queue
		var dbs []*store.DB
		for range processes {
			db := openDB(t, open())
			q := job.New(db, &job.Options{Workers: 4})
			q.Handle("out", job.Handler{Do: func(_ context.Context, j *job.Job) error {
				mu.Lock()
				defer mu.Unlock()
				ran[j.ID]++
				if ran[j.ID] == 1 {
					done <- struct{}{}
				}
				return nil
			}})
			q.Handle("in", job.Handler{Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
				mu.Lock()
				if inUse[j.Key] {
					t.Errorf("two jobs of key %s at once", j.Key)
				}
				inUse[j.Key] = true
				mu.Unlock()
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					inUse[j.Key] = false
				}()
				tx.After(func() { done <- struct{}{} })
				return note(ctx, tx, j.Key, j.ID)
			}})
			ps, dbs = append(ps, q), append(dbs, db)
			work(t, q, db)
		}
		order := make([][]string, keys)
		var wg sync.WaitGroup
		var lines [keys]sync.Mutex // so that the test knows the order
		for p := range processes {
			wg.Go(func() {
				for i := range each {
					k, id := (i+p)%keys, fmt.Sprintf("%d-%02d", p, i)
					spec := job.Spec{ID: id, Kind: "in", Key: fmt.Sprint("k", k)}
					if i%3 == 0 {
						spec.Kind, spec.Key = "out", ""
					}
					lines[k].Lock()
					if err := ps[p].Enqueue(t.Context(), dbs[p], spec); err != nil {
						t.Error(err)
					}
					if spec.Key != "" {
						order[k] = append(order[k], id)
					}
					lines[k].Unlock()
				}
			})
		}
		wg.Wait()
		late := time.After(5 * time.Minute)
		for n := range processes * each {
			select {
			case <-done:
			case <-late:
				t.Fatalf("%d of %d jobs ran", n, processes*each)
			}
		}
		for k := range keys {
			got := noted(t, dbs[0], fmt.Sprint("k", k))
			if fmt.Sprint(got) != fmt.Sprint(order[k]) {
				t.Errorf("key %d ran %v, want %v", k, got, order[k])
			}
		}
		mu.Lock()
		defer mu.Unlock()
		for id, n := range ran {
			if n != 1 {
				t.Errorf("%s ran %d times", id, n)
			}
		}
	})
}

// Jobs of a key that has none, enqueued by several processes at once, are all there;
// the same job is there once.
func TestEnqueueTogether(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, open func() driver.Store) {
		const processes, rounds = 3, 40
		j := &journal{}
		var ps []*job.Queue
		var dbs []*store.DB
		for range processes {
			db := openDB(t, open())
			ps, dbs = append(ps, job.New(db, nil)), append(dbs, db)
		}
		for i := range rounds {
			var wg sync.WaitGroup
			for p, q := range ps {
				wg.Go(func() {
					key := fmt.Sprint("k", i)
					err := q.Enqueue(t.Context(), dbs[p],
						job.Spec{ID: fmt.Sprint("same", i), Kind: "a", Key: key}, job.Spec{ID: fmt.Sprint("own", i, "-", p), Kind: "a", Key: key})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		ps[0].Handle("a", job.Handler{Do: j.do})
		if n := step(t, ps[0]); n != rounds*(processes+1) {
			t.Errorf("%d jobs ran, want %d", n, rounds*(processes+1))
		}
		wantStats(t, ps[0], job.Stats{})
	})
}

// Step runs what is due, also if another process just holds it.
func TestStepWaitsForOthers(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, open func() driver.Store) {
		db, other, j := openDB(t, open()), openDB(t, open()), &journal{}
		q, rival := job.New(db, nil), job.New(other, nil)
		q.Handle("a", job.Handler{Do: j.do})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}, job.Spec{ID: "2", Kind: "a"}))
		held, stepping := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			refused := errors.New("refused")
			err := other.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				for _, id := range []string{"1", "2"} {
					if err := rival.Cancel(ctx, tx, id); err != nil {
						return err
					}
				}
				if err := job.Touch(ctx, tx); err != nil {
					return err
				}
				close(held)
				<-stepping
				return refused
			})
			if !errors.Is(err, refused) {
				t.Error(err)
			}
		})
		<-held
		ended := make(chan struct{})
		wg.Go(func() {
			defer close(ended)
			if n, err := q.Step(t.Context()); n != 2 || err != nil {
				t.Errorf("a step runs %d, %v; want 2", n, err)
			}
		})
		select {
		case <-ended: // too early
		case <-time.After(200 * time.Millisecond):
		}
		close(stepping)
		wg.Wait()
		j.want(t, "1", "2")
	})
}

// Jobs are due by the store's clock, and a process that is far off it doesn't work.
func TestRunGoesByTheStoresClock(t *testing.T) {
	for _, off := range []time.Duration{10 * time.Second, -10 * time.Second} {
		t.Run(off.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sharedtest.New()
				s.SetClock(func() time.Time { return time.Now().Add(off) })
				db, j := openDB(t, s.Connect()), &journal{}
				q := job.New(db, nil)
				q.Handle("a", job.Handler{Do: j.do})
				stop := work(t, q, db)
				must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", RunAt: time.Now().Add(time.Minute)}))
				<-time.After(time.Minute - off - time.Millisecond)
				synctest.Wait()
				j.want(t)
				<-time.After(time.Second)
				synctest.Wait()
				j.want(t, "1")

				// Somebody sets the clock wrong, and right again.
				s.SetClock(func() time.Time { return time.Now().Add(time.Hour) })
				<-time.After(2 * time.Minute)
				must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "2", Kind: "a"}))
				<-time.After(time.Hour)
				synctest.Wait()
				j.want(t)
				s.SetClock(time.Now)
				<-time.After(time.Minute)
				synctest.Wait()
				j.want(t, "2")
				stop()
			})
		})
	}
}

func TestRunRefusesAWrongClock(t *testing.T) {
	t.Parallel()
	s := sharedtest.New()
	s.SetClock(func() time.Time { return time.Now().Add(-6 * time.Second) })
	q := job.New(openDB(t, s), nil)
	q.Handle("quick", job.Handler{Timeout: 5 * time.Second, Do: noop}) // leased for 20 s
	err := q.Run(t.Context())
	off, ok := errors.AsType[*job.ClockError](err)
	if !ok || off.Limit != 5*time.Second || off.Offset.Round(time.Second) != -6*time.Second {
		t.Fatalf("Run ended with %v", err)
	}
	// Step goes by the clock that it was given.
	if _, err := q.Step(t.Context()); err != nil {
		t.Error(err)
	}
}

// A job that another process enqueues is heard of at once; one that this process
// can run itself disturbs nobody.
func TestWorkersHearOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, j := sharedtest.New(), &journal{}
		db, worker := openDB(t, s.Connect()), openDB(t, s.Connect())
		q, w := job.New(db, nil), job.New(worker, nil)
		w.Handle("a", job.Handler{Do: j.do})
		q.Handle("b", job.Handler{Do: j.do})
		stop, stopWorker := work(t, q, db), work(t, w, worker)
		<-time.After(7 * time.Second)
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		<-time.After(100 * time.Millisecond)
		synctest.Wait()
		j.want(t, "1")
		sent := s.Wakes()
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "2", Kind: "b"}, job.Spec{ID: "3", Kind: "b", RunAt: time.Now().Add(time.Hour)}))
		<-time.After(time.Second)
		synctest.Wait()
		j.want(t, "2")
		if n := s.Wakes() - sent; n > 0 {
			t.Errorf("%d wakes for a job that this process could run", n)
		}
		stop()
		stopWorker()
	})
}
