package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// lea leads the team of jonas.
var lea = event.Actor{Kind: event.Agent, ID: "lea"}

func withTeam(x *table) {
	ctx, host := x.t.Context(), frontdesk.Host()
	x.must(x.People.SaveAgent(ctx, host, &identity.Agent{ID: "lea", Name: "Lea", Role: identity.Supervisor}))
	x.must(x.People.SaveTeam(ctx, host, &identity.Team{ID: "crew", Name: "Crew", Supervisor: "lea"}))
	x.must(joinTeam(ctx, x, x.Desk, x.DB))
}

func changeTeam(change func(t *identity.Team)) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		t, err := d.People.Team(ctx, "crew")
		if err != nil {
			return err
		}
		change(t)
		return d.People.SaveTeam(ctx, frontdesk.Host(), t)
	}
}

func changeJonas(change func(a *identity.Agent)) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		a, err := d.People.Agent(ctx, "jonas")
		if err != nil {
			return err
		}
		change(a)
		return d.People.SaveAgent(ctx, frontdesk.Host(), a)
	}
}

var joinTeam = changeJonas(func(a *identity.Agent) { a.Team = "crew" })

func setRole(by event.Actor, whose string, to identity.Role) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.People.SetRole(ctx, by, whose, to)
		return err
	}
}

func setGroups(by event.Actor, groups ...string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		_, err := d.People.SetGroups(ctx, by, "jonas", groups)
		return err
	}
}

func groupOf(by event.Actor, team string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.People.SaveGroup(ctx, by, &identity.Group{ID: "new", Name: "New", Team: team})
	}
}

// staffRaces are the rows of teams and roles.
func staffRaces() []race {
	given := changeTeam(func(t *identity.Team) { t.Supervisor = "mira" })
	archived := changeTeam(func(t *identity.Team) { t.Archived = true })
	noTeam := func(x *table) {
		withTeam(x)
		x.must(changeJonas(func(a *identity.Agent) { a.Team = "" })(x.t.Context(), x, x.Desk, x.DB))
	}
	return []race{
		{name: "who leads a team at the moment of the act", before: withTeam, first: given, second: groupOf(lea, "crew"), then: denied},
		{name: "a team is given to another one after the act", before: withTeam, first: groupOf(lea, "crew"), second: given, then: fine},
		{name: "a team that gets members isn't archived", before: noTeam, first: archived, second: joinTeam, then: field("agent.team")},
		{name: "a team is archived after somebody joined", before: noTeam, first: joinTeam, second: archived, then: fine},
		{name: "a role at the moment of another's promotion", before: withTeam, first: setRole(frontdesk.Host(), "lea", identity.AgentRole),
			second: setRole(lea, "jonas", identity.Supervisor), then: denied},
		{name: "a role and the groups of one agent", before: withTeam, first: setRole(lea, "jonas", identity.Supervisor), second: setGroups(lea), then: fine, ends: func(x *table) {
			a, err := x.People.Agent(x.t.Context(), "jonas")
			if x.must(err); a.Role != identity.Supervisor || len(a.Groups) > 0 {
				x.t.Errorf("jonas is %+v", a)
			}
		}},
		{name: "a team of one agent at the moment of the act", before: withTeam, first: changeJonas(func(a *identity.Agent) { a.Team = "" }),
			second: setGroups(lea), then: denied},
	}
}
