package frontdesk_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/resident"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// BenchmarkIdleDesk is what a process holds that has a desk in a file and nothing to do,
// all consumers, queues and indexes on: memory of its own, and pages of the program and of
// the store, which the system takes back when it needs them; beside it what a program holds
// that links the desk and does nothing, and how much an idle desk uses in ten seconds.
func BenchmarkIdleDesk(b *testing.B) {
	file := filepath.Join(b.TempDir(), "idle.db")
	d := fill(b, file, 100)
	if _, err := d.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
	r := measured(b, d, file)
	tell(b, "own-MB", r.Idle.Anon)
	tell(b, "pages-MB", r.Idle.File)
	tell(b, "linked-own-MB", r.Linked.Anon)
	tell(b, "linked-pages-MB", r.Linked.File)
	tell(b, "touched-MB", r.Touched)
	tell(b, "heap-MB", r.Heap)
}

// BenchmarkOpenMillion is opening a desk of a million tickets, and what the process holds
// then. It takes minutes to prepare; -short leaves it out.
func BenchmarkOpenMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("takes minutes to prepare")
	}
	file := filepath.Join(b.TempDir(), "million.db")
	r := measured(b, fill(b, file, 1_000_000), file)
	tell(b, "own-MB", r.Opened.Anon)
	tell(b, "pages-MB", r.Opened.File)
}

func tell(b *testing.B, unit string, bytes int64) { b.ReportMetric(float64(bytes)/(1<<20), unit) }

// fill makes a desk with so many tickets of a thousand end users.
func fill(b *testing.B, file string, tickets int) *frontdesk.Desk {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	d, err := frontdesk.Open(b.Context(), frontdesk.Config{Path: file})
	must(err)
	var users []string
	for i := range min(tickets, 1000) {
		u, err := d.People.Save(b.Context(), frontdesk.Host(), identity.Profile{UserID: fmt.Sprint("user-", i)})
		must(err)
		users = append(users, u.ID)
	}
	for made := 0; made < tickets; {
		news := make([]ticket.New, min(ticket.MaxMany, tickets-made))
		for i := range news {
			news[i] = ticket.New{EndUser: users[(made+i)%len(users)], Message: &ticket.Draft{Text: fmt.Sprintf("Where is parcel %d? It should have come on Monday.", made+i)}}
		}
		_, err := d.Tickets.CreateMany(b.Context(), news)
		must(err)
		made += len(news)
	}
	b.Logf("%d tickets in %v", tickets, time.Since(began).Round(time.Second))
	return d
}

// figures are what a process says of itself, in bytes.
type figures struct {
	Open                 time.Duration
	Linked, Opened, Idle resident.Memory
	Touched, Heap        int64
}

// measured closes the desk, and opens it in a process of its own, which says how long that
// took and what it holds.
func measured(b *testing.B, d *frontdesk.Desk, file string) (r figures) {
	b.Helper()
	if err := d.Close(); err != nil {
		b.Fatal(err)
	}
	program := filepath.Join(b.TempDir(), "idle")
	if out, err := exec.Command("go", "build", "-o", program, "./internal/resident/idle").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var open time.Duration
	for b.Loop() {
		out, err := exec.Command(program, file).Output()
		if err == nil {
			err = json.Unmarshal(out, &r)
		}
		if err != nil {
			b.Fatal(err)
		}
		open += r.Open
	}
	b.ReportMetric(float64(open.Microseconds())/1000/float64(b.N), "open-ms")
	return r
}
