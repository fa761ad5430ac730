package ticket_test

import (
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// All walks over every ticket once, in order of id, for who may configure the desk.
func TestAll(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		want := map[string]bool{}
		for range 7 {
			want[d.ask(t).ID] = true
			d.clock.forward(time.Second)
		}
		last, n := "", 0
		for after := ""; ; {
			ts, next, err := d.tickets.All(t.Context(), host, after, 3)
			must(t, err)
			if len(ts) > 3 {
				t.Errorf("%d tickets", len(ts))
			}
			for _, tk := range ts {
				if tk.ID <= last || !want[tk.ID] {
					t.Errorf("%s after %s", tk.ID, last)
				}
				last = tk.ID
				n++
			}
			if after = next; after == "" {
				break
			}
		}
		if n != len(want) {
			t.Errorf("%d of %d tickets", n, len(want))
		}
		for _, actor := range []event.Actor{ann, bot, rule, d.user(), {}} {
			_, _, err := d.tickets.All(t.Context(), actor, "", 3)
			forbidden(t, err)
		}
	})
}

func TestSearchFilterFits(t *testing.T) {
	t.Parallel()
	tk := &ticket.Ticket{App: "shop", Platform: "ios", Channel: "chat", Language: "de", Queue: "first", Group: "billing", EndUser: "eve",
		Status: ticket.StatusNew, Priority: ticket.High, Tags: []string{"VIP", "late"}, Label: &ticket.Label{Name: "refund"}, Assignee: ann}
	tk.Times.Created, tk.Times.Updated = start, start.Add(time.Hour)
	for _, f := range []ticket.SearchFilter{
		{}, {Open: true}, {Statuses: []ticket.Status{"x", ticket.StatusNew}}, {Apps: []string{"x", "shop"}}, {Platforms: []string{"ios"}},
		{Channels: []string{"chat"}}, {Queues: []string{"first"}}, {Groups: []string{"billing"}}, {Assignees: []event.Actor{ann}},
		{Tags: []string{"vip"}}, {Tags: []string{"Late", "vip"}}, {Labels: []string{"refund"}}, {Languages: []string{"de"}},
		{Priorities: []ticket.Priority{ticket.High}}, {EndUser: "eve"}, {CreatedFrom: start}, {CreatedTo: start.Add(1)},
		{UpdatedFrom: start.Add(time.Hour)}, {UpdatedTo: start.Add(time.Hour + 1)},
	} {
		if !f.Fits(tk) {
			t.Errorf("%+v doesn't fit", f)
		}
	}
	for _, f := range []ticket.SearchFilter{
		{Closed: true}, {Statuses: []ticket.Status{"x"}}, {Apps: []string{"x"}}, {Platforms: []string{"x"}}, {Channels: []string{"x"}},
		{Queues: []string{""}}, {Groups: []string{"x"}}, {Assignees: []event.Actor{{}}}, {Tags: []string{"vip", "x"}}, {Labels: []string{""}},
		{Languages: []string{"x"}}, {Priorities: []ticket.Priority{ticket.None}}, {EndUser: "x"}, {CreatedFrom: start.Add(1)}, {CreatedTo: start},
		{UpdatedFrom: start.Add(time.Hour + 1)}, {UpdatedTo: start.Add(time.Hour)},
	} {
		if f.Fits(tk) {
			t.Errorf("%+v fits", f)
		}
	}
}
