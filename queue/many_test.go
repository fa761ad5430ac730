package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Many pages of tickets move, also where the process ends between them: what has moved
// isn't moved again.
func TestManyMove(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	d.queue(t, "a")
	d.set(t, "ann", queue.Available, "")
	var waiting, anns []*ticket.Ticket
	for range 230 {
		waiting = append(waiting, d.ask(t, "a"))
		anns = append(anns, d.held(t, "a", "ann"))
	}
	must(t, d.queues.Delete(t.Context(), host, "a"))
	got[*queue.Availability](t)(d.queues.EndShift(t.Context(), host, "ann"))
	d.step(t)
	for _, tk := range append(waiting, anns...) {
		now := d.get(t, tk.ID)
		if now.Queue != "default" || now.Assignee != no {
			t.Fatalf("%v has ticket %d, in queue %q", now.Assignee, now.Number, now.Queue)
		}
	}
	assigned := map[string]int{}
	for _, tk := range anns {
		for _, e := range d.happened(t, tk.ID) {
			if e.Reason != "" {
				assigned[e.Reason]++
			}
		}
	}
	if assigned["end of shift"] != 230 || assigned["queue Queue a was deleted"] != 230 {
		t.Errorf("%v", assigned)
	}
}

// What lists didn't know yet, when a queue was deleted, is found a minute later; what waits
// there is found at once.
func TestDeleteLooksAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "a")
		d.step(t)
		held, waits := d.held(t, "a", "ann"), d.ask(t, "a")
		must(t, d.queues.Delete(t.Context(), host, "a"))
		for {
			n, err := d.jobs.Step(t.Context()) // before any list has heard of it
			must(t, err)
			if n == 0 {
				break
			}
		}
		if d.get(t, held.ID).Queue != "a" {
			t.Error("a list knew of it at once")
		}
		if d.get(t, waits.ID).Queue != "default" {
			t.Error("one that waits isn't found at once")
		}
		d.step(t)
		d.clock.forward(time.Minute)
		d.step(t)
		if now := d.get(t, held.ID); now.Queue != "default" || now.Assignee != ann {
			t.Errorf("%v has it, in queue %q", now.Assignee, now.Queue)
		}
	})
}

// One ticket that can't be moved keeps none of the others, and is tried again.
func TestOneThatCantMove(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		stuck := ""
		d := openHooked(t, s, ticket.Hook{Name: "stuck", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
			if c.After.ID == stuck {
				return errors.New("not now")
			}
			return nil
		}})
		d.queue(t, "a")
		first, second := d.held(t, "a", "ann"), d.held(t, "a", "ann")
		stuck = first.ID
		got[*queue.Availability](t)(d.queues.Return(t.Context(), host, "ann"))
		must(t, d.queues.Delete(t.Context(), host, "a"))
		d.step(t)
		d.has(t, ann, first)
		d.has(t, no, second)
		if d.get(t, second.ID).Queue != "default" {
			t.Error("the other one stays, too")
		}
		stuck = ""
		d.clock.forward(time.Hour)
		d.step(t)
		d.has(t, no, first)
		if d.get(t, first.ID).Queue != "default" {
			t.Error("it isn't tried again")
		}
	})
}

// Moves are for bulk changes and macros, too.
func TestMovesInBulk(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "a")
		d.set(t, "ann", queue.Available, "")
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		ids := []string{d.held(t, "a", "bob").ID, d.held(t, "a", "bob").ID}
		all := func(as ...ticket.Action) (ts []*ticket.Ticket) {
			t.Helper()
			rs, err := d.tickets.Bulk(t.Context(), host, ids, as...)
			must(t, err)
			for _, r := range rs {
				must(t, r.Err)
				ts = append(ts, d.get(t, r.ID))
			}
			return ts
		}
		ts := all(ticket.Action{Do: ticket.DoAssignAvailable, To: "ann", Else: "a"})
		if ts[0].Assignee != ann || ts[1].Assignee != no || ts[1].Queue != "a" {
			t.Errorf("within a limit of 1 they went to %v and %v", ts[0].Assignee, ts[1].Assignee)
		}
		for _, c := range []struct {
			do    ticket.Action
			queue string
		}{{ticket.Action{Do: ticket.DoReturn}, "a"}, {ticket.Action{Do: ticket.DoUnassignDefault}, "default"}, {ticket.Action{Do: ticket.DoEscalate, To: "a"}, "a"}} {
			for _, tk := range all(c.do) {
				if tk.Assignee != (event.Actor{}) || tk.Queue != c.queue {
					t.Errorf("after %s %v has it, in queue %q", c.do.Do, tk.Assignee, tk.Queue)
				}
			}
		}
	})
}

// CanTake is what a rule asks: availability, groups, skills, and the limits of desk, team,
// agent and queue, by the weight of the channel.
func TestCanTake(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a", func(q *queue.Queue) {
			q.Groups, q.Needs, q.Limit = []queue.Eligible{{Group: "billing"}}, []string{"language"}, 2
		})
		tk := d.ask(t, "a")
		can := func(agent string) (ok bool) {
			t.Helper()
			must(t, d.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				a, err := d.people.In(tx).Agent(ctx, agent)
				must(t, err)
				now, err := d.tickets.In(tx).Get(ctx, host, tk.ID)
				must(t, err)
				ok, err = queue.CanTake(ctx, tx, a, now)
				return err
			}))
			return ok
		}
		expect := func(why string, want bool, agent string) {
			t.Helper()
			if can(agent) != want {
				t.Errorf("%s: %s can take it: %v", why, agent, !want)
			}
		}
		expect("offline", false, "ann")
		for _, agent := range []string{"ann", "bob"} {
			d.set(t, agent, queue.Available, "")
			must(t, d.queues.SaveWorker(ctx, host, &queue.Worker{Agent: agent, Skills: []string{"language=en"}}))
		}
		expect("free", true, "ann")
		expect("in no group of it", false, "bob")
		d.worker(t, "ann", func(w *queue.Worker) { w.Skills = []string{"language=de"} })
		expect("without the skill", false, "ann")
		d.worker(t, "ann", func(w *queue.Worker) { w.Skills = []string{"language=de", "language=en"} })
		one := d.held(t, "a", "ann")
		expect("with one of two", true, "ann")
		d.held(t, "a", "ann")
		expect("with two of two", false, "ann")
		got[*ticket.Ticket](t)(d.tickets.Resolve(ctx, host, one.ID))
		expect("with one again", true, "ann")
		d.worker(t, "ann", func(w *queue.Worker) { w.Limit = 1 })
		expect("at his own limit", false, "ann")
		d.worker(t, "ann", func(w *queue.Worker) { w.Limit = 0 })
		d.settings(t, func(s *queue.Settings) { s.Limit = 1 })
		expect("at the desk's limit", false, "ann")
		d.settings(t, func(s *queue.Settings) { s.Weights = []queue.Weight{{Channel: "webchat", Weight: 0.5}} })
		expect("by weight below it", true, "ann")
		d.settings(t, func(s *queue.Settings) { s.Limit, s.Teams = 0, []queue.TeamLimit{{Team: "crew", Limit: 0.5}} })
		expect("at the team's limit", false, "ann")
		d.settings(t, func(s *queue.Settings) { s.Teams = nil })
		d.set(t, "ann", queue.Away, "")
		expect("away", false, "ann")

	})
}

func (d *desk) worker(t testing.TB, agent string, change func(w *queue.Worker)) {
	t.Helper()
	w := got[*queue.Worker](t)(d.queues.Worker(t.Context(), agent))
	change(w)
	must(t, d.queues.SaveWorker(t.Context(), host, w))
}
