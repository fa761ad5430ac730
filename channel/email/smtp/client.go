package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/frontdesk-go/frontdesk/channel/email"
)

// ClientOptions of NewClient; nil means the defaults.
type ClientOptions struct {
	// Name is what the client calls itself; "" is localhost. Some servers want a name
	// that leads back to the machine.
	Name string
	// User and Password log in, if User isn't "".
	User, Password string
	// TLS is how the server proves who it is; nil is by a certificate of the name in the
	// address. On loopback nil is no TLS.
	TLS *tls.Config
	// Implicit begins with TLS at once, as servers have it at port 465, in place of
	// STARTTLS.
	Implicit bool
	// Plain uses no TLS with servers beyond loopback either: whoever is in between reads
	// mails and password.
	Plain bool
	// Timeout of connecting and of each answer; 0 is a minute. Once a mail is there, its
	// answer may take ten times as long.
	Timeout time.Duration
}

// Client sends mails through a server; it is an email.Sender. Its methods may be called
// by several goroutines. Make one with NewClient.
type Client struct {
	address string
	o       ClientOptions

	mu   sync.Mutex
	idle *link // the connection that was last used; nil is none
}

// idleFor is how long a connection is kept for the next mail.
const idleFor = 30 * time.Second

// NewClient returns a client of the server at an address, host:port. It connects when
// there is something to send.
func NewClient(address string, o *ClientOptions) *Client {
	c := &Client{address: address}
	if o != nil {
		c.o = *o
	}
	if c.o.Name == "" {
		c.o.Name = "localhost"
	}
	if c.o.Timeout == 0 {
		c.o.Timeout = time.Minute
	}
	return c
}

// Close ends the connection that waits for the next mail. The client may be used after it.
func (c *Client) Close() error {
	if l := c.take(); l != nil {
		return l.Quit()
	}
	return nil
}

// Send gives a mail to the server. Ends of lines are sent as CRLF, however they are in
// content. A *email.SendError tells what the server refused, and whom it took the mail
// for; any other error means that the server wasn't reached, or that it isn't known
// what became of the mail. An error of content sends nothing.
//
// What the server says against the login or the connection is never for good: it is
// no fault of the mail.
func (c *Client) Send(ctx context.Context, o email.Outgoing, content io.Reader) error {
	if err := checked(o); err != nil {
		return err
	}
	l, begun, err := c.begin(ctx, o, content)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	if begun != nil { // the server refused the sender
		c.keep(l)
		return begun
	}
	sent, err := l.mail(o.To, content)
	if err != nil {
		l.Close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if refused, ok := errors.AsType[*email.SendError](err); ok {
			return refused
		}
		return fmt.Errorf("send a mail by %s: %w", c.address, err)
	}
	if stop() {
		c.keep(l)
	}
	if sent != nil {
		return sent
	}
	return nil
}

// checked refuses what can't be said in a line of SMTP, so that no address brings
// commands or parameters of its own.
func checked(o email.Outgoing) error {
	if len(o.To) == 0 {
		return &email.SendError{Permanent: true, Reason: "the mail has no recipients"}
	}
	for i, address := range append([]string{o.From}, o.To...) {
		if i == 0 && address == "" {
			continue // the sender of what nobody shall answer
		}
		if unprintable(address) || strings.ContainsAny(address, "<> ") || !strings.Contains(address, "@") || len(address) > maxAddress {
			return &email.SendError{Permanent: true, Code: 553, Reason: fmt.Sprintf("%.340q is no address", address)}
		}
	}
	return nil
}

// begin names the sender of a mail on the connection that is there, or on a new one. A
// server that has left an idle connection is asked again; nothing was sent on that.
func (c *Client) begin(ctx context.Context, o email.Outgoing, content io.Reader) (*link, *email.SendError, error) {
	l := c.take()
	for old := l != nil; ; old = false {
		if !old {
			var err error
			if l, err = c.dial(ctx); err != nil {
				return nil, nil, fmt.Errorf("connect to the mail server %s: %w", c.address, err)
			}
		}
		stop := context.AfterFunc(ctx, func() { l.Close() })
		refused, err := l.begin(o, content)
		gone := !stop()
		if err == nil && !gone && (refused == nil || refused.Code != 421) {
			return l, refused, nil
		}
		l.Close()
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case old:
			continue
		case refused != nil:
			return nil, nil, refused
		}
		return nil, nil, fmt.Errorf("begin a mail by %s: %w", c.address, err)
	}
}

// take returns the idle connection, if there is one.
func (c *Client) take() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.idle
	c.idle = nil
	if l == nil || !l.ends.Stop() { // its time is over just now
		return nil
	}
	return l
}

// keep holds a connection for the next mail.
func (c *Client) keep(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle != nil { // another goroutine's is there
		l.Close()
		return
	}
	c.idle = l
	l.ends = time.AfterFunc(idleFor, func() {
		c.mu.Lock()
		if c.idle == l {
			c.idle = nil
		}
		c.mu.Unlock()
		l.Quit()
	})
}

// dial connects and logs in.
func (c *Client) dial(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	host, _, err := net.SplitHostPort(c.address)
	if err != nil {
		return nil, err
	}
	plain, err := new(net.Dialer).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return nil, err
	}
	watched := &watched{Conn: plain, timeout: c.o.Timeout}
	stop := context.AfterFunc(ctx, func() { plain.Close() })
	defer stop()
	l, err := c.greet(watched, host, remoteIP(plain).IsLoopback())
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		plain.Close()
		return nil, err
	}
	return l, nil
}

// greet speaks with the server until it is ready for a mail.
func (c *Client) greet(conn net.Conn, host string, loopback bool) (*link, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.o.TLS != nil {
		config = c.o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	l, err := &link{}, error(nil)
	switch {
	case c.o.Implicit:
		l.Client = smtp.NewClient(tls.Client(conn, config))
	case c.o.Plain || loopback && c.o.TLS == nil:
		l.Client = smtp.NewClient(conn)
	default:
		if l.Client, err = smtp.NewClientStartTLS(conn, config); err != nil {
			return nil, unready(err)
		}
	}
	l.CommandTimeout, l.SubmissionTimeout = c.o.Timeout, 10*c.o.Timeout
	if err := l.Hello(c.o.Name); err != nil {
		return nil, unready(err)
	}
	if c.o.User == "" {
		return l, nil
	}
	return l, unready(l.login(c.o.User, c.o.Password))
}

// unready is an error before a mail was begun: not of the mail, so that it is tried
// again, whatever the server says.
func unready(err error) error {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return &email.SendError{Code: e.Code, Reason: reason(e)}
	}
	return err
}

// watched is a connection whose writes have a limit of time, and which reads no endless
// answers: the library sets none.
type watched struct {
	net.Conn
	timeout time.Duration
	read    int // bytes since the last write
}

// maxAnswer is how many bytes a server may answer to what it was told.
const maxAnswer = 1 << 20

// Read implements net.Conn.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.read += n; w.read > maxAnswer {
		return 0, errors.New("the mail server's answer has no end")
	}
	return n, err
}

// Write implements net.Conn.
func (w *watched) Write(b []byte) (int, error) {
	w.read = 0
	if err := w.Conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(b)
}
