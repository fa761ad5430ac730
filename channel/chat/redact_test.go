package chat_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// shown are messages as the API gives them, with what was taken out of them.
type shown struct {
	Messages []struct {
		Text        string `json:"text"`
		Redacted    bool   `json:"redacted"`
		Attachments []struct {
			Name     string `json:"name"`
			URL      string `json:"url"`
			Redacted bool   `json:"redacted"`
		} `json:"attachments"`
	} `json:"messages"`
	Conversations []struct {
		Last struct {
			Text     string `json:"text"`
			Redacted bool   `json:"redacted"`
		} `json:"last"`
	} `json:"conversations"`
}

// An open widget drops what was redacted: it is told to load everything anew, and so
// is one that comes back.
func TestStreamForgetsWhatWasRedacted(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "my password is swordfish").Conversation.ID
		file := ann.upload("swordfish.txt", "swordfish")
		if a := ann.post("messages", map[string]any{"client_id": "2", "text": "here", "attachments": []string{file.ID}}); a.Status != 200 {
			t.Fatalf("send: %s", a.Body)
		}
		d.admitted(id)
		events, hangUp := ann.listen("")
		cursor := next(t, events, "ready").id
		_, _, err := d.Tickets.RedactAttachment(t.Context(), d.mira, id, 2, file.ID)
		d.must(err)
		next(t, events, "reset")
		hangUp()
		_, _, err = d.Tickets.Redact(t.Context(), d.mira, id, 1, nil)
		d.must(err)
		_, _, err = d.Tickets.Redact(t.Context(), d.mira, id, 2, nil)
		d.must(err)
		events, _ = ann.listen(cursor)
		next(t, events, "reset")

		var got shown
		d.must(json.Unmarshal(ann.get("conversations/"+id+"/messages").Body, &got))
		first, second := got.Messages[0], got.Messages[1]
		if first.Text != "" || !first.Redacted || !second.Redacted || second.Attachments[0].Name != "" || second.Attachments[0].URL != "" || !second.Attachments[0].Redacted {
			t.Errorf("messages %+v", got)
		}
		d.must(json.Unmarshal(ann.get("conversations").Body, &got))
		if last := got.Conversations[0].Last; last.Text != "" || !last.Redacted {
			t.Errorf("last %+v", last)
		}
		if a := ann.sent("1", "my password is swordfish"); a.Message.Seq != 1 || a.Message.Text != "" {
			t.Errorf("sent again: %s", a.Body)
		}
		if a := ann.get("../../" + file.URL); a.Status != 404 {
			t.Errorf("the file's old link: %d", a.Status)
		}
	})
}

// What was redacted before its push isn't pushed.
func TestRedactedMessagesAreNotPushed(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := &pushes{}
		d := newDesk(t, frontdesk.Config{Store: s, Push: p}, false)
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		_, err := d.People.Begin(t.Context(), identity.Visit{App: ticket.DefaultApp, Platform: "webchat", Device: ann.device, Push: "apns:ann"})
		d.must(err)
		d.reply(id, "kept")
		m := d.reply(id, "swordfish")
		_, _, err = d.Tickets.Redact(t.Context(), d.mira, id, m.Seq, nil)
		d.must(err)
		d.clock.add(time.Hour)
		_, err = d.Drain(t.Context())
		d.must(err)
		if len(p.all) != 1 || len(p.all[0].Messages) != 1 || p.all[0].Messages[0].Text != "kept" {
			t.Errorf("pushed %+v", p.all)
		}
	})
}
