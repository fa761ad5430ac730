package staff

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
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

// maxArticles is how many the page shows: the example has few.
const maxArticles = 1000

// help is all of the help center but its texts.
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
	all, err := p.articles(ctx, me)
	if err != nil {
		return err
	}
	languages, err := p.helpLanguages(ctx, all)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"sections": shelves, "articles": all, "languages": languages, "platforms": ticket.Platforms()})
}

// articles are those that there are, archived ones too, with what readers did with them.
func (p *Page) articles(ctx context.Context, me *identity.Agent) ([]articleForm, error) {
	all := []articleForm{}
	for _, status := range []faq.Status{"", faq.StatusArchived} {
		for after, more := "", true; more && len(all) < maxArticles; more = after != "" {
			page, next, err := p.desk.FAQ.Articles(ctx, me.Actor(), faq.Filter{App: ticket.DefaultApp, Status: status}, after, 200)
			if err != nil {
				return nil, err
			}
			for _, a := range page {
				all = append(all, articleForm{Article: a, Revision: a.Rev})
			}
			after = next
		}
	}
	slices.SortFunc(all, func(a, b articleForm) int {
		return cmp.Or(strings.Compare(a.Section, b.Section), strings.Compare(a.Rank, b.Rank), strings.Compare(a.ID, b.ID))
	})
	place := make(map[string]int, len(all))
	for i, a := range all {
		place[a.ID] = i
	}
	seen := 0
	for after, more := "", true; more && seen < maxArticles; more = after != "" {
		page, next, err := p.desk.FAQ.MostViewed(ctx, me.Actor(), ticket.DefaultApp, after, 200)
		if err != nil {
			return nil, err
		}
		for _, rep := range page {
			if i, ok := place[rep.Article.ID]; ok {
				all[i].Figures = readOf(&rep.Figures)
			}
		}
		seen, after = seen+200, next
	}
	return all, nil
}

// helpLanguages are those of the app, its own one first, then those in which there is
// something else.
func (p *Page) helpLanguages(ctx context.Context, all []articleForm) ([]string, error) {
	app, err := p.desk.Tickets.App(ctx, ticket.DefaultApp)
	if err != nil {
		return nil, err
	}
	list := []string{app.Language}
	add := func(language string) {
		if !slices.Contains(list, language) {
			list = append(list, language)
		}
	}
	for _, platform := range app.Platforms {
		for _, l := range platform.Languages {
			add(l)
		}
	}
	for _, a := range all {
		for _, t := range a.Translations {
			add(t.Language)
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
