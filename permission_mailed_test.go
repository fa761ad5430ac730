package frontdesk_test

import (
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// failedMail is a message that couldn't be sent by mail.
func (w *office) failedMail() *ticket.Message {
	ctx, host := w.t.Context(), event.Actor{Kind: event.System}
	t, err := w.desk.Tickets.Create(ctx, ticket.New{Actor: host, EndUser: w.user, Platform: email.Platform, Channel: email.Channel})
	w.must(err)
	t, m, err := w.desk.Tickets.Reply(ctx, host, t.ID, ticket.Draft{Text: "It is there."})
	w.must(err)
	_, err = w.desk.Tickets.Fail(ctx, host, t.ID, m.Seq, "no such user")
	w.must(err)
	return m
}

func mailedActs() map[string]deed {
	return map[string]deed{
		"email.Service.SaveSettings": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			s, err := w.desk.Email.SettingsOf(w.t.Context(), ticket.DefaultApp)
			w.must(err)
			s.From = "help@shop.example"
			return w.desk.Email.SaveSettings(w.t.Context(), who, s)
		}},
		"email.Service.Preview": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.Email.Preview(w.t.Context(), who, ticket.DefaultApp, "", ""))
		}},
		"email.Service.PreviewOf": {may: identity.Configure, do: func(w *office, who event.Actor) error {
			return only(w.desk.Email.PreviewOf(w.t.Context(), who, &email.Settings{App: ticket.DefaultApp}, "", ""))
		}},
		"email.Service.Resend": {may: identity.Converse, do: func(w *office, who event.Actor) error {
			m := w.failedMail()
			return w.desk.Email.Resend(w.t.Context(), who, m.Ticket, m.Seq)
		}},
	}
}
