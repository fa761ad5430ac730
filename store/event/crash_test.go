package event_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// crashTally is what a consumer has counted of one subject.
type crashTally struct {
	ID    string    `json:"id"`
	Count int64     `json:"count"`
	Last  int64     `json:"last"` // position
	Rev   store.Rev `json:"-"`
}

var crashTallies = &store.Collection[crashTally]{
	Name:       "crash_tally",
	Key:        func(c *crashTally) string { return c.ID },
	Rev:        func(c *crashTally) *store.Rev { return &c.Rev },
	Impersonal: "numbers",
}

func bump(ctx context.Context, tx *store.Tx, id string, e *event.Event) error {
	c, err := crashTallies.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		c, err = &crashTally{ID: id}, nil
	}
	if err != nil {
		return err
	}
	if e != nil && e.Position <= c.Last {
		return fmt.Errorf("%s: position %d after %d", id, e.Position, c.Last)
	}
	if c.Count++; e != nil {
		c.Last = e.Position
	}
	return crashTallies.Put(ctx, tx, c)
}

const crashSubjects = 7

// crashLog opens the log in a file; see crashLogIn.
func crashLog(ctx context.Context, path string, die func()) (*store.DB, *event.Log, error) {
	file, err := boltstore.Open(path, nil)
	if err != nil {
		return nil, nil, err
	}
	return crashLogIn(ctx, file, die)
}

// crashLogIn opens the log with a projection and a reactor; die is asked at every
// step of theirs whether to be killed there.
func crashLogIn(ctx context.Context, d driver.Store, die func()) (*store.DB, *event.Log, error) {
	db, err := store.Open(ctx, d, nil, append(event.Collections(), crashTallies)...)
	if err != nil {
		return nil, nil, err
	}
	l := event.NewLog(db, nil)
	count := func(name string) event.Func {
		return func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
			for _, e := range es {
				die() // inside a batch
				if err := bump(ctx, tx, name+e.Subject, e); err != nil {
					return err
				}
			}
			tx.After(func() { // between two, where most goes wrong that can
				for range 10 {
					die()
				}
			})
			return nil
		}
	}
	l.Project("count", count("projected-"))
	l.React("react", 3, count("reacted-"))
	return db, l, nil
}

// happen changes a subject and appends the events of it.
func happen(ctx context.Context, db *store.DB, l *event.Log, subject string) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := bump(ctx, tx, "made-"+subject, nil); err != nil {
			return err
		}
		c, err := crashTallies.Get(ctx, tx, "made-"+subject)
		if err != nil {
			return err
		}
		return l.Append(ctx, tx, &event.Event{Type: "thing.happened", Subject: subject, Revision: c.Count, Actor: event.Actor{Kind: event.System}})
	})
}

// TestMain runs the child of a crash test where it is asked to.
func TestMain(m *testing.M) {
	path, dsn := os.Getenv("EVENT_CRASH_FILE"), os.Getenv("EVENT_CRASH_DSN")
	if path == "" && dsn == "" {
		os.Exit(m.Run())
	}
	seed, _ := strconv.ParseUint(os.Getenv("EVENT_CRASH_SEED"), 10, 64)
	var steps atomic.Int64
	steps.Store(20 + rand.New(rand.NewPCG(seed, 1)).Int64N(400))
	die := func() {
		if steps.Add(-1) == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // it takes effect at once
		}
	}
	ctx := context.Background()
	if dsn != "" {
		fmt.Println(crashShared(ctx, dsn, os.Getenv("EVENT_CRASH_SCHEMA"), die))
		os.Exit(1)
	}
	db, l, err := crashLog(ctx, path, die)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		for range 1 + i%40 {
			if err := happen(ctx, db, l, fmt.Sprint("s", rand.IntN(crashSubjects))); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		if _, err := l.Step(ctx); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// Consumers that are killed between and inside of their batches have counted each
// event once in the end, in order.
func TestExactlyOnceUnderKill(t *testing.T) {
	t.Parallel()
	const rounds = 12
	path := filepath.Join(t.TempDir(), "events.db")
	for seed := range rounds {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		child := exec.CommandContext(ctx, os.Args[0])
		child.Env = append(os.Environ(), "EVENT_CRASH_FILE="+path, "EVENT_CRASH_SEED="+strconv.Itoa(seed))
		out, err := child.CombinedOutput()
		cancel()
		status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
		if err == nil || !ok || status.Signal() != syscall.SIGKILL || ctx.Err() == context.DeadlineExceeded {
			t.Fatalf("round %d: the child wasn't killed by itself: %v %s", seed, err, out)
		}
	}
	db, l, err := crashLog(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for n := 1; n > 0; {
		if n, err = l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	compareCounts(t, db, l)
}

func compareCounts(t *testing.T, db *store.DB, l *event.Log) {
	t.Helper()
	total := int64(0)
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range crashSubjects {
			made, err := crashTallies.Get(ctx, tx, fmt.Sprint("made-s", i))
			if err != nil {
				return err
			}
			total += made.Count
			for _, name := range []string{"projected-s", "reacted-s"} {
				c, err := crashTallies.Get(ctx, tx, fmt.Sprint(name, i))
				if err != nil {
					return err
				}
				if c.Count != made.Count {
					t.Errorf("%s%d: %d, want %d", name, i, c.Count, made.Count)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if head, err := l.Head(t.Context()); err != nil || head != total || total == 0 {
		t.Errorf("the log's head is %d, want %d: positions aren't dense, %v", head, total, err)
	}
	parked, _, err := l.ParkedEvents(t.Context(), "", 10)
	if err != nil || len(parked) != 0 {
		t.Errorf("parked: %v, %v", parked, err)
	}
}
