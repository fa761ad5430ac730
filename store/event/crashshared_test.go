package event_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// crashShared is a process of several: it writes, places and consumes at once,
// until it is killed.
func crashShared(ctx context.Context, dsn, schema string, die func()) error {
	pool, err := pgstore.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	db, l, err := crashLogIn(ctx, pgstore.New(pool, &pgstore.Options{Schema: schema}), die)
	if err != nil {
		return err
	}
	go db.Run(ctx)
	go l.Run(ctx)
	for {
		if err := (process{db, l}).change(ctx, fmt.Sprint("s", rand.IntN(crashSubjects)), 1); err != nil {
			return err
		}
	}
}

// Three processes at a time share a log on PostgreSQL, and each is killed at one of
// its consumers' steps: positions are dense, and each event has been counted once.
func TestExactlyOnceUnderKillShared(t *testing.T) {
	t.Parallel()
	const rounds, processes = 6, 3
	pool, schema := pgtest.Schema(t)
	for round := range rounds {
		var wg sync.WaitGroup
		for i := range processes {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				child := exec.CommandContext(ctx, os.Args[0])
				child.Env = append(os.Environ(), "EVENT_CRASH_DSN="+pool.Config().ConnString(), "EVENT_CRASH_SCHEMA="+schema,
					"EVENT_CRASH_SEED="+strconv.Itoa(round*processes+i))
				out, err := child.CombinedOutput()
				status, ok := child.ProcessState.Sys().(syscall.WaitStatus)
				if err == nil || !ok || status.Signal() != syscall.SIGKILL || ctx.Err() != nil {
					t.Errorf("round %d: a child wasn't killed by itself: %v %s", round, err, out)
				}
			})
		}
		wg.Wait()
	}
	db, l, err := crashLogIn(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: schema}), func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	step(t, l)
	compareCounts(t, db, l)
	wantLog(t, process{db, l})
}
