package smtp_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-sasl"
	library "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/smtp"
)

func TestAMailGoesThrough(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t, "mail.shop.example")
	for name, o := range map[string]*smtp.ClientOptions{
		"plain on loopback": nil,
		"STARTTLS":          {TLS: &tls.Config{RootCAs: pool, ServerName: "mail.shop.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &box{}
			c := client(t, serve(t, b, &smtp.ServerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}), o)
			must(t, c.Send(t.Context(), outgoing("help@shop.example", "sales+x@shop.example"), strings.NewReader(hello)))
			must(t, c.Send(t.Context(), email.Outgoing{To: []string{"help@shop.example"}}, strings.NewReader(hello)))
			got := b.mails()
			if len(got) != 2 || got[0].Content != hello || got[0].From != "ann@mail.example" || got[0].Null || got[0].Source != "smtp" || !got[0].IP.IsLoopback() ||
				!slices.Equal(got[0].To, []string{"help@shop.example", "sales+x@shop.example"}) {
				t.Errorf("received %+v", got)
			}
			if !got[1].Null || got[1].From != "" {
				t.Errorf("a mail of nobody is of %+v", got[1].Envelope)
			}
		})
	}
}

// Nothing is sent to a server that has no TLS, or another's certificate.
func TestTLSIsRequired(t *testing.T) {
	t.Parallel()
	cert, _ := certificate(t, "mail.shop.example")
	_, others := certificate(t, "mail.shop.example")
	b := &box{}
	without := serve(t, b, nil)
	with := serve(t, b, &smtp.ServerOptions{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	for name, address := range map[string]string{"a server without TLS": without, "another's certificate": with} {
		c := client(t, address, &smtp.ClientOptions{TLS: &tls.Config{RootCAs: others, ServerName: "mail.shop.example"}})
		err := c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello))
		if e, ok := errors.AsType[*email.SendError](err); err == nil || ok && e.Permanent {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(b.mails()) > 0 {
		t.Error("a mail was sent")
	}
}

// server is one of the library's, which answers as a test wants.
type server struct {
	mu      sync.Mutex
	session int
	mail    func(from string) error
	rcpt    func(to string) error
	data    func(content string) error
	login   func(user, password string) error
}

func (s *server) NewSession(*library.Conn) (library.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session++
	return &answers{s}, nil
}

type answers struct{ *server }

func (a *answers) Reset()        {}
func (a *answers) Logout() error { return nil }
func (a *answers) Mail(from string, _ *library.MailOptions) error {
	if a.mail == nil {
		return nil
	}
	return a.mail(from)
}
func (a *answers) Rcpt(to string, _ *library.RcptOptions) error {
	if a.rcpt == nil {
		return nil
	}
	return a.rcpt(to)
}
func (a *answers) Data(r io.Reader) error {
	all, err := io.ReadAll(r)
	if err != nil || a.data == nil {
		return err
	}
	return a.data(string(all))
}
func (a *answers) AuthMechanisms() []string { return []string{sasl.Plain} }
func (a *answers) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error { return a.login(user, password) }), nil
}

func (s *server) start(t testing.TB) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	inner := library.NewServer(s)
	inner.Domain, inner.AllowInsecureAuth = "mail.example", true
	go inner.Serve(l)
	t.Cleanup(func() { inner.Close() })
	return l.Addr().String()
}

func code(n int, text string) error {
	return &library.SMTPError{Code: n, EnhancedCode: library.NoEnhancedCode, Message: text}
}

func TestWhatAServerRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    *server
		to   []string
		want *email.SendError // nil is sent
	}{
		{name: "nothing", s: &server{}, to: []string{"a@x.example"}},
		{"the sender for good", &server{mail: func(string) error { return code(550, "not you") }}, []string{"a@x.example"}, &email.SendError{Permanent: true, Code: 550, Reason: "550 not you"}},
		{"the sender for now", &server{mail: func(string) error { return code(450, "later") }}, []string{"a@x.example"}, &email.SendError{Code: 450, Reason: "450 later"}},
		{"who hasn't logged in", &server{mail: func(string) error { return code(530, "log in") }}, []string{"a@x.example"}, &email.SendError{Code: 530, Reason: "530 log in"}},
		{"the mail for good", &server{data: func(string) error { return code(554, "spam") }}, []string{"a@x.example"}, &email.SendError{Permanent: true, Code: 554, Reason: "554 spam"}},
		{"the mail for now", &server{data: func(string) error { return code(451, "disk\x07full") }}, []string{"a@x.example"}, &email.SendError{Code: 451, Reason: "451 disk full"}},
		{"all", &server{rcpt: func(string) error { return code(550, "unknown") }}, []string{"a@x.example", "b@x.example"},
			&email.SendError{Permanent: true, Code: 550, Reason: "a@x.example: 550 unknown; b@x.example: 550 unknown"}},
		{"one for good", &server{rcpt: only("b")}, []string{"a@x.example", "b@x.example"},
			&email.SendError{Permanent: true, Code: 550, Reason: "a@x.example: 550 unknown", Taken: []string{"b@x.example"}}},
		{"one for now", &server{rcpt: only("b")}, []string{"a@x.example", "b@x.example", "later@x.example"},
			&email.SendError{Code: 450, Reason: "a@x.example: 550 unknown; later@x.example: 450 greylisted", Taken: []string{"b@x.example"}}},
		{"one, and the mail", &server{rcpt: only("b"), data: func(string) error { return code(554, "spam") }}, []string{"a@x.example", "b@x.example"},
			&email.SendError{Permanent: true, Code: 554, Reason: "554 spam"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cl := client(t, c.s.start(t), nil)
			for range 2 { // the connection is as good as before
				err := cl.Send(t.Context(), outgoing(c.to...), strings.NewReader(hello))
				got, _ := errors.AsType[*email.SendError](err)
				if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want == nil) {
					t.Errorf("%v: %s", err, diff)
				}
			}
			if c.s.session != 1 {
				t.Errorf("%d connections", c.s.session)
			}
		})
	}
}

func only(local string) func(string) error {
	return func(to string) error {
		switch strings.TrimSuffix(to, "@x.example") {
		case local:
			return nil
		case "later":
			return code(450, "greylisted")
		}
		return code(550, "unknown")
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := &server{login: func(user, password string) error {
		if user != "help" || password != "secret" {
			return code(535, "wrong")
		}
		return nil
	}}
	address := s.start(t)
	must(t, client(t, address, &smtp.ClientOptions{User: "help", Password: "secret"}).Send(t.Context(), outgoing("a@x.example"), strings.NewReader(hello)))
	err := client(t, address, &smtp.ClientOptions{User: "help", Password: "guess"}).Send(t.Context(), outgoing("a@x.example"), strings.NewReader(hello))
	if e, ok := errors.AsType[*email.SendError](err); !ok || e.Permanent || e.Code != 535 {
		t.Errorf("a wrong password is %v: it is mended in the settings, and the mail has to go out then", err)
	}
}

// Several goroutines send by one client; each mail goes out once.
func TestManySendAtOnce(t *testing.T) {
	t.Parallel()
	b := &box{}
	c := client(t, serve(t, b, nil), nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 5 {
				if err := c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(b.mails()); n != 100 {
		t.Errorf("%d mails", n)
	}
}

// A server that ends idle connections is connected to again; none gets a mail twice.
func TestAConnectionThatWentIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := &box{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	end := serveOn(t, l, b, nil)
	c := client(t, l.Addr().String(), nil)
	must(t, c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)))
	end()
	l, err = net.Listen("tcp", l.Addr().String())
	must(t, err)
	end = serveOn(t, l, b, nil)
	must(t, c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)))
	end()
	if err := c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)); err == nil {
		t.Fatal("sent to nobody")
	}
	l, err = net.Listen("tcp", l.Addr().String())
	must(t, err)
	serveOn(t, l, b, nil)
	must(t, c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)))
	if n := len(b.mails()); n != 3 {
		t.Errorf("%d mails", n)
	}
}

// A mail whose content can't be read to its end isn't sent in part.
func TestHalfAMailIsntSent(t *testing.T) {
	t.Parallel()
	b := &box{}
	c := client(t, serve(t, b, nil), nil)
	broken := errors.New("the disk is gone")
	err := c.Send(t.Context(), outgoing("help@shop.example"), io.MultiReader(strings.NewReader(strings.Repeat(hello, 1000)), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	must(t, c.Send(t.Context(), outgoing("help@shop.example"), strings.NewReader(hello)))
	if got := b.mails(); len(got) != 1 || got[0].Content != hello {
		t.Errorf("received %d mails", len(got))
	}
}

// Whatever addresses and content are, the server sees one mail to these recipients, or
// none.
func TestNothingIsInjected(t *testing.T) {
	t.Parallel()
	b := &box{has: func(string) bool { return true }}
	address := serve(t, b, nil)
	c := client(t, address, nil)
	piece := rapid.SampledFrom([]string{"a", "b", "@", "x.example", "\r", "\n", "\r\n", ".", "\r\n.\r\n", "\n.\n", "\r.\r", ">", "<", " ", "\"", ":", "\x00", "é",
		"MAIL FROM:<evil@x.example>", "RCPT TO:<evil@x.example>", "DATA", "QUIT", "NOTIFY=NEVER"})
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"), "") })
	rapid.Check(t, func(rt *rapid.T) {
		before := len(b.mails())
		to := text.Draw(rt, "to")
		if rapid.Bool().Draw(rt, "good") {
			to = "help@shop.example"
		}
		o := email.Outgoing{From: rapid.OneOf(text, rapid.Just("ann@mail.example")).Draw(rt, "from"), To: []string{to}}
		content := text.Draw(rt, "content")
		err := c.Send(t.Context(), o, strings.NewReader(content))
		got := b.mails()[before:]
		if err != nil {
			if len(got) > 0 {
				rt.Fatalf("%v, and %d mails were sent", err, len(got))
			}
			return
		}
		lines := func(s string) string {
			return strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n")
		}
		if len(got) != 1 || strings.Contains(got[0].From, "evil") && !strings.Contains(o.From, "evil") || len(got[0].To) != 1 || lines(got[0].Content) != lines(content) {
			rt.Fatalf("%q to %q from %q was received as %+v", content, to, o.From, got)
		}
		if strings.ContainsAny(got[0].To[0]+got[0].From, "\r\n<> ") {
			rt.Fatalf("an envelope of %+v", got[0].Envelope)
		}
	})
	for _, to := range []string{"", "help", "a@x.example>\r\nRCPT TO:<evil@x.example", "a@x.example> NOTIFY=NEVER", strings.Repeat("a", 400) + "@x.example"} {
		if e, ok := errors.AsType[*email.SendError](c.Send(t.Context(), outgoing(to), strings.NewReader(hello))); !ok || !e.Permanent {
			t.Errorf("sent to %q", to)
		}
	}
}

// A server that says nothing, or doesn't read, holds nobody up for longer than the
// timeout, and the context ends it at once.
func TestASlowServerIsLeft(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	c := client(t, l.Addr().String(), &smtp.ClientOptions{Timeout: 50 * time.Millisecond})
	if err := c.Send(t.Context(), outgoing("a@x.example"), strings.NewReader(hello)); err == nil {
		t.Error("sent to who said nothing")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c = client(t, l.Addr().String(), nil)
	if err := c.Send(ctx, outgoing("a@x.example"), strings.NewReader(hello)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
}
