package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
)

// goBuild begins the command for a program in which races are found where they are
// in this test: what both are made of is compiled once.
func goBuild() []string {
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return []string{"build", "-race"}
	}
	return []string{"build"}
}

// build compiles the example once for all tests that kill it.
var build = sync.OnceValues(func() (string, error) {
	dir, err := scratch()
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "webchat")
	out, err := exec.Command("go", append(goBuild(), "-o", program, ".")...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return program, err
})

// server is the example as a process of its own, at a fixed address and file, or
// database.
type server struct {
	t        *testing.T
	addr     string
	file     string
	postgres string
	program  string // default: what build makes
	cmd      *exec.Cmd
	log      bytes.Buffer
}

// eachServer runs a test with the desk in a file and in a database.
func eachServer(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	t.Run("bbolt", func(t *testing.T) { test(t, newServer(t)) })
	t.Run("postgres", func(t *testing.T) {
		database := pgtest.Start(t, nil)
		s := newServer(t)
		s.postgres = database.DSN()
		test(t, s)
	})
}

func newServer(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	s := &server{t: t, addr: "localhost:" + port, file: filepath.Join(t.TempDir(), "data", "support.db")}
	t.Cleanup(s.kill)
	return s
}

func (s *server) base() string { return "http://" + s.addr }

// plain are the flags for a desk without the shop's rules, which join conversations, and
// without its model, whose training keeps a processor busy. The program of an older version
// may not have them.
func plain(program string) (flags []string) {
	help, _ := exec.Command(program, "-h").CombinedOutput()
	for _, name := range []string{"-rules", "-labels"} {
		if bytes.Contains(help, []byte("\n  "+name)) {
			flags = append(flags, name+"=false")
		}
	}
	return flags
}

// start runs the program and waits until it answers.
func (s *server) start(more ...string) {
	s.t.Helper()
	if s.program == "" {
		var err error
		if s.program, err = build(); err != nil {
			s.t.Fatal(err)
		}
	}
	s.cmd = exec.Command(s.program, append([]string{"-addr", s.addr, "-file", s.file, "-postgres", s.postgres}, append(plain(s.program), more...)...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	waitFor(s.t, 15*time.Second, "the server to answer", func() bool {
		resp, err := http.Get(s.base() + "/")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill ends the program as a power failure would.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill() // SIGKILL
	s.cmd.Wait()
	s.cmd = nil
	if text := s.log.String(); strings.Contains(text, "panic") || strings.Contains(text, "DATA RACE") {
		s.t.Errorf("the server said:\n%s", text)
	}
}

// patience is how many times longer a test waits than it takes on a quiet machine, and
// pause is between two looks.
const (
	patience = 20
	pause    = 20 * time.Millisecond
)

// waitFor looks until ok, or fails the test where that takes much longer than at most. It
// counts looks, as on a busy machine each of them takes longer, too.
func waitFor(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for range patience * most / pause {
		if ok() {
			return
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("the test ended before %s", what)
		case <-tick.C:
		}
	}
	t.Fatalf("waited much longer than %v for %s", most, what)
}
