package automation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/internal/pgtest"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/pgstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// processes are the desks of two processes that share a store and a clock.
func processes(t *testing.T) (one, other *desk) {
	t.Helper()
	pool, schema := pgtest.Schema(t)
	over := func() driver.Store { return pgstore.New(pool, &pgstore.Options{Schema: schema}) }
	one = open(t, over(), nil)
	db, err := store.Open(t.Context(), over(), &store.Options{Hooks: []string{queue.Hook().Name}}, collections()...)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	other = &desk{db: db, clock: one.clock, eve: one.eve}
	other.serve(t, one.clock.now, nil)
	return one, other
}

// Two processes at work on one store, while people write and rules change: in the end
// every rule has run whose clock has run out, and none is left behind.
func TestTimeRulesOfTwoProcesses(t *testing.T) {
	t.Parallel()
	one, other := processes(t)
	desks := []*desk{one, other}

	var rules []*automation.Rule
	for i, c := range []automation.Clock{automation.ClockFirst, automation.ClockNext, automation.ClockSilent, automation.ClockUnchanged, automation.ClockQueue} {
		rules = append(rules, one.rule(t, &automation.Rule{ID: fmt.Sprint("r", i), On: after(c, time.Duration(i+1)*5*minute), Overdue: true, Do: do(tag("late"), ticket.Action{Do: ticket.DoTitle, Text: string(c)})}))
	}
	rules = append(rules, one.rule(t, &automation.Rule{ID: "chain", On: when(automation.EventTags), Do: []automation.Action{say("Please wait.")}}))
	var ids []string
	for range 30 {
		ids = append(ids, one.ask(t).ID)
	}
	stop := live(t, one.db.Run, one.events.Run, one.stepJobs, one.rules.Run, other.db.Run, other.events.Run, other.rules.Run)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for ctx.Err() == nil {
				d, id := desks[r.IntN(2)], ids[r.IntN(len(ids))]
				var err error
				switch r.IntN(6) {
				case 0:
					_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: id, Draft: ticket.Draft{Text: "And?"}})
				case 1:
					_, _, err = d.tickets.Reply(ctx, ann, id, ticket.Draft{Text: "Soon."})
				case 2:
					_, err = d.tickets.AssignQueue(ctx, host, id, []string{"billing", "vips"}[r.IntN(2)])
				case 3:
					_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{RemoveTags: []string{"late"}})
				case 4:
					d.clock.forward(minute)
				case 5:
					rule := rules[r.IntN(5)]
					var now *automation.Rule
					if now, err = d.rules.Rule(ctx, admin, rule.ID); err == nil {
						now.Off = !now.Off
						err = d.rules.SaveRule(ctx, admin, now)
					}
				}
				if err != nil && ctx.Err() == nil && !expected(err) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	stop()
	for _, r := range rules[:5] {
		now := got[*automation.Rule](t)(one.rules.Rule(t.Context(), admin, r.ID))
		now.Off, now.Overdue = false, true
		must(t, one.rules.SaveRule(t.Context(), admin, now))
	}
	one.clock.forward(hour) // leases have run out
	for range 10 {
		one.settle(t)
		one.clock.forward(minute)
	}
	one.settle(t)
	ran := 0
	for _, id := range ids {
		ran += len(one.ran(t, id))
		for _, r := range rules[:5] {
			now := got[*automation.Rule](t)(one.rules.Rule(t.Context(), admin, r.ID))
			if x := got[*automation.Explanation](t)(one.rules.Explain(t.Context(), admin, now, id)); x.Would {
				t.Errorf("%s hasn't run on %s: %+v, now %v", r.ID, id, x, one.clock.now())
			}
		}
	}
	t.Logf("%d runs", ran)
}

// stepJobs runs jobs by the clock of the test, which isn't the store's.
func (d *desk) stepJobs(ctx context.Context) error {
	for ctx.Err() == nil {
		if n, err := d.jobs.Step(ctx); n == 0 || err != nil {
			<-time.After(20 * time.Millisecond)
		}
	}
	return ctx.Err()
}

// expected says that somebody else was faster.
func expected(err error) bool {
	for _, e := range []error{store.ErrStale, store.ErrConflict, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Nothing fires on a ticket that somebody is changing at this moment: it is passed over,
// and looked at again when it has changed.
func TestAlarmsPassOverWhoIsAtWork(t *testing.T) {
	t.Parallel()
	one, other := processes(t)
	one.rule(t, &automation.Rule{ID: "r", On: after(automation.ClockFirst, hour), Do: do(tag("late"))})
	answered, left := one.ask(t), one.ask(t)
	one.settle(t)
	one.clock.forward(hour)
	looked := 0 // by all tries of the transaction
	must(t, one.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, _, err := one.tickets.In(tx).Reply(ctx, ann, answered.ID, ticket.Draft{Text: "Just in time."}); err != nil {
			return err
		}
		n, err := other.rules.Step(t.Context())
		looked += n
		return err
	}))
	if looked != 1 {
		t.Errorf("%d tickets were looked at while an agent answers on one of two", looked)
	}
	one.settle(t)
	one.wants(t, left.ID, "r@60")
	one.wants(t, answered.ID)
}
