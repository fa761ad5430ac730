package faq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// MaxAhead is how far away a scheduled publication may be.
const MaxAhead = 10 * 366 * 24 * time.Hour

// Schedule has the draft of a translation, as it will be then, published at a moment, and
// what is published taken away at another one; the zero time is never. Both replace what
// was scheduled before. A moment that has passed, or is more than ten years away, is a
// *store.FieldError, and so is an end of what isn't going to be published. It returns the
// article as it is then.
//
// It happens at the moment while the desk's work is being done, else when that begins
// again, once.
func (s *Service) Schedule(ctx context.Context, actor event.Actor, article, language string, publishAt, unpublishAt time.Time) (*Article, error) {
	publishAt, unpublishAt = moment(publishAt), moment(unpublishAt)
	for _, m := range []struct {
		field string
		at    time.Time
	}{{"publish_at", publishAt}, {"unpublish_at", unpublishAt}} {
		switch now := s.now(); {
		case m.at.IsZero():
		case !m.at.After(now):
			return nil, &store.FieldError{Field: m.field, Reason: "has passed"}
		case m.at.Sub(now) > MaxAhead:
			return nil, &store.FieldError{Field: m.field, Reason: "is at most ten years away"}
		}
	}
	if !publishAt.IsZero() && publishAt.Equal(unpublishAt) {
		return nil, &store.FieldError{Field: "unpublish_at", Reason: "is another moment than the publication"}
	}
	return s.onTranslation(ctx, actor, article, language, func(ctx context.Context, tx *store.Tx, a *Article, t *Translation) (string, error) {
		if !unpublishAt.IsZero() && t.Version == 0 && publishAt.IsZero() {
			return "", &store.FieldError{Field: "unpublish_at", Reason: "ends what isn't going to be published"}
		}
		if t.PublishAt.Equal(publishAt) && t.UnpublishAt.Equal(unpublishAt) {
			return "", nil
		}
		if err := s.unschedule(ctx, tx, a.ID, t); err != nil {
			return "", err
		}
		t.PublishAt, t.UnpublishAt = publishAt, unpublishAt
		for _, at := range []time.Time{publishAt, unpublishAt} {
			if err := s.remind(ctx, tx, a.ID, t.Language, at); err != nil {
				return "", err
			}
		}
		return Scheduled, nil
	})
}

// moment is a moment as it is stored.
func moment(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Microsecond)
}

const scheduleKind = "faq.schedule"

// scheduled is what a job for a moment has to know.
type scheduled struct {
	Article  string    `json:"article"`
	Language string    `json:"language"`
	At       time.Time `json:"at"`
}

// A moment that is due has passed, so that it can't be set again: the id of a job that is
// done is never needed once more.
func scheduleID(article, language string, at time.Time) string {
	return fmt.Sprintf("%s/%s/%s/%d", scheduleKind, article, language, at.UnixMicro())
}

func (s *Service) remind(ctx context.Context, tx *store.Tx, article, language string, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	data, err := event.JSON(scheduled{article, language, at})
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: scheduleID(article, language, at), Kind: scheduleKind, Data: data, RunAt: at})
}

func (s *Service) cancel(ctx context.Context, tx *store.Tx, article, language string, at time.Time) error {
	if at.IsZero() {
		return nil
	}
	err := s.jobs.Cancel(ctx, tx, scheduleID(article, language, at))
	if missing(err) {
		return nil // it is done, or is being done and finds nothing
	}
	return err
}

// unschedule drops both moments of a translation.
func (s *Service) unschedule(ctx context.Context, tx *store.Tx, article string, t *Translation) error {
	return errors.Join(s.cancel(ctx, tx, article, t.Language, t.PublishAt), s.cancel(ctx, tx, article, t.Language, t.UnpublishAt))
}

// atMoment does what is due of a translation. What it does is in the article, not in the
// job: a job that comes late, twice, or after the plan was changed finds nothing to do.
func (s *Service) atMoment(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var in scheduled
	if err := j.Payload(&in); err != nil {
		return job.Permanent(err)
	}
	now := s.now()
	if now.Before(in.At) {
		now = in.At // by the store's clock it is time
	}
	a, err := articles.Lock(ctx, tx, in.Article, store.ForUpdate)
	if missing(err) {
		return nil
	}
	if err != nil || a.In(in.Language) == nil {
		return err
	}
	return s.settle(ctx, tx, a, in.Language, now)
}

// settle does what is due of a translation, in order.
func (s *Service) settle(ctx context.Context, tx *store.Tx, a *Article, language string, now time.Time) error {
	due := func(at time.Time) bool { return !at.IsZero() && !now.Before(at) }
	for {
		t := a.In(language)
		publish, end := due(t.PublishAt), due(t.UnpublishAt)
		if publish && end {
			publish = t.PublishAt.Before(t.UnpublishAt)
			end = !publish
		}
		if !publish && !end {
			return nil
		}
		if err := s.doScheduled(ctx, tx, a, t, publish); err != nil {
			return err
		}
	}
}

// doScheduled publishes a translation, or takes it away, in the desk's own name.
func (s *Service) doScheduled(ctx context.Context, tx *store.Tx, a *Article, t *Translation, publish bool) error {
	system := event.Actor{Kind: event.System}
	what := Unpublished
	if publish {
		what, t.PublishAt = Published, time.Time{}
		if err := s.publish(ctx, tx, system, a, t); err != nil {
			return err
		}
	} else {
		t.unpublish()
	}
	a.Updated = s.now()
	f := a.facts()
	f.Language, f.Version, f.Status, f.PublishAt, f.Until = t.Language, t.Version, string(t.status()), t.PublishAt, t.UnpublishAt
	if err := articles.Put(ctx, tx, a); err != nil {
		return err
	}
	e, err := record(what, subject(a.ID), a.Rev, system, f)
	if err != nil {
		return err
	}
	e.Reason = "scheduled"
	return s.events.Append(ctx, tx, e)
}
