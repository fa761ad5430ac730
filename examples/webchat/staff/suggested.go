package staff

import (
	"errors"
	"net/http"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// Articles for a ticket: what may answer it, and how surely.

// fitting is how many are offered.
const fitting = 3

type suggestionForm struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Language   string   `json:"language"`
	Snippet    []string `json:"snippet"` // every second part is what was looked for
	Confidence float64  `json:"confidence"`
	Internal   bool     `json:"internal"` // for staff only
}

func suggestionOf(s deflect.Suggestion) suggestionForm {
	f := suggestionForm{ID: s.Article.ID, Title: s.Title, Language: s.Language, Confidence: s.Confidence, Internal: s.Internal, Snippet: []string{}}
	if len(s.Snippets) > 0 {
		at, text := 0, s.Snippets[0].Text
		for _, m := range s.Snippets[0].Marks {
			f.Snippet = append(f.Snippet, text[at:m.Start], text[m.Start:m.End])
			at = m.End
		}
		f.Snippet = append(f.Snippet, text[at:])
	}
	return f
}

func (p *Page) suggestArticles(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	got, err := p.desk.Deflect.Suggest(r.Context(), me.Actor(), r.PathValue("id"), fitting)
	if err != nil {
		return err
	}
	list := make([]suggestionForm, len(got.Articles))
	for i, s := range got.Articles {
		list[i] = suggestionOf(s)
	}
	return write(w, map[string]any{"articles": list, "fits": got.Fits, "building": got.Building})
}

// readArticle is an article as the ticket's end user reads it, or, where he may not, as
// staff does.
func (p *Page) readArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := faq.Viewer{Actor: me.Actor(), For: t.EndUser, App: t.App, Platform: t.Platform}
	if t.Language != "" {
		v.Languages = []string{t.Language}
	}
	page, err := p.desk.FAQ.Read(r.Context(), v, r.PathValue("article"))
	if errors.Is(err, store.ErrNotFound) {
		v.For = ""
		page, err = p.desk.FAQ.Read(r.Context(), v, r.PathValue("article"))
	}
	if err != nil {
		return err
	}
	return write(w, struct {
		Language string `json:"language"`
		renderedPage
	}{page.Language, rendered(page.Title, page.Rendered)})
}
