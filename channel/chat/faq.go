package chat

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
)

// What a page of the FAQ holds.
const (
	sectionsOnPage = 20
	articlesOnPage = 50 // of one section
	articlesOnHome = 5  // of each section
	hitsOnPage     = 10
)

// leastConfidence is how likely the best hit of a finished search has to answer it, so that the
// search isn't reported as one in vain.
const leastConfidence = 0.1

type articleForm struct {
	ID       string        `json:"id"`
	Section  string        `json:"section"`
	Language string        `json:"language"`
	Title    string        `json:"title"`
	HTML     string        `json:"html,omitempty"` // harmless; "" where the desk shows text only
	Text     string        `json:"text,omitempty"` // in place of HTML
	Headings []headingForm `json:"headings,omitempty"`
	Since    time.Time     `json:"since"` // when it was published
	Opinion  faq.Opinion   `json:"opinion,omitempty"`
}

type headingForm struct {
	Level int    `json:"level"`
	ID    string `json:"id"`
	Text  string `json:"text"`
}

type itemForm struct {
	ID       string `json:"id"`
	Language string `json:"language"`
	Title    string `json:"title"`
}

type sectionForm struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Articles []itemForm `json:"articles"`
	More     string     `json:"more,omitempty"` // cursor of further ones
}

// partForm is a piece of a text; Hit says that it is what was looked for.
type partForm struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty"`
}

type hitForm struct {
	itemForm
	Marked     []partForm   `json:"marked"` // the title
	Snippets   [][]partForm `json:"snippets,omitempty"`
	Confidence float64      `json:"confidence"` // 0 to 1: how likely it answers
}

// contactForm goes with what may change whether a conversation can begin.
type contactForm struct {
	Contact string `json:"contact"`
}

// reader is the session's end user as one who reads the FAQ, in the language that the
// request asks for, else in his own.
func reader(r *http.Request, sess *identity.Session) faq.Viewer {
	v := faq.Viewer{Actor: sess.Actor(), App: sess.App, Platform: sess.Platform}
	for _, asked := range []string{r.URL.Query().Get("language"), sess.EndUser.Language} {
		if len(asked) > maxLanguage {
			continue
		}
		if tag, err := language.Parse(asked); err == nil && asked != "" {
			v.Languages = append(v.Languages, tag.String())
		}
	}
	return v
}

func itemsOf(in []faq.Item) []itemForm {
	out := []itemForm{}
	for _, i := range in {
		out = append(out, itemForm{i.Article.ID, i.Language, i.Title})
	}
	return out
}

// faqHome shows sections, each with its first articles.
func (c *Chat) faqHome(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	shelves, next, err := c.FAQ.Home(r.Context(), reader(r, sess), articlesOnHome, r.FormValue("after"), sectionsOnPage)
	if err != nil {
		return err
	}
	out := struct {
		Sections []sectionForm `json:"sections"`
		Next     string        `json:"next,omitempty"`
		Search   bool          `json:"search"` // there is one
		contactForm
	}{Sections: []sectionForm{}, Next: next, Search: c.Searcher != nil}
	for _, s := range shelves {
		out.Sections = append(out.Sections, sectionForm{s.Section, s.Name, itemsOf(s.Items), s.More})
	}
	if out.Contact, err = c.contactNow(r.Context(), sess); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// faqSection shows the articles of a section.
func (c *Chat) faqSection(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	items, next, err := c.FAQ.List(r.Context(), reader(r, sess), r.PathValue("id"), r.FormValue("after"), articlesOnPage)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, struct {
		Articles []itemForm `json:"articles"`
		Next     string     `json:"next,omitempty"`
	}{itemsOf(items), next})
}

func (c *Chat) faqArticle(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	v := reader(r, sess)
	p, err := c.FAQ.Read(r.Context(), v, r.PathValue("id"))
	if err != nil {
		return err
	}
	out := articleForm{ID: p.Article.ID, Section: p.Article.Section, Language: p.Language, Title: p.Title, HTML: p.HTML}
	if p.HTML == "" {
		out.Text = p.Text
	}
	for _, h := range p.Headings {
		out.Headings = append(out.Headings, headingForm(h))
	}
	if t := p.Article.In(p.Language); t != nil {
		out.Since = t.Since
	}
	if out.Opinion, err = c.FAQ.Opinion(r.Context(), v, p.Article.ID); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

type foundForm struct {
	// Search is the id of a finished search, which views and votes name; "" while
	// somebody types.
	Search     string    `json:"search,omitempty"`
	Hits       []hitForm `json:"hits"`
	Next       string    `json:"next,omitempty"`
	Building   bool      `json:"building,omitempty"` // there may be more in a moment
	Confidence float64   `json:"confidence"`         // that the first hit answers
	contactForm
}

// faqSearch finds articles. A search that is finished is noted, and what wasn't found is
// reported to those who write articles.
func (c *Chat) faqSearch(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	if c.Searcher == nil {
		return store.ErrNotFound
	}
	text, typing, after := r.FormValue("q"), r.FormValue("typing"), r.FormValue("after")
	v, out := reader(r, sess), foundForm{Hits: []hitForm{}}
	if strings.TrimSpace(text) != "" {
		q := faq.Search{Text: text, Typing: typing == "1" || typing == "true", After: after, Limit: hitsOnPage}
		if err := q.Check(); err != nil {
			return err
		}
		found, err := c.Searcher.Find(r.Context(), v, q)
		if err != nil {
			return err
		}
		for i := range found.Hits {
			out.Hits = append(out.Hits, hitOf(&found.Hits[i]))
		}
		out.Next, out.Building, out.Confidence = found.Next, found.Building, found.Confidence
		if !q.Typing && after == "" && !found.Building {
			if out.Search, err = c.searched(r, sess, v, text, found); err != nil {
				return err
			}
		}
	}
	var err error
	if out.Contact, err = c.contactNow(r.Context(), sess); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// searched notes a search. It is something that the end user has done: from then on he
// is stored.
func (c *Chat) searched(r *http.Request, sess *identity.Session, v faq.Viewer, text string, found *faq.Found) (id string, err error) {
	hits := len(found.Hits)
	if found.Confidence < leastConfidence {
		hits = 0
	}
	if text, err = c.Tickets.Mask(r.Context(), sess.App, text); err != nil {
		return "", err
	}
	err = c.reading(r, sess, func(ctx context.Context, f *faq.Service) error {
		id, err = f.Searched(ctx, v, text, hits)
		return err
	})
	return id, err
}

// reading runs what a reader does that is kept, and stores him with it.
func (c *Chat) reading(r *http.Request, sess *identity.Session, do func(context.Context, *faq.Service) error) error {
	ctx, cancel := background(r)
	defer cancel()
	return c.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := c.People.Ensure(ctx, tx, sess); err != nil {
			return err
		}
		return do(ctx, c.FAQ.In(tx))
	})
}

func hitOf(h *faq.Hit) hitForm {
	f := hitForm{itemForm: itemForm{h.Article.ID, h.Language, h.Title}, Marked: partsOf(h.Title, h.Marks), Confidence: h.Confidence}
	for _, s := range h.Snippets {
		f.Snippets = append(f.Snippets, partsOf(s.Text, s.Marks))
	}
	return f
}

// partsOf cuts a text at its marks: clients count in other units than bytes.
func partsOf(text string, marks []faq.Mark) []partForm {
	out, at := []partForm{}, 0
	add := func(to int, hit bool) {
		if to > at {
			out = append(out, partForm{text[at:to], hit})
			at = to
		}
	}
	for _, m := range marks {
		if m.Start < at || m.End > len(text) || m.End <= m.Start {
			continue
		}
		add(m.Start, false)
		add(m.End, true)
	}
	add(len(text), false)
	return out
}

// faqView notes that the end user has opened an article.
func (c *Chat) faqView(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Search string `json:"search"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return c.noted(w, r, sess, func(ctx context.Context, f *faq.Service) error {
		return f.View(ctx, reader(r, sess), r.PathValue("id"), in.Search)
	})
}

// faqVote takes what he says of it; null takes it back.
func (c *Chat) faqVote(w http.ResponseWriter, r *http.Request, sess *identity.Session) error {
	var in struct {
		Helpful *bool  `json:"helpful"`
		Comment string `json:"comment"`
		Search  string `json:"search"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	var err error
	if in.Comment, err = c.Tickets.Mask(r.Context(), sess.App, in.Comment); err != nil {
		return err
	}
	f := faq.Feedback{Comment: in.Comment, Search: in.Search}
	if in.Helpful != nil {
		f.Opinion = faq.Unhelpful
		if *in.Helpful {
			f.Opinion = faq.Helpful
		}
	}
	return c.noted(w, r, sess, func(ctx context.Context, s *faq.Service) error {
		return s.Vote(ctx, reader(r, sess), r.PathValue("id"), f)
	})
}

// noted is reading, answered with whether a conversation may begin now.
func (c *Chat) noted(w http.ResponseWriter, r *http.Request, sess *identity.Session, do func(context.Context, *faq.Service) error) error {
	if err := c.reading(r, sess, do); err != nil {
		return err
	}
	contact, err := c.contactNow(r.Context(), sess)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, contactForm{contact})
}
