package faq

import (
	"context"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Page is an article as a viewer reads it.
type Page struct {
	Article  *Article
	Language string // of the translation
	Title    string
	Keywords []string
	// Rendered is the body. Its HTML and headings are there where one article is read.
	Rendered
}

// Read returns an article as a viewer may read it, in the language that serves him best.
// What he may not see is store.ErrNotFound, as if it weren't there. It counts as no view:
// [Service.View] does.
func (s *Service) Read(ctx context.Context, v Viewer, id string) (p *Page, err error) {
	var text *Version
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		sight, err := s.sight(ctx, tx, v)
		if err == nil {
			p, text, err = s.page(ctx, tx, sight, id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Rendered = s.shown.of(text, func() Rendered { return s.render(text.Format, text.Body) })
	return p, nil
}

// Show returns what a viewer may see of these articles, at most 200 of them, in their
// order: the others are left out. It is for those who have found them elsewhere, as an
// index that may be behind.
func (s *Service) Show(ctx context.Context, v Viewer, ids []string) (pages []*Page, err error) {
	if len(ids) > pageSize(len(ids)) {
		return nil, tooMany("ids", 200)
	}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		pages = nil
		sight, err := s.sight(ctx, tx, v)
		if err != nil {
			return err
		}
		for _, id := range ids {
			p, _, err := s.page(ctx, tx, sight, id)
			if missing(err) {
				continue
			}
			if err != nil {
				return err
			}
			pages = append(pages, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pages, nil
}

// page is an article for a viewer. What he may not see is store.ErrNotFound, as if it
// weren't there.
func (s *Service) page(ctx context.Context, tx *store.Tx, sight *Sight, id string) (*Page, *Version, error) {
	a, t, err := s.seen(ctx, tx, sight, id, driver.None)
	if err != nil {
		return nil, nil, err
	}
	v, err := versions.Get(ctx, tx, versionKey(a.ID, t.Language, t.Version))
	if err != nil {
		return nil, nil, err
	}
	return &Page{Article: sight.show(a), Language: t.Language, Title: v.Title, Keywords: v.Keywords, Rendered: Rendered{Text: v.Text}}, v, nil
}

// seen returns an article that is seen, and its translation.
func (s *Service) seen(ctx context.Context, tx *store.Tx, sight *Sight, id string, lock driver.Lock) (*Article, *Translation, error) {
	a, err := articles.Lock(ctx, tx, id, lock)
	if err != nil {
		return nil, nil, err
	}
	t := sight.Sees(a)
	if t == nil {
		return nil, nil, noArticle(id)
	}
	return a, t, nil
}

func noArticle(id string) error {
	return &store.Error{Op: "get", Collection: articles.Name, Key: id, Err: store.ErrNotFound}
}

// Whole is an article with all that is published of it, whoever may see it: for an
// index.
type Whole struct {
	Article *Article
	Texts   []*Version // in order of language
}

// All returns at most limit articles in the order of their ids, and no more than 50,
// and the cursor of the next page. It is for what reads all of a FAQ, as an index that
// is built; it needs the permission EditFAQs.
func (s *Service) All(ctx context.Context, actor event.Actor, after string, limit int) (all []*Whole, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		all = nil
		if err := s.people.Authorize(ctx, tx, actor, identity.EditFAQs, identity.On{Subject: "articles"}); err != nil {
			return err
		}
		page, more, err := articles.Page(ctx, tx, store.ByKey().Limit(min(pageSize(limit), maxWhole)).After(after))
		if err != nil {
			return err
		}
		for _, a := range page {
			w, err := whole(ctx, tx, a)
			if err != nil {
				return err
			}
			all = append(all, w)
		}
		next = more
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// maxWhole bounds a page of whole articles.
const maxWhole = 50

// Whole returns one article with all that is published of it, or store.ErrNotFound. It
// needs the permission EditFAQs.
func (s *Service) Whole(ctx context.Context, actor event.Actor, id string) (w *Whole, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.people.Authorize(ctx, tx, actor, identity.EditFAQs, identity.On{Subject: subject(id)}); err != nil {
			return err
		}
		a, err := articles.Get(ctx, tx, id)
		if err == nil {
			w, err = whole(ctx, tx, a)
		}
		return err
	})
	return w, err
}

func whole(ctx context.Context, tx *store.Tx, a *Article) (*Whole, error) {
	w := &Whole{Article: a}
	for i := range a.Translations {
		t := &a.Translations[i]
		if t.Version == 0 {
			continue
		}
		v, err := versions.Get(ctx, tx, versionKey(a.ID, t.Language, t.Version))
		if err != nil {
			return nil, err
		}
		w.Texts = append(w.Texts, v)
	}
	return w, nil
}

// subject is how events and the audit log call an article.
func subject(id string) string { return "article:" + id }
