package deflect_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
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

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var (
	host  = event.Actor{Kind: event.System}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"}
	greet = event.Actor{Kind: event.Bot, ID: "greeter"}
)

// desk is a FAQ with tickets.
type desk struct {
	t       testing.TB
	db      *store.DB
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	faq     *faq.Service
	deflect *deflect.Service
	clock   *clock
	shelf   *shelf
	section string
}

// shelf finds articles of which the title's first word is in the question, with the
// confidence that is the length of that word in tenths.
type shelf struct {
	faq  *faq.Service
	ids  []string
	last faq.Search
}

func (s *shelf) Find(ctx context.Context, v faq.Viewer, q faq.Search) (*faq.Found, error) {
	s.last = q
	pages, err := s.faq.Show(ctx, v, s.ids)
	if err != nil {
		return nil, err
	}
	found := &faq.Found{}
	for _, p := range pages {
		if word, _, _ := strings.Cut(p.Title, " "); strings.Contains(q.Text, word) {
			found.Hits = append(found.Hits, faq.Hit{Article: p.Article, Language: p.Language, Title: p.Title, Confidence: float64(len(word)) / 10})
		}
	}
	return found, nil
}

func open(t testing.TB, d driver.Store, o *deflect.Options) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), faq.Collections(), deflect.Collections())...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{t: t, db: db, clock: &clock{at: start}, shelf: &shelf{}}
	now := k.clock.now
	k.events = event.NewLog(db, &event.Options{Now: now})
	k.jobs = job.New(db, &job.Options{Now: now, Seed: 1})
	k.people, err = identity.Open(t.Context(), db, k.events, &identity.Options{Now: now, Jobs: k.jobs})
	must(t, err)
	k.tickets, err = ticket.Open(t.Context(), db, k.events, k.jobs, k.people, &ticket.Options{Now: now})
	must(t, err)
	k.faq, err = faq.Open(db, k.events, k.jobs, k.people, &faq.Options{Now: now})
	must(t, err)
	k.shelf.faq = k.faq
	if o == nil {
		o = &deflect.Options{}
	}
	o.Now = now
	k.deflect, err = deflect.Open(deflect.Parts{DB: db, Events: k.events, Jobs: k.jobs, People: k.people, Tickets: k.tickets, FAQ: k.faq, Searcher: k.shelf}, o)
	must(t, err)
	if _, err := k.people.Agent(t.Context(), "ann"); errors.Is(err, store.ErrNotFound) { // it is a new desk
		must(t, k.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "ann", Name: "Ann", Role: identity.Admin}))
	}
	c := &faq.Section{App: ticket.DefaultApp, Names: []faq.Localised{{Text: "Parcels"}}}
	must(t, k.faq.SaveSection(t.Context(), host, c))
	k.section = c.ID
	return k
}

func openMemory(t testing.TB, o *deflect.Options) *desk { return open(t, memstore.New(), o) }

func eachStore(t *testing.T, o *deflect.Options, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		var own *deflect.Options
		if o != nil {
			own = new(*o)
		}
		f(t, open(t, s, own))
	})
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
			break
		}
	}
	parked, _, err := d.events.ParkedEvents(d.t.Context(), "", 10)
	must(d.t, err)
	dead, _, err := d.jobs.Dead(d.t.Context(), "", 10)
	must(d.t, err)
	if len(parked)+len(dead) > 0 {
		d.t.Fatalf("parked %+v, dead %+v", parked, dead)
	}
}

// article is a new one, published in English.
func (d *desk) article(title string, edit ...func(*faq.Article)) string {
	d.t.Helper()
	a := &faq.Article{Section: d.section}
	for _, f := range edit {
		f(a)
	}
	ctx := d.t.Context()
	must(d.t, d.faq.SaveArticle(ctx, host, a))
	_, err := d.faq.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: title, Body: "All about it."}})
	must(d.t, err)
	_, err = d.faq.Publish(ctx, host, a.ID, "en")
	must(d.t, err)
	d.shelf.ids = append(d.shelf.ids, a.ID)
	return a.ID
}

func (d *desk) endUser(name string) string {
	d.t.Helper()
	u, err := d.people.Save(d.t.Context(), host, identity.Profile{UserID: name})
	must(d.t, err)
	return u.ID
}

func (d *desk) by(who string) faq.Viewer {
	return faq.Viewer{Actor: event.Actor{Kind: event.EndUser, ID: who}, App: ticket.DefaultApp, Platform: "webchat"}
}

// searches notes a search that found something.
func (d *desk) searches(who, text string) string {
	d.t.Helper()
	id, err := d.faq.Searched(d.t.Context(), d.by(who), text, 1)
	must(d.t, err)
	return id
}

func (d *desk) views(who, article, search string) {
	d.t.Helper()
	must(d.t, d.faq.View(d.t.Context(), d.by(who), article, search))
}

// writes begins a ticket.
func (d *desk) writes(who, text string) *ticket.Ticket {
	d.t.Helper()
	w, err := d.tickets.Write(d.t.Context(), ticket.Inbound{EndUser: who, Platform: "webchat", Channel: "chat", Fresh: true, Draft: ticket.Draft{Text: text}})
	must(d.t, err)
	return w.Ticket
}

func (d *desk) answers() (all []*faq.Answer) {
	d.t.Helper()
	all, _, err := d.faq.Answers(d.t.Context(), host, "", 200)
	must(d.t, err)
	return all
}

func (d *desk) report() *deflect.Report {
	d.t.Helper()
	r, err := d.deflect.Report(d.t.Context(), ann, ticket.DefaultApp, start, d.clock.now())
	must(d.t, err)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
