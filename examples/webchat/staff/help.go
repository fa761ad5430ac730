package staff

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The help center in the office: sections and articles, in their order.

type sectionForm struct {
	*faq.Section
	Revision store.Rev `json:"revision"`
}

type articleForm struct {
	*faq.Article
	Revision store.Rev `json:"revision"`
	Figures  readForm  `json:"figures"`
}

// readForm is what readers did with an article.
type readForm struct {
	Views     int64      `json:"views"`
	Helpful   int64      `json:"helpful"`
	Unhelpful int64      `json:"unhelpful"`
	Share     float64    `json:"share"` // that finds it unhelpful, at least
	Last      *time.Time `json:"last"`
}

func readOf(f *faq.Figures) readForm {
	if f == nil {
		return readForm{}
	}
	return readForm{f.Views, f.Helpful, f.Unhelpful, f.Share(), present(f.Last)}
}

// helpRoutes is what the page asks of the help center.
func (p *Page) helpRoutes() map[string]handler {
	return map[string]handler{
		"GET /api/office/help":                                 p.help,
		"POST /api/office/help/sections":                       p.saveSection,
		"POST /api/office/help/sections/{id}/move":             p.moveSection,
		"DELETE /api/office/help/sections/{id}":                p.deleteSection,
		"GET /api/office/help/articles":                        p.articles,
		"POST /api/office/help/articles":                       p.saveArticle,
		"GET /api/office/help/articles/{id}":                   p.article,
		"DELETE /api/office/help/articles/{id}":                p.deleteArticle,
		"POST /api/office/help/articles/{id}/move":             p.moveArticle,
		"POST /api/office/help/articles/{id}/copy":             p.copyArticle,
		"POST /api/office/help/articles/{id}/text/{act}":       p.text,
		"GET /api/office/help/articles/{id}/versions":          p.versions,
		"GET /api/office/help/articles/{id}/versions/{number}": p.version,
		"GET /api/office/help/articles/{id}/comments":          p.comments,
		"POST /api/office/help/preview":                        p.previewText,
		"GET /api/office/help/reports/{kind}":                  p.report,
		"GET /api/office/help/gaps":                            p.gaps,
		"POST /api/office/help/import":                         p.importArticles,
		"GET /api/office/help/export":                          p.exportArticles,
		"GET /api/office/help/deflection":                      p.deflection,
		"GET /api/tickets/{id}/articles":                       p.suggestArticles,
		"GET /api/tickets/{id}/articles/{article}":             p.readArticle,
	}
}

// help is what the help center is made of: its sections, and in which languages and on
// which platforms it is there.
func (p *Page) help(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	sections, err := p.desk.FAQ.Sections(ctx, me.Actor(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	shelves := make([]sectionForm, len(sections))
	for i, s := range sections {
		shelves[i] = sectionForm{s, s.Rev}
	}
	languages, err := p.helpLanguages(ctx)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"sections": shelves, "languages": languages, "platforms": ticket.Platforms()})
}

const (
	articlePage = 200
	maxNamed    = 50 // articles that are asked for by their ids
)

// articles are a page of those that there are, or of the archived ones, or those that are
// named, as far as they are there; with what readers did with them.
func (p *Page) articles(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx, next := r.Context(), ""
	var all []*faq.Article
	ids := r.URL.Query()["id"]
	if len(ids) > maxNamed {
		return &store.FieldError{Field: "id", Reason: "is there too often", Limit: maxNamed}
	}
	for _, id := range ids {
		a, err := p.desk.FAQ.Article(ctx, me.Actor(), id)
		if err == nil {
			all = append(all, a)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if len(ids) == 0 {
		filter := faq.Filter{App: ticket.DefaultApp}
		if r.FormValue("archived") != "" {
			filter.Status = faq.StatusArchived
		}
		var err error
		if all, next, err = p.desk.FAQ.Articles(ctx, me.Actor(), filter, r.FormValue("after"), articlePage); err != nil {
			return err
		}
	}
	forms := make([]articleForm, len(all))
	for i, a := range all {
		figures, err := p.desk.FAQ.Figures(ctx, me.Actor(), a.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		forms[i] = articleForm{Article: a, Revision: a.Rev, Figures: readOf(figures)}
	}
	return write(w, map[string]any{"articles": forms, "next": next})
}

// helpLanguages are those of the app, its own one first.
func (p *Page) helpLanguages(ctx context.Context) ([]string, error) {
	app, err := p.desk.Tickets.App(ctx, ticket.DefaultApp)
	if err != nil {
		return nil, err
	}
	list := []string{app.Language}
	for _, platform := range app.Platforms {
		for _, l := range platform.Languages {
			if !slices.Contains(list, l) {
				list = append(list, l)
			}
		}
	}
	return list, nil
}

func (p *Page) saveSection(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in sectionForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	if in.Section == nil {
		in.Section = &faq.Section{}
	}
	in.App, in.Rev = ticket.DefaultApp, in.Revision
	if err := p.desk.FAQ.SaveSection(r.Context(), me.Actor(), in.Section); err != nil {
		return err
	}
	return write(w, sectionForm{in.Section, in.Rev})
}

func (p *Page) moveSection(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Before string `json:"before"`
	}
	err := read(w, r, &in)
	if err == nil {
		err = p.desk.FAQ.MoveSection(r.Context(), me.Actor(), r.PathValue("id"), in.Before)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (p *Page) deleteSection(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.FAQ.DeleteSection(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// saveArticle saves what an article itself says, and not its texts.
func (p *Page) saveArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in articleForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	if in.Article == nil {
		in.Article = &faq.Article{}
	}
	in.Rev = in.Revision
	if err := p.desk.FAQ.SaveArticle(r.Context(), me.Actor(), in.Article); err != nil {
		return articleWrong(w, err)
	}
	return write(w, articleForm{Article: in.Article, Revision: in.Rev})
}

func (p *Page) moveArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Section string `json:"section"`
		Before  string `json:"before"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.FAQ.MoveArticle(r.Context(), me.Actor(), r.PathValue("id"), in.Section, in.Before)
	if err != nil {
		return err
	}
	return write(w, articleForm{Article: a, Revision: a.Rev})
}

func (p *Page) copyArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Section string `json:"section"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.FAQ.CopyArticle(r.Context(), me.Actor(), r.PathValue("id"), in.Section)
	if err != nil {
		return err
	}
	return write(w, articleForm{Article: a, Revision: a.Rev})
}

func (p *Page) deleteArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.FAQ.DeleteArticle(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
