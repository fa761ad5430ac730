package ticket_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func TestEdit(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, other := d.ask(t), d.ask(t)
		e := ticket.Edit{Title: new("Parcel"), Priority: new(ticket.Urgent), Language: new("de-AT"), Label: &ticket.Label{Name: "delivery", Source: "predicted", Confidence: 0.9, Model: "3"},
			Copied: &[]string{"Bob@Example.com", "bob@example.com", "amy@example.com"}, Followers: &[]string{"bob", "ann", "bob"}, Link: &ticket.Link{Kind: ticket.Related, Ticket: other.ID}, Rev: tk.Rev}
		tk, err := d.tickets.Edit(t.Context(), ann, tk.ID, e)
		must(t, err)
		if tk.Title != "Parcel" || tk.Priority != ticket.Urgent || tk.Language != "de-AT" || *tk.Label != *e.Label || len(tk.Links) != 1 {
			t.Errorf("edited: %+v", tk)
		}
		if diff := cmp.Diff([][]string{{"amy@example.com", "bob@example.com"}, {"ann", "bob"}}, [][]string{tk.Copied, tk.Followers}); diff != "" {
			t.Error(diff)
		}
		var f ticket.Facts
		es := d.eventsOf(t, tk.ID)
		must(t, es[len(es)-1].Payload(&f))
		if diff := cmp.Diff([]string{"title", "priority", "language", "label", "copied", "followers", "links"}, f.What); diff != "" {
			t.Error(diff)
		}
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, e)
		is(t, err, store.ErrStale)
		e.Rev = tk.Rev
		head := d.head(t)
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, e)
		must(t, err)
		d.unchanged(t, tk, head) // nothing of it is new
		tk, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Label: &ticket.Label{}, Copied: &[]string{}})
		if must(t, err); tk.Label != nil || len(tk.Copied) > 0 || tk.Title != "Parcel" {
			t.Errorf("after taking label and copies away: %+v", tk)
		}
	})
}

func TestEditRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		d.setActive(t, "bob", false)
		var emails []string
		for i := range ticket.MaxParticipants + 1 {
			emails = append(emails, fmt.Sprintf("u%d@example.com", i))
		}
		for _, c := range []struct {
			field string
			e     ticket.Edit
		}{
			{"title", ticket.Edit{Title: new(strings.Repeat("é", 256))}},
			{"priority", ticket.Edit{Priority: new(ticket.Priority("now"))}},
			{"language", ticket.Edit{Language: new("German!")}},
			{"label", ticket.Edit{Label: &ticket.Label{Name: strings.Repeat("é", 101), Source: "agent"}}},
			{"label.source", ticket.Edit{Label: &ticket.Label{Name: "x", Source: "magic"}}},
			{"copied", ticket.Edit{Copied: &[]string{"Bob <bob@example.com>"}}},
			{"followers", ticket.Edit{Followers: &[]string{"bob"}}},
			{"followers", ticket.Edit{Followers: &[]string{"nobody"}}},
			{"participants", ticket.Edit{Copied: &emails}},
			{"link", ticket.Edit{Link: &ticket.Link{Kind: ticket.Related, Ticket: tk.ID}}},
			{"link", ticket.Edit{Link: &ticket.Link{Kind: ticket.Related, Ticket: "none"}}},
			{"link", ticket.Edit{Link: &ticket.Link{Kind: "parent", Ticket: d.ask(t).ID}}},
		} {
			head := d.head(t)
			c.e.RemoveTags = []string{"x"}
			_, err := d.tickets.Edit(t.Context(), ann, tk.ID, c.e)
			refuses(t, err, c.field)
			d.unchanged(t, tk, head)
		}
		_, err := d.tickets.Edit(t.Context(), d.user(), tk.ID, ticket.Edit{Title: new("Mine")})
		forbidden(t, err)
	})
}

// What a device tells is kept within its limits; what isn't is warned about, or
// dropped from the old end where there is an order.
func TestDeviceMetadata(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		n := ticket.New{EndUser: d.eve, Message: &ticket.Draft{Text: "Hi."}, Device: ticket.Device{
			Metadata: []ticket.Pair{{Key: "os", Value: "15"}, {Key: "app", Value: "1.0"}, {Key: "", Value: "x"}, {Key: "dump", Value: strings.Repeat("x", ticket.MaxMetadata)}, {Key: "os", Value: "16"}},
		}}
		for i := range 150 {
			n.Device.Breadcrumbs = append(n.Device.Breadcrumbs, ticket.Crumb{Time: start.Add(time.Duration(i) * time.Second), Text: strings.Repeat("é", 300)})
			n.Device.DebugLog = append(n.Device.DebugLog, fmt.Sprint(i, strings.Repeat("é", 1500)))
		}
		tk, err := d.tickets.Create(t.Context(), n)
		must(t, err)
		tk = d.get(t, tk.ID)
		if diff := cmp.Diff([]ticket.Pair{{Key: "app", Value: "1.0"}, {Key: "os", Value: "16"}}, tk.Device.Metadata); diff != "" {
			t.Error(diff)
		}
		if len(tk.Warnings) != 2 || tk.Warnings[0].Field != "metadata." || tk.Warnings[1].Field != "metadata.dump" {
			t.Errorf("warnings %v", tk.Warnings)
		}
		crumbs, lines := tk.Device.Breadcrumbs, tk.Device.DebugLog
		if len(crumbs) != 100 || !crumbs[0].Time.Equal(start.Add(50*time.Second)) || crumbs[99].Text != strings.Repeat("é", 255) {
			t.Errorf("%d breadcrumbs, the first of %s", len(crumbs), crumbs[0].Time)
		}
		if len(lines) != 100 || !strings.HasPrefix(lines[0], "50é") || strings.Count(lines[99], "")-1 != 500 {
			t.Errorf("%d lines of log", len(lines))
		}
		in := d.inbound(tk.ID, "More.")
		in.Device = ticket.Device{Metadata: []ticket.Pair{{Key: "app", Value: "1.1"}}, DebugLog: []string{"last"}}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		if got := w.Ticket.Device; got.Metadata[0].Value != "1.1" || len(got.Metadata) != 2 || got.DebugLog[99] != "last" || len(got.DebugLog) != 100 || len(w.Warnings) > 0 {
			t.Errorf("after more: metadata %v, %d lines, warnings %v", got.Metadata, len(got.DebugLog), w.Warnings)
		}
		n.Actor = host
		_, err = d.tickets.Create(t.Context(), n)
		refuses(t, err, "metadata.")
	})
}
