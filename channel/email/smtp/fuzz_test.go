package smtp_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

// once is a listener with one connection.
type once struct {
	conn chan net.Conn
	net.Listener
}

func (o *once) Accept() (net.Conn, error) {
	if c, ok := <-o.conn; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (o *once) Close() error { return nil }

// warned counts the panics of this package that are logged. The library has one of its
// own, which it recovers from: a connection may end before the goroutine of a chunk begins.
type warned struct{ n *atomic.Int64 }

func (w warned) Write(b []byte) (int, error) {
	if strings.Contains(string(b), "panic") && strings.Contains(string(b), "email/smtp.") {
		w.n.Add(1)
	}
	return len(b), nil
}

// whole is how a mail ends: with a dot, also one that is all of it, or with a last chunk.
var whole = regexp.MustCompile(`(?i)\r\n\.\r\n|data\s*\n\.\r\n|bdat\s+\d+\s+last`)

// Whatever a client says, the server doesn't panic, and keeps only what has an end.
func FuzzServer(f *testing.F) {
	envelope := "EHLO x\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<help@shop.example>\r\n"
	for _, seed := range []string{
		"", "QUIT\r\n", envelope + "DATA\r\nx\r\n.\r\nQUIT\r\n", envelope + "BDAT 3 LAST\r\nabc", envelope + "BDAT 3\r\nabcRSET\r\nBDAT 1 LAST\r\n",
		envelope + "BDAT 9999999999 LAST\r\nabc", "HELO \r\nMAIL FROM:<\"a\\\" b\"@x> SIZE=99999999999999\r\n", "LHLO x\r\n", "STARTTLS\r\n\x16\x03\x01",
		"EHLO x\r\nMAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<@a,@b:help@shop.example>\r\nRCPT TO:<>\r\nDATA\r\n..\r\n.\n.\r\n", "AUTH PLAIN =\r\nVRFY\r\nNOOP x\r\n \r\n",
	} {
		f.Add([]byte(seed), len(seed)%2 == 0)
	}
	f.Fuzz(func(t *testing.T, said []byte, lmtp bool) {
		b, panics := &box{}, &atomic.Int64{}
		l := &once{conn: make(chan net.Conn)}
		server := smtp.NewServer(b, b.accepts, &smtp.ServerOptions{LMTP: lmtp, MaxBytes: 1000, Log: slog.New(slog.NewTextHandler(warned{panics}, nil))})
		ended := make(chan error)
		go func() { ended <- server.Serve(context.Background(), l) }()
		client, other := net.Pipe()
		l.conn <- other
		answered := make(chan struct{})
		go func() { io.Copy(io.Discard, client); close(answered) }()
		client.Write(said)
		client.Close()
		<-answered
		close(l.conn)
		began := time.Now()
		<-ended
		if took := time.Since(began); took > 9*time.Second {
			t.Errorf("after %q the server ends only after %s", said, took)
		}
		if panics.Load() > 0 {
			t.Errorf("%q makes it panic", said)
		}
		if got := b.mails(); len(got) > 0 && !whole.Match(said) {
			t.Errorf("of %q it kept %+v", said, got)
		}
	})
}
