package frontdesk_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// mira is an admin.
var mira = event.Actor{Kind: event.Agent, ID: "mira"}

// withQueues makes queues a and b, and jonas available.
func withQueues(x *table) {
	for _, id := range []string{"a", "b"} {
		x.must(saveQueue(id, nil)(x.t.Context(), x, x.Desk, x.DB))
	}
	x.must(available("jonas", queue.Available)(x.t.Context(), x, x.Desk, x.DB))
}

func saveQueue(id string, change func(q *queue.Queue)) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		q, err := d.Queues.Queue(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			q, err = &queue.Queue{ID: id, Name: id}, nil
		}
		if err != nil {
			return err
		}
		if change != nil {
			change(q)
		}
		return d.Queues.Save(ctx, frontdesk.Host(), q)
	}
}

func deleteQueue(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Queues.Delete(ctx, frontdesk.Host(), id)
	}
}

func defaultQueue(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Queues.SetDefault(ctx, frontdesk.Host(), id)
	}
}

func rankQueues(order ...string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Queues.Rank(ctx, frontdesk.Host(), order...)
	}
}

func toQueue(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.Tickets.AssignQueue(ctx, frontdesk.Host(), x.ticket, id)
		return err
	}
}

// settled is withQueues, and the ticket has left intake.
func settled(x *table) {
	withQueues(x)
	_, err := x.Drain(x.t.Context())
	x.must(err)
}

func toDefault(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.AssignBot(ctx, frontdesk.Host(), x.ticket, "greeter")
	if err == nil {
		_, err = d.Tickets.UnassignDefault(ctx, frontdesk.Host(), x.ticket)
	}
	return err
}

func available(agent string, to queue.State) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.Queues.SetAvailability(ctx, frontdesk.Host(), agent, to, "")
		return err
	}
}

// giveIfFree gives the ticket to jonas if he can take it, else to queue b.
func giveIfFree(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.AssignAvailable(ctx, frontdesk.Host(), x.ticket, "jonas", "b")
	return err
}

func take(who event.Actor) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.Tickets.Take(ctx, who, x.ticket)
		return err
	}
}

func inUse(err error) bool {
	_, ok := errors.AsType[*queue.InUseError](err)
	return ok
}

func taken(err error) bool {
	_, ok := errors.AsType[*ticket.TakenError](err)
	return ok
}

// sits reports a ticket that isn't in this queue, once everything is done that is due, or
// that somebody else has.
func sits(in string, who event.Actor) func(x *table) {
	return func(x *table) {
		_, err := x.Drain(x.t.Context())
		x.must(err)
		tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
		x.must(err)
		if tk.Queue != in || tk.Assignee != who {
			x.t.Errorf("%v has the ticket, in queue %q", tk.Assignee, tk.Queue)
		}
	}
}

func ordered(want string) func(x *table) {
	return func(x *table) {
		set, err := x.Queues.Settings(x.t.Context())
		x.must(err)
		qs, _, err := x.Queues.Queues(x.t.Context())
		x.must(err)
		if got := strings.Join(set.Order, " "); got != want || len(qs) != len(set.Order) || !slices.Contains(set.Order, set.Default) {
			x.t.Errorf("the order is %s of %d queues, the default one %s", got, len(qs), set.Default)
		}
	}
}

// queueRaces are the rows of queues and of who is available.
func queueRaces() []race {
	escalates := saveQueue("b", func(q *queue.Queue) { q.Escalate = queue.Escalation{After: time.Hour, To: "a"} })
	return []race{
		{name: "a queue is the default one before it is deleted", before: withQueues, first: defaultQueue("a"), second: deleteQueue("a"), then: isErr(queue.ErrDefault)},
		{name: "a queue is deleted before it is the default one", before: withQueues, first: deleteQueue("a"), second: defaultQueue("a"), then: isErr(store.ErrNotFound)},
		{name: "the order has both of two new queues", before: withQueues, first: saveQueue("c", nil), second: saveQueue("d", nil), then: fine, ends: ordered("default a b c d")},
		{name: "an order that lacks a new queue", before: withQueues, first: saveQueue("c", nil), second: rankQueues("b", "a", "default"), then: field("order"), ends: ordered("default a b c")},
		{name: "an order with a queue that is gone", before: withQueues, first: deleteQueue("a"), second: rankQueues("b", "a", "default"), then: field("order"), ends: ordered("default b")},
		{name: "a queue is gone before a ticket comes", before: withQueues, first: deleteQueue("a"), second: toQueue("a"), then: field("queue")},
		{name: "a ticket comes before its queue goes", before: withQueues, first: toQueue("a"), second: deleteQueue("a"), then: fine, ends: sits("default", jonas)},
		{name: "a ticket for the default queue, which changes and goes", before: settled, first: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			return errors.Join(d.Queues.SetDefault(ctx, frontdesk.Host(), "b"), d.Queues.Delete(ctx, frontdesk.Host(), "default"))
		}, second: toDefault, then: fine, ends: sits("b", jonas)},
		{name: "a queue to which another one escalates stays", before: withQueues, first: escalates, second: deleteQueue("a"), then: inUse},
		{name: "no queue escalates to one that is gone", before: withQueues, first: deleteQueue("a"), second: escalates, then: field("queue.escalate")},
		{name: "who goes away isn't given a ticket", before: withQueues, first: available("jonas", queue.Away), second: giveIfFree, then: fine, ends: sits("b", event.Actor{})},
		{name: "who is given a ticket goes away", before: withQueues, first: giveIfFree, second: available("jonas", queue.Away), then: fine, ends: sits("", jonas)},
		{name: "the engine gives nothing to who goes away", before: withQueues, first: available("jonas", queue.Away), second: drained, then: fine, ends: sits("default", event.Actor{})},
		{name: "one of two who take a ticket", before: withQueues, first: take(jonas), second: take(mira), then: taken},
		{name: "the first two availabilities of an agent", first: available("jonas", queue.Available), second: available("jonas", queue.Away), then: fine, ends: func(x *table) {
			log, _, err := x.Queues.AvailabilityLog(x.t.Context(), frontdesk.Host(), "jonas", "", 9)
			if x.must(err); len(log) != 2 || log[0].From != queue.Available || log[0].To != queue.Away {
				x.t.Errorf("%+v", log)
			}
		}},
	}
}
