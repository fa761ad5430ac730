package ticket_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

func TestMacro(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "refund"}))
		q := quick("Refunded", "/refunded", "Done.")
		q.Actions = []ticket.Action{{Do: ticket.DoAddTags, Tags: []string{"refund"}}, {Do: ticket.DoPriority, Text: "low"}, {Do: ticket.DoResolve}}
		d.quick(t, admin, q)
		tk := d.ask(t)
		r, err := d.tickets.PreviewQuickReply(t.Context(), ann, tk.ID, q.ID)
		if must(t, err); cmp.Diff(q.Actions, r.Actions) != "" {
			t.Errorf("previewed %+v", r.Actions)
		}
		for range 2 { // the second time it is a repetition
			now, m, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "c"})
			must(t, err)
			if now.Status != ticket.StatusResolved || !now.HasTag("refund") || now.Priority != ticket.Low || m.Text != "Done." {
				t.Errorf("%s, %v, %s after %q", now.Status, now.Tags, now.Priority, m.Text)
			}
		}
		if got := strings.Count(strings.Join(d.history(t, tk.ID), " "), ticket.Resolved); got != 1 {
			t.Errorf("resolved %d times", got)
		}
		all, _, err := d.tickets.QuickReplies(t.Context(), ann, ticket.QuickReplyFilter{}, "", 1)
		if must(t, err); all[0].Actions != 3 {
			t.Errorf("row %+v", all[0])
		}
	})
}

// What can't be done to the end isn't begun, in a transaction of the host's, too.
func TestMacroIsAllOrNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.upload(t, admin, "f", "x")
		q := quick("a", "", "Done.")
		q.Attachments = []ticket.Attachment{{ID: a.ID}}
		q.Actions = []ticket.Action{{Do: ticket.DoPriority, Text: "low"}, {Do: ticket.DoAssign, To: "nobody"}}
		d.quick(t, admin, q)
		tk := d.ask(t)
		head := d.head(t)
		failed := func(err error) {
			t.Helper()
			if bad, ok := errors.AsType[*ticket.ActionError](err); !ok || bad.Place != 1 {
				t.Errorf("error %v, want one about the second action", err)
			}
		}
		_, _, err := d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "c"})
		failed(err)
		d.unchanged(t, tk, head)
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			_, _, err := d.tickets.In(tx).SendQuickReply(ctx, ann, tk.ID, q.ID, ticket.Draft{})
			failed(err)
			return nil
		}))
		d.unchanged(t, tk, head)
		q.Actions = nil
		d.quick(t, admin, q)
		_, _, err = d.tickets.SendQuickReply(t.Context(), ann, tk.ID, q.ID, ticket.Draft{ClientID: "c"})
		must(t, err)
	})
}

func TestActionsOfQuickReplies(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	for n := 19; n <= 21; n++ {
		q := quick("a", "", "x")
		for range n {
			q.Actions = append(q.Actions, ticket.Action{Do: ticket.DoResolve})
		}
		if err := d.tickets.SaveQuickReply(t.Context(), admin, q); n > 20 {
			refuses(t, err, "actions")
		} else {
			must(t, err)
		}
	}
	q := quick("a", "", "x")
	q.Actions = []ticket.Action{{Do: "explode"}}
	refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, q), "actions.do")
	q.Actions = nil
	for range 10 {
		q.Actions = append(q.Actions, ticket.Action{Do: ticket.DoNote, Text: strings.Repeat("x", 90_000)})
	}
	refuses(t, d.tickets.SaveQuickReply(t.Context(), admin, q), "quick_reply.texts")
}

// A quick reply for a ticket that was merged goes where the ticket went, once, and
// files move with their messages.
func TestQuickReplyAndMerge(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a := d.upload(t, admin, "f", "a file")
		q := quick("a", "", "Number {{ticket.number}}")
		q.Attachments = []ticket.Attachment{{ID: a.ID}}
		q.Actions = []ticket.Action{{Do: ticket.DoPriority, Text: "low"}}
		d.quick(t, admin, q)
		from, to := d.ask(t), d.ask(t)
		_, early, err := d.tickets.SendQuickReply(t.Context(), ann, from.ID, q.ID, ticket.Draft{ClientID: "early"})
		must(t, err)
		d.clock.forward(time.Minute)
		_, _, err = d.tickets.Merge(t.Context(), ann, from.ID, to.ID, nil)
		must(t, err)
		_, again, err := d.tickets.SendQuickReply(t.Context(), ann, from.ID, q.ID, ticket.Draft{ClientID: "early"})
		must(t, err)
		if again.Ticket != to.ID || again.Text != early.Text {
			t.Errorf("again %+v", again)
		}
		now, m, err := d.tickets.SendQuickReply(t.Context(), ann, from.ID, q.ID, ticket.Draft{ClientID: "late"})
		must(t, err)
		if now.ID != to.ID || now.Priority != ticket.Low || m.Ticket != to.ID || m.Text == early.Text {
			t.Errorf("sent %+v on %s", m, now.ID)
		}
		for _, m := range []*ticket.Message{again, m} {
			if got, err := d.read(t, d.user(), m.Attachments[0].ID); err != nil || got != "a file" {
				t.Errorf("eve reads %q, %v", got, err)
			}
		}
	})
}
