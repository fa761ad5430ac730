package automation_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What an end user calls himself and his ticket is words, and nothing else: it is neither
// filled in again, nor a condition.
func TestHostileWords(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		name := `{{ticket.title}}<img src=x onerror=alert(1)>`
		u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: "mallory", Name: name})
		must(t, err)
		d.rule(t, &automation.Rule{ID: "hello", On: isNew, Do: []automation.Action{{Action: ticket.Action{Do: ticket.DoReply},
			Texts: []ticket.ReplyText{{Text: "Hello {{user.name}}, about {{ticket.title}}."}}}}})
		d.rule(t, &automation.Rule{ID: "never", On: isNew, When: `ticket.title == "x" and "vip" in ticket.tags`, Do: do(ticket.Action{Do: ticket.DoResolve})})
		d.rule(t, &automation.Rule{ID: "text", On: when(automation.EventEndUserMessage), When: `message.text contains "urgent"`, Do: do(tag("late"))})
		title := "x\" or true or \"\x00\xff{{user.name}}"
		n := d.ask(t, titled(title), func(n *ticket.New) { n.EndUser = u.ID })
		d.drain(t)
		_, err = d.tickets.Write(t.Context(), ticket.Inbound{EndUser: u.ID, Ticket: n.ID, Draft: ticket.Draft{Text: "\x00\xff" + strings.Repeat("a", ticket.MaxBody-10) + "urgent"}})
		must(t, err)
		d.drain(t)
		now := d.now(t, n.ID)
		if !now.Status.Open() || len(now.Tags) != 1 {
			t.Errorf("status %s, tags %q", now.Status, now.Tags)
		}
		ms, _, err := d.tickets.Messages(t.Context(), host, n.ID, 0, 0, 10)
		must(t, err)
		want := "Hello " + name + ", about " + now.Title + "."
		if ms[1].Text != want {
			t.Errorf("%q", ms[1].Text)
		}
	})
}
