package labels

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what the service works with; all are required.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	Jobs    *job.Queue
	People  *identity.Service
	Tickets *ticket.Service
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards; ids are logged, never what people write
	// Classifier is the host's own model, which is asked instead of the desk's. nil: there
	// is none.
	Classifier Classifier
}

// Question is what a host's model is asked about: a ticket that has no label yet.
type Question struct {
	Ticket   string
	App      string
	Language string // BCP 47; "" isn't known
	Text     string // title and first message, at most predict.MaxText characters
}

// Classifier is a host's own model. It is asked outside of transactions, may call the
// outside world, and heeds ctx, which ends after ticket.StepTime. After a crash it may be
// asked again. A label above ticket.MaxTag characters is cut off.
type Classifier interface {
	Classify(ctx context.Context, q Question) (predict.Prediction, error)
}

// ClassifierFunc is a function as a Classifier.
type ClassifierFunc func(ctx context.Context, q Question) (predict.Prediction, error)

// Classify calls the function.
func (f ClassifierFunc) Classify(ctx context.Context, q Question) (predict.Prediction, error) {
	return f(ctx, q)
}

// HostModel is what tickets name as the version of a label that a host's Classifier gave.
const HostModel = "host"

// Service keeps a desk's models and labels its tickets. Its methods may be called by
// several goroutines.
type Service struct {
	Parts
	db    store.Runner
	now   func() time.Time
	log   *slog.Logger
	host  Classifier
	cache *cache
	teach func(context.Context, []predict.Row, *predict.Options) (*predict.Model, *predict.Trial, error)
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{registers, versions, reports, parts, members, uploads, verdicts, figures, alerts}
}

// Open returns the service. It adds its consumers to the log and its kinds of job to the
// queue, so call it before they run. Tickets are labelled in their intake if [Step] is
// among the steps of the ticket service.
func Open(ctx context.Context, p Parts, o *Options) (*Service, error) {
	s := &Service{Parts: p, db: p.DB, now: time.Now, log: slog.New(slog.DiscardHandler), cache: newCache(), teach: predict.Train}
	if o != nil {
		s.host = o.Classifier
		if o.Now != nil {
			s.now = o.Now
		}
		if o.Log != nil {
			s.log = o.Log
		}
	}
	p.Events.React("labels", 4, s.react, ticket.MessageAdded, ticket.Changed, ticket.Resolved, ticket.Rejected)
	p.Events.React("label_erasures", 1, s.forget, identity.Erased)
	p.Events.Project("label_figures", count, Predicted, Settled)
	p.Jobs.Handle(trainKind, job.Handler{Do: s.trainJob, Timeout: trainTime, Limit: 1, MaxAttempts: trainAttempts})
	p.Jobs.Handle(lateKind, job.Handler{Do: s.lateJob, Timeout: 2 * ticket.StepTime})
	p.Jobs.Handle(planKind, job.Handler{Inside: s.planned})
	p.Jobs.Handle(watchKind, job.Handler{Do: s.watch})
	if err := p.Jobs.Enqueue(ctx, p.DB, job.Spec{ID: watchKind, Kind: watchKind, RunAt: s.now().Add(watchEvery)}); err != nil {
		return nil, err
	}
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.People, bound.Tickets = tx, s.People.In(tx), s.Tickets.In(tx)
	return &bound
}

// system is who acts where nobody does.
func system() event.Actor { return event.Actor{Kind: event.System} }

func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// configure changes models, for who may configure the desk. put returns the event that
// tells of it, nil if nothing has changed.
func (s *Service) configure(ctx context.Context, actor event.Actor, subject string, put func(ctx context.Context, tx *store.Tx) (*event.Event, error)) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: subject}); err != nil {
			return err
		}
		e, err := put(ctx, tx)
		if err != nil || e == nil {
			return err
		}
		return s.Events.Append(ctx, tx, e)
	})
}

// look reads for who may configure the desk.
func (s *Service) look(ctx context.Context, actor event.Actor, subject string, read func(ctx context.Context, tx *store.Tx) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: subject, Read: true}); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

const maxPage = 200

func pageSize(limit int) int { return min(max(limit, 1), maxPage) }
