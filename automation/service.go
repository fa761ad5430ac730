package automation

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/publicweb"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what a Service works with.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	Jobs    *job.Queue
	People  *identity.Service
	Tickets *ticket.Service // opened with this package's Step
	Queues  *queue.Service
	// Presence says who is connected. nil: nobody is.
	Presence *ticket.Presence
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
	// Client calls webhooks. nil: one that calls public addresses only, whatever names
	// resolve to, and follows no redirects.
	Client *http.Client
	// Conditions are functions of the host that conditions ask as host.NAME. They are
	// called outside of transactions, and again after a crash. One that fails or takes
	// longer than ConditionTime has no answer: what is asked of it is false.
	Conditions map[string]func(ctx context.Context, t *ticket.Ticket) (bool, error)
	// Calls are functions of the host that actions call by name, at least once: Call.ID is
	// the same each time. One that fails or takes longer than CallTime is called again.
	Calls map[string]func(ctx context.Context, c Call) error
}

// The times that functions of the host may take. Those of conditions are asked side by
// side, and done before a step of intake has to be.
const (
	ConditionTime = 3 * time.Second
	CallTime      = 30 * time.Second
)

// Service keeps and runs the rules of a desk. Its methods may be called by several
// goroutines.
type Service struct {
	db         store.Runner
	root       *store.DB
	events     *event.Log
	jobs       *job.Queue
	people     *identity.Service
	tickets    *ticket.Service
	queues     *queue.Service
	presence   *ticket.Presence
	now        func() time.Time
	log        *slog.Logger
	client     *http.Client
	conditions map[string]func(ctx context.Context, t *ticket.Ticket) (bool, error)
	calls      map[string]func(ctx context.Context, c Call) error
	books      *books
	waker      *waker
	attendants *attendants
}

// parts is how many of the reactor's subjects are worked on side by side.
const parts = 8

var hostPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Open returns the rules in a store. It adds its consumer to the log and its jobs to the
// queue, so call it before those run.
func Open(p Parts, o *Options) (*Service, error) {
	s := &Service{db: p.DB, root: p.DB, events: p.Events, jobs: p.Jobs, people: p.People, tickets: p.Tickets, queues: p.Queues, presence: p.Presence,
		now: time.Now, log: slog.New(slog.DiscardHandler), client: publicweb.Client(webhookTime, nil), books: &books{}, waker: newWaker(), attendants: newAttendants()}
	if s.presence == nil {
		s.presence = ticket.NewPresence()
	}
	if o != nil {
		s.conditions, s.calls = o.Conditions, o.Calls
		if o.Now != nil {
			s.now = o.Now
		}
		if o.Log != nil {
			s.log = o.Log
		}
		if o.Client != nil {
			s.client = o.Client
		}
	}
	for name, f := range s.conditions {
		if !hostPattern.MatchString(name) || f == nil {
			return nil, &store.FieldError{Field: "conditions", Reason: "have a name of a-z, 0-9 and _ each, and a function"}
		}
	}
	for name, f := range s.calls {
		if !hostPattern.MatchString(name) || f == nil {
			return nil, &store.FieldError{Field: "calls", Reason: "have a name of a-z, 0-9 and _ each, and a function"}
		}
	}
	s.events.React("rules", parts, s.react, "ticket.")
	s.jobs.Handle(askKind, job.Handler{Do: s.askFirst, Timeout: 2 * time.Minute})
	s.jobs.Handle(webhookKind, job.Handler{Do: s.callWebhook, Timeout: webhookTime})
	s.jobs.Handle(callKind, job.Handler{Do: s.callHost, Timeout: CallTime})
	s.openClocks()
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.people, bound.tickets, bound.queues = tx, s.people.In(tx), s.tickets.In(tx), s.queues.In(tx)
	return &bound
}
