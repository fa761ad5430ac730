package ticket_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// lone is an end user who is known by his email.
func (d *desk) lone(t testing.TB, email string) event.Actor {
	t.Helper()
	u, err := d.people.Save(t.Context(), host, identity.Profile{Email: email})
	must(t, err)
	return event.Actor{Kind: event.EndUser, ID: u.ID}
}

// mergeInto merges an end user into eve.
func (d *desk) mergeInto(t testing.TB, who event.Actor) {
	t.Helper()
	_, err := d.people.MergeEndUsers(t.Context(), host, who.ID, d.eve)
	must(t, err)
}

// says is what somebody writes, with no ticket named.
func (d *desk) says(t testing.TB, who event.Actor, clientID, s string) *ticket.Written {
	t.Helper()
	in := ticket.Inbound{EndUser: who.ID, Platform: "webchat", Draft: ticket.Draft{ClientID: clientID, Text: s}}
	w, err := d.tickets.Write(t.Context(), in)
	must(t, err)
	return w
}

// All tickets of a merged end user are the other one's, with what is on them.
func TestMergedEndUsersTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		own := d.ask(t)
		old := d.lone(t, "old@example.com")
		solved := d.says(t, old, "1", "an old question").Ticket
		_, err := d.tickets.Resolve(ctx, ann, solved.ID)
		must(t, err)
		open := d.says(t, old, "2", "a new question").Ticket
		d.reply(t, ann, open.ID, "an answer")
		sent := d.upload(t, old, "sent.txt", "sent")
		_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: old.ID, Ticket: open.ID, Draft: ticket.Draft{Text: "a file", Attachments: []string{sent.ID}}})
		must(t, err)
		pending := d.upload(t, old, "later.txt", "later")
		d.step(t)

		d.mergeInto(t, old)
		ts, _, err := d.tickets.OfEndUser(ctx, d.user(), d.eve, "", 10)
		must(t, err)
		var ids []string
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
		if diff := cmp.Diff([]string{open.ID, own.ID, solved.ID}, ids); diff != "" {
			t.Errorf("tickets of the one who took over: %s", diff)
		}
		if ts, _, err = d.tickets.OfEndUser(ctx, ann, old.ID, "", 10); err != nil || len(ts) != 3 {
			t.Errorf("tickets by the old id: %d, %v", len(ts), err)
		}
		if got := d.texts(t, d.user(), open.ID); len(got) != 3 {
			t.Errorf("he reads %q", got)
		}
		for _, id := range []string{sent.ID, pending.ID} {
			if _, err := d.read(t, d.user(), id); err != nil {
				t.Errorf("a file of the old one: %v", err)
			}
		}
		_, err = d.tickets.Write(ctx, ticket.Inbound{EndUser: d.eve, Ticket: open.ID, Draft: ticket.Draft{Text: "and this", Attachments: []string{pending.ID}}})
		must(t, err)
		if h := d.history(t, open.ID); !slices.Contains(h, ticket.GivenOver) {
			t.Errorf("history %v", h)
		}
		d.step(t)
		entries, _, err := d.tickets.History(ctx, ann, open.ID, "", 100)
		must(t, err)
		if !slices.ContainsFunc(entries, func(e ticket.Entry) bool {
			return e.What == "end user" && e.From == old.ID && e.Why == "end users merged"
		}) {
			t.Errorf("the history says %v", entries)
		}
		// What was sent before, and is repeated after, is known as one.
		if again := d.says(t, d.user(), "1", "an old question"); !again.Again || again.Ticket.ID != solved.ID {
			t.Errorf("the repetition went to %+v", again.Ticket)
		}
		// What comes for the old one goes to the other one.
		w, err := d.tickets.Write(ctx, ticket.Inbound{EndUser: old.ID, Platform: "ios", Draft: text("who am I?")})
		must(t, err)
		if w.Ticket.EndUser != d.eve || w.Message.Author != d.user() {
			t.Errorf("a message for the old one: %+v by %s", w.Ticket, w.Message.Author)
		}
		made, err := d.tickets.Create(ctx, ticket.New{EndUser: old.ID, Message: &ticket.Draft{Text: "a form"}})
		must(t, err)
		if made.EndUser != d.eve {
			t.Errorf("a ticket for the old one: %+v", made)
		}
		_, err = d.tickets.Get(ctx, old, open.ID)
		is(t, err, store.ErrNotFound)
	})
}

// More tickets than a page go over by a job, and nothing is left behind.
func TestMergedEndUserWithManyTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		old := d.lone(t, "old@example.com")
		var all []ticket.New
		for range 450 {
			all = append(all, ticket.New{Actor: host, EndUser: old.ID, Title: "x"})
		}
		ts, err := d.tickets.CreateMany(t.Context(), all)
		must(t, err)
		d.mergeInto(t, old)
		now := func() (n int) {
			for _, tk := range ts {
				if d.get(t, tk.ID).EndUser == d.eve {
					n++
				}
			}
			return n
		}
		if n := now(); n != 200 {
			t.Errorf("%d went at once", n)
		}
		d.step(t)
		if n := now(); n != len(ts) {
			t.Errorf("%d of %d went", n, len(ts))
		}
	})
}

// A hook that refuses keeps all of it as it was.
func TestMergeIsRefusedByAHook(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	d := openMemory(t, &ticket.Options{Hooks: []ticket.Hook{{Name: "keeper", Do: func(_ context.Context, _ *store.Tx, c *ticket.Change) error {
		if slices.Contains(c.Events(), ticket.GivenOver) {
			return no
		}
		return nil
	}}}})
	old := d.lone(t, "old@example.com")
	tk := d.says(t, old, "1", "hello").Ticket
	_, err := d.people.MergeEndUsers(t.Context(), host, old.ID, d.eve)
	is(t, err, no)
	if u, err := d.people.EndUser(t.Context(), old.ID); err != nil || u.ID != old.ID || d.get(t, tk.ID).EndUser != old.ID {
		t.Errorf("half a merge: %+v, %v", u, err)
	}
	if err == nil || !strings.Contains(err.Error(), tk.ID) {
		t.Errorf("the error %q doesn't name the ticket", err)
	}
}
