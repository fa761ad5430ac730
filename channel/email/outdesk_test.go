package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// post is a Sender that keeps what it is given. refuse says what becomes of a mail.
type post struct {
	mu     sync.Mutex
	mails  []posted
	refuse func(o Outgoing) error
}

type posted struct {
	Outgoing
	content string
}

func (p *post) Send(_ context.Context, o Outgoing, content io.Reader) error {
	b, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		err = p.refuse(o)
	}
	p.mails = append(p.mails, posted{o, string(b)})
	return err
}

// taken are the mails since it was last asked, as their readers see them.
func (p *post) taken(t testing.TB) (ms []*mail.Mail) {
	t.Helper()
	for _, raw := range p.raw() {
		m, err := mail.Parse(strings.NewReader(raw.content), nil)
		if err != nil {
			t.Fatalf("%v of\n%s", err, raw.content)
		}
		if len(m.Problems) > 0 {
			t.Errorf("problems %q of\n%s", m.Problems, raw.content)
		}
		ms = append(ms, m)
	}
	return ms
}

func (p *post) raw() []posted {
	p.mu.Lock()
	defer p.mu.Unlock()
	ms := p.mails
	p.mails = nil
	return ms
}

// outDesk is a desk that sends mails, of app default, with an agent and an end user.
type outDesk struct {
	*Service
	t     testing.TB
	jobs  *job.Queue
	log   *event.Log
	post  *post
	at    time.Time
	mu    sync.Mutex
	eve   string
	ann   event.Actor
	store *store.DB
}

var outSystem = event.Actor{Kind: event.System}

func (d *outDesk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *outDesk) forward(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(by)
}

func (d *outDesk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// joinOut opens a desk over a store; real takes the real clock.
func joinOut(t testing.TB, s driver.Store, sender Sender, blobs blob.Store, real bool) *outDesk {
	t.Helper()
	d := &outDesk{t: t, at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), ann: event.Actor{Kind: event.Agent, ID: "ann"}}
	d.post, _ = sender.(*post)
	now := d.clock
	if real {
		now = time.Now
	}
	db, err := store.Open(t.Context(), s, nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), Collections())...)
	d.must(err)
	t.Cleanup(func() { db.Close() })
	d.store = db
	d.log = event.NewLog(db, &event.Options{Now: now})
	d.jobs = job.New(db, &job.Options{Now: now, Seed: 1})
	people, err := identity.Open(t.Context(), db, d.log, &identity.Options{Now: now, Jobs: d.jobs})
	d.must(err)
	tickets, err := ticket.Open(t.Context(), db, d.log, d.jobs, people, &ticket.Options{Now: now, Blobs: blobs, Sanitize: func(s string) string { return s }})
	d.must(err)
	d.Service, err = Open(Parts{DB: db, Events: d.log, Jobs: d.jobs, People: people, Tickets: tickets, Blobs: blobs}, &Options{Now: now, Sender: sender})
	d.must(err)
	return d
}

// openOutDesk is one with everything that tests write with.
func openOutDesk(t testing.TB, s driver.Store, sender Sender, real bool) *outDesk {
	t.Helper()
	d := joinOut(t, s, sender, blob.Memory(), real)
	d.settle()
	return d
}

func (d *outDesk) settle() {
	d.t.Helper()
	ctx := d.t.Context()
	d.must(d.People.SaveAgent(ctx, outSystem, &identity.Agent{ID: "ann", Name: "Ann Baker", Role: identity.Admin}))
	u, err := d.People.Save(ctx, outSystem, identity.Profile{UserID: "eve", Email: "eve@mail.example", Name: "Eve Adams"})
	d.must(err)
	d.eve = u.ID
	d.must(d.SaveSettings(ctx, outSystem, &Settings{App: ticket.DefaultApp, From: "help@shop.example", Brand: "Tea Shop"}))
}

func eachOutDesk(t *testing.T, f func(t *testing.T, d *outDesk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) { f(t, openOutDesk(t, s, &post{}, false)) })
}

// ask is a ticket that began with a mail.
func (d *outDesk) ask(text string) *ticket.Ticket {
	d.t.Helper()
	x, err := d.Tickets.Create(d.t.Context(), ticket.New{EndUser: d.eve, Actor: event.Actor{Kind: event.EndUser, ID: d.eve}, Platform: Platform, Channel: Channel, Title: "Where is it?", Message: &ticket.Draft{Text: text}})
	d.must(err)
	return x
}

func (d *outDesk) reply(id string, draft ticket.Draft) *ticket.Message {
	d.t.Helper()
	_, m, err := d.Tickets.Reply(d.t.Context(), d.ann, id, draft)
	d.must(err)
	return m
}

// failure is what stands on a message.
func (d *outDesk) failure(id string, seq int64) string {
	d.t.Helper()
	m, err := d.message(d.t.Context(), id, seq)
	d.must(err)
	if m == nil {
		return "gone"
	}
	return m.Failure
}

// drain does all that is due.
func (d *outDesk) drain() {
	d.t.Helper()
	for {
		es, err := d.log.Step(d.t.Context())
		d.must(err)
		js, err := d.jobs.Step(d.t.Context())
		d.must(err)
		if es+js == 0 {
			break
		}
	}
	parked, _, err := d.log.ParkedEvents(d.t.Context(), "", 10)
	d.must(err)
	for _, p := range parked {
		d.t.Errorf("%s gave up on %s: %s", p.Consumer, p.Subject, p.Error)
	}
}

func outField(err error) string {
	if bad, ok := errors.AsType[*store.FieldError](err); ok {
		return bad.Field
	}
	return fmt.Sprint(err)
}

func (d *outDesk) knownIn(t testing.TB, id string) (k *known, err error) {
	t.Helper()
	err = d.store.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		k, err = d.knownAs(ctx, tx, id)
		return err
	})
	return k, err
}

func (d *outDesk) appNow(t testing.TB, to string) (app string) {
	t.Helper()
	d.must(d.store.View(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		app, _, err = d.appOf(ctx, tx, to)
		return err
	}))
	return app
}
