package email

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// What is no message has no end user with whom it would go: it doesn't say whose it is.
func TestWhatIsNoMessageNamesNobody(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		raw := letter("Hello.", from("Eve <eve@mail.example>", "eve@mail.example", "Eve's order")...)
		e := Envelope{From: "eve@mail.example", To: []string{"help@shop.example"}}
		first := r.gets(raw, e)
		again := r.gets(raw, e)
		own := r.gets(letter("To Eve.", from("help@shop.example", "own", "Re: Eve's order", "X-Frontdesk-Desk: "+r.People.Sign(ownPurpose))...), Envelope{To: []string{"eve@mail.example"}})
		automatic := r.gets(letter("Away.", from("eve@mail.example", "away", "Eve is away", "Auto-Submitted: auto-replied")...), e)
		must(t, r.Discard(t.Context(), host, automatic.ID))
		if first.State != StateDone || again.State != StateDuplicate || own.State != StateIgnored {
			t.Fatalf("%+v, %+v, %+v", first, again, own)
		}
		_, err := r.People.Erase(t.Context(), host, first.EndUser)
		must(t, err)
		r.work()
		for _, id := range []string{first.ID, again.ID, own.ID, automatic.ID} {
			d, err := r.received(t.Context(), id)
			if must(t, err); strings.Contains(strings.ToLower(fmt.Sprintf("%+v", d)), "eve") {
				t.Errorf("left is %+v", d)
			}
		}
		if d := r.gets(raw, e); d.State != StateDuplicate {
			t.Errorf("after that the mail came again: %+v", d)
		}
	})
}

// A mail as it was received has what full privacy refuses: name, address and files.
func TestFullPrivacyKeepsNoRawMail(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		toys, err := r.Tickets.App(t.Context(), "toys")
		must(t, err)
		toys.FullPrivacy = true
		must(t, r.Tickets.SaveApp(t.Context(), host, toys))
		head := func(id string, more ...string) []string {
			return append([]string{"From: Kim <kim@mail.example>", "To: toys@shop.example", "Message-ID: <" + id + ">"}, more...)
		}
		d := r.gets(letter("--b\r\n\r\nIt broke.\r\n--b\r\nContent-Disposition: attachment; filename=me.txt\r\n\r\nI\r\n--b--", head("1", "Content-Type: multipart/mixed; boundary=b")...), Envelope{From: "kim@mail.example"})
		away := r.gets(letter("At school.", head("2", "In-Reply-To: <1>", "Auto-Submitted: auto-replied")...), Envelope{})
		if d.State != StateDone || away.State != StateDone || away.Ticket != d.Ticket {
			t.Fatalf("%+v, %+v", d, away)
		}
		for _, d := range []*Received{d, away} {
			if _, _, err := r.Raw(t.Context(), ann, d.Ticket, d.Seq); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the raw mail: %v", err)
			}
			if strings.Contains(strings.ToLower(fmt.Sprintf("%+v", d)), "kim") {
				t.Errorf("left is %+v", d)
			}
		}
		if said := r.talk(d.Ticket); strings.Contains(said, "kim") {
			t.Errorf("the ticket says\n%s", said)
		}
	})
}

// The title of a ticket is the subject of its mails.
func TestRawGoesWithWhatWasInItsTitle(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		d := r.gets(letter("It's above.", from("eve@mail.example", "1", "My word is swordfish")...), Envelope{})
		n, err := r.Tickets.RedactPattern(t.Context(), host, d.Ticket, "swordfish")
		if must(t, err); n != 1 {
			t.Fatalf("%d pieces were taken out", n)
		}
		r.work()
		d, err = r.received(t.Context(), d.ID)
		if must(t, err); d.Subject != "" || d.Blob != "" {
			t.Errorf("left is %+v", d)
		}
	})
}

// Who puts strangers in copy of a mail doesn't have the desk write to them by itself; an
// agent's answer goes to them.
func TestAutomaticMailsGoToNobodyInCopy(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Buy this.")
		copied := []string{"stranger@mail.example"}
		_, err := d.Tickets.Edit(t.Context(), outSystem, x.ID, ticket.Edit{Copied: &copied})
		d.must(err)
		_, _, err = d.Tickets.Reply(t.Context(), event.Actor{Kind: event.Automation, ID: "r"}, x.ID, ticket.Draft{Text: "We have your message."})
		d.must(err)
		d.drain()
		d.reply(x.ID, ticket.Draft{Text: "I look into it."})
		d.drain()
		ms := d.post.raw()
		if len(ms) != 2 || len(ms[0].To) != 1 || strings.Contains(ms[0].content, "stranger@") || len(ms[1].To) != 2 {
			t.Errorf("sent were %+v", ms)
		}
	})
}

// A stranger's Message-ID doesn't make answers undeliverable.
func TestReferencesAreForEveryServer(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Hello.")
		d.must(d.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for _, id := range []string{"ü@mail.example", strings.Repeat("a", 995) + "@m", "a\x01b@mail.example", "good@mail.example"} {
				if err := d.know(ctx, tx, known{ID: id, Ticket: x.ID, Seq: 1, EndUser: d.eve}); err != nil {
					return err
				}
			}
			return nil
		}))
		d.reply(x.ID, ticket.Draft{Text: "Hi."})
		d.drain()
		ms := d.post.raw()
		if len(ms) != 1 || !strings.Contains(ms[0].content, "<good@mail.example>") {
			t.Fatalf("sent were %+v", ms)
		}
		for line := range strings.Lines(ms[0].content) {
			if len(line) > 1000 || strings.ContainsAny(line, "ü\x01") {
				t.Errorf("a line is %q", line)
			}
		}
	})
}
