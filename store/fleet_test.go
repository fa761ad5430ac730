package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
)

// item is a document of two programs: the older one knows no index on its number.
type item struct {
	ID  string
	N   int64
	Rev store.Rev `json:"-"`
}

// items1 declares what the older program knows.
func items1() *store.Collection[item] {
	return &store.Collection[item]{Name: "item", Key: func(i *item) string { return i.ID }, Rev: func(i *item) *store.Rev { return &i.Rev }}
}

// items2 declares the newer form, and an index.
func items2() *store.Collection[item] {
	c := items1()
	c.Version = 2
	c.Upgrades = []store.Upgrade[item]{store.UpgradeFrom(1, func(i *item) (*item, error) { return i, nil })}
	c.Older = store.WriteAs(func(i *item) *item { return i })
	c.Columns = []store.Column[item]{{Name: "n", Kind: store.Int, Of: func(i *item) any { return i.N }}}
	c.Indexes = []store.Index{{Name: "n", On: []string{"n"}}}
	return c
}

// indexed declares the index in the older form.
func indexed() *store.Collection[item] {
	c := items2()
	c.Version, c.Upgrades, c.Older = 1, nil, nil
	return c
}

// program is a process of a fleet.
type program struct {
	t     *testing.T
	p     *sharedtest.Process
	db    *store.DB
	items *store.Collection[item]
	stop  context.CancelFunc
	ended chan error // of Run
}

func launch(t *testing.T, s *sharedtest.Server, c *store.Collection[item]) *program {
	t.Helper()
	p := s.Connect()
	db, err := store.Open(t.Context(), p, nil, c)
	if err != nil {
		t.Fatal(err)
	}
	return &program{t: t, p: p, db: db, items: c}
}

// running is launch, and Run.
func running(t *testing.T, s *sharedtest.Server, c *store.Collection[item]) *program {
	t.Helper()
	p := launch(t, s, c)
	ctx, stop := context.WithCancel(t.Context())
	p.stop, p.ended = stop, make(chan error, 1)
	go func() { p.ended <- p.db.Run(ctx) }()
	t.Cleanup(stop)
	return p
}

// end stops the program in good order.
func (p *program) end() {
	p.t.Helper()
	if p.stop != nil {
		p.stop()
		if err := <-p.ended; !errors.Is(err, context.Canceled) {
			p.t.Errorf("Run ended with %v", err)
		}
	}
	if err := p.db.Close(); err != nil {
		p.t.Error(err)
	}
}

func (p *program) put(id string, n int64) error {
	return p.db.Update(p.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return p.items.Put(ctx, tx, &item{ID: id, N: n})
	})
}

// find asks the index.
func (p *program) find() (ids string, err error) {
	err = p.db.View(p.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i, err := range p.items.All(ctx, tx, store.By("n")) {
			if err != nil {
				return err
			}
			ids += i.ID
		}
		return nil
	})
	return ids, err
}

func (p *program) finds(want string, wantErr error) {
	p.t.Helper()
	if ids, err := p.find(); ids != want || !errors.Is(err, wantErr) {
		p.t.Errorf("the index finds %q, %v; want %q, %v", ids, err, want, wantErr)
	}
}

// form is the one in which a document is stored.
func (p *program) form(id string) int {
	p.t.Helper()
	tx, err := p.p.Begin(p.t.Context(), false)
	if err != nil {
		p.t.Fatal(err)
	}
	defer tx.Rollback(p.t.Context())
	d, err := tx.Get(p.t.Context(), "item", id, driver.None)
	if err != nil {
		p.t.Fatal(err)
	}
	return d.Version
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pass lets simulated time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// While an older program runs, the newer one writes its form and fills no index.
// It goes on when the older one has ended, or is dead.
func TestRollingUpgrade(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func(old *program)
		wait time.Duration
	}{
		"ended":  {(*program).end, 11 * time.Second},
		"killed": {func(old *program) { old.p.Close() }, 56 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sharedtest.New()
				old := running(t, s, items1())
				must(t, old.put("a", 3))
				now := running(t, s, items2())
				must(t, now.put("b", 2))
				pass(5 * time.Minute)
				must(t, old.put("c", 1))
				must(t, now.put("d", 0))
				now.finds("", store.ErrIndexBuilding)
				if f := now.form("d"); f != 1 {
					t.Errorf("beside an older program form %d is written", f)
				}
				tt.end(old)
				if name == "killed" {
					pass(30 * time.Second)
					now.finds("", store.ErrIndexBuilding)
				}
				pass(tt.wait)
				now.finds("dcba", nil)
				must(t, now.put("e", 9))
				if f := now.form("e"); f != 2 {
					t.Errorf("once the older program is gone form %d is written", f)
				}
				if _, err := store.Open(t.Context(), s.Connect(), nil, items1()); !errors.Is(err, store.ErrNewer) {
					t.Errorf("the older program opens: %v", err)
				}
				now.end()
			})
		})
	}
}

// An index isn't trusted while a program runs that doesn't know it, and is built
// anew afterwards.
func TestOlderProgramComesBack(t *testing.T) {
	for name, lost := range map[string]bool{"woken": false, "by looking": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := sharedtest.New()
				now := running(t, s, indexed())
				must(t, now.put("a", 3))
				now.finds("a", nil)
				wait := time.Second
				if lost {
					s.Deafen()
					wait = 10 * time.Second
				}
				pass(wait)
				old := running(t, s, items1())
				pass(wait)
				now.finds("", store.ErrIndexBuilding)
				must(t, old.put("b", 2))
				pass(time.Minute)
				now.finds("", store.ErrIndexBuilding)
				old.end()
				pass(11 * time.Second)
				now.finds("ba", nil)
				now.end()
			})
		})
	}
}

// A process that nobody runs is struck off after a while. What it writes then it
// writes as one that has just been opened.
func TestSleeperEntersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharedtest.New()
		old, sleeper := launch(t, s, items1()), launch(t, s, items1())
		now := running(t, s, indexed())
		for range 10 {
			must(t, old.put(fmt.Sprint(time.Now().UnixNano()), 0)) // writing is showing, too
			pass(15 * time.Second)
			now.finds("", store.ErrIndexBuilding)
		}
		old.end()
		pass(11 * time.Second)
		if ids, err := now.find(); ids == "" || err != nil {
			t.Errorf("without the sleeper the index is %q, %v", ids, err)
		}
		must(t, sleeper.put("late", 1))
		pass(time.Second)
		now.finds("", store.ErrIndexBuilding)
		must(t, now.db.Raise(t.Context()))
		now.end()

		next := running(t, s, items2())
		pass(2 * time.Minute)
		if err := sleeper.put("later", 1); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a program that is too old writes: %v", err)
		}
		next.end()
	})
}

// A process whose program has become too old stops running.
func TestRunEndsWhenTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharedtest.New()
		old := running(t, s, items1())
		now := launch(t, s, items2())
		must(t, now.db.Raise(t.Context()))
		pass(11 * time.Second)
		if err := <-old.ended; !errors.Is(err, store.ErrNewer) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// Several processes that build an index at once, while others write, build it once.
func TestBackfillTogether(t *testing.T) {
	t.Parallel()
	s := sharedtest.New()
	old := launch(t, s, items1())
	const n = 2000
	must(t, old.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			if err := old.items.Put(ctx, tx, &item{ID: fmt.Sprintf("%05d", i), N: int64(i)}); err != nil {
				return err
			}
		}
		return nil
	}))
	old.end()
	var wg sync.WaitGroup
	var last *program
	for i := range 3 {
		p := launch(t, s, indexed())
		wg.Go(func() {
			if err := p.db.Backfill(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			for k := range 100 {
				if err := p.put(fmt.Sprintf("%05d-%d-%d", k*n/100, i, k), n); err != nil {
					t.Error(err)
				}
			}
		})
		last = p
	}
	wg.Wait()
	seen := map[string]bool{}
	must(t, last.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for i, err := range last.items.All(ctx, tx, store.By("n")) {
			if err != nil {
				return err
			}
			if seen[i.ID] {
				t.Errorf("%s is there twice", i.ID)
			}
			seen[i.ID] = true
		}
		return nil
	}))
	if len(seen) != n+300 {
		t.Errorf("the index finds %d, want %d", len(seen), n+300)
	}
}
