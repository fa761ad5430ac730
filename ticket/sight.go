package ticket

import (
	"context"
	"errors"
	"slices"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// sight is which tickets an actor sees, and what of them. An end user sees his own;
// nil is everything.
type sight struct{ *identity.Sight }

// sight decides whether an actor may see tickets, and which. An end user's own ones
// are for the caller to tell.
func (s *Service) sight(ctx context.Context, tx *store.Tx, actor event.Actor, on identity.On) (sight, error) {
	if actor.Kind == event.EndUser {
		return sight{}, nil
	}
	g, err := s.people.Sight(ctx, tx, actor, identity.Converse, on)
	return sight{g}, err
}

// reach returns a ticket that the actor may see. One that he doesn't, as another end
// user's, is store.ErrNotFound, so that nobody learns which ids there are.
func (s *Service) reach(ctx context.Context, tx *store.Tx, actor event.Actor, id string) (*Ticket, error) {
	t, g, err := s.reached(ctx, tx, actor, id)
	return g.show(t), err
}

// seen is a ticket that was found without asking who may see it, as the actor sees it:
// store.ErrNotFound if he doesn't.
func (s *Service) seen(ctx context.Context, tx *store.Tx, actor event.Actor, t *Ticket) (*Ticket, error) {
	g, err := s.sight(ctx, tx, actor, identity.On{Subject: t.ID, Owner: t.EndUser, Case: t.seenBy()})
	if err != nil {
		return nil, err
	}
	return g.show(t), nil
}

// reached is reach, with all of the ticket for who changes it.
func (s *Service) reached(ctx context.Context, tx *store.Tx, actor event.Actor, id string) (*Ticket, sight, error) {
	lock := store.ForUpdate
	if !tx.Writable() {
		lock = 0
	}
	t, err := tickets.Lock(ctx, tx, id, lock)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return nil, sight{}, err
	}
	on := identity.On{Subject: id, Read: !tx.Writable()}
	if !missing {
		on.Owner, on.Case = t.EndUser, t.seenBy()
	}
	g, refused := s.sight(ctx, tx, actor, on)
	switch {
	case refused != nil:
		return nil, g, refused
	case missing:
		return nil, g, err
	case actor.Kind == event.EndUser && t.EndUser != actor.ID:
		return nil, g, &store.Error{Op: "get", Collection: "ticket", Key: id, Err: store.ErrNotFound}
	}
	return t, g, nil
}

// seenBy is what decides who of staff sees the ticket. Whom it is offered sees it as if
// it were his.
func (t *Ticket) seenBy() *identity.Case {
	c := &identity.Case{Assignee: t.Assignee, Followers: t.Followers, Group: t.Group, App: t.App}
	if agent := t.OfferedTo(); agent != "" {
		c.Assignee = event.Actor{Kind: event.Agent, ID: agent}
	}
	return c
}

func (g sight) sees(t *Ticket) bool { return g.Sight == nil || g.Sees(t.seenBy()) }

// show is the ticket without what isn't for the actor: the end user's answer to a
// survey, which not everybody may see.
func (g sight) show(t *Ticket) *Ticket {
	if g.Sight == nil || g.Ratings || t == nil || t.Resolution == nil || t.Resolution.Survey.Score == 0 {
		return t
	}
	shown, r := *t, *t.Resolution
	r.Survey.Score, r.Survey.Comment = 0, ""
	shown.Resolution = &r
	return &shown
}

// SeenBy is the ticket as somebody sees it, nil if he doesn't. It is for packages that
// find tickets in ways of their own, as a search.
func (t *Ticket) SeenBy(g *identity.Sight) *Ticket {
	if s := (sight{g}); s.sees(t) {
		return s.show(t)
	}
	return nil
}

// all says that every ticket is seen.
func (g sight) all() bool { return g.Sight == nil || g.All() }

// narrow adds to a plan that the tickets have to be seen: by words that the index
// knows, exactly.
func (g sight) narrow(p *plan) {
	if g.all() {
		return
	}
	var own []string
	if g.Agent != "" {
		own = []string{"assignee=" + g.Agent, "offered=" + g.Agent, "followers=" + g.Agent}
	}
	words := func(name string, values []string) []string {
		set := slices.Clone(own)
		for _, v := range values {
			set = append(set, name+"="+v)
		}
		return set
	}
	if !g.AnyGroup {
		p.sets = append(p.sets, words("group", g.Groups))
	}
	if len(g.Apps) > 0 && (g.AnyGroup || len(g.Groups) > 0) {
		p.sets = append(p.sets, words("app", g.Apps))
	}
}
