package email

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Channel and Platform are those of tickets that began with a mail.
const (
	Channel  = "email"
	Platform = "email"
)

// Parts are what the channel works with; all are required.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	Jobs    *job.Queue
	People  *identity.Service
	Tickets *ticket.Service
	Blobs   blob.Store // keeps mails as they were received
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
	// Sender sends mails. nil: none are sent, and messages stay unsent.
	Sender Sender
	// MaxBytes is how large a mail may be that is received; 0 is 50 MB, at most 100 MB.
	MaxBytes int64
	// Verifier is the name under which the host's own mail server writes
	// Authentication-Results, whose verdict is believed. "": nobody's is.
	Verifier string
	// PerSender is how many mails an hour one address gets in; what comes above is held.
	// 0 is 30, negative is no limit.
	PerSender int
}

// Envelope is what is known of a mail besides its content.
type Envelope struct {
	// Source says how it came: smtp, lmtp, imap, raw, or a name of the host's.
	Source string
	// Copy tells this copy of the mail from all others of its source, as mailbox, validity
	// and UID of IMAP: it is received once under it. "" is a copy of its own.
	Copy string
	From string     // of the envelope; "" is not known
	Null bool       // the envelope's sender was empty, as that of reports is
	To   []string   // whom the server had it for; none: those of its header
	IP   netip.Addr // of the server that sent it; zero is not known
}

// Outgoing says what the server that sends a mail has to know of it.
type Outgoing struct {
	ID   string   // its Message-ID, without < and >; the same mail sent again has the same
	From string   // of the envelope
	To   []string // all who get it
}

// Sender sends a mail. It may be called again with the same one, after a failure or when
// the process died before it was known what became of it. A *SendError says whether to
// try again; any other error is tried again.
type Sender interface {
	Send(ctx context.Context, o Outgoing, content io.Reader) error
}

// SendError says that a mail wasn't taken.
type SendError struct {
	Permanent bool   // the same again wouldn't be taken either
	Code      int    // of SMTP; 0 where there is none
	Reason    string // as the server gave it
	// Taken are those of Outgoing.To who get it all the same.
	Taken []string
}

func (e *SendError) Error() string {
	if e.Permanent {
		return "the mail was refused: " + e.Reason
	}
	return "the mail wasn't taken yet: " + e.Reason
}

// Service is the mail of a desk. Its methods may be called by several goroutines.
type Service struct {
	Parts
	db  store.Runner
	now func() time.Time
	log *slog.Logger
	o   Options
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{settings, addresses, knowns, receiveds, sents, threads, mailboxes, writers}
}

// Open returns the mail of a desk. It adds its consumers to the log and its jobs to the
// queue, so call it before those run.
func Open(p Parts, o *Options) (*Service, error) {
	s := &Service{Parts: p, db: p.DB, now: time.Now, log: slog.New(slog.DiscardHandler)}
	if o != nil {
		s.o = *o
		if o.Now != nil {
			s.now = o.Now
		}
		if o.Log != nil {
			s.log = o.Log
		}
	}
	s.Jobs.Handle(kindIn, job.Handler{Do: s.process, MaxAttempts: jobTries, Timeout: processTime})
	s.Events.React("email.raw", 4, s.dropRaw, ticket.Redacted, ticket.Erased)
	s.Tickets.KeepFiles(s.keepsFile)
	s.openOut()
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.People, bound.Tickets = tx, s.People.In(tx), s.Tickets.In(tx)
	return &bound
}
