package identity_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
)

// Nobody leads a team that is archived: what Granted says is so.
func TestArchivedTeamsArentLed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole)
		lea := d.lead(t, "lea", jo).Actor()
		_, err := d.people.SetRole(t.Context(), lea, "jo", identity.Supervisor)
		must(t, err)
		team, err := d.people.Team(t.Context(), "lea")
		must(t, err)
		team.Archived = true
		must(t, d.people.SaveTeam(t.Context(), host, team))
		ps, err := d.people.Granted(t.Context(), "lea")
		must(t, err)
		for _, p := range ps {
			if p == identity.Promote {
				t.Errorf("granted %v", ps)
			}
		}
		_, err = d.people.SetRole(t.Context(), lea, "jo", identity.AgentRole)
		forbidden(t, err)
	})
}
