package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func TestMailBecomesTicket(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		d := r.gets(letter("Where is my order?\r\n\r\nOn Mon, 4 May 2026 at 08:00, Shop <help@shop.example> wrote:\r\n> Thanks for your order.", from("Eve Adams <Eve@mail.example>", "1@mail.example", "Re: AW: [#99] My order")...), Envelope{})
		if d.State != StateDone || d.Seq != 1 || d.From != "eve@mail.example" {
			t.Fatalf("received %+v", d)
		}
		x := r.ticket(d.Ticket)
		if x.Title != "My order" || x.App != ticket.DefaultApp || x.Platform != Platform || x.Channel != Channel || x.EndUser != d.EndUser {
			t.Errorf("the ticket is %+v", x)
		}
		ms, _, err := r.Tickets.Messages(t.Context(), host, x.ID, 0, 0, 10)
		must(t, err)
		if len(ms) != 1 || ms[0].Text != "Where is my order?" || !strings.Contains(ms[0].Quoted, "> Thanks for your order.") {
			t.Errorf("messages %+v", ms)
		}
		u, err := r.People.EndUser(t.Context(), x.EndUser)
		must(t, err)
		if u.Email.Value != "eve@mail.example" || u.Email.Proven || u.Name != "Eve Adams" {
			t.Errorf("the end user is %+v", u)
		}
		again := r.gets(letter("Hello?", from("eve@mail.example", "2@mail.example", "Another thing")...), Envelope{})
		if again.EndUser != d.EndUser || again.Ticket == d.Ticket {
			t.Errorf("her next mail is %+v", again)
		}
		f, _, err := r.Raw(t.Context(), ann, x.ID, 1)
		must(t, err)
		raw, err := io.ReadAll(f)
		must(t, err)
		must(t, f.Close())
		if !strings.Contains(string(raw), "> Thanks for your order.") || int64(len(raw)) != d.Size {
			t.Errorf("as received it is %q", raw)
		}
		m, err := r.Whole(t.Context(), ann, x.ID, 1)
		must(t, err)
		if m.MessageID != "1@mail.example" {
			t.Errorf("the whole mail is %+v", m)
		}
	})
}

func TestSameCopyIsReceivedOnce(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		mail := letter("Hello", from("eve@mail.example", "1@mail.example", "Hello")...)
		first := r.gets(mail, Envelope{Source: "imap:box", Copy: "1/1"})
		second := r.gets(mail, Envelope{Source: "imap:box", Copy: "1/1"})
		if first.ID != second.ID || len(r.tickets()) != 1 {
			t.Errorf("the same copy is %s and %s, on %d tickets", first.ID, second.ID, len(r.tickets()))
		}
		third := r.gets("Received: from elsewhere\r\n"+strings.ReplaceAll(mail, "\r\n", "\n")+"\n\n", Envelope{Source: "imap:box", Copy: "2/1"})
		if third.State != StateDuplicate || third.First != first.ID || third.Blob != "" || len(r.tickets()) != 1 {
			t.Errorf("another copy is %+v, on %d tickets", third, len(r.tickets()))
		}
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if len(blobs) != 1 {
			t.Errorf("%d blobs are kept", len(blobs))
		}
	})
}

func TestDuplicates(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		for _, c := range []struct {
			name, first, second string
			later               time.Duration
			same                bool
		}{
			{"the same", letter("a", from("a@mail.example", "1", "s")...), letter("a", from("a@mail.example", "1", "s")...), 0, true},
			{"other content under the same Message-ID", letter("b", from("b@mail.example", "2", "s")...), letter("c", from("b@mail.example", "2", "s")...), 0, false},
			{"the same content under another Message-ID", letter("d", from("d@mail.example", "3", "s")...), letter("d", from("d@mail.example", "4", "s")...), 0, false},
			{"no Message-ID, the same date", letter("e", "From: e@mail.example", "Date: Mon, 4 May 2026 09:00:00 +0000"), letter("e", "Received: from x", "From: e@mail.example", "Date: Mon, 4 May 2026 09:00:00 +0000"), 365 * 24 * time.Hour, true},
			{"no Message-ID, another date", letter("f", "From: f@mail.example", "Date: Mon, 4 May 2026 09:00:00 +0000"), letter("f", "From: f@mail.example", "Date: Mon, 4 May 2026 09:00:01 +0000"), 0, false},
			{"neither, soon", letter("g", "From: g@mail.example"), letter("g", "X-Spam-Score: 1", "From: g@mail.example"), 6 * 24 * time.Hour, true},
			{"neither, late", letter("h", "From: h@mail.example"), letter("h", "From: h@mail.example"), 8 * 24 * time.Hour, false},
			{"no header at all", "one", "two", 0, false},
			{"neither, with another field", letter("i", "From: i@mail.example"), letter("i", "From: i@mail.example", "X-Order: 7"), 0, false},
		} {
			first := r.gets(c.first, Envelope{})
			r.clock.forward(c.later)
			second := r.gets(c.second, Envelope{})
			if first.State != StateDone && first.Reason != ReasonUnreadable || (second.State == StateDuplicate) != c.same || c.same && second.First != first.ID {
				t.Errorf("%s: %+v, then %+v", c.name, first, second)
			}
		}
	})
}

// The one that counts may be either, in the order of the store.
func TestFleetingDuplicates(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		for i := range 6 {
			raw := letter("the same", fmt.Sprintf("From: f%d@mail.example", i))
			for j, want := range []State{StateDone, StateDuplicate, StateDone, StateDuplicate} {
				d := r.gets(raw, Envelope{Source: "imap:box", Copy: fmt.Sprint(i, "/", j)})
				if d.State != want {
					t.Errorf("copy %d is %+v", j, d)
				}
				r.clock.forward(4 * 24 * time.Hour)
			}
		}
	})
}

func TestReceiveRefuses(t *testing.T) {
	eachRoom(t, Options{MaxBytes: 1000}, func(t *testing.T, r *mailroom) {
		_, err := r.Receive(t.Context(), Envelope{Source: "raw"}, strings.NewReader(strings.Repeat("x", 1001)))
		if !is[*blob.TooLargeError](err) {
			t.Errorf("too large is %v", err)
		}
		_, err = r.Receive(t.Context(), Envelope{}, strings.NewReader("x"))
		if !is[*store.FieldError](err) {
			t.Errorf("without a source it is %v", err)
		}
		blobs, err := r.Blobs.List(t.Context(), "", 10)
		must(t, err)
		if len(blobs) != 0 {
			t.Errorf("%d blobs are kept", len(blobs))
		}
	})
}

// What was too large is listed, and received once it isn't any more.
func TestMissed(t *testing.T) {
	eachRoom(t, Options{MaxBytes: 1000}, func(t *testing.T, r *mailroom) {
		e := Envelope{Source: "imap:box", Copy: "INBOX/1/7"}
		for range 2 {
			d, err := r.Missed(t.Context(), e, 2000)
			must(t, err)
			if d.Reason != ReasonTooLarge || d.Error != "INBOX/1/7 has 2000 bytes" || d.Size != 2000 {
				t.Errorf("missed is %+v", d)
			}
		}
		held := r.inQuarantine()
		if len(held) != 1 {
			t.Fatalf("%d are held", len(held))
		}
		if err := r.Retry(t.Context(), host, held[0].ID); !is[*store.FieldError](err) {
			t.Errorf("retried it is %v", err)
		}
		if _, _, err := r.RawHeld(t.Context(), host, held[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("read it is %v", err)
		}
		if _, err := r.Missed(t.Context(), Envelope{Source: "raw"}, 2000); !is[*store.FieldError](err) {
			t.Errorf("without a copy it is %v", err)
		}
		r.o.MaxBytes = 0
		raw := letter(strings.Repeat("long ", 300), from("eve@mail.example", "1", "s")...)
		if d := r.gets(raw, e); d.ID != held[0].ID || d.State != StateDone || d.Error != "" {
			t.Errorf("received it is %+v", d)
		}
		if d := r.gets(raw, e); len(r.inQuarantine()) != 0 || len(r.tickets()) != 1 || d.State != StateDone {
			t.Errorf("received again it is %+v", d)
		}
		other := e
		other.Copy = "INBOX/1/8"
		d, err := r.Missed(t.Context(), other, 2000)
		must(t, err)
		must(t, r.Discard(t.Context(), host, d.ID))
		if d := r.gets(raw, other); d.State != StateDiscarded {
			t.Errorf("discarded it is %+v", d)
		}
	})
}

// However many are processed at a time, one sender's mails keep their order.
func TestOrderOfSender(t *testing.T) {
	t.Parallel()
	r := joinRoom(t, memstore.New(), nil, Options{PerSender: -1}).furnished()
	const senders, each = 5, 12
	for i := range each {
		for who := range senders {
			lines := []string{fmt.Sprintf("From: s%d@mail.example", who), fmt.Sprintf("Message-ID: <%d-%d@mail.example>", who, i)}
			if i > 0 {
				lines = append(lines, fmt.Sprintf("References: <%d-0@mail.example>", who))
			}
			_, err := r.Receive(t.Context(), Envelope{Source: "raw"}, strings.NewReader(letter(fmt.Sprint("Text ", i), lines...)))
			must(t, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { r.Jobs.Run(ctx) })
	defer work.Wait()
	defer stop()
	for looks := time.NewTicker(time.Millisecond); ; <-looks.C {
		if s, err := r.Jobs.Stats(t.Context()); err != nil || s.Due+s.Running+s.Waiting == 0 {
			must(t, err)
			break
		}
	}
	var want strings.Builder
	for i := range each {
		fmt.Fprintf(&want, "end_user: Text %d\n", i)
	}
	ts := r.tickets()
	if len(ts) != senders {
		t.Errorf("there are %d tickets", len(ts))
	}
	for _, x := range ts {
		r.says(x.ID, want.String())
	}
}
