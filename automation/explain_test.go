package automation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestExplain(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		r := d.rule(t, &automation.Rule{ID: "r", On: when(automation.EventEndUserMessage), When: `message.text contains "asap" and (ticket.priority != "urgent" or field.spend > 100)`,
			Do: append(do(ticket.Action{Do: ticket.DoPriority, Text: "urgent"}), say("We hurry."))})
		tk := d.ask(t)
		d.drain(t)
		x, err := d.rules.Explain(t.Context(), admin, r, tk.ID)
		must(t, err)
		if x.Would || x.Event != "" || len(x.Why) != 2 {
			t.Errorf("before: %+v", x)
		}
		d.write(t, tk.ID, "now, asap")
		// It isn't drained: the rule hasn't run.
		trial, err := d.rules.DryRun(t.Context(), admin, r, tk.ID)
		must(t, err)
		if !trial.Would || trial.Before.Priority != "" || trial.After.Priority != ticket.Urgent || len(trial.Said) != 1 || trial.Said[0].Text != "We hurry." || trial.Run == nil {
			t.Errorf("trial %+v", trial)
		}
		if now := d.now(t, tk.ID); now.Priority != "" || len(d.texts(t, tk.ID)) != 2 {
			t.Errorf("a dry run left %+v", now)
		}
		d.drain(t)
		if now := d.now(t, tk.ID); now.Priority != ticket.Urgent {
			t.Errorf("%+v", now)
		}
		x, err = d.rules.Explain(t.Context(), admin, r, tk.ID)
		must(t, err)
		if x.Would || len(x.Ran) != 1 || !slices.Contains(x.Why, "its condition isn't true") || x.When.Join != "and" || !x.When.Parts[0].True || x.When.Parts[1].True {
			t.Errorf("after: %+v", x)
		}
		if said := x.When.Parts[0].Values[0]; said.Name != "message.text" || !strings.Contains(said.Text, "asap") {
			t.Errorf("values %+v", x.When.Parts[0].Values)
		}
		r.Off, r.Apps = true, []string{ticket.DefaultApp}
		x, err = d.rules.Explain(t.Context(), admin, r, tk.ID)
		must(t, err)
		if !slices.Contains(x.Why, "the rule is off") {
			t.Errorf("off: %+v", x)
		}
	})
}

// A dry run asks the host what its condition needs, and calls nothing else.
func TestDryRunAsks(t *testing.T) {
	eachBackend(t, func(t *testing.T, d *desk, b *backend) {
		b.vip = true
		tk := d.ask(t)
		d.drain(t)
		trial, err := d.rules.DryRun(t.Context(), admin, &automation.Rule{Name: "x", On: isNew, When: "host.is_vip",
			Do: []automation.Action{{Action: ticket.Action{Do: automation.DoCall, To: "ship"}}, {Action: tag("vip")}}}, tk.ID)
		must(t, err)
		d.drain(t)
		if asked, calls := b.questions(), b.called(); !slices.Equal(asked, []string{"is_vip"}) || len(calls) > 0 || !slices.Equal(trial.After.Tags, []string{"vip"}) || trial.Would {
			t.Errorf("asked %v, called %v, %+v", asked, calls, trial)
		}
	})
}
