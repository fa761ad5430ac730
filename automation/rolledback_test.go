package automation_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a host takes back leaves nothing behind in what a process knows of rules: neither
// the rule nor the field that it named.
func TestRolledBack(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		kept := d.rule(t, &automation.Rule{ID: "kept", On: isNew, When: `ticket.title == "one"`, Do: do(tag("vip"))})
		back := errors.New("taken back")
		err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			must(t, d.tickets.In(tx).SaveField(ctx, host, &ticket.Field{Key: "amount", Name: "Amount", Type: ticket.Number}))
			other := *kept
			other.When = `field.amount > 3`
			must(t, d.rules.In(tx).SaveRule(ctx, admin, &other))
			must(t, d.rules.In(tx).SaveRule(ctx, admin, &automation.Rule{ID: "gone", Name: "Gone", On: isNew, Do: do(tag("late"))}))
			_, _, err := d.rules.In(tx).Rules(ctx, admin, "", 10)
			must(t, err)
			return back
		})
		is(t, err, back)
		must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "amount", Name: "Amount", Type: ticket.SingleLine}))
		d.rule(t, &automation.Rule{ID: "text", On: isNew, When: `field.amount == "three"`, Do: do(tag("refund"))})

		one := d.ask(t, titled("one"), func(n *ticket.New) { n.Fields = map[string]any{"amount": "three"} })
		d.drain(t)
		if got := d.now(t, one.ID).Tags; len(got) != 2 || got[0] != "refund" || got[1] != "vip" {
			t.Errorf("tags %q", got)
		}
		page, _, err := d.rules.Rules(t.Context(), admin, "", 10)
		must(t, err)
		if len(page) != 2 || page[0].When != kept.When || page[1].ID != "text" {
			t.Errorf("%+v", page)
		}
	})
}

// A field that another process makes is known to the next pass here.
func TestFieldsOfAnotherProcess(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		other := &desk{db: d.db, clock: d.clock, eve: d.eve}
		other.serve(t, d.clock.now, nil)
		d.rule(t, &automation.Rule{ID: "vip", On: isNew, When: `field.spend > 3`, Do: do(tag("vip"))})
		late := &automation.Rule{ID: "late", Name: "Late", On: isNew, When: `field.amount == nil`, Do: do(tag("late"))}
		refuses(t, d.rules.SaveRule(t.Context(), admin, late), "rule.when")
		must(t, other.tickets.SaveField(t.Context(), host, &ticket.Field{Key: "amount", Name: "Amount", Type: ticket.Number}))
		must(t, d.rules.SaveRule(t.Context(), admin, late))
		tk := d.ask(t, func(n *ticket.New) { n.Fields = map[string]any{"spend": 9.0} })
		d.drain(t)
		if got := d.now(t, tk.ID).Tags; !slices.Equal(got, []string{"late", "vip"}) {
			t.Errorf("tags %q", got)
		}
	})
}
