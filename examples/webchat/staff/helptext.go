package staff

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// The texts of an article: drafts, what readers see, and what they saw before.

type draftForm struct {
	Language string `json:"language"`
	faq.Content
	By       personForm `json:"by"`
	Updated  time.Time  `json:"updated"`
	Revision store.Rev  `json:"revision"`
}

// wholeForm is an article with its drafts.
type wholeForm struct {
	Article articleForm `json:"article"`
	Drafts  []draftForm `json:"drafts"`
}

func (p *Page) article(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	return p.writeArticle(w, r, me, r.PathValue("id"))
}

func (p *Page) writeArticle(w http.ResponseWriter, r *http.Request, me *identity.Agent, id string) error {
	ctx := r.Context()
	a, err := p.desk.FAQ.Article(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	out := wholeForm{Article: articleForm{Article: a, Revision: a.Rev}, Drafts: []draftForm{}}
	for _, t := range a.Translations {
		d, err := p.desk.FAQ.Draft(ctx, me.Actor(), id, t.Language)
		if errors.Is(err, store.ErrNotFound) {
			continue // a moment ago
		}
		if err != nil {
			return err
		}
		f := draftForm{Language: d.Language, Content: d.Content, Updated: d.Updated, Revision: d.Rev}
		if f.By, err = p.person(ctx, d.By); err != nil {
			return err
		}
		out.Drafts = append(out.Drafts, f)
	}
	figures, err := p.desk.FAQ.Figures(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	out.Article.Figures = readOf(figures)
	return write(w, out)
}

// textForm is what is done to a translation.
type textForm struct {
	Language string `json:"language"`
	faq.Content
	Revision    store.Rev  `json:"revision"` // of the draft that the agent has before him
	PublishAt   *time.Time `json:"publish_at"`
	UnpublishAt *time.Time `json:"unpublish_at"`
	Number      int        `json:"number"` // of the version that is restored
}

func moment(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

// text does something with a translation, and answers with the article as it is then.
func (p *Page) text(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in textForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	id, ctx, who := r.PathValue("id"), r.Context(), me.Actor()
	var err error
	switch r.PathValue("act") {
	case "save":
		_, err = p.desk.FAQ.SaveDraft(ctx, who, in.draft(id))
	case "publish":
		err = p.publish(ctx, me, id, in)
	case "unpublish":
		_, err = p.desk.FAQ.Unpublish(ctx, who, id, in.Language)
	case "schedule":
		_, err = p.desk.FAQ.Schedule(ctx, who, id, in.Language, moment(in.PublishAt), moment(in.UnpublishAt))
	case "restore":
		_, err = p.desk.FAQ.Restore(ctx, who, id, in.Language, in.Number, in.Revision)
	case "delete":
		_, err = p.desk.FAQ.DeleteTranslation(ctx, who, id, in.Language)
	default:
		return store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return p.writeArticle(w, r, me, id)
}

func (f *textForm) draft(article string) *faq.Draft {
	return &faq.Draft{Article: article, Language: f.Language, Content: f.Content, Rev: f.Revision}
}

// publish shows readers what the agent has before him, and not what somebody else has
// written meanwhile.
func (p *Page) publish(ctx context.Context, me *identity.Agent, id string, in textForm) error {
	return p.desk.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		desk := p.desk.In(tx)
		if _, err := desk.FAQ.SaveDraft(ctx, me.Actor(), in.draft(id)); err != nil {
			return err
		}
		_, err := desk.FAQ.Publish(ctx, me.Actor(), id, in.Language)
		return err
	})
}

// articleWrong answers with what is wrong with an article: where in its condition.
func articleWrong(w http.ResponseWriter, err error) error {
	if e, ok := errors.AsType[*faq.ConditionError](err); ok {
		err = &store.FieldError{Field: "article.condition", Reason: "isn't right: " + e.Message}
		return explain(w, err, "condition", map[string]any{"line": e.Line, "column": e.Column, "message": e.Message, "allowed": e.Allowed})
	}
	return err
}

type headingForm struct {
	Level int    `json:"level"`
	ID    string `json:"id"`
	Text  string `json:"text"`
}

type renderedPage struct {
	Title    string        `json:"title"`
	HTML     string        `json:"html"`
	Text     string        `json:"text"` // where there is no HTML
	Headings []headingForm `json:"headings"`
}

func rendered(title string, got faq.Rendered) renderedPage {
	out := renderedPage{title, got.HTML, got.Text, []headingForm{}}
	for _, h := range got.Headings {
		out.Headings = append(out.Headings, headingForm{h.Level, h.ID, h.Text})
	}
	return out
}

// previewText shows a text that isn't saved yet as readers would see it.
func (p *Page) previewText(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in faq.Content
	if err := read(w, r, &in); err != nil {
		return err
	}
	title := in.Title
	if title == "" {
		in.Title = "Untitled" // which a draft can't be, and a preview can
	}
	got, err := p.desk.FAQ.Preview(in)
	if err != nil {
		return err
	}
	return write(w, rendered(title, got))
}

type versionForm struct {
	Number int        `json:"number"`
	Title  string     `json:"title"`
	By     personForm `json:"by"`
	Time   time.Time  `json:"time"`
}

func (p *Page) versions(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	all, err := p.desk.FAQ.Versions(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("language"))
	if err != nil {
		return err
	}
	list := make([]versionForm, len(all))
	for i, v := range all {
		list[i] = versionForm{Number: v.Number, Title: v.Title, Time: v.Time}
		if list[i].By, err = p.person(r.Context(), v.By); err != nil {
			return err
		}
	}
	return write(w, map[string]any{"versions": list})
}

func (p *Page) version(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return store.ErrNotFound
	}
	v, err := p.desk.FAQ.Version(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("language"), number)
	if err != nil {
		return err
	}
	got, err := p.desk.FAQ.Preview(v.Content)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"content": v.Content, "shown": rendered(v.Title, got)})
}
