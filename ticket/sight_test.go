package ticket_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// toggle gives agents these permissions and no others of those that can be switched.
func (d *desk) toggle(t testing.TB, ps ...identity.Permission) {
	t.Helper()
	a, err := d.people.Access(t.Context())
	must(t, err)
	a.Agent.May = ps
	must(t, d.people.SaveAccess(t.Context(), host, a))
}

// What end users answer to surveys is for who may see ratings, on every way.
func TestRatingsAreHidden(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.platform(t, func(p *ticket.Platform) { p.AskResolved, p.CSAT = false, true })
		tk := d.settled(t, "Solved.")
		_, err := d.tickets.Rate(t.Context(), d.user(), tk.ID, 2, "Slow.")
		must(t, err)
		d.step(t)
		view := d.saveView(t, host, ticket.View{Name: "All"})
		for _, may := range []bool{true, false} {
			if d.toggle(t, identity.BulkChange); may {
				d.toggle(t, identity.SeeRatings, identity.BulkChange)
			}
			shown := map[string]*ticket.Ticket{}
			shown["Get"], err = d.tickets.Get(t.Context(), ann, tk.ID)
			must(t, err)
			shown["ByNumber"], err = d.tickets.ByNumber(t.Context(), ann, tk.Number)
			must(t, err)
			for what, list := range map[string]func() ([]*ticket.Ticket, string, error){
				"List": func() ([]*ticket.Ticket, string, error) {
					return d.tickets.List(t.Context(), ann, ticket.Filter{}, "", 9)
				},
				"ViewTickets": func() ([]*ticket.Ticket, string, error) {
					return d.tickets.ViewTickets(t.Context(), ann, view.ID, "", 9)
				},
				"OfEndUser": func() ([]*ticket.Ticket, string, error) { return d.tickets.OfEndUser(t.Context(), ann, d.eve, "", 9) },
			} {
				ts, _, err := list()
				must(t, err)
				i := slices.IndexFunc(ts, func(x *ticket.Ticket) bool { return x.ID == tk.ID })
				shown[what] = ts[i]
			}
			shown["Edit"], err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Title: new("Rated")})
			must(t, err)
			shown["Edit again"], err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Title: new("Rated")})
			must(t, err)
			shown["Note"], _, err = d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "A note.", ClientID: "n"})
			must(t, err)
			results, err := d.tickets.Bulk(t.Context(), ann, []string{tk.ID}, ticket.Action{Do: ticket.DoTitle, Text: "Bulk"})
			must(t, err)
			shown["Bulk"] = results[0].Ticket
			for what, x := range shown {
				if s := x.Resolution.Survey; may != (s.Score == 2 && s.Comment == "Slow.") || !may && (s.Score != 0 || s.Comment != "") {
					t.Errorf("%s, may %v: %+v", what, may, s)
				}
			}
			entries, _, err := d.tickets.History(t.Context(), ann, tk.ID, "", 100)
			must(t, err)
			if told := slices.ContainsFunc(entries, func(e ticket.Entry) bool { return e.What == "rating" || e.Why == "Slow." }); told != may {
				t.Errorf("history, may %v: %+v", may, entries)
			}
			if own := d.get(t, tk.ID); own.Resolution.Survey.Score != 2 {
				t.Errorf("it was changed: %+v", own.Resolution)
			}
		}
	})
}

// An old ticket that nobody has is taken by who may.
func TestTakeOld(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		d.toggle(t)
		d.clock.forward(ticket.OldTicket - 1)
		young := d.ask(t)
		_, err := d.tickets.Assign(t.Context(), ann, d.ask(t).ID, ann.ID)
		must(t, err)
		d.clock.forward(1)
		_, err = d.tickets.Assign(t.Context(), ann, young.ID, ann.ID)
		must(t, err)
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, ann.ID)
		if refused, ok := errors.AsType[*identity.PermissionError](err); !ok || refused.Permission != identity.TakeOld {
			t.Errorf("an old ticket: %v", err)
		}
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, bob.ID) // gives it
		must(t, err)
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, ann.ID) // takes it from somebody
		must(t, err)
		_, err = d.tickets.AssignBot(t.Context(), host, tk.ID, "greeter")
		must(t, err)
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, ann.ID)
		if _, ok := errors.AsType[*identity.PermissionError](err); !ok {
			t.Errorf("an old ticket of a bot: %v", err)
		}
		d.toggle(t, identity.TakeOld)
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, ann.ID)
		must(t, err)
	})
}
