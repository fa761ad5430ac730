package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// inBubble runs f with a queue whose Run is under way, on simulated time.
func inBubble(t *testing.T, o *job.Options, handle func(q *job.Queue), f func(t *testing.T, q *job.Queue, db *store.DB)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db := openDB(t, memstore.New())
		q := job.New(db, o)
		handle(q)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		synctest.Wait()
		f(t, q, db)
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func TestRunSleepsUntilDue(t *testing.T) {
	j := &journal{}
	var start time.Time
	when := func(_ context.Context, x *job.Job) error {
		j.add(fmt.Sprint(x.ID, " ", time.Since(start)))
		return nil
	}
	inBubble(t, nil, func(q *job.Queue) { q.Handle("a", job.Handler{Do: when}) }, func(t *testing.T, q *job.Queue, db *store.DB) {
		start = time.Now()
		at := func(d time.Duration) time.Time { return start.Add(d) }
		must(t, q.Enqueue(t.Context(), db,
			job.Spec{ID: "day", Kind: "a", RunAt: at(24 * time.Hour)},
			job.Spec{ID: "moved", Kind: "a", RunAt: at(30 * time.Hour)},
			job.Spec{ID: "cancelled", Kind: "a", RunAt: at(time.Hour)},
			job.Spec{ID: "odd", Kind: "a", RunAt: at(90*time.Minute + 17*time.Microsecond)},
			job.Spec{ID: "now", Kind: "a"},
		))
		synctest.Wait()
		j.want(t, "now 0s")
		must(t, q.Cancel(t.Context(), db, "cancelled"))
		must(t, q.Reschedule(t.Context(), db, "moved", at(2*time.Hour)))
		<-time.After(24 * time.Hour)
		synctest.Wait()
		j.want(t, "odd 1h30m0.000017s", "moved 2h0m0s", "day 24h0m0s")
	})
}

func TestTimersOfADay(t *testing.T) {
	const timers = 5000
	ran := map[string]bool{}
	var start time.Time
	do := func(_ context.Context, x *job.Job) error {
		if late := time.Since(x.RunAt); late != 0 {
			t.Errorf("%s ran %v late", x.ID, late)
		}
		ran[x.ID] = true
		return nil
	}
	inBubble(t, &job.Options{Workers: 1}, func(q *job.Queue) { q.Handle("a", job.Handler{Do: do}) }, func(t *testing.T, q *job.Queue, db *store.DB) {
		start = time.Now()
		for i := range timers {
			at := start.Add(time.Duration(i*7919%timers+1) * 24 * time.Hour / timers).Truncate(time.Microsecond)
			must(t, q.Enqueue(t.Context(), db, job.Spec{ID: fmt.Sprint(i), Kind: "a", RunAt: at}))
		}
		<-time.After(24 * time.Hour)
		synctest.Wait()
		if len(ran) != timers {
			t.Errorf("%d of %d timers ran", len(ran), timers)
		}
	})
}

func TestBackOffSchedule(t *testing.T) {
	var at []time.Duration
	var start time.Time
	do := func(context.Context, *job.Job) error {
		at = append(at, time.Since(start))
		return errDown
	}
	inBubble(t, &job.Options{Seed: 3}, func(q *job.Queue) { q.Handle("a", job.Handler{Do: do}) }, func(t *testing.T, q *job.Queue, db *store.DB) {
		start = time.Now()
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		<-time.After(24 * time.Hour)
		synctest.Wait()
		wantState(t, q, db, "1", job.Dead)
		if len(at) != 20 {
			t.Fatalf("%d attempts", len(at))
		}
		limit := 2 * time.Second
		for i := 1; i < len(at); i++ {
			if p := at[i] - at[i-1]; p < time.Second || p > limit {
				t.Errorf("pause %d is %v, at most %v", i, p, limit)
			}
			limit = min(2*limit, time.Hour)
		}
	})
}

func TestTimeoutEndsTheContext(t *testing.T) {
	do := func(ctx context.Context, _ *job.Job) error { <-ctx.Done(); return ctx.Err() }
	inBubble(t, nil, func(q *job.Queue) { q.Handle("a", job.Handler{Do: do}) }, func(t *testing.T, q *job.Queue, db *store.DB) {
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		<-time.After(time.Minute)
		synctest.Wait()
		if x := wantState(t, q, db, "1", job.Waiting); x.Error != context.DeadlineExceeded.Error() || x.Attempt != 1 {
			t.Errorf("%+v", x)
		}
	})
}

func TestRunEndsWithItsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, j := openDB(t, memstore.New()), &journal{}
		q := job.New(db, nil)
		q.Handle("obeys", job.Handler{MaxAttempts: 1, Do: func(ctx context.Context, _ *job.Job) error { <-ctx.Done(); return ctx.Err() }})
		q.Handle("finishes", job.Handler{Do: func(ctx context.Context, x *job.Job) error {
			<-ctx.Done()
			<-time.After(10 * time.Second)
			return j.do(ctx, x)
		}})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "obeys"}, job.Spec{ID: "2", Kind: "finishes"}))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q.Run(ctx) }()
		synctest.Wait()
		if err := q.Run(ctx); !errors.Is(err, job.ErrRunning) {
			t.Errorf("a second Run: %v", err)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		j.want(t, "2")
		wantState(t, q, db, "2", job.Done)
		if x := wantState(t, q, db, "1", job.Waiting); x.Attempt != 0 || x.Error != "" {
			t.Errorf("the attempt that Run interrupted counts: %+v", x)
		}
	})
}

func TestRunEndsWithTheStore(t *testing.T) {
	db := openDB(t, memstore.New())
	must(t, db.Close())
	if err := job.New(db, nil).Run(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Run on a closed store: %v", err)
	}
}

// One kind that hangs leaves workers to the others.
func TestLimitOfAKind(t *testing.T) {
	j := &journal{}
	most, n := 0, 0
	hang := func(ctx context.Context, _ *job.Job) error {
		n++
		most = max(most, n)
		defer func() { n-- }()
		<-ctx.Done()
		return nil
	}
	handle := func(q *job.Queue) {
		q.Handle("hangs", job.Handler{Do: hang, Limit: 1})
		q.Handle("quick", job.Handler{Do: j.do})
	}
	inBubble(t, &job.Options{Workers: 2}, handle, func(t *testing.T, q *job.Queue, db *store.DB) {
		for _, id := range []string{"1", "2", "3"} {
			must(t, q.Enqueue(t.Context(), db, job.Spec{ID: id, Kind: "hangs"}))
		}
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "4", Kind: "quick"}))
		synctest.Wait()
		j.want(t, "4")
		<-time.After(3 * time.Minute)
		synctest.Wait()
		wantStats(t, q, job.Stats{})
		if most != 1 {
			t.Errorf("%d ran at once", most)
		}
	})
}

// Two processes on one store: what one enqueues the other finds by looking.
func TestSharedStoreIsPolled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, j := openDB(t, shared{memstore.New()}), &journal{}
		q1, q2 := job.New(db, nil), job.New(db, nil)
		q1.Handle("a", job.Handler{Do: j.do})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- q1.Run(ctx) }()
		synctest.Wait()
		must(t, q2.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		synctest.Wait()
		j.want(t)
		<-time.After(5 * time.Second)
		synctest.Wait()
		j.want(t, "1")
		stop()
		<-ended
	})
}
