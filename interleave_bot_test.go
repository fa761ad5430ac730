package frontdesk_test

import (
	"context"
	"strings"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func asking(text string) *flow.Flow {
	return &flow.Flow{Steps: []flow.Step{{ID: "a", Ask: &flow.Ask{Text: flow.Text{"": text}, As: flow.TextAnswer}}}}
}

// withBot is a bot that asks "One?", and whose draft asks "Two?".
func withBot(x *table) {
	ctx, host := x.t.Context(), frontdesk.Host()
	b := &bot.Bot{ID: "quiz", Name: "Quiz", Draft: asking("One?")}
	x.must(x.Bots.Save(ctx, host, b))
	b, err := x.Bots.Publish(ctx, host, "quiz")
	x.must(err)
	b.Draft = asking("Two?")
	x.must(x.Bots.Save(ctx, host, b))
}

// botGiven is withBot, and a ticket that the bot was given and hasn't looked at.
func botGiven(x *table) {
	withBot(x)
	_, err := x.Drain(x.t.Context())
	x.must(err)
	_, err = x.Tickets.AssignBot(x.t.Context(), frontdesk.Host(), x.ticket, "quiz")
	x.must(err)
}

// botAnswered is a conversation whose end user has answered, which the bot hasn't read.
func botAnswered(x *table) {
	botGiven(x)
	_, err := x.Drain(x.t.Context())
	x.must(err)
	x.must(write(x.t.Context(), x, x.Desk, x.DB))
}

func disableBot(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.Bots.Disable(ctx, frontdesk.Host(), "quiz")
}

func publishBot(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Bots.Publish(ctx, frontdesk.Host(), "quiz")
	return err
}

func ruleForBot(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.Rules.SaveRule(ctx, frontdesk.Host(), &automation.Rule{ID: "r", Name: "R", On: automation.Trigger{Kind: automation.OnCreated},
		Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoAssignBot, To: "quiz"}}}})
}

func firstBot(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	a, err := d.Tickets.App(ctx, ticket.DefaultApp)
	if err != nil {
		return err
	}
	p, err := a.Platform("webchat")
	if err != nil {
		return err
	}
	p.FirstBot = "quiz"
	return d.Tickets.SaveApp(ctx, frontdesk.Host(), a)
}

// talked is what the bot has said in the end, and whether it has the ticket.
func talked(want string, has bool) func(x *table) {
	return func(x *table) {
		_, err := x.Drain(x.t.Context())
		x.must(err)
		tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
		x.must(err)
		ms, _, err := x.Tickets.Messages(x.t.Context(), frontdesk.Host(), x.ticket, 0, 0, 50)
		x.must(err)
		var said []string
		for _, m := range ms {
			if m.Author.ID == "quiz" {
				said = append(said, m.Text)
			}
		}
		if got := strings.Join(said, " "); got != want || tk.BotHasIt() != has {
			x.t.Errorf("the bot says %q, want %q, and the ticket is with %v", got, want, tk.Assignee)
		}
	}
}

// botRaces are the rows of bots and their conversations.
func botRaces() []race {
	return []race{
		{name: "a bot that is disabled begins no conversation", before: botGiven, first: disableBot, second: drained, then: fine, ends: talked("", false)},
		{name: "a bot that is disabled isn't named by a rule", before: withBot, first: disableBot, second: ruleForBot, then: field("rule.do.to")},
		{name: "a bot that is disabled isn't named by a platform", before: withBot, first: disableBot, second: firstBot, then: field("app.platforms.webchat.first_bot")},
		{name: "a bot is disabled after it was named", before: withBot, first: ruleForBot, second: disableBot, then: fine},
		{name: "a conversation begins with what was published before", before: botGiven, first: publishBot, second: drained, then: fine, ends: talked("Two?", true)},
		{name: "a bot says nothing after an agent's reply", before: botAnswered, first: reply(jonas), second: drained, then: fine, ends: talked("One?", false)},
	}
}
