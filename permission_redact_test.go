package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// redactActs take out what was written, and put end users under full privacy.
func redactActs() map[string]deed {
	redacts := func(do func(ctx context.Context, s *ticket.Service, who event.Actor, t *ticket.Ticket) error) deed {
		return deed{may: identity.Redact, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			return do(ctx, s, who, w.ticket())
		}}
	}
	private := func(to bool, may identity.Permission) deed {
		return deed{may: may, do: func(w *office, who event.Actor) error {
			ctx, s := folkOf(w)
			u, err := s.Save(ctx, frontdesk.Host(), identity.Profile{UserID: w.next(), Private: !to})
			w.must(err)
			return only(s.SetPrivate(ctx, who, u.ID, to))
		}}
	}
	return map[string]deed{
		"ticket.Service.Redact": redacts(func(ctx context.Context, s *ticket.Service, who event.Actor, t *ticket.Ticket) error {
			return second(s.Redact(ctx, who, t.ID, 1, nil))
		}),
		"ticket.Service.RedactPattern": redacts(func(ctx context.Context, s *ticket.Service, who event.Actor, t *ticket.Ticket) error {
			return only(s.RedactPattern(ctx, who, t.ID, ticket.Cards))
		}),
		"ticket.Service.RedactAttachment": {may: identity.Redact, do: func(w *office, who event.Actor) error {
			ctx, s := ctxOf(w)
			a, err := w.upload(frontdesk.Host())
			w.must(err)
			t := w.ticket()
			_, m, err := s.Reply(ctx, frontdesk.Host(), t.ID, ticket.Draft{Text: "See.", Attachments: []string{a.ID}})
			w.must(err)
			return second(s.RedactAttachment(ctx, who, t.ID, m.Seq, a.ID))
		}},
		"identity.Service.SetPrivate": private(false, identity.Configure), // putting somebody there is for all of staff
	}
}
