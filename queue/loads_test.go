package queue_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Loads count as the limits do: what he answered a share of its weight, what sleeps
// nothing.
func TestLoads(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.settings(t, func(s *queue.Settings) { s.Limit, s.Answered = 4, 0.25 })
		var ids []string
		for range 3 {
			ids = append(ids, d.ask(t, "").ID)
			got[*ticket.Ticket](t)(d.tickets.Assign(ctx, host, ids[len(ids)-1], "bob"))
		}
		want := func(tickets int, weight, limit float64) {
			t.Helper()
			ls, err := d.queues.Loads(ctx, host, "bob", "ann")
			must(t, err)
			if len(ls) != 2 ||
				!reflect.DeepEqual(ls[0], queue.Load{Agent: "bob", Tickets: tickets, Weight: weight, Limit: limit, Channels: []queue.ChannelLoad{{Channel: "webchat", Tickets: tickets}}}) || ls[1].Tickets != 0 || ls[1].Agent != "ann" {
				t.Errorf("%+v, want %d tickets that count %v of %v", ls, tickets, weight, limit)
			}
		}
		want(3, 3, 4)
		got[*ticket.Ticket](t)(d.tickets.Snooze(ctx, host, ids[0], d.clock.now().Add(time.Hour), ""))
		want(3, 2, 4)
		_, _, err := d.tickets.Reply(ctx, bob, ids[1], ticket.Draft{Text: "Yes."})
		must(t, err)
		want(3, 1.25, 4)
		got[*ticket.Ticket](t)(d.tickets.Resolve(ctx, host, ids[2]))
		want(2, 0.25, 4)
		d.settings(t, func(s *queue.Settings) { s.Limit = 0 })
		want(2, 0.25, 0)
		if _, err := d.queues.Loads(ctx, host, "nobody"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
		for n := queue.MaxLoads - 1; n <= queue.MaxLoads+1; n++ {
			agents := make([]string, n)
			for i := range agents {
				agents[i] = "ann"
			}
			ls, err := d.queues.Loads(ctx, host, agents...)
			if f, ok := errors.AsType[*store.FieldError](err); ok != (n > queue.MaxLoads) || ok && f.Limit != queue.MaxLoads || !ok && len(ls) != n {
				t.Errorf("of %d: %d, %v", n, len(ls), err)
			}
		}
	})
}
