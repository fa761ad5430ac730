package faq

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// Collections are what this package stores; give them to store.Open.
func Collections() []store.Any {
	return []store.Any{sections, tables, articles, drafts, versions, views, votes, figures, queries, gaps, answers}
}

// Service keeps the FAQ of a desk. Its methods may be called by several goroutines.
type Service struct {
	db        store.Runner
	events    *event.Log
	jobs      *job.Queue
	people    *identity.Service
	now       func() time.Time
	log       *slog.Logger
	render    func(Format, string) Rendered
	apps      func(context.Context, *store.Tx, string) (*App, error)
	audiences *audiences // shared by bound copies
	shown     *shown     // likewise
}

// App is what a FAQ has to know of an app.
type App struct {
	ID       string
	Language string // its own: what readers get who understand none of the others
	// Languages are those in which the app is offered: an article that lacks one is
	// reported.
	Languages []string
	Archived  bool
}

// Rendered is a body as readers get it.
type Rendered struct {
	HTML     string // harmless
	Text     string // with no marks and tags
	Headings []Heading
}

// Heading is an entry of a table of contents.
type Heading struct {
	Level int // 1 to 6
	ID    string
	Text  string
}

// Options of Open; nil means the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	Log *slog.Logger     // nil discards
	// Render makes harmless HTML and plain text of a body. Package faq/markdown has one.
	// nil: readers get the body as text, and no HTML.
	Render func(Format, string) Rendered
	// Apps tells of an app in a transaction, or store.ErrNotFound. nil: every id is an
	// app in English.
	Apps func(ctx context.Context, tx *store.Tx, id string) (*App, error)
}

// Open returns the FAQ in db. It adds its jobs to the queue, and what counts to the log, so
// call it before they run.
func Open(db *store.DB, events *event.Log, jobs *job.Queue, people *identity.Service, o *Options) (*Service, error) {
	s := &Service{db: db, events: events, jobs: jobs, people: people, now: time.Now, log: slog.New(slog.DiscardHandler), audiences: newAudiences(), shown: newShown(),
		render: plain, apps: anyApp}
	if o != nil && o.Now != nil {
		s.now = o.Now
	}
	if o != nil && o.Log != nil {
		s.log = o.Log
	}
	if o != nil && o.Render != nil {
		s.render = o.Render
	}
	if o != nil && o.Apps != nil {
		s.apps = o.Apps
	}
	jobs.Handle(scheduleKind, job.Handler{Inside: s.atMoment})
	jobs.Handle(dropKind, job.Handler{Inside: s.drop})
	events.Project("article_figures", s.countFigures, Viewed, Voted, ArticleSaved, ArticleDeleted)
	events.Project("article_gaps", s.countGaps, Searched)
	people.Care(answers.Care(s.tellForgotten))
	people.OnMerge(s.giveOver)
	return s, nil
}

// plain is what there is of a body without a renderer.
func plain(_ Format, body string) Rendered { return Rendered{Text: body} }

func anyApp(_ context.Context, _ *store.Tx, id string) (*App, error) {
	return &App{ID: id, Language: "en"}, nil
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

// app reads an app. One that there isn't is a *store.FieldError.
func (s *Service) app(ctx context.Context, tx *store.Tx, id string) (*App, error) {
	a, err := s.apps(ctx, tx, id)
	if missing(err) || err == nil && a.Archived {
		return nil, &store.FieldError{Field: "app", Reason: "there is no app " + id}
	}
	return a, err
}

// record returns an event of something that was stored.
func record(what, subject string, rev store.Rev, actor event.Actor, f Facts) (*event.Event, error) {
	e := &event.Event{Type: what, Subject: subject, Revision: int64(rev), Actor: actor}
	var err error
	e.Facts, err = event.JSON(f)
	return e, err
}

// tooMany is the error of a list above its limit.
func tooMany(field string, limit int) error {
	return &store.FieldError{Field: field, Reason: fmt.Sprintf("at most %d of them", limit), Limit: limit}
}

// pageSize keeps the page that a caller asks for within bounds.
func pageSize(limit int) int { return min(max(limit, 1), 200) }
