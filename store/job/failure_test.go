package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// logged keeps what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logged) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), s)
}

var errDown = errors.New("the other side is down")

func TestWhatBecomesOfAFailure(t *testing.T) {
	long := errors.New(strings.Repeat("ä", 600))
	cases := map[string]struct {
		do       func(context.Context, *job.Job) error
		state    job.State
		min, max time.Duration // until the next attempt
		text     string
	}{
		"error":      {func(context.Context, *job.Job) error { return errDown }, job.Waiting, time.Second, 2 * time.Second, errDown.Error()},
		"panic":      {func(context.Context, *job.Job) error { panic("no such page") }, job.Waiting, time.Second, 2 * time.Second, "panic: no such page"},
		"after":      {func(context.Context, *job.Job) error { return job.After(time.Minute, errDown) }, job.Waiting, time.Minute, time.Minute, errDown.Error()},
		"after 0":    {func(context.Context, *job.Job) error { return job.After(0, nil) }, job.Waiting, time.Second, time.Second, "asked to come back later"},
		"after age":  {func(context.Context, *job.Job) error { return job.After(1<<62, errDown) }, job.Waiting, 24 * time.Hour, 24 * time.Hour, errDown.Error()},
		"permanent":  {func(context.Context, *job.Job) error { return fmt.Errorf("send: %w", job.Permanent(errDown)) }, job.Dead, 0, 0, "send: " + errDown.Error()},
		"long text":  {func(context.Context, *job.Job) error { return job.Permanent(long) }, job.Dead, 0, 0, strings.Repeat("ä", 500)},
		"not really": {func(context.Context, *job.Job) error { return job.Permanent(nil) }, job.Done, 0, 0, ""},
	}
	eachStore(t, func(t *testing.T, db *store.DB) {
		for name, tt := range cases {
			t.Run(name, func(t *testing.T) {
				c := newClock()
				q := job.New(db, &job.Options{Now: c.now, Seed: 1})
				q.Handle("a", job.Handler{Do: tt.do})
				must(t, q.Enqueue(t.Context(), db, job.Spec{ID: name, Kind: "a"}))
				step(t, q)
				j := wantState(t, q, db, name, tt.state)
				if wait := j.RunAt.Sub(c.now()); tt.state == job.Waiting && (wait < tt.min || wait > tt.max) {
					t.Errorf("the next attempt comes after %v, want %v to %v", wait, tt.min, tt.max)
				}
				if j.Error != tt.text || !utf8.ValidString(j.Error) || j.Attempt != 1 {
					t.Errorf("attempt %d, error %q, want 1 and %q", j.Attempt, j.Error, tt.text)
				}
			})
		}
	})
}

func TestDeadLetters(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j, down := newClock(), &journal{}, true
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{MaxAttempts: 3, Do: func(ctx context.Context, x *job.Job) error {
			j.do(ctx, x)
			if down && x.ID != "good" {
				return errDown
			}
			return nil
		}})
		for _, id := range []string{"1", "2", "good"} {
			must(t, q.Enqueue(t.Context(), db, job.Spec{ID: id, Kind: "a", Key: "k", Data: []byte(`{"n":7}`)}))
		}
		for range 6 {
			step(t, q)
			c.move(time.Hour)
		}
		j.want(t, "1", "1", "1", "2", "2", "2", "good")
		first, next, err := q.Dead(t.Context(), "", 1)
		must(t, err)
		second, end, err := q.Dead(t.Context(), next, 1)
		if err != nil || len(first) != 1 || len(second) != 1 || end != "" || first[0].ID != "1" || second[0].ID != "2" {
			t.Fatalf("dead are %v and %v, %v", first, second, err)
		}
		var data struct{ N int }
		if err := first[0].Payload(&data); err != nil || data.N != 7 || first[0].Attempt != 3 || first[0].Error != errDown.Error() {
			t.Errorf("the dead letter is %+v with %+v, %v", first[0], data, err)
		}
		wantStats(t, q, job.Stats{Dead: 2})

		down = false
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "later", Kind: "a", Key: "k"}))
		must(t, q.Retry(t.Context(), db, "1"))
		must(t, q.Drop(t.Context(), db, "2"))
		step(t, q)
		j.want(t, "later", "1")
		wantStats(t, q, job.Stats{})
		for name, err := range map[string]error{
			"retry of a done job":    q.Retry(t.Context(), db, "1"),
			"drop of a done job":     q.Drop(t.Context(), db, "1"),
			"drop of a dropped job":  q.Drop(t.Context(), db, "2"),
			"cancel of a done job":   q.Cancel(t.Context(), db, "1"),
			"reschedule of a done":   q.Reschedule(t.Context(), db, "1", time.Time{}),
			"retry of an unknown id": q.Retry(t.Context(), db, "nobody"),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := q.Dead(t.Context(), "nonsense", 1); !errors.Is(err, store.ErrCursor) {
			t.Errorf("a wrong cursor: %v", err)
		}
	})
}

// slow is a handler that waits until it is let go, and says what it returns.
type slow struct {
	began chan string
	end   chan error
}

func newSlow() *slow { return &slow{make(chan string, 10), make(chan error, 10)} }

func (s *slow) do(_ context.Context, j *job.Job) error { s.began <- j.ID; return <-s.end }

// stepAside steps in a goroutine, whose end it returns.
func stepAside(t *testing.T, q *job.Queue) (ended chan error) {
	ended = make(chan error, 1)
	go func() {
		_, err := q.Step(t.Context())
		ended <- err
	}()
	return ended
}

func TestLeaseIsTakenOver(t *testing.T) {
	for name, result := range map[string]error{"success": nil, "failure": errDown, "permanent": job.Permanent(errDown)} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, db *store.DB) {
				c, j, s, log := newClock(), &journal{}, newSlow(), &logged{}
				q1 := job.New(db, &job.Options{Now: c.now, Log: log.logger()})
				q1.Handle("a", job.Handler{Do: s.do, Timeout: time.Hour})
				q2 := job.New(db, &job.Options{Now: c.now})
				q2.Handle("a", job.Handler{Do: j.do, Timeout: time.Hour})
				must(t, q1.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", Key: "k"}, job.Spec{ID: "2", Kind: "a", Key: "k"}))
				ended := stepAside(t, q1)
				<-s.began
				if _, err := q1.Step(t.Context()); !errors.Is(err, job.ErrRunning) {
					t.Errorf("Step beside Step: %v", err)
				}
				c.move(time.Hour + time.Second) // within the grace
				step(t, q2)
				j.want(t)
				wantStats(t, q2, job.Stats{Running: 1, Waiting: 1})
				c.move(time.Minute)
				step(t, q2)
				j.want(t, "1", "2")
				s.end <- result
				must(t, <-ended)
				if x := wantState(t, q2, db, "1", job.Done); x.Attempt != 2 {
					t.Errorf("attempt %d", x.Attempt)
				}
				if log.count("its result is dropped") != 1 {
					t.Error("the lost lease wasn't logged")
				}
			})
		})
	}
}

// The one who took the job over is still at it when the first one comes back.
func TestOldTokenIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, s1, s2 := newClock(), newSlow(), newSlow()
		q1, q2 := job.New(db, &job.Options{Now: c.now}), job.New(db, &job.Options{Now: c.now})
		q1.Handle("a", job.Handler{Do: s1.do})
		q2.Handle("a", job.Handler{Do: s2.do})
		must(t, q1.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", Key: "k"}, job.Spec{ID: "2", Kind: "a", Key: "k", RunAt: c.now().Add(time.Hour)}))
		ended1 := stepAside(t, q1)
		<-s1.began
		c.move(2 * time.Minute)
		ended2 := stepAside(t, q2)
		<-s2.began
		s1.end <- nil
		must(t, <-ended1)
		wantState(t, q1, db, "1", job.Running)
		s2.end <- errDown
		must(t, <-ended2)
		if x := wantState(t, q1, db, "1", job.Waiting); x.Attempt != 2 || x.Error != errDown.Error() {
			t.Errorf("%+v", x)
		}
		wantStats(t, q1, job.Stats{Waiting: 2})
	})
}

func TestLateCompletionIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, s := newClock(), newSlow()
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Do: s.do})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a"}))
		ended := stepAside(t, q)
		<-s.began
		c.move(time.Hour) // nobody takes it over
		s.end <- nil
		must(t, <-ended)
		wantState(t, q, db, "1", job.Running)
		s.end <- nil
		step(t, q)
		if x := wantState(t, q, db, "1", job.Done); x.Attempt != 2 {
			t.Errorf("attempt %d", x.Attempt)
		}
	})
}

func TestJobThatKillsItsProcessDies(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, j := newClock(), &journal{}
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("killer", job.Handler{MaxAttempts: 2, Do: func(ctx context.Context, x *job.Job) error {
			j.do(ctx, x)
			runtime.Goexit() // as far as the store can see, the process is gone
			return nil
		}})
		q.Handle("good", job.Handler{Do: j.do})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "killer", Key: "k"}, job.Spec{ID: "2", Kind: "good", Key: "k"}))
		for range 4 {
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				q.Step(t.Context())
			}()
			<-gone
			c.move(time.Hour)
		}
		j.want(t, "1", "1", "2")
		if x := wantState(t, q, db, "1", job.Dead); x.Attempt != 2 || !strings.Contains(x.Error, "never ended") {
			t.Errorf("attempt %d, error %q", x.Attempt, x.Error)
		}
	})
}

func TestInsideIsExactlyOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, db *store.DB) {
		c, calls := newClock(), 0
		q := job.New(db, &job.Options{Now: c.now})
		q.Handle("a", job.Handler{Inside: func(ctx context.Context, tx *store.Tx, x *job.Job) error {
			if err := note(ctx, tx, "t", x.ID); err != nil {
				return err
			}
			switch calls++; calls {
			case 1:
				return errDown
			case 2:
				panic("in the middle")
			case 3: // too slow to be believed
				c.move(time.Hour)
				return errDown
			case 4:
				return q.Enqueue(ctx, tx, job.Spec{ID: "follows", Kind: "a", Key: "k"})
			}
			return nil
		}})
		must(t, q.Enqueue(t.Context(), db, job.Spec{ID: "1", Kind: "a", Key: "k"}))
		for range 8 {
			step(t, q)
			c.move(time.Hour)
		}
		if got := strings.Join(noted(t, db, "t"), " "); got != "1 follows" || calls != 5 {
			t.Errorf("effects %q after %d calls", got, calls)
		}
		wantState(t, q, db, "1", job.Done)
		wantStats(t, q, job.Stats{})
	})
}
