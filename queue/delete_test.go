package queue_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is open goes to the default queue, whoever has it and whether it sleeps; what is
// closed remembers, until it is opened again.
func TestDelete(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a")
		d.queue(t, "b")
		must(t, d.queues.SetDefault(ctx, admin, "b"))
		waits, held, sleeps, closed, elsewhere := d.ask(t, "a"), d.held(t, "a", "ann"), d.held(t, "a", "ann"), d.ask(t, "a"), d.ask(t, "default")
		asleep := d.ask(t, "a")
		for _, tk := range []*ticket.Ticket{sleeps, asleep} {
			got[*ticket.Ticket](t)(d.tickets.Snooze(ctx, host, tk.ID, d.clock.now().Add(time.Hour), ""))
		}
		got[*ticket.Ticket](t)(d.tickets.Resolve(ctx, host, closed.ID))
		d.clock.forward(time.Minute)
		must(t, d.queues.Delete(ctx, admin, "a"))
		if d.names(t) != "default b*" {
			t.Error(d.names(t))
		}
		_, err := d.queues.Queue(ctx, "a")
		is(t, err, store.ErrNotFound)
		d.step(t)
		for _, tk := range []*ticket.Ticket{waits, held, sleeps, asleep} {
			now := d.get(t, tk.ID)
			if now.Queue != "b" || now.Assignee != tk.Assignee || !now.WaitingSince.Equal(tk.WaitingSince) || !now.Stay.Entered.Equal(d.clock.now()) {
				t.Errorf("%v has it, in %q since %v", now.Assignee, now.Queue, now.Stay.Entered)
			}
			es := d.happened(t, tk.ID)
			var f ticket.Facts
			must(t, es[len(es)-1].Payload(&f))
			if e := es[len(es)-1]; e.Reason != "queue Queue a was deleted" || f.WasQueue != "a" || f.Queue != "b" || f.From != f.To {
				t.Errorf("%+v, %+v", e, f)
			}
		}
		if d.get(t, closed.ID).Queue != "a" || d.get(t, elsewhere.ID).Queue != "default" {
			t.Error("others have moved, too")
		}
		if now := got[*ticket.Ticket](t)(d.tickets.Reopen(ctx, host, closed.ID)); now.Queue != "b" {
			t.Errorf("reopened, it is in %q", now.Queue)
		}
		if es := d.happened(t, "queue:a"); es[len(es)-1].Type != queue.QueueDeleted || es[len(es)-1].Actor != admin {
			t.Errorf("%+v", es[len(es)-1])
		}
		refuses(t, d.queues.Save(ctx, admin, &queue.Queue{ID: "a", Name: "Again"}), "queue.id")
		must(t, d.queues.Save(ctx, admin, &queue.Queue{Name: "Queue a"})) // the name is free
		_, err = d.tickets.AssignQueue(ctx, host, waits.ID, "a")
		refuses(t, err, "queue")
	})
}

func TestDeleteIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a")
		d.queue(t, "b", func(q *queue.Queue) { q.Escalate = queue.Escalation{After: time.Hour, To: "a"} })
		is(t, d.queues.Delete(ctx, admin, "default"), queue.ErrDefault)
		is(t, d.queues.Delete(ctx, admin, "gone"), store.ErrNotFound)
		forbidden(t, d.queues.Delete(ctx, ann, "a"))
		used, ok := errors.AsType[*queue.InUseError](d.queues.Delete(ctx, admin, "a"))
		if !ok || strings.Join(used.Queues, ", ") != "Queue b" || d.names(t) != "default* a b" {
			t.Errorf("%v, %s", used, d.names(t))
		}
		must(t, d.queues.Delete(ctx, admin, "b"))
		must(t, d.queues.Delete(ctx, admin, "a"))
	})
}

// What comes back into the backlog of a queue that is gone, before the job has come to it,
// goes to the default one by itself.
func TestBackIntoADeletedQueue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.queue(t, "a")
		held := d.held(t, "a", "ann")
		must(t, d.queues.Delete(t.Context(), admin, "a"))
		now := got[*ticket.Ticket](t)(d.tickets.Return(t.Context(), host, held.ID))
		if now.Queue != "default" || now.Assignee != (event.Actor{}) {
			t.Errorf("%v has it, in %q", now.Assignee, now.Queue)
		}
		d.step(t)
		if d.get(t, held.ID).Rev != now.Rev {
			t.Error("it was moved once more")
		}
	})
}

// Whoever puts tickets into a queue while it goes either hears that it is gone, or sees
// them moved: none is left there, whatever is done with it meanwhile.
func TestDeleteAgainstWriters(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.queue(t, "a")
		var ids []string
		for range 48 {
			ids = append(ids, d.ask(t, "").ID)
		}
		var wg sync.WaitGroup
		for i, mine := range slices.Collect(slices.Chunk(ids, 6)) {
			wg.Go(func() {
				for n, id := range mine {
					_, err := d.tickets.AssignQueue(ctx, host, id, "a")
					if bad, ok := errors.AsType[*store.FieldError](err); ok && bad.Field == "queue" {
						continue
					}
					if err == nil && n%3 > 0 {
						_, err = d.tickets.Assign(ctx, host, id, "ann")
					}
					if err == nil && n%3 > 1 {
						_, err = d.tickets.Unassign(ctx, host, id)
					}
					if err != nil {
						t.Error(err)
					}
					if i == 0 && n == 2 {
						if err := d.queues.Delete(ctx, host, "a"); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		d.step(t)
		d.clock.forward(time.Minute)
		d.step(t)
		for _, id := range ids {
			if tk := d.get(t, id); tk.Queue != "default" {
				t.Errorf("ticket %d is in %q, %s, and %v has it", tk.Number, tk.Queue, tk.Status, tk.Assignee)
			}
		}
	})
}
