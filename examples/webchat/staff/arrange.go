package staff

import (
	"net/http"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// arrange does what puts a ticket in its place among the others and in time: sleep,
// merging, splitting, links; and takes out of it what shouldn't be there.
func (p *Page) arrange(w http.ResponseWriter, r *http.Request, me *identity.Agent, o order) error {
	ctx, id, tickets, who := r.Context(), r.PathValue("id"), p.desk.Tickets, me.Actor()
	target, err := p.target(r, me, o)
	if err != nil {
		return err
	}
	var t, other *ticket.Ticket
	switch r.PathValue("act") {
	case "redact":
		return p.redact(w, r, me, o)
	case "redact_cards":
		return p.redactCards(w, r, me)
	case "snooze":
		t, err = tickets.Snooze(ctx, who, id, o.Until, o.Reason)
	case "wake":
		t, err = tickets.Wake(ctx, who, id)
	case "merge":
		t, other, err = tickets.Merge(ctx, who, id, target, &ticket.MergeOptions{Abroad: o.Abroad})
	case "unmerge":
		t, other, err = tickets.Unmerge(ctx, who, id)
	case "split":
		title := ""
		if o.Title != nil {
			title = *o.Title
		}
		t, other, err = tickets.Split(ctx, who, id, o.Seqs, title)
	case "link":
		t, err = tickets.Edit(ctx, who, id, ticket.Edit{Link: &ticket.Link{Kind: o.Link, Ticket: target}})
	case "unlink":
		t, err = tickets.Edit(ctx, who, id, ticket.Edit{Unlink: &ticket.Link{Kind: o.Link, Ticket: target}})
	default:
		t, err = p.move(r, me, o)
	}
	if err != nil {
		return err
	}
	if other != nil {
		return p.done(w, r, me, nil, t, other)
	}
	return p.done(w, r, me, nil, t)
}

// target is the id of the other ticket, which people know by its number.
func (p *Page) target(r *http.Request, me *identity.Agent, o order) (string, error) {
	if o.Target != "" || o.Number == 0 {
		return o.Target, nil
	}
	t, err := p.desk.Tickets.ByNumber(r.Context(), me.Actor(), o.Number)
	if err != nil {
		return "", err
	}
	return t.ID, nil
}

// byNumber shows whose ticket it is that somebody is about to name.
func (p *Page) byNumber(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	t, err := p.desk.Tickets.ByNumber(r.Context(), me.Actor(), integer(r, "number"))
	if err != nil {
		return err
	}
	return p.done(w, r, me, nil, t)
}

type entryForm struct {
	Time string `json:"time"`
	Kind string `json:"kind"` // of the actor
	ID   string `json:"id"`
	Who  string `json:"who"`
	What string `json:"what"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Why  string `json:"why,omitempty"`
	Seq  int64  `json:"seq,omitempty"`

	Decision *ticket.Decision `json:"decision,omitempty"`
}

func (p *Page) history(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	entries, next, err := p.desk.Tickets.History(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("after"), 100)
	if err != nil {
		return err
	}
	list := make([]entryForm, len(entries))
	for i, e := range entries {
		list[i] = entryForm{e.Time.Format("2006-01-02T15:04:05.000Z07:00"), string(e.Actor.Kind), e.Actor.ID, e.Who, e.What, e.From, e.To, e.Why, e.Seq, e.Decision}
	}
	return write(w, map[string]any{"entries": list, "next": next})
}
