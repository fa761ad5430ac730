package search_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
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
	host   = event.Actor{Kind: event.System}
	reader = faq.Viewer{App: "shop", Platform: "web"}
)

// desk is a FAQ with an index.
type desk struct {
	db     *store.DB
	events *event.Log
	jobs   *job.Queue
	people *identity.Service
	faq    *faq.Service
	clock  *clock
	shelf  *faq.Section
	ix     *search.Index
}

func collections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), faq.Collections())
}

func open(t testing.TB, d driver.Store, o *search.Options) *desk {
	t.Helper()
	k := &desk{clock: &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}}
	db, err := store.Open(t.Context(), d, nil, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k.db, k.events = db, event.NewLog(db, &event.Options{Now: k.clock.now})
	k.jobs = job.New(db, &job.Options{Now: k.clock.now, Seed: 1})
	k.people, err = identity.Open(t.Context(), db, k.events, &identity.Options{Now: k.clock.now, Jobs: k.jobs})
	must(t, err)
	k.faq, err = faq.Open(db, k.events, k.jobs, k.people, &faq.Options{Now: k.clock.now})
	must(t, err)
	all, err := k.faq.Sections(t.Context(), host, "shop")
	must(t, err)
	if len(all) > 0 {
		k.shelf = all[0]
	} else {
		k.shelf = k.section(t, "Help")
	}
	k.index(t, o)
	return k
}

// index opens another index over the same desk.
func (d *desk) index(t testing.TB, o *search.Options) {
	if o == nil {
		o = &search.Options{}
	}
	o.Now = d.clock.now
	d.ix = search.New(search.Parts{DB: d.db, Events: d.events, FAQ: d.faq}, o)
	ix := d.ix
	t.Cleanup(func() { must(t, ix.Close()) })
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New(), nil) }

// eachStore runs a test on every back end, with an index in a directory.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		f(t, open(t, d, &search.Options{Dir: filepath.Join(t.TempDir(), "index")}))
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) section(t testing.TB, name string) *faq.Section {
	t.Helper()
	c := &faq.Section{App: "shop", Names: []faq.Localised{{Language: "en", Text: name}}}
	must(t, d.faq.SaveSection(t.Context(), host, c))
	return c
}

// write publishes an article in English; edit changes it before it is saved.
func (d *desk) write(t testing.TB, title, body string, edit ...func(*faq.Article)) *faq.Article {
	t.Helper()
	a := &faq.Article{Section: d.shelf.ID}
	for _, e := range edit {
		e(a)
	}
	must(t, d.faq.SaveArticle(t.Context(), host, a))
	return d.publish(t, a.ID, "en", title, body)
}

func (d *desk) publish(t testing.TB, id, language, title, body string) *faq.Article {
	t.Helper()
	old, err := d.faq.Draft(t.Context(), host, id, language)
	draft := &faq.Draft{Article: id, Language: language, Content: faq.Content{Title: title, Body: body}}
	if err == nil {
		draft.Rev = old.Rev
	}
	_, err = d.faq.SaveDraft(t.Context(), host, draft)
	must(t, err)
	a, err := d.faq.Publish(t.Context(), host, id, language)
	must(t, err)
	return a
}

// step brings the index up to the log.
func (d *desk) step(t testing.TB) {
	t.Helper()
	for {
		n, err := d.events.Step(t.Context())
		must(t, err)
		m, err := d.jobs.Step(t.Context())
		must(t, err)
		k, err := d.ix.Step(t.Context())
		must(t, err)
		if n+m+k == 0 {
			return
		}
	}
}

func (d *desk) find(t testing.TB, v faq.Viewer, q faq.Search) *faq.Found {
	t.Helper()
	found, err := d.ix.Find(t.Context(), v, q)
	must(t, err)
	return found
}

// finds compares the titles of what a text finds, the best first.
func (d *desk) finds(t testing.TB, v faq.Viewer, text string, want ...string) {
	t.Helper()
	if got := titles(d.find(t, v, faq.Search{Text: text})); !slices.Equal(got, want) {
		t.Errorf("%q finds %q, want %q", text, got, want)
	}
}

func titles(f *faq.Found) (ts []string) {
	for _, h := range f.Hits {
		ts = append(ts, h.Title)
	}
	return ts
}

// marked is a text with brackets around its marks.
func marked(text string, marks []faq.Mark) string {
	var b strings.Builder
	at := 0
	for _, m := range marks {
		fmt.Fprintf(&b, "%s[%s]", text[at:m.Start], text[m.Start:m.End])
		at = m.End
	}
	return b.String() + text[at:]
}
