package chat_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// What a bot asks for and shows reaches clients, in the history and in the stream, with a
// text for those who know no forms.
func TestForms(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		events, hangUp := ann.listen("")
		defer hangUp()
		next(t, events, "ready")
		id := ann.sent("1", "hello").Conversation.ID
		bot := event.Actor{Kind: event.Bot, ID: "b"}
		_, _, err := d.Tickets.Reply(t.Context(), bot, id, ticket.Draft{Text: "When?", Choices: []string{"Skip"}, Form: &ticket.Form{Kind: ticket.FormDate, Min: "2026-01-02", Skip: "Skip"}})
		d.must(err)
		_, _, err = d.Tickets.Reply(t.Context(), bot, id, ticket.Draft{Text: "Look:", Form: &ticket.Form{Articles: []ticket.Card{{ID: "a", Title: "Lost", Snippet: "Not lost."}}}})
		d.must(err)
		want := []map[string]any{nil, {"kind": "date", "min": "2026-01-02", "skip": "Skip"},
			{"lead": "Look:", "articles": []any{map[string]any{"id": "a", "title": "Lost", "snippet": "Not lost."}}}}
		for i, m := range ann.get("conversations/" + id + "/messages").Messages {
			if diff := cmp.Diff(want[i], m.Form); diff != "" {
				t.Error(diff)
			}
			if i == 2 && m.Text != "Look:\n• Lost" {
				t.Errorf("text %q", m.Text)
			}
		}
		for seq := int64(0); seq < 3; {
			m := next(t, events, "message").message()
			if seq = m.Seq; cmp.Diff(want[seq-1], m.Form) != "" {
				t.Errorf("the stream has %v", m.Form)
			}
		}
	})
}
