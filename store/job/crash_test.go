package job_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// The crash test runs this test binary again as a child, and kills it.
const (
	crashFolder = "FRONTDESK_JOB_CRASH"  // where the child works; unset in the parent
	crashFinish = "FRONTDESK_JOB_FINISH" // the child only runs what is left
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		if err := child(dir, os.Getenv(crashFinish) != ""); err != nil {
			fmt.Println("child:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashKeys is over how many keys the outward jobs are spread.
const crashKeys = 3

// crashLease is how long a job may take, and a little less than its lease.
const crashLease = time.Hour

// child enqueues jobs and runs them until it is killed. Every third one writes to
// the store, the others to a file.
func child(dir string, finish bool) error {
	d, err := boltstore.Open(filepath.Join(dir, "desk.db"), &boltstore.Options{Wait: time.Minute, Map: 1 << 24})
	if err != nil {
		return err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, d, nil, append(job.Collections(), tallies)...)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(dir, "effects"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	q := job.New(db, nil)
	q.Handle("out", job.Handler{MaxAttempts: 1000, Timeout: crashLease, Do: func(_ context.Context, j *job.Job) error {
		_, err := fmt.Fprintln(file, j.Key, j.ID)
		return err
	}})
	q.Handle("in", job.Handler{MaxAttempts: 1000, Timeout: crashLease, Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
		return note(ctx, tx, j.ID, "once")
	}})
	go q.Run(ctx)
	fmt.Println("ready")
	for !finish {
		if err := enqueueNext(ctx, db, q); err != nil {
			return err
		}
		fmt.Println("enqueued")
	}
	for {
		s, err := q.Stats(ctx)
		if err != nil || s.Waiting+s.Due+s.Running == 0 {
			return err
		}
		<-time.After(time.Millisecond)
	}
}

// enqueueNext adds the next job, and counts it in the same transaction.
func enqueueNext(ctx context.Context, db *store.DB, q *job.Queue) error {
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := enqueued(ctx, tx)
		if err != nil {
			return err
		}
		s := job.Spec{ID: fmt.Sprintf("%06d", n), Kind: "out", Key: fmt.Sprint("key", n%crashKeys)}
		if n%5 == 0 {
			s.Kind = "in"
		}
		if err := q.Enqueue(ctx, tx, s); err != nil {
			return err
		}
		return note(ctx, tx, "enqueued", "x")
	})
}

func enqueued(ctx context.Context, tx *store.Tx) (int, error) {
	d, err := tallies.Get(ctx, tx, "enqueued")
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return len(d.Seen), nil
}

func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	acknowledged := 0
	for range rounds {
		cmd, out := startChild(t, dir, false)
		hear(t, out, "ready")
		// How far it gets is counted, not timed: on a slow machine no less is tested.
		for range 1 + rand.N(10) {
			hear(t, out, "enqueued")
			acknowledged++
		}
		<-time.After(rand.N(5 * time.Millisecond)) // somewhere between two jobs
		must(t, cmd.Process.Kill())
		cmd.Wait() // killed
	}
	cmd, out := startChild(t, dir, true)
	var said strings.Builder
	_, err := out.WriteTo(&said)
	must(t, err)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the last child: %v: %s", err, said.String())
	}
	checkEffects(t, dir, acknowledged)
}

func hear(t *testing.T, out *bufio.Reader, want string) {
	t.Helper()
	if line, err := out.ReadString('\n'); err != nil || line != want+"\n" {
		t.Fatalf("the child said %q, %v, want %q", line, err, want)
	}
}

func startChild(t *testing.T, dir string, finish bool) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	// Far less than a lease: whoever opens the file next needn't wait for the
	// leases of the one that was killed.
	ctx, stop := context.WithTimeout(t.Context(), crashLease/10)
	t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), crashFolder+"="+dir)
	if finish {
		cmd.Env = append(cmd.Env, crashFinish+"=1")
	}
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, bufio.NewReader(pipe)
}

// checkEffects compares what was enqueued with what has happened: every outward
// job at least once, in order within its key; every inside job exactly once. None that
// was acknowledged is missing.
func checkEffects(t *testing.T, dir string, acknowledged int) {
	t.Helper()
	d, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
	must(t, err)
	db := openDB(t, d)
	b, err := os.ReadFile(filepath.Join(dir, "effects"))
	must(t, err)
	ran, last, again := map[string]int{}, map[string]string{}, 0
	for line := range strings.Lines(string(b)) {
		key, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if ran[id]++; ran[id] > 1 {
			again++
			continue
		}
		if id <= last[key] {
			t.Errorf("%s ran first after %s of the same key", id, last[key])
		}
		last[key] = id
	}
	n := len(noted(t, db, "enqueued"))
	for i := range n {
		id := fmt.Sprintf("%06d", i)
		switch {
		case i%5 == 0:
			if seen := noted(t, db, id); len(seen) != 1 || ran[id] > 0 {
				t.Errorf("inside job %s has the effects %v", id, seen)
			}
		case ran[id] == 0:
			t.Errorf("outward job %s never ran", id)
		}
	}
	q := job.New(db, nil)
	wantStats(t, q, job.Stats{})
	if n < acknowledged {
		t.Errorf("of %d acknowledged jobs %d are there", acknowledged, n)
	}
	t.Logf("%d jobs, %d calls came twice", n, again)
}
