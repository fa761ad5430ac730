package chat_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestConversation(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		first := ann.sent("1", "<script>alert(1)</script> & hello")
		id := first.Conversation.ID
		if first.Message.Text != "<script>alert(1)</script> & hello" || first.Message.Seq != 1 || first.Conversation.Status != "open" {
			t.Errorf("first message: %+v", first)
		}
		if again := ann.sent("1", "<script>alert(1)</script> & hello"); again.Conversation.ID != id || again.Message.Seq != 1 {
			t.Errorf("sent again: %+v", again.Message)
		}
		if other := ann.send("1", "something else"); other.Status != http.StatusConflict || other.Code != "key_reused" {
			t.Errorf("key reused: %d %s", other.Status, other.Code)
		}
		if more := ann.sent("2", "are you there?"); more.Conversation.ID != id || more.Message.Seq != 2 {
			t.Errorf("second message: %+v", more.Message)
		}
		d.reply(id, "I am.")
		_, _, err := d.Tickets.Note(t.Context(), d.mira, id, ticket.Draft{Text: "a secret among us"})
		d.must(err)
		got := ann.get("conversations/" + id + "/messages")
		if len(got.Messages) != 3 || strings.Contains(string(got.Body), "secret among us") || got.More {
			t.Errorf("history: %s", got.Body)
		}
		if a := got.Messages[2].Author; a.Name != "Mira Okafor" || a.Kind != "agent" {
			t.Errorf("author: %+v", a)
		}
		list := ann.get("conversations")
		if len(list.Conversations) != 1 || list.Conversations[0].Unread != 1 || list.Conversations[0].Agent.Name != "Mira Okafor" || list.Conversations[0].LastSeq != 3 {
			t.Errorf("list: %s", list.Body)
		}
		if a := ann.post("conversations/"+id+"/read", map[string]any{"seq": 3}); a.Status != http.StatusNoContent {
			t.Errorf("read: %d", a.Status)
		}
		if list := ann.get("conversations"); list.Conversations[0].Unread != 0 {
			t.Errorf("still unread: %s", list.Body)
		}
	})
}

func TestHistoryPages(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		var id string
		for i := range 12 {
			id = ann.sent(fmt.Sprint(i), fmt.Sprint("line ", i+1)).Conversation.ID
		}
		seqs := func(a *answer) (s []int64) {
			for _, m := range a.Messages {
				s = append(s, m.Seq)
			}
			return s
		}
		for _, c := range []struct {
			query string
			want  []int64
			more  bool
		}{
			{"limit=5", []int64{8, 9, 10, 11, 12}, true},
			{"before=8&limit=5", []int64{3, 4, 5, 6, 7}, true},
			{"before=3&limit=5", []int64{1, 2}, false},
			{"after=10", []int64{11, 12}, false},
			{"after=0&limit=2", []int64{1, 2}, true},
			{"after=12", nil, false},
		} {
			if a := ann.get("conversations/" + id + "/messages?" + c.query); !slices.Equal(seqs(a), c.want) || a.More != c.more {
				t.Errorf("%s: %v, more %v", c.query, seqs(a), a.More)
			}
		}
		if a := ann.get("conversations/" + id + "/messages?after=-1"); a.Status != http.StatusUnprocessableEntity || a.Field != "after" {
			t.Errorf("negative: %d %s", a.Status, a.Body)
		}
	})
}

func TestBadInput(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann, eve := d.visit("ann", nil), d.visit("eve", nil)
		id := ann.sent("1", "hello").Conversation.ID
		eve.sent("1", "I am Eve")
		nobody := &client{d: d}
		forged := &client{d: d, token: ann.token[:len(ann.token)-2] + "AA"}
		long := strings.Repeat("é", ticket.MaxChatBody+1)
		for _, c := range []struct {
			name   string
			got    *answer
			status int
			code   string
			field  string
		}{
			{"no token", nobody.get("conversations"), 401, "session", ""},
			{"forged token", forged.get("conversations"), 401, "session", ""},
			{"token of nothing", (&client{d: d, token: "x"}).get("conversations"), 401, "session", ""},
			{"short device secret", nobody.post("session", map[string]any{"device": "short"}), 422, "invalid", "device"},
			{"unknown app", nobody.post("session", map[string]any{"device": ann.device, "app": "nope"}), 404, "not_found", ""},
			{"unknown platform", nobody.post("session", map[string]any{"device": ann.device, "platform": "fax"}), 422, "invalid", "platform"},
			{"malformed JSON", ann.do("POST", "messages", "application/json", strings.NewReader(`{"text":`)), 400, "malformed", ""},
			{"no JSON", ann.do("POST", "messages", "application/json", strings.NewReader("")), 400, "malformed", ""},
			{"two JSONs", ann.do("POST", "messages", "application/json", strings.NewReader(`{"text":"a"}{}`)), 400, "malformed", ""},
			{"wrong type", ann.do("POST", "messages", "application/json", strings.NewReader(`{"text":7}`)), 400, "malformed", ""},
			{"oversized", ann.do("POST", "messages", "application/json", strings.NewReader(`{"text":"`+strings.Repeat("a", 600<<10)+`"}`)), 413, "too_large", ""},
			{"empty message", ann.send("2", ""), 422, "invalid", "message.text"},
			{"long message", ann.send("2", long), 422, "too_long", "message.text"},
			{"long client id", ann.send(strings.Repeat("x", 256), "a"), 422, "too_long", "message.client_id"},
			{"foreign conversation", eve.get("conversations/" + id + "/messages"), 404, "not_found", ""},
			{"foreign reading", eve.post("conversations/"+id+"/read", map[string]any{"seq": 1}), 404, "not_found", ""},
			{"foreign typing", eve.post("conversations/"+id+"/typing", map[string]any{"typing": true}), 404, "not_found", ""},
			{"foreign writing", eve.post("messages", map[string]any{"conversation": id, "text": "hi"}), 404, "not_found", ""},
			{"unknown conversation", ann.get("conversations/nope/messages"), 404, "not_found", ""},
			{"unknown attachment", ann.post("messages", map[string]any{"attachments": []string{"nope"}}), 422, "invalid", "message.attachments"},
			{"damaged cursor", ann.get("conversations?after=nope"), 400, "cursor", ""},
			{"no file", ann.do("POST", "attachments", "application/json", strings.NewReader("{}")), 400, "malformed", ""},
		} {
			if c.got.Status != c.status || c.got.Code != c.code || c.got.Field != c.field {
				t.Errorf("%s: got %d %s; want %d %s %s", c.name, c.got.Status, c.got.Body, c.status, c.code, c.field)
			}
			if got := c.got.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("%s: content type %q", c.name, got)
			}
		}
		if a := ann.get("conversations/" + id + "/messages"); len(a.Messages) != 1 {
			t.Errorf("something was written: %s", a.Body)
		}
		if a := ann.do("PUT", "messages", "", nil); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("PUT: %d", a.Status)
		}
	})
}

// One bad value from a device doesn't lose the ticket.
func TestWarnings(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.must(d.Tickets.SaveField(t.Context(), system(), &ticket.Field{Key: "size", Type: ticket.Number}))
		ann := d.visit("ann", nil)
		a := ann.post("messages", map[string]any{
			"client_id": "1", "text": "hello", "fields": map[string]any{"size": "big", "nope": 1}, "tags": []string{"unknown"},
			"metadata": map[string]any{"version": "1.2", "huge": strings.Repeat("x", 70<<10)}, "prechat": map[string]string{"name": "Ann", "email": "not an email"},
		})
		if a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		var fields []string
		for _, w := range a.Warnings {
			fields = append(fields, w.Field)
		}
		if want := []string{"fields.nope", "fields.size", "tags.unknown", "metadata.huge", "email"}; !slices.Equal(fields, want) {
			t.Errorf("warnings %v, want %v", fields, want)
		}
		u, err := d.People.EndUser(t.Context(), ann.id)
		if err != nil || u.Name != "Ann" || u.Known() {
			t.Errorf("end user %+v, %v", u, err)
		}
	})
}

func TestSeveralConversations(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		one := ann.sent("1", "first").Conversation.ID
		fresh := map[string]any{"client_id": "2", "text": "second", "new": true}
		if a := ann.post("messages", fresh); a.Conversation.ID != one {
			t.Error("a second conversation was opened where one is allowed")
		}
		d.platform(func(_ *ticket.App, p *ticket.Platform) { p.Several = true })
		fresh["client_id"] = "3"
		two := ann.post("messages", fresh).Conversation.ID
		if two == one || two == "" {
			t.Errorf("no second conversation: %q", two)
		}
		if again := ann.post("messages", fresh).Conversation.ID; again != two {
			t.Errorf("sent again, it opened another: %q", again)
		}
	})
}

func TestReopenAndFollowUp(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "first").Conversation.ID
		ann.sent("1b", "more")
		_, err := d.Tickets.Resolve(t.Context(), d.mira, id)
		d.must(err)
		for client, text := range map[string]string{"1": "first", "1b": "more"} {
			if again := ann.sent(client, text); again.Conversation.ID != id {
				t.Errorf("message %s, repeated, opened a second ticket", client)
			}
		}
		to := func(client, text string) *answer {
			return ann.post("messages", map[string]any{"client_id": client, "text": text, "conversation": id})
		}
		if a := to("2", "it is broken again"); a.Conversation.ID != id || a.Conversation.Status != "open" {
			t.Errorf("reopening: %s", a.Body)
		}
		_, err = d.Tickets.Resolve(t.Context(), d.mira, id)
		d.must(err)
		d.clock.add(8 * 24 * time.Hour)
		ann.begin(nil)
		a := to("3", "months later")
		if a.Conversation.ID == id || a.Conversation.FollowUpOf != id {
			t.Errorf("follow-up: %s", a.Body)
		}
		if again := to("3", "months later"); again.Conversation.ID != a.Conversation.ID || again.Message.Seq != 1 {
			t.Errorf("the follow-up came twice: %s", again.Body)
		}
	})
}

func TestLogin(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		before := ann.sent("1", "as a stranger").Conversation.ID
		anonymous, old := ann.id, ann.token
		if a := ann.begin(&identity.Login{UserID: "u1", HMAC: "00"}); a.Refused == nil || a.Refused.Reason != "bad_token" || a.EndUser.ID != anonymous {
			t.Errorf("forged login: %s", a.Body)
		}
		if a := ann.sent("2", "still here"); a.Conversation.ID != before {
			t.Error("who was refused can't go on")
		}
		a := ann.begin(signed("u1", "ann@example.com"))
		if a.Refused != nil || !a.EndUser.Known || a.EndUser.ID == anonymous {
			t.Fatalf("login: %s", a.Body)
		}
		if got := (&client{d: d, token: old}).get("conversations"); got.Status != http.StatusUnauthorized {
			t.Errorf("the token from before the login still works: %d", got.Status)
		}
		if got := ann.get("conversations"); len(got.Conversations) != 0 {
			t.Errorf("the known user sees %s", got.Body)
		}
		known := ann.sent("1", "as myself").Conversation.ID
		if known == before {
			t.Error("the known user wrote in the stranger's conversation")
		}
		phone := d.visit("anns_phone", signed("u1", "ann@example.com"))
		if got := phone.get("conversations"); len(got.Conversations) != 1 || got.Conversations[0].ID != known {
			t.Errorf("on another device: %s", got.Body)
		}
		if got := ann.post("logout", struct{}{}); got.Status != http.StatusNoContent {
			t.Errorf("logout: %d", got.Status)
		}
		if got := ann.get("conversations"); got.Status != http.StatusUnauthorized {
			t.Errorf("after logout: %d", got.Status)
		}
		if ann.begin(nil); ann.id != anonymous {
			t.Errorf("after logout it is %s, was %s", ann.id, anonymous)
		}
		if got := ann.get("conversations"); len(got.Conversations) != 1 || got.Conversations[0].ID != before {
			t.Errorf("the stranger's history: %s", got.Body)
		}
	})
}

func TestAgentsStayPrivate(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		d.platform(func(a *ticket.App, _ *ticket.Platform) { a.Name, a.Private = "Fernhill", true })
		ann := d.visit("ann", nil)
		id := ann.sent("1", "who are you?").Conversation.ID
		d.reply(id, "Guess.")
		got := ann.get("conversations/" + id + "/messages")
		if m := got.Messages[1]; m.Author.Name != "Fernhill" || m.Author.ID != "" {
			t.Errorf("author: %+v", m.Author)
		}
		if list := ann.get("conversations"); strings.Contains(string(list.Body), "mira") || strings.Contains(string(list.Body), "Okafor") {
			t.Errorf("list: %s", list.Body)
		}
	})
}

func TestOrigins(t *testing.T) {
	eachDesk(t, frontdesk.Config{Origins: []string{"https://shop.example"}}, false, func(t *testing.T, d *desk) {
		for origin, want := range map[string]string{"https://shop.example": "https://shop.example", "https://evil.example": ""} {
			req, err := http.NewRequest("OPTIONS", d.url+"chat/v1/messages", nil)
			d.must(err)
			req.Header.Set("Origin", origin)
			resp, err := http.DefaultClient.Do(req)
			d.must(err)
			resp.Body.Close()
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s: allowed %q", origin, got)
			}
		}
	})
}

func TestUsualReply(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		for i := range 6 {
			who := d.visit(fmt.Sprint("visitor", i), nil)
			id := who.sent("1", "hello").Conversation.ID
			d.clock.add(time.Duration(i+1) * time.Minute)
			d.reply(id, "hello")
		}
		_, err := d.Drain(t.Context())
		d.must(err)
		usual, _ := d.visit("ann", nil).begin(nil).Config["usual_reply"].(map[string]any)
		if usual["seconds"] != 240.0 {
			t.Errorf("usual reply: %v, want the median of 1 to 6 minutes", usual)
		}
	})
}
