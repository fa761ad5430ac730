package ticket_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/ticket"
)

// Who wrote to a bot waits once it hands off, though the status says answered.
func TestHandOffOfAnAnsweredTicket(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		w, err := d.tickets.Write(t.Context(), d.inbound("", "Hello."))
		must(t, err)
		id := w.Ticket.ID
		_, _, err = d.tickets.Reply(t.Context(), ann, id, ticket.Draft{Text: "Hello."})
		must(t, err)
		_, err = d.tickets.AssignBot(t.Context(), ann, id, "greeter")
		must(t, err)
		_, err = d.tickets.Write(t.Context(), d.inbound(id, "One more thing."))
		must(t, err)
		at := d.clock.forward(time.Minute)
		tk, err := d.tickets.AssignQueue(t.Context(), bot, id, "billing")
		must(t, err)
		if tk.Status != ticket.StatusAgentReplied || !tk.WaitingSince.Equal(at) || !tk.Backlogged() {
			t.Errorf("%s, waiting since %v, backlogged %v", tk.Status, tk.WaitingSince, tk.Backlogged())
		}
		tk, _, err = d.tickets.Reply(t.Context(), rule, id, ticket.Draft{Text: "We are on it."})
		must(t, err)
		if !tk.Backlogged() {
			t.Error("a rule's message took it out of the backlog")
		}
	})
}

// A follow-up goes to the app of the ticket before, archived or not.
func TestFollowUpInAnArchivedApp(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		w, err := d.tickets.Write(t.Context(), d.inbound("", "Hello."))
		must(t, err)
		_, err = d.tickets.Reject(t.Context(), ann, w.Ticket.ID)
		must(t, err)
		app, err := d.tickets.App(t.Context(), w.Ticket.App)
		must(t, err)
		app.Archived = true
		must(t, d.tickets.SaveApp(t.Context(), host, app))
		in := d.inbound(w.Ticket.ID, "But really.")
		in.Platform = "fax"
		again, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if again.Ticket.FollowUpOf() != w.Ticket.ID || again.Ticket.Platform != w.Ticket.Platform {
			t.Errorf("follow-up %+v", again.Ticket)
		}
	})
}
