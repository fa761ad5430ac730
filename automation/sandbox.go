package automation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// sandbox is a desk of its own in memory, with the settings of another one and a clock
// that is moved by hand. Nothing leads from it to the outside: its jobs are its own, its
// webhooks end in a client that calls nobody, and the host's functions for actions aren't
// there.
type sandbox struct {
	db      *store.DB
	events  *event.Log
	jobs    *job.Queue
	people  *identity.Service
	tickets *ticket.Service
	rules   *Service
	clock   time.Time
	users   map[string]string    // ids of end users, by those of the other desk
	twins   map[string]string    // ids of tickets, likewise
	asleep  map[string]time.Time // until when the other desk's tickets were sent to sleep
}

// settings are the collections that say how a desk works, and hold no customers.
func settingsOf() []string {
	return []string{"agent", "group", "team", "app", "calendar", "field", "tag", "ticket_policy", "ticket_policies", "quick_reply", "quick_reply_row",
		"quick_reply_shelf", "queue", "queue_settings", "queue_worker", "queue_availability"}
}

// asks says whether another rule is this one, and asks and does the same.
func (r *Rule) asks(other *Rule) bool {
	return r.ID == other.ID && r.When == other.When && slices.Equal(r.Apps, other.Apps) && reflect.DeepEqual(r.On, other.On) && reflect.DeepEqual(r.Do, other.Do)
}

// newSandbox is a sandbox at a moment, with rules in this order, of which some may be
// those that there are.
func (s *Service) newSandbox(ctx context.Context, at time.Time, rules, present []*Rule) (*sandbox, error) {
	collections := append(append(append(append(append(event.Collections(), job.Collections()...), identity.Collections()...), ticket.Collections()...),
		queue.Collections()...), Collections()...)
	memory := memstore.New()
	db, err := store.Open(ctx, memory, &store.Options{ForCopy: true}, collections...)
	if err != nil {
		return nil, err
	}
	err = s.root.Snapshot(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := store.Copy(ctx, tx, db, &store.CopyOptions{Only: settingsOf()})
		return err
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	b := &sandbox{db: db, clock: at, users: map[string]string{}, twins: map[string]string{}, asleep: map[string]time.Time{}}
	if err := b.open(ctx, s, present); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	for some := range slices.Chunk(rules, rulesAtOnce) {
		if err := b.have(ctx, some, present); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return b, nil
}

// rulesAtOnce is how many rules come to the sandbox in one transaction: each changes the
// list of all.
const rulesAtOnce = 500

// have adds rules to the end of the list. What a rule names has to be there, but for one
// that is on the other desk as it is: what it can't do fails as it does there.
func (b *sandbox) have(ctx context.Context, some, present []*Rule) error {
	return b.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		reg, err := hold(ctx, tx)
		if err != nil {
			return err
		}
		known, err := b.rules.book(ctx, tx)
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range some {
			own := *r
			own.Rev, own.Problem, own.Do = 0, "", slices.Clone(r.Do)
			own.ID = cmp.Or(own.ID, b.events.IDs().New())
			own.Created, own.Updated, own.Since = b.clock, b.clock, b.clock
			if err = own.valid(); err == nil && !slices.ContainsFunc(present, r.asks) {
				err = b.rules.check(ctx, tx, known, &own)
			}
			if err == nil {
				err = rules.Put(ctx, tx, &own)
			}
			if err == nil {
				err = b.rules.rearm(ctx, tx, nil, &own)
			}
			if err != nil {
				return fmt.Errorf("rule %s: %w", own.ID, err)
			}
			ids = append(ids, own.ID)
		}
		if err := b.rules.list(ctx, tx, func(all []string) ([]string, error) { return append(all, ids...), nil }); err != nil {
			return err
		}
		reg.Recent = nil // all are read anew
		return reg.turn(ctx, tx, "")
	})
}

// open opens the sandbox's services.
func (b *sandbox) open(ctx context.Context, s *Service, present []*Rule) (err error) {
	now := func() time.Time { return b.clock }
	b.events = event.NewLog(b.db, &event.Options{Now: now})
	b.jobs = job.New(b.db, &job.Options{Now: now, Seed: 1})
	if b.people, err = identity.Open(ctx, b.db, b.events, &identity.Options{Now: now}); err != nil {
		return err
	}
	b.tickets, err = ticket.Open(ctx, b.db, b.events, b.jobs, b.people, &ticket.Options{Now: now, Hooks: []ticket.Hook{queue.Hook()}, CanTake: queue.CanTake,
		Exists: queue.Exists, QueueHours: queue.Calendars, Steps: []ticket.Step{Step(func() *Service { return b.rules })}})
	if err != nil {
		return err
	}
	queues, err := queue.Open(ctx, queue.Parts{DB: b.db, Events: b.events, Jobs: b.jobs, People: b.people, Tickets: b.tickets}, &queue.Options{Now: now})
	if err != nil {
		return err
	}
	calls := map[string]func(context.Context, Call) error{}
	for name := range s.calls {
		calls[name] = func(context.Context, Call) error { return nil }
	}
	for _, r := range present { // of a process that doesn't have the host's functions
		for _, a := range r.Do {
			if a.Do == DoCall {
				calls[a.To] = func(context.Context, Call) error { return nil }
			}
		}
	}
	b.rules, err = Open(Parts{DB: b.db, Events: b.events, Jobs: b.jobs, People: b.people, Tickets: b.tickets, Queues: queues},
		&Options{Now: now, Client: &http.Client{Transport: nobody{}}, Conditions: s.conditions, Calls: calls})
	return err
}

// nobody answers every request, and sends it nowhere.
type nobody struct{}

func (nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return &http.Response{Status: "204 No Content", StatusCode: http.StatusNoContent, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// step is how far the clock goes at once: what is due in between is done that late.
const sandboxStep = 15 * time.Minute

// until lets the time pass, and does what is due meanwhile.
func (b *sandbox) until(ctx context.Context, at time.Time) error {
	for b.clock.Before(at) {
		b.clock = b.clock.Add(min(sandboxStep, at.Sub(b.clock)))
		if err := b.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// maxSettle is how many rounds the sandbox goes before it says that there is no end.
const maxSettle = 1000

// settle does everything that is due.
func (b *sandbox) settle(ctx context.Context) error {
	for range maxSettle {
		n := 0
		for _, part := range []func(context.Context) (int, error){b.events.Step, b.jobs.Step, b.rules.Step} {
			did, err := part(ctx)
			if err != nil {
				return err
			}
			n += did
		}
		if n == 0 {
			return nil
		}
	}
	return fmt.Errorf("rules: no end after %d rounds", maxSettle)
}
