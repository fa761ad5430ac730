package chat_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is written on a resolved conversation while a feedback bot asks is an answer to it,
// although the conversation can't be reopened; what comes afterwards isn't.
func TestFeedbackBot(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ctx, host := t.Context(), frontdesk.Host()
		d.must(d.Bots.Save(ctx, host, &bot.Bot{ID: "csat", Name: "CSAT", Draft: flow.CSAT()}))
		_, err := d.Bots.Publish(ctx, host, "csat")
		d.must(err)
		app, err := d.Tickets.App(ctx, ticket.DefaultApp)
		d.must(err)
		app.Reopen = ticket.ReopenPolicy{}
		p, err := app.Platform("webchat")
		d.must(err)
		p.FeedbackBot, p.AskResolved = "csat", false
		d.must(d.Tickets.SaveApp(ctx, host, app))
		ann := d.visit("ann", nil)
		id := ann.sent("1", "first").Conversation.ID
		_, err = d.Tickets.Resolve(ctx, d.mira, id)
		d.must(err)
		_, err = d.Drain(ctx)
		d.must(err)
		to := func(client, text string) *answer {
			return ann.post("messages", map[string]any{"client_id": client, "text": text, "conversation": id})
		}
		if a := to("2", "5"); a.Conversation.ID != id || a.Conversation.Status != "resolved" || !a.Conversation.CanReopen {
			t.Errorf("an answer: %s", a.Body)
		}
		_, err = d.Drain(ctx)
		d.must(err)
		x, err := d.Tickets.Get(ctx, host, id)
		d.must(err)
		if x.Resolution.Survey.Score != 5 || x.Status != ticket.StatusResolved {
			t.Errorf("the ticket is %s, %+v", x.Status, x.Resolution)
		}
		if a := to("3", "Something else"); a.Conversation.ID == id || a.Conversation.FollowUpOf != id {
			t.Errorf("afterwards: %s", a.Body)
		}
	})
}
