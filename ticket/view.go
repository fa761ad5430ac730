package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/store/job"
)

// The limits of views.
const (
	MaxViews     = 1_000 // on a desk, personal ones included
	MaxOwnViews  = 100   // personal ones of an agent
	MaxFilter    = condition.MaxSource
	maxViewRefs  = 50 // groups that share a view
	viewRegistry = "desk"
)

// ViewSort is what a view is sorted by.
type ViewSort string

// The orders. Tickets that nobody waits for come last by waiting, those of no priority
// by priority, and those that are due at no moment by due, newest first. Of one priority the oldest are the highest.
const (
	SortCreated  ViewSort = "created"
	SortUpdated  ViewSort = "updated"
	SortWaiting  ViewSort = "waiting" // since when the end user waits
	SortPriority ViewSort = "priority"
	SortDue      ViewSort = "due" // at the next due moment of its service policy
)

// View is a smart view: a filter that is kept, with an order and a live count. It
// is one agent's own, or shared with some roles and groups, or with all of staff.
type View struct {
	ID     string `json:"id"` // UUIDv7
	Name   string `json:"name"`
	Folder string `json:"folder,omitempty"`
	// Filter is a condition over a ticket: ticket.status == "new" and
	// "vip" in ticket.tags; see Vars for the names. In it me is the agent who
	// looks, and now the moment. "" is all tickets.
	Filter string          `json:"filter,omitempty"`
	Sort   ViewSort        `json:"sort"` // default updated
	Desc   bool            `json:"desc,omitempty"`
	Owner  string          `json:"owner,omitempty"`  // id of the agent whose own it is; can't change
	Roles  []identity.Role `json:"roles,omitempty"`  // that see it, besides admins
	Groups []string        `json:"groups,omitempty"` // that see it; with no roles and groups all of staff does
	// Position orders the views of a folder, then their names do.
	Position int       `json:"position,omitempty"`
	Version  int64     `json:"version"` // of the filter
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
	Rev      store.Rev `json:"-"`

	// Problems is filled in by Views: what is wrong with the filter since it was
	// saved, as a tag that was archived.
	Problems []string `json:"-"`
}

var views = &store.Collection[View]{
	Name:       "ticket_view",
	Series:     []string{"ticket_view"},
	Key:        func(v *View) string { return v.ID },
	Rev:        func(v *View) *store.Rev { return &v.Rev },
	Impersonal: "holds filters of staff",
}

// registry is the root of all views: what changes one, or what filters mean, gives
// it a new version, and who counts by them shares it.
type registry struct {
	ID      string    `json:"id"`
	Version int64     `json:"version"` // never used twice, not even by what was rolled back
	Fields  int64     `json:"fields"`  // version of the definitions of fields
	Rev     store.Rev `json:"-"`
}

var registries = &store.Collection[registry]{
	Name:       "ticket_views",
	Key:        func(r *registry) string { return r.ID },
	Rev:        func(r *registry) *store.Rev { return &r.Rev },
	Impersonal: "holds versions",
}

// openViews makes the registry of a new desk.
func (s *Service) openViews(ctx context.Context) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := registries.Get(ctx, tx, viewRegistry)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err = registries.Put(ctx, tx, &registry{ID: viewRegistry}); errors.Is(err, store.ErrExists) {
			err = nil // by another process
		}
		return err
	})
}

// moveViews gives the registry a new version. fields says that filters have other
// names now.
func moveViews(ctx context.Context, tx *store.Tx, r *registry, fields bool) (err error) {
	if r.Version, err = tx.Next(ctx, "ticket_view"); err != nil {
		return err
	}
	if fields {
		r.Fields = r.Version
	}
	return registries.Put(ctx, tx, r)
}

// moveFields says that filters have other names now; hidden, that the index may no
// longer know the values of a field, or may again.
func (s *Service) moveFields(ctx context.Context, tx *store.Tx, hidden bool) error {
	r, err := registries.Lock(ctx, tx, viewRegistry, store.ForUpdate)
	if err == nil {
		err = moveViews(ctx, tx, r, true)
	}
	if err == nil {
		err = s.movePolicies(ctx, tx)
	}
	if err == nil && hidden {
		err = s.rebuild(ctx, tx, fmt.Sprintf("fields%d", r.Version))
	}
	return err
}

func (v *View) valid() error {
	refuse := func(field, reason string) error { return &store.FieldError{Field: "view." + field, Reason: reason} }
	v.Name, v.Folder = strings.TrimSpace(v.Name), strings.TrimSpace(v.Folder)
	v.Sort = cmp.Or(v.Sort, SortUpdated)
	switch {
	case v.Name == "":
		return refuse("name", "is missing")
	case utf8.RuneCountInString(v.Name) > MaxTitle:
		return store.TooLong("view.name", MaxTitle)
	case utf8.RuneCountInString(v.Folder) > MaxTitle:
		return store.TooLong("view.folder", MaxTitle)
	case utf8.RuneCountInString(v.Filter) > MaxFilter:
		return store.TooLong("view.filter", MaxFilter)
	case len(v.ID) > maxRef || strings.ContainsAny(v.ID, "/ \n"):
		return &store.FieldError{Field: "view.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxRef}
	case !slices.Contains([]ViewSort{SortCreated, SortUpdated, SortWaiting, SortPriority, SortDue}, v.Sort):
		return refuse("sort", "is created, updated, waiting, priority or due")
	case len(v.Groups) > maxViewRefs:
		return &store.FieldError{Field: "view.groups", Reason: "at most 50 groups", Limit: maxViewRefs}
	case v.Owner != "" && len(v.Roles)+len(v.Groups) > 0:
		return refuse("owner", "is for a view that is nobody else's")
	}
	for _, r := range v.Roles {
		if r != identity.AgentRole && r != identity.Supervisor && r != identity.Admin {
			return refuse("roles", "are agent, supervisor and admin")
		}
	}
	return nil
}

// SaveView creates a view (revision 0; an empty id gets one), or changes the one
// that was read before. Shared ones are for who may configure, an agent's own for
// himself. A bad value is a *store.FieldError, a bad filter a *ConditionError as
// well, and a view that was changed meanwhile store.ErrStale. The count of a new
// filter is built in the background.
func (s *Service) SaveView(ctx context.Context, actor event.Actor, v *View) error {
	if err := v.valid(); err != nil {
		return err
	}
	if v.ID == "" {
		v.ID = s.events.IDs().New()
	}
	was := *v
	err := s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		*v = was
		if err := s.mayChangeView(ctx, tx, actor, v); err != nil {
			return err
		}
		r, err := registries.Lock(ctx, tx, viewRegistry, store.ForUpdate)
		if err != nil {
			return err
		}
		vs, err := s.viewsAt(ctx, tx, r)
		if err != nil {
			return err
		}
		e, err := s.checkView(ctx, tx, vs, v)
		if err != nil {
			return err
		}
		return s.putView(ctx, tx, actor, r, vs.byID[v.ID], e)
	})
	if err != nil {
		*v = was
	}
	return err
}

func (s *Service) mayChangeView(ctx context.Context, tx *store.Tx, actor event.Actor, v *View) error {
	p := identity.Configure
	if v.Owner != "" {
		p = identity.Converse
	}
	if err := s.people.Authorize(ctx, tx, actor, p, identity.On{Subject: "view:" + v.ID}); err != nil {
		return err
	}
	if private(actor, v.Owner) {
		return &identity.PermissionError{Actor: actor, Permission: identity.Configure}
	}
	return nil
}

// checkView compares a view with the others, and compiles its filter.
func (s *Service) checkView(ctx context.Context, tx *store.Tx, vs *viewSet, v *View) (*viewEntry, error) {
	own := 0
	for _, e := range vs.views {
		if v.Owner != "" && e.Owner == v.Owner {
			own++
		}
	}
	old := vs.byID[v.ID]
	switch {
	case v.Rev == 0 && len(vs.views) >= MaxViews:
		return nil, &store.FieldError{Field: "view", Reason: "a desk has at most 1,000 views", Limit: MaxViews}
	case v.Rev == 0 && own >= MaxOwnViews:
		return nil, &store.FieldError{Field: "view", Reason: "an agent has at most 100 views of his own", Limit: MaxOwnViews}
	case v.Rev != 0 && old == nil:
		return nil, store.ErrStale
	case v.Rev != 0 && old.Owner != v.Owner:
		return nil, &store.FieldError{Field: "view.owner", Reason: "can't change"}
	}
	for _, g := range v.Groups {
		_, err := s.people.Staffed(ctx, tx, g)
		if errors.Is(err, store.ErrNotFound) && (old == nil || !slices.Contains(old.Groups, g)) {
			return nil, &store.FieldError{Field: "view.groups", Reason: "there is no group " + g}
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	e := newEntry(vs.env, v)
	if e.err == nil {
		if bad := e.cond.Loose("now"); bad != nil {
			e.err = bad
		}
	}
	if e.err != nil {
		return nil, fmt.Errorf("%w: %w", &store.FieldError{Field: "view.filter", Reason: "isn't a condition"}, e.err)
	}
	return e, nil
}

// putView writes a view. A new filter gets a new count.
func (s *Service) putView(ctx context.Context, tx *store.Tx, actor event.Actor, r *registry, old, e *viewEntry) (err error) {
	v, what := e.View, "view.changed"
	v.Updated = s.now()
	if v.Rev == 0 {
		what, v.Created = "view.created", v.Updated
	} else {
		v.Created, v.Version = old.Created, old.Version
	}
	if err := moveViews(ctx, tx, r, false); err != nil {
		return err
	}
	recount := v.Rev == 0 || old.Filter != v.Filter
	if recount {
		v.Version = r.Version
	}
	if err := views.Put(ctx, tx, v); err != nil {
		return err
	}
	if recount && old != nil {
		if err := dropCounts(ctx, tx, old); err != nil {
			return err
		}
	}
	if recount && e.kept {
		if err := viewCounts.Put(ctx, tx, &viewCount{Key: e.key()}); err != nil {
			return err
		}
		if err := s.rebuild(ctx, tx, e.key()); err != nil {
			return err
		}
	}
	return s.events.Append(ctx, tx, &event.Event{Type: what, Subject: "view:" + v.ID, Revision: int64(v.Rev), Actor: actor})
}

// rebuild enqueues the job that goes over all facets once more.
func (s *Service) rebuild(ctx context.Context, tx *store.Tx, why string) error {
	return s.jobs.Enqueue(ctx, tx, job.Spec{ID: buildKind + "/" + why, Kind: buildKind, Key: buildKind})
}

// DeleteView removes a view, if its revision is still the stored one: else
// store.ErrStale. Who may change it may delete it.
func (s *Service) DeleteView(ctx context.Context, actor event.Actor, v *View) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := registries.Lock(ctx, tx, viewRegistry, store.ForUpdate)
		if err != nil {
			return err
		}
		vs, err := s.viewsAt(ctx, tx, r)
		if err != nil {
			return err
		}
		old := vs.byID[v.ID]
		if old == nil {
			return &store.Error{Op: "delete", Collection: "ticket_view", Key: v.ID, Err: store.ErrNotFound}
		}
		if err := s.mayChangeView(ctx, tx, actor, old.View); err != nil {
			return err
		}
		gone := *old.View
		if gone.Rev = v.Rev; v.Rev != old.Rev {
			return store.ErrStale
		}
		if err := views.Delete(ctx, tx, &gone); err != nil {
			return err
		}
		if err := dropCounts(ctx, tx, old); err != nil {
			return err
		}
		if err := moveViews(ctx, tx, r, false); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, &event.Event{Type: "view.deleted", Subject: "view:" + v.ID, Revision: int64(v.Rev) + 1, Actor: actor})
	})
}
