package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store/event"
)

// aBot is one that is published; there is one for each office.
func (w *office) aBot() *bot.Bot {
	ctx := w.t.Context()
	if b, err := w.desk.Bots.Bot(ctx, frontdesk.Host(), "quiz"); err == nil {
		return b
	}
	f := &flow.Flow{Steps: []flow.Step{{ID: "a", Ask: &flow.Ask{Text: flow.Text{"": "Why?"}, As: flow.TextAnswer}}}}
	w.must(w.desk.Bots.Save(ctx, frontdesk.Host(), &bot.Bot{ID: "quiz", Name: "Quiz", Draft: f}))
	b, err := w.desk.Bots.Publish(ctx, frontdesk.Host(), "quiz")
	w.must(err)
	return b
}

func botActs() map[string]deed {
	over := func(do func(ctx context.Context, s *bot.Service, who event.Actor, b *bot.Bot) error) deed {
		return deed{may: identity.Configure, do: func(w *office, who event.Actor) error { return do(w.t.Context(), w.desk.Bots, who, w.aBot()) }}
	}
	type (
		c = context.Context
		s = *bot.Service
		w = event.Actor
		b = *bot.Bot
	)
	return map[string]deed{
		"bot.Service.Save":     over(func(ctx c, s s, who w, b b) error { return s.Save(ctx, who, b) }),
		"bot.Service.Publish":  over(func(ctx c, s s, who w, b b) error { return only(s.Publish(ctx, who, b.ID)) }),
		"bot.Service.RollBack": over(func(ctx c, s s, who w, b b) error { return s.RollBack(ctx, who, b.ID, 1) }),
		"bot.Service.Disable":  over(func(ctx c, s s, who w, b b) error { return s.Disable(ctx, who, b.ID) }),
		"bot.Service.Check":    over(func(ctx c, s s, who w, b b) error { return only(s.Check(ctx, who, b.Draft)) }),
		"bot.Service.Bot":      over(func(ctx c, s s, who w, b b) error { return only(s.Bot(ctx, who, b.ID)) }),
		"bot.Service.Flow":     over(func(ctx c, s s, who w, b b) error { return only(s.Flow(ctx, who, b.ID, 1)) }),
		"bot.Service.NamedBy":  over(func(ctx c, s s, who w, b b) error { return only(s.NamedBy(ctx, who, b.ID)) }),
		"bot.Service.Report":   over(func(ctx c, s s, who w, b b) error { return only(s.Report(ctx, who, b.ID, 1)) }),
		"bot.Service.Bots": over(func(ctx c, s s, who w, b b) error {
			_, _, err := s.Bots(ctx, who, "", 1)
			return err
		}),
	}
}
