package staff

import (
	"context"
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/deflect"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is told of the help center: what is read, what doesn't help, what is missing.

type reportedForm struct {
	ID       string    `json:"id"`
	Section  string    `json:"section"`
	Title    string    `json:"title"`
	Language string    `json:"language"` // of the title
	Written  time.Time `json:"written"`
	Figures  readForm  `json:"figures"`
	Missing  []string  `json:"missing"`
}

func reportedOf(r faq.Reported, own string) reportedForm {
	f := reportedForm{ID: r.Article.ID, Section: r.Article.Section, Written: r.Article.Updated, Figures: readOf(&r.Figures), Missing: r.Missing}
	t := r.Article.In(own)
	if t == nil && len(r.Article.Translations) > 0 {
		t = &r.Article.Translations[0]
	}
	if t != nil {
		f.Language, f.Title, f.Written = t.Language, t.Title, t.Updated
		if f.Title == "" {
			f.Title = t.DraftTitle
		}
	}
	return f
}

const reported = 20 // articles on a page of a report

// report is a page of one of the reports.
func (p *Page) report(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	read, err := p.reportOf(r, me)
	if err != nil {
		return err
	}
	app, err := p.desk.Tickets.App(r.Context(), ticket.DefaultApp)
	if err != nil {
		return err
	}
	page, next, err := read(r.Context(), r.FormValue("after"))
	if err != nil {
		return err
	}
	list := make([]reportedForm, len(page))
	for i, a := range page {
		list[i] = reportedOf(a, app.Language)
	}
	return write(w, map[string]any{"articles": list, "next": next})
}

type reader func(ctx context.Context, after string) ([]faq.Reported, string, error)

func (p *Page) reportOf(r *http.Request, me *identity.Agent) (reader, error) {
	who := me.Actor()
	switch r.PathValue("kind") {
	case "viewed":
		return func(ctx context.Context, after string) ([]faq.Reported, string, error) {
			return p.desk.FAQ.MostViewed(ctx, who, ticket.DefaultApp, after, reported)
		}, nil
	case "unhelpful":
		return func(ctx context.Context, after string) ([]faq.Reported, string, error) {
			return p.desk.FAQ.MostUnhelpful(ctx, who, ticket.DefaultApp, after, reported)
		}, nil
	case "missing":
		return func(ctx context.Context, after string) ([]faq.Reported, string, error) {
			return p.desk.FAQ.MissingTranslations(ctx, who, ticket.DefaultApp, r.FormValue("language"), after, reported)
		}, nil
	case "stale":
		days := integer(r, "days")
		if days < 0 || days > 3650 {
			return nil, &store.FieldError{Field: "days", Reason: "are 0 to 3650", Limit: 3650}
		}
		return func(ctx context.Context, after string) ([]faq.Reported, string, error) {
			return p.desk.FAQ.Stale(ctx, who, ticket.DefaultApp, time.Duration(days)*24*time.Hour, after, reported)
		}, nil
	}
	return nil, store.ErrNotFound
}

// gaps are what readers searched for in vain.
func (p *Page) gaps(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	type gapForm struct {
		Text  string    `json:"text"`
		Count int64     `json:"count"`
		Last  time.Time `json:"last"`
	}
	all, next, err := p.desk.FAQ.Gaps(r.Context(), me.Actor(), ticket.DefaultApp, r.FormValue("after"), reported)
	if err != nil {
		return err
	}
	list := make([]gapForm, len(all))
	for i, g := range all {
		list[i] = gapForm{g.Text, g.Count, g.Last}
	}
	return write(w, map[string]any{"gaps": list, "next": next})
}

// comments are what readers say who found an article unhelpful.
func (p *Page) comments(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	type commentForm struct {
		Text     string    `json:"text"`
		Language string    `json:"language"`
		Version  int       `json:"version"`
		Time     time.Time `json:"time"`
	}
	all, next, err := p.desk.FAQ.Comments(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("after"), 50)
	if err != nil {
		return err
	}
	list := make([]commentForm, len(all))
	for i, v := range all {
		list[i] = commentForm{v.Comment, v.Language, v.Version, v.Time}
	}
	return write(w, map[string]any{"comments": list, "next": next})
}

// deflection says how many readers the articles kept from writing, in the last days.
func (p *Page) deflection(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	days := integer(r, "days")
	if days < 1 || days > deflect.MaxDays {
		return &store.FieldError{Field: "days", Reason: "are 1 to 366", Limit: deflect.MaxDays}
	}
	type dayForm struct {
		Day       string `json:"day"`
		Views     int64  `json:"views"`
		Deflected int64  `json:"deflected"`
	}
	now := time.Now()
	got, err := p.desk.Deflect.Report(r.Context(), me.Actor(), ticket.DefaultApp, now.AddDate(0, 0, int(1-days)), now)
	if err != nil {
		return err
	}
	list := make([]dayForm, len(got.Days))
	for i, d := range got.Days {
		list[i] = dayForm{d.Day, d.Views, d.Deflected}
	}
	return write(w, map[string]any{"views": got.Views, "deflected": got.Deflected, "share": got.Share(), "days": list})
}
