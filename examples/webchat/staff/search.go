package staff

import (
	"net/http"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

type hitForm struct {
	Ticket   ticketForm    `json:"ticket"`
	Snippets []snippetForm `json:"snippets"`
}

// snippetForm is a text in parts: every second one is what was looked for.
type snippetForm struct {
	In    string   `json:"in"` // title, message, end_user
	Seq   int64    `json:"seq"`
	Parts []string `json:"parts"`
}

// search finds tickets by number, words, name or address, while somebody types.
func (p *Page) search(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	found, err := p.desk.Search.Find(r.Context(), me.Actor(), ticket.Search{Text: r.FormValue("q"), Typing: true, After: r.FormValue("after"), Limit: 30})
	if err != nil {
		return err
	}
	hits := []hitForm{}
	for _, h := range found.Hits {
		f, err := p.ticketOf(r.Context(), me, h.Ticket)
		if err != nil {
			return err
		}
		hit := hitForm{f, []snippetForm{}}
		for _, s := range h.Snippets {
			hit.Snippets = append(hit.Snippets, snippetForm{s.Place, s.Seq, parts(s)})
		}
		hits = append(hits, hit)
	}
	return write(w, map[string]any{"hits": hits, "next": found.Next, "loose": found.Loose, "building": found.Building})
}

// parts cuts a text at its marks, so that the page doesn't have to count bytes.
func parts(s ticket.Snippet) []string {
	var list []string
	at := 0
	for _, m := range s.Marks {
		list = append(list, s.Text[at:m.Start], s.Text[m.Start:m.End])
		at = m.End
	}
	return append(list, s.Text[at:])
}
