package event_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
)

// counting adds a projection and a reactor that count each subject's events.
func (p process) counting(bad *atomic.Bool) {
	count := func(name string) event.Func {
		return func(ctx context.Context, tx *store.Tx, es []*event.Event) error {
			for _, e := range es {
				subject := e.Subject
				if bad.Load() && e.Subject == "s0" && e.Revision == 3 {
					return errors.New("not this one")
				}
				if name == "projected-" {
					e = nil // what is given again comes late
				}
				if err := bump(ctx, tx, name+subject, e); err != nil {
					return err
				}
			}
			return nil
		}
	}
	p.l.React("react", 3, count("reacted-"))
	p.l.Project("count", count("projected-"))
}

// run runs the log and the store's background work until stop is called.
func (p process) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{p.l.Run, p.db.Run} {
		wg.Go(func() {
			if err := run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Run ended with %v", err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// await returns when a condition holds, which is looked at again and again.
func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(5 * time.Minute)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Consumers that run in several processes, one of which stops on the way and one of
// which joins late, take each event once and in order; parking, too, happens once.
func TestConsumersOfManyProcesses(t *testing.T) {
	t.Parallel()
	eachShared(t, func(t *testing.T, open func() driver.Store) {
		const subjects, changes = 7, 80
		var bad atomic.Bool
		bad.Store(true)
		start := func() (process, func()) {
			p := connect(t, open(), nil)
			p.counting(&bad)
			return p, p.run(t)
		}
		first, stop := start()
		second, _ := start()
		var wg sync.WaitGroup
		for _, p := range []process{first, second} {
			wg.Go(func() {
				for i := range changes {
					// The first ones make sure that what can't be taken is there.
					s := rand.IntN(subjects)
					if i < 3 {
						s = 0
					}
					if err := p.change(t.Context(), fmt.Sprint("s", s), 1); err != nil {
						t.Error(err)
					}
					if i == changes/2 && p == first {
						stop()
					}
				}
			})
		}
		wg.Wait()
		third, _ := start()
		const made = 2 * changes
		var ps []*event.Parked
		await(t, "two consumers park", func() bool {
			var err error
			if ps, _, err = third.l.ParkedEvents(t.Context(), "", 10); err != nil {
				t.Fatal(err)
			}
			return len(ps) == 2
		})
		bad.Store(false)
		for _, p := range ps {
			if err := third.l.Retry(t.Context(), p.ID); err != nil {
				t.Error(err)
			}
		}
		for _, name := range []string{"projected-s", "reacted-s"} {
			await(t, name, func() bool {
				n := int64(0)
				for i := range subjects {
					n += count1(t, third.db, fmt.Sprint(name, i))
				}
				return n >= made
			})
		}
		if n := wantLog(t, third); n != made {
			t.Errorf("the log has %d events, want %d", n, made)
		}
		for i := range subjects {
			want := count1(t, third.db, fmt.Sprint("made-s", i))
			for _, name := range []string{"projected-s", "reacted-s"} {
				if n := count1(t, third.db, fmt.Sprint(name, i)); n != want {
					t.Errorf("%s%d: %d, want %d", name, i, n, want)
				}
			}
		}
	})
}

// Whoever finds a cursor held goes on with other things, and takes over when the
// holder is gone.
func TestHeldCursorIsLeftAndTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharedtest.New()
		hang, stuck := make(chan struct{}), make(chan struct{}, 1)
		tries := &counted{Store: s.Connect()}
		a, b := connect(t, s.Connect(), nil), connect(t, tries, nil)
		a.l.Project("count", func(ctx context.Context, _ *store.Tx, _ []*event.Event) error {
			stuck <- struct{}{}
			<-hang
			return ctx.Err()
		})
		b.l.Project("count", count)
		stopA := a.run(t)
		say(t, a.db, a.l, "a", 1)
		<-stuck // and holds the cursor
		stopB := b.run(t)
		pass(time.Minute)
		wantRevs(t, seen(t, b.db, "a"))
		if n := tries.begun.Load(); n < 200 || n > 2000 {
			t.Errorf("%d transactions in a minute beside the holder", n)
		}
		for i := range int64(3) {
			say(t, b.db, b.l, "b", i+1)
		}
		go func() { <-time.After(time.Second); close(hang) }()
		stopA()
		pass(time.Second)
		wantRevs(t, seen(t, b.db, "a"), 1)
		wantRevs(t, seen(t, b.db, "b"), 1, 2, 3)
		stopB()
	})
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// What happens in one process reaches those who listen in another one at once where
// the store wakes it, and within seconds elsewhere; nobody is woken for nothing.
func TestOtherProcessesHear(t *testing.T) {
	for name, tt := range map[string]struct {
		deaf, quiet bool // no wakes; the writer doesn't run
		within      time.Duration
	}{
		"woken":                       {false, false, 250 * time.Millisecond},
		"by a process that only asks": {false, true, 1500 * time.Millisecond},
		"by looking":                  {true, false, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sharedtest.New()
				a, b := connect(t, s.Connect(), nil), connect(t, s.Connect(), nil)
				b.l.React("tally", 2, count)
				if tt.deaf {
					s.Deafen()
				}
				stopA := func() {}
				if !tt.quiet {
					stopA = a.run(t)
				}
				stopB := b.run(t)
				heard := make(chan *event.Event, 1)
				tail, end := context.WithCancel(t.Context())
				go func() {
					for e, err := range b.l.Tail(tail, 0) {
						if err == nil {
							heard <- e
						}
					}
				}()
				pass(time.Minute)
				sent, start := s.Wakes(), time.Now()
				say(t, a.db, a.l, "a", 1)
				<-heard
				if d := time.Since(start); d > tt.within {
					t.Errorf("a reader hears it after %v, want %v", d, tt.within)
				}
				pass(tt.within)
				wantRevs(t, seen(t, b.db, "a"), 1)
				pass(time.Minute)
				if n := s.Wakes() - sent; n > 2 {
					t.Errorf("one event makes %d wakes", n)
				}
				end()
				stopA()
				stopB()
			})
		})
	}
}

// Consumers that have nothing to do leave the store alone, but for a look now and
// then.
func TestIdleIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: sharedtest.New().Connect()}
		p := connect(t, s, nil)
		p.l.React("react", 10, count)
		p.l.Project("project", func(context.Context, *store.Tx, []*event.Event) error { return nil })
		stop := p.run(t)
		say(t, p.db, p.l, "a", 1)
		pass(time.Minute)
		s.begun.Store(0)
		pass(time.Minute)
		// The sequencer and the hub look each second, eleven consumers each five.
		if n := s.begun.Load(); n > 300 {
			t.Errorf("%d transactions in an idle minute", n)
		}
		stop()
	})
}

// What was read ahead and another process has dealt with meanwhile isn't taken again.
func TestReadAheadIsComparedWithTheCursor(t *testing.T) {
	s := sharedtest.New()
	late := &counted{Store: s.Connect()}
	a, b := connect(t, s.Connect(), nil), connect(t, late, nil)
	for _, p := range []process{a, b} {
		p.l.React("tally", 1, count)
	}
	for i, p := range []process{b, a} { // so that both have met the cursor
		say(t, p.db, p.l, "a", int64(i+1))
		step(t, p.l)
	}
	for i := range int64(3) {
		say(t, a.db, a.l, "a", i+3)
	}
	if _, err := a.l.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	late.first = func() {
		step(t, a.l)
		say(t, a.db, a.l, "a", 6)
	}
	step(t, b.l)
	wantRevs(t, seen(t, b.db, "a"), 1, 2, 3, 4, 5, 6)
}

// counted counts transactions.
type counted struct {
	driver.Store
	begun atomic.Int64
	first func() // is run before the next one that writes
}

// Begin implements driver.Store.
func (c *counted) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	c.begun.Add(1)
	if f := c.first; write && f != nil {
		c.first = nil
		f()
	}
	return c.Store.Begin(ctx, write)
}
