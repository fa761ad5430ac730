package faq

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Reported is an article in a report.
type Reported struct {
	Article *Article
	Figures Figures // as far as is counted
	// Missing are the languages in which it should be there and isn't.
	Missing []string
}

// Figures returns what is counted of an article, which is zero where nothing was, or
// store.ErrNotFound. It needs the permission EditFAQs, as all reports do.
func (s *Service) Figures(ctx context.Context, actor event.Actor, article string) (f *Figures, err error) {
	err = s.look(ctx, actor, subject(article), func(ctx context.Context, tx *store.Tx) error {
		a, err := articles.Get(ctx, tx, article)
		if err == nil {
			f, err = figuresOf(ctx, tx, a)
		}
		return err
	})
	return f, err
}

func figuresOf(ctx context.Context, tx *store.Tx, a *Article) (*Figures, error) {
	f, err := figures.Get(ctx, tx, a.ID)
	if missing(err) {
		return &Figures{Article: a.ID, App: a.App}, nil
	}
	return f, err
}

// MostViewed returns at most limit articles of an app, and no more than 200, those first
// that were read most, and the cursor of the next page. Archived articles are left out. As of
// all reports, a page holds fewer, or none, although there is a next one, only if 1,000
// articles were looked at for it.
func (s *Service) MostViewed(ctx context.Context, actor event.Actor, app, after string, limit int) ([]Reported, string, error) {
	return s.byFigures(ctx, actor, "views", app, after, limit, func(*Article) bool { return true })
}

// MostUnhelpful is MostViewed for what readers found unhelpful, by [Figures.Share].
func (s *Service) MostUnhelpful(ctx context.Context, actor event.Actor, app, after string, limit int) ([]Reported, string, error) {
	return s.byFigures(ctx, actor, "unhelpful", app, after, limit, func(*Article) bool { return true })
}

// Stale is MostViewed for published articles of which no text was changed for so long.
func (s *Service) Stale(ctx context.Context, actor event.Actor, app string, age time.Duration, after string, limit int) ([]Reported, string, error) {
	before := s.now().Add(-age)
	return s.byFigures(ctx, actor, "views", app, after, limit, func(a *Article) bool { return a.written().Before(before) && a.published() })
}

// written is when a text of the article was changed last.
func (a *Article) written() (last time.Time) {
	for i := range a.Translations {
		for _, at := range []time.Time{a.Translations[i].Updated, a.Translations[i].Since} {
			if at.After(last) {
				last = at
			}
		}
	}
	return last
}

func (a *Article) published() bool {
	return slices.ContainsFunc(a.Translations, func(t Translation) bool { return t.Version > 0 })
}

// maxLook is how many documents are looked at for a page.
const maxLook = 1000

// fill walks a query until take has taken as many as belong on a page, and returns the
// cursor behind the last one.
func fill[T any](ctx context.Context, tx *store.Tx, c *store.Collection[T], q store.Query, after string, limit int, take func(*T) (bool, error)) (next string, err error) {
	for taken, looked := 0, 0; ; {
		page, next, err := c.Page(ctx, tx, q.Limit(limit-taken).After(after))
		if err != nil {
			return "", err
		}
		for _, v := range page {
			ok, err := take(v)
			if err != nil {
				return "", err
			}
			if ok {
				taken++
			}
		}
		looked += len(page)
		if after = next; next == "" || taken == limit || looked >= maxLook {
			return next, nil
		}
	}
}

// byFigures walks articles by their figures, the highest first.
func (s *Service) byFigures(ctx context.Context, actor event.Actor, index, app, after string, limit int, fits func(*Article) bool) (all []Reported, next string, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		all = nil
		next, err = fill(ctx, tx, figures, store.By(index, app).Desc(), after, pageSize(limit), func(f *Figures) (bool, error) {
			a, err := articles.Get(ctx, tx, f.Article)
			if missing(err) {
				return false, nil // a moment ago
			}
			if err != nil || a.Archived || !fits(a) {
				return false, err
			}
			all = append(all, Reported{Article: a, Figures: *f})
			return true, nil
		})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// MissingTranslations returns at most limit published articles of an app, and no more than
// 200, which nobody can read in one of the languages in which the app is offered, or in
// this one, those first that were changed last, and the cursor of the next page. What
// a reader of that language would get instead will do: pt for pt-BR.
func (s *Service) MissingTranslations(ctx context.Context, actor event.Actor, app, language, after string, limit int) (all []Reported, next string, err error) {
	if language != "" {
		if language, err = canonical("language", language); err != nil {
			return nil, "", err
		}
	}
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		all = nil
		of, err := s.app(ctx, tx, app)
		if err != nil {
			return err
		}
		wanted := slices.Concat([]string{of.Language}, of.Languages)
		if language != "" {
			wanted = []string{language}
		}
		next, err = fill(ctx, tx, articles, store.By("updated", app).Desc(), after, pageSize(limit), func(a *Article) (bool, error) {
			lacks := a.lacks(wanted)
			if len(lacks) == 0 || !a.published() || a.Archived {
				return false, nil
			}
			f, err := figuresOf(ctx, tx, a)
			if err == nil {
				all = append(all, Reported{Article: a, Figures: *f, Missing: lacks})
			}
			return err == nil, err
		})
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return all, next, nil
}

// lacks are the languages in which nothing of the article is published.
func (a *Article) lacks(wanted []string) (lacks []string) {
	var have []string
	for i := range a.Translations {
		if a.Translations[i].Version > 0 {
			have = append(have, a.Translations[i].Language)
		}
	}
	for _, tag := range wanted {
		if inOrAbove(have, tag) < 0 && !slices.Contains(lacks, tag) {
			lacks = append(lacks, tag)
		}
	}
	return lacks
}

// Gaps returns at most limit of the gaps of an app, and no more than 200, those first that
// were asked for most, and the cursor of the next page.
func (s *Service) Gaps(ctx context.Context, actor event.Actor, app, after string, limit int) (all []*Gap, next string, err error) {
	err = s.look(ctx, actor, "articles", func(ctx context.Context, tx *store.Tx) error {
		all, next, err = gaps.Page(ctx, tx, store.By("count", app).Desc().Limit(pageSize(limit)).After(after))
		return err
	})
	return all, next, err
}
