package search_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/search"
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

func (c *clock) forward(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

var (
	start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	host  = event.Actor{Kind: event.System}
	ann   = event.Actor{Kind: event.Agent, ID: "ann"}
)

// desk is a desk with an index.
type desk struct {
	parts search.Parts
	clock *clock
	eve   string
	ix    *search.Index
}

func open(t testing.TB, d driver.Store, dir string) *desk {
	t.Helper()
	c := &clock{at: start}
	db, err := store.Open(t.Context(), d, nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections())...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{clock: c}
	k.parts.DB, k.parts.Events = db, event.NewLog(db, &event.Options{Now: c.now})
	jobs := job.New(db, &job.Options{Now: c.now, Seed: 1})
	k.parts.People, err = identity.Open(t.Context(), db, k.parts.Events, &identity.Options{Now: c.now})
	must(t, err)
	k.parts.Tickets, err = ticket.Open(t.Context(), db, k.parts.Events, jobs, k.parts.People, &ticket.Options{Now: c.now})
	must(t, err)
	if _, err := k.parts.People.Agent(t.Context(), "ann"); errors.Is(err, store.ErrNotFound) {
		must(t, k.parts.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "ann", Name: "Ann"}))
	}
	k.eve = k.endUser(t, identity.Profile{UserID: "eve", Name: "Eve Müller", Email: "eve@shop.example"})
	k.index(t, dir)
	return k
}

// index opens another index over the same desk.
func (d *desk) index(t testing.TB, dir string) {
	d.ix = search.New(d.parts, &search.Options{Dir: dir})
	ix := d.ix
	t.Cleanup(func() { must(t, ix.Close()) })
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New(), "") }

// eachStore runs a test on every back end, with an index in a directory.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, open(t, d, filepath.Join(t.TempDir(), "index"))) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) endUser(t testing.TB, p identity.Profile) string {
	t.Helper()
	u, err := d.parts.People.Save(t.Context(), host, p)
	must(t, err)
	return u.ID
}

// ask creates a ticket of eve's, some time after the last one.
func (d *desk) ask(t testing.TB, title, text string) *ticket.Ticket {
	t.Helper()
	d.clock.forward(time.Minute)
	tk, err := d.parts.Tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Title: title, Message: &ticket.Draft{Text: text}})
	must(t, err)
	return tk
}

func (d *desk) step(t testing.TB) {
	t.Helper()
	_, err := d.parts.Events.Step(t.Context())
	must(t, err)
	_, err = d.ix.Step(t.Context())
	must(t, err)
}

func (d *desk) find(t testing.TB, s ticket.Search) *ticket.Found {
	t.Helper()
	found, err := d.ix.Find(t.Context(), ann, s)
	must(t, err)
	return found
}

// titles are those of what is found, in order.
func titles(f *ticket.Found) string {
	var ts []string
	for _, h := range f.Hits {
		ts = append(ts, h.Ticket.Title)
	}
	return strings.Join(ts, " ")
}

// finds compares what a text finds, in any order.
func (d *desk) finds(t testing.TB, text string, want ...string) {
	t.Helper()
	found := d.find(t, ticket.Search{Text: text})
	var got []string
	for _, h := range found.Hits {
		got = append(got, h.Ticket.Title)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q finds %q (loose: %v), want %q", text, got, found.Loose, want)
	}
}

// marked is a snippet with brackets around its marks.
func marked(s ticket.Snippet) string {
	var b strings.Builder
	at := 0
	for _, m := range s.Marks {
		fmt.Fprintf(&b, "%s[%s]", s.Text[at:m.Start], s.Text[m.Start:m.End])
		at = m.End
	}
	return b.String() + s.Text[at:]
}

func dataDir(t testing.TB) string {
	dir := os.Getenv("SEARCH_DATA")
	if dir == "" {
		t.Skip("SEARCH_DATA isn't set")
	}
	return dir
}
