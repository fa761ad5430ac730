package staff

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What the page shows of those who work here: who they are, what they may, and what
// they did.

type memberForm struct {
	agentForm
	Email    string    `json:"email"`
	Team     string    `json:"team"`
	Groups   []string  `json:"groups"`
	Inactive bool      `json:"inactive"`
	Created  time.Time `json:"created"`
}

type teamForm struct {
	ID         string                `json:"id"`
	Name       string                `json:"name"`
	Supervisor string                `json:"supervisor"`
	Off        []identity.Permission `json:"off"`
	Sees       identity.Visibility   `json:"sees"`
	Archived   bool                  `json:"archived"`
	Revision   store.Rev             `json:"revision"`
}

type accessForm struct {
	Agent      identity.RoleAccess `json:"agent"`
	Supervisor identity.RoleAccess `json:"supervisor"`
	Revision   store.Rev           `json:"revision"`
}

// grantForm is a row of the matrix.
type grantForm struct {
	Permission identity.Permission `json:"permission"`
	Agent      identity.Grant      `json:"agent"`
	Supervisor identity.Grant      `json:"supervisor"`
	Admin      identity.Grant      `json:"admin"`
}

// office is all of it: the example has few people. A page for many would ask in pages.
func (p *Page) office(w http.ResponseWriter, r *http.Request, _ *identity.Agent) error {
	ctx := r.Context()
	as, _, err := p.desk.People.Agents(ctx, "", 200)
	if err != nil {
		return err
	}
	members := make([]memberForm, len(as))
	for i, a := range as {
		members[i] = memberForm{agentOf(a), a.Email, a.Team, a.Groups, a.Inactive, a.Created}
	}
	ts, _, err := p.desk.People.Teams(ctx, "", 200)
	if err != nil {
		return err
	}
	teams := make([]teamForm, len(ts))
	for i, t := range ts {
		teams[i] = teamForm{t.ID, t.Name, t.Supervisor, t.Off, t.Sees, t.Archived, t.Rev}
	}
	access, err := p.desk.People.Access(ctx)
	if err != nil {
		return err
	}
	var grants []grantForm
	for _, what := range identity.Permissions() {
		grants = append(grants, grantForm{what, identity.AgentRole.Grant(what), identity.Supervisor.Grant(what), identity.Admin.Grant(what)})
	}
	return write(w, map[string]any{"members": members, "teams": teams, "grants": grants,
		"access": accessForm{access.Agent, access.Supervisor, access.Rev}})
}

func (p *Page) setRole(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent string        `json:"agent"`
		Role  identity.Role `json:"role"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.SetRole(r.Context(), me.Actor(), in.Agent, in.Role)
	if err != nil {
		return err
	}
	return write(w, agentOf(a))
}

func (p *Page) setGroups(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent  string   `json:"agent"`
		Groups []string `json:"groups"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.SetGroups(r.Context(), me.Actor(), in.Agent, in.Groups)
	if err != nil {
		return err
	}
	return write(w, agentOf(a))
}

func (p *Page) setTeam(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Agent string `json:"agent"`
		Team  string `json:"team"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	a, err := p.desk.People.Agent(r.Context(), in.Agent)
	if err != nil {
		return err
	}
	a.Team = in.Team
	if err := p.desk.People.SaveAgent(r.Context(), me.Actor(), a); err != nil {
		return err
	}
	return write(w, agentOf(a))
}

func (p *Page) saveTeam(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in teamForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	t := &identity.Team{}
	if in.ID != "" {
		var err error
		if t, err = p.desk.People.Team(r.Context(), in.ID); err != nil {
			return err
		}
		t.Rev = in.Revision
	}
	t.Name, t.Supervisor, t.Off, t.Sees, t.Archived = in.Name, in.Supervisor, in.Off, in.Sees, in.Archived
	if err := p.desk.People.SaveTeam(r.Context(), me.Actor(), t); err != nil {
		return err
	}
	return write(w, map[string]string{"id": t.ID})
}

func (p *Page) saveAccess(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in accessForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	a := &identity.Access{Agent: in.Agent, Supervisor: in.Supervisor, Rev: in.Revision}
	if err := p.desk.People.SaveAccess(r.Context(), me.Actor(), a); err != nil {
		return err
	}
	return write(w, accessForm{a.Agent, a.Supervisor, a.Rev})
}

type auditForm struct {
	ID         string              `json:"id"`
	Time       time.Time           `json:"time"`
	Actor      personForm          `json:"actor"`
	What       string              `json:"what"`
	Permission identity.Permission `json:"permission,omitempty"`
	Subject    string              `json:"subject"`
	Name       string              `json:"name"` // of the subject, as people call it
	Reason     string              `json:"reason,omitempty"`
	Count      int                 `json:"count,omitempty"`
}

func (p *Page) audit(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	var f identity.AuditFilter
	if id := r.FormValue("actor"); id != "" {
		f.Actor = event.Actor{Kind: event.Agent, ID: id}
	}
	es, next, err := p.desk.People.Audit(ctx, me.Actor(), f, r.FormValue("after"), 50)
	if err != nil {
		return err
	}
	list := make([]auditForm, len(es))
	for i, e := range es {
		list[i] = auditForm{ID: e.ID, Time: e.Time, What: e.What, Permission: e.Permission, Subject: e.Subject, Reason: e.Reason, Count: e.Count}
		if list[i].Actor, err = p.person(ctx, e.Actor); err != nil {
			return err
		}
		if list[i].Name, err = p.subject(ctx, me, e.Subject); err != nil {
			return err
		}
	}
	return write(w, map[string]any{"entries": list, "next": next})
}

// subject is what people call what an entry is about.
func (p *Page) subject(ctx context.Context, me *identity.Agent, id string) (name string, err error) {
	kind, rest, named := strings.Cut(id, ":")
	switch {
	case kind == "agent":
		name, err = nameOf(p.desk.People.Agent(ctx, rest))(func(a *identity.Agent) string { return a.Name })
	case kind == "team":
		name, err = nameOf(p.desk.People.Team(ctx, rest))(func(t *identity.Team) string { return "Team " + t.Name })
	case kind == "group":
		name, err = nameOf(p.desk.People.Group(ctx, rest))(func(g *identity.Group) string { return "Group " + g.Name })
	case kind == "calendar":
		name, err = nameOf(p.desk.Tickets.Calendar(ctx, rest))(func(c *ticket.Calendar) string { return "Hours: " + c.Name })
	case !named && len(id) == 36:
		ref, refErr := p.ref(ctx, me, id)
		if refErr != nil || ref.Number > 0 {
			return "#" + strconv.FormatInt(ref.Number, 10) + " " + ref.Title, refErr
		}
		name, err = nameOf(p.desk.People.EndUser(ctx, id))((*identity.EndUser).Display)
	}
	if errors.Is(err, store.ErrNotFound) || name == "" && err == nil {
		return strings.ReplaceAll(id, "_", " "), nil
	}
	return name, err
}

// nameOf calls what was found by its name.
func nameOf[T any](found *T, err error) func(func(*T) string) (string, error) {
	return func(name func(*T) string) (string, error) {
		if err != nil {
			return "", err
		}
		return name(found), nil
	}
}
