package chat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Whatever comes with a message, the message is taken.
func TestNothingBesideItLosesAMessage(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		var log bytes.Buffer
		var mu sync.Mutex
		d := newDesk(t, frontdesk.Config{Store: s, Log: slog.New(slog.NewTextHandler(locked{&mu, &log}, nil))}, false)
		ann := d.visit("ann", nil)
		for i, c := range []struct{ extra, warned string }{
			{`"breadcrumbs":[{"text":"x","time":"private words"}]`, "breadcrumbs.time"},
			{`"breadcrumbs":[{"text":"x","time":1700000000}]`, "breadcrumbs.time"},
			{`"breadcrumbs":[{"text":"x","time":"9999-01-01T00:00:00Z"}]`, "breadcrumbs.time"},
			{`"breadcrumbs":["x"]`, "breadcrumbs.0"},
			{`"tags":"vip"`, "tags"},
			{`"tags":[5]`, "tags.0"},
			{`"prechat":[1]`, "prechat"},
			{`"prechat":{"age":5}`, "fields.age"},
			{`"metadata":[1]`, "metadata"},
			{`"page":"https://x"`, "page"},
			{`"debug_log":"x"`, "debug_log"},
			{`"language":5`, "language"},
			{`"title":5`, "title"},
			{`"title":"` + strings.Repeat("x", 256) + `"`, "title"},
			{`"fields":{"n":1e999}`, "fields.n"},
			{`"fields":7`, "fields"},
			{`"new":"yes"`, "new"},
			{`"tags":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 300), ",") + `]`, "tags"},
			{`"fields":{` + many(300) + `}`, "fields"},
			{`"metadata":{` + many(1200) + `}`, "metadata"},
		} {
			body := fmt.Sprintf(`{"client_id":"%d","text":"message %d",%s}`, i, i, c.extra)
			a := ann.do("POST", "messages", "application/json", strings.NewReader(body))
			if a.Status != http.StatusOK || a.Message.Text != fmt.Sprint("message ", i) {
				t.Errorf("%.60s: %d %.200s", c.extra, a.Status, a.Body)
				continue
			}
			var warned []string
			for _, w := range a.Warnings {
				warned = append(warned, w.Field)
			}
			if !slices.Contains(warned, c.warned) || len(warned) > 100 {
				t.Errorf("%.60s: warned about %.200v, want %s", c.extra, warned, c.warned)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if log.Len() > 0 {
			t.Errorf("logged: %.500s", log.String())
		}
	})
}

func many(n int) string {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(`"k%d":"v"`, i))
	}
	return strings.Join(entries, ",")
}

type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// A login that can't be read is refused, and the visitor can write all the same.
func TestLoginOfAnyKind(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		device := strings.Repeat("d", 40)
		for user, reason := range map[string]string{`null`: "", `"ann"`: "no_token", `[1]`: "no_token", `{"user_id":{}}`: "no_token", `{"user_id":1042,"hmac":7}`: "bad_token"} {
			c := &client{d: d, device: device}
			a := c.do("POST", "session", "application/json", strings.NewReader(`{"device":"`+device+`","user":`+user+`}`))
			got := ""
			if a.Refused != nil {
				got = a.Refused.Reason
			}
			if a.Status != http.StatusOK || got != reason {
				t.Errorf("%s: %d %s", user, a.Status, a.Body)
			}
		}
		c := d.visit("number", nil)
		login := signed("1042", "")
		a := c.post("session", map[string]any{"device": c.device, "user": map[string]any{"user_id": 1042, "hmac": login.HMAC}})
		if !a.EndUser.Known {
			t.Errorf("a numeric user id: %s", a.Body)
		}
	})
}

func TestHookRefuses(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		hook := ticket.Hook{Name: "quiet", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
			if len(c.Messages) > 0 && c.Messages[0].Text == "shout" {
				return &ticket.RefusedError{Reason: "please don't shout"}
			}
			return nil
		}}
		d := newDesk(t, frontdesk.Config{Store: s, Hooks: []ticket.Hook{hook}}, false)
		ann := d.visit("ann", nil)
		if a := ann.send("1", "shout"); a.Status != http.StatusUnprocessableEntity || a.Code != "refused" || !strings.Contains(string(a.Body), "please don't shout") {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		ann.sent("2", "whisper")
		if _, err := frontdesk.Open(t.Context(), frontdesk.Config{Hooks: []ticket.Hook{{Name: "empty"}}}); err == nil {
			t.Error("a hook without a function was taken")
		}
	})
}

// What only staff does, end users can't even count.
func TestNotesDontShow(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		events, _ := ann.listen("")
		next(t, events, "ready")
		for range 3 {
			_, _, err := d.Tickets.Note(t.Context(), d.mira, id, ticket.Draft{Text: "among us"})
			d.must(err)
		}
		_, err := d.Tickets.MarkRead(t.Context(), d.mira, id, 4)
		d.must(err)
		high := ticket.High
		_, err = d.Tickets.Edit(t.Context(), d.mira, id, ticket.Edit{Priority: &high})
		d.must(err)
		d.reply(id, "good morning")
		seen := 0
		for e := range events {
			var c conversation
			if e.what == "conversation" {
				d.must(json.Unmarshal(e.data, &c))
				if seen++; c.AgentReadSeq > c.LastSeq {
					t.Errorf("read %d of %d", c.AgentReadSeq, c.LastSeq)
				}
			}
			if e.what == "conversation" && c.LastSeq == 5 {
				break
			}
		}
		if seen > 3 { // read, answered, perhaps delivered
			t.Errorf("%d times told that something changed", seen)
		}
		ann.post("conversations/"+id+"/read", map[string]any{"seq": 1 << 40})
		_, _, err = d.Tickets.Note(t.Context(), d.mira, id, ticket.Draft{Text: "again"})
		d.must(err)
		ann.post("conversations/"+id+"/read", map[string]any{"seq": 1 << 40})
		if a := ann.get("conversations"); !strings.Contains(string(a.Body), `"read_seq":5`) {
			t.Errorf("list: %s", a.Body)
		}
	})
}

func TestStreamShowsWhatIsNow(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		events, _ := ann.listen("")
		next(t, events, "ready")
		d.reply(id, "good morning")
		if m := next(t, events, "message").message(); m.Author.Name != "Mira Okafor" {
			t.Errorf("author %+v", m.Author)
		}
		d.platform(func(a *ticket.App, _ *ticket.Platform) { a.Name, a.Private = "Fernhill", true })
		d.reply(id, "now in private")
		if m := next(t, events, "message").message(); m.Author.Name != "Fernhill" || m.Author.ID != "" {
			t.Errorf("author %+v", m.Author)
		}
	})
}

// After a logout nothing more is told, heartbeat or not.
func TestNothingIsToldAfterLogout(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", signed("u1", ""))
		id := ann.sent("1", "hello").Conversation.ID
		d.admitted(id)
		events, _ := ann.listen("")
		next(t, events, "ready")
		ann.post("logout", struct{}{})
		d.reply(id, "private")
		for e := range events {
			if e.what == "message" || e.what == "conversation" {
				t.Errorf("told %s", e.data)
			}
		}
	})
}

// A cursor from before the desk was restored leads to a new beginning.
func TestCursorOfTheFuture(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		events, hangUp := ann.listen("")
		next(t, events, "ready")
		d.reply(id, "one")
		next(t, events, "message")
		hangUp()
		future := chat.FutureCursor(id)
		again, _ := ann.listen(future)
		next(t, again, "reset")
	})
}

// A visitor who opens ever more streams loses his oldest.
func TestStreamsAreBounded(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, true, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		first, _ := ann.listen("")
		next(t, first, "ready")
		for range 20 {
			events, _ := ann.listen("")
			next(t, events, "ready")
		}
		timeout := time.After(5 * time.Minute)
		for {
			select {
			case _, ok := <-first:
				if !ok {
					return
				}
			case <-timeout:
				t.Fatal("the oldest stream goes on")
			}
		}
	})
}

func TestAfterAndBefore(t *testing.T) {
	eachDesk(t, frontdesk.Config{}, false, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		if a := ann.get("conversations/" + id + "/messages?after=0&before=9"); a.Status != http.StatusUnprocessableEntity || a.Field != "before" {
			t.Errorf("both: %d %s", a.Status, a.Body)
		}
		if a := ann.send("2", " \n "); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("blank: %d", a.Status)
		}
	})
}
