package faq_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// clock is the time of a test. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

var (
	host  = event.Actor{Kind: event.System}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"} // an agent, who doesn't edit
	lea   = event.Actor{Kind: event.Agent, ID: "lea"} // a supervisor, who does
	greet = event.Actor{Kind: event.Bot, ID: "greeter"}
)

// desk is a FAQ over a store of the test's own. App shop is in English, and offered in
// German and Japanese, too; app club is in French; app shut is archived.
type desk struct {
	db     *store.DB
	events *event.Log
	jobs   *job.Queue
	people *identity.Service
	faq    *faq.Service
	clock  *clock
	eve    event.Actor // an end user who is known, of organisation acme, with attribute plan=gold
	t      testing.TB
}

var apps = map[string]faq.App{
	"shop": {ID: "shop", Language: "en", Languages: []string{"en", "de", "ja"}},
	"club": {ID: "club", Language: "fr"},
	"shut": {ID: "shut", Language: "en", Archived: true},
}

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), faq.Collections())
}

func open(t testing.TB, d driver.Store) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{db: db, clock: &clock{at: start}, t: t}
	k.serve()
	if u, err := k.people.ByUserID(t.Context(), "eve"); err == nil {
		k.eve = event.Actor{Kind: event.EndUser, ID: u.ID}
		return k // it is an older desk
	}
	must(t, k.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "ann", Name: "Ann"}))
	must(t, k.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor}))
	k.eve = k.endUser("eve", "gold")
	return k
}

// serve opens the desk's services over its store.
func (d *desk) serve() {
	d.t.Helper()
	now := d.clock.now
	d.events = event.NewLog(d.db, &event.Options{Now: now})
	d.jobs = job.New(d.db, &job.Options{Now: now, Seed: 1})
	var err error
	d.people, err = identity.Open(d.t.Context(), d.db, d.events, &identity.Options{Now: now, Jobs: d.jobs})
	must(d.t, err)
	d.faq, err = faq.Open(d.db, d.events, d.jobs, d.people, &faq.Options{Now: now, Render: render, Apps: func(_ context.Context, _ *store.Tx, id string) (*faq.App, error) {
		if a, ok := apps[id]; ok {
			return &a, nil
		}
		return nil, store.ErrNotFound
	}})
	must(d.t, err)
}

// render stands in for faq/markdown: it shows what it was given.
func render(f faq.Format, body string) faq.Rendered {
	return faq.Rendered{HTML: "<" + string(f) + ">" + body, Text: strings.TrimPrefix(body, "# ")}
}

func (d *desk) endUser(name, plan string) event.Actor {
	d.t.Helper()
	u, err := d.people.Save(d.t.Context(), host, identity.Profile{UserID: name, Attributes: []identity.Attribute{{Key: "plan", Value: plan}}})
	must(d.t, err)
	return event.Actor{Kind: event.EndUser, ID: u.ID}
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New()) }

// eachStore runs a test on every back end.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, open(t, d)) })
}

// drain does all that is due.
func (d *desk) drain() {
	d.t.Helper()
	for {
		events, err := d.events.Step(d.t.Context())
		must(d.t, err)
		jobs, err := d.jobs.Step(d.t.Context())
		must(d.t, err)
		if events+jobs == 0 {
			return
		}
	}
}

func (d *desk) section(app, name string) *faq.Section {
	d.t.Helper()
	c := &faq.Section{App: app, Names: []faq.Localised{{Language: apps[app].Language, Text: name}}}
	must(d.t, d.faq.SaveSection(d.t.Context(), lea, c))
	return c
}

// article is a new one with nothing in it.
func (d *desk) article(c *faq.Section, edit ...func(*faq.Article)) *faq.Article {
	d.t.Helper()
	a := &faq.Article{Section: c.ID}
	for _, f := range edit {
		f(a)
	}
	must(d.t, d.faq.SaveArticle(d.t.Context(), lea, a))
	return a
}

// write makes a draft, or changes it.
func (d *desk) write(a *faq.Article, language, title, body string) *faq.Draft {
	d.t.Helper()
	draft, err := d.faq.Draft(d.t.Context(), lea, a.ID, language)
	if errors.Is(err, store.ErrNotFound) {
		draft, err = &faq.Draft{Article: a.ID, Language: language}, nil
	}
	must(d.t, err)
	draft.Title, draft.Body = title, body
	_, err = d.faq.SaveDraft(d.t.Context(), lea, draft)
	must(d.t, err)
	return draft
}

// publish writes a translation, and shows it to readers.
func (d *desk) publish(a *faq.Article, language, title, body string) {
	d.t.Helper()
	d.write(a, language, title, body)
	_, err := d.faq.Publish(d.t.Context(), lea, a.ID, language)
	must(d.t, err)
}

// published is a new article in English.
func (d *desk) published(c *faq.Section, title string, edit ...func(*faq.Article)) *faq.Article {
	d.t.Helper()
	a := d.article(c, edit...)
	d.publish(a, "en", title, "All about "+title)
	return a
}

// reads is what a viewer reads of an article: its language and title, or "".
func (d *desk) reads(v faq.Viewer, a *faq.Article) string {
	d.t.Helper()
	p, err := d.faq.Read(d.t.Context(), v, a.ID)
	if errors.Is(err, store.ErrNotFound) {
		return ""
	}
	must(d.t, err)
	return p.Language + " " + p.Title
}

// anybody is an anonymous reader of the shop.
func anybody(languages ...string) faq.Viewer {
	return faq.Viewer{App: "shop", Platform: "web", Languages: languages, Session: "visit 1"}
}

func (d *desk) byEve() faq.Viewer { return faq.Viewer{Actor: d.eve, App: "shop", Platform: "web"} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is reports an error that isn't the wanted one.
func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// refuses reports an error that isn't about the field.
func refuses(t testing.TB, err error, field string) {
	t.Helper()
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != field || bad.Reason == "" {
		t.Errorf("error %v, want one about %s", err, field)
	}
}
