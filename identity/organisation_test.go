package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
)

func TestOrganisations(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ann, root := d.agent(t, "ann", identity.AgentRole).Actor(), d.agent(t, "root", identity.Admin).Actor()
		tea := &identity.Organisation{Name: " Tea\u202e Ltd ", ExternalID: strings.Repeat("é", identity.MaxUserID)}
		must(t, d.people.SaveOrganisation(t.Context(), root, tea))
		ink := &identity.Organisation{Name: strings.Repeat("i", identity.MaxName)}
		must(t, d.people.SaveOrganisation(t.Context(), host, ink))
		forbidden(t, d.people.SaveOrganisation(t.Context(), ann, &identity.Organisation{Name: "x"}))
		for _, bad := range []struct {
			field string
			o     identity.Organisation
		}{
			{"organisation.name", identity.Organisation{Name: " \u200b"}},
			{"organisation.name", identity.Organisation{Name: strings.Repeat("é", identity.MaxName+1)}},
			{"organisation.id", identity.Organisation{Name: "x", ID: strings.Repeat("i", 101)}},
			{"organisation.external_id", identity.Organisation{Name: "x", ExternalID: strings.Repeat("é", identity.MaxUserID+1)}},
			{"organisation.external_id", identity.Organisation{Name: "x", ExternalID: " x"}},
		} {
			refuses(t, d.people.SaveOrganisation(t.Context(), host, &bad.o), bad.field)
		}
		is(t, d.people.SaveOrganisation(t.Context(), host, &identity.Organisation{Name: "x", ExternalID: tea.ExternalID}), store.ErrExists)
		got, err := d.people.OrganisationByExternalID(t.Context(), tea.ExternalID)
		must(t, err)
		if got.ID != tea.ID || got.Name != "Tea Ltd" {
			t.Errorf("found %+v", got)
		}
		_, err = d.people.OrganisationByExternalID(t.Context(), "nothing")
		is(t, err, store.ErrNotFound)
		got.Name = "Tea and more"
		must(t, d.people.SaveOrganisation(t.Context(), root, got))
		is(t, d.people.SaveOrganisation(t.Context(), root, tea), store.ErrStale)
		all, next, err := d.people.Organisations(t.Context(), "", 1)
		must(t, err)
		more, _, err := d.people.Organisations(t.Context(), next, 1)
		must(t, err)
		if len(all) != 1 || len(more) != 1 || all[0].ID != ink.ID || more[0].Name != "Tea and more" {
			t.Errorf("listed %+v, %+v", all, more)
		}
		if _, err := d.people.Organisation(t.Context(), ink.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestMembers(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ann := d.agent(t, "ann", identity.AgentRole).Actor()
		tea, ink := &identity.Organisation{Name: "Tea"}, &identity.Organisation{Name: "Ink"}
		must(t, d.people.SaveOrganisation(t.Context(), host, tea))
		must(t, d.people.SaveOrganisation(t.Context(), host, ink))
		var ids []string
		for i := range 3 {
			u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: fmt.Sprint("u", i)})
			must(t, err)
			u, err = d.people.Belong(t.Context(), host, u.ID, tea.ID)
			must(t, err)
			if u.Organisation != tea.ID {
				t.Errorf("belongs to %q", u.Organisation)
			}
			ids = append(ids, u.ID)
		}
		members := func(o string) (found []string) {
			t.Helper()
			for after := ""; ; {
				us, next, err := d.people.Members(t.Context(), ann, o, after, 2)
				must(t, err)
				for _, u := range us {
					found = append(found, u.ID)
				}
				if after = next; after == "" {
					return found
				}
			}
		}
		if got := members(tea.ID); !slices.Equal(got, ids) {
			t.Errorf("members %v, want %v", got, ids)
		}
		_, err := d.people.Belong(t.Context(), host, ids[0], ink.ID)
		must(t, err)
		_, err = d.people.Belong(t.Context(), host, ids[1], "")
		must(t, err)
		// What the host says of him later doesn't take him out.
		_, err = d.people.Save(t.Context(), host, identity.Profile{UserID: "u2", Name: "Two"})
		must(t, err)
		if a, b := members(tea.ID), members(ink.ID); !slices.Equal(a, ids[2:]) || !slices.Equal(b, ids[:1]) {
			t.Errorf("members %v and %v", a, b)
		}
		_, err = d.people.Belong(t.Context(), host, ids[0], "nothing")
		refuses(t, err, "organisation")
		_, err = d.people.Belong(t.Context(), host, "nobody", tea.ID)
		is(t, err, store.ErrNotFound)
		_, err = d.people.Belong(t.Context(), ann, ids[0], tea.ID)
		forbidden(t, err)
		_, _, err = d.people.Members(t.Context(), event.Actor{Kind: event.EndUser, ID: ids[0]}, tea.ID, "", 1)
		forbidden(t, err)
		before := d.events(t)
		_, err = d.people.Belong(t.Context(), host, ids[2], tea.ID)
		must(t, err)
		if after := d.events(t); len(after) != len(before) {
			t.Errorf("nothing changed, and %v", after[len(before):])
		}
	})
}
