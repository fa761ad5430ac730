package ticket

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// viewCount is how many tickets have its key among their members: those of a view,
// or those of a view that are one agent's.
type viewCount struct {
	Key   string    `json:"key"`
	N     int       `json:"n"`
	Built bool      `json:"built,omitempty"` // of a view's key: all tickets have been looked at
	Rev   store.Rev `json:"-"`
}

var viewCounts = &store.Collection[viewCount]{
	Name:       "ticket_view_count",
	Key:        func(c *viewCount) string { return c.Key },
	Rev:        func(c *viewCount) *store.Rev { return &c.Rev },
	Impersonal: "holds numbers",
}

// count adds to the counts that a batch has changed, each once.
func count(ctx context.Context, tx *store.Tx, deltas map[string]int) error {
	for _, key := range slices.Sorted(maps.Keys(deltas)) {
		if deltas[key] == 0 {
			continue
		}
		c, err := viewCounts.Lock(ctx, tx, key, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			c, err = &viewCount{Key: key}, nil
		}
		if err != nil {
			return err
		}
		c.N += deltas[key]
		if err := viewCounts.Put(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// dropCounts removes the counts of a filter that is gone. Facets forget them when
// their ticket changes.
func dropCounts(ctx context.Context, tx *store.Tx, e *viewEntry) error {
	for _, q := range []store.Query{store.ByKey().From(e.key()).To(e.key() + "\x01"), store.ByKey().From(e.key() + "|").To(e.key() + "}")} {
		for c, err := range viewCounts.All(ctx, tx, q) {
			if err != nil {
				return err
			}
			if err := viewCounts.Delete(ctx, tx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// ViewCount is how many tickets a view has.
type ViewCount struct {
	View     string
	N        int
	AtLeast  bool // counting stopped there
	Building bool // the filter is new: tickets are still being looked at
}

// ViewCounts returns how many tickets views have, at most 200 of them, in the order
// of their ids. Counts are kept as tickets change, some milliseconds behind, for
// whoever sees all tickets. Those of others, those of filters that read now, or that read me other than as
// what the assignee, a follower or the last agent must be, are counted when asked,
// by the index alone where that knows all of the filter, else over at most 10,000
// of its tickets. A view that the actor doesn't see is
// store.ErrNotFound.
func (s *Service) ViewCounts(ctx context.Context, actor event.Actor, ids ...string) ([]ViewCount, error) {
	if len(ids) > 200 {
		return nil, &store.FieldError{Field: "views", Reason: "at most 200 at once", Limit: 200}
	}
	cs := make([]counting, len(ids))
	for i, id := range ids {
		cs[i].ViewCount = ViewCount{View: id}
	}
	for left := true; left; {
		err := s.db.View(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			left, err = s.countSome(ctx, tx, actor, cs)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]ViewCount, len(cs))
	for i := range cs {
		out[i] = cs[i].ViewCount
	}
	return out, nil
}

// countSome looks up counts that are kept, and counts one step of another one.
func (s *Service) countSome(ctx context.Context, tx *store.Tx, actor event.Actor, cs []counting) (left bool, err error) {
	w, err := s.viewer(ctx, tx, actor)
	if err != nil {
		return false, err
	}
	vs, err := s.viewsFor(ctx, tx, 0)
	if err != nil {
		return false, err
	}
	for i := range cs {
		c := &cs[i]
		if c.done {
			continue
		}
		e, err := s.reachView(vs, w, c.View)
		if err == nil {
			err = e.err
		}
		if err != nil {
			return false, err
		}
		if c.of != e.Version { // from the start, also if the filter has changed meanwhile
			*c = counting{ViewCount: ViewCount{View: c.View}, of: e.Version, now: s.now()}
		}
		if e.kept && w.sight.all() {
			err = c.look(ctx, tx, e, w.me())
			c.done = true
		} else if left {
			continue
		} else {
			who := &asked{me: w.me(), now: c.now}
			p := newPlan(e.cond, vs.fields, who)
			w.sight.narrow(p)
			c.done, err = c.walk(ctx, tx, p, func(t *Ticket) bool { who.t = t; return w.sight.sees(t) && e.cond.Match(who) })
			left = true
		}
		if err != nil {
			return false, err
		}
	}
	return left, nil
}

// counting counts one view, in short reads.
type counting struct {
	ViewCount
	at   place
	now  time.Time
	seen int
	of   int64 // version of the filter that it began with
	done bool
}

// countStep is how many rows one read counts.
const countStep = 1_000

// look reads a count that is kept.
func (c *counting) look(ctx context.Context, tx *store.Tx, e *viewEntry, me string) error {
	all, err := viewCounts.Get(ctx, tx, e.key())
	if errors.Is(err, store.ErrNotFound) {
		all, err = &viewCount{}, nil // a former program didn't keep it
	}
	if err != nil {
		return err
	}
	c.N, c.Building = all.N, !all.Built
	if e.mine == "" {
		return nil
	}
	own, err := viewCounts.Get(ctx, tx, e.keyFor(me))
	if errors.Is(err, store.ErrNotFound) {
		own, err = &viewCount{}, nil
	}
	if err == nil {
		c.N = own.N
	}
	return err
}

// walk counts rows of the index, and looks at the tickets only where the index
// doesn't know all of the filter.
func (c *counting) walk(ctx context.Context, tx *store.Tx, p *plan, fits func(*Ticket) bool) (done bool, err error) {
	by := byCreated
	for _, o := range []order{byUpdated, byWaiting, byDue} {
		if _, bounded := p.spans[o.index]; bounded {
			by = o
		}
	}
	if n, ok, err := p.count(ctx, tx, by, 0); ok || err != nil {
		c.N = n
		return true, err
	}
	words, err := p.words(ctx, tx, by, true)
	if err != nil {
		return false, err
	}
	w := p.newWalk(words, by, true, c.at, countStep)
	for n := 0; ; n++ {
		row, err := w.peek(ctx, tx)
		if err != nil || row == nil {
			return true, err
		}
		if c.seen == maxCount {
			c.AtLeast = true
			return true, nil
		}
		if n == countStep {
			return false, nil
		}
		w.take()
		c.seen++
		c.at.At, c.at.Key = by.at(row), row.Ticket
		if !w.fits(row) {
			continue
		}
		if !p.whole {
			t, err := tickets.Get(ctx, tx, row.Ticket)
			if err != nil {
				return false, err
			}
			if !fits(t) {
				continue
			}
		}
		c.N++
	}
}
