package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot/flow"
	"github.com/frontdesk-go/frontdesk/hours"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// writes is a new ticket of the end user's, and what follows.
func (d *desk) writes(t testing.TB, text string, change func(*ticket.New)) *ticket.Ticket {
	t.Helper()
	n := ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: text}}
	if change != nil {
		change(&n)
	}
	x := got[*ticket.Ticket](t)(d.tickets.Create(t.Context(), n))
	d.drain(t)
	return d.get(t, x.ID)
}

// A platform's first bot gets new tickets that nobody was given yet, and the wait begins
// when it hands off.
func TestFirstBot(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "hello", `{steps: [{id: a, ask: {text: "Which order?", as: text}}, {id: b, hand_off: {group: orders}}]}`)
		if x := d.writes(t, "Before", nil); x.BotHasIt() || x.Intake != "" || x.Queue == "" {
			t.Errorf("without a first bot it is with %v in %q", x.Assignee, x.Queue)
		}
		d.platform(t, func(p *ticket.Platform) { p.FirstBot = "hello" })
		x := d.writes(t, "Where is it?", nil)
		if !x.BotHasIt() || x.Intake != "" || !x.WaitingSince.IsZero() {
			t.Errorf("it is with %v in intake %q, waiting since %v", x.Assignee, x.Intake, x.WaitingSince)
		}
		d.clock.forward(time.Minute)
		d.says(t, x.ID, "1000")
		if s := d.talk(t, x.ID); s != "> Where is it?\nWhich order?\n> 1000\n" {
			t.Errorf("said is\n%s", s)
		}
		if x = d.get(t, x.ID); x.Group != "orders" || !x.WaitingSince.Equal(d.clock.now()) {
			t.Errorf("it is with %v of %q, waiting since %v", x.Assignee, x.Group, x.WaitingSince)
		}
		for name, change := range map[string]func(*ticket.New){
			"of a group":            func(n *ticket.New) { n.Group = "orders" },
			"on another platform":   func(n *ticket.New) { n.Platform = "web" },
			"that nobody wrote":     func(n *ticket.New) { n.Message = nil },
			"given by another step": func(n *ticket.New) { n.Title = "for ann" },
		} {
			if x := d.writes(t, "Hello", change); x.BotHasIt() || x.Intake != "" {
				t.Errorf("a ticket %s is with %v", name, x.Assignee)
			}
		}
		must(t, d.bots.Disable(t.Context(), admin, "hello"))
		x = d.writes(t, "Anybody?", nil)
		if x.BotHasIt() || x.Queue == "" || len(x.Warnings) != 1 || x.Warnings[0].Field != "intake.first_bot" || !strings.Contains(x.Warnings[0].Detail, "hello") {
			t.Errorf("with the bot disabled it is with %v in %q, warnings are %v", x.Assignee, x.Queue, x.Warnings)
		}
	})
}

// A first bot that knows the time sends out of hours to the bot for that, and else goes on
// by itself.
func TestFirstBotOutOfHours(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveCalendar(t.Context(), admin, &ticket.Calendar{ID: "shop", Name: "Shop", Hours: hours.Plan{Zone: "UTC", Week: hours.Daily(hours.Interval{From: "09:00", To: "17:00"})}}))
		d.install(t, "away", flow.OutOfHours())
		d.publish(t, "door", `{steps: [{id: open, branch: {cases: [{when: time.business, next: hello}]}}, {id: closed, hand_off: {bot: away}}, {id: hello, say: {text: "Hello!"}}]}`)
		d.platform(t, func(p *ticket.Platform) { p.FirstBot, p.Hours = "door", "shop" })
		if s := d.talk(t, d.writes(t, "Hi", nil).ID); s != "> Hi\nHello!\n" {
			t.Errorf("within business hours it says\n%s", s)
		}
		d.clock.forward(10 * time.Hour)
		want := "> Hi\nNobody is here right now. We are back at 2026-05-05 09:00 UTC.\nAt which email address can we reach you? [I'd rather not say]\n"
		if diff := cmp.Diff(want, d.talk(t, d.writes(t, "Hi", nil).ID)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
