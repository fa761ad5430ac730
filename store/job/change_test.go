package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
)

func TestCancel(t *testing.T) {
	for name, tt := range map[string]struct {
		cancel string
		want   []string
	}{
		"the head":   {"1", []string{"2", "3", "alone"}},
		"the middle": {"2", []string{"1", "3", "alone"}},
		"the tail":   {"3", []string{"1", "2", "alone"}},
		"no key":     {"alone", []string{"1", "2", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, db *store.DB) {
				c, j := newClock(), &journal{}
				q := job.New(db, &job.Options{Now: c.now})
				q.Handle("a", job.Handler{Do: j.do})
				add := func(ids ...string) {
					for _, id := range ids {
						must(t, q.Enqueue(t.Context(), db, job.Spec{ID: id, Kind: "a", Key: "k"}))
					}
				}
				add("1", "2", "3")
				must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "alone", Kind: "a"}))
				must(t, q.Cancel(t.Context(), db, tt.cancel))
				if err := q.Cancel(t.Context(), db, tt.cancel); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("the second Cancel: %v", err)
				}
				for range 4 {
					step(t, q)
				}
				j.want(t, tt.want...)
				wantStats(t, q, job.Stats{})
				add(tt.cancel) // the id is free, and so is the key
				step(t, q)
				j.want(t, tt.cancel)
			})
		})
	}
}

func TestCancelWhileRunning(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, s := newClock(), newSlow()
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: s.do})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", Key: "k"}, job.Spec{ID: "2", Kind: "a", Key: "k"}))
		ended := stepAside(t, q)
		<-s.began
		must(t, q.Cancel(t.Context(), db, "1"))
		s.end <- errDown
		s.end <- nil
		must(t, <-ended)
		if _, err := q.Get(t.Context(), db, "1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the cancelled job is back: %v", err)
		}
		wantState(t, q, db, "2", job.Done)
		wantStats(t, q, job.Stats{})
	})
}

func TestReschedule(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j := newClock(), &journal{}
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: j.do})
		start := c.now()
		must(t, q.Enqueue(t.Context(), db,
			job.Spec{ID: "1", Kind: "a", RunAt: start.Add(time.Hour)},
			job.Spec{ID: "2", Kind: "a", RunAt: start.Add(time.Hour)},
			job.Spec{ID: "head", Kind: "a", Key: "k", RunAt: start.Add(time.Hour)},
			job.Spec{ID: "next", Kind: "a", Key: "k"},
		))
		must(t, q.Reschedule(t.Context(), db, "1", start.Add(2*time.Hour)))
		must(t, q.Reschedule(t.Context(), db, "2", time.Time{}))
		must(t, q.Reschedule(t.Context(), db, "next", start.Add(3*time.Hour)))
		step(t, q)
		j.want(t, "2")
		c.move(time.Hour)
		step(t, q)
		j.want(t, "head")
		c.move(time.Hour)
		step(t, q)
		j.want(t, "1")
		c.move(time.Hour)
		step(t, q)
		j.want(t, "next")
	})
}

func TestRescheduleWhileRunningRunsAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, s, log := newClock(), newSlow(), &logged{}
		q := job.New(db, &job.Options{Now: c.now, Log: log.logger()})
		q.Handle("a", job.Handler{Do: s.do})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		ended := stepAside(t, q)
		<-s.began
		must(t, q.Reschedule(t.Context(), db, "1", c.now().Add(time.Hour)))
		s.end <- nil
		must(t, <-ended)
		if log.count("WARN") > 0 {
			t.Errorf("somebody was warned of what he asked for: %s", &log.buf)
		}
		wantState(t, q, db, "1", job.Waiting)
		c.move(time.Hour)
		s.end <- nil
		step(t, q)
		wantState(t, q, db, "1", job.Done)
	})
}

// A handler that reschedules or cancels its own job decides alone.
func TestInsideSettlesItsOwnJob(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c := newClock()
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("daily", job.Handler{Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
			if err := note(ctx, tx, "t", c.now().Format("02")); err != nil {
				return err
			}
			if c.now().Day() == 26 {
				return q.Cancel(ctx, tx, j.ID)
			}
			return q.Reschedule(ctx, tx, j.ID, j.RunAt.AddDate(0, 0, 1))
		}})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "report", Kind: "daily"}))
		for range 10 {
			step(t, q)
			c.move(12 * time.Hour)
		}
		if got := noted(t, db, "t"); len(got) != 4 || got[0] != "23" || got[3] != "26" {
			t.Errorf("the timer ran on %v", got)
		}
		wantStats(t, q, job.Stats{})
	})
}

func TestFailingHeadBlocksItsKeyOnly(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j, fails := newClock(), &journal{}, 2
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: func(ctx context.Context, x *job.Job) error {
			j.do(ctx, x)
			if x.ID == "1" && fails > 0 {
				fails--
				return errDown
			}
			return nil
		}})
		must(t, q.Enqueue(t.Context(), db,
			job.Spec{ID: "1", Kind: "a", Key: "k"}, job.Spec{ID: "2", Kind: "a", Key: "k"},
			job.Spec{ID: "3", Kind: "a", Key: "other"}, job.Spec{ID: "4", Kind: "a"},
		))
		step(t, q)
		j.want(t, "1", "3", "4")
		wantStats(t, q, job.Stats{Waiting: 2})
		c.move(time.Minute)
		step(t, q)
		j.want(t, "1")
		c.move(time.Minute)
		step(t, q)
		j.want(t, "1", "2")
	})
}
