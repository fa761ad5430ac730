package email

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// opened is a ticket of eve@mail.example with a mail of ann@mail.example in copy.
func (r *mailroom) opened() *ticket.Ticket {
	r.t.Helper()
	d := r.gets(letter("My order is late.", from("eve@mail.example", "first@mail.example", "Order", "Cc: Bob <bob@mail.example>, help@shop.example")...), Envelope{})
	if d.State != StateDone {
		r.t.Fatalf("received %+v", d)
	}
	return r.ticket(d.Ticket)
}

// many are Message-IDs that the desk doesn't know.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<%d@elsewhere.example>\r\n ", i)
	}
	return b.String()
}

func TestThreads(t *testing.T) {
	eachRoom(t, Options{PerSender: -1}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		want := r.talk(x.ID)
		if strings.Join(x.Copied, " ") != "bob@mail.example" {
			t.Errorf("in copy are %v", x.Copied)
		}
		must(t, r.DB.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return r.know(ctx, tx, known{ID: "sent@shop.example", Ticket: x.ID, Seq: 1, EndUser: x.EndUser, Out: true})
		}))
		reply := r.tagged("help@shop.example", tag{forReplies, x.ID, 0})
		reports := r.tagged("help@shop.example", tag{forReports, x.ID, 1})
		for i, c := range []struct {
			name, who string
			lines     []string
			e         Envelope
			in        string // who it is in the ticket, "" is a new one
		}{
			{"reply address", "eve@mail.example", []string{"To: " + reply}, Envelope{}, "end_user"},
			{"reply address of the envelope", "Eve <EVE@mail.example>", nil, Envelope{To: []string{strings.ToUpper(reply)}}, "end_user"},
			{"reply address that was delivered to", "eve@mail.example", []string{"Delivered-To: " + reply}, Envelope{}, "end_user"},
			{"address of reports", "eve@mail.example", []string{"To: " + reports}, Envelope{}, "end_user"},
			{"in reply to what was received", "eve@mail.example", []string{"In-Reply-To: <first@mail.example>"}, Envelope{}, "end_user"},
			{"in reply to what was sent", "eve@mail.example", []string{"In-Reply-To: <sent@shop.example>"}, Envelope{}, "end_user"},
			{"in reply to something else, with references", "eve@mail.example", []string{"In-Reply-To: <x@y>", "References: <sent@shop.example> <b@y> <c@y>"}, Envelope{}, "end_user"},
			{"the first of very many references", "eve@mail.example", []string{"References: <sent@shop.example> " + many(2000)}, Envelope{}, "end_user"},
			{"number", "eve@mail.example", []string{fmt.Sprintf("Subject: Re: Order [#%d]", x.Number)}, Envelope{}, "end_user"},
			{"in copy", "bob@mail.example", []string{"In-Reply-To: <first@mail.example>"}, Envelope{}, "copy"},
			{"nothing", "eve@mail.example", nil, Envelope{}, ""},
			{"number of another", "eve@mail.example", []string{"Subject: Re: Order [#999999999999]"}, Envelope{}, ""},
			{"somebody else, reply address", "mallory@mail.example", []string{"To: " + reply}, Envelope{}, "refused"},
			{"somebody else, references", "mallory@mail.example", []string{"References: <sent@shop.example>"}, Envelope{}, "refused"},
			{"somebody else, number", "mallory@mail.example", []string{fmt.Sprintf("Subject: [#%d]", x.Number)}, Envelope{}, "refused"},
			{"a tag that nobody signed", "eve@mail.example", []string{"To: help+" + strings.Repeat("a", 50) + "@shop.example"}, Envelope{}, ""},
		} {
			lines := []string{"From: " + c.who, fmt.Sprintf("Message-ID: <t%d@mail.example>", i), "Subject: Hello"}
			for _, l := range c.lines {
				if strings.HasPrefix(l, "Subject") {
					lines = lines[:2]
				}
				lines = append(lines, l)
			}
			text := fmt.Sprintf("Text %d.", i)
			d := r.gets(letter(text, lines...), c.e)
			if d.State != StateDone {
				t.Errorf("%s: received %+v", c.name, d)
				continue
			}
			switch c.in {
			case "end_user", "copy":
				want += c.in + ": " + text + "\n"
				if d.Ticket != x.ID {
					t.Errorf("%s: it went to another ticket", c.name)
				}
			default:
				fresh := r.ticket(d.Ticket)
				refused := len(fresh.Links) == 1 && fresh.Links[0] == ticket.Link{Kind: ticket.Related, Ticket: x.ID} && strings.Contains(r.talk(d.Ticket), "system notes: This mail from mallory@mail.example answers ticket #")
				if d.Ticket == x.ID || refused != (c.in == "refused") {
					t.Errorf("%s: the new ticket is\n%s%+v", c.name, r.talk(d.Ticket), fresh.Links)
				}
			}
		}
		r.says(x.ID, want)
	})
}

// A mail of which the server says that its sender is forged joins nothing, and isn't the
// profile's whose address it has.
func TestForgedSender(t *testing.T) {
	eachRoom(t, Options{Verifier: "mx.shop.example"}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		answer := []string{"In-Reply-To: <first@mail.example>"}
		for i, c := range []struct {
			name   string
			lines  []string
			forged bool
		}{
			{"pass", []string{"Authentication-Results: mx.shop.example; dmarc=pass header.from=mail.example"}, false},
			{"fail", []string{"Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=x; dmarc=fail (p=none) header.from=mail.example"}, true},
			{"another server's word", []string{"Authentication-Results: mx.evil.example; dmarc=fail header.from=mail.example"}, false},
			{"the topmost word counts", []string{"Authentication-Results: mx.shop.example; dmarc=fail header.from=mail.example", "Authentication-Results: mx.shop.example; dmarc=pass header.from=mail.example"}, true},
			{"what came with the mail doesn't", []string{"Authentication-Results: mx.shop.example; dmarc=none", "Authentication-Results: mx.shop.example; dmarc=fail"}, false},
		} {
			d := r.gets(letter("Hello", append(c.lines, from("eve@mail.example", fmt.Sprint(i), "s", answer...)...)...), Envelope{})
			if d.State != StateDone || (d.Ticket != x.ID) != c.forged || (d.EndUser != x.EndUser) != c.forged {
				t.Errorf("%s: %+v", c.name, d)
			}
		}
	})
}

// Who is somebody else now, or writes to a ticket that went elsewhere, is followed; and
// a claim opens nobody's history.
func TestThreadsThroughMerges(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		u, err := r.People.Save(t.Context(), host, identity.Profile{UserID: "eve", Name: "Eve"})
		must(t, err)
		_, err = r.People.MergeEndUsers(t.Context(), host, x.EndUser, u.ID)
		must(t, err)
		r.work()
		d := r.gets(letter("Still me.", from("eve@mail.example", "2", "s", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if d.Ticket != x.ID || d.EndUser != u.ID {
			t.Errorf("after the merge: %+v", d)
		}
		into, err := r.Tickets.Create(t.Context(), ticket.New{EndUser: u.ID, Message: &ticket.Draft{Text: "Another thing"}})
		must(t, err)
		_, _, err = r.Tickets.Merge(t.Context(), host, x.ID, into.ID, nil)
		must(t, err)
		d = r.gets(letter("To the merged one.", from("eve@mail.example", "3", "s", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if d.Ticket != into.ID || d.State != StateDone {
			t.Errorf("after the merge of tickets: %+v", d)
		}
		copied := []string{"carl@mail.example"}
		_, err = r.Tickets.Edit(t.Context(), host, into.ID, ticket.Edit{Copied: &copied})
		must(t, err)
		d = r.gets(letter("In copy there.", from("carl@mail.example", "carl", "s", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if d.Ticket != into.ID {
			t.Errorf("who is in copy where it went to: %+v", d)
		}
		// Raw finds the mail of a message that moved.
		ms, _, err := r.Tickets.Messages(t.Context(), host, into.ID, 0, 0, 100)
		must(t, err)
		for _, m := range ms {
			if m.Text == "My order is late." {
				whole, err := r.Whole(t.Context(), ann, into.ID, m.Seq)
				must(t, err)
				if whole.MessageID != "first@mail.example" {
					t.Errorf("its mail is %+v", whole)
				}
			}
		}
		proven, err := r.People.Save(t.Context(), host, identity.Profile{UserID: "tom", Email: "tom@mail.example"})
		must(t, err)
		his, err := r.Tickets.Create(t.Context(), ticket.New{EndUser: proven.ID, Message: &ticket.Draft{Text: "From the app"}})
		must(t, err)
		d = r.gets(letter("By mail.", from("tom@mail.example", "4", fmt.Sprintf("Re: [#%d]", his.Number))...), Envelope{})
		if d.Ticket != his.ID || d.EndUser != proven.ID {
			t.Errorf("the owner by his address: %+v", d)
		}
		d = r.gets(letter("Something new.", from("tom@mail.example", "5", "New")...), Envelope{})
		if d.EndUser == proven.ID {
			t.Error("a claim opened the history of a profile")
		}
	})
}

func TestResolvedTicketIsReopened(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		x := r.opened()
		_, err := r.Tickets.Resolve(t.Context(), ann, x.ID)
		must(t, err)
		d := r.gets(letter("Not yet.", from("eve@mail.example", "2", "s", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if d.Ticket != x.ID || !r.ticket(x.ID).Status.Open() {
			t.Errorf("reopened is %+v", d)
		}
		_, err = r.Tickets.Reject(t.Context(), ann, x.ID)
		must(t, err)
		d = r.gets(letter("And again.", from("eve@mail.example", "3", "s", "In-Reply-To: <first@mail.example>")...), Envelope{})
		if fresh := r.ticket(d.Ticket); fresh.FollowUpOf() != x.ID {
			t.Errorf("after a rejection: %+v", fresh)
		}
	})
}

func TestAppByAddress(t *testing.T) {
	eachRoom(t, Options{}, func(t *testing.T, r *mailroom) {
		for i, c := range []struct{ lines, to, app string }{
			{"To: toys@shop.example", "", "toys"},
			{"To: a@b.example", "Toys+abc@shop.example", "toys"},
			{"To: help@shop.example", "toys@shop.example", "toys"},
			{"To: a@b.example\r\nX-Original-To: <toys@shop.example>", "", "toys"},
			{"Cc: toys@shop.example", "", "toys"},
			{"To: a@b.example", "", ticket.DefaultApp},
		} {
			var e Envelope
			if c.to != "" {
				e.To = []string{c.to}
			}
			d := r.gets(letter("x", "From: eve@mail.example", fmt.Sprintf("Message-ID: <%d>", i), c.lines), e)
			if x := r.ticket(d.Ticket); x.App != c.app {
				t.Errorf("%+v is of %s", c, x.App)
			}
		}
		toys, err := r.Tickets.App(t.Context(), "toys")
		must(t, err)
		toys.Archived = true
		must(t, r.Tickets.SaveApp(t.Context(), host, toys))
		d := r.gets(letter("x", "From: eve@mail.example", "Message-ID: <late>", "To: toys@shop.example"), Envelope{})
		if x := r.ticket(d.Ticket); x.App != ticket.DefaultApp {
			t.Errorf("of an archived app it is of %s", x.App)
		}
	})
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"": "", "Order": "Order", "Re: Order": "Order", "RE: AW: Fwd: Order [#12]": "Order", "Re[2]: Order": "Order", "返信：注文": "注文", "[#7] Re: a": "a",
		"Reply: keep": "Reply: keep", "Rest: keep": "Rest: keep", strings.Repeat("é", 300): strings.Repeat("é", 255),
	} {
		if got := title(subject); got != want {
			t.Errorf("%q is %q, want %q", subject, got, want)
		}
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ all, seen, want string }{
		{"a", "a", ""},
		{"a\n\n> b\n", "a", "> b"},
		{"> b\n\na\nc", "a\nc", "> b"},
		{"a\n> b\nc", "a\n\nc", "> b"},
		{"a\nb", "from HTML", "a\nb"},
	} {
		if got := rest(c.all, c.seen); got != c.want {
			t.Errorf("the rest of %q is %q, want %q", c.all, got, c.want)
		}
	}
}
