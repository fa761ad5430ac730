package staff

import (
	"errors"
	"net/http"

	"github.com/frontdesk-go/frontdesk/faq"
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

func suggestionOf(h faq.Hit, internal bool) suggestionForm {
	f := suggestionForm{ID: h.Article.ID, Title: h.Title, Language: h.Language, Confidence: h.Confidence, Internal: internal, Snippet: []string{}}
	if len(h.Snippets) > 0 {
		at, text := 0, h.Snippets[0].Text
		for _, m := range h.Snippets[0].Marks {
			f.Snippet = append(f.Snippet, text[at:m.Start], text[m.Start:m.End])
			at = m.End
		}
		f.Snippet = append(f.Snippet, text[at:])
	}
	return f
}

// suggestArticles are those that may answer a ticket, or that an agent searches for.
func (p *Page) suggestArticles(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if p.desk.Deflect.Searcher == nil {
		return write(w, map[string]any{"articles": []suggestionForm{}, "search": false})
	}
	if q := r.FormValue("q"); q != "" {
		return p.findArticles(w, r, me, q)
	}
	got, err := p.desk.Deflect.Suggest(r.Context(), me.Actor(), r.PathValue("id"), fitting)
	if err != nil {
		return err
	}
	list := make([]suggestionForm, len(got.Articles))
	for i, s := range got.Articles {
		list[i] = suggestionOf(s.Hit, s.Internal)
	}
	return write(w, map[string]any{"articles": list, "fits": got.Fits, "building": got.Building, "search": true})
}

// findArticles searches all that staff may read. What the end user may, too, can be sent.
func (p *Page) findArticles(w http.ResponseWriter, r *http.Request, me *identity.Agent, text string) error {
	v, err := p.viewer(r, me)
	if err != nil {
		return err
	}
	v.For = ""
	found, err := p.desk.Deflect.Searcher.Find(r.Context(), v, faq.Search{Text: text, Typing: true, Limit: 2 * fitting})
	if err != nil {
		return err
	}
	list := make([]suggestionForm, len(found.Hits))
	for i, h := range found.Hits {
		list[i] = suggestionOf(h, h.Article.Audience == faq.StaffOnly)
	}
	return write(w, map[string]any{"articles": list, "building": found.Building, "search": true})
}

// viewer looks for the end user of the ticket in the address.
func (p *Page) viewer(r *http.Request, me *identity.Agent) (faq.Viewer, error) {
	t, err := p.desk.Tickets.Get(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return faq.Viewer{}, err
	}
	v := faq.Viewer{Actor: me.Actor(), For: t.EndUser, App: t.App, Platform: t.Platform}
	if t.Language != "" {
		v.Languages = []string{t.Language}
	}
	return v, nil
}

// readArticle is an article as the ticket's end user reads it, or, where he may not, as
// staff does.
func (p *Page) readArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	v, err := p.viewer(r, me)
	if err != nil {
		return err
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
