package faq

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Publish shows readers the draft of a translation as it is now, as its next version. A
// moment at which it was going to be published is dropped, one at which it ends stays. If
// readers see it already, nothing changes. It returns the article as it is then. There is
// no draft in this language is store.ErrNotFound.
func (s *Service) Publish(ctx context.Context, actor event.Actor, article, language string) (*Article, error) {
	return s.onTranslation(ctx, actor, article, language, func(ctx context.Context, tx *store.Tx, a *Article, t *Translation) (string, error) {
		if !t.PublishAt.IsZero() {
			if err := s.cancel(ctx, tx, a.ID, t.Language, t.PublishAt); err != nil {
				return "", err
			}
			t.PublishAt = time.Time{}
		} else if t.Version > 0 && !t.Ahead {
			return "", nil
		}
		return Published, s.publish(ctx, tx, actor, a, t)
	})
}

// onTranslation is onTranslations for one of them.
func (s *Service) onTranslation(ctx context.Context, actor event.Actor, article, language string, do func(context.Context, *store.Tx, *Article, *Translation) (string, error)) (a *Article, err error) {
	err = s.onTranslations(ctx, actor, article, func(ctx context.Context, tx *store.Tx, was *Article) (string, *Translation, error) {
		a = was
		t, err := a.need(language)
		if err != nil {
			return "", nil, err
		}
		what, err := do(ctx, tx, a, t)
		return what, t, err
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// publish makes a version of the draft, and drops the oldest one above the limit. What is
// published again as it was gets no new one.
func (s *Service) publish(ctx context.Context, tx *store.Tx, actor event.Actor, a *Article, t *Translation) error {
	d, err := drafts.Get(ctx, tx, textKey(a.ID, t.Language))
	if err != nil {
		return err
	}
	again := false
	if t.Last > 0 {
		v, err := versions.Get(ctx, tx, versionKey(a.ID, t.Language, t.Last))
		if err != nil {
			return err
		}
		again = v.Content.Equal(&d.Content)
	}
	if !again {
		t.Last++
		v := &Version{Article: a.ID, Language: t.Language, Number: t.Last, Content: d.Content, Text: d.Text, By: actor, Time: s.now()}
		if err := versions.Put(ctx, tx, v); err != nil {
			return err
		}
		if err := dropVersion(ctx, tx, a.ID, t.Language, t.Last-MaxVersions); err != nil {
			return err
		}
	}
	t.Title, t.Version, t.Since, t.Ahead = d.Title, t.Last, s.now(), false
	return nil
}

func dropVersion(ctx context.Context, tx *store.Tx, article, language string, number int) error {
	if number < 1 {
		return nil
	}
	v, err := versions.Lock(ctx, tx, versionKey(article, language, number), store.ForUpdate)
	if err == nil {
		err = versions.Delete(ctx, tx, v)
	}
	if missing(err) {
		return nil
	}
	return err
}

// Unpublish takes a translation away from readers at once; its draft and versions stay. A
// moment at which that was going to happen is dropped, one at which it is published stays.
// If readers don't see it, nothing changes. It returns the article as it is then.
func (s *Service) Unpublish(ctx context.Context, actor event.Actor, article, language string) (*Article, error) {
	return s.onTranslation(ctx, actor, article, language, func(ctx context.Context, tx *store.Tx, a *Article, t *Translation) (string, error) {
		if t.Version == 0 && t.UnpublishAt.IsZero() {
			return "", nil
		}
		if err := s.cancel(ctx, tx, a.ID, t.Language, t.UnpublishAt); err != nil {
			return "", err
		}
		t.unpublish()
		return Unpublished, nil
	})
}

func (t *Translation) unpublish() {
	t.Title, t.Version, t.Since, t.UnpublishAt, t.Ahead = "", 0, time.Time{}, time.Time{}, true
}
