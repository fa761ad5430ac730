package search_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Tickets of an end user who was merged are found as the other one's: by the name of
// that one, and by either id.
func TestMergedEndUser(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		own := d.ask(t, "own", "lamp")
		eve, otto := d.eve, d.endUser(t, identity.Profile{Email: "otto@mail.example", Name: "Otto"})
		d.eve = otto
		old := d.ask(t, "old", "lamp")
		d.eve = eve
		d.step(t)
		d.finds(t, "otto", "old")
		_, err := d.parts.People.MergeEndUsers(ctx, host, otto, eve)
		must(t, err)
		d.step(t)
		d.finds(t, "otto")
		for _, id := range []string{eve, otto} {
			found := d.find(t, ticket.Search{Text: "lamp", Filter: ticket.SearchFilter{EndUser: id}})
			got := map[string]bool{}
			for _, h := range found.Hits {
				got[h.Ticket.ID] = true
			}
			if len(got) != 2 || !got[own.ID] || !got[old.ID] {
				t.Errorf("by id %s: %v", id, got)
			}
		}
		d.same(t)
	})
}
