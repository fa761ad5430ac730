package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// withMail has two apps, one of which is written to at an address.
func withMail(x *table) {
	ctx, host := x.t.Context(), frontdesk.Host()
	x.must(x.Tickets.SaveApp(ctx, host, ticket.NewApp("other", "Other")))
	x.must(x.Email.SaveSettings(ctx, host, &email.Settings{App: ticket.DefaultApp, From: "help@shop.example"}))
}

// writtenTo is the act by which an app gets its addresses.
func writtenTo(app string, addresses ...string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, _ store.Runner) error {
		s, err := d.Email.SettingsOf(ctx, app)
		if err != nil {
			return err
		}
		s.From, s.Addresses = addresses[0], addresses[1:]
		return d.Email.SaveSettings(ctx, frontdesk.Host(), s)
	}
}

// emailRaces are the rows of mail: an address is one app's.
func emailRaces() []race {
	return []race{
		{name: "an address that two apps want is the first one's", before: withMail, first: writtenTo(ticket.DefaultApp, "help@shop.example", "new@shop.example"),
			second: writtenTo("other", "new@shop.example"), then: field("settings.addresses")},
	}
}
