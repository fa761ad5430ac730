package smtp

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/emersion/go-smtp"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/store/blob"
)

func reply(code int, enhanced smtp.EnhancedCode, message string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: message}
}

// NewSession begins the talk with a client.
func (r *reception) NewSession(c *smtp.Conn) (smtp.Session, error) {
	plain := c.Conn()
	if inner, ok := plain.(interface{ NetConn() net.Conn }); ok { // under TLS
		plain = inner.NetConn()
	}
	own, ok := plain.(*conn)
	if !ok {
		return nil, reply(451, smtp.EnhancedCode{4, 3, 0}, "Internal error")
	}
	return &session{reception: r, conn: own}, nil
}

// session is what a client has said so far. A mail in chunks is received in a goroutine
// of its own, beside which the client may begin anew.
type session struct {
	*reception
	conn    *conn
	refused int

	mu sync.Mutex
	e  email.Envelope
}

// Reset forgets the mail that was begun.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.e = email.Envelope{}
}

// Logout ends the session; there is nothing to free.
func (s *session) Logout() error { return nil }

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if unprintable(from) || len(from) > maxAddress {
		return reply(553, smtp.EnhancedCode{5, 1, 7}, "Bad sender address")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.e = email.Envelope{Source: "smtp", From: from, Null: from == "", IP: s.conn.ip}
	if s.o.LMTP {
		s.e.Source = "lmtp"
		s.e.IP = netip.Addr{} // the other server is the host's own
	}
	return nil
}

// Rcpt adds a recipient, if the desk has it.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.refused == maxRefused {
		s.conn.hangUp(io.EOF)
		return reply(421, smtp.EnhancedCode{4, 7, 0}, "Too many unknown recipients, bye")
	}
	has := false
	if !unprintable(to) && len(to) <= maxAddress {
		var err error
		if has, err = s.accepts(s.ctx, to); err != nil {
			s.o.Log.Error("whether an address is the desk's couldn't be found out", "error", err)
			return reply(451, smtp.EnhancedCode{4, 3, 0}, "Try again later")
		}
	}
	if !has {
		s.refused++
		return reply(550, smtp.EnhancedCode{5, 1, 1}, "No such address here")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.e.To, to) {
		s.e.To = append(s.e.To, to)
	}
	return nil
}

func unprintable(address string) bool {
	return strings.ContainsFunc(address, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}

// Data receives a mail.
func (s *session) Data(content io.Reader) error {
	s.mu.Lock()
	e := s.e
	s.mu.Unlock()
	s.receiving.RLock()
	defer s.receiving.RUnlock()
	if s.ctx.Err() != nil {
		return reply(421, smtp.EnhancedCode{4, 3, 2}, "The server is being stopped, try again later")
	}
	s.conn.occupy(true)
	defer s.conn.occupy(false)
	whole := &whole{r: content, conn: s.conn}
	_, err := s.receiver.Receive(s.ctx, e, whole)
	if err == nil {
		_, err = io.Copy(io.Discard, whole)
	}
	_, tooLarge := errors.AsType[*blob.TooLargeError](err)
	switch {
	case errors.Is(whole.err, smtp.ErrDataTooLarge), tooLarge:
		return smtp.ErrDataTooLarge
	case errors.Is(whole.err, smtp.ErrTooLongLine):
		return reply(554, smtp.EnhancedCode{5, 6, 0}, "Too long a line")
	case err != nil && whole.err != nil && whole.err != io.EOF: // the client went
		return reply(451, smtp.EnhancedCode{4, 4, 2}, "The mail ended in the middle")
	case err != nil:
		s.o.Log.Error("a mail couldn't be kept; its sender was asked to try again", "ip", s.conn.ip, "error", err)
		return reply(451, smtp.EnhancedCode{4, 3, 0}, "The mail couldn't be kept, try again later")
	}
	return nil
}

// whole is the content of a mail up to its end. The library ends a chunk that the
// connection broke off as if that had been all.
type whole struct {
	r    io.Reader
	conn *conn
	err  error // the one that ended it
}

func (w *whole) Read(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.r.Read(b)
	if err == io.EOF && w.conn.broken() {
		err = io.ErrUnexpectedEOF
	}
	w.err = err
	return n, err
}
