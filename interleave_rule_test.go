package frontdesk_test

import (
	"context"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func saveRule(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Rules.SaveRule(ctx, frontdesk.Host(), &automation.Rule{ID: id, Name: id, On: automation.Trigger{Kind: automation.OnEvent, Events: []automation.Event{automation.EventPriority}},
			Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoTitle, Text: "by " + id}}}})
	}
}

func deleteRule(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		rule, err := d.Rules.Rule(ctx, frontdesk.Host(), id)
		if err != nil {
			return err
		}
		return d.Rules.DeleteRule(ctx, frontdesk.Host(), rule)
	}
}

func moveRule(id, before string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		return d.Rules.MoveRule(ctx, frontdesk.Host(), id, before)
	}
}

// withRules makes rules a and b, which run on a change of priority.
func withRules(x *table) {
	for _, id := range []string{"a", "b"} {
		x.must(saveRule(id)(x.t.Context(), x, x.Desk, x.DB))
	}
	_, err := x.Drain(x.t.Context())
	x.must(err)
}

// untouched is a desk that has no rules, and whose fields never changed since it could have.
func untouched(x *table) {
	_, err := x.pool.Exec(x.t.Context(), `truncate `+x.schema+`.rule_register, `+x.schema+`.rule_order`)
	x.must(err)
}

// prioritised is withRules, and a change that triggers both, on which none has run.
func prioritised(x *table) {
	withRules(x)
	_, err := x.Tickets.Edit(x.t.Context(), frontdesk.Host(), x.ticket, ticket.Edit{Priority: new(ticket.High)})
	x.must(err)
}

func switchOff(id string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		rule, err := d.Rules.Rule(ctx, frontdesk.Host(), id)
		if err != nil {
			return err
		}
		rule.Off = true
		return d.Rules.SaveRule(ctx, frontdesk.Host(), rule)
	}
}

func entitled(want string) func(x *table) {
	return func(x *table) {
		tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
		if x.must(err); tk.Title != want {
			x.t.Errorf("the title is %q, want %q", tk.Title, want)
		}
	}
}

func listed(want string) func(x *table) {
	return func(x *table) {
		rules, _, err := x.Rules.Rules(x.t.Context(), frontdesk.Host(), "", 10)
		x.must(err)
		var ids []string
		for _, r := range rules {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			x.t.Errorf("the rules are %s, want %s", got, want)
		}
	}
}

// ruleRaces are the rows of rules and their order.
func ruleRaces() []race {
	return []race{
		{name: "the list has both of two new rules", before: withRules, first: saveRule("c"), second: saveRule("d"), then: fine, ends: listed("a b c d")},
		{name: "the first two rules of a desk", before: untouched, first: saveRule("a"), second: saveRule("b"), then: fine, ends: listed("a b")},
		{name: "a rule doesn't go in front of one that is gone", before: withRules, first: deleteRule("a"), second: moveRule("b", "a"), then: isErr(store.ErrNotFound), ends: listed("b")},
		{name: "a rule that is gone doesn't move", before: withRules, first: deleteRule("a"), second: moveRule("a", ""), then: isErr(store.ErrNotFound), ends: listed("b")},
		{name: "a rule that is deleted doesn't run", before: prioritised, first: deleteRule("a"), second: drained, then: fine, ends: entitled("by b")},
		{name: "a rule that is switched off doesn't run", before: prioritised, first: switchOff("a"), second: drained, then: fine, ends: entitled("by b")},
	}
}
