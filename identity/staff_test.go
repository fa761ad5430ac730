package identity_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/google/go-cmp/cmp"
)

func TestSaveAgent(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := &identity.Agent{Name: " Ann ", Email: " Ann@Example.com"}
		must(t, d.people.SaveAgent(t.Context(), host, a))
		want := &identity.Agent{ID: a.ID, Name: "Ann", Email: "ann@example.com", Role: identity.AgentRole, Created: d.clock.now(), Updated: d.clock.now(), Rev: 1}
		got, err := d.people.Agent(t.Context(), a.ID)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" || a.ID == "" {
			t.Error(diff)
		}
		is(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: a.ID, Name: "Other"}), store.ErrExists)
		stale := *a
		a.Name = "Anna"
		must(t, d.people.SaveAgent(t.Context(), host, a))
		is(t, d.people.SaveAgent(t.Context(), host, &stale), store.ErrStale)
		if stale.Rev != 1 {
			t.Errorf("a refused put moved the revision to %d", stale.Rev)
		}
		if diff := cmp.Diff([]string{"agent.created", "agent.changed"}, d.events(t)); diff != "" {
			t.Error(diff)
		}
		_, err = d.people.Agent(t.Context(), "nobody")
		is(t, err, store.ErrNotFound)
	})
}

func TestSaveAgentRefusesWhatIsBad(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		old := &identity.Group{ID: "old", Name: "Old", Archived: true}
		must(t, d.people.SaveGroup(t.Context(), host, old))
		before := len(d.events(t))
		for field, as := range map[string][]identity.Agent{
			"agent.name":    {{Name: " "}, {Name: strings.Repeat("é", 256)}},
			"agent.id":      {{Name: "A", ID: "a/b"}, {Name: "A", ID: "a b"}, {Name: "A", ID: strings.Repeat("x", 101)}},
			"agent.email":   {{Name: "A", Email: "a"}, {Name: "A", Email: "A <a@example.com>"}},
			"agent.role":    {{Name: "A", Role: "owner"}},
			"agent.picture": {{Name: "A", Picture: strings.Repeat("x", 2001)}},
			"agent.groups":  {{Name: "A", Groups: []string{"old"}}, {Name: "A", Groups: []string{"gone"}}},
		} {
			for _, a := range as {
				refuses(t, d.people.SaveAgent(t.Context(), host, &a), field)
			}
		}
		if es := d.events(t); len(es) != before {
			t.Errorf("refused agents made events %v", es[before:])
		}
	})
}

func TestSaveGroup(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		billing := &identity.Group{Name: " Billing "}
		must(t, d.people.SaveGroup(t.Context(), host, billing))
		is(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: "BILLING"}), store.ErrExists)
		is(t, d.people.SaveGroup(t.Context(), host, &identity.Group{ID: billing.ID, Name: "Another"}), store.ErrExists)
		refuses(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: " "}), "group.name")
		refuses(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: strings.Repeat("é", 256)}), "group.name")
		refuses(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: "A", ID: strings.Repeat("x", 101)}), "group.id")

		ann := d.agent(t, "ann", identity.AgentRole)
		ann.Groups = []string{billing.ID}
		must(t, d.people.SaveAgent(t.Context(), host, ann))
		if !ann.InGroup(billing.ID) || ann.InGroup("other") {
			t.Errorf("groups of ann: %v", ann.Groups)
		}
		staffed := func() error {
			return d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := d.people.Staffed(ctx, tx, billing.ID)
				return err
			})
		}
		must(t, staffed())
		stale := *billing
		billing.Archived = true
		must(t, d.people.SaveGroup(t.Context(), host, billing))
		is(t, d.people.SaveGroup(t.Context(), host, &stale), store.ErrStale)
		is(t, staffed(), store.ErrNotFound)

		must(t, d.people.SaveGroup(t.Context(), host, &identity.Group{Name: "apps"}))
		gs, next, err := d.people.Groups(t.Context(), "", 1)
		if must(t, err); len(gs) != 1 || gs[0].Name != "apps" || next == "" {
			t.Errorf("first page of groups: %+v, cursor %q", gs, next)
		}
		gs, next, err = d.people.Groups(t.Context(), next, 1)
		if must(t, err); len(gs) != 1 || gs[0].Name != "Billing" || next != "" {
			t.Errorf("second page of groups: %+v, cursor %q", gs, next)
		}
	})
}

func TestMembersAreActive(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.agent(t, "ann", identity.Admin)
		bob := d.agent(t, "bob", identity.AgentRole)
		bob.Inactive = true
		must(t, d.people.SaveAgent(t.Context(), host, bob))
		for id, want := range map[string]error{"ann": nil, "bob": store.ErrNotFound, "eve": store.ErrNotFound} {
			is(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := d.people.Member(ctx, tx, id)
				return err
			}), want)
		}
		as, next, err := d.people.Agents(t.Context(), "", 10)
		if must(t, err); len(as) != 2 || as[0].ID != "ann" || next != "" {
			t.Errorf("agents %+v, cursor %q", as, next)
		}
	})
}

func TestLastAdminStays(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ann, bob := d.agent(t, "ann", identity.Admin), d.agent(t, "bob", identity.Admin)
		d.agent(t, "cleo", identity.Supervisor)
		bob.Inactive = true
		must(t, d.people.SaveAgent(t.Context(), ann.Actor(), bob))
		for _, change := range []func(a *identity.Agent){
			func(a *identity.Agent) { a.Inactive = true },
			func(a *identity.Agent) { a.Role = identity.Supervisor },
		} {
			a := *ann
			change(&a)
			is(t, d.people.SaveAgent(t.Context(), host, &a), identity.ErrLastAdmin)
		}
		ann.Name = "Still admin"
		must(t, d.people.SaveAgent(t.Context(), host, ann))
		bob.Inactive = false
		must(t, d.people.SaveAgent(t.Context(), host, bob))
		ann.Role = identity.AgentRole
		must(t, d.people.SaveAgent(t.Context(), host, ann))
	})
}

// Of two admins who step down at the same moment one stays.
func TestLastAdminStaysWhenTwoGo(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		admins := []*identity.Agent{d.agent(t, "ann", identity.Admin), d.agent(t, "bob", identity.Admin), d.agent(t, "cleo", identity.Admin)}
		errs := make([]error, len(admins))
		var wg sync.WaitGroup
		for i, a := range admins {
			wg.Go(func() {
				a.Role = identity.AgentRole
				errs[i] = d.people.SaveAgent(t.Context(), event.Actor{Kind: event.Agent, ID: a.ID}, a)
			})
		}
		wg.Wait()
		refused := 0
		for _, err := range errs {
			if errors.Is(err, identity.ErrLastAdmin) {
				refused++
			} else {
				must(t, err)
			}
		}
		if refused != 1 {
			t.Errorf("%d of three admins were kept, want 1: %v", refused, errs)
		}
	})
}

func TestAgentByEmail(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "kim", Name: "Kim", Email: "Kim@Shop.example"}))
		must(t, d.people.SaveAgent(t.Context(), host, &identity.Agent{ID: "lee", Name: "Lee"})) // has none
		a, err := d.people.AgentByEmail(t.Context(), "kim@shop.EXAMPLE")
		if must(t, err); a.ID != "kim" {
			t.Errorf("it is %+v", a)
		}
		a.Inactive = true
		must(t, d.people.SaveAgent(t.Context(), host, a))
		for _, email := range []string{"kim@shop.example", "", "nobody@shop.example"} {
			if _, err := d.people.AgentByEmail(t.Context(), email); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: %v", email, err)
			}
		}
	})
}
