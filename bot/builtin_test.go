package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot"
	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// install publishes a flow.
func (d *desk) install(t testing.TB, id string, f *flow.Flow) {
	t.Helper()
	must(t, d.bots.Save(t.Context(), admin, &bot.Bot{ID: id, Name: "Bot " + id, Draft: f}))
	got[*bot.Bot](t)(d.bots.Publish(t.Context(), admin, id))
}

// The identity bot asks for what isn't known, once, and nothing of who is under full
// privacy.
func TestIdentityBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.install(t, "identity", flow.Identity())
		const skip = " [I'd rather not say]\n"
		first := d.ask(t, "identity", "Hello?")
		d.says(t, first, "Eve", "eve@example.com")
		want := "> Hello?\nMay I have your name?" + skip + "> Eve\nAt which email address can we reach you?" + skip + "> eve@example.com\nThank you. Somebody will be with you soon.\n"
		if diff := cmp.Diff(want, d.talk(t, first)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if u := got[*identity.EndUser](t)(d.people.EndUser(t.Context(), d.eve)); u.Name != "Eve" || u.Email.Value != "eve@example.com" || u.Email.Proven {
			t.Errorf("she is %+v", u)
		}
		second := d.ask(t, "identity", "Me again")
		if s := d.talk(t, second); s != "> Me again\nThank you. Somebody will be with you soon.\n" {
			t.Errorf("who is known is told\n%s", s)
		}
		got[*identity.EndUser](t)(d.people.SetPrivate(t.Context(), host, d.eve, true))
		if s := d.talk(t, d.ask(t, "identity", "And a child")); strings.Contains(s, "?") {
			t.Errorf("who is under full privacy is asked\n%s", s)
		}
		if x := d.get(t, second); x.BotHasIt() || x.WaitingSince.IsZero() {
			t.Errorf("it is with %v, waiting since %v", x.Assignee, x.WaitingSince)
		}
	})
}

// Where the app is under full privacy, so is who writes there, whatever is known of him.
func TestBotsOfPrivateAppsAskNothingPersonal(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "b", `{steps: [{id: a, ask: {text: "Name?", as: text, personal: true, skip: "no", skip_next: b}}, {id: b, ask: {text: "Mail?", as: email, skip_next: c}},
			{id: c, ask: {text: "File?", as: attachment}}, {id: d, branch: {cases: [{when: user.private, next: e}]}}, {id: f, say: {text: "known"}}, {id: e, ask: {text: "Colour?", as: text}}]}`)
		a := got[*ticket.App](t)(d.tickets.App(t.Context(), ticket.DefaultApp))
		a.FullPrivacy = true
		must(t, d.tickets.SaveApp(t.Context(), admin, a))
		if s := d.talk(t, d.ask(t, "b", "Hello")); s != "> Hello\nColour?\n" {
			t.Errorf("said is\n%s", s)
		}
	})
}

// The quick-search bot answers with articles, and resolves if they helped.
func TestQuickSearchBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.found = finder{titles: []string{"Returns"}, confidence: 0.9}
		d.install(t, "search", flow.QuickSearch())
		helped, not := d.ask(t, "search", "How do I send it back?"), d.ask(t, "search", "How do I send it back?")
		d.says(t, helped, "yes")
		d.says(t, not, "no")
		d.found.confidence = 0.1
		none := d.ask(t, "search", "Something else")
		for id, want := range map[string]ticket.Status{helped: ticket.StatusResolved, not: ticket.StatusNew, none: ticket.StatusNew} {
			if x := d.get(t, id); x.Status != want || x.BotHasIt() && x.Status.Open() {
				t.Errorf("it is %s, with %v:\n%s", x.Status, x.Assignee, d.talk(t, id))
			}
		}
		if s := d.talk(t, helped); !strings.HasSuffix(s, "Did that help? [Yes | No]\n> yes\nGlad to hear that. Write again whenever you need us.\n") {
			t.Errorf("said is\n%s", s)
		}
		if s := d.talk(t, none); s != "> Something else\n" {
			t.Errorf("where no article fits it says\n%s", s)
		}
	})
}

// The out-of-hours bot says when people are back, by the calendar that counts, and leaves
// the ticket to them.
func TestOutOfHoursBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveCalendar(t.Context(), admin, &ticket.Calendar{ID: ticket.DeskCalendar, Name: "Desk",
			Hours: hours.Plan{Zone: "Europe/Berlin", Week: hours.Weekdays(hours.Interval{From: "09:00", To: "17:00"})}}))
		d.install(t, "away", flow.OutOfHours())
		open := d.ask(t, "away", "Hello?")
		d.clock.forward(9 * time.Hour)
		closed := d.ask(t, "away", "Hello?")
		if s := d.talk(t, open); s != "> Hello?\n" {
			t.Errorf("while the desk is open it says\n%s", s)
		}
		d.says(t, closed, "eve@example.com")
		want := "> Hello?\nNobody is here right now. We are back at 2026-05-05 09:00 CEST.\nAt which email address can we reach you? [I'd rather not say]\n> eve@example.com\n" +
			"Your message is here, and we'll answer as soon as we are back. You can add to it at any time.\n"
		if diff := cmp.Diff(want, d.talk(t, closed)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		silent := d.ask(t, "away", "Anybody?")
		d.clock.forward(15 * time.Minute)
		d.drain(t)
		for _, id := range []string{open, closed, silent} {
			if x := d.get(t, id); x.BotHasIt() || x.WaitingSince.IsZero() {
				t.Errorf("it is with %v, waiting since %v", x.Assignee, x.WaitingSince)
			}
		}
	})
}

// Conditions and placeholders know the end user's attributes and the time of the desk.
func TestWhatFlowsKnow(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		u := got[*identity.EndUser](t)(d.people.Save(t.Context(), host, identity.Profile{UserID: "eve", Attributes: []identity.Attribute{{Key: "plan", Value: "gold"}}}))
		d.eve = u.ID
		d.publish(t, "b", `{steps: [{id: a, branch: {cases: [{when: 'attribute.plan == "gold" and time.weekday == "monday" and time.hour == 9 and time.business and time.opens == nil', next: c}]}},
			{id: b, say: {text: "Otherwise"}}, {id: c, say: {text: "You have {{attribute.plan}}, {{time.opens | and we are here}}."}}]}`)
		if s := d.talk(t, d.ask(t, "b", "Hello")); s != "> Hello\nYou have gold, and we are here.\n" {
			t.Errorf("said is\n%s", s)
		}
	})
}

// What a condition of a simulation may be is what one of a desk's may be.
func TestSimulationsKnowWhatDesksKnow(t *testing.T) {
	t.Parallel()
	for _, when := range []string{
		"user.known", "user.private", "user.email_proven", `user.name == "x"`, `user.organisation != ""`, `attribute.plan == "gold"`,
		"time.business", "time.opens != nil", "time.hour >= 9", `time.weekday == "monday"`, "ticket.open", "ticket.snoozed", "ticket.incomplete",
		"ticket.number > 1", "ticket.reopened > 1", "ticket.inbound > 1", `"x" in ticket.tags`, `"x" in ticket.followers`, `"x" in ticket.links`,
		"ticket.created != nil", "ticket.updated != nil", "ticket.waiting_since != nil", "ticket.first_assigned != nil", "ticket.first_response != nil", "ticket.last_agent_message != nil",
		"ticket.last_end_user_message != nil", "ticket.silent_since != nil", "ticket.touched != nil", "ticket.resolved != nil", "ticket.due != nil", `ticket.priority == "high"`, `ticket.app == "x"`,
	} {
		f := &flow.Flow{Steps: []flow.Step{{ID: "a", Branch: &flow.Branch{Cases: []flow.Case{{When: when, Next: "b"}}}}, {ID: "b", HandOff: &flow.HandOff{}}}}
		if err := bot.Compile(f, when); err != nil {
			t.Errorf("a desk: %v", err)
		}
		if _, err := flow.Simulate(t.Context(), f, flow.Script{}); err != nil {
			t.Errorf("a simulation: %v", err)
		}
	}
}
