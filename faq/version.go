package faq

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// VersionInfo is a version as a history shows it.
type VersionInfo struct {
	Number int
	Title  string
	By     event.Actor // who published it; the desk itself, where it was scheduled
	Time   time.Time
}

// Versions returns the versions of a translation, the newest first: the last 50 that were
// published. It needs the permission EditFAQs.
func (s *Service) Versions(ctx context.Context, actor event.Actor, article, language string) (all []VersionInfo, err error) {
	if language, err = canonical("language", language); err != nil {
		return nil, err
	}
	err = s.look(ctx, actor, subject(article), func(ctx context.Context, tx *store.Tx) error {
		all = nil
		key := textKey(article, language)
		for v, err := range versions.Scan(ctx, tx, store.ByKey().From(key+"/").To(key+"0").Desc().Limit(MaxVersions)) {
			if err != nil {
				return err
			}
			all = append(all, VersionInfo{v.Number, v.Title, v.By, v.Time})
		}
		return nil
	})
	return all, err
}

// Version returns one of them as it was published, or store.ErrNotFound. It needs the
// permission EditFAQs.
func (s *Service) Version(ctx context.Context, actor event.Actor, article, language string, number int) (v *Version, err error) {
	if language, err = canonical("language", language); err != nil {
		return nil, err
	}
	err = s.look(ctx, actor, subject(article), func(ctx context.Context, tx *store.Tx) error {
		v, err = versions.Get(ctx, tx, versionKey(article, language, number))
		return err
	})
	return v, err
}

// Restore makes the draft of a translation what a version was; publish it to show it to
// readers. The draft that there was is gone, so it has to be named: rev is its revision,
// and if it was changed meanwhile the error is store.ErrStale. A version that isn't kept
// is store.ErrNotFound.
func (s *Service) Restore(ctx context.Context, actor event.Actor, article, language string, number int, rev store.Rev) (d *Draft, err error) {
	v, err := s.Version(ctx, actor, article, language, number)
	if err != nil {
		return nil, err
	}
	d = &Draft{Article: v.Article, Language: v.Language, Content: v.Content, Rev: rev}
	if _, err := s.SaveDraft(ctx, actor, d); err != nil {
		return nil, err
	}
	return d, nil
}
