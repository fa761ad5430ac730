package chat_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The end user is asked whether it is solved, then for a rating.
func TestSolvedAndRated(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("0", "Where is it?").Conversation.ID
		if f := ann.only(); f.Resolved != nil {
			t.Errorf("an open conversation asks %+v", f.Resolved)
		}
		d.resolve(id)
		if f := ann.only(); f.Resolved == nil || f.Resolved.Question != ticket.Asked || f.Resolved.Survey != nil {
			t.Errorf("resolved: %+v", f.Resolved)
		}
		ann.refused("conversations/"+id+"/solved", map[string]any{}, http.StatusUnprocessableEntity, "invalid")
		ann.refused("conversations/"+id+"/rating", map[string]any{"score": 5}, http.StatusConflict, "not_asked")
		ann.posted("conversations/"+id+"/solved", map[string]any{"solved": true})
		if f := ann.only(); f.Resolved == nil || f.Resolved.Question != "" || f.Resolved.Survey == nil || f.CanReopen {
			t.Errorf("accepted: %+v", f.Resolved)
		}
		ann.refused("conversations/"+id+"/rating", map[string]any{"score": 9}, http.StatusUnprocessableEntity, "too_long")
		ann.posted("conversations/"+id+"/rating", map[string]any{"score": 4, "comment": "Fast!"})
		if f := ann.only(); f.Resolved == nil || f.Resolved.Survey == nil || f.Resolved.Survey.Score != 4 || f.Resolved.Survey.Comment != "Fast!" {
			t.Errorf("rated: %+v", f.Resolved)
		}
		eve := d.visit("eve", nil)
		eve.refused("conversations/"+id+"/solved", map[string]any{"solved": true}, http.StatusNotFound, "not_found")
		eve.refused("conversations/"+id+"/rating", map[string]any{"score": 1}, http.StatusNotFound, "not_found")
		d.clock.add(366 * 24 * time.Hour)
		ann.begin(nil)
		if f := ann.only(); f.Resolved != nil {
			t.Errorf("a year later it asks %+v", f.Resolved)
		}
	})
}

// A conversation that was merged is gone from the list; who has it open yet finds
// his messages in the other one.
func TestMergedConversation(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Several = true })
		ann := d.visit("ann", nil)
		one := ann.sent("0", "One.").Conversation.ID
		two := ann.post("messages", map[string]any{"client_id": "1", "text": "Two.", "new": true}).Conversation.ID
		events, hangUp := ann.listen("")
		defer hangUp()
		next(t, events, "ready")
		_, _, err := d.Tickets.Merge(t.Context(), d.mira, one, two, nil)
		d.must(err)
		next(t, events, "reset") // the client loads everything anew
		if f := ann.only(); f.ID != two {
			t.Errorf("the list has %s", f.ID)
		}
		if got := ann.get("conversations/" + one); got.Status != http.StatusOK || !strings.Contains(string(got.Body), `"merged_into":"`+two+`"`) {
			t.Errorf("the one that was merged: %d %s", got.Status, got.Body)
		}
		if got := ann.get("conversations/" + two); got.Status != http.StatusOK || strings.Contains(string(got.Body), "merged_into") {
			t.Errorf("the one that it went into: %d %s", got.Status, got.Body)
		}
		if got := d.visit("eve", nil).get("conversations/" + two); got.Status != http.StatusNotFound {
			t.Errorf("another end user's: %d %s", got.Status, got.Body)
		}
		var texts []string
		for _, m := range ann.get("conversations/" + two + "/messages?limit=200").Messages {
			texts = append(texts, m.Text)
		}
		if !slices.Equal(texts, []string{"Two.", "One."}) {
			t.Errorf("messages %v", texts)
		}
		if got := ann.post("messages", map[string]any{"client_id": "2", "text": "Three.", "conversation": one}); got.Conversation.ID != two {
			t.Errorf("what he writes on the old one is on %s", got.Conversation.ID)
		}
	})
}

// Who has messages that went to another conversation, while he listens or was away,
// loads everything anew: he would have them twice.
func TestSplitConversation(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Several = true })
		ann := d.visit("ann", nil)
		one := ann.sent("0", "One.").Conversation.ID
		for i, text := range []string{"Two.", "Three.", "Four."} {
			ann.post("messages", map[string]any{"client_id": text, "text": text, "conversation": one, "seq": i})
		}
		d.admitted(one)
		away, hangUp := ann.listen("")
		cursor := next(t, away, "ready").id
		hangUp()
		live, hangUp := ann.listen("")
		defer hangUp()
		next(t, live, "ready")
		_, part, err := d.Tickets.Split(t.Context(), d.mira, one, []int64{2}, "")
		d.must(err)
		next(t, live, "reset")
		back, hangUp := ann.listen(cursor)
		cursor = next(t, back, "reset").id
		hangUp()
		back, hangUp = ann.listen(cursor)
		defer hangUp()
		d.reply(one, "Five.")
		if e := next(t, back, "message"); !strings.Contains(string(e.data), "Five.") {
			t.Errorf("after the reset comes %s", e.data)
		}
		// Of what nobody sees nothing is told.
		_, note, err := d.Tickets.Note(t.Context(), d.mira, one, ticket.Draft{Text: "Hm."})
		d.must(err)
		_, _, err = d.Tickets.Split(t.Context(), d.mira, one, []int64{note.Seq}, "")
		d.must(err)
		d.reply(one, "Six.")
		for e := range back {
			if e.what == "reset" {
				t.Error("a note that moved resets the stream")
			}
			if e.what == "message" {
				break
			}
		}
		// The part goes into a third one, and comes back.
		third := ann.post("messages", map[string]any{"client_id": "3", "text": "Other.", "new": true}).Conversation.ID
		_, _, err = d.Tickets.Merge(t.Context(), d.mira, part.ID, third, nil)
		d.must(err)
		next(t, live, "reset")
		d.reply(third, "Seven.")
		next(t, live, "message")
		_, _, err = d.Tickets.Unmerge(t.Context(), d.mira, part.ID)
		d.must(err)
		next(t, live, "reset")
	})
}

func (d *desk) resolve(id string) {
	d.t.Helper()
	_, err := d.Tickets.Resolve(d.t.Context(), d.mira, id)
	d.must(err)
}

// only is the end user's one conversation.
func (c *client) only() conversation {
	c.d.t.Helper()
	a := c.get("conversations")
	if a.Status != http.StatusOK || len(a.Conversations) != 1 {
		c.d.t.Fatalf("conversations: %d %s", a.Status, a.Body)
	}
	return a.Conversations[0]
}

// posted is post, which has to succeed.
func (c *client) posted(path string, body any) {
	c.d.t.Helper()
	if a := c.post(path, body); a.Status != http.StatusOK {
		c.d.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
}

func (c *client) refused(path string, body any, status int, code string) {
	c.d.t.Helper()
	if a := c.post(path, body); a.Status != status || a.Code != code {
		c.d.t.Errorf("%s: %d %s, want %d %s", path, a.Status, a.Body, status, code)
	}
}
