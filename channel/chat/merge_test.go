package chat_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What a visitor wrote before he logged in is in his history then, as the app says,
// on his other devices, too.
func TestLoginMerges(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		d.platform(func(a *ticket.App, _ *ticket.Platform) { a.Anonymous = identity.MergeAnonymous })
		phone := d.visit("phone", signed("ann", ""))
		phone.sent("0", "from the phone")
		events, _ := phone.listen("")
		next(t, events, "ready")
		c := d.visit("laptop", nil)
		id := c.sent("1", "who am I?").Conversation.ID
		d.reply(id, "log in, please")
		before := c.token
		if a := c.begin(signed("ann", "")); a.Refused != nil || a.EndUser.ID != phone.id {
			t.Fatalf("login: %s", a.Body)
		}
		if got := next(t, events, "message").message(); got.Conversation != id {
			t.Errorf("the phone hears of %+v", got)
		}
		if got := c.get("conversations"); len(got.Conversations) != 2 {
			t.Errorf("conversations %s", got.Body)
		}
		got := c.get("conversations/" + id + "/messages")
		if len(got.Messages) != 2 || got.Messages[0].ClientID != "1" {
			t.Errorf("messages %s", got.Body)
		}
		if again := c.send("1", "who am I?"); again.Message.Seq != got.Messages[0].Seq || again.Message.ClientID != "1" {
			t.Errorf("sent once more: %s", again.Body)
		}
		token := c.token
		if c.token = before; c.get("conversations").Status != http.StatusUnauthorized {
			t.Error("a token of before the login lives")
		}
		c.token = token
		if a := c.post("logout", nil); a.Status != http.StatusNoContent {
			t.Fatalf("logout: %d", a.Status)
		}
		if c.begin(nil); len(c.get("conversations").Conversations) != 0 {
			t.Error("who comes after the logout sees what was before")
		}
	})
}

func TestLogoutEverywhere(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		one, two := d.visit("one", signed("ann", "")), d.visit("two", signed("ann", ""))
		other := d.visit("three", signed("bob", ""))
		d.Chat.SetHeartbeat(10 * time.Millisecond)
		events, _ := two.listen("")
		next(t, events, "ready")
		if a := one.post("logout/everywhere", nil); a.Status != http.StatusOK || string(a.Body) != `{"devices":2}` {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		next(t, events, "bye")
		for _, c := range []*client{one, two} {
			if a := c.get("conversations"); a.Status != http.StatusUnauthorized {
				t.Errorf("a session lives: %d", a.Status)
			}
		}
		if a := other.get("conversations"); a.Status != http.StatusOK {
			t.Errorf("another one's session: %d", a.Status)
		}
	})
}
