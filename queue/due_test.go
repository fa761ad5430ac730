package queue_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Service policies count by the calendar of the ticket's queue, also after that got
// another one, and after the ticket went to another queue.
func TestPoliciesCountByTheQueuesCalendar(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		calendar := func(id string, from, to string) {
			t.Helper()
			c := &ticket.Calendar{ID: id, Name: id, Hours: hours.Plan{Week: hours.Daily(hours.Interval{From: from, To: to})}}
			must(t, d.tickets.SaveCalendar(ctx, host, c))
		}
		calendar("soon", "10:00", "18:00")
		calendar("later", "11:00", "18:00")
		q := &queue.Queue{ID: "slow", Name: "Slow", Calendar: "soon"}
		must(t, d.queues.Save(ctx, host, q))
		must(t, d.tickets.SavePolicy(ctx, host, &ticket.Policy{Name: "All", First: time.Hour}))
		tk := d.ask(t, "") // at 9:00
		due := func(want time.Duration) {
			t.Helper()
			d.step(t)
			now, err := d.tickets.Get(ctx, host, tk.ID)
			must(t, err)
			if at, ok := now.NextDue(); !ok || at.Sub(tk.Times.Created) != want {
				t.Errorf("due after %v, want %v", at.Sub(tk.Times.Created), want)
			}
		}
		due(time.Hour)
		_, err := d.tickets.AssignQueue(ctx, host, tk.ID, "slow")
		must(t, err)
		due(2 * time.Hour)
		q.Calendar = "later"
		must(t, d.queues.Save(ctx, host, q))
		due(3 * time.Hour)
	})
}
