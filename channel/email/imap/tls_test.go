package imap_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"testing"
	"time"

	library "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/frontdesk-go/frontdesk/channel/email/imap"
)

// certificate is one for a name, and who believes it.
func certificate(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
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

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t, "imap.shop.example")
	_, others := certificate(t, "imap.shop.example")
	p := newPlace(t, allCaps)
	p.put(text(1))
	start := func(implicit bool, config *tls.Config) string {
		mem := imapmemserver.New()
		mem.AddUser(p.user)
		server := imapserver.New(&imapserver.Options{
			Caps: library.CapSet{library.CapIMAP4rev1: {}}, TLSConfig: config, Logger: log.New(io.Discard, "", 0),
			NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
				return mem.NewSession(), nil, nil
			},
		})
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		address := l.Addr().String()
		if implicit {
			l = tls.NewListener(l, config)
		}
		go server.Serve(l)
		t.Cleanup(func() { server.Close() })
		return address
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	for name, c := range map[string]struct {
		address string
		start   bool
		pool    *x509.CertPool
		fails   bool
	}{
		"TLS":                      {start(true, config), false, pool, false},
		"STARTTLS":                 {start(false, config), true, pool, false},
		"another's certificate":    {start(true, config), false, others, true},
		"another's, with STARTTLS": {start(false, config), true, others, true},
		"a server without TLS":     {start(false, nil), false, pool, true},
		"and without STARTTLS":     {start(false, nil), true, pool, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &desk{}
			f, err := imap.New(c.address, d, &imap.Options{User: "help", Password: "secret", StartTLS: c.start, Timeout: 20 * time.Second,
				TLS: &tls.Config{RootCAs: c.pool, ServerName: "imap.shop.example"}})
			must(t, err)
			if _, err := f.Fetch(t.Context()); (err != nil) != c.fails || len(d.mails()) > 0 == c.fails {
				t.Errorf("%v, kept %d mails", err, len(d.mails()))
			}
		})
	}
}
