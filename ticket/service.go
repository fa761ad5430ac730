package ticket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{tickets, messages, uploads, apps, fields, tags, facets, beats, crowds, quickReplies, replyRows, replyShelves, replyUses,
		views, registries, viewCounts, viewPasses, notices, calendars, policies, policyBooks, retimings}
}

// Service keeps the tickets of a desk. Its methods may be called by several
// goroutines.
type Service struct {
	db       store.Runner
	events   *event.Log
	jobs     *job.Queue
	people   *identity.Service
	now      func() time.Time
	log      *slog.Logger
	blobs    blob.Store
	sanitize func(string) string
	hooks    []Hook
	canTake  func(context.Context, *store.Tx, *identity.Agent, *Ticket) (bool, error)
	exists   func(context.Context, *store.Tx, Place) (bool, error)
	steps    []Step
	// queueHours are the calendars of queues.
	queueHours func(context.Context, *store.Tx) (map[string]string, error)
	detector   Detector
	notifier   Notifier
	compiled   *compiled // the views, shared by bound copies
	masks      *masks    // of apps, likewise
	clocks     *clocks   // likewise
	policies   *compiledPolicies
	onHours    []func(context.Context, *store.Tx) error
	keeps      []func(ctx context.Context, file string) (bool, error) // who else has files
}

// Options of Open; nil means the defaults.
type Options struct {
	Now   func() time.Time // default time.Now
	Log   *slog.Logger     // nil discards
	Blobs blob.Store       // nil: no attachments
	// Sanitize makes HTML harmless. nil: HTML is dropped, and the text stays.
	Sanitize func(html string) string
	// Hooks run inside the writers' transactions, in this order. Their names
	// belong in store.Options.Hooks, too.
	Hooks []Hook
	// CanTake says whether an agent can take a ticket that is reopened, besides
	// being active and in the ticket's group. nil: yes.
	CanTake func(context.Context, *store.Tx, *identity.Agent, *Ticket) (bool, error)
	// Exists says whether a queue or a bot to which a reopened ticket would go is
	// there and at work. nil: yes.
	Exists func(context.Context, *store.Tx, Place) (bool, error)
	// QueueHours gives the ids of the calendars that queues have, by queue: service
	// policies count by them. Who changes one calls [Service.HoursMoved] in the same
	// transaction. nil: queues have none.
	QueueHours func(context.Context, *store.Tx) (map[string]string, error)
	// Steps are what new tickets pass, after the detection of their language, in
	// this order.
	Steps []Step
	// Language detects in which language somebody writes. nil: it is taken from
	// what the device says, else from the end user or the app.
	Language Detector
	// Notifier is told what agents are told. nil: they look at [Service.Notices].
	Notifier Notifier
}

// Place is where a ticket can go: a queue or a bot, by its id.
type Place struct {
	Queue    string
	Bot      string
	Feedback bool // the bot has to be one that asks about resolutions
}

// Open returns the tickets in db. A desk that has no app gets the default one.
// It adds the projection from which lists are read to the log, and its timers to
// the queue, so call it before they run.
func Open(ctx context.Context, db *store.DB, events *event.Log, jobs *job.Queue, people *identity.Service, o *Options) (*Service, error) {
	s := &Service{db: db, events: events, jobs: jobs, people: people, now: time.Now, log: slog.New(slog.DiscardHandler), compiled: &compiled{}, masks: &masks{}, clocks: &clocks{}, policies: &compiledPolicies{}}
	var steps []Step
	if o != nil {
		s.blobs, s.sanitize, s.hooks, s.canTake, s.exists = o.Blobs, o.Sanitize, o.Hooks, o.CanTake, o.Exists
		s.detector, s.notifier, s.queueHours = o.Language, o.Notifier, o.QueueHours
		steps = o.Steps
		if o.Now != nil {
			s.now = o.Now
		}
		if o.Log != nil {
			s.log = o.Log
		}
	}
	for _, h := range s.hooks {
		if h.Name == "" || h.Do == nil {
			return nil, &store.FieldError{Field: "hooks", Reason: "have a name and a function each"}
		}
	}
	if err := s.openPolicies(ctx); err != nil {
		return nil, fmt.Errorf("open tickets: %w", err)
	}
	err := s.SaveApp(ctx, event.Actor{Kind: event.System}, NewApp(DefaultApp, "Support"))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return nil, fmt.Errorf("open tickets: %w", err)
	}
	if s.steps, err = s.pipeline(steps); err != nil {
		return nil, err
	}
	if err = s.openViews(ctx); err != nil {
		return nil, fmt.Errorf("open tickets: %w", err)
	}
	people.Care(tickets.Care(s.tellErased), messages.Care(s.tellForgotten))
	events.Project(Lists, s.project, "ticket.")
	events.Project("quick_reply_use", s.countUses, QuickReplyUsed, quickReplyDeleted)
	jobs.Handle(buildKind, job.Handler{Inside: s.build})
	events.React("ticket_intake", intakeParts, s.intake, "ticket.")
	people.OnPrivate(s.concealLater)
	jobs.Handle(concealKind, job.Handler{Do: s.conceal, Timeout: 10 * time.Minute})
	jobs.Handle(wakeKind, job.Handler{Inside: s.alarm})
	jobs.Handle(dueKind, job.Handler{Inside: s.dueNow})
	jobs.Handle(retimeKind, job.Handler{Inside: s.retime, Limit: 1})
	jobs.Handle(questionKind, job.Handler{Inside: s.expire})
	jobs.Handle(stepKind, job.Handler{Do: s.outside, Timeout: 2 * StepTime})
	jobs.Handle(giveOverKind, job.Handler{Inside: s.giveOverRest})
	people.OnMerge(s.giveOver)
	events.React("ticket_notices", noticeParts, s.notify, Offered, Assigned, MessageAdded, Breached)
	jobs.Handle(noticeKind, job.Handler{Do: s.callNotifier})
	jobs.Handle(leaveKind, job.Handler{Do: s.handOver, Timeout: leaveTime})
	people.OnDeactivate(s.leave)
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.people = tx, s.people.In(tx)
	return &bound
}

// Inside runs fn in the service's transaction, or, where it is bound to none, in one of
// its own.
func (s *Service) Inside(ctx context.Context, fn func(ctx context.Context, tx *store.Tx) error) error {
	return s.db.Update(ctx, fn)
}

// configure changes a setting, and records the event that put returns.
func (s *Service) configure(ctx context.Context, actor event.Actor, p identity.Permission, subject string, put func(context.Context, *store.Tx) (*event.Event, error)) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, p, identity.On{Subject: subject}); err != nil {
			return err
		}
		e, err := put(ctx, tx)
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, e)
	})
}

// Get returns the ticket with this id. One that the actor doesn't see, as another
// end user's, is store.ErrNotFound.
func (s *Service) Get(ctx context.Context, actor event.Actor, id string) (t *Ticket, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		t, err = s.reach(ctx, tx, actor, id)
		return err
	})
	return t, err
}

// ByNumber returns the ticket with this number, or store.ErrNotFound, also where the
// actor doesn't see it.
func (s *Service) ByNumber(ctx context.Context, actor event.Actor, number int64) (t *Ticket, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for found, err := range tickets.Scan(ctx, tx, store.By("number", number).Limit(1)) {
			if err != nil {
				return err
			}
			if t, err = s.reach(ctx, tx, actor, found.ID); errors.Is(err, store.ErrNotFound) {
				err = store.ErrNotFound // which doesn't name the id
			}
			return err
		}
		return store.ErrNotFound
	})
	return t, err
}

// OfEndUser returns at most limit tickets of an end user, and no more than 200,
// open ones first, then newest first, and the cursor of the next page. Those that the
// actor doesn't see are left out: a page may be empty, and have a cursor. Another end
// user's are store.ErrNotFound. Of one who was merged, staff gets those of the one who
// has taken over.
func (s *Service) OfEndUser(ctx context.Context, actor event.Actor, endUser, after string, limit int) (ts []*Ticket, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if actor.Kind == event.EndUser && actor.ID != endUser {
			return store.ErrNotFound
		}
		sight, err := s.sight(ctx, tx, actor, identity.On{Subject: endUser, Owner: endUser, Read: true})
		if err != nil {
			return err
		}
		owner := endUser
		if actor.Kind != event.EndUser {
			if u, err := s.people.In(tx).EndUser(ctx, endUser); err == nil {
				owner = u.ID // another one's if he was merged
			} else if !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		all, more, err := tickets.Page(ctx, tx, store.By("end_user", owner).Desc().Limit(pageSize(limit)).After(after))
		ts, next = nil, more
		for _, t := range all {
			if sight.sees(t) {
				ts = append(ts, sight.show(t))
			}
		}
		return err
	})
	return ts, next, err
}

// pageSize keeps the page that a caller asks for within bounds.
func pageSize(limit int) int { return min(max(limit, 1), 200) }

// openOf returns the end user's newest open ticket of an app's platform, or nil.
func (s *Service) openOf(ctx context.Context, tx *store.Tx, endUser, app, platform string) (*Ticket, error) {
	for t, err := range tickets.All(ctx, tx, store.By("end_user", endUser, 1).Desc()) {
		if err != nil {
			return nil, err
		}
		if t.App == app && t.Platform == platform {
			return t, nil
		}
	}
	return nil, nil
}
