package ticket_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is left of an erased ticket while the erasure goes on is read by nobody.
func TestErasedIsReadAsBlank(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		file := d.upload(t, d.user(), "swordfish.txt", "swordfish")
		in := d.inbound("", "swordfish")
		in.Attachments = []string{file.ID}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		id := w.Ticket.ID
		_, err = d.tickets.Edit(t.Context(), ann, id, ticket.Edit{Title: new("swordfish")})
		must(t, err)
		_, err = d.tickets.Resolve(t.Context(), ann, id)
		must(t, err)
		d.keep(t, week)
		d.clock.forward(week)
		must(t, d.tickets.LapseTicket(t.Context(), id)) // the ticket itself, and nothing of it yet
		if s := d.payloads(t, id); !d.get(t, id).Erased || !strings.Contains(s, "swordfish") {
			t.Fatalf("there is nothing left to be hidden: %s", s)
		}
		entries, _, err := d.tickets.History(t.Context(), ann, id, "", 100)
		if s := fmt.Sprintf("%+v", entries); must2(t, err) && strings.Contains(s, "swordfish") {
			t.Errorf("history %s", s)
		}
		_, err = d.read(t, ann, file.ID)
		is(t, err, store.ErrNotFound)
		_, err = d.read(t, d.user(), file.ID)
		is(t, err, store.ErrNotFound)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go d.events.Run(ctx)
		for n, err := range d.tickets.Tail(ctx, ann, 0) {
			must(t, err)
			if m := n.Message; strings.Contains(string(n.Event.Personal), "swordfish") || m != nil && (m.Text != "" || len(m.Attachments) > 0) {
				t.Errorf("told %s: %s, %+v", n.Event.Type, n.Event.Personal, m)
			}
			if n.Event.Type == ticket.Erased {
				break
			}
		}
	})
}

func must2(t testing.TB, err error) bool { t.Helper(); must(t, err); return true }
