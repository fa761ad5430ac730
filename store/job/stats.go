package job

import (
	"context"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// MaxCount is where the figures of [Stats] end: one that has reached it means at
// least so many.
const MaxCount = 10_000

// Stats are figures of a queue, each counted up to MaxCount.
type Stats struct {
	Waiting int           // for their time, or behind others of their key
	Due     int           // could run now; Waiting doesn't hold them
	Running int           // leased, in all processes
	Dead    int           // dead letters
	Oldest  time.Duration // for how long the first of those that are due has been so
	Unknown []string      // kinds that wait and have no handler here, in order
}

// Stats counts, in short Views one after the other.
func (q *Queue) Stats(ctx context.Context) (s Stats, err error) {
	now := q.time()
	var hs []head
	err = q.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		hs, err = q.heads(ctx, tx)
		return err
	})
	if err != nil {
		return Stats{}, err
	}
	for _, h := range hs {
		if q.handlers[h.kind].Limit == 0 {
			s.Unknown = append(s.Unknown, h.kind)
		}
		s.Oldest = max(s.Oldest, now.Sub(h.since))
		if err := q.countKind(ctx, h.kind, now, &s); err != nil {
			return Stats{}, err
		}
	}
	slices.Sort(s.Unknown)
	behind, err := q.each(ctx, store.By("behind"), func(*entry) {})
	if err != nil {
		return Stats{}, err
	}
	s.Waiting = min(s.Waiting+behind, MaxCount)
	s.Dead, err = q.each(ctx, store.By("dead"), func(*entry) {})
	return s, err
}

// countKind adds the jobs of a kind that aren't behind another.
func (q *Queue) countKind(ctx context.Context, kind string, now time.Time, s *Stats) error {
	_, err := q.each(ctx, store.By("due", kind), func(e *entry) {
		n := &s.Waiting
		switch {
		case !e.due().After(now):
			n = &s.Due
		case e.Lease != nil:
			n = &s.Running
		}
		*n = min(*n+1, MaxCount)
	})
	return err
}

// each calls fn for the first jobs of a query, a page to a View.
func (q *Queue) each(ctx context.Context, query store.Query, fn func(*entry)) (n int, err error) {
	for cursor := ""; n < MaxCount; {
		err := q.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			es, next, err := jobs.Page(ctx, tx, query.Limit(min(page, MaxCount-n)).After(cursor))
			for _, e := range es {
				fn(e)
			}
			n, cursor = n+len(es), next
			return err
		})
		if err != nil || cursor == "" {
			return n, err
		}
	}
	return n, nil
}
