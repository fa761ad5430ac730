package bot_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// What a bot asks says which answer fits, and articles are cards.
func TestBotsMessagesHaveForms(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		d.publish(t, "b", `
steps:
  - id: hello
    say: {text: Hello.}
  - id: cups
    ask: {text: "How many cups?", as: number, min: "1", max: "2,5", skip: No idea}
  - id: day
    ask: {text: "When?", as: date, min: "2026-01-01"}
  - id: articles
    suggest: {query: parcel}
`)
		d.found = finder{titles: []string{"Lost", "Late"}, confidence: 1}
		id := d.ask(t, "b", "Hi")
		d.says(t, id, "2", "2026-02-03")
		ms, _, err := d.tickets.Messages(t.Context(), host, id, 0, 0, 50)
		must(t, err)
		var forms []*ticket.Form
		var texts []string
		for _, m := range ms {
			if m.Author.ID == "b" {
				forms, texts = append(forms, m.Form), append(texts, m.Text)
			}
		}
		want := []*ticket.Form{nil, {Kind: ticket.FormNumber, Min: "1", Max: "2.5", Skip: "No idea"}, {Kind: ticket.FormDate, Min: "2026-01-01"},
			{Lead: "These may answer it:", Articles: []ticket.Card{{ID: "Lost", Title: "Lost", Snippet: "It is Lost."}, {ID: "Late", Title: "Late", Snippet: "It is Late."}}}, {Kind: ticket.FormYesNo}}
		if diff := cmp.Diff(want, forms); diff != "" {
			t.Errorf("%s\n%q", diff, texts)
		}
	})
}
