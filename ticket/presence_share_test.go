package ticket

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
)

// fast is for tests that would wait otherwise.
func fast() *Presence {
	p := NewPresence()
	p.pace = pace{look: 10 * time.Millisecond, beat: 20 * time.Millisecond, least: time.Millisecond}
	return p
}

// sharers are the presences of two processes on one store, which take each other for dead
// after a time; stop ends one in good order.
func sharers(t *testing.T, lost time.Duration) (a, b *Presence, db *store.DB, stop func()) {
	t.Helper()
	pool, schema := pgtest.Schema(t)
	db, err := store.Open(t.Context(), pgstore.New(pool, &pgstore.Options{Schema: schema}), nil, beats, crowds)
	if err != nil {
		t.Fatal(err)
	}
	a, b = fast(), fast()
	a.pace.lost, b.pace.lost = lost, lost
	var wg sync.WaitGroup
	first, stop := context.WithCancel(context.Background())
	second, end := context.WithCancel(context.Background())
	wg.Go(func() { a.Share(first, db) })
	wg.Go(func() { b.Share(second, db) })
	t.Cleanup(func() {
		stop()
		end()
		wg.Wait()
		db.Close()
	})
	return a, b, db, stop
}

// hear waits for a sign.
func hear(t *testing.T, ear <-chan Live, want Live) {
	t.Helper()
	timeout := time.After(5 * time.Minute)
	for {
		select {
		case got := <-ear:
			if got == want {
				return
			}
		case <-timeout:
			t.Fatalf("nobody hears %+v", want)
		}
	}
}

func TestPresenceIsShared(t *testing.T) {
	t.Parallel()
	a, b, _, stop := sharers(t, time.Hour) // on a slow machine, too, both live
	mira, jonas := event.Actor{Kind: event.Agent, ID: "mira"}, event.Actor{Kind: event.Agent, ID: "jonas"}
	eve := event.Actor{Kind: event.EndUser, ID: "eve"}
	tk := &Ticket{ID: "t", EndUser: "eve"}
	staff, deaf := b.Listen("")
	defer deaf()
	hers, done := b.Listen("eve")
	defer done()

	leave := a.Come(mira)
	hear(t, staff, Live{Actor: mira, Online: true})
	hear(t, hers, Live{Actor: mira, Online: true})
	if !b.Staffed() || !b.Online(mira) {
		t.Error("an agent of another process isn't there")
	}
	a.Come(eve)
	hear(t, staff, Live{Actor: eve, EndUser: "eve", Online: true})
	if !b.Online(eve) {
		t.Error("an end user of another process isn't there")
	}
	again := b.Come(mira) // here, too: nobody hears of that, nor of her leaving one of the two
	a.View(tk, mira)
	hear(t, staff, Live{Ticket: "t", Actor: mira, Viewing: true})
	b.View(tk, jonas)
	if got := b.Viewers("t"); len(got) != 2 {
		t.Errorf("viewers %v", got)
	}
	a.Typing(tk, mira, true)
	hear(t, hers, Live{Ticket: "t", EndUser: "eve", Actor: mira, Typing: true})
	a.Typing(tk, mira, false)
	hear(t, hers, Live{Ticket: "t", EndUser: "eve", Actor: mira})
	leave()
	again()
	hear(t, staff, Live{Actor: mira})
	stop()
	hear(t, staff, Live{Actor: eve, EndUser: "eve"})
	hear(t, staff, Live{Ticket: "t", Actor: mira})
	if b.Online(eve) || b.Staffed() {
		t.Error("who was at a process that ended is there yet")
	}
}

// A process that dies says no farewell: its people are gone once its beat has stood
// still, and so are its documents.
func TestPresenceOfTheDead(t *testing.T) {
	t.Parallel()
	_, b, db, _ := sharers(t, 500*time.Millisecond)
	eve := event.Actor{Kind: event.EndUser, ID: "eve"}
	staff, deaf := b.Listen("")
	defer deaf()
	dead := fast()
	dead.Come(eve)
	s := &sharing{p: dead, db: db, process: "dead", peers: map[string]*peer{}}
	if err := s.say(t.Context()); err != nil {
		t.Fatal(err)
	}
	hear(t, staff, Live{Actor: eve, EndUser: "eve", Online: true})
	hear(t, staff, Live{Actor: eve, EndUser: "eve"})
	// It was only asleep: once it was struck off it finds that out, and begins anew.
	// A beat before that would have it live on.
	for there := true; there; {
		err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := beats.Get(ctx, tx, "dead")
			if there = !errors.Is(err, store.ErrNotFound); there {
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.wrote = time.Time{}
	if err := s.say(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.process == "dead" {
		t.Fatal("a process that was struck off goes on as it was")
	}
	if err := s.say(t.Context()); err != nil {
		t.Fatal(err)
	}
	hear(t, staff, Live{Actor: eve, EndUser: "eve", Online: true})
}

// Who says that he types and goes without a word is forgotten.
func TestTypingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPresence()
		for i := range 100 {
			p.Typing(&Ticket{ID: strconv.Itoa(i), EndUser: "eve"}, event.Actor{Kind: event.EndUser, ID: "eve"}, true)
		}
		time.Sleep(typeTime)
		p.Typing(&Ticket{ID: "a", EndUser: "eve"}, event.Actor{Kind: event.EndUser, ID: "eve"}, true)
		time.Sleep(typeTime)
		p.Typing(&Ticket{ID: "b", EndUser: "eve"}, event.Actor{Kind: event.EndUser, ID: "eve"}, true)
		if n := len(p.types); n > 2 {
			t.Errorf("%d signs of typing are kept", n)
		}
	})
}
