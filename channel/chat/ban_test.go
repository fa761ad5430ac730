package chat_test

import (
	"net/http"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
)

func TestBanned(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		_, err := d.People.Ban(t.Context(), frontdesk.Host(), identity.Ban{Kind: identity.BanIP, Value: "127.0.0.1"})
		d.must(err)
		new := d.visit("eve", nil) // who has done nothing yet
		for name, got := range map[string]*answer{
			"message": ann.send("2", "one more"), "first message": new.send("1", "hi"), "file": ann.upload("a.txt", "text"),
			"answer": ann.post("conversations/"+id+"/solved", map[string]any{"solved": true}),
			"rating": ann.post("conversations/"+id+"/rating", map[string]any{"score": 1, "comment": "bad"}),
		} {
			if got.Status != http.StatusForbidden || got.Code != "banned" {
				t.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
		}
		if got := ann.get("conversations/" + id + "/messages"); len(got.Messages) != 1 {
			t.Errorf("what is there: %d %s", got.Status, got.Body)
		}
		ws, _, err := d.People.Withheld(t.Context(), frontdesk.Host(), "", 10)
		d.must(err)
		if len(ws) != 2 || ws[0].Channel != "chat" || ws[0].Text == ws[1].Text {
			t.Errorf("kept: %+v", ws)
		}
	})
}
