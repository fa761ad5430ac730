package email

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// bounced is a report that a mail wasn't delivered.
func bounced(to, about string) string {
	return letter("--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; eve@mail.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <"+about+">\r\n--b--",
		"From: MAILER-DAEMON@mx.example", "To: "+to, "Message-ID: <report-"+about+">", "Subject: Undelivered", "Content-Type: multipart/report; report-type=delivery-status; boundary=b")
}

func TestWhatIsHeld(t *testing.T) {
	eachRoom(t, Options{PerSender: 3}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		before := r.talk(x.ID)
		for _, c := range []struct {
			name, raw string
			e         Envelope
			state     State
			reason    Reason
		}{
			{"nothing at all", "", Envelope{}, StateHeld, ReasonUnreadable},
			{"no mail", "hello\r\n\r\nthere", Envelope{}, StateHeld, ReasonUnreadable},
			{"binary", "\x00\x01\xff\xfe\n\n\x00", Envelope{}, StateHeld, ReasonUnreadable},
			{"no sender", letter("x", "Subject: s"), Envelope{}, StateHeld, ReasonUnreadable},
			{"a sender in the envelope only", letter("x", "Subject: from the envelope"), Envelope{From: "ed@mail.example"}, StateDone, ""},
			{"too many parts", letter(strings.Repeat("--b\r\n\r\nx\r\n", 2000), from("p@mail.example", "p", "s", "Content-Type: multipart/mixed; boundary=b")...), Envelope{}, StateHeld, ReasonUnreadable},
			{"too many recipients", letter("x", "From: q@mail.example", "To: "+strings.Repeat("a@b.example,\r\n ", 10_000)), Envelope{}, StateHeld, ReasonUnreadable},
			{"automatic", letter("x", from("auto@mail.example", "au", "s", "Auto-Submitted: auto-generated")...), Envelope{}, StateHeld, ReasonAutomatic},
			{"an empty sender of the envelope", letter("x", from("auto@mail.example", "au2", "s")...), Envelope{Null: true}, StateHeld, ReasonAutomatic},
			{"automatic, in a thread of another one", letter("x", from("auto@mail.example", "au3", "s", "Auto-Submitted: auto-replied", "In-Reply-To: <first@mail.example>")...), Envelope{}, StateHeld, ReasonAutomatic},
			{"a receipt", letter("--b\r\n\r\nIt was read.\r\n--b--", from("mdn@mail.example", "mdn", "Read: s", "Content-Type: multipart/report; report-type=disposition-notification; boundary=b")...), Envelope{}, StateHeld, ReasonAutomatic},
			{"only its subject looks automatic", letter("x", from("weak@mail.example", "we", "Out of office")...), Envelope{}, StateDone, ""},
			{"from a list", letter("x", from("list@mail.example", "li", "s", "List-Id: <l.example>", "Precedence: list")...), Envelope{}, StateDone, ""},
			{"a report of nothing that was sent", bounced("help@shop.example", "unknown@shop.example"), Envelope{Null: true}, StateHeld, ReasonReport},
			{"the desk's own", letter("x", from("eve@mail.example", "own", "s", "X-Frontdesk-Desk: "+r.People.Sign(ownPurpose))...), Envelope{}, StateIgnored, ""},
			{"not the desk's own", letter("x", from("own@mail.example", "own2", "s", "X-Frontdesk-Desk: made up")...), Envelope{}, StateDone, ""},
		} {
			d := r.gets(c.raw, c.e)
			if d.State != c.state || d.Reason != c.reason {
				t.Errorf("%s: %s %s, %s", c.name, d.State, d.Reason, d.Error)
			}
			if (d.State == StateHeld) != (d.Blob != "" && d.Ticket == "") {
				t.Errorf("%s: %+v", c.name, d)
			}
		}
		r.says(x.ID, before)
		n, err := r.HeldCount(t.Context())
		must(t, err)
		if held := r.inQuarantine(); n != len(held) || n != 11 {
			t.Errorf("%d are held, and %d listed", n, len(held))
		}
	})
}

func TestReportsAndOwnMails(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		must(t, r.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return r.know(ctx, tx, known{ID: "sent@shop.example", Ticket: x.ID, Seq: 7, EndUser: x.EndUser, Out: true})
		}))
		d := r.gets(bounced("help@shop.example", "sent@shop.example"), Envelope{Null: true})
		if d.State != StateReport || d.Ticket != x.ID || d.Seq != 7 || d.Blob != "" {
			t.Errorf("by Message-ID: %+v", d)
		}
		to := r.tagged("help@shop.example", tag{forReports, x.ID, 8})
		d = r.gets(bounced("help@shop.example", "unknown@shop.example"), Envelope{Null: true, To: []string{to}})
		if d.State != StateReport || d.Ticket != x.ID || d.Seq != 8 {
			t.Errorf("by address: %+v", d)
		}
		d = r.gets(letter("I am away.", from("eve@mail.example", "away", "Re: Order", "Auto-Submitted: auto-replied")...), Envelope{Null: true, To: []string{to}})
		if d.State != StateDone || d.Ticket != x.ID {
			t.Errorf("an automatic answer: %+v", d)
		}
		r.says(x.ID, "end_user: My order is late.\nsystem notes: Automatic answer of eve@mail.example:\n\nI am away.\n")
		d = r.gets(letter("x", "From: Shop <help@shop.example>", "Message-ID: <sent@shop.example>"), Envelope{})
		if d.State != StateIgnored {
			t.Errorf("its own mail: %+v", d)
		}
	})
}

func TestQuarantine(t *testing.T) {
	eachRoom(t, Options{PerSender: 2}, func(t *testing.T, r *mailroom) {
		var ds []*Received
		for i := range 5 {
			ds = append(ds, r.gets(letter(fmt.Sprint("Text ", i), from("eve@mail.example", fmt.Sprint(i), "s")...), Envelope{}))
			r.clock.forward(time.Minute)
		}
		held := r.inQuarantine()
		if len(held) != 3 || held[0].ID != ds[4].ID || held[2].ID != ds[2].ID || held[0].Reason != ReasonRate {
			t.Fatalf("held are %+v", held)
		}
		root := host
		root.Kind, root.ID = "agent", "root"
		must(t, r.LetIn(t.Context(), root, ds[2].ID))
		r.work()
		must(t, r.Discard(t.Context(), root, ds[3].ID))
		isErr(t, r.Discard(t.Context(), root, ds[0].ID), store.ErrNotFound)
		if _, _, err := r.Held(t.Context(), ann, "", 10); !is[*identity.PermissionError](err) {
			t.Errorf("an agent sees them: %v", err)
		}
		r.o.PerSender = 10
		must(t, r.Retry(t.Context(), root, ds[4].ID))
		r.work()
		for i, want := range []State{StateDone, StateDone, StateDone, StateDiscarded, StateDone} {
			d, err := r.received(t.Context(), ds[i].ID)
			must(t, err)
			if d.State != want || (d.Blob == "") != (want == StateDiscarded) {
				t.Errorf("mail %d is %+v", i, d)
			}
		}
		for i, want := range map[int]string{2: MailHeld + " " + MailLetIn, 3: MailHeld + " " + MailDiscarded, 4: MailHeld + " " + MailRetried} {
			es, _, err := r.Events.History(t.Context(), r.DB, "email:"+ds[i].ID, "", 10)
			must(t, err)
			var types []string
			for _, e := range es {
				types = append(types, e.Type)
				if e.Personal != nil || !strings.Contains(string(e.Facts), `"rate"`) {
					t.Errorf("an event says %s, %s", e.Facts, e.Personal)
				}
			}
			if got := strings.Join(types, " "); got != want {
				t.Errorf("mail %d: events are %s", i, got)
			}
		}
		again := r.gets(letter("Text 3", from("eve@mail.example", "3", "s")...), Envelope{})
		if again.State != StateDuplicate {
			t.Errorf("a copy of what was discarded is %+v", again)
		}
		d := r.gets("no mail", Envelope{})
		f, _, err := r.RawHeld(t.Context(), root, d.ID)
		must(t, err)
		raw, err := io.ReadAll(f)
		must(t, err)
		must(t, f.Close())
		if string(raw) != "no mail" {
			t.Errorf("as received it is %q", raw)
		}
		if again := r.gets("no mail", Envelope{}); again.State != StateDuplicate {
			t.Errorf("once more it is %+v", again)
		}
	})
}

// failing are blobs that can't be read for a while.
type failing struct {
	blob.Store
	err error
}

func (f *failing) Open(ctx context.Context, id string) (io.ReadSeekCloser, blob.Info, error) {
	if f.err != nil {
		return nil, blob.Info{}, f.err
	}
	return f.Store.Open(ctx, id)
}

func TestWhatFailsIsHeldAndRetried(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		broken := &failing{r.Blobs, fmt.Errorf("the disk is away")}
		r.Blobs = broken
		d := r.gets(letter("Hello", from("eve@mail.example", "1", "s")...), Envelope{})
		for range 10 {
			r.clock.forward(2 * time.Hour)
			r.work()
		}
		d, err := r.received(t.Context(), d.ID)
		must(t, err)
		if d.State != StateHeld || d.Reason != ReasonFailed || d.Error != "the disk is away" {
			t.Errorf("after many attempts: %+v", d)
		}
		broken.err = nil
		must(t, r.Retry(t.Context(), host, d.ID))
		r.work()
		if d, err = r.received(t.Context(), d.ID); err != nil || d.State != StateDone || d.Error != "" {
			t.Errorf("after the fix: %+v, %v", d, err)
		}
	})
}

func TestPanicsAreHeld(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		r.Blobs = &panicking{r.Blobs}
		d := r.gets(letter("Hello", from("eve@mail.example", "1", "s")...), Envelope{})
		for range 10 {
			r.clock.forward(2 * time.Hour)
			r.work()
		}
		d, err := r.received(t.Context(), d.ID)
		must(t, err)
		if d.State != StateHeld || d.Reason != ReasonFailed || d.Error != "panic: out of paper" {
			t.Errorf("after panics: %+v", d)
		}
	})
}

type panicking struct{ blob.Store }

func (p *panicking) Open(context.Context, string) (io.ReadSeekCloser, blob.Info, error) {
	panic("out of paper")
}

func TestBannedSender(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		_, err := r.People.Ban(t.Context(), host, identity.Ban{Kind: identity.BanDomain, Value: "spam.example"})
		must(t, err)
		d := r.gets(letter("Buy!", from("x@spam.example", "1", "s")...), Envelope{})
		if d.State != StateBanned || d.Blob != "" || len(r.tickets()) != 0 {
			t.Errorf("of a banned one: %+v", d)
		}
		file := r.gets(letter("--b\r\n\r\nBuy!\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n--b--", from("x@spam.example", "2", "s", "Content-Type: multipart/mixed; boundary=b")...), Envelope{})
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if file.State != StateBanned || len(blobs) != 0 {
			t.Errorf("with a file: %+v, and %d blobs are kept", file, len(blobs))
		}
		ws, _, err := r.People.Withheld(t.Context(), host, "", 10)
		must(t, err)
		if len(ws) != 2 || ws[0].Text != "Buy!" {
			t.Errorf("withheld are %+v", ws)
		}
	})
}

func TestAttachments(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		app, err := r.Tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		for i := range app.Platforms {
			if app.Platforms[i].Name == Platform {
				app.Platforms[i].Attachments = ticket.Files{Types: []string{"text/*", "image/*"}, MaxBytes: 50_000}
			}
		}
		must(t, r.Tickets.SaveApp(t.Context(), host, app))
		part := func(name, typ, content string) string {
			return "--b\r\nContent-Type: " + typ + "\r\nContent-Disposition: attachment; filename=" + name + "\r\n\r\n" + content + "\r\n"
		}
		d := r.gets(letter("--b\r\nContent-Type: text/plain\r\n\r\nSee these.\r\n"+part("a.txt", "text/plain", "the order")+part("b.pdf", "application/pdf", "%PDF-1.4 x")+
			part("c.txt", "text/plain", strings.Repeat("long ", 20_000))+part("smime.p7s", "application/pkcs7-signature", "x")+part("d.txt", "text/plain", "the rest")+"--b--",
			from("eve@mail.example", "1", "s", "Content-Type: multipart/mixed; boundary=b")...), Envelope{})
		r.says(d.Ticket, "end_user: See these. [a.txt] [d.txt]\nsystem notes: Of this mail not everything is here:\n"+
			"- b.pdf was left out: attachments of type application/pdf aren't allowed here, only text/*, image/*\n- c.txt was left out: it has more than 50000 bytes\n")
		d = r.gets(letter("", from("eve@mail.example", "2", "")...), Envelope{})
		r.says(d.Ticket, "end_user: (empty mail)\n")
		var many strings.Builder
		for i := range 25 {
			many.WriteString(part(fmt.Sprintf("%d.txt", i), "text/plain", fmt.Sprint("content ", i)))
		}
		d = r.gets(letter(many.String()+"--b--", from("eve@mail.example", "3", "s", "Content-Type: multipart/mixed; boundary=b")...), Envelope{})
		ms, _, err := r.Tickets.Messages(t.Context(), host, d.Ticket, 0, 0, 10)
		must(t, err)
		if len(ms) != 2 || len(ms[0].Attachments) != 20 || !strings.Contains(ms[1].Text, "5 more attachments were left out") {
			t.Errorf("of 25 files: %s", r.talk(d.Ticket))
		}
		d = r.gets(letter(strings.Repeat("long ", 50_000), from("eve@mail.example", "4", "s")...), Envelope{})
		if d.State != StateDone || !strings.Contains(strings.Join(d.Problems, ""), "cut after 100000") {
			t.Errorf("a long one is %+v", d)
		}
	})
}

func TestRawGoesWithItsMessage(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		kept := r.gets(letter("My card is 4111 1111 1111 1111.", from("eve@mail.example", "2", "s")...), Envelope{})
		n, err := r.Tickets.SweepUploads(t.Context(), time.Now().Add(time.Hour))
		must(t, err)
		if n != 0 {
			t.Errorf("a sweep removed %d files", n)
		}
		_, _, err = r.Tickets.Redact(t.Context(), host, x.ID, 1, nil)
		must(t, err)
		_, err = r.Tickets.RedactPattern(t.Context(), host, kept.Ticket, ticket.Cards)
		must(t, err)
		r.work()
		for _, id := range []string{x.ID, kept.Ticket} {
			_, _, err = r.Raw(t.Context(), ann, id, 1)
			isErr(t, err, store.ErrNotFound)
		}
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if len(blobs) != 0 {
			t.Errorf("%d blobs are kept", len(blobs))
		}
		app, err := r.Tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		app.Masking = []string{ticket.Cards}
		must(t, r.Tickets.SaveApp(t.Context(), host, app))
		d := r.gets(letter("My card is 4111 1111 1111 1111.", from("eve@mail.example", "masked", "s")...), Envelope{})
		if d.State != StateDone || d.Blob != "" || !strings.Contains(r.talk(d.Ticket), "isn't kept, as something in it was masked") {
			t.Errorf("what is masked: %+v", d)
		}
		d = r.gets(letter("It is in the subject.", from("eve@mail.example", "titled", "4111 1111 1111 1111")...), Envelope{})
		if d.State != StateDone || d.Blob != "" || strings.Contains(d.Subject, "1111 1111") || strings.Contains(r.ticket(d.Ticket).Title, "1111 1111") {
			t.Errorf("what is masked in a subject: %+v", d)
		}
		d = r.gets(letter("My card is 4111 1111 1111 1111.", from("eve@mail.example", "auto", "s", "Auto-Submitted: auto-replied", "In-Reply-To: <titled>")...), Envelope{})
		if d.State != StateDone || d.Blob != "" || strings.Contains(r.talk(d.Ticket), "1111 1111") {
			t.Errorf("what is masked in an automatic answer: %+v\n%s", d, r.talk(d.Ticket))
		}
		d = r.gets(letter("A secret.", from("eve@mail.example", "3", "s")...), Envelope{})
		_, err = r.People.Erase(t.Context(), host, d.EndUser)
		must(t, err)
		r.work()
		if d, err = r.received(t.Context(), d.ID); err != nil || d.State != StateErased || d.From != "" || d.Blob != "" {
			t.Errorf("after the erasure: %+v, %v", d, err)
		}
		if d := r.gets(letter("A secret.", from("eve@mail.example", "3", "s")...), Envelope{}); d.State != StateDuplicate {
			t.Errorf("what was erased came back: %+v", d)
		}
		if d := r.gets(letter("Hello again.", from("eve@mail.example", "4", "s")...), Envelope{}); d.State != StateDone {
			t.Errorf("who was erased writes again: %+v", d)
		}
	})
}

// What is held is somebody's as soon as he is known, and goes with him.
func TestHeldMailGoesWithItsWriter(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		early := r.gets(letter("x", from("eve@mail.example", "1", "s", "Auto-Submitted: auto-generated")...), Envelope{})
		d := r.gets(letter("Hello", from("eve@mail.example", "2", "s")...), Envelope{})
		late := r.gets(letter("y", from("eve@mail.example", "3", "s", "Auto-Submitted: auto-generated")...), Envelope{})
		if early.State != StateHeld || early.EndUser != "" || late.EndUser != d.EndUser {
			t.Errorf("held are %+v and %+v", early, late)
		}
		_, err := r.People.Erase(t.Context(), host, d.EndUser)
		must(t, err)
		r.work()
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if held := r.inQuarantine(); len(held) != 0 || len(blobs) != 0 {
			t.Errorf("after the erasure %d are held, and %d blobs kept", len(held), len(blobs))
		}
	})
}

// Where an app keeps its tickets no longer, their mails go, too.
func TestRawGoesWithRetention(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		app, err := r.Tickets.App(t.Context(), ticket.DefaultApp)
		must(t, err)
		app.Retention = 24 * time.Hour
		must(t, r.Tickets.SaveApp(t.Context(), host, app))
		x := r.opened()
		note := r.gets(letter("I am away.", from("eve@mail.example", "away", "s", "Auto-Submitted: auto-replied", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if note.Ticket != x.ID {
			t.Fatalf("the note is %+v", note)
		}
		_, err = r.Tickets.Resolve(t.Context(), host, x.ID)
		must(t, err)
		r.clock.forward(25 * time.Hour)
		n, err := r.Tickets.EraseLapsed(t.Context(), 10)
		must(t, err)
		r.work()
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if d, err := r.received(t.Context(), note.ID); n != 1 || err != nil || d.State != StateErased || len(blobs) != 0 {
			t.Errorf("%d tickets were erased; the mail is %+v, %v, and %d blobs are kept", n, d, err, len(blobs))
		}
	})
}

// A form on a page writes in the name of those who fill it in.
func TestForms(t *testing.T) {
	eachRoom(t, Options{PerSender: 2}, func(t *testing.T, r *mailroom) {
		for i := range 9 {
			who := fmt.Sprintf("c%d@mail.example", i%3)
			d := r.gets(letter(fmt.Sprint("Text ", i), "From: Form <help@shop.example>", "Reply-To: Customer <"+who+">", fmt.Sprintf("Message-ID: <%d>", i)), Envelope{})
			if want := i < 6; (d.State == StateDone) != want || !want && d.Reason != ReasonRate {
				t.Fatalf("form %d: %+v", i, d)
			}
			if d.State != StateDone {
				continue
			}
			u, err := r.People.EndUser(t.Context(), r.ticket(d.Ticket).EndUser)
			must(t, err)
			if u.Email.Value != who || u.Name != "Customer" {
				t.Errorf("form %d is of %+v", i, u)
			}
		}
	})
}
