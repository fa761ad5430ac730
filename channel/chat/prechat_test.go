package chat_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// asks has the platform ask questions before the chat, about fields of all kinds.
func (d *desk) asks() {
	d.t.Helper()
	for _, f := range []ticket.Field{{Key: "cups", Type: ticket.Number}, {Key: "bought", Type: ticket.Date}, {Key: "gift", Type: ticket.Checkbox}, {Key: "topic", Type: ticket.SingleLine}, {Key: "copy", Type: ticket.SingleLine}} {
		d.must(d.Tickets.SaveField(d.t.Context(), system(), &f))
	}
	d.platform(func(_ *ticket.App, p *ticket.Platform) {
		p.Questions = []ticket.Question{
			{Key: "name", Label: "Your name", Kind: "text", Texts: []ticket.QuestionText{{Language: "de", Label: "Ihr Name"}}},
			{Key: "email", Label: "Your email", Kind: "email", Required: true},
			{Key: "topic", Label: "Topic", Kind: "choice", Options: []string{"tea", "parcel"}, Texts: []ticket.QuestionText{{Language: "de", Label: "Thema", Options: []string{"Tee", "Paket"}}}},
			{Key: "cups", Label: "Cups", Kind: "number"}, {Key: "bought", Label: "Bought", Kind: "date"}, {Key: "gift", Label: "A gift?", Kind: "yes_no"}, {Key: "copy", Label: "A copy to", Kind: "email"},
		}
	})
}

// What is asked is in the client's language, and not what is known.
func TestPrechatIsAsked(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.asks()
		asked := func(c *client, language string) string {
			a := c.post("session", map[string]any{"device": c.device, "language": language})
			c.token, c.id = a.Token, a.EndUser.ID
			all, _ := json.Marshal(a.Config["prechat"].([]any)[:3])
			return string(all)
		}
		ann := d.visit("ann", nil)
		want := `[{"key":"name","kind":"text","label":"Ihr Name"},{"key":"email","kind":"email","label":"Your email","required":true},` +
			`{"key":"topic","kind":"choice","label":"Thema","option_labels":["Tee","Paket"],"options":["tea","parcel"]}]`
		if diff := cmp.Diff(want, asked(ann, "de-AT")); diff != "" {
			t.Error(diff)
		}
		if a := ann.post("messages", map[string]any{"client_id": "1", "text": "hello", "prechat": map[string]any{"name": "Ann", "email": "ann@example.com"}}); a.Status != http.StatusOK || len(a.Warnings) > 0 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		want = `[{"key":"topic","kind":"choice","label":"Topic","option_labels":["tea","parcel"],"options":["tea","parcel"]},{"key":"cups","kind":"number","label":"Cups"},{"key":"bought","kind":"date","label":"Bought"}]`
		if diff := cmp.Diff(want, asked(ann, "fr")); diff != "" {
			t.Error(diff)
		}
		u, err := d.People.EndUser(t.Context(), ann.id)
		d.must(err)
		if u.Name != "Ann" || u.Email != (identity.Contact{Value: "ann@example.com"}) {
			t.Errorf("end user %+v: an address that he says himself is a claim", u)
		}
	})
}

// Answers that won't do are left out with warnings, and cost nothing else.
func TestPrechatAnswers(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.asks()
		for name, c := range map[string]struct {
			answers map[string]any
			warned  []string
			values  map[string]string
		}{
			"good": {map[string]any{"topic": "tea", "cups": "3", "bought": "2026-02-03", "gift": "true", "copy": " bo@example.com ", "name": ""}, nil,
				map[string]string{"topic": "tea", "cups": "3", "bought": "2026-02-03", "gift": "true", "copy": "bo@example.com"}},
			"bad": {map[string]any{"topic": "Tee", "cups": "three", "bought": "2026-02-30", "gift": "maybe", "copy": "bo", "email": "x", "unasked": "1"},
				[]string{"prechat.bought", "prechat.copy", "prechat.cups", "prechat.gift", "prechat.topic", "fields.unasked", "email"}, map[string]string{}},
			"empty": {map[string]any{"topic": "", "cups": " ", "gift": ""}, nil, map[string]string{}},
		} {
			a := d.visit(name, nil).post("messages", map[string]any{"client_id": "1", "text": "hello", "prechat": c.answers})
			if a.Status != http.StatusOK {
				t.Fatalf("%s: %d %s", name, a.Status, a.Body)
			}
			var warned []string
			for _, w := range a.Warnings {
				warned = append(warned, w.Field)
			}
			tk, err := d.Tickets.Get(t.Context(), system(), a.Conversation.ID)
			d.must(err)
			values := map[string]string{}
			for _, v := range tk.Fields {
				values[v.Key] = v.String()
			}
			if diff := cmp.Diff(c.warned, warned) + cmp.Diff(c.values, values); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// Under full privacy of the app nothing personal is taken, though the session is older.
func TestPrechatOfPrivateApps(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.asks()
		kim := d.visit("kim", nil)
		d.platform(func(a *ticket.App, _ *ticket.Platform) { a.FullPrivacy = true })
		a := kim.post("messages", map[string]any{"client_id": "1", "text": "hello", "prechat": map[string]any{"name": "Kim", "email": "kim@example.com"}})
		if a.Status != http.StatusOK || len(a.Warnings) != 2 || a.Warnings[0].Field != "name" || a.Warnings[1].Field != "email" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		u, err := d.People.EndUser(t.Context(), kim.id)
		d.must(err)
		if u.Name != "" || u.Email.Value != "" {
			t.Errorf("kept: %q, %q", u.Name, u.Email.Value)
		}
	})
}
