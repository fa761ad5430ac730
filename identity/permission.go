package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// Permission is something that a role may do.
type Permission string

// The permissions.
const (
	Converse  Permission = "converse"               // see tickets; reply, note, resolve, reject, set fields, tags, label
	Organise  Permission = "organise"               // create and archive groups and tags; ban
	Promote   Permission = "change roles"           // up to his own role, and not his own
	Configure Permission = "configure"              // staff, apps, secrets, custom fields, shared views, end users on the host's behalf
	Speak     Permission = "speak for the end user" // answer what he is asked; nobody's but his own and the host's

	EditFAQs         Permission = "edit FAQs"
	EditQuickReplies Permission = "edit quick replies" // shared ones
	BulkChange       Permission = "change in bulk"
	SeeRatings       Permission = "see ratings" // of end users' surveys
	SuggestFAQs      Permission = "suggest FAQs"
	Redact           Permission = "redact"
	TakeOld          Permission = "take old unassigned tickets"
	ManageQueues     Permission = "manage queues"
	SeeRealTime      Permission = "see real-time figures"
	SeeAnalytics     Permission = "see analytics"
)

// Grant says when a role has a permission.
type Grant string

// The grants.
const (
	Never    Grant = ""          // it doesn't
	OwnTeams Grant = "own_teams" // for what belongs to a team that he leads
	Toggled  Grant = "toggle"    // if Access says so, and his team doesn't take it away
	Always   Grant = "always"
)

// matrix says which role has which permission; see Role.Grant.
var matrix = map[Permission]map[Role]Grant{
	Converse:  {AgentRole: Always, Supervisor: Always, Admin: Always},
	Organise:  {Supervisor: OwnTeams, Admin: Always},
	Promote:   {Supervisor: OwnTeams, Admin: Always},
	Configure: {Admin: Always},
	Speak:     {},

	EditFAQs:         toggle,
	EditQuickReplies: toggle,
	BulkChange:       toggle,
	SeeRatings:       toggle,
	SuggestFAQs:      toggle,
	Redact:           toggle,
	TakeOld:          toggle,
	ManageQueues:     {Supervisor: Toggled, Admin: Always},
	SeeRealTime:      {Supervisor: Toggled, Admin: Always},
	SeeAnalytics:     {Supervisor: Toggled, Admin: Always},
}

var toggle = map[Role]Grant{AgentRole: Toggled, Supervisor: Toggled, Admin: Always}

// Permissions are all there are, in order.
func Permissions() (all []Permission) {
	for p := range matrix {
		all = append(all, p)
	}
	slices.Sort(all)
	return all
}

// Grant says when the role has a permission.
func (r Role) Grant(p Permission) Grant { return matrix[p][r] }

// PermissionError says that an actor may not do something.
type PermissionError struct {
	Actor      event.Actor
	Permission Permission
}

func (e *PermissionError) Error() string {
	if e.Actor.Kind == event.EndUser && e.Permission == Converse {
		return fmt.Sprintf("%s may not act as staff; what end users write goes through Write", e.Actor)
	}
	return fmt.Sprintf("%s may not %s", e.Actor, e.Permission)
}

// On is what an act is about. The zero value is the desk as a whole.
type On struct {
	Subject string // its id
	Owner   string // id of the end user whose data it is
	Team    string // id of the team that it belongs to; "" is the desk's own
	Case    *Case  // a ticket, which the actor then has to see
	// Read says that it is only looked at: then no event tells of it, and the audit
	// log has an entry of its own.
	Read bool
}

// Authorize says whether an actor may do something, in the transaction in which he
// does it: an agent is who he is until it ends. It is the only place where that is
// decided, and it writes what the audit log has to know besides events: who was
// refused what, and who has looked at what. The error is a *PermissionError, or
// store.ErrNotFound for a ticket that the actor doesn't see.
//
// The system, which is the host's own code, may do everything; an API key what it was
// given; bots and automations may converse; end users have no permission of staff.
func (s *Service) Authorize(ctx context.Context, tx *store.Tx, actor event.Actor, p Permission, on On) error {
	_, err := s.Sight(ctx, tx, actor, p, on)
	return err
}

// Sight is Authorize for what shows tickets: it returns which of them the actor sees.
func (s *Service) Sight(ctx context.Context, tx *store.Tx, actor event.Actor, p Permission, on On) (*Sight, error) {
	sight, err := s.decide(ctx, tx, actor, p, on)
	if err == nil && on.Case != nil && !sight.Sees(on.Case) {
		err = &store.Error{Op: "get", Collection: "ticket", Key: on.Subject, Err: store.ErrNotFound}
	}
	s.trail.note(actor, p, on, err, s.now(), s.log.IDs())
	if err != nil {
		return nil, err
	}
	return sight, nil
}

func (s *Service) decide(ctx context.Context, tx *store.Tx, actor event.Actor, p Permission, on On) (*Sight, error) {
	refused := &PermissionError{actor, p}
	switch actor.Kind {
	case event.System:
		if IsKey(actor) {
			return s.keySight(ctx, tx, actor, p)
		}
		return &Sight{AnyGroup: true, Ratings: true}, nil
	case event.Bot, event.Automation:
		if p != Converse {
			return nil, refused
		}
		return &Sight{AnyGroup: true, Ratings: true}, nil
	case event.Agent:
	default:
		return nil, refused
	}
	m, err := memberOf(ctx, tx, actor.ID)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, refused
	}
	if m.team != nil {
		s.teamOf.Store(m.ID, m.Team)
	}
	may, err := m.may(ctx, tx, p, on.Team)
	if err != nil {
		return nil, err
	}
	if !may {
		return nil, refused
	}
	return m.sight(), nil
}

// member is an agent with all that says what he may do.
type member struct {
	*Agent
	access *Access
	team   *Team // nil: none
}

// memberOf reads an active agent; nil is nobody.
func memberOf(ctx context.Context, tx *store.Tx, id string) (m *member, err error) {
	a, err := agents.LockShared(ctx, tx, id, lockFor(tx))
	if errors.Is(err, store.ErrNotFound) || err == nil && a.Inactive {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m = &member{Agent: a}
	if m.access, err = accessOf(ctx, tx); err == nil && a.Team != "" {
		m.team, err = teams.Shared(ctx, tx, a.Team)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// may says whether the agent has a permission for what belongs to a team.
func (m *member) may(ctx context.Context, tx *store.Tx, p Permission, of string) (bool, error) {
	switch m.Role.Grant(p) {
	case Always:
		return true, nil
	case Toggled:
		return m.toggled(p), nil
	case OwnTeams:
		if of == "" {
			return false, nil
		}
		t, err := teams.Lock(ctx, tx, of, lockFor(tx))
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil && t.Supervisor == m.ID && !t.Archived, err
	}
	return false, nil
}

func (m *member) toggled(p Permission) bool {
	return slices.Contains(m.access.of(m.Role).May, p) && (m.team == nil || !slices.Contains(m.team.Off, p))
}

// Wants are what Authorize or Writer will read of an actor, for reading ahead.
func (s *Service) Wants(actor event.Actor) []store.Want {
	switch actor.Kind {
	case event.Agent:
		ws := []store.Want{agents.Want(actor.ID, store.Share), accesses.Want(accessKey, 0)}
		if team, ok := s.teamOf.Load(actor.ID); ok { // as far as is known
			ws = append(ws, teams.Want(team.(string), 0))
		}
		return ws
	case event.EndUser:
		return []store.Want{endUsers.Want(actor.ID, store.Share)}
	case event.System:
		if IsKey(actor) {
			return []store.Want{apiKeys.Want(strings.TrimPrefix(actor.ID, keyPrefix), store.Share)}
		}
	}
	return nil
}

// keyPrefix leads the ids of the host's programs that act by an API key.
const keyPrefix = "key:"

// IsKey says whether an actor is one of those programs, and not the host itself.
func IsKey(actor event.Actor) bool {
	return actor.Kind == event.System && strings.HasPrefix(actor.ID, keyPrefix)
}

// lockAgent reads an agent whom nobody changes until the transaction ends.
func lockAgent(ctx context.Context, tx *store.Tx, id string) (*Agent, error) {
	return agents.Lock(ctx, tx, id, lockFor(tx))
}
