package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Everything at its limit at once still fits into a document.
func TestTheLargestTicketIsKept(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		wide := func(n int) string { return strings.Repeat("😀", n) }
		n := ticket.New{EndUser: d.eve, Title: wide(ticket.MaxTitle), Fields: map[string]any{}, Message: &ticket.Draft{Text: "Hi."}}
		for i := range 12 {
			key := fmt.Sprint("f", i)
			must(t, d.tickets.SaveField(t.Context(), host, &ticket.Field{Key: key, Type: ticket.MultiLine}))
			n.Fields[key] = strings.Repeat("x", ticket.MaxMultiLine)
		}
		n.Device.Metadata = []ticket.Pair{{Key: "dump", Value: strings.Repeat("x", ticket.MaxMetadata-4)}}
		for range ticket.MaxTrail {
			n.Device.Breadcrumbs = append(n.Device.Breadcrumbs, ticket.Crumb{Time: start, Text: wide(300)})
			n.Device.DebugLog = append(n.Device.DebugLog, wide(2000))
			tag := fmt.Sprint(len(n.Tags), wide(ticket.MaxTag-4))
			must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: tag}))
			n.Tags = append(n.Tags, tag)
		}
		tk, err := d.tickets.Create(t.Context(), n)
		must(t, err)
		if len(tk.Fields) != 3 || len(tk.Warnings) != 9 {
			t.Errorf("%d fields, %d warnings", len(tk.Fields), len(tk.Warnings))
		}
		n.Actor = host
		_, err = d.tickets.Create(t.Context(), n)
		refuses(t, err, "fields.f11")
		body := wide(ticket.MaxBody)
		_, m, err := d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: body, HTML: body, Quoted: body})
		must(t, err)
		if m.Text != body || m.Quoted != body || m.HTML != "" {
			t.Error("the largest message isn't whole")
		}
	})
}

// A conversation goes on when its app is archived; a new one doesn't begin.
func TestArchivedApp(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		w, err := d.tickets.Write(t.Context(), d.inbound("", "Hello."))
		must(t, err)
		app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		app.Archived = true
		must(t, d.tickets.SaveApp(t.Context(), host, app))
		_, err = d.tickets.Write(t.Context(), d.inbound(w.Ticket.ID, "Still there?"))
		must(t, err)
		in := d.inbound("", "Something else.")
		in.EndUser = d.endUser(t, "another")
		_, err = d.tickets.Write(t.Context(), in)
		refuses(t, err, "app")
	})
}

func TestCountOfSeveralThings(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "VIP"}))
		for i := range 6 {
			u, err := d.people.Save(t.Context(), host, identity.Profile{UserID: fmt.Sprint("u", i)})
			must(t, err)
			tags := []string{"vip"}
			tk, err := d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: u.ID, Tags: tags[:i%2]})
			must(t, err)
			if i < 2 {
				_, err = d.tickets.Resolve(t.Context(), ann, tk.ID)
				must(t, err)
			}
		}
		_, err := d.events.Step(t.Context())
		must(t, err)
		var got []int
		for _, f := range []ticket.Filter{{}, {Tag: "vip"}, {Open: true}, {Open: true, Tag: "Vip"}, {Closed: true, App: "other"}, {App: ticket.DefaultApp}} {
			n, err := d.tickets.Count(t.Context(), ann, f, 100)
			must(t, err)
			got = append(got, n)
		}
		if want := []int{6, 3, 4, 2, 0, 6}; !slices.Equal(got, want) {
			t.Errorf("counts %v, want %v", got, want)
		}
		if n, err := d.tickets.Count(t.Context(), ann, ticket.Filter{}, 4); n != 4 || err != nil {
			t.Errorf("bounded: %d, %v", n, err)
		}
	})
}

func TestABotsReadingIsNobodys(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		w, err := d.tickets.Write(t.Context(), d.inbound("", "Hello."))
		must(t, err)
		if tk, err := d.tickets.MarkRead(t.Context(), bot, w.Ticket.ID, 1); err != nil || tk.Marks.AgentRead != 0 {
			t.Errorf("read up to %d, %v", tk.Marks.AgentRead, err)
		}
	})
}
