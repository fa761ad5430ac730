package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
)

// previous builds the example as it was one commit ago, or skips.
func previous(t *testing.T) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		return exec.CommandContext(t.Context(), "git", append([]string{"-C", "../.."}, args...)...).Output()
	}
	old, err := git("show", "HEAD~1:examples/webchat/main.go")
	if err != nil {
		t.Skipf("the previous commit can't be read (no git, or no history): %v", err)
	}
	if !bytes.Contains(old, []byte(`"postgres"`)) {
		t.Skip("the previous commit knows no PostgreSQL")
	}
	dir := t.TempDir()
	overlay, err := overlay(git, dir)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "webchat-before")
	if out, err := exec.CommandContext(t.Context(), "go", append(goBuild(), "-overlay", overlay, "-o", program, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("build: %v %s", err, out)
	}
	return program
}

// overlay writes to dir what differs in the previous commit, for go build to take instead
// of what is there. Packages that don't differ needn't be compiled again, as they would in
// another folder.
func overlay(git func(args ...string) ([]byte, error), dir string) (file string, err error) {
	root, err := git("rev-parse", "--show-toplevel")
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	changed, err := git("diff", "-z", "--name-only", "--no-renames", "HEAD~1")
	if err != nil {
		return "", fmt.Errorf("compare with the previous commit: %w", err)
	}
	added, err := git("ls-files", "-z", "--others", "--exclude-standard", ":/")
	if err != nil {
		return "", fmt.Errorf("find new files: %w", err)
	}
	replace := map[string]string{}
	for name := range strings.SplitSeq(string(changed)+string(added), "\x00") {
		if name == "" {
			continue
		}
		old := "" // it isn't there
		if content, err := git("show", "HEAD~1:"+name); err == nil {
			old = filepath.Join(dir, fmt.Sprint(len(replace)))
			if err := os.WriteFile(old, content, 0o600); err != nil {
				return "", err
			}
		}
		replace[filepath.Join(strings.TrimSpace(string(root)), name)] = old
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, b, 0o600)
}

// writer is an end user who counts, to whichever server answers.
type writer struct {
	player
	servers []*server
	device  string
	acked   atomic.Int64
	id      string // of his conversation
}

// count sends one number after the other until ctx ends.
func (w *writer) count(ctx context.Context, t *testing.T) {
	for n := 1; ctx.Err() == nil; n++ {
		for {
			id, err := w.try(ctx, n)
			if err == nil {
				w.id = id
				w.acked.Store(int64(n))
				break
			}
			if refused, ok := errors.AsType[*refusedError](err); ok && refused.status < 500 && refused.status != http.StatusUnauthorized && refused.status != http.StatusTooManyRequests {
				t.Errorf("message %d: %v", n, err)
				return
			}
			if ctx.Err() != nil {
				return
			}
			wait(ctx, 20*time.Millisecond)
		}
	}
}

func (w *writer) try(ctx context.Context, n int) (id string, err error) {
	w.base = w.servers[rand.IntN(len(w.servers))].base() + "/support"
	if w.tokens[w.device] == "" {
		if err := w.begin(ctx, w.device, ""); err != nil {
			return "", err
		}
	}
	var answer struct {
		Conversation struct {
			ID string `json:"id"`
		} `json:"conversation"`
	}
	err = w.post(ctx, "/chat/v1/messages", w.tokens[w.device], map[string]any{"client_id": fmt.Sprint(n), "text": fmt.Sprint(n)}, &answer)
	return answer.Conversation.ID, err
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// history is what the desk has of the conversation.
func (w *writer) history(t *testing.T, s *server) (texts []string) {
	t.Helper()
	for after := 0; ; {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/support/chat/v1/conversations/%s/messages?after=%d&limit=100", s.base(), w.id, after), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+w.tokens[w.device])
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		var page struct {
			Messages []struct {
				Seq  int
				Text string
			}
			More bool
		}
		if err = errors.Join(err, json.Unmarshal(body, &page)); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("history: %d %v %s", resp.StatusCode, err, body)
		}
		for _, m := range page.Messages {
			texts, after = append(texts, m.Text), m.Seq
		}
		if !page.More {
			return texts
		}
	}
}

// TestRollingUpgrade replaces the processes of a desk, one at a time and under
// load, by those of the next version, and goes back in the middle.
func TestRollingUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the example of the previous commit")
	}
	before := previous(t)
	now, err := build()
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.Start(t, nil)
	dir := t.TempDir()
	servers := []*server{newServer(t), newServer(t)}
	for _, s := range servers {
		s.file = filepath.Join(dir, "support.db") // for the secret that they share
	}
	start := func(i int, program string) {
		servers[i].program, servers[i].postgres = program, db.DSN()
		servers[i].start()
	}
	start(0, before)
	start(1, before)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	writers := make([]*writer, 4)
	for i := range writers {
		writers[i] = &writer{player: player{tokens: map[string]string{}}, servers: servers, device: fmt.Sprintf("%d%s", i, strings.Repeat("x", 40))}
		load.Go(func() { writers[i].count(ctx, t) })
	}
	more := func() { // everybody writes, for two seconds or, on a slow machine, for longer
		t.Helper()
		var before [4]int64
		for i, w := range writers {
			before[i] = w.acked.Load()
		}
		wait(ctx, 2*time.Second)
		for i, w := range writers {
			waitFor(t, 30*time.Second, "two messages of each writer", func() bool { return w.acked.Load() >= before[i]+2 })
		}
	}
	for _, change := range []struct {
		place   int
		program string
	}{{0, now}, {0, before}, {1, now}, {0, now}} {
		more()
		servers[change.place].kill()
		start(change.place, change.program)
	}
	more()
	stop()
	load.Wait()
	for i, w := range writers {
		got := w.history(t, servers[i%2])
		for n, text := range got {
			if text != fmt.Sprint(n+1) {
				t.Errorf("writer %d: message %d is %s", i, n+1, text)
			}
		}
		if n := int(w.acked.Load()); len(got) < n || n < 10 {
			t.Errorf("writer %d: %d messages were acknowledged, %d are there", i, n, len(got))
		}
		t.Logf("writer %d: %d messages", i, len(got))
	}
	for _, s := range servers {
		s.kill() // who lives still writes
		if text := s.log.String(); strings.Contains(text, "level=ERROR") {
			t.Logf("the server said:\n%s", text[:min(len(text), 4000)])
		}
	}
}
