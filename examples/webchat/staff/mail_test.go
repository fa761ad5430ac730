package staff_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/channel/email"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Held mails are read, let in and discarded; a message shows the mail that it came as; the
// desk's own mails are seen before they are sent.
func TestMails(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		d.promote()
		type fields = map[string]any
		if r := d.do("POST", "api/office/mailsettings", fields{"from": "help@shop.example", "brand": "The <shop>"}, nil); r.status != http.StatusOK {
			t.Fatalf("settings: %d %s", r.status, r.body)
		}
		r := d.do("GET", "api/office/mailpreview?language=de", nil, nil)
		if !strings.Contains(r.body, "The &lt;shop&gt;") || !strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("the preview, under %q, is\n%s", r.header.Get("Content-Security-Policy"), r.body)
		}
		for _, text := range []string{"From: ann@home.example\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\n<b>I am away</b>", "From: bot@home.example\r\nAuto-Submitted: auto-replied\r\nSubject: no\r\n\r\nNobody."} {
			_, err := d.Email.Receive(t.Context(), email.Envelope{Source: "test", To: []string{"help@shop.example"}}, strings.NewReader(text))
			d.must(err)
		}
		var got struct {
			Held []struct{ ID, From, Subject, Reason string }
		}
		d.soon("two mails are held", func() bool { d.get("api/office/mail", &got); return len(got.Held) == 2 })
		if got.Held[0].From == "ann@home.example" { // which of the two came first is chance
			slices.Reverse(got.Held)
		}
		if got.Held[1].From != "ann@home.example" || got.Held[1].Reason != "automatic" {
			t.Fatalf("held are %+v", got.Held)
		}
		r = d.do("GET", "api/office/mail/"+got.Held[1].ID, nil, nil)
		if !strings.Contains(r.body, "<b>I am away</b>") || !strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
			t.Errorf("it reads, as %s:\n%s", r.header.Get("Content-Type"), r.body)
		}
		var away *ticket.Ticket
		for i, act := range []string{"discard", "letin"} {
			if r := d.do("POST", "api/office/mail/"+act, fields{"id": got.Held[i].ID}, nil); r.status != http.StatusNoContent {
				t.Errorf("%s: %d %s", act, r.status, r.body)
			}
		}
		d.soon("what was let in is a ticket", func() bool {
			ts, _, err := d.Tickets.All(t.Context(), frontdesk.Host(), "", 200)
			d.must(err)
			return slices.ContainsFunc(ts, func(tk *ticket.Ticket) bool { away = tk; return tk.Title == "away" })
		})
		if d.get("api/office/mail", &got); len(got.Held) != 0 {
			t.Errorf("still held are %+v", got.Held)
		}
		var page struct {
			Messages []struct {
				Seq  int64
				Mail bool
			}
		}
		if d.get("api/tickets/"+away.ID+"/messages", &page); len(page.Messages) == 0 || !page.Messages[0].Mail {
			t.Fatalf("the messages are %+v", page.Messages)
		}
		if r := d.do("GET", "api/tickets/"+away.ID+"/mail/1", nil, nil); r.status != http.StatusOK || !strings.Contains(r.body, "From: <ann@home.example>\n") || !strings.HasSuffix(r.body, "<b>I am away</b>") {
			t.Errorf("the mail of the message: %d %s", r.status, r.body)
		}
		if r := d.do("GET", "api/tickets/"+away.ID+"/mail/1?raw=1", nil, nil); !strings.Contains(r.body, "Auto-Submitted") || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("as a file it is %s %s", r.header, r.body)
		}
		if r := d.do("GET", "api/tickets/"+away.ID+"/mail/x", nil, nil); r.status != http.StatusUnprocessableEntity {
			t.Errorf("a mail without a number: %d %s", r.status, r.body)
		}
	})
}
