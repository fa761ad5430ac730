package staff

import (
	"net/http"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// redact takes out of a message what it says, or the files that are named.
func (p *Page) redact(w http.ResponseWriter, r *http.Request, me *identity.Agent, o order) (err error) {
	ctx, id, tickets, who := r.Context(), r.PathValue("id"), p.desk.Tickets, me.Actor()
	var t *ticket.Ticket
	var m *ticket.Message
	if len(o.Attachments) == 0 {
		t, m, err = tickets.Redact(ctx, who, id, o.Seq, nil)
	}
	for _, a := range o.Attachments {
		if t, m, err = tickets.RedactAttachment(ctx, who, id, o.Seq, a); err != nil {
			break
		}
	}
	if err != nil {
		return err
	}
	return p.done(w, r, me, m, t)
}

// redactCards takes payment cards' numbers out of a ticket, and says how many.
func (p *Page) redactCards(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	n, err := p.desk.Tickets.RedactPattern(r.Context(), me.Actor(), r.PathValue("id"), ticket.Cards)
	if err != nil {
		return err
	}
	t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	form, err := p.ticketOf(r.Context(), me, t)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"ticket": form, "removed": n})
}
