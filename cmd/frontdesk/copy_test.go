package main

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
)

// hashes are the lines of a copy by collection.
func hashes(lines []map[string]any) map[string]any {
	all := map[string]any{}
	for _, l := range lines {
		if name, ok := l["collection"].(string); ok {
			all[name] = l["hash"]
		}
	}
	return all
}

// sameHashes compares two copies in all but some collections.
func sameHashes(t *testing.T, a, b []map[string]any, but ...string) {
	t.Helper()
	x, y := hashes(a), hashes(b)
	if len(x) < 10 || len(x) != len(y) {
		t.Errorf("%d and %d collections", len(x), len(y))
	}
	for name := range x {
		if x[name] != y[name] && !slices.Contains(but, name) {
			t.Errorf("%s: %v and %v", name, x[name], y[name])
		}
	}
}

// A desk goes from its file to a database and back, attachments included.
func TestCopyThereAndBack(t *testing.T) {
	t.Parallel()
	dsn, schema, config := database(t)
	dir := t.TempDir()
	from, back := filepath.Join(dir, "from.db"), filepath.Join(dir, "back.db")
	filled(t, frontdesk.Config{Path: from}, 3)
	there := must(t, "copy", "-from", from, "-to", dsn, "-schema", schema)
	if last := there[len(there)-1]; last["copied"] != true || last["written"] != last["documents"] || last["written"].(float64) < 20 {
		t.Errorf("last line %v", last)
	}
	if blobs := there[len(there)-2]["attachments"].(map[string]any); blobs["blobs"] != 3. || blobs["bytes"] != 2_100_000. || blobs["written"] != 3. {
		t.Errorf("attachments %v", blobs)
	}
	if status, _, err := frontdeskRun(t, "copy", "-from", from, "-to", dsn, "-schema", schema); status != failed || !strings.Contains(err, "-replace") {
		t.Errorf("onto a desk: %d, %s", status, err)
	}
	again := must(t, "copy", "-from", from, "-to", dsn, "-schema", schema, "-replace")
	if last := again[len(again)-1]; last["written"] != 0. || last["deleted"] != 0. {
		t.Errorf("a second copy: %v", last)
	}
	returned := must(t, "copy", "-from", dsn, "-schema", schema, "-to", back)
	sameHashes(t, there, again)
	sameHashes(t, there, returned)
	works(t, config(), 3)
	works(t, frontdesk.Config{Path: back}, 3)
}

// killed starts a copy in a process of its own and kills it somewhere in the
// middle. It says whether the process was still running.
func killed(t *testing.T, args ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "FRONTDESK_TEST_ARGS="+strings.Join(args, "\n"))
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Progress is told on one line that begins with a carriage return each time.
	told := bufio.NewReader(out)
	var said strings.Builder
	for range 1 + rand.IntN(22) {
		s, err := told.ReadString('\r')
		if said.WriteString(s); err != nil {
			break
		}
	}
	timer := time.AfterFunc(rand.N(100*time.Millisecond), func() { cmd.Process.Kill() })
	defer timer.Stop()
	io.Copy(&said, told)
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if err != nil && (!ok || exit.Exited()) {
		t.Fatalf("the copy ended by itself: %v: %s", err, said.String())
	}
	return err != nil
}

// rounds is how often a copy is killed.
const rounds = 6

// A copy that is killed again and again ends at last with the whole desk, and
// before that nobody takes its target for one.
func TestCopyIsKilled(t *testing.T) {
	t.Parallel()
	dsn, schema, config := database(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	filled(t, frontdesk.Config{Path: path("from.db")}, 40)
	works(t, frontdesk.Config{Path: path("from.db")}, 40) // has done all that it will do when it is looked at below
	toFile := func() frontdesk.Config { return frontdesk.Config{Path: path("back.db")} }
	var first []map[string]any
	for _, way := range []struct {
		from, to string
		target   func() frontdesk.Config
	}{{path("from.db"), dsn, config}, {dsn, path("back.db"), toFile}} {
		args := []string{"copy", "-from", way.from, "-to", way.to, "-schema", schema}
		hit := 0
		for range rounds {
			if !killed(t, args...) {
				args = append(args, "-replace") // it was whole before
				continue
			}
			hit++
			d, err := frontdesk.Open(t.Context(), way.target())
			if err == nil {
				t.Errorf("copying to %s: half a copy was opened", way.to)
				d.Close()
			} else if !errors.Is(err, store.ErrCopying) {
				t.Errorf("copying to %s: %v", way.to, err)
			}
		}
		if hit < rounds/2 {
			t.Errorf("only %d of %d copies were killed: nothing was tested", hit, rounds)
		}
		last := must(t, args...)
		if first == nil {
			first = last
		}
		// The desk was at work in between. Who was, and how far, these say: consumers to whom
		// none of these tickets fell get a cursor where several processes may work.
		sameHashes(t, first, last, "queue_assigner", "event_cursor")
		works(t, way.target(), 40)
	}
}
