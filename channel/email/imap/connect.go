package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	library "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// connection is a mailbox that is open on a server.
type connection struct {
	*imapclient.Client
	line     *line
	caps     library.CapSet
	validity uint32
	news     chan struct{} // the server has told of mails
	again    bool          // mails that were too large have been looked at again
}

// line is the network connection, which ends a silence that is too long. The library has
// no limit for how long an answer may take to begin, so its own are left out.
type line struct {
	net.Conn
	mu    sync.Mutex
	quiet time.Duration // how long the server may say nothing
}

// Read implements net.Conn.
func (l *line) Read(b []byte) (int, error) {
	l.mu.Lock()
	err := l.Conn.SetReadDeadline(time.Now().Add(l.quiet))
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return l.Conn.Read(b)
}

// allow says how long the server may say nothing from now on.
func (l *line) allow(quiet time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = quiet
	l.Conn.SetReadDeadline(time.Now().Add(quiet))
}

// SetReadDeadline does nothing: see line.
func (l *line) SetReadDeadline(time.Time) error { return nil }

// connect opens the mailbox.
func (f *Fetcher) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, f.o.Timeout)
	defer cancel()
	plain, err := f.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { plain.Close() })
	defer stop()
	c := &connection{line: &line{Conn: plain, quiet: f.o.Timeout}, news: make(chan struct{}, 1)}
	if err = f.greet(c); err == nil {
		err = f.open(c)
	}
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		c.end()
		return nil, err
	}
	f.note(func(s *Status) { s.Connected = true })
	return c, nil
}

// greet speaks with the server until it has let the fetcher in.
func (f *Fetcher) greet(c *connection) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.o.TLS != nil {
		config = f.o.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(f.address)
	}
	options := &imapclient.Options{TLSConfig: config, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) {
			if m.NumMessages != nil {
				select {
				case c.news <- struct{}{}:
				default: // it is said already
				}
			}
		},
	}}
	at, err := netip.ParseAddrPort(c.line.RemoteAddr().String())
	loopback := err == nil && at.Addr().Unmap().IsLoopback()
	switch {
	case f.o.TLS == nil && loopback:
		c.Client = imapclient.New(c.line, options)
	case f.o.StartTLS:
		if c.Client, err = imapclient.NewStartTLS(c.line, options); err != nil {
			return err
		}
	default:
		c.Client = imapclient.New(tls.Client(c.line, config), options)
	}
	if err := c.WaitGreeting(); err != nil {
		return err
	}
	if c.State() == library.ConnStateNotAuthenticated {
		return c.Login(f.o.User, f.o.Password).Wait()
	}
	return nil
}

// open selects the mailbox, to read only unless mails are to be changed.
func (f *Fetcher) open(c *connection) error {
	c.caps = c.Caps()
	removes := f.o.After == AfterMove || f.o.After == AfterDelete
	if removes && !c.caps.Has(library.CapUIDPlus) && (f.o.After == AfterDelete || !c.caps.Has(library.CapMove)) {
		return errors.New("the server can't remove chosen mails (it has neither MOVE nor UIDPLUS)")
	}
	selected, err := c.Select(f.o.Mailbox, &library.SelectOptions{ReadOnly: f.o.After == AfterLeave}).Wait()
	if err != nil {
		return err
	}
	if selected.UIDValidity == 0 {
		return errors.New("the server doesn't number the mails of this mailbox (it gives no UIDVALIDITY)")
	}
	c.validity = selected.UIDValidity
	return nil
}

// close ends the connection, and with it whatever waits for it.
func (c *connection) close() {
	c.line.Conn.Close()
}

// end closes the connection and waits for who reads from it. Nothing may be asked for
// any more.
func (c *connection) end() {
	c.close()
	if c.Client != nil {
		<-c.Closed()
	}
}

// await waits until there may be new mails.
func (c *connection) await(ctx context.Context, poll time.Duration) error {
	quiet := c.line.quiet
	defer func() { c.line.allow(quiet) }()
	if !c.caps.Has(library.CapIdle) {
		c.line.allow(poll + quiet)
		return c.pause(ctx, poll)
	}
	idle, err := c.Idle()
	if err != nil {
		return err
	}
	c.line.allow(idles + quiet)
	err = c.pause(ctx, idles)
	c.line.allow(quiet)
	if err != nil {
		c.close() // nothing more can be said
	}
	return errors.Join(err, idle.Close(), idle.Wait())
}

func (c *connection) pause(ctx context.Context, most time.Duration) error {
	wait := time.NewTimer(most)
	defer wait.Stop()
	select {
	case <-c.news:
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.Closed():
		return errors.New("the server closed the connection")
	}
	return nil
}
