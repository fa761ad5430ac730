package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A confirm step that expires leads on to a question: its silence is noticed, too.
func TestSilenceAfterExpiredConfirm(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "slow", `{patience: 1h, steps: [{id: c, confirm: {text: "Solved?", expires: 1h, expired: again}}, {id: x, hand_off: {}}, {id: again, ask: {text: "Still there?", as: text}}, {id: y, hand_off: {}}]}`)
		id := d.ask(t, "slow", "Help")
		for range 5 {
			d.clock.forward(2 * time.Hour)
			d.drain(t)
		}
		if x := d.get(t, id); x.BotHasIt() || x.WaitingSince.IsZero() {
			t.Errorf("after ten hours of silence it is with %v, waiting since %v; conversations %d:\n%s", x.Assignee, x.WaitingSince, d.conversations(t), d.talk(t, id))
		}
	})
}

// So does one that is asked after something was looked up meanwhile.
func TestSilenceAfterAnErrand(t *testing.T) {
	eachStore(t, looking, func(t *testing.T, d *desk) {
		d.publish(t, "slow", `{patience: 1h, steps: [{id: c, confirm: {text: "Solved?", expires: 1h, expired: look}}, {id: x, hand_off: {}}, {id: look, run: {function: look}}, {id: again, ask: {text: "Still there?", as: text}}, {id: y, hand_off: {}}]}`)
		id := d.ask(t, "slow", "Help")
		for range 5 {
			d.clock.forward(2 * time.Hour)
			d.drain(t)
		}
		want := "> Help\nSolved? [Yes | No]\nStill there?\n"
		if x := d.get(t, id); x.BotHasIt() || x.WaitingSince.IsZero() || d.talk(t, id) != want {
			t.Errorf("after ten hours of silence it is with %v, waiting since %v; conversations %d:\n%s", x.Assignee, x.WaitingSince, d.conversations(t), d.talk(t, id))
		}
	})
}

// An errand that never comes back, as its job is dead, fails in the end.
func TestErrandsThatDie(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.found = finder{panics: true}
		d.publish(t, "slow", `{patience: 1h, steps: [{id: s, suggest: {none: x}}, {id: x, hand_off: {}}]}`)
		id := d.ask(t, "slow", "Help")
		if !d.get(t, id).BotHasIt() {
			t.Fatal("the search has come back")
		}
		for range 5 {
			d.clock.forward(2 * time.Hour)
			d.drain(t)
		}
		if x := d.get(t, id); x.BotHasIt() || x.WaitingSince.IsZero() || d.conversations(t) > 0 {
			t.Errorf("it is with %v, waiting since %v; conversations %d", x.Assignee, x.WaitingSince, d.conversations(t))
		}
	})
}

// A feedback bot sends the ticket back to the bot that had resolved it.
func TestSentBackToTheSameBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "first", `{patience: 1h, steps: [{id: a, ask: {text: "What is it?", as: text}}, {id: r, resolve: {text: "Done."}}]}`)
		d.install(t, "csat", flow.CSAT())
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
		a := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
		a.Reopen.To, a.Reopen.Bot = ticket.ToBot, "first"
		must(t, d.tickets.SaveApp(t.Context(), admin, a))
		id := d.ask(t, "first", "Help")
		d.says(t, id, "Broken", "talk to a person")
		for range 5 {
			d.clock.forward(2 * time.Hour)
			d.drain(t)
		}
		if x := d.get(t, id); d.conversations(t) == 0 && x.BotHasIt() {
			t.Errorf("%s with %v, waiting since %v, held %v, no conversation:\n%s", x.Status, x.Assignee, x.WaitingSince, x.Held, d.talk(t, id))
		}
	})
}

// A conversation hands off to a bot that is one for feedback by now.
func TestHandOffToFeedbackBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "csat", `{steps: [{id: h, hand_off: {}}]}`)
		d.publish(t, "first", `{steps: [{id: h, hand_off: {bot: csat}}]}`)
		b := got[*bot.Bot](t)(d.bots.Bot(t.Context(), admin, "csat"))
		b.Draft = flow.CSAT()
		must(t, d.bots.Save(t.Context(), admin, b))
		got[*bot.Bot](t)(d.bots.Publish(t.Context(), admin, "csat"))
		must(t, d.bots.Save(t.Context(), admin, &bot.Bot{ID: "second", Name: "S", Draft: &flow.Flow{Steps: []flow.Step{{ID: "h", HandOff: &flow.HandOff{Bot: "csat"}}}}}))
		if _, err := d.bots.Publish(t.Context(), admin, "second"); err == nil {
			t.Error("a flow that hands off to it now is published")
		}
		id := d.ask(t, "first", "Help")
		d.says(t, id, "4")
		for range 5 {
			d.clock.forward(72 * time.Hour)
			d.drain(t)
		}
		if x := d.get(t, id); x.BotHasIt() {
			t.Errorf("%s with %v, waiting since %v, %d conversations:\n%s", x.Status, x.Assignee, x.WaitingSince, d.conversations(t), d.talk(t, id))
		}
	})
}

// What was said on a ticket that is merged into one in feedback is no answer.
func TestMergedIntoFeedback(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		old := d.answered(t)
		for _, m := range []string{"Hello?", "It is the red one", "Thanks"} {
			d.says(t, old, m)
		}
		d.resolve(t, old)
		d.install(t, "csat", flow.CSAT())
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
		x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Again?"}}))
		_, _, err := d.tickets.Reply(t.Context(), ann, x.ID, ticket.Draft{Text: "So."})
		must(t, err)
		d.resolve(t, x.ID)
		_, _, err = d.tickets.Merge(t.Context(), ann, old, x.ID, nil)
		must(t, err)
		d.drain(t)
		d.says(t, x.ID, "5")
		now := d.get(t, x.ID)
		if now.Resolution.Survey.Score != 5 {
			t.Errorf("%s, score %d:\n%s", now.Status, now.Resolution.Survey.Score, d.talk(t, x.ID))
		}
	})
}

// A merge of a ticket that a bot has is undone.
func TestUnmerged(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "first", `{patience: 1h, steps: [{id: a, ask: {text: "What is it?", as: text}}, {id: r, hand_off: {}}]}`)
		id := d.ask(t, "first", "Help")
		x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Other"}}))
		d.drain(t)
		_, _, err := d.tickets.Merge(t.Context(), ann, id, x.ID, nil)
		must(t, err)
		d.drain(t)
		_, _, err = d.tickets.Unmerge(t.Context(), ann, id)
		must(t, err)
		for range 5 {
			d.clock.forward(2 * time.Hour)
			d.drain(t)
		}
		if x := d.get(t, id); x.BotHasIt() {
			t.Errorf("%s with %v, waiting since %v, %d conversations:\n%s", x.Status, x.Assignee, x.WaitingSince, d.conversations(t), d.talk(t, id))
		}
	})
}

// An agent's reopening after a rating starts no wait, and neither does a split.
func TestSplitAfterRating(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.install(t, "csat", flow.CSAT())
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
		id := d.answered(t)
		d.clock.forward(time.Minute)
		d.says(t, id, "5")
		got[*ticket.Ticket](t)(d.tickets.Reopen(t.Context(), ann, id))
		d.drain(t)
		if x := d.get(t, id); !x.WaitingSince.IsZero() {
			t.Fatalf("already waits: %s %v", x.Status, x.WaitingSince)
		}
		_, _, err := d.tickets.Split(t.Context(), ann, id, []int64{1}, "")
		must(t, err)
		d.drain(t)
		if x := d.get(t, id); !x.WaitingSince.IsZero() {
			t.Errorf("%s waiting since %v:\n%s", x.Status, x.WaitingSince, d.talk(t, id))
		}
		_, fresh, err := d.tickets.Split(t.Context(), ann, id, []int64{4}, "")
		must(t, err)
		if fresh.Counts.Inbound != 1 || fresh.WaitingSince.IsZero() {
			t.Errorf("the new one: %d inbound, waiting since %v", fresh.Counts.Inbound, fresh.WaitingSince)
		}
	})
}

// What another system answers is kept, whatever is in it.
func TestResponsesOfAnyBytes(t *testing.T) {
	o := func() *bot.Options {
		return &bot.Options{Functions: map[string]func(context.Context, bot.Call) (map[string]string, error){"look": func(context.Context, bot.Call) (map[string]string, error) {
			return flow.Flatten([]byte(`{"name": "a\u0000b", "x": "\ud800"}`))
		}}}
	}
	eachStore(t, o, func(t *testing.T, d *desk) {
		d.publish(t, "first", `{steps: [{id: l, run: {function: look}}, {id: s, say: {text: "You are {{response.l_name}}."}}, {id: a, ask: {text: "And?", as: text}}, {id: r, hand_off: {}}]}`)
		id := d.ask(t, "first", "Help")
		d.says(t, id, "What now?")
		if x := d.get(t, id); x.BotHasIt() {
			t.Errorf("%s with %v:\n%s", x.Status, x.Assignee, d.talk(t, id))
		}
	})
}

// A long way to skip a question is found when the flow is published.
func TestLongSkips(t *testing.T) {
	f, err := flow.Parse([]byte(`{steps: [{id: a, ask: {text: "And?", as: text, skip: "` + strings.Repeat("x", 101) + `"}}, {id: r, hand_off: {}}]}`))
	must(t, err)
	if ps := f.Check(nil); len(ps) == 0 {
		t.Error("nothing is wrong with it, and the question can never be asked")
	}
}

// The host of a call is its flow's, however the address is written.
func TestNobodyElseNamesTheHost(t *testing.T) {
	f, err := flow.Parse([]byte(`{steps: [{id: a, ask: {text: "And?", as: text}}, {id: c, call: {url: "HTTPS://{{answer.a}}/x"}}, {id: r, hand_off: {}}]}`))
	must(t, err)
	if ps := f.Check(nil); len(ps) == 0 {
		t.Error("the end user chooses the host")
	}
}

// In an app of full privacy a bot keeps no address, however it asked.
func TestPrivateAppsKeepNoAddress(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "first", `{steps: [{id: a, ask: {text: "Reach you?", as: text}}, {id: k, set: {email: "{{answer.a}}", name: "{{answer.a}}"}}, {id: r, hand_off: {}}]}`)
		a := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
		a.FullPrivacy = true
		must(t, d.tickets.SaveApp(t.Context(), admin, a))
		d.says(t, d.ask(t, "first", "Help"), "kid@example.com")
		u, err := d.people.EndUser(t.Context(), d.eve)
		must(t, err)
		if u.Email.Value != "" || u.Name != "" {
			t.Errorf("kept: %q %q", u.Email.Value, u.Name)
		}
	})
}

// What was redacted isn't said again.
func TestRedactedAnswersAreNotSaid(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "first", `{steps: [{id: a, ask: {text: "Number?", as: text}}, {id: b, ask: {text: "And?", as: text}}, {id: s, say: {text: "We have {{answer.a}}."}}, {id: r, hand_off: {}}]}`)
		id := d.ask(t, "first", "Help")
		d.says(t, id, "secret1234")
		_, _, err := d.tickets.Redact(t.Context(), admin, id, 3, nil)
		must(t, err)
		d.drain(t)
		d.says(t, id, "more")
		if s := d.talk(t, id); strings.Contains(s, "secret1234") {
			t.Errorf("said is\n%s", s)
		}
	})
}
