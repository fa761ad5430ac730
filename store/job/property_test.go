package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"pgregory.net/rapid"
)

// plan is a job of the property test: how often it fails, and how it ends.
type plan struct {
	spec     job.Spec
	failures int
	how      string // error, panic, permanent
	takes    time.Duration
	pause    time.Duration // before it is enqueued
}

const propertyAttempts = 3

func (p plan) dies() bool {
	return p.failures > 0 && p.how == "permanent" || p.failures >= propertyAttempts
}

func plans(rt *rapid.T) (ps []plan) {
	for i := range rapid.IntRange(1, 40).Draw(rt, "jobs") {
		key := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(rt, "key")
		ps = append(ps, plan{
			spec: job.Spec{
				ID:   fmt.Sprintf("%02d", i),
				Kind: rapid.SampledFrom([]string{"out", "in"}).Draw(rt, "kind"), Key: key,
				Data: []byte("{}"),
			},
			failures: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(rt, "failures"),
			how:      rapid.SampledFrom([]string{"error", "panic", "permanent"}).Draw(rt, "how"),
			takes:    time.Duration(rapid.SampledFrom([]int{0, 0, 1, 5000, 100_000}).Draw(rt, "takes")) * time.Millisecond,
			pause:    time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 700, 90_000}).Draw(rt, "pause")) * time.Millisecond,
		})
	}
	return ps
}

// world is what the handlers of the property test do, and what they notice.
type world struct {
	plans map[string]plan

	mu     sync.Mutex
	calls  map[string]int
	first  []string          // ids in the order of their first call
	inUse  map[string]string // by key: the job that runs
	wrongs []string
}

func (w *world) wrong(format string, args ...any) {
	w.wrongs = append(w.wrongs, fmt.Sprintf(format, args...))
}

// begin notes a call; it says whether this one fails.
func (w *world) begin(j *job.Job) (fails bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[j.ID] == 0 {
		w.first = append(w.first, j.ID)
	}
	w.calls[j.ID]++
	if other, ok := w.inUse[j.Key]; ok && j.Key != "" {
		w.wrong("%s runs beside %s of the same key", j.ID, other)
	}
	w.inUse[j.Key] = j.ID
	return w.calls[j.ID] <= w.plans[j.ID].failures
}

func (w *world) end(j *job.Job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.inUse, j.Key)
}

func (w *world) do(ctx context.Context, j *job.Job) error {
	p := w.plans[j.ID]
	fails := w.begin(j)
	defer w.end(j)
	if p.takes > 0 {
		select {
		case <-time.After(p.takes):
		case <-ctx.Done(): // as at the timeout
			return ctx.Err()
		}
	}
	switch {
	case !fails:
		return nil
	case p.how == "panic":
		panic("as planned")
	case p.how == "permanent":
		return job.Permanent(errDown)
	}
	return errDown
}

// Jobs of a key run in order and never side by side, whatever fails; each job
// ends exactly once, done or dead; nobody is left behind.
func TestEveryJobEndsInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ps := plans(rt)
		queues := rapid.IntRange(1, 3).Draw(rt, "queues")
		workers := rapid.IntRange(1, 8).Draw(rt, "workers")
		var wrongs []string
		synctest.Test(t, func(t *testing.T) { wrongs = live(t, ps, queues, workers) })
		if len(wrongs) > 0 {
			rt.Fatalf("%q", wrongs)
		}
	})
}

// live runs the plans to their end and says what went wrong.
func live(t *testing.T, ps []plan, queues, workers int) []string {
	w := &world{plans: map[string]plan{}, calls: map[string]int{}, inUse: map[string]string{}}
	var d driver.Store = memstore.New()
	if queues > 1 {
		d = shared{d}
	}
	for _, p := range ps {
		w.plans[p.spec.ID] = p
	}
	db := openDB(t, d)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var q *job.Queue
	for range queues {
		q = job.New(db, &job.Options{Workers: workers, Seed: 1})
		q.Handle("out", job.Handler{Do: w.do, MaxAttempts: propertyAttempts, Timeout: time.Hour})
		q.Handle("in", job.Handler{MaxAttempts: propertyAttempts, Timeout: time.Hour, Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
			if err := note(ctx, tx, "t", j.ID); err != nil {
				return err
			}
			return w.do(ctx, j)
		}})
		run := q.Run
		wg.Go(func() { run(ctx) })
	}
	for _, p := range ps {
		must(t, q.Enqueue(t.Context(), db, p.spec))
		if p.pause > 0 {
			<-time.After(p.pause)
		}
	}
	for end := time.Now().Add(24 * time.Hour); ; <-time.After(time.Minute) {
		s, err := q.Stats(t.Context())
		must(t, err)
		if s.Waiting+s.Due+s.Running == 0 {
			break
		}
		if time.Now().After(end) {
			w.wrong("left: %+v", s)
			break
		}
	}
	stop()
	wg.Wait()
	w.check(t, db, q, ps)
	return w.wrongs
}

func (w *world) check(t *testing.T, db *store.DB, q *job.Queue, ps []plan) {
	order := map[string][]string{}
	for _, id := range w.first {
		if key := w.plans[id].spec.Key; key != "" {
			order[key] = append(order[key], id)
		}
	}
	for key, ids := range order {
		if !slices.IsSorted(ids) {
			w.wrong("key %s ran as %v", key, ids)
		}
	}
	effects := map[string]int{}
	for _, id := range noted(t, db, "t") {
		effects[id]++
	}
	for _, p := range ps {
		id, want := p.spec.ID, job.Done
		if p.dies() {
			want = job.Dead
		}
		calls := min(p.failures+1, propertyAttempts)
		if p.how == "permanent" {
			calls = 1
		}
		j, err := q.Get(t.Context(), db, id)
		if err != nil || j.State != want || w.calls[id] != calls {
			w.wrong("%s: %+v, %v after %d calls, want %s after %d", id, j, err, w.calls[id], want, calls)
		}
		if in := p.spec.Kind == "in" && want == job.Done; in != (effects[id] == 1) || !in && effects[id] != 0 {
			w.wrong("%s has %d effects", id, effects[id])
		}
	}
}

// Cancelling, rescheduling, retrying and dropping at any moment leave no job
// behind that nobody will run.
func TestChangesStrandNobody(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		db, checks := openDB(t, d), 0
		rapid.Check(t, func(rt *rapid.T) {
			checks++ // which have no job and no key in common
			changesStrandNobody(t, rt, db, fmt.Sprint(checks, "-"))
		})
	})
}

func changesStrandNobody(t *testing.T, rt *rapid.T, db *store.DB, prefix string) {
	c, ids := newClock(), []string{"1", "2", "3", "4", "5", "6"}
	q := job.New(db, &job.Options{Now: c.now, Seed: 1, Keep: -1})
	fails := map[string]bool{}
	q.Handle("a", job.Handler{MaxAttempts: 2, Do: func(_ context.Context, j *job.Job) error {
		if fails[j.ID] {
			return errDown
		}
		return nil
	}})
	may := func(err error) {
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			rt.Fatal(err)
		}
	}
	id := rapid.Map(rapid.SampledFrom(ids), func(id string) string { return prefix + id })
	rt.Repeat(map[string]func(*rapid.T){
		"enqueue": func(rt *rapid.T) {
			s := job.Spec{ID: id.Draw(rt, "id"), Kind: "a", Key: rapid.SampledFrom([]string{"", prefix + "k", prefix + "k", prefix + "l"}).Draw(rt, "key")}
			s.RunAt = c.now().Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "hours")) * time.Hour)
			fails[s.ID] = rapid.Bool().Draw(rt, "fails")
			may(q.Enqueue(t.Context(), db, s))
		},
		"cancel":     func(rt *rapid.T) { may(q.Cancel(t.Context(), db, id.Draw(rt, "id"))) },
		"reschedule": func(rt *rapid.T) { may(q.Reschedule(t.Context(), db, id.Draw(rt, "id"), c.now().Add(time.Hour))) },
		"retry":      func(rt *rapid.T) { may(q.Retry(t.Context(), db, id.Draw(rt, "id"))) },
		"drop":       func(rt *rapid.T) { may(q.Drop(t.Context(), db, id.Draw(rt, "id"))) },
		"step":       func(*rapid.T) { step(t, q) },
		"move":       func(*rapid.T) { c.move(time.Hour) },
	})
	for range 40 {
		step(t, q)
		c.move(time.Hour)
	}
	s, err := q.Stats(t.Context())
	if err != nil || s.Waiting+s.Due+s.Running > 0 {
		rt.Fatalf("left: %+v, %v", s, err)
	}
	for id := range fails {
		if j, err := q.Get(t.Context(), db, id); err == nil && j.State != job.Dead {
			rt.Fatalf("left: %+v", j)
		}
	}
}
