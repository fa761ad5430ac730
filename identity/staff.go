package identity

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Role is what an agent is on the desk.
type Role string

// The roles.
const (
	AgentRole  Role = "agent"
	Supervisor Role = "supervisor"
	Admin      Role = "admin"
)

// Agent is a member of staff.
type Agent struct {
	ID       string       `json:"id"` // UUIDv7, or the host's own id
	Name     string       `json:"name"`
	Email    string       `json:"email,omitempty"`
	Picture  string       `json:"picture,omitempty"` // URL
	Role     Role         `json:"role"`
	Team     string       `json:"team,omitempty"` // id
	Groups   []string     `json:"groups,omitempty"`
	Apps     []string     `json:"apps,omitempty"`     // whose tickets he sees where he sees those of his groups; none are all
	Inactive bool         `json:"inactive,omitempty"` // may do nothing, gets nothing
	Heir     string       `json:"heir,omitempty"`     // agent who gets his tickets, while he is inactive; see Deactivate
	Muted    []NoticeKind `json:"muted,omitempty"`    // of what he isn't told
	Created  time.Time    `json:"created"`
	Updated  time.Time    `json:"updated"`
	Rev      store.Rev    `json:"-"`
}

// Actor is the agent as an actor.
func (a *Agent) Actor() event.Actor { return event.Actor{Kind: event.Agent, ID: a.ID} }

var agents = &store.Collection[Agent]{
	Name: "agent",
	Key:  func(a *Agent) string { return a.ID },
	Rev:  func(a *Agent) *store.Rev { return &a.Rev },
	Columns: []store.Column[Agent]{
		{Name: "team", Kind: store.Text, Of: func(a *Agent) any { return a.Team }},
		{Name: "email", Kind: store.Text, Of: func(a *Agent) any { return indexed(a.Email) }},
		{Name: "groups", Kind: store.Texts, Of: func(a *Agent) any { return a.Groups }},
		{Name: "admin", Kind: store.Int, Of: func(a *Agent) any {
			if a.Role != Admin || a.Inactive {
				return nil
			}
			return int64(1)
		}},
	},
	Indexes: []store.Index{
		{Name: "groups", On: []string{"groups"}}, {Name: "admin", On: []string{"admin"}}, {Name: "team", On: []string{"team"}},
		{Name: "email", On: []string{"email"}},
	},
	Views: []driver.SQLView{{
		Name: "agents",
		Doc:  "One row for each member of staff, former ones included.",
		Columns: []driver.SQLColumn{
			{Name: "id", Doc: "Id, as tickets and messages name it."},
			{Name: "name", Path: "name", Doc: "Display name."},
			{Name: "email", Path: "email", Doc: "Email address."},
			{Name: "role", Path: "role", Doc: "agent, supervisor or admin."},
			{Name: "team", Path: "team", Doc: "Id of the team; null is none."},
			{Name: "groups", Path: "groups", Kind: driver.SQLJSON, Doc: "List of group ids; null is none."},
			{Name: "inactive", Path: "inactive", Kind: driver.SQLBool, Doc: "Whether the agent may do nothing any more."},
			{Name: "created", Path: "created", Kind: driver.SQLTime, Doc: "When the agent was added."},
		},
	}},
	Impersonal: "staff are no end users",
}

// Group is a set of agents to whom tickets can be given.
type Group struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Team     string    `json:"team,omitempty"` // whose supervisor looks after it; "" is the admins'
	Archived bool      `json:"archived,omitempty"`
	Created  time.Time `json:"created"`
	Rev      store.Rev `json:"-"`
}

var groups = &store.Collection[Group]{
	Name:       "group",
	Key:        func(g *Group) string { return g.ID },
	Rev:        func(g *Group) *store.Rev { return &g.Rev },
	Columns:    []store.Column[Group]{{Name: "name", Kind: store.Text, Of: func(g *Group) any { return strings.ToLower(g.Name) }}},
	Indexes:    []store.Index{{Name: "name", On: []string{"name"}, Unique: true}},
	Views:      []driver.SQLView{groupView},
	Impersonal: "holds names of groups of staff",
}

// The limits of what an agent refers to.
const (
	maxAgentGroups = 200
	maxAgentApps   = 100
)

// maxID is the length of the id of an agent or group, in bytes.
const maxID = 100

func (a *Agent) valid() error {
	a.Name, a.Email = strings.TrimSpace(a.Name), strings.ToLower(strings.TrimSpace(a.Email))
	switch n := utf8.RuneCountInString(a.Name); {
	case n == 0:
		return &store.FieldError{Field: "agent.name", Reason: "is missing"}
	case n > MaxName:
		return store.TooLong("agent.name", MaxName)
	case len(a.ID) > maxID || strings.ContainsAny(a.ID, "/ \n"):
		return &store.FieldError{Field: "agent.id", Reason: "has at most 100 characters, without spaces and slashes", Limit: maxID}
	case len(a.Apps) > maxAgentApps:
		return &store.FieldError{Field: "agent.apps", Reason: "at most 100 apps", Limit: maxAgentApps}
	case len(a.Groups) > maxAgentGroups:
		return &store.FieldError{Field: "agent.groups", Reason: "at most 200 groups", Limit: maxAgentGroups}
	case len(a.Picture) > 2000:
		return store.TooLong("agent.picture", 2000)
	case a.Role != AgentRole && a.Role != Supervisor && a.Role != Admin:
		return &store.FieldError{Field: "agent.role", Reason: "is agent, supervisor or admin"}
	}
	if err := validMuted(a.Muted); err != nil {
		return err
	}
	if a.Email != "" {
		if p, err := mail.ParseAddress(a.Email); err != nil || p.Address != a.Email {
			return &store.FieldError{Field: "agent.email", Reason: "isn't an email address"}
		}
	}
	return nil
}

// SaveAgent creates an agent (revision 0; an empty id gets one; the role defaults
// to agent), or changes the one that was read before. Deactivating or demoting
// the last admin is ErrLastAdmin, a bad value a *store.FieldError, and an agent who
// was changed meanwhile store.ErrStale.
func (s *Service) SaveAgent(ctx context.Context, actor event.Actor, a *Agent) error {
	if a.Role == "" {
		a.Role = AgentRole
	}
	if err := a.valid(); err != nil {
		return err
	}
	if a.ID == "" {
		a.ID = s.log.IDs().New()
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "agent:" + a.ID}); err != nil {
			return err
		}
		return s.putAgent(ctx, tx, actor, a, Handover{})
	})
}

// putAgent stores an agent, where what he refers to is there. One who leaves hands
// over what he has.
func (s *Service) putAgent(ctx context.Context, tx *store.Tx, actor event.Actor, a *Agent, h Handover) error {
	var was Agent
	if a.Rev > 0 {
		old, err := agents.Get(ctx, tx, a.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = store.ErrStale
		}
		if err != nil {
			return err
		}
		was = *old
	}
	if err := s.usableGroups(ctx, tx, a.Groups, was.Groups); err != nil {
		return err
	}
	if a.Team != was.Team {
		if err := s.usableTeam(ctx, tx, "agent.team", a.Team); err != nil {
			return err
		}
	}
	leaves := a.Inactive && !was.Inactive && was.Rev > 0
	if a.Heir = was.Heir; leaves {
		a.Heir = h.To
	} else if !a.Inactive {
		a.Heir = ""
	}
	what := "agent.changed"
	a.Updated = s.now()
	if a.Rev == 0 {
		what, a.Created = "agent.created", a.Updated
	} else if err := s.keepAdmin(ctx, tx, a); err != nil {
		return err
	}
	if err := agents.Put(ctx, tx, a); err != nil {
		return err
	}
	facts := struct {
		Role   Role     `json:"role"`
		Team   string   `json:"team,omitempty"`
		Groups []string `json:"groups,omitempty"`
		Active bool     `json:"active"`
		To     string   `json:"to,omitempty"` // who gets his tickets
	}{a.Role, a.Team, a.Groups, !a.Inactive, a.Heir}
	if leaves {
		for _, f := range s.leavers.all {
			if err := f(ctx, tx, a); err != nil {
				return err
			}
		}
	}
	return s.record(ctx, tx, &event.Event{Type: what, Subject: "agent:" + a.ID, Revision: int64(a.Rev), Actor: actor}, facts, nil)
}

// usableGroups refuses groups to which nobody can be added. Who is in one that was
// archived stays in it.
func (s *Service) usableGroups(ctx context.Context, tx *store.Tx, ids, had []string) error {
	for _, g := range ids {
		group, err := groups.Lock(ctx, tx, g, store.Share)
		if errors.Is(err, store.ErrNotFound) {
			return &store.FieldError{Field: "agent.groups", Reason: "there is no group " + g}
		}
		if err != nil {
			return err
		}
		if group.Archived && !slices.Contains(had, g) {
			return &store.FieldError{Field: "agent.groups", Reason: "group " + group.Name + " is archived"}
		}
	}
	return nil
}

// SetRole changes what an agent is. Admins do so, and supervisors in the teams that
// they lead: up to supervisor, never an admin, and nobody his own (for that there has
// to be another admin). Demoting the last admin is ErrLastAdmin, an agent who isn't
// there store.ErrNotFound.
func (s *Service) SetRole(ctx context.Context, actor event.Actor, agent string, role Role) (a *Agent, err error) {
	return s.changeAgent(ctx, actor, agent, Promote, func(ctx context.Context, tx *store.Tx, a *Agent) error {
		own := actor == a.Actor()
		if own || a.Role == Admin || role == Admin { // beyond a supervisor; and of himself not even an admin
			if err := s.Authorize(ctx, tx, actor, Configure, On{Subject: "agent:" + agent}); err != nil {
				return err
			}
		}
		if own {
			return &PermissionError{actor, Promote}
		}
		a.Role = role
		return nil
	})
}

// SetGroups says in which groups an agent is. Admins do so, and supervisors for the
// members of their teams, whom they add to groups that belong to a team of theirs.
func (s *Service) SetGroups(ctx context.Context, actor event.Actor, agent string, ids []string) (a *Agent, err error) {
	return s.changeAgent(ctx, actor, agent, Organise, func(ctx context.Context, tx *store.Tx, a *Agent) error {
		for _, id := range ids {
			if a.InGroup(id) {
				continue
			}
			g, err := groups.Get(ctx, tx, id)
			if errors.Is(err, store.ErrNotFound) {
				continue // which is told with the rest
			}
			if err == nil { // else who sees his groups' tickets could see any
				err = s.Authorize(ctx, tx, actor, Organise, On{Subject: "group:" + id, Team: g.Team})
			}
			if err != nil {
				return err
			}
		}
		a.Groups = ids
		return nil
	})
}

// changeAgent changes an agent as he is now, for who may do so in the agent's team.
func (s *Service) changeAgent(ctx context.Context, actor event.Actor, agent string, p Permission, set func(context.Context, *store.Tx, *Agent) error) (a *Agent, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err = agents.Lock(ctx, tx, agent, store.ForUpdate)
		missing := errors.Is(err, store.ErrNotFound)
		if missing {
			a = &Agent{}
		} else if err != nil {
			return err
		}
		if err := s.Authorize(ctx, tx, actor, p, On{Subject: "agent:" + agent, Team: a.Team}); err != nil {
			return err
		}
		if missing {
			return err
		}
		if err := set(ctx, tx, a); err != nil {
			return err
		}
		if err := a.valid(); err != nil {
			return err
		}
		return s.putAgent(ctx, tx, actor, a, Handover{})
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// keepAdmin refuses a change that takes the last admin away. Admins are locked
// before, in order of key, so that two can't go at once.
func (s *Service) keepAdmin(ctx context.Context, tx *store.Tx, a *Agent) error {
	if a.Role == Admin && !a.Inactive {
		return nil
	}
	was, others := false, false
	for other, err := range agents.Scan(ctx, tx, store.By("admin", 1).Limit(100)) {
		if err != nil {
			return err
		}
		other, err := agents.Lock(ctx, tx, other.ID, store.ForUpdate)
		if err != nil {
			return err
		}
		if other.ID == a.ID {
			was = true
		} else if !other.Inactive && other.Role == Admin {
			others = true
		}
	}
	if was && !others {
		return ErrLastAdmin
	}
	return nil
}

// Agent returns the agent with this id, or store.ErrNotFound.
func (s *Service) Agent(ctx context.Context, id string) (a *Agent, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		a, err = agents.Get(ctx, tx, id)
		return err
	})
	return a, err
}

// AgentByEmail returns the active agent whose address this is, whatever its case, or
// store.ErrNotFound.
func (s *Service) AgentByEmail(ctx context.Context, email string) (a *Agent, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		for a, err = range agents.All(ctx, tx, store.By("email", strings.ToLower(email))) {
			if err != nil || !a.Inactive && email != "" {
				return err
			}
		}
		return &store.Error{Op: "get", Collection: "agent", Key: email, Err: store.ErrNotFound}
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Member returns an agent who is to get something in this transaction, and keeps
// him from being changed until it ends. Who isn't active is store.ErrNotFound.
func (s *Service) Member(ctx context.Context, tx *store.Tx, id string) (*Agent, error) {
	a, err := lockAgent(ctx, tx, id)
	if err == nil && a.Inactive {
		err = store.ErrNotFound
	}
	return a, err
}

// Agents returns at most limit agents, and no more than 200, in order of id, and the
// cursor of the next page.
func (s *Service) Agents(ctx context.Context, after string, limit int) (as []*Agent, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		as, next, err = agents.Page(ctx, tx, store.ByKey().Limit(pageSize(limit)).After(after))
		return err
	})
	return as, next, err
}

// pageSize keeps the page that a caller asks for within bounds.
func pageSize(limit int) int { return min(max(limit, 1), 200) }

// InGroup says whether the agent is one of the group's.
func (a *Agent) InGroup(id string) bool { return slices.Contains(a.Groups, id) }

// SaveGroup creates a group (revision 0; an empty id gets one), or changes the
// one that was read before. Names are unique whatever their case:
// store.ErrExists.
func (s *Service) SaveGroup(ctx context.Context, actor event.Actor, g *Group) error {
	g.Name = strings.TrimSpace(g.Name)
	if n := utf8.RuneCountInString(g.Name); n == 0 || n > MaxName {
		return &store.FieldError{Field: "group.name", Reason: "has 1 to 255 characters", Limit: MaxName}
	}
	if len(g.ID) > maxID {
		return store.TooLong("group.id", maxID)
	}
	if g.ID == "" {
		g.ID = s.log.IDs().New()
	}
	given := g.Team
	return s.db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		what, was := "group.changed", "" // the team that it belongs to as yet
		if g.Rev == 0 {
			team, err := s.TeamFor(ctx, tx, actor, given)
			if err != nil {
				return err
			}
			what, g.Created, g.Team, was = "group.created", s.now(), team, team
		} else if old, err := groups.Get(ctx, tx, g.ID); err == nil {
			was = old.Team
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := s.Organises(ctx, tx, actor, "group:"+g.ID, was, g.Team); err != nil {
			return err
		}
		if err := groups.Put(ctx, tx, g); err != nil {
			return err
		}
		return s.record(ctx, tx, &event.Event{Type: what, Subject: "group:" + g.ID, Revision: int64(g.Rev), Actor: actor}, nil, nil)
	})
}

// Groups returns at most limit groups, and no more than 200, in order of name, and
// the cursor of the next page.
func (s *Service) Groups(ctx context.Context, after string, limit int) (gs []*Group, next string, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		gs, next, err = groups.Page(ctx, tx, store.By("name").Limit(pageSize(limit)).After(after))
		return err
	})
	return gs, next, err
}

// Group returns the group with this id, archived or not, or store.ErrNotFound.
func (s *Service) Group(ctx context.Context, id string) (g *Group, err error) {
	err = s.db.View(ctx, func(ctx context.Context, tx *store.Tx) error {
		g, err = groups.Get(ctx, tx, id)
		return err
	})
	return g, err
}

// Staffed returns a group to which something is to be given in this
// transaction; an archived one is store.ErrNotFound.
func (s *Service) Staffed(ctx context.Context, tx *store.Tx, id string) (*Group, error) {
	g, err := groups.Lock(ctx, tx, id, store.Share)
	if err == nil && g.Archived {
		err = store.ErrNotFound
	}
	return g, err
}
