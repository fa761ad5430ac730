package ticket

import (
	"context"
	"errors"

	"github.com/frontdesk-go/frontdesk/store"
)

// BuildOn does one transaction of the job that builds the counts of views.
func (s *Service) BuildOn(ctx context.Context, job string) (more bool, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		more, err = s.buildOn(ctx, tx, job)
		return err
	})
	return more, err
}

// FillViews stores n views of open tickets at once: SaveView looks at all views for each.
func (s *Service) FillViews(ctx context.Context, n int) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := registries.Lock(ctx, tx, viewRegistry, store.ForUpdate)
		for i := 0; err == nil && i < n; i++ {
			v := &View{ID: s.events.IDs().New(), Name: "Filled", Filter: "ticket.open"}
			if err = v.valid(); err == nil {
				err = views.Put(ctx, tx, v)
			}
		}
		if err != nil {
			return err
		}
		return moveViews(ctx, tx, r, false)
	})
}

// LapseTicket does the first step of erasing a ticket whose time is over.
func (s *Service) LapseTicket(ctx context.Context, id string) error {
	due, err := s.lapseTicket(ctx, id, "")
	if err == nil && !due {
		err = errors.New("it isn't due")
	}
	return err
}

// FacetsOf are the words by which the index knows a ticket, and the counts that it
// is part of.
func (s *Service) FacetsOf(ctx context.Context, id string) (words, members []string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		f, err := facets.Get(ctx, tx, id)
		if err == nil {
			words, members = f.Facets, f.Members
		}
		return err
	})
	return words, members, err
}

// EraseFacets removes an end user's data from what lists know of a ticket.
func EraseFacets(words []string) []string {
	f := &facet{Facets: words}
	facets.Erase(f, "")
	return f.Facets
}

// Counts are all counts that are stored, by key.
func (s *Service) Counts(ctx context.Context) (n map[string]int, err error) {
	n = map[string]int{}
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for c, err := range viewCounts.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			n[c.Key] = c.N
		}
		return nil
	})
	return n, err
}

// What the limits of views are tested by.
const BuildPage = buildPage

// StoredCalendars is the collection of calendars.
var StoredCalendars = calendars
