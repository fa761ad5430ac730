package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{queues, settings, workers, availabilities, flows, holdings}
}

// Parts are what a Service works with.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	Jobs    *job.Queue
	People  *identity.Service
	Tickets *ticket.Service // opened with this package's Hook, CanTake and Exists
	// Presence says who is connected. nil: only Service.Beat does.
	Presence *ticket.Presence
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
	// Lease is how long work is left undone, where processes share a store, before
	// another one gives tickets to agents; default DefaultLease.
	Lease time.Duration
}

// Service keeps the queues of a desk. Its methods may be called by several goroutines.
type Service struct {
	db       store.Runner
	root     *store.DB
	events   *event.Log
	jobs     *job.Queue
	people   *identity.Service
	tickets  *ticket.Service
	presence *ticket.Presence
	beats    *beats
	places   *places
	now      func() time.Time
	log      *slog.Logger

	assigner *assigner
}

// DefaultQueue is the id of the queue that a new desk has.
const DefaultQueue = "default"

// Open returns the queues in a store. A desk that has none gets a default one, whose
// tickets every agent gets who is available. It adds its jobs to the queue of jobs, so
// call it before that runs.
func Open(ctx context.Context, p Parts, o *Options) (*Service, error) {
	s := &Service{db: p.DB, root: p.DB, events: p.Events, jobs: p.Jobs, people: p.People, tickets: p.Tickets, presence: p.Presence, beats: &beats{of: map[string]*beat{}}, places: &places{of: map[string]*standing{}},
		now: time.Now, log: slog.New(slog.DiscardHandler)}
	lease := DefaultLease
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	if o != nil && o.Log != nil {
		s.log = o.Log
	}
	if s.presence == nil {
		s.presence = ticket.NewPresence()
	}
	s.jobs.Handle(emptyKind, job.Handler{Do: s.empty, Timeout: emptyTime})
	s.jobs.Handle(absenceKind, job.Handler{Inside: s.absence})
	s.jobs.Handle(returnKind, job.Handler{Do: s.putBack, Timeout: returnTime})
	s.jobs.Handle(retimeKind, job.Handler{Do: s.retime, Timeout: returnTime})
	s.events.Project("queue_flow", s.project, ticket.Assigned)
	s.events.React("queue_shifts", 1, s.reschedule, ticket.CalendarSaved)
	s.people.OnDeactivate(s.left)
	if o != nil && o.Lease > 0 {
		lease = o.Lease
	}
	s.assigner = &assigner{s: s, turn: make(chan struct{}, 1), lease: newLease(s, lease), group: decisionsAtOnce}
	if !p.DB.Shared() {
		s.assigner.group = decisionsAlone
	}
	if err := s.begin(ctx); err != nil {
		return nil, fmt.Errorf("open queues: %w", err)
	}
	return s, nil
}

// begin makes the default queue of a new desk.
func (s *Service) begin(ctx context.Context) error {
	err := s.root.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		set, err := current(ctx, tx, store.ForUpdate)
		if err != nil || set.Rev > 0 {
			return err
		}
		q := &Queue{ID: DefaultQueue, Name: "Support", Created: s.now(), Updated: s.now()}
		if err := queues.Put(ctx, tx, q); err != nil {
			return err
		}
		set.Order, set.Default = []string{q.ID}, q.ID
		if err := settings.Put(ctx, tx, set); err != nil {
			return err
		}
		return s.record(ctx, tx, QueueCreated, "queue:"+q.ID, q.Rev, event.Actor{Kind: event.System}, q)
	})
	if errors.Is(err, store.ErrExists) {
		return nil // by another process
	}
	return err
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.people, bound.tickets = tx, s.people.In(tx), s.tickets.In(tx)
	return &bound
}

// record appends the event of a change.
func (s *Service) record(ctx context.Context, tx *store.Tx, what, subject string, rev store.Rev, actor event.Actor, facts any) error {
	e := &event.Event{Type: what, Subject: subject, Revision: int64(rev), Actor: actor}
	var err error
	if e.Facts, err = event.JSON(facts); err != nil {
		return err
	}
	return s.events.Append(ctx, tx, e)
}
