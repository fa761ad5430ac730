package ticket_test

import (
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func formed() ticket.Draft {
	return ticket.Draft{ClientID: "q", Text: "These may help:", Choices: []string{"Skip"}, Form: &ticket.Form{Kind: ticket.FormNumber, Min: "1", Max: "1.5e3", Skip: "Skip",
		Articles: []ticket.Card{{ID: "a", Title: "Where is\nit?", Snippet: "It is  on its way."}, {ID: "b", Title: "Lost"}}}}
}

// A bot's message has its form, and a text that says all of it.
func TestForm(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		id := d.ask(t).ID
		for range 2 { // the second time it is a repetition
			_, m, err := d.tickets.Reply(t.Context(), bot, id, formed())
			must(t, err)
			want := *formed().Form
			want.Lead = "These may help:"
			want.Articles = []ticket.Card{{ID: "a", Title: "Where is it?", Snippet: "It is on its way."}, {ID: "b", Title: "Lost"}}
			if diff := cmp.Diff(&want, m.Form); diff != "" {
				t.Error(diff)
			}
			if m.Text != "These may help:\n• Where is it?\n• Lost" || m.Seq != 2 {
				t.Errorf("%d: %q", m.Seq, m.Text)
			}
		}
		if ms := d.messages(t, d.user(), id); len(ms) != 2 || ms[1].Form == nil || ms[1].Form.Lead == "" {
			t.Error("it isn't kept")
		}
		_, m, err := d.tickets.Redact(t.Context(), d.chief(t), id, 2, nil)
		must(t, err)
		if m.Form != nil || m.Choices != nil {
			t.Errorf("left of it: %+v", m.Form)
		}
	})
}

// Agents, end users and notes have none.
func TestFormOfOthers(t *testing.T) {
	d := openMemory(t, nil)
	id := d.ask(t).ID
	draft := formed()
	draft.ClientID = ""
	_, m, err := d.tickets.Reply(t.Context(), ann, id, draft)
	must(t, err)
	in := d.inbound(id, "Hi")
	in.Draft = draft
	w, err := d.tickets.Write(t.Context(), in)
	must(t, err)
	_, note, err := d.tickets.Note(t.Context(), bot, id, draft)
	must(t, err)
	for _, m := range []*ticket.Message{m, w.Message, note} {
		if m.Form != nil || m.Text != "These may help:" {
			t.Errorf("%+v: %q, %+v", m.Author, m.Text, m.Form)
		}
	}
}

func TestFormRefused(t *testing.T) {
	d := openMemory(t, nil)
	x := d.ask(t)
	head := d.head(t)
	cards := func(n int, c ticket.Card) []ticket.Card {
		var all []ticket.Card
		for range n {
			all = append(all, c)
		}
		return all
	}
	card := ticket.Card{ID: "a", Title: "A"}
	for _, c := range []struct {
		field string
		form  ticket.Form
	}{
		{"kind", ticket.Form{Kind: "colour"}},
		{"min", ticket.Form{Kind: ticket.FormNumber, Min: "one"}},
		{"min", ticket.Form{Kind: ticket.FormNumber, Min: "NaN"}},
		{"max", ticket.Form{Kind: ticket.FormDate, Max: "tomorrow"}},
		{"max", ticket.Form{Kind: ticket.FormText, Max: "5"}},
		{"max", ticket.Form{Kind: ticket.FormNumber, Max: strings.Repeat("1", 31)}},
		{"skip", ticket.Form{Kind: ticket.FormText, Skip: "Skip"}},
		{"articles", ticket.Form{Articles: cards(ticket.MaxCards+1, card)}},
		{"articles", ticket.Form{Articles: []ticket.Card{{Title: "A"}}}},
		{"articles", ticket.Form{Articles: []ticket.Card{{ID: "a", Title: " "}}}},
	} {
		_, _, err := d.tickets.Reply(t.Context(), bot, x.ID, ticket.Draft{Text: "What?", Form: &c.form})
		refuses(t, err, "message.form."+c.field)
	}
	_, _, err := d.tickets.Reply(t.Context(), bot, x.ID, ticket.Draft{Text: strings.Repeat("x", ticket.MaxChatBody+1), Form: &ticket.Form{Articles: cards(1, card)}})
	refuses(t, err, "message.text")
	_, _, err = d.tickets.Reply(t.Context(), bot, x.ID, ticket.Draft{Text: "x", HTML: "<p>x", Form: &ticket.Form{Articles: cards(1, card)}})
	refuses(t, err, "message.form.articles")
	d.unchanged(t, x, head)
}

// What a pattern takes out goes from a form, and from choices, too, and each piece counts
// once.
func TestFormScrubbed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		id := d.ask(t).ID
		const card = "4111 1111 1111 1111"
		_, _, err := d.tickets.Reply(t.Context(), bot, id, ticket.Draft{Text: "Is it " + card + "?", Choices: []string{card, "No, not " + card},
			Form: &ticket.Form{Kind: ticket.FormChoice, Skip: "No, not " + card, Articles: []ticket.Card{{ID: "a", Title: card, Snippet: card}}}})
		must(t, err)
		n, err := d.tickets.RedactPattern(t.Context(), d.chief(t), id, ticket.Cards)
		must(t, err)
		if n != 5 { // text, its list, two choices, the snippet
			t.Errorf("%d pieces", n)
		}
		m := d.messages(t, host, id)[1]
		all := strings.Join(append(m.Choices, m.Text, m.Form.Lead, m.Form.Skip, m.Form.Articles[0].Title, m.Form.Articles[0].Snippet), "\n")
		if strings.Contains(all, "4111") || strings.Count(all, "1111") != 8 {
			t.Error(all)
		}
	})
}
