package identity_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// clock is the time of a test. It stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)} }

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

// desk is a directory of people over a store of the test's own.
type desk struct {
	db     *store.DB
	log    *event.Log
	people *identity.Service
	clock  *clock
}

var host = event.Actor{Kind: event.System}

func open(t testing.TB, d driver.Store) *desk {
	t.Helper()
	c := newClock()
	db, err := store.Open(t.Context(), d, nil, append(event.Collections(), identity.Collections()...)...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	log := event.NewLog(db, &event.Options{Now: c.now})
	people, err := identity.Open(t.Context(), db, log, &identity.Options{Now: c.now})
	must(t, err)
	return &desk{db, log, people, c}
}

// eachStore runs a test on every back end.
func eachStore(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) { f(t, open(t, d)) })
}

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

func forbidden(t testing.TB, err error) {
	t.Helper()
	if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
		t.Errorf("error %v, want a *identity.PermissionError", err)
	}
}

// device makes the secret of a device.
func device(name string) string { return name + strings.Repeat("_", 32-len(name)) }

func (d *desk) visit(t testing.TB, dev string, l *identity.Login) *identity.Session {
	t.Helper()
	sess, err := d.people.Begin(t.Context(), identity.Visit{App: "default", Platform: "webchat", Device: device(dev), Language: "pt-BR", Login: l})
	must(t, err)
	return sess
}

// ensure stores whoever the session is of.
func (d *desk) ensure(t testing.TB, sess *identity.Session) (u *identity.EndUser, err error) {
	t.Helper()
	err = d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		u, err = d.people.Ensure(ctx, tx, sess)
		return err
	})
	return u, err
}

// events are the types of what has happened, in order.
func (d *desk) events(t testing.TB) (types []string) {
	t.Helper()
	_, err := d.log.Sequence(t.Context()) // on some stores appending gives no positions
	must(t, err)
	es, err := d.log.Since(t.Context(), d.db, 0, 1000)
	must(t, err)
	for _, e := range es {
		types = append(types, e.Type)
	}
	return types
}

func (d *desk) secret(t testing.TB, secret string) string {
	t.Helper()
	s, err := d.people.AddSecret(t.Context(), host, "default", secret)
	must(t, err)
	return s
}

func (d *desk) agent(t testing.TB, id string, role identity.Role) *identity.Agent {
	t.Helper()
	a := &identity.Agent{ID: id, Name: strings.ToUpper(id), Role: role}
	must(t, d.people.SaveAgent(t.Context(), host, a))
	return a
}

// lead makes a supervisor with a team of his own, of the same id.
func (d *desk) lead(t testing.TB, id string, members ...*identity.Agent) *identity.Agent {
	t.Helper()
	a := d.agent(t, id, identity.Supervisor)
	must(t, d.people.SaveTeam(t.Context(), host, &identity.Team{ID: id, Name: id, Supervisor: id}))
	for _, m := range members {
		m.Team = id
		must(t, d.people.SaveAgent(t.Context(), host, m))
	}
	return a
}

func openMemory(t testing.TB) *desk { return open(t, memstore.New()) }
