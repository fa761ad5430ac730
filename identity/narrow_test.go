package identity_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
)

// What a banned sender wrote is for who sees what comes to that app.
func TestWithheldIsSeenAsTicketsAre(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, app := range []string{"shop", "bank"} {
			must(t, d.people.Withhold(t.Context(), app, identity.Withheld{EndUser: "eve", Ban: "b", App: app, Platform: "api", Text: app}))
		}
		ann := d.agent(t, "ann", identity.AgentRole)
		k, _ := d.key(t, identity.Key{Name: "shop", May: []identity.Permission{identity.Converse}, Apps: []string{"shop"}})
		ws, _, err := d.people.Withheld(t.Context(), k.Actor(), "", 10)
		if len(ws) != 1 || ws[0].App != "shop" || err != nil {
			t.Errorf("the key sees %+v, %v", ws, err)
		}
		if ws, _, err = d.people.Withheld(t.Context(), ann.Actor(), "", 10); len(ws) != 2 || err != nil {
			t.Errorf("who sees all tickets sees %+v, %v", ws, err)
		}
		a, err := d.people.Access(t.Context())
		must(t, err)
		a.Agent.Sees = identity.SeesOwn
		must(t, d.people.SaveAccess(t.Context(), host, a))
		if ws, _, err = d.people.Withheld(t.Context(), ann.Actor(), "", 10); len(ws) != 0 || err != nil {
			t.Errorf("who sees his own tickets sees %+v, %v", ws, err)
		}
	})
}

// A supervisor adds nobody, himself neither, to a group that isn't his teams'.
func TestSupervisorsGroups(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		jo := d.agent(t, "jo", identity.AgentRole)
		lea := d.lead(t, "lea", jo).Actor()
		own, other := &identity.Group{Name: "Own"}, &identity.Group{Name: "Other"}
		must(t, d.people.SaveGroup(t.Context(), lea, own))
		must(t, d.people.SaveGroup(t.Context(), host, other))
		_, err := d.people.SetGroups(t.Context(), lea, "jo", []string{own.ID, other.ID})
		forbidden(t, err)
		_, err = d.people.SetGroups(t.Context(), host, "jo", []string{other.ID})
		must(t, err)
		a, err := d.people.SetGroups(t.Context(), lea, "jo", []string{other.ID, own.ID}) // he is in it already
		if must(t, err); len(a.Groups) != 2 {
			t.Errorf("groups %v", a.Groups)
		}
	})
}

func TestInvitationGroups(t *testing.T) {
	t.Parallel()
	d := openMemory(t)
	must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: "g", Name: "G"}))
	i := identity.Invitation{Email: "new@example.com"}
	for range 201 {
		i.Groups = append(i.Groups, "g")
	}
	_, _, err := d.people.Invite(t.Context(), host, i)
	refuses(t, err, "invitation.groups")
	i.Groups = i.Groups[:200]
	_, _, err = d.people.Invite(t.Context(), host, i)
	must(t, err)
}
