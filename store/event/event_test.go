package event_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// tally is a document of a consumer: how often it has seen each event.
type tally struct {
	ID    string
	Count int64
	Seen  []int64
	Rev   store.Rev `json:"-"`
}

var tallies = &store.Collection[tally]{
	Name: "tally",
	Key:  func(t *tally) string { return t.ID },
	Rev:  func(t *tally) *store.Rev { return &t.Rev },
}

func eachStore(t *testing.T, f func(t *testing.T, d driver.Store)) {
	eachstore.Run(t, f)
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		f(t, sharedtest.New())
	})
}

func open(t *testing.T, d driver.Store) (*store.DB, *event.Log) {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, append(event.Collections(), tallies)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, event.NewLog(db, nil)
}

// say appends one event of a subject at a revision.
func say(t *testing.T, db *store.DB, l *event.Log, subject string, rev int64) {
	t.Helper()
	err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return l.Append(ctx, tx, &event.Event{Type: "thing.changed", Subject: subject, Revision: rev, Actor: event.Actor{Kind: event.System}})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// count is a consumer that notes what it is given under its subject.
func count(ctx context.Context, tx *store.Tx, es []*event.Event) error {
	for _, e := range es {
		d, err := tallies.Get(ctx, tx, e.Subject)
		if errors.Is(err, store.ErrNotFound) {
			d, err = &tally{ID: e.Subject}, nil
		}
		if err != nil {
			return err
		}
		d.Count++
		d.Seen = append(d.Seen, e.Revision)
		if err := tallies.Put(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

func seen(t *testing.T, db *store.DB, subject string) (revs []int64) {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		d, err := tallies.Get(ctx, tx, subject)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			revs = d.Seen
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return revs
}

func step(t *testing.T, l *event.Log) {
	t.Helper()
	for {
		n, err := l.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func wantRevs(t *testing.T, got []int64, want ...int64) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the consumer saw revisions %v, want %v", got, want)
	}
}

func TestPositionsAreDense(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		say(t, db, l, "a", 1)
		refused := errors.New("refused")
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			e := &event.Event{Type: "thing.changed", Subject: "b", Revision: 1, Actor: event.Actor{Kind: event.System}}
			if err := l.Append(ctx, tx, e); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		say(t, db, l, "c", 1)
		if _, err := l.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		es, err := l.Since(t.Context(), db, 0, 10)
		if err != nil || len(es) != 2 || es[0].Position != 1 || es[1].Position != 2 || es[1].Subject != "c" {
			t.Errorf("the log is %v, %v", es, err)
		}
	})
}

// What is undone inside a transaction leaves no gap, either.
func TestPositionsAreDenseWithinATransaction(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		say(t, db, l, "z", 1)
		refused := errors.New("refused")
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			add := func(subject string) error {
				return l.Append(ctx, tx, &event.Event{Type: "thing.changed", Subject: subject, Revision: 1, Actor: event.Actor{Kind: event.System}})
			}
			if err := add("a"); err != nil {
				return err
			}
			err := tx.Update(ctx, func(context.Context, *store.Tx) error {
				return errors.Join(add("b"), refused)
			})
			if !errors.Is(err, refused) {
				return err
			}
			return errors.Join(add("c"), add("d"))
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		es, err := l.Since(t.Context(), db, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, e := range es {
			if got += e.Subject; e.Position != int64(i+1) {
				t.Errorf("%s has position %d, want %d", e.Subject, e.Position, i+1)
			}
		}
		if got != "zacd" {
			t.Errorf("the log tells of %s, want zacd", got)
		}
	})
}

func TestOneEventForARevision(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		say(t, db, l, "a", 1)
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return l.Append(ctx, tx, &event.Event{Type: "thing.changed", Subject: "a", Revision: 1, Actor: event.Actor{Kind: event.System}})
		})
		if !errors.Is(err, store.ErrExists) && !errors.Is(err, store.ErrConflict) { // where it is found at commit
			t.Errorf("a second event for one revision: %v", err)
		}
	})
}

func TestProjectionParksAlone(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		broken := true
		l.Project("tally", func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
			for _, e := range es {
				if broken && e.Revision == 37 {
					panic("37 is too much")
				}
			}
			return count(ctx, tx, es)
		})
		var want []int64
		for rev := int64(1); rev <= 100; rev++ {
			say(t, db, l, "a", rev)
			if rev != 37 {
				want = append(want, rev)
			}
		}
		step(t, l)
		wantRevs(t, seen(t, db, "a"), want...)
		ps, _, err := l.ParkedEvents(t.Context(), "", 10)
		if err != nil || len(ps) != 1 || ps[0].From != 37 {
			t.Fatalf("parked: %v, %v", ps, err)
		}
		if err := l.Retry(t.Context(), ps[0].ID); err == nil {
			t.Error("retry of what still fails gave no error")
		}
		broken = false
		if err := l.Retry(t.Context(), ps[0].ID); err != nil {
			t.Fatal(err)
		}
		wantRevs(t, seen(t, db, "a"), append(want, 37)...)
		if lags, err := l.Lags(t.Context()); err != nil || lags[0].Incomplete || lags[0].Events != 0 {
			t.Errorf("after the retry: %+v, %v", lags, err)
		}
	})
}

func TestReactorParksTheSubject(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		broken := true
		l.React("tally", 3, func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
			for _, e := range es {
				if broken && e.Subject == "bad" && e.Revision == 2 {
					return errors.New("not this one")
				}
			}
			return count(ctx, tx, es)
		})
		for rev := int64(1); rev <= 4; rev++ {
			say(t, db, l, "bad", rev)
			say(t, db, l, "good", rev)
		}
		step(t, l)
		say(t, db, l, "bad", 5)
		step(t, l)
		wantRevs(t, seen(t, db, "good"), 1, 2, 3, 4)
		wantRevs(t, seen(t, db, "bad"), 1)
		broken = false
		if err := l.Retry(t.Context(), "tally/bad"); err != nil {
			t.Fatal(err)
		}
		say(t, db, l, "bad", 6)
		step(t, l)
		wantRevs(t, seen(t, db, "bad"), 1, 2, 3, 4, 5, 6)
	})
}

func TestDropGoesOnBehind(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		l.React("tally", 1, func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
			if es[0].Revision == 1 {
				return errors.New("not this one")
			}
			return count(ctx, tx, es)
		})
		say(t, db, l, "a", 1)
		step(t, l)
		say(t, db, l, "a", 2)
		step(t, l)
		if err := l.Drop(t.Context(), "tally/a"); err != nil {
			t.Fatal(err)
		}
		wantRevs(t, seen(t, db, "a"), 2)
	})
}

// TestTailAfterRun has events come when nobody reads the log for live readers any more:
// what is in the store is told all the same.
func TestTailAfterRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, l := open(t, memstore.New())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		synctest.Wait()
		stop()
		<-ended
		say(t, db, l, "a", 1)
		for e, err := range l.Tail(t.Context(), 0) {
			if err != nil || e.Position != 1 {
				t.Errorf("the first is %+v, %v", e, err)
			}
			break
		}
	})
}

func TestTailResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, l := open(t, memstore.New())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		for rev := int64(1); rev <= 3; rev++ {
			say(t, db, l, "a", rev)
		}
		heard := make(chan int64, 5000)
		tail, end := context.WithCancel(ctx)
		go func() {
			for e, err := range l.Tail(tail, 1) {
				if err != nil {
					close(heard)
					return
				}
				heard <- e.Position
			}
		}()
		synctest.Wait()
		for rev := int64(4); rev <= 2000; rev++ { // more than memory holds
			say(t, db, l, "a", rev)
		}
		synctest.Wait()
		end()
		next := int64(2)
		for p := range heard {
			if p != next {
				t.Fatalf("heard %d, want %d", p, next)
			}
			next++
		}
		if next != 2001 {
			t.Errorf("the tail ended before %d", next)
		}
		for _, err := range l.Tail(ctx, 9999) {
			if !errors.Is(err, event.ErrGone) {
				t.Errorf("a position ahead of the log: %v", err)
			}
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestWatchHearsItsTopics(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		step(t, l)
		w, other := l.Watch("a"), l.Watch("b")
		defer w.Stop()
		defer other.Stop()
		say(t, db, l, "a", 1)
		step(t, l)
		select {
		case <-w.C():
		default:
			t.Error("the watch of a heard nothing")
		}
		select {
		case <-other.C():
			t.Error("the watch of b heard of a")
		default:
		}
	})
}

func TestIDsGrow(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	seed := rand.NewChaCha8([32]byte{1})
	ids := event.NewIDs(func() time.Time { return now }, seed)
	last := ""
	for i := range 10_000 {
		if i == 5_000 {
			now = now.Add(-time.Hour) // the clock steps back
		}
		id := ids.New()
		if id <= last || len(id) != 36 || id[14] != '7' {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func ExampleLog_Project() {
	ctx := context.Background()
	db, err := store.Open(ctx, memstore.New(), nil, event.Collections()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	log := event.NewLog(db, nil)
	var names bytes.Buffer
	log.Project("names", func(_ context.Context, _ *store.Tx, es []*event.Event) error {
		for _, e := range es {
			fmt.Fprintln(&names, e.Position, e.Type, e.Actor)
		}
		return nil
	})
	err = db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		return log.Append(ctx, tx, &event.Event{Type: "ticket.created", Subject: "t1", Revision: 1, Actor: event.Actor{Kind: event.EndUser, ID: "u1"}})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := log.Step(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Print(names.String())
	// Output: 1 ticket.created end_user:u1
}

// What happens because of something says so, and how long the chain is.
func TestBecause(t *testing.T) {
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		why := event.Cause{Event: "first", Depth: 2, Reason: "rule 7"}
		plain := func(revision int64) *event.Event {
			return &event.Event{Type: "thing.changed", Subject: "s", Revision: revision, Actor: event.Actor{Kind: event.System}}
		}
		own, reasoned := plain(2), plain(3)
		own.Cause, own.Depth = "other", 1
		reasoned.Reason = "because"
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return l.Append(event.Because(ctx, why), tx, plain(1), own, reasoned)
		})
		if err != nil {
			t.Fatal(err)
		}
		es, _, err := l.History(t.Context(), db, "s", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []event.Cause{why, {Event: "other", Depth: 1}, {Event: "first", Depth: 2, Reason: "because"}} {
			if got := (event.Cause{Event: es[i].Cause, Depth: es[i].Depth, Reason: es[i].Reason}); got != want {
				t.Errorf("event %d: %+v, want %+v", i, got, want)
			}
		}
	})
}
