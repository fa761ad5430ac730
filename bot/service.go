package bot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Parts are what a Service works with; all but Searcher are required.
type Parts struct {
	DB      *store.DB
	Events  *event.Log
	Jobs    *job.Queue
	People  *identity.Service
	Tickets *ticket.Service // opened with this package's Hook
	Queues  *queue.Service
	// Searcher finds the articles that bots suggest, as the end user sees them. nil: it
	// finds none.
	Searcher faq.Searcher
}

// Call is what a function of the host is called with.
type Call struct {
	ID     string // the same each time it is tried
	Bot    string
	Step   string
	Ticket *ticket.Ticket    // as it is now
	With   map[string]string // arguments
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards; ids are logged, never what people write
	// Client calls other systems. nil: one that calls public addresses only, whatever names
	// resolve to, and follows redirects to the same host alone.
	Client *http.Client
	// Functions are those of the host that flows call by name, outside of transactions and,
	// after a crash, again. What they give is response.STEP_NAME in the flow. One that takes
	// longer than ErrandTime has failed.
	Functions map[string]func(ctx context.Context, c Call) (map[string]string, error)
	// Answerer answers in words where flows want that. nil: they suggest articles.
	Answerer Answerer
	// Rules tells which rules give tickets to a bot, for NamedBy; a desk sets it. nil: none.
	Rules func(ctx context.Context, tx *store.Tx, actor event.Actor, bot string) ([]Mention, error)
}

// ErrandTime is how long a call or a function may take.
const ErrandTime = 5 * time.Second

// Service keeps a desk's bots, and lets them talk. Its methods may be called by several
// goroutines.
type Service struct {
	Parts
	db        store.Runner
	now       func() time.Time
	log       *slog.Logger
	client    *http.Client
	functions map[string]func(ctx context.Context, c Call) (map[string]string, error)
	players   *players
	answerer  Answerer
	rules     func(ctx context.Context, tx *store.Tx, actor event.Actor, bot string) ([]Mention, error)
}

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any { return []store.Any{bots, editions, runs, tallies} }

var functionPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Open returns the bots in a store. It adds its consumers to the log and its jobs to the
// queue, so call it before those run.
func Open(p Parts, o *Options) (*Service, error) {
	s := &Service{Parts: p, db: p.DB, now: time.Now, log: slog.New(slog.DiscardHandler), client: publicClient(), players: newPlayers()}
	if o != nil {
		s.functions, s.rules, s.answerer = o.Functions, o.Rules, o.Answerer
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
	for name, f := range s.functions {
		if !functionPattern.MatchString(name) || f == nil {
			return nil, &store.FieldError{Field: "functions", Reason: "have a name of a-z, 0-9 and _ each, and a function"}
		}
	}
	p.Events.React("bots", 8, s.react, stirs...)
	p.Events.Project("bot_figures", count, Advanced)
	p.Jobs.Handle(errandKind, job.Handler{Do: s.errandJob, Timeout: AnswerTime + ErrandTime})
	p.Jobs.Handle(patienceKind, job.Handler{Inside: s.late})
	p.Jobs.Handle(emptyKind, job.Handler{Do: s.empty})
	return s, nil
}

// In returns the service bound to a transaction.
func (s *Service) In(tx *store.Tx) *Service {
	bound := *s
	bound.db, bound.People, bound.Tickets, bound.Queues = tx, s.People.In(tx), s.Tickets.In(tx), s.Queues.In(tx)
	return &bound
}

func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }

// system is who acts where nobody does.
func system() event.Actor { return event.Actor{Kind: event.System} }

// configure changes bots, for who may configure the desk. put returns what happened, ""
// if nothing has changed.
func (s *Service) configure(ctx context.Context, actor event.Actor, id string, put func(ctx context.Context, tx *store.Tx) (what string, rev store.Rev, err error)) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "bot:" + id}); err != nil {
			return err
		}
		what, rev, err := put(ctx, tx)
		if err != nil || what == "" {
			return err
		}
		return s.Events.Append(ctx, tx, &event.Event{Type: what, Subject: "bot:" + id, Revision: int64(rev), Actor: actor})
	})
}

// look reads for who may configure the desk.
func (s *Service) look(ctx context.Context, actor event.Actor, read func(ctx context.Context, tx *store.Tx) error) error {
	return s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.People.Authorize(ctx, tx, actor, identity.Configure, identity.On{Subject: "bot", Read: true}); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

const maxPage = 200

func pageSize(limit int) int { return min(max(limit, 1), maxPage) }
