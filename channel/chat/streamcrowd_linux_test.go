package chat_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// crowdSpec tells a process of clients what to do. Tokens follow, a line each.
type crowdSpec struct {
	Address string // of the server
	Way     string // http1, tls or http2
	Clients int
	Event   string // that is counted
}

const crowdEnv = "FRONTDESK_STREAM_CROWD"

// TestMain is a crowd of clients where the process was started to be one: what clients
// cost isn't to be counted as the server's.
func TestMain(m *testing.M) {
	spec := os.Getenv(crowdEnv)
	if spec == "" {
		os.Exit(m.Run())
	}
	var c clients
	err := json.Unmarshal([]byte(spec), &c.crowdSpec)
	if err == nil {
		err = c.run(os.Stdin)
	}
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// clients are a crowd, on the inside.
type clients struct {
	crowdSpec
	opened, heard atomic.Int64
}

// run opens the streams and listens until in ends. It prints "open" when all are, and
// "round" whenever all together have heard one event each.
func (c *clients) run(in io.Reader) error {
	lines := bufio.NewScanner(in)
	var wg sync.WaitGroup
	broken := make(chan error, c.Clients)
	few := make(chan struct{}, 64) // that open at the same time
	for i := range c.Clients {
		if !lines.Scan() {
			return io.ErrUnexpectedEOF
		}
		token := lines.Text()
		few <- struct{}{}
		wg.Go(func() {
			if err := c.listen(i, token, sync.OnceFunc(func() { <-few })); err != nil {
				broken <- err
			}
		})
	}
	ended := make(chan error, 1)
	go func() {
		io.Copy(io.Discard, in)
		ended <- nil
	}()
	select {
	case err := <-broken:
		return err
	case err := <-ended:
		return err
	}
}

// listen opens one stream and reads it until it ends.
func (c *clients) listen(i int, token string, opened func()) error {
	// Each from an address of its own, or ports would run out.
	dial := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%200))}}
	insecure := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the certificate is the test's
	transport := &http.Transport{DialContext: dial.DialContext, TLSClientConfig: insecure, ForceAttemptHTTP2: c.Way == "http2", DisableCompression: true}
	scheme := "https"
	if c.Way == "http1" {
		scheme = "http"
	}
	req, err := http.NewRequest("GET", scheme+"://"+c.Address+"/chat/v1/stream", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || (c.Way == "http2") != (resp.ProtoMajor == 2) {
		return fmt.Errorf("%s %s", resp.Proto, resp.Status)
	}
	first := true
	for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
		what, ok := strings.CutPrefix(scan.Text(), "event: ")
		switch {
		case !ok:
		case first && what == "presence":
			first = false
			opened()
			if c.opened.Add(1) == int64(c.Clients) {
				fmt.Println("open")
			}
		case what == c.Event:
			if c.heard.Add(1)%int64(c.Clients) == 0 {
				fmt.Println("round")
			}
		}
	}
	return errors.New("a stream has ended")
}

// crowd is a process of clients.
type crowd struct {
	b     *testing.B
	in    io.WriteCloser
	lines *bufio.Scanner
	leave func() // has all hang up
}

func newCrowd(b *testing.B, spec crowdSpec) *crowd {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), exe)
	cmd.Env = append(os.Environ(), crowdEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	c := &crowd{b: b}
	if c.in, err = cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c.leave = sync.OnceFunc(func() {
		c.in.Close()
		cmd.Wait()
	})
	b.Cleanup(c.leave)
	return c
}

// open has all tokens listen.
func (c *crowd) open(tokens []string) {
	c.b.Helper()
	if _, err := io.WriteString(c.in, strings.Join(tokens, "\n")+"\n"); err != nil {
		c.b.Fatal(err)
	}
	c.await("open")
}

func (c *crowd) await(what string) {
	c.b.Helper()
	if !c.lines.Scan() || c.lines.Text() != what {
		c.b.Fatalf("the clients say %q, not %q", c.lines.Text(), what)
	}
}

// room is how many of n streams this process may have open.
func room(b *testing.B, n int) int {
	b.Helper()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		b.Fatal(err)
	}
	return min(n, int(l.Cur)-200) // Go itself has raised it to what is allowed
}

// resident is the memory of this process that is in use, in bytes.
func resident(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kb int64
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		b.Fatal(err)
	}
	return kb << 10
}

// worked is how long processors have worked for this process.
func worked(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
