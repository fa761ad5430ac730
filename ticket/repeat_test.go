package ticket_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// An agent's client that repeats what it sent gets the same message, wherever that
// went meanwhile: by a merge, back again, and by a split.
func TestStaffRepeatsWhatMoved(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		q := d.quick(t, host, &ticket.QuickReply{Title: "Thanks", Texts: []ticket.ReplyText{{Text: "Thank you."}}})
		sends := map[string]func(id, client string) (*ticket.Ticket, *ticket.Message, error){
			"reply": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.Reply(t.Context(), ann, id, ticket.Draft{Text: "Yes.", ClientID: client})
			},
			"note": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.Note(t.Context(), ann, id, ticket.Draft{Text: "No.", ClientID: client})
			},
			"quick reply": func(id, client string) (*ticket.Ticket, *ticket.Message, error) {
				return d.tickets.SendQuickReply(t.Context(), ann, id, q.ID, ticket.Draft{ClientID: client})
			},
		}
		for name, send := range sends {
			a, b := d.fresh(t, "1"), d.fresh(t, "2")
			_, early, err := send(a.ID, "early")
			must(t, err)
			_, part, err := d.tickets.Split(t.Context(), ann, a.ID, []int64{early.Seq}, "")
			must(t, err)
			_, _, err = d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
			must(t, err)
			_, late, err := send(a.ID, "late")
			must(t, err)
			again := func(when string) {
				t.Helper()
				for client, first := range map[string]*ticket.Message{"early": early, "late": late} {
					tk, m, err := send(a.ID, client)
					if must(t, err); m.ID() != first.ID() || tk.ID != m.Ticket {
						t.Errorf("%s, %s: %s repeated is %s on %s, was %s", name, when, client, m.ID(), tk.ID, first.ID())
					}
				}
			}
			again("merged")
			_, _, err = d.tickets.Unmerge(t.Context(), ann, a.ID)
			must(t, err)
			again("undone")
			_, _, err = d.tickets.Reply(t.Context(), bob, a.ID, ticket.Draft{Text: "Yes.", ClientID: "early"})
			is(t, err, store.ErrKeyReused)
			_, _, err = d.tickets.Merge(t.Context(), ann, part.ID, b.ID, nil)
			must(t, err)
			again("merged elsewhere")
		}
	})
}
