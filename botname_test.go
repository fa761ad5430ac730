package frontdesk_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Who names a bot is refused if that isn't at work, and told of when it is to be disabled.
func TestBotsThatAreNamed(t *testing.T) {
	t.Parallel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, host := t.Context(), frontdesk.Host()
	d, err := frontdesk.Open(ctx, frontdesk.Config{})
	must(err)
	defer d.Close()
	rule := &automation.Rule{ID: "r", Name: "To search", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoAssignBot, To: "search"}}}}
	refused := d.Rules.SaveRule(ctx, host, rule)
	if bad, ok := errors.AsType[*store.FieldError](refused); !ok || bad.Field != "rule.do.to" {
		t.Errorf("a rule for a bot that isn't there: %v", refused)
	}
	publish := func(id string, f *flow.Flow) {
		t.Helper()
		must(d.Bots.Save(ctx, host, &bot.Bot{ID: id, Name: "The " + id, Draft: f}))
		_, err := d.Bots.Publish(ctx, host, id)
		must(err)
	}
	publish("search", flow.QuickSearch())
	door := flow.Identity()
	door.Steps[len(door.Steps)-1].HandOff.Bot = "search"
	publish("door", door)
	must(d.Rules.SaveRule(ctx, host, rule))
	must(d.Rules.SaveRule(ctx, host, &automation.Rule{ID: "other", Name: "Other", When: `ticket.bot == "door"`, On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoPriority, To: "high"}}}}))
	app, err := d.Tickets.App(ctx, ticket.DefaultApp)
	must(err)
	p, err := app.Platform("webchat")
	must(err)
	p.FirstBot, app.Reopen.To, app.Reopen.Bot = "search", ticket.ToBot, "search"
	must(d.Tickets.SaveApp(ctx, host, app))
	named, err := d.Bots.NamedBy(ctx, host, "search")
	must(err)
	want := []bot.Mention{{Kind: bot.ByRule, ID: "r", Name: "To search"}, {Kind: bot.ByApp, ID: "default", Name: app.Name}, {Kind: bot.ByPlatform, ID: "default/webchat", Name: app.Name + ", webchat"}, {Kind: bot.ByBot, ID: "door", Name: "The door"}}
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	lint := func() []automation.Finding {
		t.Helper()
		found, err := d.Rules.Lint(ctx, host)
		must(err)
		return found
	}
	if found := lint(); len(found) > 0 {
		t.Errorf("found is %+v", found)
	}
	must(d.Bots.Disable(ctx, host, "search"))
	if found := lint(); len(found) != 1 || found[0].Names == nil || *found[0].Names != (automation.Reference{Kind: automation.RefBot, ID: "search"}) || found[0].Rules[0] != "r" {
		t.Errorf("with the bot disabled found is %+v", found)
	}
}
