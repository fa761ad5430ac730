package smtp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

var (
	_ smtp.Receiver = (*email.Service)(nil)
	_ email.Sender  = (*smtp.Client)(nil)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// box keeps mails in memory.
type box struct {
	mu    sync.Mutex
	kept  []mail
	fails error                          // what Receive gives after it has read all
	waits func(context.Context, mail)    // called before a mail is kept
	has   func(address string) bool      // nil: everybody at shop.example
	asked func(address string) (e error) // nil: never fails
}

type mail struct {
	email.Envelope
	Content string
}

func (b *box) Receive(ctx context.Context, e email.Envelope, content io.Reader) (*email.Received, error) {
	all, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	m := mail{e, string(all)}
	if b.waits != nil {
		b.waits(ctx, m)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails != nil {
		return nil, b.fails
	}
	b.kept = append(b.kept, m)
	return &email.Received{}, nil
}

func (b *box) accepts(_ context.Context, address string) (bool, error) {
	if b.asked != nil {
		if err := b.asked(address); err != nil {
			return false, err
		}
	}
	if b.has != nil {
		return b.has(address), nil
	}
	return strings.HasSuffix(address, "@shop.example"), nil
}

func (b *box) mails() []mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]mail(nil), b.kept...)
}

// serve runs a server on loopback until the test ends.
func serve(t testing.TB, b *box, o *smtp.ServerOptions) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	serveOn(t, l, b, o)
	return l.Addr().String()
}

func serveOn(t testing.TB, l net.Listener, b *box, o *smtp.ServerOptions) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- smtp.NewServer(b, b.accepts, o).Serve(ctx, l) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the server ended with %v", err)
		}
	})
	t.Cleanup(end)
	return end
}

// certificate is one for a name, and who believes it.
func certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

const hello = "From: Ann <ann@mail.example>\r\nTo: help@shop.example\r\nSubject: Hello\r\n\r\nWhere is it?\r\n.\r\n..two dots\r\n"

func outgoing(to ...string) email.Outgoing {
	return email.Outgoing{ID: "1@mail.example", From: "ann@mail.example", To: to}
}

func client(t testing.TB, address string, o *smtp.ClientOptions) *smtp.Client {
	c := smtp.NewClient(address, o)
	t.Cleanup(func() { c.Close() })
	return c
}
