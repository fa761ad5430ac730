package frontdesk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func system() event.Actor { return event.Actor{Kind: event.System} }

func open(t *testing.T, c frontdesk.Config) *frontdesk.Desk {
	t.Helper()
	d, err := frontdesk.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestFileHoldsTheDesk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "support.db")
	open(t, frontdesk.Config{Path: path})
	if _, err := frontdesk.Open(t.Context(), frontdesk.Config{Path: path}); err == nil {
		t.Error("the file was opened twice")
	}
	if _, err := os.Stat(path + ".files"); err != nil {
		t.Error(err)
	}
}

// What is on a desk is there when it is opened again.
func TestDeskIsKept(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, again func() driver.Store) {
		d := open(t, frontdesk.Config{Store: again()})
		u, err := d.People.Save(t.Context(), system(), identity.Profile{UserID: "u1"})
		if err != nil {
			t.Fatal(err)
		}
		made, err := d.Tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "hello"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("closing again: %v", err)
		}
		if err := d.Run(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("run after close: %v", err)
		}
		d = open(t, frontdesk.Config{Store: again()})
		kept, err := d.Tickets.Get(t.Context(), system(), made.ID)
		if err != nil || kept.Number != made.Number {
			t.Errorf("after reopening: %+v, %v", kept, err)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := frontdesk.Open(t.Context(), frontdesk.Config{Path: "x.db", Store: memstore.New()})
	if bad, ok := errors.AsType[*store.FieldError](err); !ok || bad.Field != "config.path" {
		t.Errorf("both: %v", err)
	}
	if _, err := frontdesk.Open(t.Context(), frontdesk.Config{Path: t.TempDir()}); err == nil {
		t.Error("a directory was opened as a file")
	}
}

// A hook that was there once is missed.
func TestHooksStayRequired(t *testing.T) {
	t.Parallel()
	eachstore.Durable(t, func(t *testing.T, again func() driver.Store) {
		hook := ticket.Hook{Name: "audit", Do: func(context.Context, *store.Tx, *ticket.Change) error { return nil }}
		d := open(t, frontdesk.Config{Store: again(), Hooks: []ticket.Hook{hook}})
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := frontdesk.Open(t.Context(), frontdesk.Config{Store: again()}); err == nil || !strings.Contains(err.Error(), "audit") {
			t.Errorf("opened without its hook: %v", err)
		}
	})
}

// Run runs once, and ends with its context and with the desk.
func TestRunOnce(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		d := open(t, frontdesk.Config{Store: s})
		heard := make(chan string, 100)
		d.Events.React("echo", 1, func(_ context.Context, _ *store.Tx, es []*event.Event) error {
			for _, e := range es {
				heard <- e.Subject
			}
			return nil
		})
		// await makes something happen, and returns when the background work has seen it.
		await := func(user string) {
			t.Helper()
			u, err := d.People.Save(t.Context(), system(), identity.Profile{UserID: user})
			if err != nil {
				t.Fatal(err)
			}
			for <-heard != u.ID {
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := d.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		})
		await("u1")
		if err := d.Run(ctx); !errors.Is(err, frontdesk.ErrRunning) {
			t.Errorf("a second Run: %v", err)
		}
		cancel()
		wg.Wait()
		if _, err := d.Drain(t.Context()); err != nil {
			t.Errorf("Drain afterwards: %v", err)
		}
		wg.Go(func() { d.Run(t.Context()) })
		await("u2")
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait() // Close has ended it
	})
}

// A day on a desk takes no time under a simulated clock: the push comes ten
// minutes after the answer, and housekeeping goes on.
func TestADayPasses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var pushed []time.Duration
		start := time.Now()
		push := chat.PushFunc(func(context.Context, chat.Notification) error {
			pushed = append(pushed, time.Since(start))
			return nil
		})
		d, err := frontdesk.Open(t.Context(), frontdesk.Config{Push: push})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { d.Run(t.Context()) })
		sess, err := d.People.Begin(t.Context(), identity.Visit{App: ticket.DefaultApp, Platform: "ios", Device: strings.Repeat("d", 40), Push: "apns:1"})
		if err != nil {
			t.Fatal(err)
		}
		var w *ticket.Written
		err = d.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			if _, err := d.In(tx).People.Ensure(ctx, tx, sess); err != nil {
				return err
			}
			w, err = d.In(tx).Tickets.Write(ctx, ticket.Inbound{EndUser: sess.EndUser.ID, App: sess.App, Platform: sess.Platform, Channel: "chat", Draft: ticket.Draft{Text: "hello"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		leave := d.Presence.Come(sess.Actor())
		if _, _, err := d.Tickets.Reply(t.Context(), event.Actor{Kind: event.Bot, ID: "b"}, w.Ticket.ID, ticket.Draft{Text: "hello"}); err != nil {
			t.Fatal(err)
		}
		<-time.After(24 * time.Hour) // of the bubble's clock
		synctest.Wait()
		if len(pushed) != 1 || pushed[0] < 10*time.Minute || pushed[0] > 10*time.Minute+time.Second {
			t.Errorf("pushed at %v", pushed)
		}
		leave()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

// endless reacts to each event with another one.
func TestDrainNamesWhoNeverEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	d := open(t, frontdesk.Config{Now: func() time.Time { return now }})
	d.GoRound(200)
	d.Events.React("echo", 1, func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
		last := es[len(es)-1]
		return d.Events.Append(ctx, tx, &event.Event{Type: "echo.heard", Subject: "echo", Revision: last.Position + 1, Actor: system()})
	})
	if _, err := d.Drain(t.Context()); err == nil || !strings.Contains(err.Error(), "echo") {
		t.Errorf("drain: %v", err)
	}
}

// history works the same day on a desk, and returns its log.
func history(t *testing.T, c frontdesk.Config) []*event.Event {
	t.Helper()
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	c.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	c.Random = rand.NewChaCha8([32]byte{7})
	d := open(t, c)
	ctx := t.Context()
	rng := rand.New(rand.NewPCG(1, 1))
	agent := &identity.Agent{ID: "a", Name: "A"}
	if err := d.People.SaveAgent(ctx, system(), agent); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 60 {
		u, err := d.People.Save(ctx, system(), identity.Profile{UserID: fmt.Sprint(rng.IntN(9))})
		if err != nil {
			t.Fatal(err)
		}
		w, err := d.Tickets.Write(ctx, ticket.Inbound{EndUser: u.ID, App: ticket.DefaultApp, Platform: "web", Draft: ticket.Draft{Text: fmt.Sprint("line ", i)}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, w.Ticket.ID)
		id := ids[rng.IntN(len(ids))]
		switch rng.IntN(3) {
		case 0:
			_, _, err = d.Tickets.Reply(ctx, agent.Actor(), id, ticket.Draft{Text: "answer"})
		case 1:
			_, err = d.Tickets.Resolve(ctx, agent.Actor(), id)
		default:
			_, err = d.Drain(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	es, err := d.Events.Since(ctx, d.DB, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

// With the same seed, clock and work the log is the same, byte by byte, where
// writers take turns. Elsewhere the same things happen, each subject's in order.
func TestSameSeedSameLog(t *testing.T) {
	t.Parallel()
	first := history(t, frontdesk.Config{})
	want, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		es := history(t, frontdesk.Config{Store: s})
		if s.Traits().Shared {
			if diff := cmp.Diff(inOrder(t, first), inOrder(t, es)); diff != "" {
				t.Error(diff)
			}
			return
		}
		got, err := json.Marshal(es)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("another log of %d bytes, want %d, %v", len(got), len(want), err)
		}
	})
}

// inOrder returns how often each type of event is in a log, and reports what is out
// of order.
func inOrder(t *testing.T, es []*event.Event) map[string]int {
	t.Helper()
	last, types := map[string]int64{}, map[string]int{}
	for i, e := range es {
		if e.Position != int64(i+1) || e.Revision < last[e.Subject] {
			t.Errorf("event %d has position %d, and revision %d after %d", i+1, e.Position, e.Revision, last[e.Subject])
		}
		last[e.Subject] = e.Revision
		types[e.Type]++
	}
	return types
}
