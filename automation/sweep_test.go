package automation_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// dying is a store that fails behind some writing transactions, as if its process died.
type dying struct {
	driver.Store
	left atomic.Int64
}

var errDead = errors.New("the process is dead")

func (s *dying) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	if write && s.left.Add(-1) < 0 {
		return nil, errDead
	}
	return s.Store.Begin(ctx, write)
}

// eachDying runs a test on every back end, on a desk that can die.
func eachDying(t *testing.T, f func(t *testing.T, d *desk, s *dying)) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, over driver.Store) {
		s := &dying{Store: over}
		s.left.Store(1 << 60)
		f(t, open(t, s, nil), s)
	})
}

// step does a few transactions' worth of jobs, and says whether they were enough.
func (s *dying) step(t *testing.T, d *desk, transactions int64) (done bool) {
	t.Helper()
	s.left.Store(transactions)
	for {
		n, err := d.jobs.Step(t.Context())
		if n == 0 || err != nil {
			s.left.Store(1 << 60)
			d.clock.forward(10 * minute) // leases run out
			d.serve(t, d.clock.now, nil)
			return err == nil
		}
	}
}

// A new rule finds all tickets, however often the sweep is killed.
func TestWatchingGoesOn(t *testing.T) {
	eachDying(t, func(t *testing.T, d *desk, s *dying) {
		for range 350 { // more than three pages
			d.ask(t)
		}
		d.drain(t)
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, 48*hour), Do: do(tag("late"))})
		deaths := 0
		for n := int64(1); !s.step(t, d, n); n++ {
			deaths++
		}
		d.wait(t, 48*hour)
		if n := len(d.tagged(t, "late")); n != 350 || deaths < 3 {
			t.Errorf("%d of 350, after %d deaths", n, deaths)
		}
	})
}

// A schedule's rule runs on every ticket once, however often it is killed, and what is due
// by a clock as well.
func TestRunningGoesOn(t *testing.T) {
	eachDying(t, func(t *testing.T, d *desk, s *dying) {
		d.rule(t, &automation.Rule{ID: "noon", On: automation.Trigger{Kind: automation.OnSchedule, Cron: "0 12 * * *"}, Do: do(ticket.Action{Do: ticket.DoLabel, Text: "seen"})})
		d.rule(t, &automation.Rule{ID: "late", On: after(automation.ClockFirst, 3*hour), Do: do(tag("late"))})
		var ids []string
		for range 100 {
			ids = append(ids, d.ask(t).ID)
		}
		d.settle(t)
		d.clock.forward(3*hour + minute)
		deaths := 0
		for n := int64(1); !s.step(t, d, n); n++ {
			deaths++
		}
		for n := int64(0); ; n++ {
			s.left.Store(n)
			if _, err := d.rules.Step(t.Context()); err == nil {
				break
			} else if !errors.Is(err, errDead) {
				t.Fatal(err)
			}
			deaths++
		}
		s.left.Store(1 << 60)
		d.settle(t)
		for _, id := range ids {
			if got := d.ran(t, id); len(got) != 2 {
				t.Errorf("ran %v", got)
			}
		}
		if deaths < 5 {
			t.Errorf("%d deaths", deaths)
		}
	})
}

// sick is a store in which one document can't be read.
type sick struct {
	driver.Store
	key atomic.Pointer[string]
}

type sickTx struct {
	driver.Tx
	s *sick
}

func (s *sick) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	tx, err := s.Store.Begin(ctx, write)
	return &sickTx{tx, s}, err
}

func (tx *sickTx) Get(ctx context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	if bad := tx.s.key.Load(); bad != nil && key == *bad {
		return driver.Doc{}, errors.New("unreadable")
	}
	return tx.Tx.Get(ctx, coll, key, lock)
}

// A ticket on which rules can't be run doesn't stop the others, and is tried again, later
// and later.
func TestBrokenTicketWaits(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, over driver.Store) {
		s := &sick{Store: over}
		d := open(t, s, nil)
		d.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), When: `user.name != "x"`, Do: do(tag("late"))})
		d.rule(t, &automation.Rule{ID: "every", On: automation.Trigger{Kind: automation.OnSchedule, Cron: "0 10 * * *"}, When: `user.name != "x"`, Do: do(ticket.Action{Do: ticket.DoLabel, Text: "seen"})})
		eve := got[*identity.EndUser](t)(d.people.Save(t.Context(), host, identity.Profile{UserID: "bad", Name: "Bad"}))
		a := d.ask(t, func(n *ticket.New) { n.EndUser = eve.ID })
		b := d.ask(t)
		d.settle(t)
		s.key.Store(&eve.ID)
		d.wait(t, hour)
		d.wants(t, b.ID, "every@60", "r@60")
		d.wait(t, 59*time.Second, time.Second) // it fails again
		s.key.Store(nil)
		d.wait(t, 119*time.Second)
		d.wants(t, a.ID)
		d.wait(t, time.Second)
		d.wants(t, a.ID, "r@63")
		d.wait(t, 24*hour)
		d.wants(t, a.ID, "every@1503", "r@63")
	})
}
