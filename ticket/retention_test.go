package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

const week = 7 * 24 * time.Hour

// keep has the default app keep what was written for so long.
func (d *desk) keep(t testing.TB, retention time.Duration) {
	t.Helper()
	app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
	must(t, err)
	app.Retention = retention
	must(t, d.tickets.SaveApp(t.Context(), host, app))
}

// lapse erases what is due, and compares how many tickets that were.
func (d *desk) lapse(t testing.TB, want int) {
	t.Helper()
	if n, err := d.tickets.EraseLapsed(t.Context(), 1000); n != want || err != nil {
		t.Errorf("%d tickets erased, error %v, want %d", n, err, want)
	}
}

func TestRetentionLimits(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	app, err := d.tickets.App(t.Context(), ticket.DefaultApp)
	must(t, err)
	const most = 100 * 366 * 24 * time.Hour
	for _, bad := range []time.Duration{-1, 1, ticket.MinRetention - 1, most + 1} {
		app.Retention = bad
		refuses(t, d.tickets.SaveApp(t.Context(), host, app), "app.retention")
	}
	for _, good := range []time.Duration{0, ticket.MinRetention, most} {
		app.Retention = good
		must(t, d.tickets.SaveApp(t.Context(), host, app))
	}
}

// What is left of a ticket is what counts.
func TestRetention(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		file := d.upload(t, d.user(), "swordfish.png", png)
		in := ticket.Inbound{EndUser: d.eve, Platform: "webchat", Title: "swordfish", Fields: map[string]any{"line": "swordfish"}, Tags: []string{"VIP"},
			Draft:  ticket.Draft{ClientID: "c", Text: "swordfish", HTML: "<p>swordfish</p>", Quoted: "swordfish", Attachments: []string{file.ID}},
			Device: ticket.Device{DebugLog: []string{"swordfish"}}}
		w, err := d.tickets.Write(t.Context(), in)
		must(t, err)
		id, title := w.Ticket.ID, "swordfish, too"
		_, err = d.tickets.Edit(t.Context(), ann, id, ticket.Edit{Title: &title})
		must(t, err)
		for range 120 { // more than a page
			_, _, err = d.tickets.Note(t.Context(), ann, id, text("swordfish"))
			must(t, err)
		}
		d.reply(t, ann, id, "swordfish")
		did(t, d.get(t, id), nil)
		_, err = d.tickets.Resolve(t.Context(), ann, id)
		must(t, err)
		d.step(t)
		before, told := d.get(t, id), d.history(t, id)
		d.keep(t, week)
		d.clock.forward(week)
		d.lapse(t, 1)

		after := d.get(t, id)
		want := *before
		want.Title, want.Fields, want.Device, want.Preview.Text = "", nil, ticket.Device{}, ""
		want.Erased, want.Lapsed, want.Moved, want.Rev = true, start.Add(week), before.Rev, after.Rev
		if diff := cmp.Diff(&want, after); diff != "" {
			t.Error(diff)
		}
		if s := d.payloads(t, id); strings.Contains(s, "swordfish") {
			t.Errorf("events: %s", s)
		}
		if diff := cmp.Diff(append(told, ticket.Erased), d.history(t, id)); diff != "" {
			t.Error(diff)
		}
		ms := d.messages(t, host, id)
		for _, m := range ms {
			if s := fmt.Sprintf("%+v", *m); strings.Contains(s, "swordfish") || len(m.Attachments) > 0 || m.ClientID != "" {
				t.Errorf("message %s", s)
			}
		}
		if infos, err := d.blobs.List(t.Context(), "", 10); len(ms) != 122 || len(infos) != 0 || err != nil {
			t.Errorf("%d messages, files %v, %v", len(ms), infos, err)
		}
		d.step(t) // the question whether it is solved expires
		after = d.get(t, id)
		head := d.head(t)
		d.lapse(t, 0)
		d.unchanged(t, after, head)
	})
}

// The moment is that of closing and the app's time together, and a ticket that was
// reopened has none.
func TestRetentionIsDue(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.policy(t, ticket.ReopenPolicy{Window: -1})
		solved, rejected, reopened, open := d.fresh(t, "a"), d.fresh(t, "b"), d.fresh(t, "c"), d.fresh(t, "d")
		for _, id := range []string{solved.ID, reopened.ID} {
			_, err := d.tickets.Resolve(t.Context(), ann, id)
			must(t, err)
		}
		_, err := d.tickets.Reject(t.Context(), ann, rejected.ID)
		must(t, err)
		d.clock.forward(10 * week)
		d.lapse(t, 0) // nothing is set
		d.keep(t, 20*week)
		d.clock.forward(10*week - time.Microsecond)
		d.lapse(t, 0)
		d.write(t, reopened.ID, "Once more.")
		d.clock.forward(time.Microsecond)
		d.lapse(t, 2)
		for id, want := range map[string]bool{solved.ID: true, rejected.ID: true, reopened.ID: false, open.ID: false} {
			if tk := d.get(t, id); tk.Erased != want || want == (d.texts(t, host, id)[0] != "") {
				t.Errorf("%s is erased: %v", tk.ID, tk.Erased)
			}
		}
		_, err = d.tickets.Resolve(t.Context(), ann, reopened.ID) // from now on it counts anew
		must(t, err)
		d.clock.forward(20*week - time.Microsecond)
		d.lapse(t, 0)
		d.clock.forward(time.Hour)
		d.lapse(t, 1)
	})
}

// Nothing comes to a ticket that was erased. What its end user writes begins a new
// one, and nobody else brings it back.
func TestErasedTicketsStayClosed(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.policy(t, ticket.ReopenPolicy{Window: -1})
		tk, other := d.fresh(t, "a"), d.fresh(t, "b")
		done, err := d.tickets.Resolve(t.Context(), d.user(), d.fresh(t, "c").ID)
		must(t, err)
		_, err = d.tickets.Resolve(t.Context(), d.user(), tk.ID)
		must(t, err)
		d.keep(t, week)
		d.clock.forward(week)
		d.lapse(t, 2)
		tk = d.get(t, tk.ID)
		head := d.head(t)
		_, _, err = d.tickets.Reply(t.Context(), ann, tk.ID, text("Hello?"))
		is(t, err, store.ErrNotFound)
		_, _, err = d.tickets.Note(t.Context(), ann, tk.ID, text("Hello?"))
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Reopen(t.Context(), ann, tk.ID)
		is(t, err, store.ErrNotFound)
		_, err = d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Title: new("title")})
		is(t, err, store.ErrNotFound)
		_, _, err = d.tickets.Split(t.Context(), ann, tk.ID, []int64{1}, "")
		is(t, err, store.ErrNotFound)
		_, _, err = d.tickets.Merge(t.Context(), ann, tk.ID, other.ID, nil)
		is(t, err, store.ErrNotFound)
		_, _, err = d.tickets.Merge(t.Context(), ann, done.ID, tk.ID, nil)
		is(t, err, store.ErrNotFound)
		d.unchanged(t, tk, head)
		w := d.write(t, tk.ID, "Hello?")
		if w.Ticket.ID == tk.ID || w.Ticket.FollowUpOf() != tk.ID {
			t.Errorf("written to %+v", w.Ticket)
		}
	})
}

// What was merged goes with its target, and not before.
func TestRetentionOfMergedTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		made := func(title string) string {
			tk, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.eve, Title: title, Message: &ticket.Draft{Text: title}})
			must(t, err)
			return tk.ID
		}
		a, b, c, abroad := made("a"), made("b"), made("c"), made("abroad")
		friends, err := d.tickets.Create(t.Context(), ticket.New{EndUser: d.endUser(t, "friend"), Message: &ticket.Draft{Text: "mine"}})
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), ann, a, b, nil)
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), ann, b, c, nil)
		must(t, err)
		_, _, err = d.tickets.Merge(t.Context(), ann, abroad, friends.ID, &ticket.MergeOptions{Abroad: true})
		must(t, err)
		d.keep(t, week)
		d.clock.forward(week)
		d.lapse(t, 1) // the one abroad, which is closed by itself
		_, err = d.tickets.Resolve(t.Context(), ann, c)
		must(t, err)
		d.clock.forward(week)
		d.lapse(t, 1)
		for _, id := range []string{a, b, c, abroad} {
			if tk := d.get(t, id); !tk.Erased || tk.Title != "" || tk.Lapsed.IsZero() {
				t.Errorf("left: %+v", tk)
			}
		}
		_, _, err = d.tickets.Unmerge(t.Context(), ann, b)
		is(t, err, store.ErrNotFound)
		if s := strings.Join(d.texts(t, host, c), ""); s != "" {
			t.Errorf("messages %q", s)
		}
		if s := d.texts(t, host, friends.ID); s[0] != "mine" || d.get(t, friends.ID).Erased {
			t.Errorf("somebody else's: %q", s)
		}
	})
}

// It goes on where it was interrupted, in pieces of any size, and by several at once.
func TestRetentionGoesOn(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		var ids []string
		for range 12 {
			tk := d.fresh(t, "swordfish")
			d.write(t, tk.ID, "more")
			_, err := d.tickets.Reject(t.Context(), ann, tk.ID)
			must(t, err)
			ids = append(ids, tk.ID)
		}
		d.keep(t, week)
		d.clock.forward(week)
		if n, err := d.tickets.EraseLapsed(t.Context(), 2); n != 2 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		for at := 1; at <= 8; at++ { // it is stopped when it has looked at the clock so often
			ctx, stop := context.WithCancel(t.Context())
			looks := 0
			d.clock.look = func() {
				if looks++; looks == at {
					stop()
				}
			}
			if _, err := d.tickets.EraseLapsed(ctx, 1000); !errors.Is(err, context.Canceled) {
				t.Errorf("look %d: %v", at, err)
			}
		}
		d.clock.look = nil
		done := make(chan error, 3)
		for range cap(done) {
			go func() {
				_, err := d.tickets.EraseLapsed(t.Context(), 1000)
				done <- err
			}()
		}
		for range cap(done) {
			must(t, <-done)
		}
		for _, id := range ids {
			erased := 0
			for _, what := range d.history(t, id) {
				if what == ticket.Erased {
					erased++
				}
			}
			if tk := d.get(t, id); tk.Lapsed.IsZero() || erased != 1 || strings.Join(d.texts(t, host, id), "") != "" {
				t.Errorf("left of %s: %d events, %+v", id, erased, tk)
			}
		}
		d.lapse(t, 0)
	})
}
