package frontdesk_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// fleetDSN makes a test process one of the fleet; it says where the database is.
const fleetDSN = "FRONTDESK_FLEET_DSN"

// automations of the test's host: each writes a note for each message of an end
// user, and nothing keeps it from writing two but the engine.
var (
	witness = event.Actor{Kind: event.Automation, ID: "witness"} // a reactor
	echo    = event.Actor{Kind: event.Automation, ID: "echo"}    // a job
)

// openMember opens the desk as each process of the fleet does.
func openMember(t testing.TB, dsn string) *frontdesk.Desk {
	t.Helper()
	pool, err := pgstore.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	desk, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: pgstore.New(pool, nil), Limits: chat.Limits{Off: true}})
	if err != nil {
		t.Fatal(err)
	}
	note := func(ctx context.Context, tx *store.Tx, who event.Actor, id string, seq int64) error {
		_, _, err := desk.In(tx).Tickets.Note(ctx, who, id, ticket.Draft{Text: fmt.Sprint(seq)})
		return err
	}
	desk.Jobs.Handle("echo", job.Handler{Timeout: 5 * time.Second, Inside: func(ctx context.Context, tx *store.Tx, j *job.Job) error {
		var f ticket.Facts
		if err := j.Payload(&f); err != nil {
			return err
		}
		return note(ctx, tx, echo, j.Key, f.Seq)
	}})
	desk.Events.React("witness", 4, func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
		for _, e := range es {
			var f ticket.Facts
			if e.Actor.Kind != event.EndUser || e.Type != ticket.Created && e.Type != ticket.MessageAdded {
				continue
			}
			if err := e.Payload(&f); err != nil {
				return err
			}
			if err := note(ctx, tx, witness, e.Subject, f.Seq); err != nil {
				return err
			}
			err := desk.Jobs.Enqueue(ctx, tx, job.Spec{ID: "echo/" + e.ID, Kind: "echo", Key: e.Subject, Data: e.Facts})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return desk
}

// serveMember is the life of a process of the fleet. It ends with its parent.
func serveMember(t *testing.T, dsn string) {
	desk := openMember(t, dsn)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(l, desk.Handler())
	go func() {
		err := desk.Run(t.Context())
		fmt.Println("ended", err)
		os.Exit(1)
	}()
	fmt.Println("ready", l.Addr())
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// member is a process of the fleet, as its parent knows it.
type member struct {
	cmd  *exec.Cmd
	in   io.Closer
	base string
}

// startMember starts a process and waits until it serves. It fails while the
// database is away.
func startMember(ctx context.Context, test, dsn string) (*member, error) {
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), fleetDSN+"="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := bufio.NewReader(out)
	line, err := r.ReadString('\n')
	address, ok := strings.CutPrefix(line, "ready ")
	if !ok {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, fmt.Errorf("the process says %q, %v", line, err)
	}
	go io.Copy(io.Discard, r)
	return &member{cmd, in, "http://" + strings.TrimSpace(address)}, nil
}

func (m *member) kill() {
	m.cmd.Process.Kill()
	m.cmd.Wait()
	m.in.Close()
}

// fleet is processes that come and go.
type fleet struct {
	t    *testing.T
	test string
	dsn  string

	mu      sync.Mutex
	members []*member
	killed  int
}

// any is the address of one of them, not always a living one.
func (f *fleet) any() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.members[rand.IntN(len(f.members))].base
}

// start puts a new process in a place, however long the database is away.
func (f *fleet) start(ctx context.Context, place int) {
	for ctx.Err() == nil {
		m, err := startMember(ctx, f.test, f.dsn)
		if err != nil {
			f.t.Logf("starting a process: %v", err)
			pause(ctx, 200*time.Millisecond)
			continue
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.members[place] = m
		return
	}
}

// kill ends the process in a place with SIGKILL, and starts another one.
func (f *fleet) kill(ctx context.Context, place int) {
	f.mu.Lock()
	m := f.members[place]
	f.killed++
	f.mu.Unlock()
	m.kill()
	f.start(ctx, place)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// TestFleet lets four processes serve one desk under load, kills one of them every
// second, and restarts the database under them twice, for twelve seconds or longer, until
// enough has gone through. On a slow machine, where a process needs seconds until it serves
// somebody, something has to go through before the next one is killed.
func TestFleet(t *testing.T) {
	if dsn := os.Getenv(fleetDSN); dsn != "" {
		serveMember(t, dsn)
	}
	server := pgtest.Start(t, nil)
	const lasts = 12 * time.Second
	f := &fleet{t: t, test: "TestFleet", dsn: server.DSN(), members: make([]*member, 4)}
	for i := range f.members {
		f.start(t.Context(), i)
	}
	ctx, stop := context.WithTimeout(t.Context(), 40*lasts)
	defer stop()
	var writers, load, chaos sync.WaitGroup
	users := make([]*chatter, 8)
	for i := range users {
		users[i] = newChatter(f, i)
		writers.Go(func() { users[i].write(ctx) })
		load.Go(func() { users[i].listen(t.Context()) })
	}
	chaos.Go(func() {
		for i := 0; ; i++ {
			before, _ := acknowledged(users)
			for range 10 { // nothing goes through while the database is away, which a process is to see
				pause(ctx, time.Second)
				if n, _ := acknowledged(users); n > before {
					break
				}
			}
			if ctx.Err() != nil {
				return
			}
			f.kill(t.Context(), i%len(f.members))
		}
	})
	for _, mode := range []pgtest.Mode{pgtest.Fast, pgtest.Immediate} {
		pause(ctx, lasts/3)
		server.Restart(mode)
	}
	pause(ctx, lasts/3)
	for n, each := acknowledged(users); (n < 100 || !each) && ctx.Err() == nil; n, each = acknowledged(users) {
		pause(ctx, 100*time.Millisecond) // a busy machine takes longer
	}
	stop()
	chaos.Wait()
	writers.Wait() // what is acknowledged last is to be heard, too
	for _, u := range users {
		u.finish()
	}
	load.Wait()
	desk := openMember(t, f.dsn)
	awaitQuiet(t, desk, users)
	for _, m := range f.members {
		m.kill()
	}
	for _, u := range users {
		u.check(desk)
	}
	checkLog(t, desk)
	acked, _ := acknowledged(users)
	t.Logf("%d messages were acknowledged while %d processes were killed", acked, f.killed)
	if acked < 100 {
		t.Error("that is too little to mean anything")
	}
	if err := desk.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailover kills the primary of a replicated database under two processes, and
// promotes the standby: with an address that names both, the desk goes on, and what
// was acknowledged is there.
func TestFailover(t *testing.T) {
	if dsn := os.Getenv(fleetDSN); dsn != "" {
		serveMember(t, dsn)
	}
	primary := pgtest.Start(t, nil)
	standby := primary.Standby(t, true)
	f := &fleet{t: t, test: "TestFailover", dsn: primary.DSN(standby), members: make([]*member, 2)}
	for i := range f.members {
		f.start(t.Context(), i)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers, load sync.WaitGroup
	users := make([]*chatter, 4)
	for i := range users {
		users[i] = newChatter(f, i)
		writers.Go(func() { users[i].write(ctx) })
		load.Go(func() { users[i].listen(t.Context()) })
	}
	more := func(what string) {
		t.Helper()
		before, _ := acknowledged(users)
		start, first := time.Now(), time.Duration(0)
		for waiting, cancel := context.WithTimeout(t.Context(), 5*time.Minute); ; pause(waiting, time.Millisecond) {
			n, _ := acknowledged(users)
			n -= before
			if n > 0 && first == 0 {
				first = time.Since(start).Round(time.Millisecond)
			}
			if n > 20 {
				cancel()
				t.Logf("%s: the first message went through after %v", what, first)
				return
			}
			if waiting.Err() != nil {
				cancel()
				t.Fatalf("%s: no message went through in five minutes", what)
			}
		}
	}
	more("on the primary")
	primary.Kill()
	standby.Promote()
	more("after the promotion")
	stop()
	writers.Wait() // what is acknowledged last is to be heard, too
	for _, u := range users {
		u.finish()
	}
	load.Wait()
	desk := openMember(t, f.dsn)
	awaitQuiet(t, desk, users)
	for _, m := range f.members {
		m.kill()
	}
	for _, u := range users {
		u.check(desk)
	}
	checkLog(t, desk)
	if err := desk.Close(); err != nil {
		t.Error(err)
	}
}

// acknowledged says how many messages were, and whether each of the users has one.
func acknowledged(users []*chatter) (n int, each bool) {
	each = true
	for _, u := range users {
		u.mu.Lock()
		n, each = n+u.acked, each && u.acked > 0
		u.mu.Unlock()
	}
	return n, each
}

// awaitQuiet waits until the fleet has taken every message. The leases of those who
// were killed have to run out.
func awaitQuiet(t *testing.T, desk *frontdesk.Desk, users []*chatter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for _, u := range users {
		for {
			said, notes := u.read(desk)
			if len(notes[witness]) == len(said) && len(notes[echo]) == len(said) {
				break
			}
			if pause(ctx, 500*time.Millisecond); ctx.Err() != nil {
				stats, err := desk.Jobs.Stats(t.Context())
				t.Fatalf("the fleet is never through: %d of %d messages of %s, %d echoes; %+v, %v",
					len(notes[witness]), len(said), u.device, len(notes[echo]), stats, err)
			}
		}
	}
}

// checkLog checks that the log's positions are dense, and that no event waits for
// one or is parked.
func checkLog(t *testing.T, desk *frontdesk.Desk) {
	t.Helper()
	last := int64(0)
	for {
		es, err := desk.Events.Since(t.Context(), desk.DB, last, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(es) == 0 {
			break
		}
		for _, e := range es {
			if last++; e.Position != last {
				t.Fatalf("event %s has position %d, want %d", e.ID, e.Position, last)
			}
		}
	}
	if n, err := desk.Events.Sequence(t.Context()); n != 0 || err != nil {
		t.Errorf("%d events had no position, %v", n, err)
	}
	if ps, _, err := desk.Events.ParkedEvents(t.Context(), "", 10); len(ps) > 0 || err != nil {
		t.Errorf("parked: %+v, %v", ps, err)
	}
	if js, _, err := desk.Jobs.Dead(t.Context(), "", 10); len(js) > 0 || err != nil {
		t.Errorf("dead jobs: %+v, %v", js, err)
	}
}
