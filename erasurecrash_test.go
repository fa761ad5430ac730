package frontdesk_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The environment of a test process that is going to be killed: where its desk is,
// and whom it erases.
const (
	eraseChild = "FRONTDESK_ERASE_DIR"
	eraseWho   = "FRONTDESK_ERASE_WHO"
)

// A process that is killed at any moment of an erasure leaves one that goes on when
// the desk is opened again, and then nothing is left of who was to be erased: no
// document and no file that nobody knows of.
func TestErasureIsKilled(t *testing.T) {
	if dir := os.Getenv(eraseChild); dir != "" {
		eraseAndCompact(t, dir, os.Getenv(eraseWho))
		return
	}
	t.Parallel()
	base := t.TempDir()
	d := open(t, frontdesk.Config{Path: filepath.Join(base, "desk.db")})
	p := furnish(t, d)
	eve, bob := p.plant(), p.plant()
	p.must(p.People.Lift(t.Context(), frontdesk.Host(), p.banOf(eve)))
	for i := range 40 {
		a, err := p.Tickets.Upload(t.Context(), eve.actor(), ticket.DefaultApp, "webchat", "a.txt", strings.NewReader(eve.mark(fmt.Sprint("blob.", i))))
		p.must(err)
		_, err = p.Tickets.Create(t.Context(), ticket.New{Actor: frontdesk.Host(), EndUser: eve.id, Title: eve.mark(fmt.Sprint("title ", i)), Message: &ticket.Draft{Text: eve.mark(fmt.Sprint("text ", i))}})
		p.must(err)
		_ = a // which no message names
	}
	p.drain()
	p.must(d.Close())
	begun := 0
	for round := range 12 {
		dir := t.TempDir()
		p.must(os.CopyFS(dir, os.DirFS(base)))
		killedInErasure(t, dir, eve.id, 1+round%3)
		d := open(t, frontdesk.Config{Path: filepath.Join(dir, "desk.db")})
		p := &planter{Desk: d, t: t}
		p.drain()
		if _, err := p.People.Erasure(t.Context(), frontdesk.Host(), eve.id); err == nil {
			begun++
		}
		_, err := p.People.Erase(t.Context(), frontdesk.Host(), eve.id) // its beginning may not have been committed
		p.must(err)
		p.drain()
		if left := where(segments(t, dir), eve.marks); len(left) > 0 {
			t.Errorf("left in the index of tickets: %v", left)
		}
		p.must(p.Compact(t.Context()))
		p.must(d.Close())
		places := slices.Concat(files(t, dir), segments(t, dir))
		if left := where(places, eve.marks); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		for what := range bob.marks {
			if found := where(places, map[string]string{what: bob.marks[what]}); len(found) == 0 && !strings.HasPrefix(what, "gone.") {
				t.Errorf("%s of somebody else is gone", what)
			}
		}
	}
	if begun == 0 {
		t.Error("no process came as far as beginning")
	}
}

// killedInErasure kills a process soon after it has begun so many of its three steps, as a
// slow machine wouldn't get beyond the first in the time that a fast one needs for all.
func killedInErasure(t *testing.T, dir, who string, steps int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe, "-test.run=^TestErasureIsKilled$")
	c.Env = append(os.Environ(), eraseChild+"="+dir, eraseWho+"="+who)
	killed(t, c, "erasing", steps, 250*time.Millisecond)
}

// eraseAndCompact is the process that is killed.
func eraseAndCompact(t *testing.T, dir, who string) {
	d, err := frontdesk.Open(t.Context(), frontdesk.Config{Path: filepath.Join(dir, "desk.db")})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("erasing")
	_, err = d.People.Erase(t.Context(), frontdesk.Host(), who)
	if err == nil {
		fmt.Println("erasing")
		_, err = d.Drain(t.Context())
	}
	if err == nil {
		fmt.Println("erasing")
		err = d.Compact(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, os.Stdin) // somebody kills it, or nobody is left who would
}
