package email

import (
	"fmt"
	"strings"
	"testing"
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
