package deflect

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what the service works with; all but Searcher are required.
type Parts struct {
	DB       *store.DB
	Events   *event.Log
	Jobs     *job.Queue
	People   *identity.Service
	Tickets  *ticket.Service
	FAQ      *faq.Service
	Searcher faq.Searcher // nil: nothing is suggested
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	// Link is the address of an article's page for end users, in this language. nil, or
	// "": articles are sent as text.
	Link func(a *faq.Article, language string) string
	// Threshold is the confidence from which on an article fits, from 0 to 1; 0 is
	// [DefaultThreshold].
	Threshold float64
}

// DefaultThreshold is the confidence from which on an article fits.
const DefaultThreshold = 0.5

// Service brings FAQ and tickets together. Its methods may be called by several
// goroutines.
type Service struct {
	Parts
	db        store.Runner
	now       func() time.Time
	link      func(*faq.Article, string) string
	threshold float64
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{days, sendings} }

// Open returns the service. It adds its consumers to the log and its kind of job to the
// queue, so call it before they run. A threshold that isn't from 0 to 1 is a
// *store.FieldError.
func Open(p Parts, o *Options) (*Service, error) {
	s := &Service{Parts: p, db: p.DB, now: time.Now, link: func(*faq.Article, string) string { return "" }, threshold: DefaultThreshold}
	if o != nil {
		if !(o.Threshold >= 0 && o.Threshold <= 1) {
			return nil, &store.FieldError{Field: "options.threshold", Reason: "is from 0 to 1"}
		}
		if o.Now != nil {
			s.now = o.Now
		}
		if o.Link != nil {
			s.link = o.Link
		}
		if o.Threshold > 0 {
			s.threshold = o.Threshold
		}
	}
	p.Events.React("faq_views", 4, s.watch, faq.Viewed)
	p.Jobs.Handle(settleKind, job.Handler{Inside: s.settle})
	p.Events.React("faq_sendings", 4, s.followTickets, ticket.Resolved, ticket.Redacted)
	p.Events.Project("faq_deflections", count, Settled)
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.People, bound.Tickets, bound.FAQ = tx, s.People.In(tx), s.Tickets.In(tx), s.FAQ.In(tx)
	return &bound
}

// system is who acts where nobody does.
func system() event.Actor { return event.Actor{Kind: event.System} }

func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// mayOn decides what an actor may do about articles on a ticket that he sees.
func (s *Service) mayOn(ctx context.Context, tx *store.Tx, actor event.Actor, id string) (*ticket.Ticket, error) {
	p := identity.SuggestFAQs
	if actor.Kind == event.Bot || actor.Kind == event.Automation {
		p = identity.Converse // they have nothing else
	}
	if err := s.People.Authorize(ctx, tx, actor, p, identity.On{Subject: id, Read: true}); err != nil {
		return nil, err
	}
	return s.Tickets.In(tx).Get(ctx, actor, id)
}
