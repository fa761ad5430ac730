package frontdesk_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The environment of a test process that is going to be killed while targets fall due.
const (
	dueChild = "FRONTDESK_DUE_DIR"
	dueDSN   = "FRONTDESK_DUE_DSN"
)

// While thousands of targets fall due at one moment, as after a night without the desk,
// processes are killed again and again: each breach is said exactly once.
func TestBreachesAreKilled(t *testing.T) {
	if dir := os.Getenv(dueChild); dir != "" {
		fallDue(t, dir, os.Getenv(dueDSN))
		return
	}
	t.Parallel()
	t.Run("bbolt", func(t *testing.T) {
		t.Parallel()
		breachesAreKilled(t, "", 1)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		breachesAreKilled(t, pgtest.Start(t, nil).DSN(), 2)
	})
}

func breachesAreKilled(t *testing.T, dsn string, processes int) {
	const tickets = 600
	dir, ctx := t.TempDir(), t.Context()
	c := kept(t, dir, dsn)
	c.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) } // yesterday
	d := open(t, c)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Tickets.SavePolicy(ctx, frontdesk.Host(), &ticket.Policy{Name: "All", First: time.Hour, Resolution: 24 * 30 * time.Hour}))
	eve, err := d.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve"})
	must(err)
	var ids []string
	for range tickets / 100 {
		ns := make([]ticket.New, 100)
		for i := range ns {
			ns[i] = ticket.New{EndUser: eve.ID, Message: &ticket.Draft{Text: "Where is it?"}}
		}
		ts, err := d.Tickets.CreateMany(ctx, ns)
		must(err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
	}
	must(d.Close())
	partly, left := 0, tickets
	for round := 0; round < 4 && left > 0; round++ {
		var wg sync.WaitGroup
		for range processes {
			wg.Go(func() { killedInDue(t, dir, dsn, max(left/5, 1)) })
		}
		wg.Wait()
		d := open(t, kept(t, dir, dsn))
		if left = tickets - breaches(t, d, ids, false); left > 0 && left < tickets {
			partly++
		}
		must(d.Close())
	}
	d = open(t, kept(t, dir, dsn))
	end := time.Now().Add(10 * time.Minute) // on a shared store leases of who was killed run out first
	for breaches(t, d, ids, false) < tickets && time.Now().Before(end) {
		_, err = d.Drain(ctx)
		must(err)
	}
	breaches(t, d, ids, true)
	if partly == 0 {
		t.Error("no process was killed on its way")
	}
}

// breaches counts tickets of which it is said, and reports any of which it is said twice.
func breaches(t *testing.T, d *frontdesk.Desk, ids []string, all bool) (n int) {
	t.Helper()
	for _, id := range ids {
		es, _, err := d.Events.History(t.Context(), d.DB, id, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, e := range es {
			var f ticket.Facts
			if err := json.Unmarshal(e.Facts, &f); err != nil {
				t.Fatal(err)
			}
			if e.Type == ticket.Breached && f.Target == ticket.TargetFirst {
				said++
			}
		}
		if n += said; said > 1 || all && said == 0 {
			t.Errorf("ticket %s: said %d times", id, said)
		}
	}
	return n
}

// killedInDue starts a process, and kills it when it has heard of so many breaches.
func killedInDue(t *testing.T, dir, dsn string, heard int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Error(err)
		return
	}
	c := exec.CommandContext(t.Context(), exe, "-test.run=^TestBreachesAreKilled$")
	c.Env = append(os.Environ(), dueChild+"="+dir, dueDSN+"="+dsn)
	killed(t, c, "breached", heard, time.Millisecond)
}

// fallDue is the process that is killed.
func fallDue(t *testing.T, dir, dsn string) {
	d := open(t, kept(t, dir, dsn))
	head, err := d.Events.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for e, err := range d.Events.Tail(t.Context(), head) {
			if err == nil && e.Type == ticket.Breached {
				fmt.Println("breached")
			}
		}
	}()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1) // nobody is left who would kill this process
	}()
	if err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}
