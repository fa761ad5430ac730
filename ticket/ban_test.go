package ticket_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a banned end user writes makes no ticket and no message, and is kept.
func TestBanned(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		banned := func(err error) {
			t.Helper()
			if _, ok := errors.AsType[*identity.BannedError](err); !ok {
				t.Errorf("error %v, want a *identity.BannedError", err)
			}
		}
		ban, err := d.people.Ban(t.Context(), host, identity.Ban{Kind: identity.BanIP, Value: "203.0.113.0/24"})
		must(t, err)
		in := d.inbound(tk.ID, "from afar")
		in.From = netip.MustParseAddr("203.0.113.9")
		_, err = d.tickets.Write(t.Context(), in)
		banned(err)
		must(t, d.people.Lift(t.Context(), host, ban.ID))
		_, err = d.people.Ban(t.Context(), host, identity.Ban{Kind: identity.BanEndUser, Value: d.eve})
		must(t, err)
		_, err = d.tickets.Write(t.Context(), d.inbound("", "anew"))
		banned(err)
		_, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "and so"}})
		banned(err)
		// A caller's transaction keeps it if it commits.
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, err := d.tickets.In(tx).Write(ctx, d.inbound(tk.ID, "within"))
			banned(err)
			return nil
		}))
		ws, _, err := d.people.Withheld(t.Context(), host, "", 10)
		must(t, err)
		kept := map[string]bool{}
		for _, w := range ws {
			kept[w.Text] = w.EndUser == d.eve && w.App == ticket.DefaultApp && w.Ban != ""
		}
		if len(ws) != 3 || !kept["from afar"] || !kept["anew"] || !kept["within"] {
			t.Errorf("kept: %+v", ws)
		}
		if ms := d.messages(t, host, tk.ID); len(ms) != 1 {
			t.Errorf("%d messages", len(ms))
		}
		ts, _, err := d.tickets.OfEndUser(t.Context(), host, d.eve, "", 10)
		must(t, err)
		if len(ts) != 1 {
			t.Errorf("%d tickets", len(ts))
		}
		d.reply(t, ann, tk.ID, "staff may write to him")
		_, err = d.tickets.Create(t.Context(), ticket.New{Actor: ann, EndUser: d.eve, Message: &ticket.Draft{Text: "and so"}})
		must(t, err)
	})
}
