package frontdesk_test

import (
	"context"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// mailed is a mail that came in, and was processed.
func (w *office) mailed(lines ...string) *email.Received {
	d, err := w.desk.Email.Receive(w.t.Context(), email.Envelope{Source: "raw"}, strings.NewReader(strings.Join(lines, "\r\n")))
	w.must(err)
	_, err = w.desk.Jobs.Step(w.t.Context())
	w.must(err)
	return d
}

// onHeld is an act on a mail in quarantine.
func onHeld(do func(ctx context.Context, s *email.Service, who event.Actor, id string) error) deed {
	return deed{may: identity.Configure, do: func(w *office, who event.Actor) error {
		return do(w.t.Context(), w.desk.Email, who, w.mailed("no mail, "+w.next()).ID)
	}}
}

// onMail is an act on a ticket that began with a mail.
func onMail(do func(ctx context.Context, s *email.Service, who event.Actor, ticket string) error) deed {
	return deed{may: identity.Converse, do: func(w *office, who event.Actor) error {
		d, err := w.desk.Email.Get(w.t.Context(), frontdesk.Host(), w.mailed("From: "+w.next()+"@mail.example", "Subject: x", "", "x").ID)
		w.must(err)
		return do(w.t.Context(), w.desk.Email, who, d.Ticket)
	}}
}

func emailActs() map[string]deed {
	type (
		c = context.Context
		s = *email.Service
		w = event.Actor
	)
	return map[string]deed{
		"email.Service.Held":    onHeld(func(c c, s s, w w, _ string) error { return second(s.Held(c, w, "", 9)) }),
		"email.Service.Get":     onHeld(func(c c, s s, w w, id string) error { return only(s.Get(c, w, id)) }),
		"email.Service.RawHeld": onHeld(func(c c, s s, w w, id string) error { return second(s.RawHeld(c, w, id)) }),
		"email.Service.Retry":   onHeld(func(c c, s s, w w, id string) error { return s.Retry(c, w, id) }),
		"email.Service.LetIn":   onHeld(func(c c, s s, w w, id string) error { return s.LetIn(c, w, id) }),
		"email.Service.Discard": onHeld(func(c c, s s, w w, id string) error { return s.Discard(c, w, id) }),
		"email.Service.Raw":     onMail(func(c c, s s, w w, id string) error { return second(s.Raw(c, w, id, 1)) }),
		"email.Service.Whole":   onMail(func(c c, s s, w w, id string) error { return only(s.Whole(c, w, id, 1)) }),
	}
}
