package faq

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// SaveArticle creates an article at the end of its section (revision 0), or changes what the article itself says: section, tags, platforms, audience,
// external id, archived. Its translations are changed by [Service.SaveDraft] and
// [Service.Publish], its place by [Service.MoveArticle]. With another section of the same
// app it goes to the end of that.
//
// A bad value is a *store.FieldError, a bad condition a *ConditionError, an
// external id that is taken store.ErrExists. An article that another one changed
// meanwhile is store.ErrStale; that a translation was saved or published doesn't count.
func (s *Service) SaveArticle(ctx context.Context, actor event.Actor, a *Article) error {
	if err := a.clean(); err != nil {
		return err
	}
	if a.Audience == Matching {
		if _, err := s.audiences.of(a.Condition); err != nil {
			return err
		}
	}
	given := *a
	return s.configure(ctx, actor, subject(a.ID), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		*a = given // an earlier run may have changed it
		if a.Rev == 0 {
			a.ID, a.Created, a.Edition, a.Translations = s.events.IDs().New(), s.now(), 0, nil
			if err := s.place(ctx, tx, a, ""); err != nil {
				return nil, err
			}
			return s.putArticle(ctx, tx, actor, a)
		}
		was, err := articles.Lock(ctx, tx, a.ID, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		if was.Rev != a.Rev && was.Edition != a.Edition {
			return nil, &store.Error{Op: "put", Collection: articles.Name, Key: a.ID, Err: store.ErrStale}
		}
		if a.App != "" && a.App != was.App {
			return nil, &store.FieldError{Field: "article.app", Reason: "can't change"}
		}
		a.Rev, a.Edition, a.App, a.Rank, a.Created, a.Translations = was.Rev, was.Edition, was.App, was.Rank, was.Created, was.Translations
		if a.Section != was.Section {
			if err := s.place(ctx, tx, a, ""); err != nil {
				return nil, err
			}
		}
		return s.putArticle(ctx, tx, actor, a)
	})
}

// putArticle stores what the article itself says.
func (s *Service) putArticle(ctx context.Context, tx *store.Tx, actor event.Actor, a *Article) (*event.Event, error) {
	a.Edition++
	a.Updated = s.now()
	if err := articles.Put(ctx, tx, a); err != nil {
		return nil, err
	}
	return record(ArticleSaved, subject(a.ID), a.Rev, actor, a.facts())
}

func (a *Article) facts() Facts { return Facts{Article: a.ID, Section: a.Section, App: a.App} }

// place puts an article into its section: before another one, or at the end. The section
// is locked, so that it stays, and no two get one place.
func (s *Service) place(ctx context.Context, tx *store.Tx, a *Article, before string) error {
	c, err := sections.Lock(ctx, tx, a.Section, store.ForUpdate)
	if missing(err) {
		return &store.FieldError{Field: "article.section", Reason: "there is no section " + a.Section}
	}
	if err != nil {
		return err
	}
	if a.App != "" && a.App != c.App {
		return &store.FieldError{Field: "article.section", Reason: "is of another app"}
	}
	a.App = c.App
	q := store.By("place", a.Section).Desc().Limit(1)
	after, until := "", ""
	if before != "" {
		next, err := articles.Get(ctx, tx, before)
		if missing(err) || err == nil && next.Section != a.Section {
			return &store.FieldError{Field: "before", Reason: "is no article of the section"}
		}
		if err != nil {
			return err
		}
		until = next.Rank
		q = q.To(until)
	}
	for last, err := range articles.Scan(ctx, tx, q) {
		if err != nil {
			return err
		}
		after = last.Rank
	}
	a.Rank, err = rankBetween(after, until)
	return err
}

// MoveArticle puts an article before another one of a section, or at the section's end if
// before is "". The section is one of the same app. It returns the article as it is then.
// Errors are those of SaveArticle.
func (s *Service) MoveArticle(ctx context.Context, actor event.Actor, id, section, before string) (a *Article, err error) {
	err = s.configure(ctx, actor, subject(id), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		if a, err = articles.Lock(ctx, tx, id, store.ForUpdate); err != nil || before == id {
			return nil, err
		}
		a.Section = section
		if err := s.place(ctx, tx, a, before); err != nil {
			return nil, err
		}
		return s.putArticle(ctx, tx, actor, a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// CopyArticle makes another article like this one at the end of a section of the same
// app, with its drafts, and nothing of it published. It has no external id.
func (s *Service) CopyArticle(ctx context.Context, actor event.Actor, id, section string) (a *Article, err error) {
	err = s.configure(ctx, actor, subject(id), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		was, err := articles.Lock(ctx, tx, id, store.Share)
		if err != nil {
			return nil, err
		}
		a = &Article{ID: s.events.IDs().New(), App: was.App, Section: section, Tags: was.Tags, Platforms: was.Platforms,
			Audience: was.Audience, Condition: was.Condition, Created: s.now()}
		for _, t := range was.Translations {
			d, err := drafts.Get(ctx, tx, textKey(id, t.Language))
			if err != nil {
				return nil, err
			}
			d.Article, d.By, d.Updated, d.Rev = a.ID, actor, a.Created, 0
			if err := drafts.Put(ctx, tx, d); err != nil {
				return nil, err
			}
			a.Translations = append(a.Translations, Translation{Language: t.Language, DraftTitle: t.DraftTitle, Ahead: true, Updated: a.Created})
		}
		if err := s.place(ctx, tx, a, ""); err != nil {
			return nil, err
		}
		return s.putArticle(ctx, tx, actor, a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// DeleteArticle removes an article for good, with its drafts and versions, and what was
// said of it. There is none of this id is store.ErrNotFound. To hide one, archive it.
func (s *Service) DeleteArticle(ctx context.Context, actor event.Actor, id string) error {
	return s.configure(ctx, actor, subject(id), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		a, err := articles.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		for _, t := range a.Translations {
			if err := dropTexts(ctx, tx, id, t); err != nil {
				return nil, err
			}
		}
		revision := a.Rev + 1
		if err := articles.Delete(ctx, tx, a); err != nil {
			return nil, err
		}
		if err := s.dropLater(ctx, tx, id); err != nil {
			return nil, err
		}
		return record(ArticleDeleted, subject(id), revision, actor, a.facts())
	})
}

// dropTexts removes the draft and the versions of a translation.
func dropTexts(ctx context.Context, tx *store.Tx, article string, t Translation) error {
	d, err := drafts.Lock(ctx, tx, textKey(article, t.Language), store.ForUpdate)
	if err == nil {
		err = drafts.Delete(ctx, tx, d)
	}
	if err != nil && !missing(err) {
		return err
	}
	key := textKey(article, t.Language)
	for v, err := range versions.All(ctx, tx, store.ByKey().From(key+"/").To(key+"0")) { // '0' follows '/'
		if err == nil {
			err = versions.Delete(ctx, tx, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Article returns an article with all that staff knows of it, or store.ErrNotFound. It
// needs the permission EditFAQs; readers get [Service.Read].
func (s *Service) Article(ctx context.Context, actor event.Actor, id string) (a *Article, err error) {
	err = s.look(ctx, actor, subject(id), func(ctx context.Context, tx *store.Tx) error {
		a, err = articles.Get(ctx, tx, id)
		return err
	})
	return a, err
}

// ArticleByExternal returns the article of an app that has this id where it came from,
// or store.ErrNotFound. It needs the permission EditFAQs.
func (s *Service) ArticleByExternal(ctx context.Context, actor event.Actor, app, external string) (a *Article, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		a, err = byExternal(ctx, tx, app, external)
		return err
	})
	return a, err
}

func byExternal(ctx context.Context, tx *store.Tx, app, external string) (*Article, error) {
	for a, err := range articles.Scan(ctx, tx, store.By("external", app, external).Limit(1)) {
		return a, err
	}
	return nil, &store.Error{Op: "get", Collection: articles.Name, Key: external, Err: store.ErrNotFound}
}

// Filter chooses articles for staff.
type Filter struct {
	App      string // required where there is no section
	Section  string // in the order of the section; "": of all sections, the last changed first
	Language string // that have a translation in this language, a draft too
	Status   Status // of that translation, or of any
}

// Status is where articles stand.
type Status string

// The statuses. The zero value is all that isn't archived.
const (
	StatusDraft     Status = "draft"     // something of it isn't published
	StatusPublished Status = "published" // something of it is
	StatusScheduled Status = "scheduled" // something of it is going to be published, or not any more
	StatusArchived  Status = "archived"
)

// fits says whether an article is among those that are asked for.
func (f *Filter) fits(a *Article) bool {
	if (f.Status == StatusArchived) != a.Archived {
		return false
	}
	if f.Language == "" && (f.Status == "" || f.Status == StatusArchived) {
		return true
	}
	return slices.ContainsFunc(a.Translations, func(t Translation) bool {
		if f.Language != "" && t.Language != f.Language {
			return false
		}
		switch f.Status {
		case StatusDraft:
			return t.Ahead
		case StatusPublished:
			return t.Version > 0
		case StatusScheduled:
			return !t.PublishAt.IsZero() || !t.UnpublishAt.IsZero()
		}
		return true
	})
}

// Articles returns at most limit articles, and no more than 200, and the cursor of the
// next page. A page may hold fewer although there is a next one. It needs the permission
// EditFAQs.
func (s *Service) Articles(ctx context.Context, actor event.Actor, f Filter, after string, limit int) (as []*Article, next string, err error) {
	switch {
	case f.App == "" && f.Section == "":
		return nil, "", &store.FieldError{Field: "filter.app", Reason: "is missing, and so is the section"}
	case !slices.Contains([]Status{"", StatusDraft, StatusPublished, StatusScheduled, StatusArchived}, f.Status):
		return nil, "", &store.FieldError{Field: "filter.status", Reason: "is draft, published, scheduled or archived"}
	}
	if f.Language != "" {
		if f.Language, err = canonical("filter.language", f.Language); err != nil {
			return nil, "", err
		}
	}
	q := store.By("updated", f.App).Desc()
	if f.Section != "" {
		q = store.By("place", f.Section)
	}
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		as, next = nil, ""
		page, more, err := articles.Page(ctx, tx, q.Limit(pageSize(limit)).After(after))
		if err != nil {
			return err
		}
		next = more
		for _, a := range page {
			if f.fits(a) && (f.App == "" || a.App == f.App) {
				as = append(as, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return as, next, nil
}

// missing says whether an error is that there is no such thing.
func missing(err error) bool { return errors.Is(err, store.ErrNotFound) }
