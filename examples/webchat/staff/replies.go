package staff

import (
	"errors"
	"net/http"

	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/channel/problem"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The quick replies that the composer offers.

const suggested = 12

func (p *Page) suggest(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	all, err := p.desk.Tickets.SuggestQuickReplies(r.Context(), me.Actor(), r.FormValue("q"), suggested)
	if err != nil {
		return err
	}
	if all == nil {
		all = []*ticket.QuickReplyInfo{}
	}
	return write(w, map[string]any{"replies": all})
}

type renderedForm struct {
	Language    string                `json:"language"`
	Text        string                `json:"text"`
	Attachments []chat.AttachmentForm `json:"attachments"`
	Actions     []ticket.Action       `json:"actions"`
}

// preview is the text for this ticket. Placeholders that have no value are named,
// for the agent to see what is missing.
func (p *Page) preview(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	f, err := p.desk.Tickets.PreviewQuickReply(r.Context(), me.Actor(), r.PathValue("id"), r.PathValue("reply"))
	if e, ok := errors.AsType[*ticket.UnresolvedError](err); ok {
		return explain(w, err, "names", e.Names)
	}
	if err != nil {
		return err
	}
	return write(w, renderedForm{f.Language, f.Text, p.filesOf(me.Actor(), f.Attachments), f.Actions})
}

// explain answers with an error and something more about it.
func explain(w http.ResponseWriter, err error, name string, more any) error {
	d := problem.Of(err)
	w.Header().Set("Content-Type", "application/problem+json")
	return answer(w, d.Status, map[string]any{"title": d.Title, "status": d.Status, "detail": d.Detail, "code": d.Code, "field": d.Field, name: more})
}
