package chat_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// Whoever asks for full privacy, the device or the app: nobody is asked who he is, and
// what is sent all the same is left out.
func TestFullPrivacy(t *testing.T) {
	for _, by := range []string{"device", "app"} {
		t.Run(by, func(t *testing.T) {
			eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
				for _, f := range []ticket.Field{{Key: "school", Type: ticket.SingleLine, Personal: true}, {Key: "level", Type: ticket.SingleLine}} {
					d.must(d.Tickets.SaveField(t.Context(), system(), &f))
				}
				d.platform(func(app *ticket.App, p *ticket.Platform) {
					app.FullPrivacy = by == "app"
					for _, key := range []string{"name", "email", "school", "level"} {
						p.Questions = append(p.Questions, ticket.Question{Key: key, Label: key, Kind: "text"})
					}
					p.Questions = append(p.Questions, ticket.Question{Key: "other", Label: "another address", Kind: "email"})
				})
				kid := &client{d: d, device: "kid-------------------------------------"}
				a := kid.post("session", map[string]any{"device": kid.device, "private": by == "device"})
				kid.token, kid.id = a.Token, a.EndUser.ID
				asked, _ := json.Marshal(a.Config["prechat"])
				files := a.Config["attachments"].(map[string]any)
				if string(asked) != `[{"key":"level","kind":"text","label":"level"}]` || files["off"] != true {
					t.Errorf("settings %s, %v", asked, files)
				}
				if a := kid.upload("me.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"); a.Status != 422 {
					t.Errorf("upload: %d %s", a.Status, a.Body)
				}
				a = kid.post("messages", map[string]any{"client_id": "1", "text": "Hi.", "prechat": map[string]string{
					"name": "Kid", "email": "kid@example.com", "phone": "+4930123", "school": "Hogwarts", "level": "5"}})
				var fields []string
				for _, w := range a.Warnings {
					fields = append(fields, w.Field)
				}
				slices.Sort(fields)
				if diff := cmp.Diff([]string{"email", "fields.school", "name", "phone"}, fields); diff != "" || a.Status != 200 {
					t.Errorf("warnings %s of %d %s", diff, a.Status, a.Body)
				}
				u, err := d.People.EndUser(t.Context(), kid.id)
				d.must(err)
				if !u.Private || u.Name != "" || u.Email != (identity.Contact{}) || u.Phone != (identity.Contact{}) {
					t.Errorf("end user %+v", u)
				}
				tk, err := d.Tickets.Get(t.Context(), system(), a.Conversation.ID)
				d.must(err)
				if _, ok := tk.Field("school"); ok {
					t.Errorf("fields %+v", tk.Fields)
				}
				if v, _ := ticket.ValueOf[string](tk, "level"); v != "5" {
					t.Errorf("fields %+v", tk.Fields)
				}
				// Later sessions needn't say so again.
				a = kid.post("session", map[string]any{"device": kid.device})
				if files := a.Config["attachments"].(map[string]any); files["off"] != true || a.EndUser.ID != kid.id {
					t.Errorf("settings later: %v", files)
				}
			})
		})
	}
}
