package ticket_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What an index couldn't hold, or no store could keep, is refused by its name.
func TestRefusedValuesAreNamed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx, id, long := t.Context(), d.ask(t).ID, strings.Repeat("q", 2000)
		_, err := d.tickets.AssignQueue(ctx, host, id, long)
		refuses(t, err, "queue")
		_, err = d.tickets.AssignBot(ctx, host, id, long)
		refuses(t, err, "bot")
		_, err = d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Queue: long})
		refuses(t, err, "queue")
		_, err = d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Language: "not one"})
		refuses(t, err, "language")
		_, err = d.tickets.Edit(ctx, host, id, ticket.Edit{Label: &ticket.Label{Name: "a", Source: "predicted", Confidence: 2}})
		refuses(t, err, "label.confidence")
		app := ticket.NewApp("other", "Other")
		app.Platforms[0].AwayNotice = []ticket.Localised{{Text: strings.Repeat("x", 3000)}}
		refuses(t, d.tickets.SaveApp(ctx, host, app), "app.platforms.ios.away_notice")
	})
}

// Text that grows when it is stored is measured as it is stored.
func TestControlCharactersKeepTheTicket(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		in := d.inbound("", "Hello.")
		in.Fields = map[string]any{}
		for _, key := range []string{"a", "b", "c"} {
			must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: key, Type: ticket.MultiLine}))
			in.Fields[key] = strings.Repeat("\x00", ticket.MaxMultiLine)
		}
		in.Device.Metadata = []ticket.Pair{{Key: "k", Value: strings.Repeat("\x00", ticket.MaxMetadata-1)}}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if len(w.Ticket.Fields) != 1 || len(w.Warnings) != 3 {
			t.Errorf("%d fields, %d warnings", len(w.Ticket.Fields), len(w.Warnings))
		}
	})
}

// Nobody learns the id of another end user's ticket by its number, and who gets
// an error gets no message.
func TestErrorsTellNothingElse(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		_, err := d.tickets.ByNumber(t.Context(), event.Actor{Kind: event.EndUser, ID: d.endUser(t, "mallory")}, tk.Number)
		if is(t, err, store.ErrNotFound); strings.Contains(err.Error(), tk.ID) {
			t.Errorf("%q names the ticket", err)
		}
	})
}
