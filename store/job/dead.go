package job

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// Dead lists dead letters, longest dead first, and gives the cursor of the next
// page: "" when this is the last. Limit is above 0. A cursor that isn't from here
// is store.ErrCursor.
func (q *Queue) Dead(ctx context.Context, cursor string, limit int) (js []*Job, next string, err error) {
	err = q.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		es, n, err := jobs.Page(ctx, tx, store.By("dead").Limit(limit).After(cursor))
		for _, e := range es {
			js = append(js, &e.Job)
		}
		next = n
		return err
	})
	return js, next, err
}

// Retry gives a dead letter all its attempts again, from now on; one with a key
// goes behind the others of its key. A job that isn't dead is store.ErrNotFound.
func (q *Queue) Retry(ctx context.Context, r store.Runner, id string) error {
	return q.change(ctx, r, "retry", id, func(ctx context.Context, tx *store.Tx, e *entry) error {
		if e.State != Dead {
			return store.ErrNotFound
		}
		e.State, e.RunAt, e.Attempt, e.Error, e.Ended = Waiting, q.time(), 0, "", time.Time{}
		if err := q.join(ctx, tx, e); err != nil {
			return err
		}
		return jobs.Put(ctx, tx, e)
	})
}

// Drop removes a dead letter. A job that isn't dead is store.ErrNotFound.
func (q *Queue) Drop(ctx context.Context, r store.Runner, id string) error {
	return q.change(ctx, r, "drop", id, func(ctx context.Context, tx *store.Tx, e *entry) error {
		if e.State != Dead {
			return store.ErrNotFound
		}
		return jobs.Delete(ctx, tx, e)
	})
}
