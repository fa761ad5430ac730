package job_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// tally is a document that Inside handlers write: what they have seen.
type tally struct {
	ID   string
	Seen []string
	Rev  store.Rev `json:"-"`
}

var tallies = &store.Collection[tally]{
	Name: "tally",
	Key:  func(t *tally) string { return t.ID },
	Rev:  func(t *tally) *store.Rev { return &t.Rev },
}

// note is an effect on the store: it adds text to a tally.
func note(ctx context.Context, tx *store.Tx, id, text string) error {
	d, err := tallies.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		d, err = &tally{ID: id}, nil
	}
	if err != nil {
		return err
	}
	d.Seen = append(d.Seen, text)
	return tallies.Put(ctx, tx, d)
}

func noted(t *testing.T, db *store.DB, id string) (seen []string) {
	t.Helper()
	must(t, db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d, err := tallies.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			seen = d.Seen
		}
		return err
	}))
	return seen
}

// journal is an effect on the outside world.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) do(_ context.Context, x *job.Job) error { j.add(x.ID); return nil }

func (j *journal) want(t *testing.T, lines ...string) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if !slices.Equal(j.lines, lines) {
		t.Errorf("ran %v, want %v", j.lines, lines)
	}
	j.lines = nil
}

// clock stands still until it is told to move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// shared is a store that says that others may write to it, and keeps JSON, as
// PostgreSQL does.
type shared struct{ driver.Store }

func (s shared) Traits() driver.Traits {
	t := s.Store.Traits()
	t.Shared, t.Encoding = true, driver.JSON
	return t
}

func eachStore(t *testing.T, f func(t *testing.T, db *store.DB)) {
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, openDB(t, d)) })
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		f(t, openDB(t, sharedtest.New()))
	})
}

func openDB(t testing.TB, d driver.Store) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, append(job.Collections(), tallies)...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// step runs what is due until nothing is.
func step(t *testing.T, q *job.Queue) (n int) {
	t.Helper()
	for {
		k, err := q.Step(t.Context())
		must(t, err)
		if n += k; k == 0 {
			return n
		}
	}
}

func wantState(t *testing.T, q *job.Queue, db *store.DB, id string, want job.State) *job.Job {
	t.Helper()
	j, err := q.Get(t.Context(), db, id)
	if err != nil || j.State != want {
		t.Fatalf("job %s is %+v, %v; want it %s", id, j, err, want)
	}
	return j
}

func wantStats(t *testing.T, q *job.Queue, want job.Stats) {
	t.Helper()
	s, err := q.Stats(t.Context())
	if err != nil || s.Waiting != want.Waiting || s.Due != want.Due || s.Running != want.Running || s.Dead != want.Dead ||
		s.Oldest != want.Oldest || !slices.Equal(s.Unknown, want.Unknown) {
		t.Errorf("stats are %+v, %v; want %+v", s, err, want)
	}
}

func TestStepRunsByTimeThenID(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j := newClock(), &journal{}
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: j.do})
		q.Handle("b.long-name", job.Handler{Do: j.do})
		q.Handle("b", job.Handler{Inside: func(_ context.Context, _ *store.Tx, x *job.Job) error { return j.do(t.Context(), x) }})
		at := func(s int) time.Time { return c.now().Add(time.Duration(s) * time.Second) }
		must(t, q.Enqueue(t.Context(), db,
			job.Spec{ID: "5", Kind: "a", RunAt: at(1)},
			job.Spec{ID: "2", Kind: "b", RunAt: at(1)},
			job.Spec{ID: "3", Kind: "b.long-name", RunAt: at(1)},
			job.Spec{ID: "9", Kind: "b"},
			job.Spec{ID: "1", Kind: "a", RunAt: at(2)},
			job.Spec{ID: "0", Kind: "a", RunAt: at(60)},
		))
		step(t, q)
		j.want(t, "9")
		c.move(10 * time.Second)
		wantStats(t, q, job.Stats{Due: 4, Waiting: 1, Oldest: 9 * time.Second})
		step(t, q)
		j.want(t, "2", "3", "5", "1")
		wantStats(t, q, job.Stats{Waiting: 1})
	})
}

func TestEnqueueRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		q := job.New(db, nil)
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "taken", Kind: "a"}))
		for name, tt := range map[string]struct {
			spec job.Spec
			want error
		}{
			"no id":          {job.Spec{Kind: "a"}, store.ErrValue},
			"long id":        {job.Spec{ID: strings.Repeat("x", 1025), Kind: "a"}, store.ErrValue},
			"id not UTF-8":   {job.Spec{ID: "\xff", Kind: "a"}, store.ErrValue},
			"NUL in key":     {job.Spec{ID: "1", Kind: "a", Key: "\x00"}, store.ErrValue},
			"no kind":        {job.Spec{ID: "1"}, store.ErrValue},
			"kind with !":    {job.Spec{ID: "1", Kind: "a!"}, store.ErrValue},
			"long kind":      {job.Spec{ID: "1", Kind: strings.Repeat("x", 65)}, store.ErrValue},
			"other kind":     {job.Spec{ID: "taken", Kind: "b"}, store.ErrKeyReused},
			"too much data":  {job.Spec{ID: "1", Kind: "a", Data: make([]byte, store.MaxDocument)}, store.ErrTooLarge},
			"time too large": {job.Spec{ID: "1", Kind: "a", RunAt: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)}, store.ErrValue},
		} {
			t.Run(name, func(t *testing.T) {
				err := q.Enqueue(t.Context(), db, job.Spec{ID: "good", Kind: "a", Key: "k"}, tt.spec)
				if !errors.Is(err, tt.want) {
					t.Errorf("error %v, want %v", err, tt.want)
				}
				if _, err := q.Get(t.Context(), db, "good"); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("a job before the refused one was kept: %v", err)
				}
			})
		}
	})
}

func TestHandlePanicsOnMistakes(t *testing.T) {
	do := func(context.Context, *job.Job) error { return nil }
	in := func(context.Context, *store.Tx, *job.Job) error { return nil }
	for name, f := range map[string]func(*job.Queue){
		"neither":  func(q *job.Queue) { q.Handle("a", job.Handler{}) },
		"both":     func(q *job.Queue) { q.Handle("a", job.Handler{Do: do, Inside: in}) },
		"twice":    func(q *job.Queue) { q.Handle("a", job.Handler{Do: do}); q.Handle("a", job.Handler{Do: do}) },
		"bad kind": func(q *job.Queue) { q.Handle("A", job.Handler{Do: do}) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(job.New(openDB(t, memstore.New()), nil))
		})
	}
}

func TestJobExistsIfItsTransactionCommits(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		j, refused := &journal{}, errors.New("refused")
		q := job.New(db, nil)
		q.Handle("a", job.Handler{Do: j.do})
		for _, fail := range []error{refused, nil} {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if err := q.Enqueue(ctx, tx, job.Spec{ID: "1", Kind: "a", Key: "k"}); err != nil {
					return err
				}
				return fail
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
			step(t, q)
			if fail != nil {
				j.want(t)
			} else {
				j.want(t, "1")
			}
		}
	})
}

func TestSameIDIsOneJob(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j := newClock(), &journal{}
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: j.do})
		again := func() { t.Helper(); must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", Key: "k"})) }
		again()
		again()
		step(t, q)
		j.want(t, "1")
		done := wantState(t, q, db, "1", job.Done)
		if done.Data != nil || done.Owner != "" || done.Ended.IsZero() {
			t.Errorf("the mark is %+v", done)
		}
		c.move(7*24*time.Hour - time.Microsecond)
		again()
		step(t, q)
		j.want(t)
		c.move(time.Microsecond)
		again() // before anybody has swept
		step(t, q)
		j.want(t, "1")
		c.move(7 * 24 * time.Hour)
		step(t, q) // sweeps
		if _, err := q.Get(t.Context(), db, "1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after its time the mark is still there: %v", err)
		}
	})
}

func TestKeepNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		j := &journal{}
		q := job.New(db, &job.Options{Keep: -1})
		q.Handle("a", job.Handler{Do: j.do})
		for range 2 {
			must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
			step(t, q)
			j.want(t, "1")
		}
	})
}

func TestUnknownKindWaits(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		j, log := &journal{}, &logged{}
		c := newClock()
		q := job.New(db, &job.Options{Now: c.now, Log: log.logger()})
		q.Handle("known", job.Handler{Do: j.do})
		for _, id := range []string{"1", "2", "3"} {
			must(t, q.Enqueue(t.Context(), db, job.Spec{ID: id, Kind: "future", Data: []byte(`"secret"`)}))
		}
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "4", Kind: "known"}))
		step(t, q)
		step(t, q)
		j.want(t, "4")
		if n := log.count("no handler"); n != 1 {
			t.Errorf("reported %d times", n)
		}
		wantStats(t, q, job.Stats{Due: 3, Unknown: []string{"future"}})
		newer := job.New(db, &job.Options{Now: c.now})
		newer.Handle("future", job.Handler{Do: j.do})
		step(t, newer)
		j.want(t, "1", "2", "3")
		if log.count("secret") > 0 {
			t.Error("Data was logged")
		}
	})
}
