package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// viewer is who looks at views.
type viewer struct {
	actor event.Actor
	agent *identity.Agent // nil if it isn't one
	sight sight
}

func (s *Service) viewer(ctx context.Context, tx *store.Tx, actor event.Actor) (w viewer, err error) {
	if err := staffOnly(actor); err != nil {
		return w, err
	}
	if w.sight, err = s.sight(ctx, tx, actor, identity.On{Subject: "views", Read: true}); err != nil {
		return w, err
	}
	w.actor = actor
	if actor.Kind == event.Agent {
		w.agent, err = s.people.Member(ctx, tx, actor.ID)
	}
	return w, err
}

// me is the viewer in filters: an agent, or nobody.
func (w viewer) me() string {
	if w.agent == nil {
		return ""
	}
	return w.agent.ID
}

// sees says whether a view is the viewer's to see: his own ones, and those shared
// with him. Admins, who look after them, and keys see all shared ones, and the host all.
func (w viewer) sees(v *View) bool {
	switch {
	case v.Owner != "":
		return !private(w.actor, v.Owner)
	case w.actor.Kind == event.System, len(v.Roles)+len(v.Groups) == 0:
		return true
	case w.agent == nil:
		return false
	case w.agent.Role == identity.Admin, slices.Contains(v.Roles, w.agent.Role):
		return true
	}
	return slices.ContainsFunc(v.Groups, w.agent.InGroup)
}

// reachView returns a view that the actor may see, or store.ErrNotFound.
func (s *Service) reachView(vs *viewSet, w viewer, id string) (*viewEntry, error) {
	e := vs.byID[id]
	if e == nil || !w.sees(e.View) {
		return nil, &store.Error{Op: "get", Collection: "ticket_view", Key: id, Err: store.ErrNotFound}
	}
	return e, nil
}

// Views returns the views that the actor may see, by folder, position and name:
// at most 1,000.
func (s *Service) Views(ctx context.Context, actor event.Actor) (all []*View, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		w, err := s.viewer(ctx, tx, actor)
		if err != nil {
			return err
		}
		vs, err := s.viewsFor(ctx, tx, 0)
		if err != nil {
			return err
		}
		all = nil
		tagged := map[string]string{}
		for _, e := range vs.views {
			if !w.sees(e.View) {
				continue
			}
			v := *e.View
			if v.Problems, err = e.problems(ctx, tx, vs, tagged); err != nil {
				return err
			}
			all = append(all, &v)
		}
		return nil
	})
	return all, err
}

// problems are what has happened to the words of a filter since it was saved.
// tagged remembers what is wrong with a tag.
func (e *viewEntry) problems(ctx context.Context, tx *store.Tx, vs *viewSet, tagged map[string]string) (ps []string, err error) {
	if e.err != nil {
		return []string{e.err.Error()}, nil
	}
	for _, name := range e.cond.Reads() {
		if key, ok := strings.CutPrefix(name, "field."); ok && vs.fields[key].Archived {
			ps = append(ps, "field "+key+" is archived")
		}
	}
	needs, _ := e.cond.Needs()
	for _, n := range needs {
		for _, v := range n.Values {
			if n.Name != "ticket.tags" || v.Type != condition.Text {
				continue
			}
			wrong, known := tagged[v.Text]
			if !known {
				if wrong, err = wrongTag(ctx, tx, v.Text); err != nil {
					return nil, err
				}
				tagged[v.Text] = wrong
			}
			if wrong != "" {
				ps = append(ps, wrong)
			}
		}
	}
	return ps, nil
}

func wrongTag(ctx context.Context, tx *store.Tx, name string) (wrong string, err error) {
	tag, err := tags.Get(ctx, tx, name)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrValue):
		return "tag " + name + " isn't defined", nil
	case err == nil && tag.Archived:
		return "tag " + name + " is archived", nil
	}
	return "", err
}

// phases are the walks that make a view's order.
func (v *View) phases() []phase {
	rest := func(by order) phase {
		return phase{by: byCreated, desc: true, but: func(f *facet) bool { return by.at(f) != 0 }}
	}
	switch v.Sort {
	case SortCreated:
		return []phase{{by: byCreated, desc: v.Desc}}
	case SortWaiting:
		return []phase{{by: byWaiting, desc: v.Desc}, rest(byWaiting)}
	case SortDue:
		return []phase{{by: byDue, desc: v.Desc}, rest(byDue)}
	case SortPriority:
		return []phase{{by: byPriority, desc: v.Desc}, rest(byPriority)}
	}
	return []phase{{by: byUpdated, desc: v.Desc}}
}

// ViewTickets returns at most limit tickets of a view, and no more than 200, as they
// are now, and the cursor of the next page, "" when this is the last. A page may
// have fewer tickets than asked for, even none, and a cursor. A view that the actor
// doesn't see is store.ErrNotFound, one whose filter can't be used any more a
// *ConditionError.
func (s *Service) ViewTickets(ctx context.Context, actor event.Actor, id, after string, limit int) (ts []*Ticket, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		w, err := s.viewer(ctx, tx, actor)
		if err != nil {
			return err
		}
		vs, err := s.viewsFor(ctx, tx, 0)
		if err != nil {
			return err
		}
		e, err := s.reachView(vs, w, id)
		if err == nil {
			err = e.err
		}
		if err != nil {
			return err
		}
		at, err := readPlace(after, fmt.Sprintf("view %s %d %s %v %s", id, e.Version, e.Sort, e.Desc, w.me()))
		if err != nil {
			return err
		}
		who := &asked{me: w.me(), now: s.now()}
		l := listing{plan: newPlan(e.cond, vs.fields, who), sight: w.sight, phases: e.phases(), limit: pageSize(limit), most: maxRows}
		l.fits = func(t *Ticket) bool { who.t = t; return e.cond.Match(who) }
		ts, next, err = l.read(ctx, tx, at)
		return err
	})
	return ts, next, err
}
