package faq

import (
	"context"
	"errors"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

const (
	dropKind = "faq.drop"
	dropPage = 500 // documents of a transaction
)

// dropLater has what was said of an article that is gone removed.
func (s *Service) dropLater(ctx context.Context, tx *store.Tx, article string) error {
	data, err := event.JSON(article)
	if err != nil {
		return err
	}
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: dropKind + "/" + article, Kind: dropKind, Data: data})
}

// drop removes the next page of it. What was read of it goes with time.
func (s *Service) drop(ctx context.Context, tx *store.Tx, j *job.Job) error {
	var article string
	if err := j.Payload(&article); err != nil {
		return job.Permanent(err)
	}
	n := 0
	for v, err := range votes.Scan(ctx, tx, store.ByKey().From(article+"/").To(article+"0").Limit(dropPage)) {
		if err == nil {
			err = votes.Delete(ctx, tx, v)
		}
		if err != nil {
			return err
		}
		n++
	}
	for a, err := range answers.Scan(ctx, tx, store.By("article", article).Limit(dropPage)) {
		if err == nil {
			err = answers.Delete(ctx, tx, a)
		}
		if err == nil {
			err = s.tellForgotten(ctx, tx, a)
		}
		if err != nil {
			return err
		}
		n++
	}
	if n < dropPage {
		return nil
	}
	return s.jobs.Reschedule(ctx, tx, j.ID, time.Time{})
}

// Sweep removes what is known of readers for longer than [KeepViews] and [KeepQueries], a
// page at a time, and says how much that was. Figures stay.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	now := s.now()
	old, err1 := sweep(ctx, s.db, views, store.By("time").To(now.Add(-KeepViews)))
	asked, err2 := sweep(ctx, s.db, queries, store.By("time").To(now.Add(-KeepQueries)))
	return old + asked, errors.Join(err1, err2)
}

// sweep deletes what a query finds.
func sweep[T any](ctx context.Context, db store.Runner, coll *store.Collection[T], q store.Query) (n int, err error) {
	for {
		page := 0
		err := db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			page = 0
			for v, err := range coll.Claim(ctx, tx, q.Limit(dropPage)) {
				if err == nil {
					err = coll.Delete(ctx, tx, v)
				}
				if err != nil {
					return err
				}
				page++
			}
			return nil
		})
		if n += page; err != nil || page < dropPage {
			return n, err
		}
	}
}
