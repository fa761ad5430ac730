package frontdesk_test

import (
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A rule whose bot was disabled can be renamed and switched off, and names no other one that
// isn't at work.
func TestRuleOfADisabledBot(t *testing.T) {
	ctx, host := t.Context(), frontdesk.Host()
	d := open(t, frontdesk.Config{})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Bots.Save(ctx, host, &bot.Bot{ID: "search", Name: "S", Draft: flow.QuickSearch()}))
	_, err := d.Bots.Publish(ctx, host, "search")
	must(err)
	rule := &automation.Rule{ID: "r", Name: "To search", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoAssignBot, To: "search"}}}}
	must(d.Rules.SaveRule(ctx, host, rule))
	must(d.Bots.Disable(ctx, host, "search"))
	rule.Name = "To the search"
	must(d.Rules.SaveRule(ctx, host, rule))
	rule.Off = true
	must(d.Rules.SaveRule(ctx, host, rule))
	rule.Do[0].To = "another"
	if _, ok := errors.AsType[*store.FieldError](d.Rules.SaveRule(ctx, host, rule)); !ok {
		t.Error("a bot that isn't there was taken")
	}
}
