package ticket_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestCreateMany(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "imported"}))
		bob := d.endUser(t, "bob")
		var ns []ticket.New
		for i := range 60 {
			n := ticket.New{EndUser: []string{d.eve, bob}[i%2], Platform: "webchat", Tags: []string{"imported"}, Message: &ticket.Draft{Text: strings.Repeat("?", i+1)}}
			if i%10 == 0 {
				n.Key = string(rune('a' + i/10))
			}
			ns = append(ns, n)
		}
		made, err := d.tickets.CreateMany(t.Context(), ns)
		must(t, err)
		seen := map[int64]bool{}
		for i, tk := range made {
			if got := d.get(t, tk.ID); got.EndUser != ns[i].EndUser || got.Number != tk.Number || len(got.Tags) != 1 || seen[tk.Number] {
				t.Errorf("ticket %d: %+v", i, got)
			}
			seen[tk.Number] = true
			if ms := d.messages(t, host, tk.ID); len(ms) != 1 || len(ms[0].Text) != i+1 {
				t.Errorf("messages of ticket %d: %+v", i, ms)
			}
			if es := d.history(t, tk.ID); len(es) != 1 {
				t.Errorf("events of ticket %d: %v", i, es)
			}
		}
		if len(made) != len(ns) {
			t.Fatalf("%d tickets, want %d", len(made), len(ns))
		}
		again, err := d.tickets.CreateMany(t.Context(), ns[:1])
		must(t, err)
		if again[0].ID != made[0].ID {
			t.Error("the same key made another ticket")
		}
	})
}

// One that can't be created keeps all from being so, and is named.
func TestCreateManyAllOrNone(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		head := d.head(t)
		good := ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "hello"}}
		for what, bad := range map[string]ticket.New{
			"title":    {EndUser: d.eve, Title: strings.Repeat("x", 300)},
			"tags.no":  {Actor: host, EndUser: d.eve, Tags: []string{"no"}},
			"end_user": {},
		} {
			ts, err := d.tickets.CreateMany(t.Context(), []ticket.New{good, bad})
			refuses(t, err, what)
			if len(ts) > 0 || err == nil || !strings.HasPrefix(err.Error(), "ticket 1: ") {
				t.Errorf("%s: %d tickets, %v", what, len(ts), err)
			}
		}
		_, err := d.tickets.CreateMany(t.Context(), []ticket.New{good, {EndUser: "nobody"}})
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.CreateMany(t.Context(), make([]ticket.New, ticket.MaxMany+1))
		refuses(t, err, "tickets")
		if n := d.head(t); n != head {
			t.Errorf("%d events more", n-head)
		}
	})
}
