package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/frontdesk-go/frontdesk/channel/email"
)

// Receiver keeps mails; *email.Service is one. It returns no error when the mail is kept,
// and reads the content to its end, or gives the error that it met there. A
// *blob.TooLargeError is told the client; after any other error it is asked to come again.
type Receiver interface {
	Receive(ctx context.Context, e email.Envelope, content io.Reader) (*email.Received, error)
}

// Accepts says whether a desk has an address. An error refuses the recipient for now.
type Accepts func(ctx context.Context, address string) (bool, error)

// ServerOptions of NewServer; nil means the defaults.
type ServerOptions struct {
	// Name is what the server calls itself; "" is localhost.
	Name string
	// LMTP speaks LMTP, by which a mail server of the host's own delivers, in place of
	// SMTP. The limit by IP doesn't count there, and the envelope has no IP.
	LMTP bool
	// TLS offers STARTTLS; nil doesn't.
	TLS *tls.Config
	// MaxBytes of a mail, which is announced; 0 is 50 MB. It should be that of the desk
	// (email.Options.MaxBytes).
	MaxBytes int64
	// Connections at once, in all and from one IP; 0 is 100 and 10. Loopback counts in
	// all only.
	Connections, PerIP int
	// Timeout is how long a client may be silent, and how long it may leave an answer
	// unread; 0 is 5 minutes. After 12 times as long a connection is ended in any case.
	Timeout time.Duration
	// Log hears of mails that couldn't be kept, and of panics; nil discards.
	Log *slog.Logger
}

// The limits of a connection.
const (
	maxRecipients = 100 // of a mail
	maxRefused    = 20  // recipients, before a client is taken for one that tries addresses
	maxLine       = 512 << 10
	maxAddress    = 320 // bytes
	lives         = 12  // times the timeout
	maxGrace      = 10 * time.Second
)

// Server receives mails by SMTP or LMTP. Make one with NewServer.
type Server struct {
	receiver Receiver
	accepts  Accepts
	o        ServerOptions
}

// NewServer returns a server that gives mails for addresses that are accepted to a
// receiver.
func NewServer(r Receiver, accepts Accepts, o *ServerOptions) *Server {
	s := &Server{receiver: r, accepts: accepts}
	if o != nil {
		s.o = *o
	}
	if s.o.Name == "" {
		s.o.Name = "localhost"
	}
	if s.o.MaxBytes == 0 {
		s.o.MaxBytes = 50 << 20
	}
	if s.o.Connections == 0 {
		s.o.Connections = 100
	}
	if s.o.PerIP == 0 {
		s.o.PerIP = 10
	}
	if s.o.Timeout == 0 {
		s.o.Timeout = 5 * time.Minute
	}
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Serve answers the connections of a listener until ctx ends, and closes it. Mails that
// are being received then have 10 seconds more; the other connections are told to come
// back. It returns ctx's error, or the one for which nothing more is accepted, after the
// last call of the receiver has returned. Several listeners may be served at once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	door := &door{Listener: l, o: s.o, open: map[*conn]bool{}}
	r := &reception{Server: s, ctx: work}
	inner := smtp.NewServer(r)
	inner.Domain, inner.LMTP, inner.TLSConfig = s.o.Name, s.o.LMTP, s.o.TLS
	inner.MaxMessageBytes, inner.MaxRecipients, inner.MaxLineLength = s.o.MaxBytes, maxRecipients, maxLine
	inner.EnableSMTPUTF8 = true
	inner.ErrorLog = errorLog{s.o.Log}

	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	err := inner.Serve(door)
	door.end()
	grace, done := context.WithTimeout(work, min(maxGrace, s.o.Timeout))
	defer done()
	inner.Shutdown(grace) // what it says of closing the listener again is of no interest
	cancel()
	door.cut()
	r.receiving.Lock() // none is received any more
	defer r.receiving.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("accept connections for mail: %w", err)
}

// reception is one run of a server.
type reception struct {
	*Server
	ctx       context.Context // ends after the grace
	receiving sync.RWMutex    // read while a mail is received
}

// errorLog hears what the library has to tell of panics and broken connections.
type errorLog struct{ log *slog.Logger }

func (l errorLog) Printf(format string, v ...any) { l.log.Warn("smtp: " + fmt.Sprintf(format, v...)) }
func (l errorLog) Println(v ...any)               { l.log.Warn("smtp: " + fmt.Sprint(v...)) }
