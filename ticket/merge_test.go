package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

// fresh is another ticket of the end user.
func (d *desk) fresh(t testing.TB, s string) *ticket.Ticket {
	t.Helper()
	in := d.inbound("", s)
	in.Fresh = true
	w, err := d.tickets.Write(t.Context(), in)
	must(t, err)
	return w.Ticket
}

func (d *desk) texts(t testing.TB, who event.Actor, id string) (all []string) {
	t.Helper()
	for _, m := range d.messages(t, who, id) {
		all = append(all, m.Text)
	}
	return all
}

func TestMerge(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for _, tag := range []string{"a", "b", "c"} {
			must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: tag}))
		}
		source := d.fresh(t, "Where is my parcel?")
		d.clock.forward(time.Hour)
		target := d.fresh(t, "And the other one?")
		for id, tags := range map[string][]string{source.ID: {"a", "b"}, target.ID: {"b", "c"}} {
			_, err := d.tickets.Edit(t.Context(), ann, id, ticket.Edit{AddTags: tags})
			must(t, err)
		}
		_, note, err := d.tickets.Note(t.Context(), ann, source.ID, text("Lost in Bremen."))
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), ann, source.ID, source.ID, nil)
		refuses(t, err, "target")
		_, _, err = d.tickets.Merge(t.Context(), d.user(), source.ID, target.ID, nil)
		forbidden(t, err)

		from, to, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
		must(t, err)
		if from.Status != ticket.StatusResolved || from.Merged == nil || from.Merged.Into != to.ID || !from.WaitingSince.IsZero() || from.Resolution != nil ||
			!slices.Equal(from.Links, []ticket.Link{{Kind: ticket.DuplicateOf, Ticket: to.ID}}) || from.Counts != (ticket.Counts{}) {
			t.Errorf("source %+v", from)
		}
		if to.Status != ticket.StatusNew || !to.WaitingSince.Equal(start) || !slices.Equal(to.Tags, []string{"a", "b", "c"}) || to.Counts.Inbound != 2 ||
			to.Preview.Text != "And the other one?" {
			t.Errorf("target %+v", to)
		}
		if diff := cmp.Diff([]string{"And the other one?", "Where is my parcel?", "Lost in Bremen."}, d.texts(t, ann, to.ID)); diff != "" {
			t.Error(diff)
		}
		if moved := d.messages(t, ann, to.ID)[2]; moved.ID() != note.ID() || moved.Seq != 3 || moved.Author != note.Author || !moved.Time.Equal(note.Time) || moved.Kind != ticket.Note {
			t.Errorf("note %+v became %+v", note, moved)
		}
		if got := d.history(t, source.ID); got[len(got)-1] != ticket.Merged || slices.Contains(got, ticket.Resolved) || slices.Contains(got, ticket.RatingAsked) {
			t.Errorf("the source's events: %v", got)
		}

		// What comes later goes to the target.
		if w := d.write(t, source.ID, "Hello?"); w.Ticket.ID != to.ID || w.Message.Seq != 4 {
			t.Errorf("message %+v on %s", w.Message, w.Ticket.ID)
		}
		if tk := d.reply(t, bob, source.ID, "Both are on their way."); tk.ID != to.ID {
			t.Errorf("the reply is on %s", tk.ID)
		}
		if _, m, err := d.tickets.Note(t.Context(), bob, source.ID, text("Done.")); err != nil || m.Ticket != to.ID {
			t.Errorf("note %+v, error %v", m, err)
		}
		_, _, err = d.tickets.Reply(t.Context(), bob, source.ID, ticket.Draft{Text: "Late.", Seen: 1})
		is(t, err, store.ErrStale)
		for name, act := range map[string]func() error{
			"assign": func() error { _, err := d.tickets.Assign(t.Context(), ann, source.ID, "bob"); return err },
			"reopen": func() error { _, err := d.tickets.Reopen(t.Context(), ann, source.ID); return err },
			"edit": func() error {
				_, err := d.tickets.Edit(t.Context(), ann, source.ID, ticket.Edit{AddTags: []string{"a"}})
				return err
			},
			"merge": func() error {
				_, _, err := d.tickets.Merge(t.Context(), ann, source.ID, d.fresh(t, "3").ID, nil)
				return err
			},
			"into it": func() error {
				_, _, err := d.tickets.Merge(t.Context(), ann, d.fresh(t, "4").ID, source.ID, nil)
				return err
			},
			"split": func() error { _, _, err := d.tickets.Split(t.Context(), ann, source.ID, []int64{1}, ""); return err },
		} {
			if gone, ok := errors.AsType[*ticket.MergedError](act()); !ok || gone.Into != to.ID {
				t.Errorf("%s on a merged ticket: %v", name, act())
			}
		}
	})
}

// Of two answered conversations nothing becomes unread, nor read.
func TestMergeKeepsWhatWasRead(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		for name, c := range map[string]struct{ source, target, unread int }{"all read": {0, 0, 0}, "source unread": {1, 0, 1}, "target unread": {0, 1, 2}} {
			a, b := d.fresh(t, "a"), d.fresh(t, "b")
			d.reply(t, ann, a.ID, "a!")
			d.reply(t, ann, b.ID, "b!")
			for id, unread := range map[string]int{a.ID: c.source, b.ID: c.target} {
				if unread == 0 {
					_, err := d.tickets.MarkRead(t.Context(), d.user(), id, 2)
					must(t, err)
				}
			}
			_, to, err := d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
			must(t, err)
			if to.Marks.EndUserUnread != c.unread {
				t.Errorf("%s: %d unread, want %d", name, to.Marks.EndUserUnread, c.unread)
			}
		}
	})
}

func TestMergeIsUndone(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		must(t, d.tickets.SaveTag(t.Context(), host, &ticket.Tag{Name: "vip"}))
		source, target := d.fresh(t, "One."), d.fresh(t, "Two.")
		did2(t)(d.tickets.Edit(t.Context(), ann, source.ID, ticket.Edit{AddTags: []string{"vip"}}))
		target = d.reply(t, ann, target.ID, "Two!")
		source = did2(t)(d.tickets.Assign(t.Context(), ann, source.ID, "bob"))
		source = did2(t)(d.tickets.Snooze(t.Context(), ann, source.ID, d.clock.now().Add(time.Hour), "later"))
		_, to, err := d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
		must(t, err)
		if to.Status != ticket.StatusWaitingForAgent || !to.WaitingSince.Equal(start) {
			t.Errorf("the target is %s, waiting since %v", to.Status, to.WaitingSince)
		}
		d.clock.forward(2 * time.Hour)
		d.step(t) // the alarm rings, and nobody is there
		from, to, err := d.tickets.Unmerge(t.Context(), bob, source.ID)
		must(t, err)
		if from.Status != ticket.StatusNewForAgent || from.Assignee != bob || !from.WaitingSince.Equal(start) || from.Snoozed == nil || from.Merged != nil || len(from.Links) > 0 {
			t.Errorf("the source is %+v", from)
		}
		if to.Status != ticket.StatusAgentReplied || !to.WaitingSince.IsZero() || len(to.Tags) > 0 || to.Counts != target.Counts {
			t.Errorf("the target is %+v", to)
		}
		if diff := cmp.Diff([]string{"One."}, d.texts(t, ann, source.ID)) + cmp.Diff([]string{"Two.", "Two!"}, d.texts(t, ann, target.ID)); diff != "" {
			t.Error(diff)
		}
		if d.step(t); d.get(t, source.ID).Snoozed != nil {
			t.Error("it sleeps beyond its time")
		}
		_, _, err = d.tickets.Unmerge(t.Context(), bob, source.ID)
		refuses(t, err, "source")

		_, _, err = d.tickets.Merge(t.Context(), ann, source.ID, target.ID, nil)
		must(t, err)
		d.clock.forward(ticket.MergeUndo + time.Microsecond)
		_, _, err = d.tickets.Unmerge(t.Context(), bob, source.ID)
		refuses(t, err, "source")
		d.clock.forward(-time.Microsecond)
		_, _, err = d.tickets.Unmerge(t.Context(), bob, source.ID)
		must(t, err)
	})
}

// did2 is did for calls whose two results it takes as they come.
func did2(t testing.TB) func(*ticket.Ticket, error) *ticket.Ticket {
	return func(tk *ticket.Ticket, err error) *ticket.Ticket {
		t.Helper()
		must(t, err)
		return tk
	}
}

// Another end user's conversation becomes a note, which he never learns of.
func TestMergeAbroad(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		mine := d.fresh(t, "Hello from Eve.")
		d.reply(t, ann, mine.ID, "Hello Eve.")
		eve := d.eve
		d.eve = d.endUser(t, "her husband")
		his := d.fresh(t, "Hello from Adam.")
		_, _, err := d.tickets.Merge(t.Context(), ann, mine.ID, his.ID, nil)
		refuses(t, err, "target")
		from, to, err := d.tickets.Merge(t.Context(), ann, mine.ID, his.ID, &ticket.MergeOptions{Abroad: true})
		must(t, err)
		if from.Status != ticket.StatusResolved || from.Resolution != nil {
			t.Errorf("source %+v", from)
		}
		ms := d.messages(t, ann, to.ID)
		if len(ms) != 2 || ms[1].Kind != ticket.Note || ms[1].About != eve || !strings.Contains(ms[1].Text, "Hello from Eve.") || !strings.Contains(ms[1].Text, "ANN:\nHello Eve.") {
			t.Errorf("messages %+v", ms)
		}
		if got := d.texts(t, d.user(), to.ID); !slices.Equal(got, []string{"Hello from Adam."}) {
			t.Errorf("he sees %v", got)
		}
		d.eve = eve
		if got := d.texts(t, d.user(), mine.ID); !slices.Equal(got, []string{"Hello from Eve.", "Hello Eve."}) {
			t.Errorf("she sees %v", got)
		}
		if w := d.write(t, mine.ID, "And now?"); w.Ticket.ID == to.ID || w.Ticket.ID == mine.ID || w.Ticket.FollowUpOf() != mine.ID {
			t.Errorf("her next message is on %+v", w.Ticket)
		}
		_, _, err = d.tickets.Unmerge(t.Context(), ann, mine.ID)
		must(t, err)
		if tk := d.get(t, mine.ID); tk.Status != ticket.StatusAgentReplied {
			t.Errorf("undone it is %s", tk.Status)
		}
		// The note of a very long conversation holds its end.
		long := d.fresh(t, strings.Repeat("x", ticket.MaxBody))
		d.reply(t, ann, long.ID, "The end.")
		_, to, err = d.tickets.Merge(t.Context(), ann, long.ID, his.ID, &ticket.MergeOptions{Abroad: true})
		must(t, err)
		ms = d.messages(t, ann, to.ID)
		if last := ms[len(ms)-1].Text; !strings.HasSuffix(last, "The end.") || !strings.Contains(last, "left out") {
			t.Errorf("note of %d characters", len(last))
		}
	})
}

func TestMergeRefuses(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		open, done, spam := d.fresh(t, "1"), d.fresh(t, "2"), d.fresh(t, "3")
		did2(t)(d.tickets.Resolve(t.Context(), ann, done.ID))
		did2(t)(d.tickets.Reject(t.Context(), ann, spam.ID))
		for _, c := range []struct{ from, to, field string }{{open.ID, done.ID, "target"}, {spam.ID, open.ID, "source"}, {open.ID, spam.ID, "source"}} {
			head, was := d.head(t), d.get(t, c.from)
			_, _, err := d.tickets.Merge(t.Context(), ann, c.from, c.to, nil)
			refuses(t, err, c.field)
			d.unchanged(t, was, head)
		}
		_, _, err := d.tickets.Merge(t.Context(), ann, done.ID, open.ID, nil)
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), ann, open.ID, "nothing", nil)
		is(t, err, store.ErrNotFound)
	})
}

// An attachment stays readable wherever its message goes, for those who could read
// it.
func TestAttachmentsMove(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		file, err := d.tickets.Upload(t.Context(), d.user(), ticket.DefaultApp, "webchat", "a.txt", strings.NewReader("what is in it"))
		must(t, err)
		in := d.inbound("", "See this.")
		in.Attachments = []string{file.ID}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		other := d.fresh(t, "More.")
		_, _, err = d.tickets.Merge(t.Context(), ann, w.Ticket.ID, other.ID, nil)
		must(t, err)
		_, part, err := d.tickets.Split(t.Context(), ann, other.ID, []int64{2}, "")
		must(t, err)
		if ms := d.messages(t, ann, part.ID); len(ms) != 1 || len(ms[0].Attachments) != 1 || ms[0].ID() != w.Message.ID() {
			t.Fatalf("messages %+v", ms)
		}
		for _, who := range []event.Actor{d.user(), bob} {
			r, _, err := d.tickets.Attachment(t.Context(), who, file.ID)
			must(t, err)
			b, err := io.ReadAll(r)
			must(t, errors.Join(err, r.Close()))
			if string(b) != "what is in it" {
				t.Errorf("%s reads %q", who, b)
			}
		}
		_, _, err = d.tickets.Attachment(t.Context(), event.Actor{Kind: event.EndUser, ID: d.endUser(t, "mallory")}, file.ID)
		is(t, err, store.ErrNotFound)
	})
}

func TestSplit(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		tk := d.fresh(t, "Where is my parcel?")
		d.clock.forward(time.Minute)
		d.write(t, tk.ID, "And how do I cancel?")
		did2(t)(d.tickets.Assign(t.Context(), ann, tk.ID, "ann"))
		from, part, err := d.tickets.Split(t.Context(), ann, tk.ID, []int64{2, 2}, "Cancel")
		must(t, err)
		if part.Title != "Cancel" || part.Status != ticket.StatusNew || part.EndUser != tk.EndUser || part.App != tk.App || part.Counts.Inbound != 1 ||
			!part.WaitingSince.Equal(start.Add(time.Minute)) || part.Assignee != (event.Actor{}) || part.Number <= from.Number || part.Links[0].Ticket != from.ID {
			t.Errorf("the new one is %+v", part)
		}
		if from.Counts.Inbound != 1 || !from.WaitingSince.Equal(start) || from.Links[0].Ticket != part.ID || from.Marks.Last != 2 || from.Marks.Visible != 1 {
			t.Errorf("the old one is %+v", from)
		}
		// The answer alone leaves the question waiting again.
		d.reply(t, ann, tk.ID, "It's in Bremen.")
		from, part, err = d.tickets.Split(t.Context(), ann, tk.ID, []int64{3}, "")
		must(t, err)
		if from.Status != ticket.StatusNewForAgent || !from.WaitingSince.Equal(start) || part.Status != ticket.StatusAgentReplied || part.Times.FirstHuman.IsZero() {
			t.Errorf("%s since %v, and %s", from.Status, from.WaitingSince, part.Status)
		}
		for field, seqs := range map[string][]int64{"messages": {1}, "messages ": {7}, "messages  ": {}} {
			head := d.head(t)
			_, _, err = d.tickets.Split(t.Context(), ann, tk.ID, seqs, "")
			refuses(t, err, strings.TrimSpace(field))
			d.unchanged(t, from, head)
		}
		_, _, err = d.tickets.Split(t.Context(), ann, tk.ID, make([]int64, ticket.MaxMoved+1), "")
		refuses(t, err, "messages")
		_, _, err = d.tickets.Split(t.Context(), ann, tk.ID, []int64{1}, strings.Repeat("ü", ticket.MaxTitle+1))
		refuses(t, err, "title")
		_, _, err = d.tickets.Split(t.Context(), d.user(), tk.ID, []int64{1}, "")
		forbidden(t, err)
	})
}

// At most 2,000 messages move, and 2,000 do.
func TestManyMessagesMove(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of messages")
	}
	d := openMemory(t, nil)
	a, b := d.fresh(t, "1"), d.fresh(t, "2")
	for i := range ticket.MaxMoved {
		_, _, err := d.tickets.Note(t.Context(), host, a.ID, text(fmt.Sprint(i)))
		must(t, err)
	}
	_, _, err := d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
	refuses(t, err, "messages")
	_, part, err := d.tickets.Split(t.Context(), ann, a.ID, []int64{5}, "")
	must(t, err)
	_, to, err := d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
	must(t, err)
	if to.Marks.Last != ticket.MaxMoved+1 || part.Marks.Last != 1 {
		t.Errorf("%d and %d messages", to.Marks.Last, part.Marks.Last)
	}
	_, _, err = d.tickets.Unmerge(t.Context(), ann, a.ID)
	must(t, err)
}

// Who has left since doesn't get the ticket back when a merge is undone.
func TestUnmergeToNobody(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a, b := d.fresh(t, "1"), d.fresh(t, "2")
		did2(t)(d.tickets.Assign(t.Context(), ann, a.ID, "bob"))
		_, _, err := d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil)
		must(t, err)
		d.setActive(t, "bob", false)
		from, _, err := d.tickets.Unmerge(t.Context(), ann, a.ID)
		must(t, err)
		if from.Assignee != (event.Actor{}) || from.Status != ticket.StatusNew || !from.Backlogged() {
			t.Errorf("%s has it, %s", from.Assignee, from.Status)
		}
	})
}

// Nothing moves to, from, or between tickets of somebody who was erased.
func TestNothingMovesOfTheErased(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		merged, into, a, b := d.fresh(t, "1"), d.fresh(t, "2"), d.fresh(t, "3"), d.fresh(t, "4")
		d.write(t, a.ID, "And this.")
		_, _, err := d.tickets.Merge(t.Context(), ann, merged.ID, into.ID, nil)
		must(t, err)
		eve := d.eve
		d.eve = d.endUser(t, "adam")
		his := d.fresh(t, "5")
		d.markErased(t, eve)
		head := d.head(t)
		for name, move := range map[string]func() error{
			"merge": func() error { _, _, err := d.tickets.Merge(t.Context(), ann, a.ID, b.ID, nil); return err },
			"merge abroad": func() error {
				_, _, err := d.tickets.Merge(t.Context(), ann, a.ID, his.ID, &ticket.MergeOptions{Abroad: true})
				return err
			},
			"merge into": func() error {
				_, _, err := d.tickets.Merge(t.Context(), ann, his.ID, a.ID, &ticket.MergeOptions{Abroad: true})
				return err
			},
			"unmerge": func() error { _, _, err := d.tickets.Unmerge(t.Context(), ann, merged.ID); return err },
			"split":   func() error { _, _, err := d.tickets.Split(t.Context(), ann, a.ID, []int64{2}, ""); return err },
		} {
			if err := move(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if d.head(t) != head {
			t.Error("something has changed")
		}
	})
}

// markErased does to an end user what comes first in his erasure.
func (d *desk) markErased(t testing.TB, id string) {
	t.Helper()
	for _, c := range identity.Collections() {
		people, ok := c.(*store.Collection[identity.EndUser])
		if !ok {
			continue
		}
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			u, err := people.Lock(ctx, tx, id, store.ForUpdate)
			if err != nil {
				return err
			}
			u.Erased = true
			return people.Put(ctx, tx, u)
		}))
	}
}
