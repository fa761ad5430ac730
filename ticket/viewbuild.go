package ticket

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// viewPass is how far the job that builds counts has come.
type viewPass struct {
	ID    string    `json:"id"`
	Job   string    `json:"job"`
	After string    `json:"after,omitempty"` // the last ticket that it has looked at
	Keys  []string  `json:"keys,omitempty"`  // counts that are built when it ends
	Rev   store.Rev `json:"-"`
}

var viewPasses = &store.Collection[viewPass]{
	Name:       "ticket_view_pass",
	Key:        func(p *viewPass) string { return p.ID },
	Rev:        func(p *viewPass) *store.Rev { return &p.Rev },
	Impersonal: "holds a position",
}

const (
	buildKind = "ticket.views"
	buildPage = 100 // tickets of a transaction
)

// build goes over all facets, a page to a transaction, and looks at each ticket as
// the projection does, beside which it runs: the facet says which counts it is part
// of, so that none counts it twice. One pass builds all counts that were new when it
// began; filters saved meanwhile have a job of their own, which waits behind.
func (s *Service) build(ctx context.Context, tx *store.Tx, j *job.Job) error {
	more, err := s.buildOn(ctx, tx, j.ID)
	if err == nil && more {
		err = s.jobs.Reschedule(ctx, tx, j.ID, time.Time{})
	}
	return err
}

// buildOn looks at the next page of tickets, for a job.
func (s *Service) buildOn(ctx context.Context, tx *store.Tx, job string) (more bool, err error) {
	p, err := viewPasses.Lock(ctx, tx, viewRegistry, store.ForUpdate)
	if errors.Is(err, store.ErrNotFound) {
		p, err = &viewPass{ID: viewRegistry}, nil
	}
	if err != nil {
		return false, err
	}
	vs, err := s.viewsFor(ctx, tx, store.Share)
	if err != nil {
		return false, err
	}
	if p.Job != job { // it begins
		p.Job, p.After = job, ""
		if p.Keys, err = vs.unbuilt(ctx, tx); err != nil || len(p.Keys) == 0 && !redescribes(job) {
			return false, err
		}
	}
	deltas := map[string]int{}
	if more, err = p.page(ctx, tx, vs, deltas); err != nil {
		return false, err
	}
	if err := count(ctx, tx, deltas); err != nil {
		return false, err
	}
	if more {
		return true, viewPasses.Put(ctx, tx, p)
	}
	return false, p.end(ctx, tx)
}

// page looks at the tickets behind the last one.
func (p *viewPass) page(ctx context.Context, tx *store.Tx, vs *viewSet, deltas map[string]int) (more bool, err error) {
	q := store.ByKey().Limit(buildPage)
	if p.After != "" {
		q = q.From(p.After + "\x01")
	}
	rows, next, err := facets.Page(ctx, tx, q)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		t, err := tickets.Get(ctx, tx, row.Ticket)
		if err == nil {
			err = refresh(ctx, tx, vs, t, deltas)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, err
		}
		p.After = row.Ticket
	}
	return next != "", nil
}

// redescribes says that a job is there because facets have other words now.
func redescribes(job string) bool { return strings.HasPrefix(job, buildKind+"/fields") }

// unbuilt are the kept counts that no pass has built.
func (vs *viewSet) unbuilt(ctx context.Context, tx *store.Tx) (keys []string, err error) {
	for _, e := range vs.kept {
		c, err := viewCounts.Get(ctx, tx, e.key())
		if errors.Is(err, store.ErrNotFound) {
			c = &viewCount{Key: e.key()}
			err = viewCounts.Put(ctx, tx, c)
		}
		if err != nil {
			return nil, err
		}
		if !c.Built {
			keys = append(keys, e.key())
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// end marks what the pass has built.
func (p *viewPass) end(ctx context.Context, tx *store.Tx) error {
	for _, key := range p.Keys {
		c, err := viewCounts.Lock(ctx, tx, key, store.ForUpdate)
		if errors.Is(err, store.ErrNotFound) {
			continue // the filter has changed meanwhile
		}
		if err != nil {
			return err
		}
		c.Built = true
		if err := viewCounts.Put(ctx, tx, c); err != nil {
			return err
		}
	}
	if p.Rev == 0 {
		return nil
	}
	return viewPasses.Delete(ctx, tx, p)
}
