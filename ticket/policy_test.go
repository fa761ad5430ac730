package ticket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func TestPolicyIsChecked(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		good := ticket.Policy{Name: " Gold ", First: hour}
		for field, p := range map[string]ticket.Policy{
			"policy.name":       {First: hour},
			"policy.targets":    {Name: "x"},
			"policy.first":      {Name: "x", First: time.Minute - 1},
			"policy.next":       {Name: "x", Next: ticket.MaxGoal + 1},
			"policy.resolution": {Name: "x", Resolution: -hour},
			"policy.at_risk":    {Name: "x", First: hour, AtRisk: 101},
			"policy.id":         {ID: "a b", Name: "x", First: hour},
			"policy.calendar":   {Name: "x", First: hour, Calendar: "nowhere"},
			"policy.when":       {Name: "x", First: hour, When: "ticket.priority ==\n \"loud\""},
		} {
			head := d.head(t)
			err := d.tickets.SavePolicy(t.Context(), admin, &p)
			refuses(t, err, field)
			if p.Rev != 0 || d.head(t) != head {
				t.Errorf("%s: something has changed", field)
			}
		}
		for _, long := range []struct {
			limit int
			with  func(p *ticket.Policy, s string)
		}{
			{ticket.MaxTitle, func(p *ticket.Policy, s string) { p.Name = s }},
			{ticket.MaxFilter, func(p *ticket.Policy, s string) { p.When = "true" + strings.Repeat(" ", len(s)-4) }},
		} {
			for n, ok := range map[int]bool{long.limit - 1: true, long.limit: true, long.limit + 1: false} {
				p := good
				long.with(&p, strings.Repeat("x", n))
				if err := d.tickets.SavePolicy(t.Context(), admin, &p); (err == nil) != ok {
					t.Errorf("%d characters of %d: %v", n, long.limit, err)
				}
			}
		}
		for _, edge := range []ticket.Policy{{Name: "x", First: time.Minute, AtRisk: 100}, {Name: "x", Next: ticket.MaxGoal, AtRisk: 1}} {
			must(t, d.tickets.SavePolicy(t.Context(), admin, &edge))
		}
		forbidden(t, d.tickets.SavePolicy(t.Context(), ann, new(good)))
		for _, when := range []string{"me == \"x\"", "now > ticket.created", "ticket.due_state == \"ok\"", "ticket.due < ticket.created"} {
			p := good
			p.When = when
			bad, ok := errors.AsType[*ticket.ConditionError](d.tickets.SavePolicy(t.Context(), admin, &p))
			if !ok || bad.Line != 1 || bad.Column == 0 {
				t.Errorf("%s: %v", when, bad)
			}
		}
	})
}

func TestPoliciesHaveAnOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		gold := d.promise(t, ticket.Policy{ID: "gold", When: `ticket.priority == "urgent"`, First: hour})
		rest := d.promise(t, ticket.Policy{ID: "rest", First: 2 * hour})
		ids := func() (ids []string) {
			all, err := d.tickets.Policies(ctx)
			must(t, err)
			for _, p := range all {
				ids = append(ids, p.ID)
			}
			return ids
		}
		tk := d.ask(t)
		due := func() string { t.Helper(); return dues(d.get(t, tk.ID))[ticket.TargetFirst] }
		if got := ids(); !slices.Equal(got, []string{"gold", "rest"}) || due() != "2h0m0s" {
			t.Errorf("order %v, due %s", got, due())
		}
		must(t, only(d.tickets.Edit(ctx, ann, tk.ID, ticket.Edit{Priority: new(ticket.Urgent)})))
		if due() != "1h0m0s" {
			t.Errorf("an urgent one is due %s", due())
		}
		must(t, d.tickets.OrderPolicies(ctx, admin, []string{"gold", "rest"}, []string{"rest", "gold"}))
		if d.step(t); due() != "2h0m0s" {
			t.Errorf("in the other order it is due %s", due())
		}
		is(t, d.tickets.OrderPolicies(ctx, admin, []string{"gold", "rest"}, []string{"gold", "rest"}), store.ErrStale)
		refuses(t, d.tickets.OrderPolicies(ctx, admin, []string{"rest", "gold"}, []string{"gold", "gold"}), "policies")
		stale := *rest
		rest.Off = true
		must(t, d.tickets.SavePolicy(ctx, admin, rest))
		is(t, d.tickets.SavePolicy(ctx, admin, &stale), store.ErrStale)
		is(t, d.tickets.DeletePolicy(ctx, admin, &stale), store.ErrStale)
		if d.step(t); due() != "1h0m0s" {
			t.Errorf("without the other it is due %s", due())
		}
		must(t, d.tickets.DeletePolicy(ctx, admin, gold))
		is(t, d.tickets.DeletePolicy(ctx, admin, gold), store.ErrNotFound)
		is(t, d.tickets.SavePolicy(ctx, admin, gold), store.ErrStale)
		if d.step(t); due() != "" || !slices.Equal(ids(), []string{"rest"}) {
			t.Errorf("without any it is due %s", due())
		}
		is(t, d.tickets.SavePolicy(ctx, admin, &ticket.Policy{ID: "rest", Name: "x", First: hour}), store.ErrExists)
		for i := range ticket.MaxPolicies - 1 {
			must(t, d.tickets.SavePolicy(ctx, admin, &ticket.Policy{Name: fmt.Sprint(i), First: hour}))
		}
		refuses(t, d.tickets.SavePolicy(ctx, admin, &ticket.Policy{Name: "one more", First: hour}), "policy")
	})
}

func only[T any](_ T, err error) error { return err }

// A policy that changes moves due moments, and not from when they count. What was
// breached stays so, and isn't said again.
func TestPolicyChangesMoveDueMoments(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		var ids []string
		for range 120 { // more than one page
			ids = append(ids, d.ask(t).ID)
		}
		d.clock.forward(30 * minute)
		p := d.promise(t, ticket.Policy{First: 2 * hour})
		all := func(want string, said ...string) {
			t.Helper()
			for _, id := range ids {
				if got := dues(d.get(t, id))[ticket.TargetFirst]; got != want {
					t.Fatalf("ticket %s is due %q, want %q", id, got, want)
				}
				if got := d.said(t, id); !slices.Equal(got, said) {
					t.Fatalf("said %q, want %q", got, said)
				}
				if tk := d.get(t, id); !tk.Times.Updated.Equal(start) {
					t.Fatalf("updated %v", tk.Times.Updated)
				}
			}
		}
		save := func(first time.Duration) {
			t.Helper()
			p.First = first
			must(t, d.tickets.SavePolicy(ctx, admin, p))
			d.step(t)
		}
		all("2h0m0s")
		save(hour)
		all("1h0m0s")
		d.clock.forward(18 * minute)
		d.step(t)
		all("1h0m0s", "at risk first_response")
		save(3 * hour)
		all("3h0m0s", "at risk first_response")
		save(40 * minute) // which has passed
		all("40m0s", "at risk first_response", "breached first_response")
		save(4 * hour)
		all("40m0s", "at risk first_response", "breached first_response")
		must(t, d.tickets.DeletePolicy(ctx, admin, p))
		d.step(t)
		all("", "at risk first_response", "breached first_response")
		p = d.promise(t, ticket.Policy{First: 5 * hour})
		all("40m0s", "at risk first_response", "breached first_response")
		d.clock.forward(6 * hour)
		d.step(t)
		all("40m0s", "at risk first_response", "breached first_response")
		d.reply(t, ann, ids[0], "Sorry.")
		if got := d.said(t, ids[0]); !slices.Equal(got, []string{"at risk first_response", "breached first_response", "late first_response"}) {
			t.Errorf("said %q", got)
		}
	})
}

// Nothing is written to tickets that a change of policies leaves as they are.
func TestPolicyChangesLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	d.promise(t, ticket.Policy{When: `ticket.app == "default"`, First: hour})
	tk := d.ask(t)
	d.step(t)
	tk = d.get(t, tk.ID)
	d.promise(t, ticket.Policy{First: 2 * hour})
	if now := d.get(t, tk.ID); now.Rev != tk.Rev {
		t.Errorf("revision %d became %d: %v", tk.Rev, now.Rev, d.history(t, tk.ID))
	}
}

func TestViewsByDue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.promise(t, ticket.Policy{When: `ticket.priority == "urgent"`, First: hour})
		d.promise(t, ticket.Policy{When: `ticket.priority == "high"`, First: 2 * hour})
		var ids []string
		for _, p := range []ticket.Priority{ticket.None, ticket.High, ticket.Urgent, ticket.High} {
			tk, err := d.tickets.Create(ctx, ticket.New{EndUser: d.eve, Priority: p, Message: &ticket.Draft{Text: "?"}})
			must(t, err)
			ids = append(ids, tk.ID)
			d.clock.forward(minute)
		}
		d.step(t)
		list := func(filter string, want ...int) {
			t.Helper()
			v := &ticket.View{Name: "Due", Filter: filter, Sort: ticket.SortDue}
			must(t, d.tickets.SaveView(ctx, admin, v))
			d.step(t)
			ts, _, err := d.tickets.ViewTickets(ctx, ann, v.ID, "", 10)
			must(t, err)
			var got []int
			for _, tk := range ts {
				got = append(got, slices.Index(ids, tk.ID))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", filter, diff)
			}
			ns, err := d.tickets.ViewCounts(ctx, ann, v.ID)
			must(t, err)
			if ns[0].N != len(want) {
				t.Errorf("%s: counts %d", filter, ns[0].N)
			}
			must(t, d.tickets.DeleteView(ctx, admin, v))
		}
		list("", 2, 1, 3, 0)
		list("ticket.due < now + hours(1)", 2)
		list("ticket.due == nil", 0)
		list(`ticket.due_state == "ok"`, 2, 1, 3)
		d.clock.forward(hour)
		d.step(t)
		list(`ticket.due_state == "breached"`, 2)
		list("ticket.due < now", 2)
		d.clock.forward(40 * minute)
		d.step(t)
		list(`ticket.due_state in ["at_risk", "breached"]`, 2, 1, 3)
		list(`ticket.due_state == nil`, 0)
	})
}

// Who has the ticket, and who follows it, is told of a breach.
func TestBreachIsNoticed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.promise(t, ticket.Policy{First: hour})
		tk := d.ask(t)
		must(t, only(d.tickets.Assign(ctx, host, tk.ID, "ann")))
		must(t, only(d.tickets.Edit(ctx, host, tk.ID, ticket.Edit{Followers: new([]string{"bob"})})))
		d.step(t)
		d.clock.forward(hour)
		d.step(t)
		d.step(t)
		for _, who := range []string{"ann", "bob"} {
			ns, _, err := d.tickets.Notices(ctx, host, who, "", 10)
			must(t, err)
			n := 0
			for _, x := range ns {
				if x.Kind == identity.NoticeBreach && x.Ticket == tk.ID {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%s has %d notices of the breach", who, n)
			}
		}
		entries, _, err := d.tickets.History(ctx, ann, tk.ID, "", 50)
		must(t, err)
		if !slices.ContainsFunc(entries, func(e ticket.Entry) bool { return e.What == "breached" && e.To == "first response" }) {
			t.Errorf("history %+v", entries)
		}
	})
}
