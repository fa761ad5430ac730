package faq

import (
	"context"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Equal says whether two contents are the same.
func (c *Content) Equal(d *Content) bool {
	return c.Title == d.Title && c.Body == d.Body && c.Format == d.Format && slices.Equal(c.Keywords, d.Keywords)
}

// SaveDraft writes a translation of an article (revision 0: the first in its language),
// or changes the draft that was read before. Readers see nothing of it. It returns the
// article as it is then. A bad value is a *store.FieldError, a second first draft in a
// language store.ErrExists, and one that was changed meanwhile store.ErrStale.
func (s *Service) SaveDraft(ctx context.Context, actor event.Actor, d *Draft) (a *Article, err error) {
	if err := d.Content.Clean(); err != nil {
		return nil, err
	}
	if d.Language, err = canonical("draft.language", d.Language); err != nil {
		return nil, err
	}
	d.Text = s.render(d.Format, d.Body).Text // before anybody waits for it
	err = s.onTranslations(ctx, actor, d.Article, func(ctx context.Context, tx *store.Tx, was *Article) (string, *Translation, error) {
		a = was
		d.By, d.Updated = actor, s.now()
		if err := drafts.Put(ctx, tx, d); err != nil {
			return "", nil, err
		}
		t := a.In(d.Language)
		if t == nil {
			if len(a.Translations) >= MaxLanguages {
				return "", nil, tooMany("article.translations", MaxLanguages)
			}
			t = a.add(d.Language)
		}
		t.DraftTitle, t.Updated, t.Ahead = d.Title, d.Updated, true
		if t.Version > 0 {
			v, err := versions.Get(ctx, tx, versionKey(a.ID, t.Language, t.Version))
			if err != nil {
				return "", nil, err
			}
			t.Ahead = !v.Content.Equal(&d.Content)
		}
		return DraftSaved, t, nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// add makes room for a language.
func (a *Article) add(language string) *Translation {
	i, _ := slices.BinarySearchFunc(a.Translations, language, func(t Translation, l string) int { return strings.Compare(t.Language, l) })
	a.Translations = slices.Insert(slices.Clone(a.Translations), i, Translation{Language: language})
	return &a.Translations[i]
}

// onTranslations changes how an article stands in its languages. The article is the root
// of all its texts: whoever changes one of them puts it. do returns the event that tells
// it, and of which translation; with "" nothing is put.
func (s *Service) onTranslations(ctx context.Context, actor event.Actor, id string, do func(context.Context, *store.Tx, *Article) (string, *Translation, error)) error {
	return s.configure(ctx, actor, subject(id), func(ctx context.Context, tx *store.Tx) (*event.Event, error) {
		a, err := articles.Lock(ctx, tx, id, store.ForUpdate)
		if err != nil {
			return nil, err
		}
		a.Translations = slices.Clone(a.Translations)
		for i := range a.Translations { // what was planned for before comes before
			if err := s.settle(ctx, tx, a, a.Translations[i].Language, s.now()); err != nil {
				return nil, err
			}
		}
		what, t, err := do(ctx, tx, a)
		if err != nil || what == "" {
			return nil, err
		}
		f := a.facts()
		f.Language, f.Version, f.Status, f.PublishAt, f.Until = t.Language, t.Version, string(t.status()), t.PublishAt, t.UnpublishAt
		a.Updated = s.now()
		if err := articles.Put(ctx, tx, a); err != nil {
			return nil, err
		}
		return record(what, subject(id), a.Rev, actor, f)
	})
}

func (t *Translation) status() Status {
	if t.Version > 0 {
		return StatusPublished
	}
	return StatusDraft
}

// need returns how an article stands in a language. One in which there is nothing is
// store.ErrNotFound.
func (a *Article) need(language string) (*Translation, error) {
	tag, err := canonical("language", language)
	if err != nil {
		return nil, err
	}
	if t := a.In(tag); t != nil {
		return t, nil
	}
	return nil, &store.Error{Op: "get", Collection: drafts.Name, Key: textKey(a.ID, tag), Err: store.ErrNotFound}
}

// Draft returns the draft of an article in a language, or store.ErrNotFound. It needs the
// permission EditFAQs.
func (s *Service) Draft(ctx context.Context, actor event.Actor, article, language string) (d *Draft, err error) {
	if language, err = canonical("language", language); err != nil {
		return nil, err
	}
	err = s.look(ctx, actor, subject(article), func(ctx context.Context, tx *store.Tx) error {
		d, err = drafts.Get(ctx, tx, textKey(article, language))
		return err
	})
	return d, err
}

// DeleteTranslation removes a translation for good, with its draft and versions. It
// returns the article as it is then. There is none in this language is store.ErrNotFound.
func (s *Service) DeleteTranslation(ctx context.Context, actor event.Actor, article, language string) (a *Article, err error) {
	err = s.onTranslations(ctx, actor, article, func(ctx context.Context, tx *store.Tx, was *Article) (string, *Translation, error) {
		a = was
		t, err := a.need(language)
		if err != nil {
			return "", nil, err
		}
		gone := *t
		if err := s.unschedule(ctx, tx, a.ID, &gone); err != nil {
			return "", nil, err
		}
		if err := dropTexts(ctx, tx, a.ID, gone); err != nil {
			return "", nil, err
		}
		a.Translations = slices.DeleteFunc(a.Translations, func(t Translation) bool { return t.Language == gone.Language })
		return TranslationGone, &Translation{Language: gone.Language}, nil
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Preview shows how a content will look to readers.
func (s *Service) Preview(c Content) (Rendered, error) {
	if err := c.Clean(); err != nil {
		return Rendered{}, err
	}
	return s.render(c.Format, c.Body), nil
}
