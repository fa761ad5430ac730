package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Who is in copy reads what was said before. So nobody gets there by a mail of which only
// the number of a ticket, and the name of its end user, say that it belongs there.
func TestNumberPutsNobodyInCopy(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		tk := r.opened()
		d := r.gets(letter("It's me.", from("eve@mail.example", "forged", fmt.Sprintf("[#%d]", tk.Number), "Cc: thief@evil.example")...), Envelope{})
		if d.Ticket != tk.ID || len(r.ticket(tk.ID).Copied) != 1 || !strings.Contains(r.talk(tk.ID), "thief@evil.example") {
			t.Errorf("%+v; in copy are %v of\n%s", d, r.ticket(tk.ID).Copied, r.talk(tk.ID))
		}
		d = r.gets(letter("With Carl.", "From: eve@mail.example", "To: "+r.tagged("help@shop.example", tag{forReplies, tk.ID, 0}), "Cc: carl@mail.example", "Message-ID: <real>", fmt.Sprintf("Subject: [#%d]", tk.Number)), Envelope{})
		if copied := r.ticket(tk.ID).Copied; d.Ticket != tk.ID || len(copied) != 2 || copied[1] != "carl@mail.example" {
			t.Errorf("%+v; in copy are %v", d, copied)
		}
	})
}

// Anybody may fill in a form on a page, with anybody's address and what subject he likes.
func TestFormWritesOnNoTicket(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		tk := r.opened()
		was := r.talk(tk.ID)
		d := r.gets(letter("Send it to another house.", "From: help@shop.example", "Reply-To: eve@mail.example", "To: help@shop.example", "Message-ID: <form>", fmt.Sprintf("Subject: [#%d]", tk.Number)), Envelope{})
		if d.State != StateDone || d.Ticket == tk.ID || !strings.Contains(r.talk(d.Ticket), "it came by a form") {
			t.Errorf("%+v", d)
		}
		r.says(tk.ID, was)
	})
}

// Who was to know that a mail went to the desk stands in its header; others aren't told.
func TestBlindCopyTellsNobody(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		d := r.gets(letter("Look what they write.", "From: eve@mail.example", "To: boss@corp.example, carl@corp.example", "Message-ID: <blind>", "Subject: Well"), Envelope{To: []string{"help@shop.example"}})
		if copied := r.ticket(d.Ticket).Copied; len(copied) != 0 || !strings.Contains(r.talk(d.Ticket), "boss@corp.example") {
			t.Errorf("in copy are %v of\n%s", copied, r.talk(d.Ticket))
		}
	})
}

// Who writes in somebody's name doesn't use up what that one may write in an hour.
func TestForgedMailsSilenceNobody(t *testing.T) {
	eachRoom(t, Options{Verifier: "mx.shop.example", PerSender: 2}, func(t *testing.T, r *mailroom) {
		for i := range 4 {
			d := r.gets(letter("Spam.", from("eve@mail.example", fmt.Sprint("forged", i), "s", "Authentication-Results: mx.shop.example; dmarc=fail header.from=mail.example")...), Envelope{})
			if (d.State == StateHeld) != (i >= 2) {
				t.Fatalf("forged %d: %+v", i, d)
			}
		}
		for i := range 2 {
			if d := r.gets(letter("Help.", from("eve@mail.example", fmt.Sprint("own", i), "s")...), Envelope{}); d.State != StateDone {
				t.Errorf("her own: %+v", d)
			}
		}
	})
}

// Answers to an address that settings don't name any more come to their ticket, and it isn't
// taken for somebody in copy.
func TestSignedAddressOutlivesSettings(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		tk := r.opened()
		old := r.tagged("help@shop.example", tag{forReplies, tk.ID, 0})
		must(t, r.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			c, err := settings.Get(ctx, tx, ticket.DefaultApp)
			if err != nil {
				return err
			}
			c.From = "support@shop.example"
			return errors.Join(c.takeAddresses(ctx, tx), settings.Put(ctx, tx, c))
		}))
		for address, want := range map[string]bool{old: true, "help@shop.example": false, "help+made-up@shop.example": false} {
			if ok, err := r.Accepts(t.Context(), address); ok != want || err != nil {
				t.Errorf("accepts %s: %v, %v", address, ok, err)
			}
		}
		d := r.gets(letter("Thanks.", "From: eve@mail.example", "To: "+old, "Cc: carl@mail.example", "Message-ID: <late>", "Subject: Re: Order"), Envelope{To: []string{old}})
		if copied := r.ticket(tk.ID).Copied; d.Ticket != tk.ID || !slices.Equal(copied, []string{"bob@mail.example", "carl@mail.example"}) {
			t.Errorf("in copy are %v; %+v", copied, d)
		}
	})
}

// Whoever got a mail can write reports about it: they don't fill its ticket with notes.
func TestReportsFillNoTicket(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		tk := r.opened()
		_, m, err := r.Tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Hello."})
		must(t, err)
		must(t, r.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return sents.Put(ctx, tx, &sent{Key: m.ID(), ID: "x@shop.example", Ticket: tk.ID, Seq: m.Seq, EndUser: tk.EndUser, Taken: []string{"eve@mail.example", "bob@mail.example"}})
		}))
		r.work()
		was := r.ticket(tk.ID).Marks.Last
		for n := range 3 {
			var b strings.Builder
			b.WriteString("--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n")
			for i := range 999 {
				fmt.Fprintf(&b, "\r\nFinal-Recipient: rfc822; x%d.%d@evil.example\r\nAction: failed\r\nStatus: 5.1.1\r\n", n, i)
			}
			b.WriteString("--b--")
			d := r.gets(letter(b.String(), "From: mailer-daemon@evil.example", "Content-Type: multipart/report; boundary=b"), Envelope{To: []string{r.tagged("help@shop.example", tag{forReports, tk.ID, m.Seq})}})
			if d.State != StateReport {
				t.Errorf("%+v", d)
			}
		}
		if now := r.ticket(tk.ID).Marks.Last; now != was+1 {
			t.Errorf("%d messages more, want one note", now-was)
		}
	})
}
