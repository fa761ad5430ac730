package event_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"pgregory.net/rapid"
)

// eachShared runs a test on stores that several processes share: connect returns
// the store as another process has it.
func eachShared(t *testing.T, f func(t *testing.T, connect func() driver.Store)) {
	t.Run("shared", func(t *testing.T) {
		t.Parallel()
		s := sharedtest.New()
		f(t, func() driver.Store { return s.Connect() })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		pool, schema := pgtest.Schema(t)
		f(t, func() driver.Store { return pgstore.New(pool, &pgstore.Options{Schema: schema}) })
	})
}

// process is one of several on a store.
type process struct {
	db *store.DB
	l  *event.Log
}

func connect(t testing.TB, d driver.Store, o *event.Options) process {
	t.Helper()
	db, err := store.Open(t.Context(), d, nil, append(event.Collections(), tallies, crashTallies)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return process{db, event.NewLog(db, o)}
}

// change puts a subject and appends n events of its new revision.
func (p process) change(ctx context.Context, subject string, n int) error {
	return p.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		d, err := crashTallies.Get(ctx, tx, "made-"+subject)
		if errors.Is(err, store.ErrNotFound) {
			d, err = &crashTally{ID: "made-" + subject}, nil
		}
		if err != nil {
			return err
		}
		d.Count += int64(n)
		if err := crashTallies.Put(ctx, tx, d); err != nil {
			if errors.Is(err, store.ErrExists) {
				return store.ErrConflict
			}
			return err
		}
		es := make([]*event.Event, n)
		for i := range es {
			es[i] = &event.Event{Type: "thing.changed", Subject: subject, Revision: int64(d.Rev), Actor: event.Actor{Kind: event.System}}
		}
		return p.l.Append(ctx, tx, es...)
	})
}

// wantLog reads the log, which must be dense and in each subject's order, and
// returns how many events there are.
func wantLog(t interface {
	Errorf(string, ...any)
	Fatal(...any)
}, p process) (n int64) {
	ctx := context.Background()
	last := map[string]*event.Event{}
	for {
		es, err := p.l.Since(ctx, p.db, n, 200)
		if err != nil {
			t.Fatal(err)
		}
		if len(es) == 0 {
			return n
		}
		for _, e := range es {
			if n++; e.Position != n {
				t.Errorf("position %d comes where %d should", e.Position, n)
			}
			want := [2]int64{1, 0}
			if was := last[e.Subject]; was != nil {
				want = [2]int64{was.Revision, int64(was.Ordinal) + 1}
				if e.Revision > was.Revision {
					want = [2]int64{was.Revision + 1, 0}
				}
			}
			if got := [2]int64{e.Revision, int64(e.Ordinal)}; got != want {
				t.Errorf("position %d is %s at %v, want %v", n, e.Subject, got, want)
			}
			last[e.Subject] = e
		}
	}
}

// Sequencers of several processes at once, beside many writers whose clocks differ,
// give each event one position, leave no hole, and keep each subject's order.
func TestSequencersTogether(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, open func() driver.Store) {
		const processes, writers, changes, subjects = 3, 4, 60, 9
		var writing, placing sync.WaitGroup
		done := make(chan struct{})
		var ps []process
		for i := range processes {
			skew := time.Duration(i) * time.Minute
			p := connect(t, open(), &event.Options{Now: func() time.Time { return time.Now().Add(skew) }})
			ps = append(ps, p)
			for range writers {
				writing.Go(func() {
					for range changes {
						if err := p.change(t.Context(), fmt.Sprint("s", rand.IntN(subjects)), 1+rand.IntN(3)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			placing.Go(func() {
				for ended := false; !ended; {
					select {
					case <-done:
						ended = true // once more, for what came last
					default:
					}
					// Small pages, so that walks are at different places.
					for walk, over := p.l.NewPass(1+rand.IntN(6)), false; !over; {
						var err error
						if over, err = walk.Page(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		writing.Wait()
		close(done)
		placing.Wait()
		made := int64(0)
		for i := range subjects {
			made += count1(t, ps[0].db, fmt.Sprint("made-s", i))
		}
		if n := wantLog(t, ps[1]); n != made {
			t.Errorf("the log holds %d events, want %d", n, made)
		}
	})
}

func count1(t *testing.T, db *store.DB, id string) (n int64) {
	t.Helper()
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c, err := crashTallies.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			n = c.Count
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Walks with small pages, begun and gone on with in any order while events are
// appended, keep the log dense and in order; and what had no position when a walk
// began has one when it is over.
func TestSequenceProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := sharedtest.New()
		var ps []process
		now := time.Unix(1e9, 0)
		for range 2 {
			p := connect(t, s.Connect(), &event.Options{Now: func() time.Time {
				return now.Add(time.Duration(rapid.IntRange(-5, 5).Draw(rt, "skew")) * time.Second)
			}})
			ps = append(ps, p)
		}
		type walk struct {
			*event.Pass
			before int64 // events that there were
		}
		var walks []walk
		made := int64(0)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			p := ps[rapid.IntRange(0, 1).Draw(rt, "process")]
			switch what := rapid.IntRange(0, 5).Draw(rt, "what"); {
			case what < 3:
				n := rapid.IntRange(1, 4).Draw(rt, "events")
				if err := p.change(t.Context(), rapid.SampledFrom([]string{"a", "a!", "b", "c", "zz"}).Draw(rt, "subject"), n); err != nil {
					rt.Fatal(err)
				}
				now = now.Add(time.Second)
				made += int64(n)
			case what == 3 || len(walks) == 0:
				walks = append(walks, walk{p.l.NewPass(rapid.IntRange(1, 5).Draw(rt, "size")), made})
			default:
				i := rapid.IntRange(0, len(walks)-1).Draw(rt, "walk")
				over, err := walks[i].Page(t.Context())
				if err != nil {
					rt.Fatal(err)
				}
				n := wantLog(rt, p)
				if over && n < walks[i].before {
					rt.Errorf("a walk that began with %d events has left some: %d have positions", walks[i].before, n)
				}
				if over {
					walks = append(walks[:i], walks[i+1:]...)
				}
			}
		}
		if _, err := ps[0].l.Sequence(t.Context()); err != nil {
			rt.Fatal(err)
		}
		if n := wantLog(rt, ps[1]); n != made {
			rt.Errorf("%d events have positions, want %d", n, made)
		}
	})
}

// A walk ends although new subjects come behind those that are left, as fast as it
// goes: so the next one begins, and the first subjects don't wait for ever.
func TestWalkEnds(t *testing.T) {
	t.Parallel()
	p := connect(t, sharedtest.New(), nil)
	for i := range 5 {
		say(t, p.db, p.l, fmt.Sprintf("%03d", i), 1)
	}
	walk := p.l.NewPass(1)
	for i := 5; ; i++ {
		over, err := walk.Page(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if over {
			break
		}
		if i == 20 {
			t.Fatal("the walk runs after new subjects without end")
		}
		say(t, p.db, p.l, fmt.Sprintf("%03d", i), 1)
	}
}

// What has been appended can be placed: what is too large for that is refused.
func TestLargestEvent(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d driver.Store) {
		db, l := open(t, d)
		largest := 0
		for size, rev := 1<<20, int64(1); size > 0; size /= 2 {
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return l.Append(ctx, tx, &event.Event{Type: "thing.changed", Subject: "a", Revision: rev, Actor: event.Actor{Kind: event.System}, Facts: make([]byte, largest+size)})
			})
			if err == nil {
				largest += size
				rev++
			} else if !errors.Is(err, store.ErrTooLarge) {
				t.Fatal(err)
			}
		}
		if _, err := l.Sequence(t.Context()); err != nil || largest < 1<<19 {
			t.Errorf("events of %d bytes can't be placed: %v", largest, err)
		}
	})
}

// A copied log goes on behind its highest position, whatever the head document says.
func TestSequenceGoesOn(t *testing.T) {
	t.Parallel()
	p := connect(t, sharedtest.New(), nil)
	err := p.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return p.l.Append(ctx, tx, &event.Event{Type: "thing.changed", Subject: "a", Revision: 1, Position: 41, Actor: event.Actor{Kind: event.System}})
	})
	if err != nil {
		t.Fatal(err)
	}
	say(t, p.db, p.l, "a", 2)
	if n, err := p.l.Sequence(t.Context()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if head, err := p.l.Head(t.Context()); err != nil || head != 42 {
		t.Errorf("the next position is %d, want 42; %v", head, err)
	}
}
