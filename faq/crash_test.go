package faq_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
)

// crashDir is the environment of a test process that is going to be killed.
const crashDir = "FRONTDESK_FAQ_DIR"

func openDir(t *testing.T, dir string) *desk {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
	must(t, err)
	return open(t, s)
}

// While hundreds of articles are due to be published, and others to be taken away,
// processes are killed again and again: each of it happens exactly once.
func TestSchedulesAreKilled(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		d := openDir(t, dir)
		d.clock.forward(24 * time.Hour)
		fmt.Println("at work")
		d.drain()
		return
	}
	t.Parallel()
	const articles = 300
	dir := t.TempDir()
	d := openDir(t, dir)
	c := d.section("shop", "Sale")
	var as []*faq.Article
	for i := range articles {
		a := d.article(c)
		d.write(a, "en", fmt.Sprint("Sale ", i), "")
		at, end := start.Add(time.Hour), time.Time{}
		if i%3 == 0 {
			end = start.Add(2 * time.Hour)
		}
		must(t, second(d.faq.Schedule(t.Context(), lea, a.ID, "en", at, end)))
		as = append(as, a)
	}
	must(t, d.db.Close())
	partly := 0
	for round := range 6 {
		killedAfter(t, dir, 10*time.Millisecond<<round)
		d := openDir(t, dir)
		if n := d.told(faq.Published); n > 0 && n < articles {
			partly++
		}
		must(t, d.db.Close())
	}
	d = openDir(t, dir)
	d.clock.forward(24 * time.Hour)
	d.drain()
	if p, u := d.told(faq.Published), d.told(faq.Unpublished); p != articles || u != articles/3 {
		t.Errorf("%d publications, %d ends", p, u)
	}
	for i, a := range as {
		want := fmt.Sprint("en Sale ", i)
		if i%3 == 0 {
			want = ""
		}
		if got := d.reads(anybody(), a); got != want {
			t.Errorf("article %d: %q is read", i, got)
		}
	}
	if partly == 0 {
		t.Log("no process was killed on its way: this machine is too quick, or too slow")
	}
}

// killedAfter lets a process work for so long.
func killedAfter(t *testing.T, dir string, so time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSchedulesAreKilled$")
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if _, err := out.Read(make([]byte, 100)); err != nil { // it is at work
		t.Logf("the process says nothing: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-time.After(so):
		must(t, cmd.Process.Kill())
		<-done
	case err := <-done:
		must(t, err)
	}
}
