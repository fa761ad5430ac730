package email

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/channel/email/mail"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Each public message of staff is one mail, in one thread.
func TestAnswersGoOut(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where is my order?")
		first := d.reply(x.ID, ticket.Draft{Text: "Hello Eve,\n\nit left today: https://shop.example/o/7731."})
		_, _, err := d.Tickets.Note(t.Context(), d.ann, x.ID, ticket.Draft{Text: "between us"})
		d.must(err)
		d.drain()
		second := d.reply(x.ID, ticket.Draft{Text: "And it is there now."})
		d.drain()
		raw := d.post.raw()
		if len(raw) != 2 {
			t.Fatalf("%d mails went out", len(raw))
		}
		a, b := parsed(t, raw[0]), parsed(t, raw[1])
		if a.From != (mail.Address{Name: "Ann Baker via Tea Shop", Address: "help@shop.example"}) || a.To[0] != (mail.Address{Name: "Eve Adams", Address: "eve@mail.example"}) {
			t.Errorf("from %v to %v", a.From, a.To)
		}
		if a.Subject != "Re: Where is it? [#1]" || b.Subject != a.Subject {
			t.Errorf("subjects %q, %q", a.Subject, b.Subject)
		}
		if !strings.Contains(a.Text, "it left today: https://shop.example/o/7731.") || !strings.Contains(a.HTML, `<a href="https://shop.example/o/7731">`) {
			t.Errorf("text %s\nHTML %s", a.Text, a.HTML)
		}
		if strings.Contains(a.Text+a.HTML+b.Text+b.HTML, "between us") {
			t.Error("a note went out")
		}
		if !strings.Contains(b.Text, "it left today") || !strings.Contains(b.Text, "Where is my order?") {
			t.Errorf("the history isn't in\n%s", b.Text)
		}
		root := x.ID + "@shop.example"
		if a.MessageID != messageID(first.ID(), "x@shop.example") || b.MessageID != messageID(second.ID(), "x@shop.example") || a.MessageID == b.MessageID {
			t.Errorf("ids %s, %s", a.MessageID, b.MessageID)
		}
		if diff := cmp.Diff([][]string{{root}, {root, a.MessageID}}, [][]string{a.References, b.References}); diff != "" {
			t.Errorf("references %s", diff)
		}
		if tag, ok := d.tagOf(a.ReplyTo[0].Address); !ok || tag.Ticket != x.ID || tag.Kind != forReplies {
			t.Errorf("answers go to %v", a.ReplyTo)
		}
		if tag, ok := d.tagOf(raw[0].From); !ok || tag.Ticket != x.ID || tag.Kind != forReports || tag.Seq != first.Seq {
			t.Errorf("reports go to %v", raw[0].From)
		}
		if a.Auto.Reply || !strings.Contains(raw[0].content, "X-Frontdesk-Desk: "+d.People.Sign("email.desk")) {
			t.Errorf("automatic: %+v in\n%s", a.Auto, raw[0].content)
		}
		k, err := d.knownIn(t, a.MessageID)
		if err != nil || k == nil || k.Ticket != x.ID || k.Seq != first.Seq || !k.Out {
			t.Errorf("known is %+v, %v", k, err)
		}
		d.drain()
		if again := d.post.raw(); len(again) > 0 {
			t.Errorf("%d mails more", len(again))
		}
	})
}

func parsed(t testing.TB, p posted) *mail.Mail {
	t.Helper()
	m, err := mail.Parse(strings.NewReader(p.content), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Problems) > 0 {
		t.Errorf("problems %q of\n%s", m.Problems, p.content)
	}
	return m
}

// What begins with an agent's message has no Re:, and its author is named as the app
// wants it.
func TestCreatedByStaff(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		app, err := d.Tickets.App(t.Context(), ticket.DefaultApp)
		d.must(err)
		app.Private = true
		d.must(d.Tickets.SaveApp(t.Context(), outSystem, app))
		_, err = d.Tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Actor: d.ann, Platform: Platform, Channel: Channel, Title: "Your order\r\nBcc: all@shop.example", Message: &ticket.Draft{Text: "We have a question."}})
		d.must(err)
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != 1 || ms[0].From.Name != "Tea Shop" || ms[0].Subject != "Your order Bcc: all@shop.example [#1]" || strings.Contains(ms[0].HTML+ms[0].Text, "Ann") {
			t.Errorf("%+v", ms)
		}
	})
}

// Whom nothing can be sent to, and what nobody wants to be sent any more.
func TestNotSent(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(d *outDesk, x *ticket.Ticket, seq int64)
		want   string // of the failure
	}{
		"no address": {func(d *outDesk, x *ticket.Ticket, _ int64) {
			d.must(d.SaveSettings(d.t.Context(), outSystem, d.settingsNow(func(s *Settings) { s.From, s.Replies = "", "" })))
		}, reasonNoFrom},
		"redacted": {func(d *outDesk, x *ticket.Ticket, seq int64) {
			_, _, err := d.Tickets.Redact(d.t.Context(), d.ann, x.ID, seq, nil)
			d.must(err)
		}, ""},
		"late": {func(d *outDesk, _ *ticket.Ticket, _ int64) { d.forward(25 * time.Hour) }, reasonLate},
		"past": {func(d *outDesk, _ *ticket.Ticket, _ int64) { d.forward(31 * 24 * time.Hour) }, ""},
		"erased": {func(d *outDesk, x *ticket.Ticket, _ int64) {
			_, err := d.People.Erase(d.t.Context(), outSystem, d.eve)
			d.must(err)
			d.must(d.People.FinishErasure(d.t.Context(), d.eve))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			eachOutDesk(t, func(t *testing.T, d *outDesk) {
				x := d.ask("Where?")
				m := d.reply(x.ID, ticket.Draft{Text: "There."})
				tt.before(d, x, m.Seq)
				d.drain()
				if ms := d.post.raw(); len(ms) > 0 {
					t.Errorf("went out: %v", ms)
				}
				if got := d.failure(x.ID, m.Seq); got != tt.want {
					t.Errorf("failure is %q", got)
				}
			})
		})
	}
}

func (d *outDesk) settingsNow(change func(*Settings)) *Settings {
	d.t.Helper()
	s, err := d.SettingsOf(d.t.Context(), ticket.DefaultApp)
	d.must(err)
	change(s)
	return s
}

// A desk doesn't write to itself, whoever says that this is his address.
func TestNotToItself(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where?")
		_, err := d.Tickets.Edit(t.Context(), d.ann, x.ID, ticket.Edit{Copied: &[]string{"Help@shop.example", "tom@mail.example", "help+x@SHOP.example"}})
		d.must(err)
		d.reply(x.ID, ticket.Draft{Text: "There."})
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 || !slices.Equal(ms[0].To, []string{"eve@mail.example", "tom@mail.example"}) {
			t.Errorf("%+v", ms)
		}
		_, err = d.People.Save(t.Context(), outSystem, identity.Profile{UserID: "eve", Email: "help+me@shop.example"})
		d.must(err)
		m := d.reply(x.ID, ticket.Draft{Text: "Again."})
		d.drain()
		if got := d.failure(x.ID, m.Seq); got != errItself.Error() || len(d.post.raw()) > 0 {
			t.Errorf("failure %q", got)
		}
	})
}

// What was received is what a mail answers, and the answer to that joins the ticket.
func TestThere(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		receive := func(lines ...string) *Received {
			t.Helper()
			r, err := d.Receive(t.Context(), Envelope{Source: "raw"}, strings.NewReader(strings.Join(lines, "\r\n")))
			d.must(err)
			d.drain()
			r, err = d.Get(t.Context(), outSystem, r.ID)
			d.must(err)
			if r.State != StateDone {
				t.Fatalf("received %+v", r)
			}
			return r
		}
		first := receive("From: Zoe <zoe@mail.example>", "To: help@shop.example", "Subject: Lost", "Message-ID: <1@mail.example>", "", "Where is it?")
		d.reply(first.Ticket, ticket.Draft{Text: "There."})
		d.drain()
		m := d.post.taken(t)[0]
		root := first.Ticket + "@shop.example"
		if !slices.Equal(m.InReplyTo, []string{"1@mail.example"}) || !slices.Equal(m.References, []string{root, "1@mail.example"}) || m.To[0].Address != "zoe@mail.example" || m.To[0].Name != "Zoe" || !strings.HasPrefix(m.Subject, "Re: Lost [#") {
			t.Errorf("answers %v of %v, to %v, %s", m.InReplyTo, m.References, m.To, m.Subject)
		}
		again := receive("From: zoe@mail.example", "To: "+m.ReplyTo[0].Address, "Subject: "+m.Subject, "Message-ID: <2@mail.example>", "In-Reply-To: <"+m.MessageID+">", "",
			"It isn't.", "", "On Thu, Nov 26, 2026 at 10:20 AM Ann Baker via Tea Shop wrote:", "> "+strings.ReplaceAll(m.Text, "\n", "\n> "))
		if again.Ticket != first.Ticket {
			t.Fatalf("the answer went to %s", again.Ticket)
		}
		answer, err := d.message(t.Context(), again.Ticket, again.Seq)
		d.must(err)
		if answer.Text != "It isn't." {
			t.Errorf("the answer is %q", answer.Text)
		}
		d.reply(first.Ticket, ticket.Draft{Text: "Now it is."})
		d.drain()
		next := d.post.taken(t)[0]
		if !slices.Equal(next.References, []string{root, "1@mail.example", m.MessageID, "2@mail.example"}) || next.Subject != m.Subject {
			t.Errorf("references %v", next.References)
		}
	})
}

func TestNobodyToSendTo(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		u, err := d.People.Save(t.Context(), outSystem, identity.Profile{UserID: "nemo"})
		d.must(err)
		d.eve = u.ID
		x := d.ask("Where?")
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		d.drain()
		if got := d.failure(x.ID, m.Seq); got != errNobody.Error() || len(d.post.raw()) > 0 {
			t.Errorf("failure is %q", got)
		}
		// With an address it goes out when somebody asks for that.
		_, err = d.People.Save(t.Context(), outSystem, identity.Profile{UserID: "nemo", Email: "nemo@mail.example"})
		d.must(err)
		d.must(d.Resend(t.Context(), d.ann, x.ID, m.Seq))
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 || ms[0].ID != messageID(m.ID(), "a@shop.example") || d.failure(x.ID, m.Seq) != "" {
			t.Errorf("%d mails, failure %q", len(ms), d.failure(x.ID, m.Seq))
		}
		if err := d.Resend(t.Context(), d.ann, x.ID, m.Seq); outField(err) != "seq" {
			t.Errorf("once more: %v", err)
		}
		if err := d.Resend(t.Context(), event.Actor{Kind: event.EndUser, ID: d.eve}, x.ID, m.Seq); err == nil {
			t.Error("an end user may")
		}
	})
}

// Refusals: for now, for good, in part, and too often.
func TestRefused(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where?")
		_, err := d.Tickets.Edit(t.Context(), d.ann, x.ID, ticket.Edit{Copied: &[]string{"tom@mail.example"}})
		d.must(err)
		result := error(&SendError{Code: 451, Reason: "later, eve@mail.example"})
		d.post.refuse = func(Outgoing) error { return result }
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		d.drain()
		second := d.reply(x.ID, ticket.Draft{Text: "Second."})
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 || !slices.Equal(ms[0].To, []string{"eve@mail.example", "tom@mail.example"}) {
			t.Fatalf("%d mails: the second waits for the first", len(ms))
		}
		if j, err := d.jobs.Get(t.Context(), d.store, outKind+"/"+x.ID+"/2"); err != nil || strings.Contains(j.Error, "eve@") {
			t.Errorf("the job says %+v, %v", j, err)
		}
		result = &SendError{Code: 452, Reason: "not for all", Taken: []string{"tom@mail.example"}}
		d.forward(time.Hour)
		d.drain()
		d.post.raw()
		result = &SendError{Permanent: true, Code: 550, Reason: "no such\r\nuser"}
		d.forward(time.Hour)
		d.post.refuse = func(o Outgoing) error {
			if o.ID == messageID(m.ID(), "a@shop.example") {
				return result
			}
			return nil
		}
		d.drain()
		ms := d.post.raw()
		if len(ms) != 2 || !slices.Equal(ms[0].To, []string{"eve@mail.example"}) || ms[1].ID != messageID(second.ID(), "a@shop.example") {
			t.Errorf("sent %+v", ms)
		}
		if got := d.failure(x.ID, m.Seq); got != "no such user" {
			t.Errorf("failure %q", got)
		}
		result = nil
		d.must(d.Resend(t.Context(), d.ann, x.ID, m.Seq))
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 || !slices.Equal(ms[0].To, []string{"eve@mail.example"}) || d.failure(x.ID, m.Seq) != "" {
			t.Errorf("sent again %+v, failure %q", ms, d.failure(x.ID, m.Seq))
		}
	})
}

// A mail that no server takes for a day has failed, and so has its job.
func TestGivenUp(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		d.post.refuse = func(Outgoing) error { return errors.New("no route to host") }
		x := d.ask("Where?")
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		for range sendAttempts + 2 {
			d.drain()
			d.forward(61 * time.Minute)
		}
		ms := d.post.raw()
		if len(ms) != sendAttempts || d.failure(x.ID, m.Seq) != "no route to host" {
			t.Errorf("%d attempts, failure %q", len(ms), d.failure(x.ID, m.Seq))
		}
		for _, again := range ms[1:] {
			if again.content != ms[0].content || again.ID != ms[0].ID {
				t.Fatal("attempts differ")
			}
		}
		if dead, _, err := d.jobs.Dead(t.Context(), "", 10); err != nil || len(dead) != 1 {
			t.Errorf("%d dead letters, %v", len(dead), err)
		}
	})
}

// A mail that was taken while the desk was being stopped doesn't go out again.
func TestStoppedWhileSending(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where?")
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		for n := 1; n > 0; {
			var err error
			n, err = d.log.Step(t.Context())
			d.must(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		d.post.refuse = func(Outgoing) error { stop(); return nil }
		j, err := d.jobs.Get(t.Context(), d.store, outKind+"/"+x.ID+"/2")
		d.must(err)
		d.send(ctx, j) // the job itself is interrupted
		if k, err := d.knownIn(t, messageID(m.ID(), "a@shop.example")); k == nil || err != nil {
			t.Errorf("known is %v, %v", k, err)
		}
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 {
			t.Errorf("it went out %d times", len(ms))
		}
	})
}

// Who is told by programs gets so many mails an hour, and they say that they are no
// person's.
func TestBrake(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where?")
		for range maxAutomatic + 2 {
			_, _, err := d.Tickets.Reply(t.Context(), event.Actor{Kind: event.Automation, ID: "r"}, x.ID, ticket.Draft{Text: "We have your message."})
			d.must(err)
		}
		last := d.reply(x.ID, ticket.Draft{Text: "A person's."})
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != maxAutomatic+1 || !ms[0].Auto.Reply || ms[0].From.Name != "Tea Shop" || ms[maxAutomatic].Auto.Reply {
			t.Errorf("%d mails", len(ms))
		}
		if got := d.failure(x.ID, last.Seq-1); got != errBrake.Error() {
			t.Errorf("failure %q", got)
		}
		d.forward(61 * time.Minute)
		d.must(d.Resend(t.Context(), d.ann, x.ID, last.Seq-1))
		d.drain()
		if ms := d.post.raw(); len(ms) != 1 {
			t.Errorf("%d mails an hour later", len(ms))
		}
	})
}

// A message that moved before it was sent goes out from where it is.
func TestMergedBeforeSent(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x, y := d.ask("Where?"), d.ask("Where is it?")
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		_, _, err := d.Tickets.Merge(t.Context(), d.ann, x.ID, y.ID, nil)
		d.must(err)
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != 1 || ms[0].MessageID != messageID(m.ID(), "a@shop.example") || !strings.HasSuffix(ms[0].Subject, "[#2]") {
			t.Errorf("%+v", ms)
		}
	})
}

// Of a ticket that its app keeps no longer nothing is left that was sent, and what is taken
// out of a title isn't in later subjects.
func TestForgotten(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		app, err := d.Tickets.App(t.Context(), ticket.DefaultApp)
		d.must(err)
		app.Retention = ticket.MinRetention
		d.must(d.Tickets.SaveApp(t.Context(), outSystem, app))
		x := d.ask("Where?")
		title := "My card 4111 1111 1111 1111"
		_, err = d.Tickets.Edit(t.Context(), d.ann, x.ID, ticket.Edit{Title: &title})
		d.must(err)
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		d.drain()
		_, err = d.Tickets.RedactPattern(t.Context(), d.ann, x.ID, ticket.Cards)
		d.must(err)
		d.drain()
		d.reply(x.ID, ticket.Draft{Text: "And here."})
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != 2 || !strings.Contains(ms[0].Subject, "4111") || strings.Contains(ms[1].Subject, "4111") {
			t.Errorf("%+v", ms)
		}
		_, err = d.Tickets.Resolve(t.Context(), d.ann, x.ID)
		d.must(err)
		d.forward(ticket.MinRetention + time.Hour)
		n, err := d.Tickets.EraseLapsed(t.Context(), 10)
		d.must(err)
		d.drain()
		d.must(d.store.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, a := threads.Get(ctx, tx, x.ID)
			_, b := sents.Get(ctx, tx, m.ID())
			ks, _, err := knowns.Page(ctx, tx, store.By("ticket", x.ID).Limit(9))
			if n != 1 || !errors.Is(a, store.ErrNotFound) || !errors.Is(b, store.ErrNotFound) || len(ks) > 0 {
				t.Errorf("%d tickets; thread %v, sent %v, %d known", n, a, b, len(ks))
			}
			return err
		}))
	})
}

func TestSplitBeforeSent(t *testing.T) {
	eachOutDesk(t, func(t *testing.T, d *outDesk) {
		x := d.ask("Where?")
		m := d.reply(x.ID, ticket.Draft{Text: "There."})
		d.reply(x.ID, ticket.Draft{Text: "And here."})
		d.post.refuse = func(Outgoing) error { return &SendError{Permanent: true, Reason: "no such user"} }
		_, fresh, err := d.Tickets.Split(t.Context(), d.ann, x.ID, []int64{m.Seq}, "The other one")
		d.must(err)
		d.drain()
		ms := d.post.taken(t)
		if len(ms) != 2 || ms[0].MessageID != messageID(m.ID(), "a@shop.example") || ms[0].Subject != "The other one [#2]" {
			t.Errorf("%+v", ms)
		}
		if got := d.failure(fresh.ID, 1); got != "no such user" {
			t.Errorf("failure %q", got)
		}
	})
}
