package chat_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// letterbox collects what a desk sends.
type letterbox struct {
	mu   sync.Mutex
	all  []*mail.Mail
	from []string // of the envelopes
	fail int      // so many first calls
}

func (b *letterbox) Send(_ context.Context, o email.Outgoing, content io.Reader) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail--; b.fail >= 0 {
		return &email.SendError{Reason: "the server is away"}
	}
	m, err := mail.Parse(content, nil)
	b.all, b.from = append(b.all, m), append(b.from, o.From)
	return err
}

// What stays unread of a chat goes by mail to who has no device that hears, all of it in
// one mail and once; an answer to that mail belongs to the chat.
func TestUnreadGoesByMail(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		box, p := &letterbox{fail: 1}, &pushes{}
		d := newDesk(t, frontdesk.Config{Store: s, Push: p, Mail: email.Options{Sender: box}}, false)
		d.must(d.Email.SaveSettings(t.Context(), frontdesk.Host(), &email.Settings{App: ticket.DefaultApp, From: "help@shop.example"}))
		drain := func(after time.Duration) {
			t.Helper()
			d.clock.add(after)
			_, err := d.Drain(t.Context())
			d.must(err)
		}
		ann := d.visit("ann", nil)
		id := ann.sent("1", "hello").Conversation.ID
		d.reply(id, "nobody knows her address yet")
		drain(time.Hour)
		if len(box.all) != 0 {
			t.Fatalf("mailed to nobody: %+v", box.all)
		}
		_, err := d.People.Claim(t.Context(), event.Actor{Kind: event.EndUser, ID: ann.id}, ann.id, identity.Profile{Email: "ann@home.example"})
		d.must(err)
		leave := d.Presence.Come(event.Actor{Kind: event.EndUser, ID: ann.id})
		d.reply(id, "one")
		d.clock.add(time.Minute)
		d.reply(id, "two")
		drain(8 * time.Minute)
		if len(box.all) != 0 {
			t.Error("mailed too early")
		}
		for range 3 {
			drain(time.Hour)
		}
		leave()
		if len(box.all) != 1 || !strings.Contains(box.all[0].Text, "one") || !strings.Contains(box.all[0].Text, "two") {
			t.Fatalf("mails %+v", box.all)
		}
		got := box.all[0]
		if got.To[0].Address != "ann@home.example" || !strings.HasPrefix(box.from[0], "help+") {
			t.Errorf("the mail goes to %v from %s", got.To, box.from[0])
		}

		// She answers from her mail program.
		answer := "From: ann@home.example\r\nTo: " + got.ReplyTo[0].Address + "\r\nMessage-ID: <a1@home.example>\r\nIn-Reply-To: <" + got.MessageID + ">\r\nSubject: " + got.Subject + "\r\n\r\nI see, thanks.\r\n"
		_, err = d.Email.Receive(t.Context(), email.Envelope{Source: "raw"}, bytes.NewReader([]byte(answer)))
		d.must(err)
		drain(time.Second)
		ms, _, err := d.Tickets.Messages(t.Context(), frontdesk.Host(), id, 0, 0, 50)
		d.must(err)
		if last := ms[len(ms)-1]; last.Text != "I see, thanks." || last.Author.ID != ann.id || last.FromCopy() {
			t.Errorf("the last message is %+v", last)
		}

		// With a device that hears, it isn't mailed.
		ann.post("session", map[string]any{"device": ann.device, "push": "apns:ann"})
		d.reply(id, "three")
		for range 2 {
			drain(time.Hour)
		}
		if len(box.all) != 1 || !slices.ContainsFunc(p.texts(), func(s []string) bool { return slices.Contains(s, "three") }) {
			t.Errorf("%d mails, pushed %v", len(box.all), p.texts())
		}
	})
}
