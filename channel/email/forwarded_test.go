package email

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What an agent sends on is its writer's: a ticket of his, or an answer on it. What anybody
// else sends on is his own mail.
func TestAgentsSendOn(t *testing.T) {
	eachRoom(t, Options{PerSender: -1}, func(t *testing.T, r *mailroom) {
		must(t, r.People.SaveAgent(t.Context(), system(), &identity.Agent{ID: "tom", Name: "Tom", Email: "tom@shop.example"}))
		body := "Who takes this?\n\n---------- Forwarded message ---------\nFrom: Cy Doe <cy@mail.example>\nDate: Mon, May 3, 2021 at 10:00 AM\nSubject: A bell\nTo: Tom <tom@shop.example>\n\nIs there a bell?\n\n> Our bells are made of brass."
		d := r.gets(letter(body, from("Tom <tom@shop.example>", "f1@shop.example", "Fwd: A bell", "To: help@shop.example, lena@shop.example")...), Envelope{})
		x := r.ticket(d.Ticket)
		who, err := r.People.EndUser(t.Context(), x.EndUser)
		must(t, err)
		if d.State != StateDone || x.Title != "A bell" || who.Name != "Cy Doe" || who.Email.Value != "cy@mail.example" || who.Email.Proven || len(x.Copied) > 0 {
			t.Fatalf("received %+v, a ticket %q of %+v with %v in copy", d, x.Title, who, x.Copied)
		}
		ms, _, err := r.Tickets.Messages(t.Context(), system(), x.ID, 0, 0, 10)
		must(t, err)
		if ms[0].Author.ID != who.ID || ms[0].Text != "Is there a bell?" || ms[0].Quoted != "> Our bells are made of brass." {
			t.Errorf("the message is %+v", ms[0])
		}
		if len(ms) != 2 || ms[1].Kind != ticket.Note || !strings.Contains(ms[1].Text, "tom@shop.example") || !strings.HasSuffix(ms[1].Text, "Who takes this?") {
			t.Errorf("what the agent wrote is %+v", ms[1:])
		}
		// Cy writes himself then, and is the same.
		d = r.gets(letter("Thanks.", from("cy@mail.example", "c2@mail.example", "A bell", "In-Reply-To: <f1@shop.example>")...), Envelope{})
		if d.Ticket != x.ID || d.EndUser != who.ID {
			t.Errorf("his own mail is %+v", d)
		}
		for name, c := range map[string][2]string{
			"a customer":           {"eve@mail.example", body},
			"agents by themselves": {"tom@shop.example", strings.ReplaceAll(body, "cy@mail.example", "Tom@shop.example")},
			"the desk's own":       {"tom@shop.example", strings.ReplaceAll(body, "cy@mail.example", "help@shop.example")},
		} {
			d := r.gets(letter(c[1], from(c[0], "id-"+name[:3]+"@mail.example", "Fwd: A bell "+name)...), Envelope{})
			who, err := r.People.EndUser(t.Context(), r.ticket(d.Ticket).EndUser)
			must(t, err)
			if who.Email.Value != c[0] {
				t.Errorf("%s: it is %s's", name, who.Email.Value)
			}
		}
	})
}
