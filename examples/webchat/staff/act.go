package staff

import (
	"net/http"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// order is the body of a request that does something to a ticket; each act reads
// its part.
type order struct {
	ClientID    string           `json:"client_id"`
	Text        string           `json:"text"`
	Attachments []string         `json:"attachments"`
	Mentions    []string         `json:"mentions"`
	Seen        int64            `json:"seen"`
	Force       bool             `json:"force"` // answer although somebody wrote meanwhile
	Reopen      bool             `json:"reopen"`
	Agent       string           `json:"agent"`
	Seq         int64            `json:"seq"`
	Typing      bool             `json:"typing"`
	QuickReply  string           `json:"quick_reply"`
	Article     string           `json:"article"` // goes with the reply
	Title       *string          `json:"title"`
	Priority    *ticket.Priority `json:"priority"`
	Label       *string          `json:"label"`
	Language    *string          `json:"language"`
	Tags        *[]string        `json:"tags"`
	Copied      *[]string        `json:"copied"`
	Fields      map[string]any   `json:"fields"`
	Until       time.Time        `json:"until"`
	Reason      string           `json:"reason"`
	Target      string           `json:"target"` // a ticket's id, or
	Number      int64            `json:"number"` // its number
	Abroad      bool             `json:"abroad"`
	Seqs        []int64          `json:"seqs"`
	Link        ticket.LinkKind  `json:"link"`
	Queue       string           `json:"queue"`
}

// act does what the last part of the address says.
func (p *Page) act(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var o order
	if err := read(w, r, &o); err != nil {
		return err
	}
	ctx, id, tickets, who := r.Context(), r.PathValue("id"), p.desk.Tickets, me.Actor()
	draft := ticket.Draft{ClientID: o.ClientID, Text: o.Text, Attachments: o.Attachments, Mentions: o.Mentions, Reopen: o.Reopen}
	var t *ticket.Ticket
	var m *ticket.Message
	var err error
	switch r.PathValue("act") {
	case "reply":
		if !o.Force {
			draft.Seen = o.Seen
		}
		switch {
		case o.QuickReply != "":
			t, m, err = tickets.SendQuickReply(ctx, who, id, o.QuickReply, draft)
		case o.Article != "":
			t, m, err = p.desk.Deflect.Send(ctx, who, id, o.Article, draft)
		default:
			t, m, err = tickets.Reply(ctx, who, id, draft)
		}
	case "note":
		t, m, err = tickets.Note(ctx, who, id, draft)
	case "resolve":
		t, err = tickets.Resolve(ctx, who, id)
	case "reject":
		t, err = tickets.Reject(ctx, who, id)
	case "reopen":
		t, err = tickets.Reopen(ctx, who, id)
	case "take":
		t, err = tickets.Take(ctx, who, id)
	case "assign":
		t, err = tickets.Assign(ctx, who, id, o.Agent)
	case "release":
		t, err = tickets.Unassign(ctx, who, id)
	case "set":
		t, err = p.set(r, me, id, o)
	case "read":
		if _, err := tickets.MarkRead(ctx, who, id, o.Seq); err != nil {
			return err
		}
	case "typing":
		seen, err := tickets.Get(ctx, who, id)
		if err != nil {
			return err
		}
		p.desk.Presence.Typing(seen, who, o.Typing)
	default:
		return p.arrange(w, r, me, o)
	}
	if err != nil {
		return err
	}
	if t == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.done(w, r, me, m, t)
}

// done answers with the tickets as they are now, the one at hand first.
func (p *Page) done(w http.ResponseWriter, r *http.Request, me *identity.Agent, m *ticket.Message, ts ...*ticket.Ticket) (err error) {
	out := map[string]any{}
	for i, name := range []string{"ticket", "other"}[:len(ts)] {
		if out[name], err = p.ticketOf(r.Context(), me, ts[i]); err != nil {
			return err
		}
	}
	if m != nil {
		if out["message"], err = p.messageOf(r.Context(), me, ts[0], m); err != nil {
			return err
		}
	}
	return write(w, out)
}

// set changes what the ticket says about itself. The page sends all tags; the desk
// is told what is new and what is gone.
func (p *Page) set(r *http.Request, me *identity.Agent, id string, o order) (*ticket.Ticket, error) {
	edit := ticket.Edit{Title: o.Title, Priority: o.Priority, Language: o.Language, Fields: o.Fields, Copied: o.Copied}
	if o.Label != nil {
		edit.Label = &ticket.Label{Name: *o.Label, Source: "agent"}
	}
	if o.Tags != nil {
		t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), id)
		if err != nil {
			return nil, err
		}
		for _, tag := range *o.Tags {
			if !t.HasTag(tag) {
				edit.AddTags = append(edit.AddTags, tag)
			}
		}
		for _, tag := range t.Tags {
			if !slices.Contains(*o.Tags, tag) {
				edit.RemoveTags = append(edit.RemoveTags, tag)
			}
		}
	}
	return p.desk.Tickets.Edit(r.Context(), me.Actor(), id, edit)
}
