package smtp_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

// However large a mail is, it passes through in pieces.
func TestMemory(t *testing.T) {
	b := &counting{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	ours := func(context.Context, string) (bool, error) { return true, nil }
	go func() { ended <- smtp.NewServer(b, ours, nil).Serve(ctx, l) }()
	line := strings.Repeat("a line of a large file, which is made of many of them ", 8) + "\r\n"
	const size = 8 << 20
	c := client(t, l.Addr().String(), nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	must(t, c.Send(t.Context(), outgoing("help@shop.example"), io.LimitReader(&again{text: line}, size)))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 || b.n < size {
		t.Errorf("%d bytes took %d bytes of memory", b.n, used)
	}
	cancel()
	<-ended
}

// counting keeps how much it was given.
type counting struct{ n int64 }

func (c *counting) Receive(_ context.Context, _ email.Envelope, content io.Reader) (_ *email.Received, err error) {
	c.n, err = io.Copy(io.Discard, content)
	return &email.Received{}, err
}

// again is a text without an end.
type again struct {
	text string
	at   int
}

func (a *again) Read(b []byte) (n int, err error) {
	for n < len(b) {
		m := copy(b[n:], a.text[a.at:])
		n, a.at = n+m, (a.at+m)%len(a.text)
	}
	return n, nil
}
