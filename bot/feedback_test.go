package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// platform changes the settings of the platform that tickets of tests come from.
func (d *desk) platform(t testing.TB, change func(p *ticket.Platform)) {
	t.Helper()
	a := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
	p, err := a.Platform("api")
	must(t, err)
	change(p)
	must(t, d.tickets.SaveApp(t.Context(), admin, a))
}

// answered is a ticket that an agent has answered and resolved.
func (d *desk) answered(t testing.TB) string {
	t.Helper()
	x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "How?"}}))
	_, _, err := d.tickets.Reply(t.Context(), ann, x.ID, ticket.Draft{Text: "So."})
	must(t, err)
	d.resolve(t, x.ID)
	return x.ID
}

func (d *desk) resolve(t testing.TB, id string) {
	t.Helper()
	got[*ticket.Ticket](t)(d.tickets.Resolve(t.Context(), ann, id))
	d.drain(t)
}

const asked = "> How?\nann: So.\nHow satisfied are you with our help? 1 is not at all, 5 is very. [1 | 2 | 3 | 4 | 5 | I'd rather not say]\n"

// After a resolution the platform's feedback bot asks in place of the survey. What it is
// told is the ticket's rating, and opens nothing.
func TestFeedback(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.install(t, "csat", flow.CSAT())
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
		id := d.answered(t)
		x := d.get(t, id)
		if x.FeedbackBot() != "csat" || !x.Resolution.Survey.Asked.IsZero() {
			t.Errorf("the resolution is %+v", x.Resolution)
		}
		d.clock.forward(time.Minute)
		d.says(t, id, "2", "slow")
		if diff := cmp.Diff(asked+"> 2\nWhat could we have done better? [I'd rather not say]\n> slow\nThank you for telling us.\n", d.talk(t, id)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		now := d.get(t, id)
		if v := now.Resolution.Survey; v.Score != 2 || v.Comment != "slow" || v.Rated.IsZero() || now.Resolution.By != ann {
			t.Errorf("the rating is %+v", now.Resolution)
		}
		if now.Status != ticket.StatusResolved || now.Reopened != 0 || !now.WaitingSince.IsZero() || now.Counts.Inbound != 1 || now.FeedbackBot() != "" || !now.Times.LastEndUser.Equal(x.Times.LastEndUser) {
			t.Errorf("it is %+v", now)
		}
		ms, _, err := d.tickets.Messages(t.Context(), host, id, 0, 0, 50)
		must(t, err)
		for _, m := range ms {
			if (m.Answers == "csat") != (m.Text == "2" || m.Text == "slow") {
				t.Errorf("%q answers %q", m.Text, m.Answers)
			}
		}
		if _, err := d.tickets.Rate(t.Context(), event.Actor{Kind: event.Bot, ID: "csat"}, id, 5, ""); err == nil {
			t.Error("a bot that isn't asked any more rates")
		}
		d.says(t, id, "One more thing")
		if _, err := d.tickets.SendBack(t.Context(), host, id); err == nil {
			t.Error("an open ticket is sent back")
		}
		if now := d.get(t, id); !now.Status.Open() || now.WaitingSince.IsZero() || now.Reopened != 1 {
			t.Errorf("after what comes behind the flow it is %s, waiting since %v", now.Status, now.WaitingSince)
		}
		if n := d.conversations(t); n != 0 {
			t.Errorf("%d conversations are left", n)
		}
	})
}

// Where the platform asks whether it is solved, that comes first, and the bot after a yes.
func TestFeedbackComesAfterTheQuestion(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.install(t, "csat", flow.CSAT())
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot, p.AskResolved = "csat", true })
		yes, no := d.answered(t), d.answered(t)
		eve := event.Actor{Kind: event.EndUser, ID: d.eve}
		for id, solved := range map[string]bool{yes: true, no: false} {
			if s := d.talk(t, id); s != "> How?\nann: So.\n" {
				t.Errorf("before the answer it says\n%s", s)
			}
			got[*ticket.Ticket](t)(d.tickets.Confirm(t.Context(), eve, id, solved))
		}
		d.drain(t)
		if s := d.talk(t, yes); s != asked {
			t.Errorf("after yes it says\n%s", s)
		}
		if s := d.talk(t, no); s != "> How?\nann: So.\n" {
			t.Errorf("after no it says\n%s", s)
		}
		d.says(t, yes, "5") // the conversation has ended, but this is an answer
		if x := d.get(t, yes); x.Resolution.Survey.Score != 5 || x.Resolution.Answer != ticket.Accepted {
			t.Errorf("the resolution is %+v", x.Resolution)
		}
	})
}

// What ends it: an agent's word or reopening, silence, a new ticket, the bot's disabling.
// None of it reopens the ticket by itself.
func TestFeedbackEnds(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, d *desk, id string){
		"an agent writes": func(t *testing.T, d *desk, id string) {
			_, _, err := d.tickets.Reply(t.Context(), ann, id, ticket.Draft{Text: "By the way."})
			must(t, err)
		},
		"an agent reopens": func(t *testing.T, d *desk, id string) {
			got[*ticket.Ticket](t)(d.tickets.Reopen(t.Context(), ann, id))
		},
		"silence": func(t *testing.T, d *desk, id string) { d.clock.forward(72 * time.Hour) },
		"a new ticket": func(t *testing.T, d *desk, id string) {
			d.clock.forward(time.Second)
			_, err := d.tickets.Write(t.Context(), ticket.Inbound{EndUser: d.eve, Draft: ticket.Draft{Text: "Something else"}})
			must(t, err)
		},
		"no answer that will do": func(t *testing.T, d *desk, id string) { d.says(t, id, "a", "b", "c") },
		"disabled":               func(t *testing.T, d *desk, id string) { must(t, d.bots.Disable(t.Context(), admin, "csat")) },
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, nil, func(t *testing.T, d *desk) {
				d.install(t, "csat", flow.CSAT())
				d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
				id := d.answered(t)
				if d.get(t, id).FeedbackBot() == "" {
					t.Fatal("nobody asks")
				}
				end(t, d, id)
				d.drain(t)
				x := d.get(t, id)
				if x.FeedbackBot() != "" || x.Status.Open() != (name == "an agent reopens") || d.conversations(t) != 0 {
					t.Errorf("%s asks, it is %s, %d conversations are left", x.FeedbackBot(), x.Status, d.conversations(t))
				}
				said := d.talk(t, id)
				d.clock.forward(96 * time.Hour)
				d.drain(t)
				if now := d.talk(t, id); now != said {
					t.Errorf("afterwards it says\n%s", now)
				}
			})
		})
	}
}

// A reopen step, and the wish for a person, open the ticket in the end user's name.
func TestFeedbackReopens(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		const f = `{use: feedback, steps: [{id: ok, ask: {text: "All well?", as: yes_no, yes: done, no: again}}, {id: done, end: {text: "Fine."}}, {id: again, reopen: {text: "We look again."%s}}]}`
		d.publish(t, "plain", strings.Replace(f, "%s", "", 1))
		d.publish(t, "group", strings.Replace(f, "%s", ", group: orders", 1))
		for bot, test := range map[string]struct{ says, group string }{"plain": {"no", ""}, "group": {"no", "orders"}, "group, a person": {"human", ""}} {
			d.platform(t, func(p *ticket.Platform) { p.FeedbackBot, _, _ = strings.Cut(bot, ",") })
			id := d.answered(t)
			d.clock.forward(time.Minute)
			d.says(t, id, test.says)
			x := d.get(t, id)
			if !x.Status.Open() || !x.Backlogged() || x.Group != test.group || !x.WaitingSince.Equal(d.clock.now()) || x.FeedbackBot() != "" || x.Reopened != 1 {
				t.Errorf("%s: it is %s, with %v of %q, waiting since %v\n%s", bot, x.Status, x.Assignee, x.Group, x.WaitingSince, d.talk(t, id))
			}
			if d.conversations(t) != 0 {
				t.Errorf("%s: %d conversations are left", bot, d.conversations(t))
			}
		}
	})
}

// A platform names bots that are at work and made for that. Where its feedback bot isn't at
// work later, the survey is asked.
func TestFeedbackBotsAreNamed(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.install(t, "csat", flow.CSAT())
		d.install(t, "search", flow.QuickSearch())
		a := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
		p, err := a.Platform("api")
		must(t, err)
		for field, set := range map[string]func(){
			"feedback_bot": func() { p.FirstBot, p.FeedbackBot = "", "search" },
			"first_bot":    func() { p.FirstBot, p.FeedbackBot = "csat", "" },
		} {
			set()
			refuses(t, d.tickets.SaveApp(t.Context(), admin, a), "app.platforms.api."+field)
		}
		d.platform(t, func(p *ticket.Platform) { p.FeedbackBot = "csat" })
		must(t, d.bots.Disable(t.Context(), admin, "csat"))
		if x := d.get(t, d.answered(t)); x.FeedbackBot() != "" || x.Resolution.Survey.Asked.IsZero() {
			t.Errorf("the resolution is %+v", x.Resolution)
		}
		d.platform(t, func(p *ticket.Platform) { p.PushAfter = time.Hour }) // what it names already may stay
		open := d.ask(t, "csat", "Hello?")
		if x := d.get(t, open); x.BotHasIt() {
			t.Error("a feedback bot has an open ticket")
		}
		if b := got[*bot.Bot](t)(d.bots.Bot(t.Context(), admin, "csat")); b.Use != flow.Feedback {
			t.Errorf("it is for %q", b.Use)
		}
	})
}
