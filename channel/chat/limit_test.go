package chat_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
)

func TestRateLimits(t *testing.T) {
	few := func(burst int, every time.Duration) chat.Limit {
		return chat.Limit{EndUser: chat.Rate{Burst: burst, Every: every}, IP: chat.Rate{Burst: -1}}
	}
	c := frontdesk.Config{Limits: chat.Limits{Messages: few(4, 2500*time.Millisecond), Tickets: few(1, time.Minute), Uploads: few(2, time.Minute), Sessions: few(3, time.Minute)}}
	eachDesk(t, c, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		refused := func(what string, a *answer, after string) {
			t.Helper()
			if a.Status != http.StatusTooManyRequests || a.Code != "rate_limited" || a.Header.Get("Retry-After") != after {
				t.Errorf("%s: %d %s, after %q", what, a.Status, a.Body, a.Header.Get("Retry-After"))
			}
		}
		id := ann.sent("1", "one").Conversation.ID
		ann.sent("2", "two")
		ann.sent("3", "three")
		_, err := d.Tickets.Reject(t.Context(), d.mira, id) // so that the next one begins another
		d.must(err)
		refused("new ticket", ann.send("4", "another ticket"), "60")
		refused("message", ann.send("5", "five"), "3")
		d.visit("bob", nil).sent("1", "others may")
		d.clock.add(time.Minute)
		if again := ann.sent("4", "another ticket"); again.Conversation.ID == id {
			t.Error("no other ticket")
		}
		ann.upload("a.txt", "one")
		ann.upload("b.txt", "two")
		refused("file", ann.upload("c.txt", "three"), "60")
		for range 3 {
			ann.begin(nil)
		}
		refused("session", (&client{d: d}).post("session", map[string]any{"device": ann.device}), "60")
		if got := ann.get("conversations"); len(got.Conversations) != 2 {
			t.Errorf("conversations: %s", got.Body)
		}
	})
}

// By default nobody who writes by hand meets a limit.
func TestStandardLimits(t *testing.T) {
	d := newDesk(t, frontdesk.Config{}, false)
	ann := d.visit("ann", nil)
	for i := range 30 {
		ann.sent(fmt.Sprint(i), "quick")
	}
	if a := ann.send("31", "too quick"); a.Status != http.StatusTooManyRequests {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	d.clock.add(time.Second)
	ann.sent("31", "too quick")
	off := newDesk(t, frontdesk.Config{Limits: chat.Limits{Off: true}}, false)
	bob := off.visit("bob", nil)
	for i := range 40 {
		bob.sent(fmt.Sprint(i), "quick")
	}
}
