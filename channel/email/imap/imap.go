package imap

import (
	"cmp"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/store"
)

// Desk keeps mails, and how far a mailbox has been fetched; *email.Service is one.
// Receive returns no error when the mail is kept, and Missed when it is listed as one that
// is too large.
type Desk interface {
	Receive(ctx context.Context, e email.Envelope, content io.Reader) (*email.Received, error)
	Missed(ctx context.Context, e email.Envelope, size int64) (*email.Received, error)
	Mailbox(ctx context.Context, name string) (*email.Mailbox, error)
	SaveMailbox(ctx context.Context, m *email.Mailbox) error
}

// After says what is done with a mail on the server after the desk has kept it.
type After string

// What is done after.
const (
	AfterLeave  After = ""       // nothing: it stays as it was
	AfterSeen   After = "seen"   // it is marked as read
	AfterMove   After = "move"   // it is moved to Options.Folder, which has to be there
	AfterDelete After = "delete" // it is deleted
)

// Options of New.
type Options struct {
	// User and Password log in; both are required.
	User, Password string
	// Name is that of the account in the desk's store, and of the source of its mails
	// (imap:Name), at most 90 characters; "" is User. Under another name all mails are
	// offered again.
	Name string
	// Mailbox is the folder; "" is INBOX.
	Mailbox string
	// TLS is how the server proves who it is; nil is by a certificate of the name in the
	// address. On loopback nil is no TLS.
	TLS *tls.Config
	// StartTLS begins without TLS and asks for it, as servers have it at port 143.
	StartTLS bool
	// Since passes over mails that came to the server before; zero takes all.
	Since time.Time
	// After is what is done with a mail once it is kept, and Folder where AfterMove
	// moves it.
	After  After
	Folder string
	// MaxBytes of a mail; 0 is 50 MB. It should be that of the desk.
	MaxBytes int64
	// Poll is how often servers that don't tell of new mails (IDLE) are asked; 0 is a
	// minute.
	Poll time.Duration
	// Timeout of connecting, and of every silence of the server; 0 is a minute.
	Timeout time.Duration
	// Log hears of lost connections and of mails that are too large; nil discards.
	Log *slog.Logger
}

// Fetcher fetches the mails of one mailbox. Make one with New.
type Fetcher struct {
	address string
	desk    Desk
	o       Options
	dial    func(ctx context.Context) (net.Conn, error)

	mu      sync.Mutex
	status  Status
	refused map[string]bool // envelopes' copies that were too large for the desk
}

// Status is how a fetcher is doing.
type Status struct {
	Connected bool
	// Contact is when the mailbox was last looked through to its end; zero is never.
	Contact time.Time
	// Error is why it couldn't be last, and Failed when; nil since all is well again.
	Error  error
	Failed time.Time
	// Behind is how many mails were still to be fetched when they were last counted.
	Behind int64
	// Received and TooLarge are how many mails were given to the desk, and left on the
	// server for their size, since the fetcher was made.
	Received, TooLarge int64
}

// New returns a fetcher of a mailbox on the server at an address, host:port. Wrong
// options are a *store.FieldError.
func New(address string, d Desk, o *Options) (*Fetcher, error) {
	f := &Fetcher{address: address, desk: d, refused: map[string]bool{}}
	if o != nil {
		f.o = *o
	}
	f.o.Name = cmp.Or(f.o.Name, f.o.User)
	f.o.Mailbox = cmp.Or(f.o.Mailbox, "INBOX")
	f.o.MaxBytes = cmp.Or(f.o.MaxBytes, 50<<20)
	f.o.Poll = cmp.Or(f.o.Poll, time.Minute)
	f.o.Timeout = cmp.Or(f.o.Timeout, time.Minute)
	f.o.Log = cmp.Or(f.o.Log, slog.New(slog.DiscardHandler))
	f.dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", f.address)
	}
	return f, f.check()
}

func (f *Fetcher) check() error {
	if _, _, err := net.SplitHostPort(f.address); err != nil {
		return &store.FieldError{Field: "address", Reason: "is host:port"}
	}
	if f.o.User == "" {
		return &store.FieldError{Field: "user", Reason: "is required"}
	}
	if utf8.RuneCountInString(f.o.Name) > 90 {
		return &store.FieldError{Field: "name", Reason: "has at most 90 characters", Limit: 90}
	}
	if utf8.RuneCountInString(f.o.Mailbox) > 400 {
		return &store.FieldError{Field: "mailbox", Reason: "has at most 400 characters", Limit: 400}
	}
	switch f.o.After {
	case AfterLeave, AfterSeen, AfterDelete:
	case AfterMove:
		if f.o.Folder == "" || f.o.Folder == f.o.Mailbox {
			return &store.FieldError{Field: "folder", Reason: "is another one than the mailbox"}
		}
	default:
		return &store.FieldError{Field: "after", Reason: "is seen, move, delete or empty"}
	}
	return nil
}

// Status says how the fetcher is doing.
func (f *Fetcher) Status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *Fetcher) note(change func(*Status)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.status)
}
