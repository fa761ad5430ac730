package chat_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/chat"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestStreamGoesOnWhereItWas(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		events, hangUp := ann.listen("")
		cursor := next(t, events, "ready").id
		id := ann.sent("1", "hello").Conversation.ID
		if m := next(t, events, "message"); m.message().Text != "hello" || m.id == "" {
			t.Errorf("own message: %s", m.data)
		}
		d.reply(id, "good morning")
		m := next(t, events, "message")
		if m.message().Text != "good morning" || m.message().Author.Name != "Mira Okafor" {
			t.Errorf("answer: %s", m.data)
		}
		hangUp()
		for i := range 3 {
			d.reply(id, fmt.Sprint("while you were away ", i))
		}
		_, _, err := d.Tickets.Note(t.Context(), d.mira, id, ticket.Draft{Text: "not for her eyes"})
		d.must(err)

		var got []string
		events, hangUp = ann.listen(m.id)
		for range 3 {
			got = append(got, next(t, events, "message").message().Text)
		}
		if want := []string{"while you were away 0", "while you were away 1", "while you were away 2"}; !slices.Equal(got, want) {
			t.Errorf("after coming back: %q", got)
		}
		next(t, events, "conversation")
		hangUp()
		// From the very first cursor everything comes, a conversation that was new
		// meanwhile included.
		events, _ = ann.listen(cursor)
		for i, want := range []string{"hello", "good morning", "while you were away 0"} {
			if m := next(t, events, "message").message(); m.Text != want {
				t.Errorf("message %d from the start: %q", i, m.Text)
			}
		}
	})
}

// What was written while nobody listened is delivered when somebody does.
func TestFirstStreamDelivers(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		m := d.reply(id, "good morning")
		events, _ := ann.listen("")
		next(t, events, "presence")
		tk, err := d.Tickets.Get(t.Context(), d.mira, id)
		if err != nil || tk.DeliveryOf(m) != ticket.DeliveryDelivered {
			t.Errorf("%s, %v", tk.DeliveryOf(m), err)
		}
	})
}

func TestStreamOfADamagedCursorBeginsAnew(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		events, _ := ann.listen("AAAA")
		next(t, events, "reset")
		d.reply(id, "good morning")
		if m := next(t, events, "message").message(); m.Text != "good morning" {
			t.Errorf("after the reset: %q", m.Text)
		}
	})
}

func TestStreamEndsWithItsSession(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		d.Chat.SetHeartbeat(10 * time.Millisecond)
		ann := d.visit("ann", signed("u1", ""))
		events, _ := ann.listen("")
		next(t, events, "ready")
		if a := ann.post("logout", struct{}{}); a.Status != http.StatusNoContent {
			t.Fatal(a.Status)
		}
		next(t, events, "bye")
	})
}

// Who is erased hears of it at once, and his device is a stranger's.
func TestStreamEndsWithAnErasure(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", signed("u1", ""))
		ann.sent("1", "hello")
		events, _ := ann.listen("")
		next(t, events, "ready")
		if _, err := d.People.Erase(t.Context(), frontdesk.Host(), ann.id); err != nil {
			t.Fatal(err)
		}
		next(t, events, "bye")
		if again := d.visit("ann", nil); again.id == ann.id {
			t.Error("the device is his still")
		}
		if again := d.visit("ann", signed("u1", "")); again.id == ann.id {
			t.Error("who logs in again is the one who was erased")
		}
	})
}

func TestTypingAndPresence(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann, eve := d.visit("ann", nil), d.visit("eve", nil)
		id := ann.sent("1", "hello").Conversation.ID
		events, hangUp := ann.listen("")
		others, _ := eve.listen("")
		next(t, events, "presence")
		next(t, others, "presence")
		if !d.Presence.Online(event.Actor{Kind: event.EndUser, ID: ann.id}) {
			t.Error("Ann isn't there")
		}
		leave := d.Presence.Come(d.mira)
		if e := next(t, events, "presence"); string(e.data) != `{"online":true}` {
			t.Errorf("an agent came: %s", e.data)
		}
		next(t, others, "presence")
		tk, err := d.Tickets.Get(t.Context(), d.mira, id)
		d.must(err)
		d.Presence.Typing(tk, d.mira, true)
		if e := next(t, events, "typing"); string(e.data) != fmt.Sprintf(`{"conversation":%q,"name":"Mira Okafor","typing":true}`, id) {
			t.Errorf("typing: %s", e.data)
		}
		all, deaf := d.Presence.Listen("")
		defer deaf()
		ann.post("conversations/"+id+"/typing", map[string]any{"typing": true})
		if l := <-all; !l.Typing || l.Ticket != id {
			t.Errorf("Ann types: %+v", l)
		}
		leave()
		if e := next(t, others, "presence"); string(e.data) != `{"online":false}` {
			t.Errorf("the agent left: %s; typing on another's ticket must not be heard before", e.data)
		}
		hangUp()
		for l := range all {
			if l.Actor.ID == ann.id && !l.Online && l.Ticket == "" {
				break
			}
		}
	})
}

// Whatever happens to the line, each message comes once and in order.
func TestStreamUnderHangUps(t *testing.T) {
	eachWay(t, frontdesk.Config{}, func(t *testing.T, d *desk) {
		ann := d.visit("ann", nil)
		id := ann.sent("0", "line 0").Conversation.ID
		const lines = 196 // all of which history can hold
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range lines / 4 {
					if _, _, err := d.Tickets.Reply(context.Background(), d.mira, id, ticket.Draft{Text: fmt.Sprintf("agent %d %d", w, i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		defer wg.Wait()
		start, end := ann.listen("")
		cursor := next(t, start, "ready").id
		end()
		first := ann.get("conversations/" + id + "/messages?limit=200").Messages
		seen := map[int64]int{}
		for _, m := range first {
			seen[m.Seq]++
		}
		rng := rand.New(rand.NewPCG(1, 2))
		last := int64(0)
		for last < lines+1 {
			events, hangUp := ann.listen(cursor)
			for range 1 + rng.IntN(40) {
				e := next(t, events, "message")
				m := e.message()
				if m.Seq <= last {
					t.Fatalf("message %d after %d", m.Seq, last)
				}
				last, cursor = m.Seq, e.id
				seen[m.Seq]++
				if last == lines+1 {
					break
				}
			}
			hangUp()
		}
		for seq := int64(1); seq <= lines+1; seq++ {
			// What was there at "ready" may be in history and stream both, the rest isn't.
			if seen[seq] == 0 || seen[seq] > 2 {
				t.Errorf("message %d came %d times", seq, seen[seq])
			}
		}
	})
}

// pushes collects what is pushed.
type pushes struct {
	mu   sync.Mutex
	all  []chat.Notification
	fail int // so many first calls
}

func (p *pushes) Push(_ context.Context, n chat.Notification) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail--; p.fail >= 0 {
		return fmt.Errorf("the push service is away")
	}
	p.all = append(p.all, n)
	return nil
}

func (p *pushes) texts() (out [][]string) {
	for _, n := range p.all {
		var texts []string
		for _, m := range n.Messages {
			texts = append(texts, m.Text)
		}
		out = append(out, texts)
	}
	return out
}

func TestPush(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		p := &pushes{fail: 1}
		d := newDesk(t, frontdesk.Config{Store: s, Push: p}, false)
		drain := func() {
			t.Helper()
			_, err := d.Drain(t.Context())
			d.must(err)
		}
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		d.reply(id, "before she had registered")
		drain()
		if len(p.all) != 0 {
			t.Errorf("pushed to nobody: %v", p.texts())
		}
		ann.post("session", map[string]any{"device": ann.device, "push": "apns:ann"})

		// She isn't there: at once, also after a failure of the service.
		d.reply(id, "one")
		drain()
		d.clock.add(time.Hour)
		drain()
		drain()
		if got := fmt.Sprint(p.texts()); got != "[[before she had registered one]]" {
			t.Fatalf("pushed %s", got)
		}
		if n := p.all[0]; n.Devices[0].Push != "apns:ann" || n.EndUser.ID != ann.id || n.ID == "" {
			t.Errorf("notification %+v", n)
		}

		// She is there: after ten minutes, all in one, unless she has read it.
		leave := d.Presence.Come(event.Actor{Kind: event.EndUser, ID: ann.id})
		defer leave()
		d.reply(id, "two")
		d.clock.add(time.Minute)
		d.reply(id, "three")
		drain()
		d.clock.add(8 * time.Minute)
		drain()
		if len(p.all) != 1 {
			t.Errorf("too early: %v", p.texts())
		}
		d.clock.add(time.Minute)
		drain()
		d.clock.add(time.Hour)
		drain()
		if got := fmt.Sprint(p.texts()); got != "[[before she had registered one] [two three]]" {
			t.Errorf("pushed %s", got)
		}
		m := d.reply(id, "four")
		ann.begin(nil)
		ann.post("conversations/"+id+"/read", map[string]any{"seq": m.Seq})
		d.clock.add(time.Hour)
		drain()
		if len(p.all) != 2 {
			t.Errorf("pushed what she has read: %v", p.texts())
		}
	})
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{"", "AQ", "AAAA", "AQECAwQFBgcICQoLDA0ODxARAQI", "AQECAwQFBgcICQoLDA0ODxAR_____w8B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once, err := chat.ReadCursor(in)
		if err != nil {
			return
		}
		if again, err := chat.ReadCursor(once); err != nil || again != once {
			t.Errorf("%q: %q, then %q, %v", in, once, again, err)
		}
	})
}
