package smtp_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
	"github.com/frontdesk-go/frontdesk/store/blob"
)

// talk is a client that says what a test wants.
type talk struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, address string) *talk {
	t.Helper()
	c, err := net.Dial("tcp", address)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	k := &talk{t, c, bufio.NewReader(c)}
	k.want("220")
	return k
}

func (k *talk) say(format string, args ...any) {
	fmt.Fprintf(k.Conn, format+"\r\n", args...)
}

// answer is the last line of an answer, "" if the connection ended.
func (k *talk) answer() string {
	for {
		line, err := k.r.ReadString('\n')
		if err != nil {
			return ""
		}
		if len(line) < 4 || line[3] != '-' {
			return strings.TrimSpace(line)
		}
	}
}

func (k *talk) want(code string) {
	k.t.Helper()
	if got := k.answer(); !strings.HasPrefix(got, code) {
		k.t.Fatalf("answered %q, want %s", got, code)
	}
}

func (k *talk) begin(to ...string) {
	k.t.Helper()
	k.say("EHLO mail.example")
	k.want("250")
	k.say("MAIL FROM:<ann@mail.example>")
	k.want("250")
	for _, address := range to {
		k.say("RCPT TO:<%s>", address)
		k.want("250")
	}
}

func TestNothingIsRelayed(t *testing.T) {
	t.Parallel()
	b := &box{}
	k := dial(t, serve(t, b, nil))
	k.begin()
	for _, address := range []string{"ann@elsewhere.example", "ann%elsewhere.example@relay.example", "@shop.example:ann@elsewhere.example", `"help@shop.example"@elsewhere.example`, "help@shop.example\x01"} {
		k.say("RCPT TO:<%s>", address)
		k.want("550")
	}
	k.say("DATA")
	k.want("502")
	b.asked = func(string) error { return errors.New("the store is away") }
	k.say("RCPT TO:<help@shop.example>")
	k.want("451")
}

func TestWhatCantBeKeptIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for _, lmtp := range []bool{false, true} {
		t.Run(fmt.Sprint("lmtp ", lmtp), func(t *testing.T) {
			t.Parallel()
			b := &box{fails: errors.New("the disk is full")}
			k := dial(t, serve(t, b, &smtp.ServerOptions{LMTP: lmtp}))
			if k.say("EHLO x"); lmtp {
				k.want("500")
			} else {
				k.want("250")
			}
			if k.say("LHLO x"); lmtp {
				k.want("250")
			} else {
				k.want("500")
			}
			deliver := func(code string) {
				k.say("MAIL FROM:<>\r\nRCPT TO:<help@shop.example>\r\nRCPT TO:<nobody@x.example>\r\nRCPT TO:<sales@shop.example>\r\nDATA")
				for _, code := range []string{"250", "250", "550", "250", "354"} {
					k.want(code)
				}
				k.say("Subject: x\r\n\r\ntext\r\n.")
				k.want(code)
				if lmtp { // an answer for each
					k.want(code)
				}
			}
			deliver("451")
			b.fails = nil
			deliver("250")
			if got := b.mails(); len(got) != 1 || !got[0].Null || len(got[0].To) != 2 || got[0].IP.IsValid() == lmtp {
				t.Errorf("received %+v", got)
			}
		})
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	b := &box{}
	k := dial(t, serve(t, b, &smtp.ServerOptions{MaxBytes: 10_000}))
	k.say("EHLO x")
	sized := false
	for line := ""; !strings.HasPrefix(line, "250 "); sized = sized || strings.HasPrefix(line, "250-SIZE 10000") {
		line, _ = k.r.ReadString('\n')
	}
	if !sized {
		t.Error("the limit isn't announced")
	}
	k.say("MAIL FROM:<a@x.example> SIZE=10001")
	k.want("552")
	k.begin("help@shop.example")
	k.say("DATA")
	k.want("354")
	io.WriteString(k, strings.Repeat("a line of text\r\n", 1000))
	k.say(".")
	k.want("552")
	k.begin("help@shop.example")
	io.WriteString(k, "BDAT 9000\r\n"+strings.Repeat("a", 9000)+"BDAT 9000 LAST\r\n"+strings.Repeat("a", 9000))
	k.want("250")
	k.want("552")
	b.fails = fmt.Errorf("receive mail: %w", &blob.TooLargeError{Limit: 5}) // for the desk
	k.begin("help@shop.example")
	k.say("DATA")
	k.want("354")
	k.say("x\r\n.")
	k.want("552")
	b.fails = nil
	k.begin("help@shop.example") // the connection is as good as before
	k.say("DATA")
	k.want("354")
	k.say("x\r\n.")
	k.want("250")
	if got := b.mails(); len(got) != 1 || got[0].Content != "x\r\n" {
		t.Errorf("kept %d mails", len(got))
	}
}

// A mail of which the end is missing isn't kept, however it was sent.
func TestHalfAMailIsntKept(t *testing.T) {
	t.Parallel()
	b := &box{}
	address := serve(t, b, nil)
	for _, sent := range []string{
		"DATA\r\nSubject: x\r\n\r\nhalf", "DATA\r\nSubject: x\r\n\r\nhalf\r\n.", "DATA\r\n.\r", "DATA\r\nx\n.\n", "DATA\r\nx\r.\r",
		"BDAT 5\r\nhalf!", "BDAT 100 LAST\r\nhalf", "BDAT 5\r\nhalf!RSET\r\nQUIT\r\n", "BDAT 5\r\nhalf!BDAT 100 LAST\r\nha",
	} {
		k := dial(t, address)
		k.begin("help@shop.example")
		io.WriteString(k, sent)
		k.Conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, k.r) // until the server is done with it
		if got := b.mails(); len(got) > 0 {
			t.Fatalf("after %q it kept %q", sent, got[0].Content)
		}
	}
}

func TestManyRecipients(t *testing.T) {
	t.Parallel()
	var tried atomic.Int64
	b := &box{has: func(address string) bool {
		has := strings.HasSuffix(address, "@shop.example")
		if !has {
			tried.Add(1)
		}
		return has
	}}
	address := serve(t, b, nil)
	k := dial(t, address)
	k.begin()
	go func() {
		for i := range 10_000 {
			k.say("RCPT TO:<u%d@shop.example>", i)
		}
		k.say("DATA\r\nx\r\n.")
	}()
	for i := range 10_000 {
		if i < 100 {
			k.want("250")
		} else {
			k.want("452")
		}
	}
	k.want("354")
	k.want("250")
	if got := b.mails(); len(got) != 1 || len(got[0].To) != 100 {
		t.Errorf("received %d mails", len(got))
	}
	k = dial(t, address) // who tries addresses is sent away
	k.begin()
	go func() {
		for i := range 1000 {
			k.say("RCPT TO:<u%d@x.example>", i)
		}
	}()
	io.Copy(io.Discard, k.r)
	if n := tried.Load(); n != 20 {
		t.Errorf("%d addresses could be tried", n)
	}
}

func TestHostileClients(t *testing.T) {
	t.Parallel()
	b := &box{waits: func(_ context.Context, m mail) {
		if strings.Contains(m.Content, "panic") {
			panic("a mail that nobody thought of")
		}
	}}
	address := serve(t, b, &smtp.ServerOptions{Timeout: 5 * time.Second})
	for name, say := range map[string]func(*talk){
		"nothing":               func(*talk) {},
		"a word":                func(k *talk) { io.WriteString(k, "EH") },
		"half a mail":           func(k *talk) { k.begin("help@shop.example"); k.say("DATA\r\nhalf") },
		"half a chunk":          func(k *talk) { k.begin("help@shop.example"); k.say("BDAT 1000\r\nhalf") },
		"a line without an end": func(k *talk) { io.Copy(k, io.LimitReader(letters{}, 2<<20)) },
		"a mail of one long line": func(k *talk) {
			k.begin("help@shop.example")
			k.say("DATA")
			io.Copy(k, io.LimitReader(letters{}, 2<<20))
		},
		"garbage":             func(k *talk) { io.WriteString(k, strings.Repeat("\x16\x03\x01 GET / HTTP/1.1\r\n", 1000)) },
		"what makes it panic": func(k *talk) { k.begin("help@shop.example"); k.say("DATA\r\npanic\r\n.") },
		"a panic in a chunk":  func(k *talk) { k.begin("help@shop.example"); k.say("BDAT 5 LAST\r\npanic") },
		"everything again":    func(k *talk) { io.WriteString(k, strings.Repeat("NOOP\r\nEHLO x\r\nRSET\r\nMAIL FROM:<>\r\n", 100)) },
		"answers that it doesn't read": func(k *talk) {
			for _, err := io.WriteString(k, strings.Repeat("NOOP\r\n", 1000)); err == nil; _, err = io.WriteString(k, strings.Repeat("NOOP\r\n", 1000)) {
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := dial(t, address)
			k.SetDeadline(time.Now().Add(40 * time.Second)) // of the 60 that a connection may live
			say(k)
			if _, err := io.Copy(io.Discard, k.r); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the server doesn't end it")
			}
			if len(b.mails()) > 0 {
				t.Errorf("it kept %+v", b.mails())
			}
			k = dial(t, address) // and serves the next
			k.say("NOOP")
			k.want("250")
		})
	}
}

// letters never ends.
type letters struct{}

func (letters) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// from is a listener whose clients seem to come from an address.
type from struct {
	net.Listener
	ip func(n int) net.IP
	n  int
}

func (f *from) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	f.n++
	return &remote{c, &net.TCPAddr{IP: f.ip(f.n), Port: 1000 + f.n}}, err
}

type remote struct {
	net.Conn
	at net.Addr
}

func (r *remote) RemoteAddr() net.Addr { return r.at }

func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o  smtp.ServerOptions
		ip func(n int) net.IP
	}{
		"by IP":  {smtp.ServerOptions{PerIP: 3}, func(int) net.IP { return net.IPv4(192, 0, 2, 1) }},
		"in all": {smtp.ServerOptions{Connections: 3}, func(n int) net.IP { return net.IPv4(192, 0, 2, byte(n)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			serveOn(t, &from{Listener: l, ip: c.ip}, &box{}, &c.o)
			var in []*talk
			for range 3 {
				in = append(in, dial(t, l.Addr().String()))
			}
			more, err := net.Dial("tcp", l.Addr().String())
			must(t, err)
			if line, _ := bufio.NewReader(more).ReadString('\n'); !strings.HasPrefix(line, "421") {
				t.Fatalf("one too many was told %q", line)
			}
			in[0].say("QUIT")
			in[0].want("221")
			in[0].answer() // closed
			dial(t, l.Addr().String())
		})
	}
}

// Bytes that are sent with STARTTLS count for nothing once TLS is on.
func TestNothingIsInjectedBeforeTLS(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t, "mx.shop.example")
	b := &box{}
	k := dial(t, serve(t, b, &smtp.ServerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}))
	k.say("EHLO x")
	k.want("250")
	k.say("STARTTLS\r\nEHLO x\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<help@shop.example>")
	k.want("220")
	secure := tls.Client(k.Conn, &tls.Config{RootCAs: pool, ServerName: "mx.shop.example"})
	if secure.Handshake() == nil {
		k = &talk{t, secure, bufio.NewReader(secure)}
		k.say("DATA")
		k.want("502")
	}
	if len(b.mails()) > 0 {
		t.Error("a mail was kept")
	}
}

// When the server ends, a mail that is coming is received to its end; who waits is told.
func TestTheEnd(t *testing.T) {
	t.Parallel()
	b := &box{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	end := serveOn(t, l, b, nil)
	idle, busy := dial(t, l.Addr().String()), dial(t, l.Addr().String())
	busy.begin("help@shop.example")
	busy.say("DATA")
	busy.want("354")
	busy.say("the first line")
	receiving := make(chan struct{})
	go func() { end(); close(receiving) }()
	idle.want("421")
	if idle.answer() != "" {
		t.Error("who was idle is still there")
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		if n, _ := c.Read(make([]byte, 1)); n > 0 && len(b.mails()) > 0 {
			t.Error("somebody was let in")
		}
	}
	busy.say("the last line\r\n.")
	busy.want("250")
	busy.want("421")
	<-receiving
	if got := b.mails(); len(got) != 1 || got[0].Content != "the first line\r\nthe last line\r\n" {
		t.Errorf("received %+v", got)
	}
}

// The host's own mail server delivers by LMTP, over a socket of the machine.
func TestLMTPSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "lmtp"))
	must(t, err)
	b := &box{}
	serveOn(t, l, b, &smtp.ServerOptions{LMTP: true})
	c, err := net.Dial("unix", l.Addr().String())
	must(t, err)
	k := &talk{t, c, bufio.NewReader(c)}
	k.want("220")
	k.say("LHLO x\r\nMAIL FROM:<ann@mail.example>\r\nRCPT TO:<help@shop.example>\r\nDATA")
	for _, code := range []string{"250", "250", "250", "354"} {
		k.want(code)
	}
	k.say("Subject: x\r\n\r\ntext\r\n.")
	k.want("250")
	if got := b.mails(); len(got) != 1 || got[0].Source != "lmtp" || got[0].IP.IsValid() {
		t.Errorf("received %+v", got)
	}
}

// A program that we didn't write sends.
func TestSwaks(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("swaks"); err != nil {
		t.Skip("swaks isn't on the PATH")
	}
	cert, _ := certificate(t, "mx.shop.example")
	b := &box{}
	_, port, err := net.SplitHostPort(serve(t, b, &smtp.ServerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}))
	must(t, err)
	for name, args := range map[string][]string{
		"plain":      nil,
		"TLS":        {"--tls"},
		"pipelining": {"--pipeline"},
		"unknown":    {"--to", "nobody@x.example"},
	} {
		args = append([]string{"--server", "127.0.0.1", "--port", port, "--from", "ann@mail.example", "--to", "help@shop.example", "--body", "Where is it? " + name}, args...)
		out, err := exec.CommandContext(t.Context(), "swaks", args...).CombinedOutput()
		if (err == nil) != (name != "unknown") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if got := b.mails(); len(got) != 3 || !strings.Contains(got[0].Content, "Where is it?") {
		t.Errorf("received %d mails", len(got))
	}
}
