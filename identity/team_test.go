package identity_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func TestTeams(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.agent(t, "root", identity.Admin)
		lea, jo := d.lead(t, "lea"), d.agent(t, "jo", identity.AgentRole)
		first, err := d.people.Team(t.Context(), "lea")
		if must(t, err); first.Supervisor != "lea" || first.Created.IsZero() {
			t.Errorf("team %+v", first)
		}
		save := func(team identity.Team) error { return d.people.SaveTeam(t.Context(), host, &team) }
		for field, team := range map[string]identity.Team{
			"team.name":       {Name: " ", Supervisor: "lea"},
			"team.id":         {ID: "a b", Name: "A", Supervisor: "lea"},
			"team.supervisor": {Name: "A", Supervisor: "jo"},
			"team.off":        {Name: "A", Supervisor: "lea", Off: []identity.Permission{identity.Converse}},
			"team.sees":       {Name: "A", Supervisor: "lea", Sees: "some"},
		} {
			refuses(t, save(team), field)
		}
		refuses(t, save(identity.Team{Name: strings.Repeat("é", identity.MaxName+1), Supervisor: "lea"}), "team.name")
		must(t, save(identity.Team{Name: strings.Repeat("é", identity.MaxName), Supervisor: "root"}))
		refuses(t, save(identity.Team{Name: "B", Supervisor: "nobody"}), "team.supervisor")
		is(t, save(identity.Team{Name: "LEA", Supervisor: "lea"}), store.ErrExists)
		stale := *first
		first.Archived = true
		must(t, d.people.SaveTeam(t.Context(), host, first))
		is(t, d.people.SaveTeam(t.Context(), host, &stale), store.ErrStale)
		jo.Team = "lea"
		refuses(t, d.people.SaveAgent(t.Context(), host, jo), "agent.team") // archived
		jo.Team = "nobody's"
		refuses(t, d.people.SaveAgent(t.Context(), host, jo), "agent.team")
		all, next, err := d.people.Teams(t.Context(), "", 1)
		if must(t, err); len(all) != 1 || all[0].ID != "lea" || next == "" {
			t.Errorf("teams %+v", all)
		}
		if all, _, err = d.people.Teams(t.Context(), next, 1); err != nil || len(all) != 1 {
			t.Errorf("teams %+v, %v", all, err)
		}
		_ = lea
	})
}

// Who was in a team, or a group, that was archived stays in it.
func TestArchivedTeamsKeepTheirMembers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole)
		d.lead(t, "lea", jo)
		must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: "g", Name: "G"}))
		jo.Groups = []string{"g"}
		must(t, d.people.SaveAgent(t.Context(), host, jo))
		team, err := d.people.Team(t.Context(), "lea")
		must(t, err)
		team.Archived = true
		must(t, d.people.SaveTeam(t.Context(), host, team))
		g, err := d.people.Group(t.Context(), "g")
		must(t, err)
		g.Archived = true
		must(t, d.people.SaveGroup(t.Context(), host, g))
		jo.Name = "Joanna"
		must(t, d.people.SaveAgent(t.Context(), host, jo))
	})
}

// Supervisors change roles in their teams, up to their own, and nobody his own.
func TestSetRole(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		root := d.agent(t, "root", identity.Admin)
		chief := d.agent(t, "chief", identity.Admin)
		jo, bo := d.agent(t, "jo", identity.AgentRole), d.agent(t, "bo", identity.AgentRole)
		lea := d.lead(t, "lea", jo, chief)
		d.lead(t, "max", bo)
		for _, c := range []struct {
			by, whose string
			to        identity.Role
			may       bool
		}{
			{"lea", "jo", identity.Supervisor, true},
			{"lea", "jo", identity.AgentRole, true},
			{"lea", "jo", identity.Admin, false},
			{"lea", "bo", identity.Supervisor, false},    // of another team
			{"lea", "root", identity.AgentRole, false},   // of none
			{"lea", "chief", identity.AgentRole, false},  // an admin
			{"lea", "lea", identity.AgentRole, false},    // himself, in no team
			{"lea", "nobody", identity.AgentRole, false}, // and he doesn't learn that there is none
			{"jo", "jo", identity.Supervisor, false},
			{"root", "bo", identity.Admin, true},
			{"root", "bo", identity.AgentRole, true},
			{"root", "root", identity.AgentRole, false}, // another admin may
			{"root", "chief", identity.Supervisor, true},
		} {
			a, err := d.people.SetRole(t.Context(), event.Actor{Kind: event.Agent, ID: c.by}, c.whose, c.to)
			if _, refused := errors.AsType[*identity.PermissionError](err); c.may && (err != nil || a.Role != c.to) || !c.may && !refused {
				t.Errorf("%s makes %s %s: %v", c.by, c.whose, c.to, err)
			}
		}
		lea.Team = "lea"
		must(t, d.people.SaveAgent(t.Context(), host, lea))
		_, err := d.people.SetRole(t.Context(), lea.Actor(), "lea", identity.AgentRole)
		forbidden(t, err) // nor in his own team
		_, err = d.people.SetRole(t.Context(), host, "root", identity.AgentRole)
		is(t, err, identity.ErrLastAdmin)
		_, err = d.people.SetRole(t.Context(), root.Actor(), "nobody", identity.AgentRole)
		is(t, err, store.ErrNotFound)
		_, err = d.people.SetRole(t.Context(), root.Actor(), "bo", "king")
		refuses(t, err, "agent.role")
	})
}

// Groups belong to a team, whose supervisor looks after them, or to the desk.
func TestGroupsOfTeams(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole)
		lea, max := d.lead(t, "lea", jo).Actor(), d.lead(t, "max").Actor()
		own := &identity.Group{Name: "Own"}
		if must(t, d.people.SaveGroup(t.Context(), lea, own)); own.Team != "lea" { // he leads one team
			t.Errorf("group %+v", own)
		}
		other := *own
		other.Name = "Taken"
		forbidden(t, d.people.SaveGroup(t.Context(), max, &other))
		other = *own
		other.Team = "max"
		forbidden(t, d.people.SaveGroup(t.Context(), lea, &other)) // not his to give away to
		other = *own
		other.Team = "max"
		forbidden(t, d.people.SaveGroup(t.Context(), max, &other)) // nor to take
		desks := &identity.Group{Name: "The desk's"}
		must(t, d.people.SaveGroup(t.Context(), host, desks))
		desks.Archived = true
		forbidden(t, d.people.SaveGroup(t.Context(), lea, desks))
		a, err := d.people.SetGroups(t.Context(), lea, "jo", []string{own.ID})
		if must(t, err); !a.InGroup(own.ID) {
			t.Errorf("agent %+v", a)
		}
		_, err = d.people.SetGroups(t.Context(), max, "jo", nil)
		forbidden(t, err)
		_, err = d.people.SetGroups(t.Context(), lea, "jo", []string{"nowhere"})
		refuses(t, err, "agent.groups")
		refuses(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: "Lost", Team: "nowhere"}), "group.team")
		must(t, d.people.SaveTeam(t.Context(), host, &identity.Team{ID: "two", Name: "Two", Supervisor: "lea"}))
		forbidden(t, d.people.SaveGroup(t.Context(), lea, &identity.Group{Name: "Whose?"})) // he leads two: of which one?
		must(t, d.people.SaveGroup(t.Context(), lea, &identity.Group{Name: "Whose", Team: "two"}))
		must(t, d.people.SaveAgent(t.Context(), host, d.agent(t, "tom", identity.AgentRole)))
	})
}

func TestAccess(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		root := d.agent(t, "root", identity.Admin).Actor()
		a, err := d.people.Access(t.Context())
		if must(t, err); a.Rev != 0 || !slices.Contains(a.Agent.May, identity.BulkChange) || slices.Contains(a.Agent.May, identity.Redact) || a.Agent.Sees != identity.SeesAll {
			t.Errorf("defaults %+v", a)
		}
		for field, bad := range map[string]identity.Access{
			"access.agent.may":      {Agent: identity.RoleAccess{May: []identity.Permission{identity.ManageQueues}}},
			"access.supervisor.may": {Supervisor: identity.RoleAccess{May: []identity.Permission{identity.Configure}}},
			"access.agent.sees":     {Agent: identity.RoleAccess{Sees: "some"}},
		} {
			refuses(t, d.people.SaveAccess(t.Context(), host, &bad), field)
		}
		a.Agent.May, a.Agent.Sees = []identity.Permission{identity.Redact, identity.EditFAQs, identity.Redact}, identity.SeesGroups
		must(t, d.people.SaveAccess(t.Context(), root, a))
		got, err := d.people.Access(t.Context())
		if must(t, err); !slices.Equal(got.Agent.May, []identity.Permission{identity.EditFAQs, identity.Redact}) || got.Agent.Sees != identity.SeesGroups || got.Rev != 1 {
			t.Errorf("set %+v", got)
		}
		is(t, d.people.SaveAccess(t.Context(), root, &identity.Access{}), store.ErrStale)
		d.agent(t, "jo", identity.AgentRole)
		d.lead(t, "lea")
		d.agent(t, "max", identity.Supervisor)
		for id, want := range map[string][]identity.Permission{
			"jo":     {identity.Converse, identity.EditFAQs, identity.Redact},
			"nobody": nil,
		} {
			if ps, err := d.people.Granted(t.Context(), id); err != nil || !slices.Equal(ps, want) {
				t.Errorf("%s may %q, %v", id, ps, err)
			}
		}
		for id, leads := range map[string]bool{"lea": true, "max": false, "root": true} {
			if ps, err := d.people.Granted(t.Context(), id); err != nil || slices.Contains(ps, identity.Organise) != leads || slices.Contains(ps, identity.Configure) != (id == "root") {
				t.Errorf("%s may %q, %v", id, ps, err)
			}
		}
		got.Agent.May[0] = "broken by a caller"
		if again, err := d.people.Access(t.Context()); err != nil || again.Agent.May[0] != identity.EditFAQs {
			t.Errorf("what a caller has is the store's: %+v, %v", again, err)
		}
	})
}
