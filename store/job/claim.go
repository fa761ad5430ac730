package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
)

// grace is how much longer than its timeout a job is leased, for completing it
// and for clocks that differ.
const grace = 15 * time.Second

// held is how soon to look again where others hold all that is due.
const held = time.Second

// head is the first job of a kind.
type head struct {
	kind  string
	id    string
	due   time.Time
	since time.Time // due, but for an erased job, which is due at once
}

// heads finds the first job of each kind that has any, earliest first, at one
// step a kind.
func (q *Queue) heads(ctx context.Context, tx *store.Tx) (hs []head, err error) {
	for from, found := "", true; found; {
		found = false
		for e, err := range jobs.Scan(ctx, tx, store.By("due").From(from).Limit(1)) {
			if err != nil {
				return nil, err
			}
			h := head{e.Kind, e.ID, e.due(), e.due()}
			if e.Erased {
				h.since = e.RunAt
			}
			hs = append(hs, h)
			from, found = e.Kind+"!", true // '!' comes before all that a kind can go on with
		}
	}
	slices.SortStableFunc(hs, func(a, b head) int { return a.due.Compare(b.due) })
	return hs, nil
}

// claim leases at most limit jobs that were due at now, by due moment and id. Next
// is when to look again if nobody rings before, or zero.
func (q *Queue) claim(ctx context.Context, now time.Time, limit int) (es []*entry, next time.Time, err error) {
	var hs []head
	err = q.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		hs, err = q.heads(ctx, tx)
		return err
	})
	if err != nil {
		return nil, next, err
	}
	var kinds []string
	for _, h := range hs {
		switch {
		case q.handlers[h.kind].Limit == 0:
			q.report(ctx, h.kind)
		case q.room(h.kind) == 0: // whoever ends rings
		case !h.due.After(now):
			kinds = append(kinds, h.kind)
		case next.IsZero():
			next = h.due
		}
	}
	if len(kinds) == 0 || limit == 0 {
		return nil, next, nil
	}
	err = q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		es, err = q.take(ctx, tx, kinds, now, limit)
		return err
	})
	if len(es) == 0 {
		next = now.Add(held)
	}
	return es, next, err
}

// take leases the first jobs of these kinds.
func (q *Queue) take(ctx context.Context, tx *store.Tx, kinds []string, now time.Time, limit int) (es []*entry, err error) {
	end := now.Add(time.Microsecond)
	for _, kind := range kinds {
		query := store.By("due", kind).To(end).Limit(min(limit, q.room(kind)))
		for e, err := range jobs.Claim(ctx, tx, query) {
			if err != nil {
				return nil, err
			}
			es = append(es, e)
		}
		slices.SortFunc(es, func(a, b *entry) int {
			return cmp.Or(a.due().Compare(b.due()), cmp.Compare(a.ID, b.ID))
		})
		if len(es) >= limit {
			es = es[:limit]
			end = es[limit-1].due().Add(time.Microsecond) // what is later needn't be read
		}
	}
	for _, e := range es {
		h := q.handlers[e.Kind]
		if e.spent = e.Lease != nil && e.Attempt >= h.MaxAttempts; !e.spent {
			e.Attempt++
		}
		e.State = Running
		e.Lease = &lease{Token: rand.Text(), Holder: process, Until: q.time().Add(h.Timeout + grace)}
		if err := jobs.Put(ctx, tx, e); err != nil {
			return nil, err
		}
	}
	return es, nil
}

// room is how many more jobs of a kind may run.
func (q *Queue) room(kind string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(q.handlers[kind].Limit-q.running[kind], 0)
}

// report tells once that jobs of a kind wait for a program that knows it.
func (q *Queue) report(ctx context.Context, kind string) {
	if !q.unknown[kind] {
		q.unknown[kind] = true
		q.log.ErrorContext(ctx, "jobs wait that have no handler here", "kind", kind)
	}
}

// page is how many jobs are swept, freed or counted at a time.
const page = 256

// free gives up the leases of a process that is gone, once. Where other
// processes may be alive, leases run out by themselves; where one process at a
// time has the store, all but its own are void.
func (q *Queue) free(ctx context.Context) error {
	if q.freed || q.db.Shared() {
		return nil
	}
	for kind, h := range q.handlers {
		now, cursor := q.time(), ""
		for done := false; !done; done = cursor == "" {
			err := q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
				query := store.By("due", kind).From(now).To(now.Add(h.Timeout + grace + time.Microsecond))
				es, next, err := jobs.Page(ctx, tx, query.Limit(page).After(cursor))
				for _, e := range es {
					if e.Lease == nil || e.Lease.Holder == process {
						continue
					}
					e.Lease.Until = now // over, but not forgotten: it was an attempt
					if err := jobs.Put(ctx, tx, e); err != nil {
						return err
					}
				}
				cursor = next
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	q.freed = true
	return nil
}

// sweepEvery is how often Run looks for marks whose time is over.
const sweepEvery = time.Hour

// sweep forgets done jobs whose time is over.
func (q *Queue) sweep(ctx context.Context, now time.Time) error {
	q.swept = now
	query := store.By("done").To(now.Add(-max(q.keep, 0)).Add(time.Microsecond))
	for n := page; n == page; {
		err := q.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
			es, _, err := jobs.Page(ctx, tx, query.Limit(1))
			n = len(es)
			return err
		})
		if err != nil || n == 0 {
			return err // hardly ever is there something, and a View disturbs nobody
		}
		err = q.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
			n = 0
			for e, err := range jobs.Claim(ctx, tx, query.Limit(page)) {
				if err != nil {
					return err
				}
				if err := jobs.Delete(ctx, tx, e); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
