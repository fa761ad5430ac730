package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/frontdesk-go/frontdesk/ticket/richtext"
)

// hand is a clock that stands still until it is moved.
type hand struct {
	mu sync.Mutex
	at time.Time
}

// monday is when tests begin.
var monday = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func (c *hand) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *hand) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var (
	host = event.Actor{Kind: event.System}
	ann  = event.Actor{Kind: event.Agent, ID: "ann"}
)

// mailroom is a desk with mail over a store of the test's own.
type mailroom struct {
	*Service
	t     testing.TB
	clock *hand
}

func roomCollections() []store.Any {
	return slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), blob.Collections(), Collections())
}

// joinRoom opens the services over a store that has a desk already, or will have.
// Without a clock they have the machine's.
func joinRoom(t testing.TB, d driver.Store, clock *hand, o Options) *mailroom {
	t.Helper()
	return joinRoomOver(t, d, nil, clock, o)
}

// joinRoomOver is joinRoom with blobs of its own; nil are in the store.
func joinRoomOver(t testing.TB, d driver.Store, blobs blob.Store, clock *hand, o Options) *mailroom {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, roomCollections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	o.Now = time.Now
	if clock != nil {
		o.Now = clock.now
	}
	p := Parts{DB: db, Events: event.NewLog(db, &event.Options{Now: o.Now}), Jobs: job.New(db, &job.Options{Now: o.Now, Seed: 1}), Blobs: blobs}
	if blobs == nil {
		p.Blobs = blob.In(db)
	}
	p.People, err = identity.Open(t.Context(), db, p.Events, &identity.Options{Now: o.Now, Jobs: p.Jobs, Blobs: p.Blobs})
	must(t, err)
	p.Tickets, err = ticket.Open(t.Context(), db, p.Events, p.Jobs, p.People, &ticket.Options{Now: o.Now, Blobs: p.Blobs, Sanitize: richtext.Clean})
	must(t, err)
	s, err := Open(p, &o)
	must(t, err)
	return &mailroom{s, t, clock}
}

// openRoom opens a desk with an agent, whose default app is help@shop.example, and
// another app, toys@shop.example.
func openRoom(t testing.TB, d driver.Store, o Options) *mailroom {
	t.Helper()
	return joinRoom(t, d, &hand{at: monday}, o).furnished()
}

func (r *mailroom) furnished() *mailroom {
	t := r.t
	t.Helper()
	must(t, r.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "root", Name: "Root", Role: identity.Admin}))
	must(t, r.People.SaveAgent(t.Context(), host, &identity.Agent{ID: "ann", Name: "Ann"}))
	must(t, r.Tickets.SaveApp(t.Context(), host, ticket.NewApp("toys", "Toys")))
	r.settle(&Settings{App: ticket.DefaultApp, From: "help@shop.example"}, &Settings{App: "toys", From: "toys@shop.example"})
	return r
}

func eachRoom(t *testing.T, o Options, f func(t *testing.T, r *mailroom)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, openRoom(t, d, o)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *mailroom) settle(all ...*Settings) {
	r.t.Helper()
	must(r.t, r.DB.Update(r.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, c := range all {
			if err := errors.Join(c.takeAddresses(ctx, tx), settings.Put(ctx, tx, c)); err != nil {
				return err
			}
		}
		return nil
	}))
}

// work does everything that is due.
func (r *mailroom) work() {
	r.t.Helper()
	for n := 1; n > 0; {
		es, err := r.Events.Step(r.t.Context())
		must(r.t, err)
		js, err := r.Jobs.Step(r.t.Context())
		must(r.t, err)
		n = es + js
	}
}

// letter is a mail in a short form: its header's lines, and its text.
func letter(text string, lines ...string) string {
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + text + "\r\n"
}

// from is the header of a mail to help@shop.example.
func from(who, id, subject string, more ...string) []string {
	return append([]string{"From: " + who, "To: help@shop.example", "Message-ID: <" + id + ">", "Date: Mon, 4 May 2026 09:00:00 +0000", "Subject: " + subject}, more...)
}

// gets has a mail come in, and everything done that follows.
func (r *mailroom) gets(raw string, e Envelope) *Received {
	r.t.Helper()
	if e.Source == "" {
		e.Source = "raw"
	}
	d, err := r.Receive(r.t.Context(), e, strings.NewReader(raw))
	must(r.t, err)
	r.work()
	d, err = r.received(r.t.Context(), d.ID)
	must(r.t, err)
	return d
}

func (r *mailroom) ticket(id string) *ticket.Ticket {
	r.t.Helper()
	t, err := r.Tickets.Get(r.t.Context(), host, id)
	must(r.t, err)
	return t
}

// talk is a ticket's conversation, a line each: who, and what.
func (r *mailroom) talk(id string) string {
	r.t.Helper()
	ms, _, err := r.Tickets.Messages(r.t.Context(), host, id, 0, 0, 200)
	must(r.t, err)
	var b strings.Builder
	for _, m := range ms {
		who := string(m.Author.Kind)
		if m.FromCopy() {
			who = "copy"
		}
		if m.Kind == ticket.Note {
			who += " notes"
		}
		fmt.Fprintf(&b, "%s: %s", who, m.Text)
		for _, a := range m.Attachments {
			fmt.Fprintf(&b, " [%s]", a.Name)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r *mailroom) says(id, want string) {
	r.t.Helper()
	if got := r.talk(id); got != want {
		r.t.Errorf("the ticket says\n%s\nwant\n%s", got, want)
	}
}

func (r *mailroom) tickets() []*ticket.Ticket {
	r.t.Helper()
	ts, _, err := r.Tickets.All(r.t.Context(), host, "", 200)
	must(r.t, err)
	return ts
}

func (r *mailroom) inQuarantine() []*Received {
	r.t.Helper()
	ds, _, err := r.Held(r.t.Context(), host, "", 200)
	must(r.t, err)
	return ds
}

func isErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}
