package search_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
)

// The environment of a test process that is going to be killed: where it works.
const crashDir = "FAQ_SEARCH_CRASH_DIR"

// A process that is killed at any moment, also in the middle of building, leaves an
// index that goes on from where it is, and then holds what one holds that is built.
func TestKilled(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		workForEver(t, dir)
		return
	}
	t.Parallel()
	dir := t.TempDir()
	ix := filepath.Join(dir, "ix")
	for round := range 7 {
		killed(t, dir, 1+rand.IntN(80))
		file, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
		must(t, err)
		d := open(t, file, &search.Options{Dir: ix})
		switch round % 3 {
		case 0:
			d.same(t)
		case 1: // the next one goes on from what this one left
		case 2:
			must(t, d.ix.Reset()) // the next one is killed while it builds
		}
		must(t, d.ix.Close())
		must(t, d.db.Close())
	}
	file, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
	must(t, err)
	d := open(t, file, &search.Options{Dir: ix})
	d.same(t)
	if found := d.find(t, reader, faq.Search{Text: "lamp"}); len(found.Hits) == 0 {
		t.Error("nothing is found")
	}
}

// killed runs a process until it has done so many things, and kills it.
func killed(t *testing.T, dir string, things int) {
	exe, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), exe, "-test.run=^TestKilled$")
	c.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := c.StdoutPipe()
	must(t, err)
	c.Stderr = os.Stderr
	must(t, c.Start())
	lines := bufio.NewScanner(out)
	done := 0
	for done < things && lines.Scan() {
		done++
	}
	must(t, c.Process.Kill())
	_ = c.Wait() // it was killed
	if done < things {
		t.Fatalf("the process ended by itself after %d of %d things: %s", done, things, lines.Text())
	}
}

func workForEver(t *testing.T, dir string) {
	file, err := boltstore.Open(filepath.Join(dir, "desk.db"), nil)
	must(t, err)
	d := open(t, file, &search.Options{Dir: filepath.Join(dir, "ix")})
	ctx := context.Background()
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.events.Run(ctx) })
	wg.Go(func() {
		for {
			n, err := d.ix.Step(ctx)
			must(t, err)
			if n > 0 {
				fmt.Println("indexed", n)
			}
		}
	})
	for i := 0; ; i++ {
		a := d.write(t, fmt.Sprint("Lamp ", i), "The lamp is broken, again.")
		if i%3 == 0 {
			d.publish(t, a.ID, "en", fmt.Sprint("Edited lamp ", i), "It works.")
		}
		if i%5 == 0 {
			must(t, d.faq.Remember(ctx, host, &faq.Answer{Article: a.ID, Text: "my lamp", By: faq.Opened}))
		}
		fmt.Println("written", i)
	}
}
