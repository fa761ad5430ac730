package ticket_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// Sixteen writers at once leave no gap and no duplicate.
func TestNumbersAreDense(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for j := range 5 {
					draft, err := ticket.Draft{Text: fmt.Sprint(i, j), ClientID: fmt.Sprint(i, "-", j)}, error(nil)
					switch i % 3 {
					case 0:
						_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, draft)
					case 1:
						_, _, err = d.tickets.Note(t.Context(), bob, tk.ID, draft)
					default:
						in := d.inbound(tk.ID, "")
						in.Draft = draft
						_, err = d.tickets.Write(t.Context(), in)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		ms := d.messages(t, ann, tk.ID)
		for i, m := range ms {
			if m.Seq != int64(i+1) {
				t.Fatalf("message %d has number %d", i, m.Seq)
			}
		}
		got := d.get(t, tk.ID)
		c := got.Counts
		if len(ms) != 81 || got.Marks.Last != 81 || c.Inbound != 26 || c.Agent != 30 {
			t.Errorf("%d messages, last number %d, counts %+v", len(ms), got.Marks.Last, c)
		}
	})
}

// The same client id gives the first message; with other content it is refused.
func TestClientIDs(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		said := ticket.Draft{Text: "Here.", ClientID: "1"}
		_, first, err := d.tickets.Reply(t.Context(), ann, tk.ID, said)
		must(t, err)
		now, head := d.get(t, tk.ID), d.head(t)
		_, again, err := d.tickets.Reply(t.Context(), ann, tk.ID, said)
		must(t, err)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("the repetition gives another message: %s", diff)
		}
		reused := func(what string, err error) {
			t.Helper()
			if is(t, err, store.ErrKeyReused); err == nil {
				t.Errorf("%s was taken", what)
			}
		}
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "There.", ClientID: "1"})
		reused("other text", err)
		_, _, err = d.tickets.Reply(t.Context(), bob, tk.ID, said)
		reused("another author", err)
		_, _, err = d.tickets.Note(t.Context(), ann, tk.ID, said)
		reused("a note", err)
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Here.", ClientID: "1", Attachments: []string{"x"}})
		reused("an attachment more", err)
		in := d.inbound(tk.ID, "Here.")
		in.ClientID = "1"
		_, err = d.tickets.Write(t.Context(), in)
		reused("the end user", err)
		d.unchanged(t, now, head)
		if _, m, err := d.tickets.Reply(t.Context(), ann, d.ask(t).ID, said); err != nil || m.Seq != 2 {
			t.Errorf("the id on another ticket: %+v, %v", m, err)
		}
	})
}

// A repeated message leads to where it went, whatever became of the ticket.
func TestRepeatedWrites(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		first := d.inbound("", "Hello.")
		first.ClientID = "first"
		w, err := d.tickets.Write(t.Context(), first)
		must(t, err)
		again := func(what string, in ticket.Inbound, want *ticket.Written) {
			t.Helper()
			head := d.head(t)
			got, err := d.tickets.Write(t.Context(), in)
			must(t, err)
			if !got.Again || got.Ticket.ID != want.Ticket.ID || cmp.Diff(want.Message, got.Message) != "" || d.head(t) != head {
				t.Errorf("%s: again %v, message %+v, want %+v", what, got.Again, got.Message, want.Message)
			}
		}
		again("first", first, w)
		named := first
		named.Ticket = w.Ticket.ID
		again("first, by a client that knows the ticket now", named, w)
		_, err = d.tickets.Resolve(t.Context(), ann, w.Ticket.ID)
		must(t, err)
		again("first, after it was resolved", first, w)
		fresh := first
		fresh.Fresh = true
		again("first, asking for a fresh ticket", fresh, w)
		other := first
		other.Text = "Bye."
		_, err = d.tickets.Write(t.Context(), other)
		is(t, err, store.ErrKeyReused)

		// The same id on another ticket is another message.
		elsewhere := first
		elsewhere.Ticket = d.ask(t).ID
		if got, err := d.tickets.Write(t.Context(), elsewhere); err != nil || got.Again || got.Ticket.ID != elsewhere.Ticket {
			t.Errorf("the id on another ticket: %+v, %v", got, err)
		}

		_, err = d.tickets.Reject(t.Context(), ann, w.Ticket.ID)
		must(t, err)
		follow := d.inbound(w.Ticket.ID, "Wait.")
		follow.ClientID = strings.Repeat("é", ticket.MaxClientID)
		next, err := d.tickets.Write(t.Context(), follow)
		must(t, err)
		if next.Ticket.FollowUpOf() != w.Ticket.ID {
			t.Errorf("no follow-up: %+v", next.Ticket)
		}
		again("follow-up", follow, next)
		follow.Text = "Stop."
		_, err = d.tickets.Write(t.Context(), follow)
		is(t, err, store.ErrKeyReused)
	})
}

// A reply that names what its writer saw is refused when there is something newer.
func TestSeen(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		_, _, err := d.tickets.Note(t.Context(), bob, tk.ID, text("Only staff sees this."))
		must(t, err)
		_, m, err := d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Here.", Seen: 1, ClientID: "a"})
		must(t, err)
		d.write(t, tk.ID, "Thanks.")
		now, head := d.get(t, tk.ID), d.head(t)
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Anything else?", Seen: m.Seq})
		is(t, err, store.ErrStale)
		d.unchanged(t, now, head)
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Here.", Seen: 1, ClientID: "a"})
		must(t, err) // a repetition isn't stale
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Anything else?", Seen: m.Seq + 1})
		must(t, err)
	})
}

func TestMessageLimits(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		head := d.head(t)
		long := strings.Repeat("é", ticket.MaxBody+1)
		for name, c := range map[string]struct {
			draft ticket.Draft
			field string
			limit int
		}{
			"empty":          {ticket.Draft{}, "message.text", 0},
			"text":           {ticket.Draft{Text: long}, "message.text", ticket.MaxBody},
			"html":           {ticket.Draft{Text: "x", HTML: long}, "message.html", ticket.MaxBody},
			"html of naught": {ticket.Draft{HTML: "<script>"}, "message.text", 0},
			"quoted":         {ticket.Draft{Text: "x", Quoted: long}, "message.quoted", ticket.MaxBody},
			"client id":      {ticket.Draft{Text: "x", ClientID: strings.Repeat("é", 256)}, "message.client_id", 255},
			"client id, NUL": {ticket.Draft{Text: "x", ClientID: "a\x00"}, "message.client_id", 0},
			"attachments":    {ticket.Draft{Text: "x", Attachments: make([]string, 21)}, "message.attachments", 20},
			"mentions":       {ticket.Draft{Text: "x", Mentions: make([]string, 51)}, "message.mentions", 50},
		} {
			check := func(where string, err error) {
				t.Helper()
				if refuses(t, err, c.field); err != nil && c.limit > 0 && !strings.Contains(fmt.Sprintf("%+v", *err.(*store.FieldError)), fmt.Sprint(c.limit)) {
					t.Errorf("%s, %s: %v doesn't tell the limit of %d", name, where, err, c.limit)
				}
			}
			_, _, err := d.tickets.Reply(t.Context(), ann, tk.ID, c.draft)
			check("reply", err)
			_, _, err = d.tickets.Note(t.Context(), ann, tk.ID, c.draft)
			check("note", err)
			in := d.inbound(tk.ID, "")
			in.Draft = c.draft
			_, err = d.tickets.Write(t.Context(), in)
			check("write", err)
			_, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Message: &c.draft})
			check("create", err)
		}
		chat := d.inbound(tk.ID, strings.Repeat("é", ticket.MaxChatBody+1))
		chat.Limit = ticket.MaxChatBody
		_, err := d.tickets.Write(t.Context(), chat)
		refuses(t, err, "message.text")
		_, _, err = d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "x", Mentions: []string{"nobody"}})
		refuses(t, err, "message.mentions")
		d.unchanged(t, tk, head)
		d.reply(t, ann, tk.ID, long[2:])
	})
}

func TestWhatAMessageKeeps(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		_, _, err := d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "a\x00b\xff", HTML: "<b>a</b><script>", Quoted: "> q", ClientID: "c", Page: &ticket.Page{URL: strings.Repeat("u", 3000), Title: "T"}})
		must(t, err)
		want := &ticket.Message{Ticket: tk.ID, Seq: 2, Kind: ticket.Public, Author: ann, ClientID: "c", Text: "a\ufffdb\ufffd", HTML: "<b>a</b>", Quoted: "> q",
			Page: &ticket.Page{URL: strings.Repeat("u", 2000), Title: "T"}, Time: start, EndUser: d.eve, Rev: 1}
		if diff := cmp.Diff(want, d.messages(t, ann, tk.ID)[1]); diff != "" {
			t.Error(diff)
		}
		_, m, err := d.tickets.Note(t.Context(), ann, tk.ID, ticket.Draft{Text: "Look.", Mentions: []string{"root", "bob", "root"}})
		if must(t, err); cmp.Diff([]string{"bob", "root"}, m.Mentions) != "" || m.Visible() {
			t.Errorf("note %+v", m)
		}
	})
}

func TestNotesAreForStaff(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.ask(t)
		for i := range 6 {
			d.tell(t, []string{"note", "reply", "announce"}[i%3], tk)
		}
		seqs := func(who event.Actor, after, before int64, limit int) (ns []int64, more bool) {
			t.Helper()
			ms, more, err := d.tickets.Messages(t.Context(), who, tk.ID, after, before, limit)
			must(t, err)
			for _, m := range ms {
				ns = append(ns, m.Seq)
			}
			return ns, more
		}
		for _, c := range []struct {
			who           event.Actor
			after, before int64
			limit         int
			want          []int64
			more          bool
		}{
			{ann, 0, 0, 200, []int64{1, 2, 3, 4, 5, 6, 7}, false},
			{d.user(), 0, 0, 200, []int64{1, 3, 4, 6, 7}, false},
			{d.user(), 0, 0, 2, []int64{1, 3}, true},
			{d.user(), 3, 0, 2, []int64{4, 6}, true},
			{d.user(), 4, 0, 2, []int64{6, 7}, false},
			{d.user(), 7, 0, 2, nil, false},
			{d.user(), 0, 7, 2, []int64{4, 6}, true},
			{d.user(), 0, 4, 2, []int64{1, 3}, false},
			{ann, 0, 3, 200, []int64{1, 2}, false},
			{ann, -5, 0, 0, []int64{1}, true},
		} {
			if ns, more := seqs(c.who, c.after, c.before, c.limit); cmp.Diff(c.want, ns) != "" || more != c.more {
				t.Errorf("%s, after %d, before %d, limit %d: %v, more %v; want %v, %v", c.who.Kind, c.after, c.before, c.limit, ns, more, c.want, c.more)
			}
		}
	})
}

// To another end user a ticket isn't there, whatever he tries.
func TestForeignTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		mallory := event.Actor{Kind: event.EndUser, ID: d.endUser(t, "mallory")}
		file, err := d.tickets.Upload(t.Context(), d.user(), "", "", "a.txt", strings.NewReader("secret"))
		must(t, err)
		in := d.inbound("", "Look.")
		in.Attachments = []string{file.ID}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		id, head := w.Ticket.ID, d.head(t)
		missing := func(what string, err error) {
			t.Helper()
			if is(t, err, store.ErrNotFound); err == nil {
				t.Errorf("%s was allowed", what)
			}
		}
		_, err = d.tickets.Get(t.Context(), mallory, id)
		missing("Get", err)
		_, err = d.tickets.ByNumber(t.Context(), mallory, w.Ticket.Number)
		missing("ByNumber", err)
		_, _, err = d.tickets.Messages(t.Context(), mallory, id, 0, 0, 10)
		missing("Messages", err)
		_, err = d.tickets.MarkRead(t.Context(), mallory, id, 1)
		missing("MarkRead", err)
		_, err = d.tickets.MarkDelivered(t.Context(), mallory.ID, id, 1)
		missing("MarkDelivered", err)
		_, err = d.tickets.Resolve(t.Context(), mallory, id)
		missing("Resolve", err)
		_, _, err = d.tickets.Attachment(t.Context(), mallory, file.ID)
		missing("Attachment", err)
		_, _, err = d.tickets.OfEndUser(t.Context(), mallory, d.eve, "", 10)
		missing("OfEndUser", err)
		foreign := d.inbound(id, "Mine?")
		foreign.EndUser = mallory.ID
		_, err = d.tickets.Write(t.Context(), foreign)
		missing("Write", err)
		_, err = d.tickets.Create(t.Context(), ticket.New{Actor: mallory, EndUser: d.eve})
		refuses(t, err, "end_user")
		d.unchanged(t, w.Ticket, head)
	})
}

func TestFail(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.reply(t, ann, d.ask(t).ID, "Here.")
		tk, err := d.tickets.Fail(t.Context(), host, tk.ID, 2, strings.Repeat("x", 2000))
		must(t, err)
		m := d.messages(t, d.user(), tk.ID)[1]
		if len(m.Failure) != 1000 || tk.DeliveryOf(m) != ticket.DeliveryFailed {
			t.Errorf("failure of %d characters, delivery %s", len(m.Failure), tk.DeliveryOf(m))
		}
		head := d.head(t)
		_, err = d.tickets.Fail(t.Context(), host, tk.ID, 2, m.Failure)
		must(t, err)
		d.unchanged(t, tk, head)
		_, err = d.tickets.Fail(t.Context(), host, tk.ID, 3, "gone")
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Fail(t.Context(), d.user(), tk.ID, 2, "no")
		forbidden(t, err)
	})
}

// The same key and content creates once, for seven days, for each actor.
func TestCreateOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		n := ticket.New{EndUser: d.eve, Key: "order-17", Message: &ticket.Draft{Text: "Hi."}, Fields: map[string]any{}}
		first, err := d.tickets.Create(t.Context(), n)
		must(t, err)
		d.reply(t, ann, first.ID, "Here.")
		head := d.head(t)
		again, err := d.tickets.Create(t.Context(), n)
		if must(t, err); again.ID != first.ID || again.Marks.Last != 2 || d.head(t) != head {
			t.Errorf("the repetition gave %s with %d messages", again.ID, again.Marks.Last)
		}
		other := n
		other.Title = "Other"
		_, err = d.tickets.Create(t.Context(), other)
		is(t, err, store.ErrKeyReused)
		other = n
		other.Actor = host
		byHost, err := d.tickets.Create(t.Context(), other)
		if must(t, err); byHost.ID == first.ID {
			t.Error("another actor got the ticket")
		}
		d.clock.forward(7 * 24 * time.Hour)
		later, err := d.tickets.Create(t.Context(), n)
		if must(t, err); later.ID == first.ID {
			t.Error("the key still holds after seven days")
		}
		n.Key = strings.Repeat("é", 256)
		_, err = d.tickets.Create(t.Context(), n)
		refuses(t, err, "key")
	})
}

func TestCreateRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		head := d.head(t)
		links := make([]ticket.Link, ticket.MaxLinks+1)
		for field, n := range map[string]ticket.New{
			"end_user": {}, "channel": {EndUser: d.eve, Channel: "E-Mail"}, "title": {EndUser: d.eve, Title: strings.Repeat("é", 256)},
			"priority": {EndUser: d.eve, Priority: "now"}, "links": {EndUser: d.eve, Links: links}, "link": {EndUser: d.eve, Links: links[:1]},
			"message": {EndUser: d.eve, Actor: ann}, "app": {EndUser: d.eve, App: "none"}, "platform": {EndUser: d.eve, Platform: "fax"},
			"group": {EndUser: d.eve, Actor: host, Group: "none"},
		} {
			_, err := d.tickets.Create(t.Context(), n)
			refuses(t, err, field)
		}
		_, err := d.tickets.Create(t.Context(), ticket.New{EndUser: "nobody"})
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Actor: event.Actor{Kind: event.Agent, ID: "x"}, Message: &ticket.Draft{Text: "x"}})
		forbidden(t, err)
		if n := d.head(t); n != head {
			t.Errorf("refused tickets made %d events", n-head)
		}
	})
}
