package automation_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store/boltstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// counting counts transactions.
type counting struct {
	driver.Store
	n atomic.Int64
}

func (c *counting) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	c.n.Add(1)
	return c.Store.Begin(ctx, write)
}

// live runs parts of a desk until stop is called.
func live(t testing.TB, parts ...func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("background work ended: %v", err)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// bubbles runs a test on the stores that work in a bubble of synctest, by its clock.
func bubbles(t *testing.T, f func(t *testing.T, d *desk, counted *counting)) {
	for name, over := range map[string]func(t *testing.T) driver.Store{
		"memory": func(*testing.T) driver.Store { return memstore.New() },
		"bbolt": func(t *testing.T) driver.Store {
			s, err := boltstore.Open(filepath.Join(t.TempDir(), "desk.db"), nil)
			must(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counted := &counting{Store: over(t)}
				d := open(t, counted, nil)
				d.serve(t, time.Now, nil)
				f(t, d, counted)
			})
		})
	}
}

// Between two alarms nothing touches the store, and each goes off within its second.
func TestAlarms(t *testing.T) {
	bubbles(t, func(t *testing.T, d *desk, counted *counting) {
		for i := range 10 {
			d.rule(t, &automation.Rule{ID: fmt.Sprint("r", i), On: after(automation.ClockFirst, time.Duration(i+1)*48*hour), Do: do(tag("late"))})
		}
		d.rule(t, &automation.Rule{ID: "here", On: after(automation.ClockOnline, hour), Do: do(tag("late"))})
		stop := live(t, d.events.Run, d.rules.Run)
		defer stop()
		asked := time.Now()
		var ids []string
		for range 20 {
			ids = append(ids, d.ask(t).ID)
		}
		time.Sleep(minute)
		synctest.Wait()
		before := counted.n.Load()
		time.Sleep(47 * hour)
		synctest.Wait()
		if n := counted.n.Load() - before; n != 0 {
			t.Errorf("%d transactions in 47 idle hours", n)
		}
		time.Sleep(time.Until(asked.Add(48*hour)) - time.Millisecond)
		synctest.Wait()
		if n := len(d.ran(t, ids[0])); n != 0 {
			t.Errorf("%d ran too early", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, id := range ids {
			page, _, err := d.rules.RunsOf(t.Context(), admin, id, "", 10)
			must(t, err)
			if len(page) != 1 || page[0].Time.Sub(asked) < 48*hour || page[0].Time.Sub(asked) > 48*hour+time.Second {
				t.Errorf("%d ran, %+v", len(page), page)
			}
		}
		// An earlier one wakes who waits for a later one.
		asked = time.Now()
		d.rule(t, &automation.Rule{ID: "soon", On: after(automation.ClockUnchanged, minute), Do: do(tag("vip"))})
		id := d.ask(t).ID
		time.Sleep(minute + time.Second)
		synctest.Wait()
		if page, _, err := d.rules.RunsOf(t.Context(), admin, id, "", 10); err != nil || len(page) != 1 || page[0].Time.Sub(asked) > minute+time.Second {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

// Processes that share a store share what is due, and run each rule once.
func TestProcessesShareAlarms(t *testing.T) {
	t.Parallel()
	one, other := processes(t)

	for _, id := range []string{"a", "b", "c"} {
		one.rule(t, &automation.Rule{ID: id, On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
	}
	n := max(150, fewer(300))
	var ids []string
	for range n {
		ids = append(ids, one.ask(t).ID)
	}
	one.settle(t)
	one.clock.forward(2 * hour)
	var wg sync.WaitGroup
	var did [2]int
	for i, d := range []*desk{one, other} {
		wg.Go(func() {
			for tries := 0; tries < 50; tries++ {
				k, err := d.rules.Step(context.WithoutCancel(t.Context()))
				if err != nil {
					t.Error(err)
				}
				did[i] += k
			}
		})
	}
	wg.Wait()
	if did[0] == 0 || did[1] == 0 || did[0]+did[1] != n {
		t.Errorf("they dealt with %v of %d", did, n)
	}
	one.settle(t)
	for _, id := range ids {
		one.wants(t, id, "a@120", "b@120", "c@120")
	}
}
