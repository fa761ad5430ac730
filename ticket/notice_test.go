package ticket_test

import (
	"context"
	"errors"
	"fmt"
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

// notices are what an agent was told, the newest first, as "kind of ticket".
func (d *desk) notices(t testing.TB, who event.Actor) (all []string) {
	t.Helper()
	d.step(t)
	ns, next, err := d.tickets.Notices(t.Context(), who, who.ID, "", 200)
	must(t, err)
	if next != "" {
		t.Error("more than a page")
	}
	for _, n := range ns {
		all = append(all, fmt.Sprintf("%s %s %d by %s", n.Kind, n.Ticket, n.Seq, n.By))
	}
	return all
}

func told(t testing.TB, who string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", who, diff)
	}
}

// Agents are told what is their business, and not what they did themselves.
func TestNotices(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		tk := d.ask(t)
		told(t, "ann", d.notices(t, ann))
		_, err := d.tickets.Assign(ctx, bob, tk.ID, "ann")
		must(t, err)
		_, err = d.tickets.Assign(ctx, bob, d.fresh(t, "mine").ID, "bob") // himself
		must(t, err)
		assigned := fmt.Sprintf("assigned %s 0 by agent:bob", tk.ID)
		told(t, "ann", d.notices(t, ann), assigned)
		told(t, "bob", d.notices(t, bob))

		d.edit(t, tk.ID, ticket.Edit{Followers: &[]string{"ann", "bob", "root"}}) // once, also who has it
		m := d.write(t, tk.ID, "hurry up").Message
		user := d.user().String()
		replied := fmt.Sprintf("replied %s %d by %s", tk.ID, m.Seq, user)
		told(t, "ann", d.notices(t, ann), replied, assigned)
		told(t, "bob", d.notices(t, bob), replied)
		_, note, err := d.tickets.Note(ctx, ann, tk.ID, ticket.Draft{Text: "@bob @ann, look", Mentions: []string{"bob", "ann", "bob"}})
		must(t, err)
		d.reply(t, ann, tk.ID, "an answer")
		mentioned := fmt.Sprintf("mentioned %s %d by agent:ann", tk.ID, note.Seq)
		told(t, "ann", d.notices(t, ann), replied, assigned)
		told(t, "bob", d.notices(t, bob), mentioned, replied)
		told(t, "root", d.notices(t, admin), replied)

		// The log knows, and a second look changes nothing.
		es, err := d.events.Since(ctx, d.db, 0, 1000)
		must(t, err)
		n := 0
		for _, e := range es {
			if e.Type == ticket.Notified {
				n++
				if len(e.Personal) > 0 || e.Actor.Kind != event.System {
					t.Errorf("event %+v", e)
				}
			}
		}
		if n != 5 {
			t.Errorf("%d events, want 5", n)
		}
	})
}

// Who has muted it, has left, or doesn't see the ticket isn't told.
func TestNoticesThatAreNotMade(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		_, err := d.people.Mute(ctx, bob, "bob", []identity.NoticeKind{identity.NoticeReplied, identity.NoticeReplied})
		must(t, err)
		tk := d.ask(t)
		_, err = d.tickets.Assign(ctx, host, tk.ID, "bob")
		must(t, err)
		d.write(t, tk.ID, "hello?")
		told(t, "bob", d.notices(t, bob), fmt.Sprintf("assigned %s 0 by system", tk.ID))

		_, err = d.people.Mute(ctx, bob, "bob", nil)
		must(t, err)
		d.write(t, tk.ID, "hello??")
		d.setActive(t, "bob", false)
		d.step(t)
		d.setActive(t, "bob", true)
		told(t, "bob", d.notices(t, bob), fmt.Sprintf("assigned %s 0 by system", tk.ID))

		a, err := d.people.Access(ctx)
		must(t, err)
		a.Agent.Sees = identity.SeesOwn
		must(t, d.people.SaveAccess(ctx, host, a))
		_, _, err = d.tickets.Note(ctx, admin, tk.ID, ticket.Draft{Text: "@ann", Mentions: []string{"ann"}})
		must(t, err)
		told(t, "ann", d.notices(t, ann))
		d.clock.forward(25 * time.Hour) // it is news no more
		_, err = d.people.Mute(ctx, bob, "bob", []identity.NoticeKind{"weather"})
		refuses(t, err, "agent.muted")
		_, err = d.people.Mute(ctx, ann, "bob", nil)
		forbidden(t, err)
		_, err = d.people.Mute(ctx, admin, "bob", []identity.NoticeKind{identity.NoticeBreach})
		must(t, err)
		is(t, d.people.SaveAgent(ctx, host, &identity.Agent{Name: "X", Muted: []identity.NoticeKind{"weather"}}), store.ErrValue)
	})
}

func TestLateNews(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	tk := d.ask(t)
	_, err := d.tickets.Assign(t.Context(), bob, tk.ID, "ann")
	must(t, err)
	d.clock.forward(24*time.Hour + time.Second)
	told(t, "ann", d.notices(t, ann))
}

func TestNoticesAreRead(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		unread := func(want int) {
			t.Helper()
			if n, err := d.tickets.UnreadNotices(ctx, ann, "ann"); err != nil || n != want {
				t.Errorf("%d unread, %v, want %d", n, err, want)
			}
		}
		for i := range 5 {
			tk, err := d.tickets.Create(ctx, ticket.New{Actor: host, EndUser: d.eve, Title: fmt.Sprint(i)})
			must(t, err)
			_, err = d.tickets.Assign(ctx, host, tk.ID, "ann")
			must(t, err)
			d.clock.forward(time.Minute)
			d.step(t)
		}
		unread(5)
		var ids []string
		for after := ""; len(ids) == 0 || after != ""; {
			ns, next, err := d.tickets.Notices(ctx, ann, "ann", after, 2)
			must(t, err)
			for _, n := range ns {
				ids = append(ids, n.ID)
			}
			after = next
		}
		if len(ids) != 5 || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("listed %v", ids)
		}
		n, err := d.tickets.MarkNoticesRead(ctx, ann, "ann", ids[2])
		if must(t, err); n != 3 {
			t.Errorf("%d read, want 3", n)
		}
		unread(2)
		n, err = d.tickets.MarkNoticesRead(ctx, ann, "ann", "")
		if must(t, err); n != 2 {
			t.Errorf("%d read, want 2", n)
		}
		unread(0)
		for _, who := range []event.Actor{bob, d.user(), bot, {}} {
			_, _, err := d.tickets.Notices(ctx, who, "ann", "", 10)
			forbidden(t, err)
			_, err = d.tickets.UnreadNotices(ctx, who, "ann")
			forbidden(t, err)
			_, err = d.tickets.MarkNoticesRead(ctx, who, "ann", "")
			forbidden(t, err)
		}
		n, err = d.tickets.SweepNotices(ctx, start.Add(3*time.Minute))
		if must(t, err); n != 3 {
			t.Errorf("%d swept, want 3", n)
		}
	})
}

// The host's notifier is called until it takes a notice, always by the same id, and
// not for what was read meanwhile.
func TestNotifier(t *testing.T) {
	t.Parallel()
	var called []string
	fails := true
	d := openMemory(t, &ticket.Options{Notifier: ticket.NotifierFunc(func(_ context.Context, n ticket.Notification) error {
		called = append(called, n.Notice.ID)
		if fails {
			return errors.New("the mail server is away")
		}
		if n.Agent.ID != n.Notice.Agent || n.Ticket.ID != n.Notice.Ticket || n.Ticket.Title != "first" {
			t.Errorf("notification %+v about %+v for %+v", n.Notice, n.Ticket, n.Agent)
		}
		return nil
	})})
	assign := func(title string) {
		t.Helper()
		tk, err := d.tickets.Create(t.Context(), ticket.New{Actor: host, EndUser: d.eve, Title: title})
		must(t, err)
		_, err = d.tickets.Assign(t.Context(), host, tk.ID, "ann")
		must(t, err)
	}
	assign("first")
	d.step(t)
	fails = false
	d.clock.forward(time.Hour)
	d.step(t)
	if len(called) != 2 || called[0] != called[1] {
		t.Errorf("called for %v", called)
	}
	fails = true
	assign("second")
	d.step(t)
	_, err := d.tickets.MarkNoticesRead(t.Context(), ann, "ann", "")
	must(t, err)
	called, fails = nil, false
	d.clock.forward(time.Hour)
	d.step(t)
	if len(called) > 0 {
		t.Errorf("called for what was read: %v", called)
	}
}
