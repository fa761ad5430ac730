package labels_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/predict"
	"github.com/frontdesk-go/frontdesk/predict/labels"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
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
	host = event.Actor{Kind: event.System}
	ann  = event.Actor{Kind: event.Agent, ID: "ann"}
	any  = labels.Scope{}
)

// desk is a desk whose tickets get labels.
type desk struct {
	t       testing.TB
	db      *store.DB
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	labels  *labels.Service
	clock   *clock
	n       int
}

func open(t testing.TB, d driver.Store, o *labels.Options) *desk {
	t.Helper()
	return openAt(t, d, &clock{at: start}, o)
}

func openAt(t testing.TB, d driver.Store, c *clock, o *labels.Options) *desk {
	t.Helper()
	ctx := t.Context()
	db, err := store.Open(ctx, d, nil, slices.Concat(event.Collections(), job.Collections(), identity.Collections(), ticket.Collections(), labels.Collections())...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	k := &desk{t: t, db: db, clock: c}
	k.events = event.NewLog(db, &event.Options{Now: c.now})
	k.jobs = job.New(db, &job.Options{Now: c.now, Seed: 1})
	k.people, err = identity.Open(ctx, db, k.events, &identity.Options{Now: c.now, Jobs: k.jobs})
	must(t, err)
	step := labels.Step(func() *labels.Service { return k.labels })
	k.tickets, err = ticket.Open(ctx, db, k.events, k.jobs, k.people, &ticket.Options{Now: c.now, Blobs: blob.Memory(), Steps: []ticket.Step{step}})
	must(t, err)
	if o == nil {
		o = &labels.Options{}
	}
	o.Now = c.now
	k.labels, err = labels.Open(ctx, labels.Parts{DB: db, Events: k.events, Jobs: k.jobs, People: k.people, Tickets: k.tickets}, o)
	must(t, err)
	k.labels.TeachBy(taught)
	err = k.people.SaveAgent(ctx, host, &identity.Agent{ID: "ann", Name: "Ann", Role: identity.Admin})
	if _, known := k.people.Agent(ctx, "ann"); known != nil {
		must(t, err)
	}
	return k
}

// lesson is a training that one of the tests has done. The same rows give the same model,
// so that no other one has to.
type lesson struct {
	once  sync.Once
	model *predict.Model
	trial *predict.Trial
	err   error
}

var lessons sync.Map // by rows

func taught(ctx context.Context, rows []predict.Row, o *predict.Options) (*predict.Model, *predict.Trial, error) {
	known, _ := lessons.LoadOrStore(fmt.Sprintf("%q %+v", rows, *o), &lesson{})
	l := known.(*lesson)
	l.once.Do(func() { l.model, l.trial, l.err = predict.Train(context.WithoutCancel(ctx), rows, o) })
	return l.model, l.trial, l.err
}

func openMemory(t testing.TB, o *labels.Options) *desk {
	t.Helper()
	return open(t, memstore.New(), o)
}

func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) { f(t, open(t, s, nil)) })
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

func (d *desk) endUser(name string) string {
	d.t.Helper()
	u, err := d.people.Save(d.t.Context(), host, identity.Profile{UserID: name})
	must(d.t, err)
	return u.ID
}

// writes begins a ticket of somebody new, and sees it through its intake.
func (d *desk) writes(text string, edit ...func(*ticket.New)) *ticket.Ticket {
	d.t.Helper()
	d.n++
	n := ticket.New{EndUser: d.endUser(fmt.Sprintf("u-%d", d.n)), App: ticket.DefaultApp, Platform: "webchat", Channel: "chat", Language: "en", Message: &ticket.Draft{Text: text}}
	n.Actor = event.Actor{Kind: event.EndUser, ID: n.EndUser}
	for _, f := range edit {
		f(&n)
	}
	t, err := d.tickets.Create(d.t.Context(), n)
	must(d.t, err)
	d.drain()
	return d.get(t.ID)
}

func (d *desk) get(id string) *ticket.Ticket {
	d.t.Helper()
	t, err := d.tickets.Get(d.t.Context(), host, id)
	must(d.t, err)
	return t
}

// label is the ticket's label, "" if it has none.
func label(t *ticket.Ticket) string {
	if t.Label == nil {
		return ""
	}
	return t.Label.Name
}

// relabel has an agent change a label.
func (d *desk) relabel(id, name string) {
	d.t.Helper()
	_, err := d.tickets.Edit(d.t.Context(), ann, id, ticket.Edit{Label: &ticket.Label{Name: name, Source: "agent"}})
	must(d.t, err)
}

func (d *desk) resolve(id string) {
	d.t.Helper()
	_, err := d.tickets.Resolve(d.t.Context(), ann, id)
	must(d.t, err)
	d.drain()
}

var (
	subjects = map[string][]string{
		"delivery": {"where is my parcel", "the parcel hasn't arrived", "when will you deliver my order", "tracking says nothing about the parcel"},
		"refund":   {"I want my money back", "please refund what I paid", "the refund isn't on my account", "give me back the money"},
		"login":    {"I can't log in", "my password doesn't work", "the login page says wrong password", "reset my password please"},
	}
	endings = []string{"", " please", " today", " again", " thanks", " since monday", " and nobody answers", " hello", " it's urgent", " as I told you", " once more", " now"}
)

// sample are 48 rows of each of the labels.
func sample(names ...string) (rows []predict.Row) {
	for _, name := range names {
		for _, s := range subjects[name] {
			for _, e := range endings {
				rows = append(rows, predict.Row{Text: s + e, Label: name})
			}
		}
	}
	return rows
}

// trained uploads rows, and trains a version by them.
func (d *desk) trained(c labels.Scope, rows []predict.Row) *labels.Version {
	d.t.Helper()
	must(d.t, d.labels.Upload(d.t.Context(), ann, c, rows))
	return d.train(labels.Order{Scope: c, Uploaded: true})
}

func (d *desk) train(o labels.Order) *labels.Version {
	d.t.Helper()
	v, err := d.labels.Train(d.t.Context(), ann, o)
	must(d.t, err)
	d.drain()
	return d.version(v.ID)
}

func (d *desk) version(id string) *labels.Version {
	d.t.Helper()
	v, err := d.labels.Version(d.t.Context(), ann, id)
	must(d.t, err)
	return v
}

// working is a desk's model for all tickets, which is active.
func (d *desk) working() *labels.Version {
	d.t.Helper()
	v := d.trained(any, sample("delivery", "refund", "login"))
	if v.State != labels.Ready {
		d.t.Fatalf("%s: %s", v.State, v.Error)
	}
	must(d.t, d.labels.Activate(d.t.Context(), ann, v.ID))
	return v
}

func (d *desk) model(c labels.Scope) labels.Model {
	d.t.Helper()
	all, err := d.labels.Models(d.t.Context(), ann)
	must(d.t, err)
	for _, m := range all {
		if m.Scope == c {
			return m
		}
	}
	return labels.Model{}
}

func (d *desk) live(version string) *labels.Figures {
	d.t.Helper()
	f, err := d.labels.Live(d.t.Context(), ann, version, start, d.clock.now())
	must(d.t, err)
	return f
}

// happened counts the events of a type.
func (d *desk) happened(what string) (n int) {
	d.t.Helper()
	for after := int64(0); ; {
		es, err := d.events.Since(d.t.Context(), d.db, after, 200)
		must(d.t, err)
		if len(es) == 0 {
			return n
		}
		for _, e := range es {
			if after = e.Position; e.Type == what {
				n++
			}
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%v, want it to say %q", err, says)
	}
}
