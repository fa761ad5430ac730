package identity

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Visibility says which tickets somebody sees. His own ones, which he has or
// follows, he always sees.
type Visibility string

// The visibilities, the widest first.
const (
	SeesAll    Visibility = "all"
	SeesGroups Visibility = "groups" // those of his groups, in his apps
	SeesOwn    Visibility = "own"
)

var visibilities = []Visibility{SeesAll, SeesGroups, SeesOwn}

// narrower is the narrower one of two; "" is none.
func (v Visibility) narrower(w Visibility) Visibility {
	return visibilities[max(slices.Index(visibilities, v), slices.Index(visibilities, w), 0)]
}

// RoleAccess is what a role may of what the matrix leaves open.
type RoleAccess struct {
	May  []Permission `json:"may"`
	Sees Visibility   `json:"sees"`
}

// Access is how the desk has set what the matrix leaves open: which permissions of
// Grant Toggled a role has, and which tickets it sees. Admins have all, and see all.
// A change holds for what begins after it.
type Access struct {
	ID         string     `json:"id"`
	Agent      RoleAccess `json:"agent"`
	Supervisor RoleAccess `json:"supervisor"`
	Updated    time.Time  `json:"updated"`
	Rev        store.Rev  `json:"-"`
}

const accessKey = "desk"

var accesses = &store.Collection[Access]{
	Name:       "access",
	Key:        func(a *Access) string { return a.ID },
	Rev:        func(a *Access) *store.Rev { return &a.Rev },
	Impersonal: "holds settings",
}

// defaultAccess is what holds on a desk that has set nothing. Nobody changes it.
var defaultAccess = sync.OnceValue(func() *Access {
	return &Access{
		ID:    accessKey,
		Agent: RoleAccess{May: []Permission{BulkChange, SeeRatings, SuggestFAQs, TakeOld}, Sees: SeesAll},
		Supervisor: RoleAccess{Sees: SeesAll, May: []Permission{EditFAQs, EditQuickReplies, BulkChange, SeeRatings, SuggestFAQs, Redact, TakeOld,
			ManageQueues, SeeRealTime, SeeAnalytics}},
	}
})

func accessOf(ctx context.Context, tx *store.Tx) (*Access, error) {
	a, err := accesses.Shared(ctx, tx, accessKey)
	if errors.Is(err, store.ErrNotFound) {
		return defaultAccess(), nil
	}
	return a, err
}

func (a *Access) of(r Role) RoleAccess {
	switch r {
	case AgentRole:
		return a.Agent
	case Supervisor:
		return a.Supervisor
	}
	return RoleAccess{Sees: SeesAll}
}

// Access returns what the desk has set, or the defaults with revision 0: agents
// change in bulk, see ratings, suggest FAQs and take old tickets, supervisors do all
// that can be switched, and both see all tickets.
func (s *Service) Access(ctx context.Context) (a *Access, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		shared, err := accessOf(ctx, tx)
		if err == nil {
			a = new(*shared)
			a.Agent.May, a.Supervisor.May = slices.Clone(a.Agent.May), slices.Clone(a.Supervisor.May)
		}
		return err
	})
	return a, err
}

// SaveAccess changes what was read before. A permission that can't be switched for
// its role is a *store.FieldError, and what was changed meanwhile store.ErrStale.
func (s *Service) SaveAccess(ctx context.Context, actor event.Actor, a *Access) error {
	a.ID = accessKey
	for _, r := range []struct {
		role Role
		set  *RoleAccess
	}{{AgentRole, &a.Agent}, {Supervisor, &a.Supervisor}} {
		if err := cleanToggles("access."+string(r.role)+".may", &r.set.May, r.role); err != nil {
			return err
		}
		if err := cleanVisibility("access."+string(r.role)+".sees", &r.set.Sees); err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "access:" + accessKey}); err != nil {
			return err
		}
		a.Updated = s.now()
		if err := accesses.Put(ctx, tx, a); errors.Is(err, store.ErrExists) {
			return store.ErrStale // another one's first change
		} else if err != nil {
			return err
		}
		return s.record(ctx, tx, &event.Event{Type: "access.changed", Subject: "access:" + accessKey, Revision: int64(a.Rev), Actor: actor}, a, nil)
	})
}

// cleanToggles sorts permissions, and refuses those that can't be switched for any
// of the roles.
func cleanToggles(field string, ps *[]Permission, roles ...Role) error {
	for _, p := range *ps {
		if !slices.ContainsFunc(roles, func(r Role) bool { return r.Grant(p) == Toggled }) {
			return &store.FieldError{Field: field, Reason: "can't switch " + string(p)}
		}
	}
	*ps = slices.Compact(slices.Sorted(slices.Values(*ps)))
	return nil
}

func cleanVisibility(field string, v *Visibility) error {
	if *v == "" {
		*v = SeesAll
	}
	if !slices.Contains(visibilities, *v) {
		return &store.FieldError{Field: field, Reason: "is all, groups or own"}
	}
	return nil
}

// Granted are the permissions that an agent has now, in order, for a page that shows
// what he can do: those of Grant OwnTeams if he leads a team. Who isn't an active
// agent has none. It decides nothing; the services do, with each act.
func (s *Service) Granted(ctx context.Context, agent string) (ps []Permission, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		ps = nil
		m, err := memberOf(ctx, tx, agent)
		if m == nil || err != nil {
			return err
		}
		led, err := teams.Count(ctx, tx, store.By("supervisor", agent).Limit(1))
		if err != nil {
			return err
		}
		for _, p := range Permissions() {
			g := m.Role.Grant(p)
			if g == Always || g == Toggled && m.toggled(p) || g == OwnTeams && led > 0 {
				ps = append(ps, p)
			}
		}
		return nil
	})
	return ps, err
}

// Case is what decides who sees a ticket.
type Case struct {
	Assignee  event.Actor
	Followers []string // agents
	Group     string
	App       string
}

// Sight is which tickets somebody sees: those that he has or follows; and those of
// one of Groups, or AnyGroup, which are in one of Apps, where there are any.
type Sight struct {
	Agent    string // his id; "" if it isn't an agent
	AnyGroup bool
	Groups   []string
	Apps     []string
	Ratings  bool // what end users answered to surveys
}

// All says that it is every ticket.
func (g *Sight) All() bool { return g.AnyGroup && len(g.Apps) == 0 }

// InApp says whether new tickets of an app are his to create.
func (g *Sight) InApp(app string) bool { return len(g.Apps) == 0 || slices.Contains(g.Apps, app) }

// Sees says whether a ticket is among them.
func (g *Sight) Sees(c *Case) bool {
	if g.Agent != "" && (c.Assignee == event.Actor{Kind: event.Agent, ID: g.Agent} || slices.Contains(c.Followers, g.Agent)) {
		return true
	}
	return (g.AnyGroup || slices.Contains(g.Groups, c.Group)) && g.InApp(c.App)
}

func (m *member) sight() *Sight {
	g := &Sight{Agent: m.ID, Ratings: m.Role.Grant(SeeRatings) == Always || m.toggled(SeeRatings)}
	sees := m.access.of(m.Role).Sees
	if m.team != nil && m.Role != Admin {
		sees = sees.narrower(m.team.Sees)
	}
	switch sees {
	case SeesGroups:
		g.Groups, g.Apps = m.Groups, m.Apps
	case SeesOwn:
	default:
		g.AnyGroup = true
	}
	return g
}

// lockFor is a lock under which what is read stays; a View takes none, and needs
// none.
func lockFor(tx *store.Tx) driver.Lock {
	if tx.Writable() {
		return store.Share
	}
	return driver.None
}
