package staff_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestRedact(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		a, err := d.Tickets.Upload(t.Context(), host, ticket.DefaultApp, "", "secret.txt", strings.NewReader("secret"))
		d.must(err)
		tk, m, err := d.Tickets.Reply(t.Context(), host, d.other(d.ann, "Card 4111 1111 1111 1111").ID, ticket.Draft{Text: "See.", Attachments: []string{a.ID}})
		d.must(err)
		at := "api/tickets/" + tk.ID + "/"
		d.each(asks{"POST", at + "redact", fields{"seq": m.Seq}, 403, `"forbidden"`}, asks{"POST", at + "redact_cards", nil, 403, `"forbidden"`})
		mira, err := d.People.Agent(t.Context(), "mira")
		d.must(err)
		mira.Role = identity.Supervisor
		d.must(d.People.SaveAgent(t.Context(), host, mira))
		d.each(
			asks{"POST", at + "redact_cards", nil, 200, `"removed":2`},
			asks{"POST", at + "redact_cards", nil, 200, `"removed":0`},
			asks{"GET", "api/tickets/" + tk.ID, nil, 200, `"title":"Card •••• •••• •••• 1111"`},
			asks{"POST", at + "redact", fields{"seq": m.Seq, "attachments": []string{a.ID}}, 200, `"redacted":true`},
			asks{"POST", at + "redact", fields{"seq": m.Seq, "attachments": []string{"none"}}, 404, `"not_found"`},
			asks{"POST", at + "redact", fields{"seq": m.Seq}, 200, `"whole":true`},
			asks{"POST", at + "redact", fields{"seq": 99}, 404, `"not_found"`},
		)
	})
}
