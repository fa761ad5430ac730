package queue_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// crewDSN makes a test process one of those that serve a desk together.
const crewDSN = "QUEUE_CREW_DSN"

// joinDesk opens the desk that another process has set up.
func joinDesk(t *testing.T, dsn string) *desk {
	t.Helper()
	pool, err := pgstore.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(pool.Close)
	return join(t, pgstore.New(pool, nil))
}

func join(t testing.TB, s driver.Store) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), s, &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	d := &desk{db: db}
	d.serve(t, time.Now)
	u, err := d.people.ByUserID(t.Context(), "eve")
	must(t, err)
	d.eve = u.ID
	return d
}

// serveCrew is the life of such a process: everybody does everything, until it is
// killed.
func serveCrew(t *testing.T, dsn string) {
	d := joinDesk(t, dsn)
	d.background(t)
	fmt.Println("ready")
	for range 4 {
		go func() {
			r := rand.New(rand.NewPCG(rand.Uint64(), 7))
			for t.Context().Err() == nil {
				err := d.act(t.Context(), r)
				if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnavailable) { // a connection that comes too late
					fmt.Println("act:", err)
				}
				pause(time.Millisecond) // the machine has others to serve
			}
		}()
	}
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// pause waits by the clock on the wall, by which processes live.
func pause(d time.Duration) { <-time.After(d) }

// crewmate is such a process, as its parent knows it.
type crewmate struct {
	cmd  *exec.Cmd
	in   io.Closer
	said *sync.WaitGroup
}

func startCrewmate(t *testing.T, dsn string) *crewmate {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), crewDSN+"="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	in, err := cmd.StdinPipe() // ends with this process, and so does the child
	must(t, err)
	must(t, cmd.Start())
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); line != "ready\n" {
		t.Fatalf("a process says %q, %v", line, err)
	}
	m := &crewmate{cmd: cmd, in: in, said: &sync.WaitGroup{}}
	m.said.Go(func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			if line := s.Text(); strings.HasPrefix(line, "act:") {
				t.Error(line)
			}
		}
	})
	return m
}

func (m *crewmate) kill() {
	m.cmd.Process.Kill()
	m.said.Wait()
	m.cmd.Wait()
	m.in.Close()
}

// Four processes serve a desk, and are killed at random: the log shows none of the
// nevers, and in the end nothing waits that somebody could take.
func TestNeversWhileProcessesAreKilled(t *testing.T) {
	if dsn := os.Getenv(crewDSN); dsn != "" {
		serveCrew(t, dsn)
		return
	}
	dsn := pgtest.Start(t, nil).DSN()
	pool, err := pgstore.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(pool.Close)
	d := openBusy(t, pgstore.New(pool, nil))
	for i := range busyAgents {
		d.set(t, busyAgent(i), queue.Available, "")
	}
	var crew [4]*crewmate
	for i := range crew {
		crew[i] = startCrewmate(t, dsn)
	}
	decided := d.decisions(t)
	kills, most := 0, 12
	if testing.Short() {
		most = 3
	}
	for ; kills < most; kills++ {
		pause(time.Second)
		// On a slow machine, too, something is decided between two kills.
		for n := 0; n < 1000 && decided.Load() < 2*int64(kills+1); n++ {
			pause(50 * time.Millisecond)
		}
		i := rand.IntN(len(crew))
		crew[i].kill()
		crew[i] = startCrewmate(t, dsn)
	}
	for _, m := range crew {
		m.kill()
	}
	d.settle(t) // takes over from the dead
	for start := time.Now(); time.Since(start) < 3*queue.DefaultLease; {
		pause(queue.DefaultLease / 4)
		d.settle(t)
	}
	n := d.checkLog(t)
	t.Logf("%d kills, %d decisions", kills, n)
	if n < 2*kills {
		t.Errorf("the engine decided %d times in %d kills: little was tested", n, kills)
	}
	d.checkEnd(t)
}

// When the assigner is killed another process takes over within twice the lease.
func TestTakeOver(t *testing.T) {
	if dsn := os.Getenv(crewDSN); dsn != "" {
		d := joinDesk(t, dsn)
		d.background(t)
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	dsn := pgtest.Start(t, nil).DSN()
	pool, err := pgstore.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(pool.Close)
	d := openBusy(t, pgstore.New(pool, nil))
	d.set(t, busyAgent(0), queue.Available, "")
	first := startCrewmate(t, dsn)
	wait := func(of string) time.Duration {
		t.Helper()
		start := time.Now()
		for d.get(t, of).Assignee == no {
			if pause(10 * time.Millisecond); time.Since(start) > 5*time.Minute {
				t.Fatal("nobody gives the ticket to anybody")
			}
		}
		return time.Since(start)
	}
	wait(got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Queue: "first", Message: &ticket.Draft{Text: "Hello?"}})).ID)
	second := startCrewmate(t, dsn)
	defer second.kill()
	first.kill()
	took := wait(got[*ticket.Ticket](t)(d.tickets.Create(context.WithoutCancel(t.Context()), ticket.New{EndUser: d.eve, Queue: "first", Message: &ticket.Draft{Text: "And now?"}})).ID)
	t.Logf("taken over in %v, the lease being %v", took, queue.DefaultLease)
}

// A process that is stopped in the middle of a commit doesn't know that its lease went
// through: neither it nor others wait for it to end.
func TestAnswerOfLeaseIsLost(t *testing.T) {
	dsn := pgtest.Start(t, nil).DSN()
	pool, err := pgstore.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(pool.Close)
	d := openBusy(t, pgstore.New(pool, nil))
	other := joinDesk(t, dsn)
	d.set(t, busyAgent(0), queue.Available, "")
	create := func() string {
		return got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Queue: "first", Channel: "email", Message: &ticket.Draft{Text: "Hello?"}})).ID
	}
	stop := d.background(t)
	first := create()
	for d.get(t, first).Assignee == no {
		pause(10 * time.Millisecond)
	}
	must(t, d.queues.LoseAnswer(t.Context()))
	stop()
	second := create()
	other.settle(t)
	d.holder(t, second, busyAgent(0))

	must(t, d.queues.LoseAnswer(t.Context())) // and it couldn't give it back, either
	third := create()
	d.settle(t)
	d.holder(t, third, busyAgent(0))

	must(t, d.queues.StopAfterLostAnswer(t.Context())) // which it takes for a lease that is lost
	fourth := create()
	other.settle(t)
	d.holder(t, fourth, busyAgent(0))
}
