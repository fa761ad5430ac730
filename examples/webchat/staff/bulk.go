package staff

import (
	"errors"
	"net/http"

	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

type resultForm struct {
	ID     string      `json:"id"`
	Ticket *ticketForm `json:"ticket,omitempty"`
	Code   string      `json:"code,omitempty"` // of what went wrong
	Detail string      `json:"detail,omitempty"`
	Fields []string    `json:"fields,omitempty"` // that have to be filled in first
}

// bulk does the same to many tickets, and tells what became of each.
func (p *Page) bulk(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		IDs     []string        `json:"ids"`
		Actions []ticket.Action `json:"actions"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	results, err := p.desk.Tickets.Bulk(r.Context(), me.Actor(), in.IDs, in.Actions...)
	if err != nil {
		return err
	}
	list := make([]resultForm, len(results))
	for i, res := range results {
		list[i] = resultForm{ID: res.ID}
		if res.Err != nil {
			why := res.Err
			if e, ok := errors.AsType[*ticket.ActionError](why); ok {
				why = e.Err // which of them it was says nothing where there is one
			}
			d := problem.Of(why)
			list[i].Code, list[i].Detail = d.Code, d.Detail
			if e, ok := errors.AsType[*ticket.IncompleteError](why); ok {
				list[i].Fields = e.Fields
			}
			continue
		}
		f, err := p.ticketOf(r.Context(), me, res.Ticket)
		if err != nil {
			return err
		}
		list[i].Ticket = &f
	}
	return write(w, map[string]any{"results": list})
}
