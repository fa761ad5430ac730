package ticket_test

import (
	"context"
	"errors"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// Hooks run in their order, see what happens, may set fields and add events.
func TestHooks(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		var calls []string
		hook := func(name string) ticket.Hook {
			return ticket.Hook{Name: name, Do: func(_ context.Context, tx *store.Tx, c *ticket.Change) error {
				calls = append(calls, name)
				if !tx.Writable() {
					t.Error("a hook outside of the writer's transaction")
				}
				if c.Before == nil {
					c.After.Queue = "by " + name
				}
				if name == "second" {
					c.Reason = "because"
					c.Record(ticket.Changed, &ticket.Facts{What: append([]string{"seen"}, c.Events()...)})
				}
				return nil
			}}
		}
		d := open(t, s, &ticket.Options{Hooks: []ticket.Hook{hook("first"), hook("second")}})
		tk := d.ask(t)
		if got := d.get(t, tk.ID); got.Queue != "by second" || tk.Queue != "by second" {
			t.Errorf("queue %q, %q", tk.Queue, got.Queue)
		}
		d.reply(t, ann, tk.ID, "Here.")
		if diff := cmp.Diff([]string{"first", "second", "first", "second"}, calls); diff != "" {
			t.Error(diff)
		}
		es := d.eventsOf(t, tk.ID)
		last := es[len(es)-1]
		var f ticket.Facts
		must(t, last.Payload(&f))
		if diff := cmp.Diff([]string{"seen", ticket.MessageAdded, ticket.Assigned}, f.What); diff != "" || f.Status != ticket.StatusAgentReplied || last.Reason != "because" {
			t.Errorf("facts %+v, reason %q: %s", f, last.Reason, diff)
		}
		calls = nil
		_, err := d.tickets.AssignQueue(t.Context(), ann, tk.ID, "by second")
		must(t, err)
		if len(calls) == 0 {
			t.Error("no hook ran on a change")
		}
		calls = nil
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, "ann")
		must(t, err)
		calls = nil
		_, err = d.tickets.Assign(t.Context(), ann, tk.ID, "ann")
		must(t, err)
		if len(calls) > 0 {
			t.Errorf("hooks %v ran where nothing changed", calls)
		}
	})
}

// A hook that refuses leaves nothing behind.
func TestHooksRefuse(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, s driver.Store) {
		no, refusing := errors.New("not now"), false
		d := open(t, s, &ticket.Options{Hooks: []ticket.Hook{{Name: "gate", Do: func(context.Context, *store.Tx, *ticket.Change) error {
			if refusing {
				return no
			}
			return nil
		}}}})
		tk := d.ask(t)
		file := d.upload(t, ann, "f", "x")
		head := d.head(t)
		refusing = true
		_, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Key: "k", Message: &ticket.Draft{Text: "Hi."}})
		is(t, err, no)
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Hi.", ClientID: "c", Attachments: []string{file.ID}})
		is(t, err, no)
		in := d.inbound("", "Hi.")
		in.Fresh, in.ClientID = true, "c"
		_, err = d.tickets.Write(t.Context(), in)
		is(t, err, no)
		d.unchanged(t, tk, head)
		refusing = false
		if w, err := d.tickets.Write(t.Context(), in); err != nil || w.Again {
			t.Errorf("after a refusal: %+v, %v", w, err)
		}
		if _, m, err := d.tickets.Reply(t.Context(), ann, tk.ID, ticket.Draft{Text: "Hi.", ClientID: "c", Attachments: []string{file.ID}}); err != nil || m.Seq != 2 {
			t.Errorf("after a refusal: %+v, %v", m, err)
		}
	})
}

// In joins the caller's transaction: if that fails, nothing was there.
func TestIn(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk, head, boom := d.ask(t), d.head(t), errors.New("boom")
		made, written := "", ""
		run := func(end error) error {
			return d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				tickets := d.tickets.In(tx)
				created, err := tickets.Create(ctx, ticket.New{EndUser: d.eve, Key: "k", Message: &ticket.Draft{Text: "Hi."}})
				if err != nil {
					return err
				}
				if _, _, err := tickets.Reply(ctx, ann, tk.ID, ticket.Draft{Text: "Here.", ClientID: "c"}); err != nil {
					return err
				}
				// A refusal inside takes back its own writes only.
				if _, _, err := tickets.Reply(ctx, ann, tk.ID, ticket.Draft{Text: "There.", Attachments: []string{"none"}}); err == nil {
					t.Error("an attachment that isn't there was taken")
				}
				w, err := tickets.Write(ctx, d.inbound(created.ID, "Hello?"))
				if err != nil {
					return err
				}
				made, written = created.ID, w.Ticket.ID
				return end
			})
		}
		is(t, run(boom), boom)
		d.unchanged(t, tk, head)
		_, err := d.tickets.Get(t.Context(), host, made)
		is(t, err, store.ErrNotFound)
		ts, _, err := d.tickets.OfEndUser(t.Context(), d.user(), d.eve, "", 10)
		if must(t, err); len(ts) != 1 || len(d.messages(t, ann, tk.ID)) != 1 {
			t.Errorf("%d tickets, %d messages", len(ts), len(d.messages(t, ann, tk.ID)))
		}
		must(t, run(nil))
		if made != written || d.get(t, made).Marks.Last != 2 || len(d.messages(t, ann, tk.ID)) != 2 {
			t.Errorf("made %s, wrote to %s", made, written)
		}
	})
}
