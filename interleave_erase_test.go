package frontdesk_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/blob"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func eraseHer(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.Erase(ctx, frontdesk.Host(), x.eve)
	return err
}

// erasing begins her erasure, of which nothing more has been done.
func erasing(x *table) { x.must(eraseHer(x.t.Context(), x, x.Desk, x.DB)) }

func finishErasure(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.People.FinishErasure(ctx, x.eve)
}

// words are what the acts of these rows write, and what was there before.
var words = []string{"hello", "one more", "an answer", "Good bye", "secret", "another"}

// blank looks for anything that is left of her.
func blank(x *table) {
	x.t.Helper()
	_, err := x.Drain(x.t.Context())
	x.must(err)
	state, err := x.People.Erasure(x.t.Context(), frontdesk.Host(), x.eve)
	x.must(err)
	if state.Done.IsZero() {
		x.t.Errorf("the erasure isn't done: %+v", state)
	}
	for _, name := range x.DB.PersonalCollections() {
		for doc, err := range x.DB.Personal(x.t.Context(), name, x.eve) {
			x.must(err)
			b, err := json.Marshal(doc.Shown)
			x.must(err)
			for _, word := range words {
				if strings.Contains(string(b), word) {
					x.t.Errorf("%s: %q in %s", name, word, b)
				}
			}
		}
	}
	infos, err := blob.In(x.DB).List(x.t.Context(), "", 10)
	x.must(err)
	if len(infos) > 0 {
		x.t.Errorf("files are left: %v", infos)
	}
}

func her(x *table) event.Actor { return event.Actor{Kind: event.EndUser, ID: x.eve} }

func uploadHers(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Upload(ctx, her(x), ticket.DefaultApp, "webchat", "secret.txt", strings.NewReader("secret"))
	return err
}

func retitle(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	title := "secret"
	_, err := d.Tickets.Edit(ctx, jonas, x.ticket, ticket.Edit{Title: &title})
	return err
}

func failIt(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Fail(ctx, frontdesk.Host(), x.ticket, 1, "secret")
	return err
}

func noteHer(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.AddNote(ctx, jonas, x.eve, "secret")
	return err
}

func claimHers(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.Claim(ctx, her(x), x.eve, identity.Profile{Email: "secret@example.com"})
	return err
}

func snoozeIt(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Snooze(ctx, jonas, x.ticket, time.Now().Add(time.Hour), "secret")
	return err
}

func withholdHers(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	return d.People.Withhold(ctx, "", identity.Withheld{EndUser: x.eve, Ban: "b", Text: "secret"})
}

func drained(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := x.Drain(ctx)
	return err
}

func returns(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.Save(ctx, frontdesk.Host(), identity.Profile{UserID: "eve", Name: "secret"})
	return err
}

// friend makes x.other another end user's ticket.
func friend(x *table) {
	u, err := x.People.Save(x.t.Context(), frontdesk.Host(), identity.Profile{UserID: "friend"})
	x.must(err)
	w, err := x.Tickets.Write(x.t.Context(), ticket.Inbound{EndUser: u.ID, Platform: "webchat", Draft: ticket.Draft{Text: "a friend's"}})
	x.must(err)
	x.other = w.Ticket.ID
}

func mergeAbroad(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.Merge(ctx, jonas, x.ticket, x.other, &ticket.MergeOptions{Abroad: true})
	return err
}

// moveQuote moves the note on a friend's ticket that says what she wrote.
func moveQuote(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.Split(ctx, jonas, x.other, []int64{2}, "")
	return err
}

// eraseRaces are about end users who are erased while others write for them.
func eraseRaces() []race {
	gone := isErr(store.ErrNotFound)
	two := func(x *table) { x.must(write(x.t.Context(), x, x.Desk, x.DB)) }
	var rows []race
	for what, second := range map[string]act{"a message": write, "an answer": reply(jonas), "a ticket": newTicket(func(*ticket.New) {}), "a file": uploadHers,
		"a quick reply": sendReply, "a note on her": noteHer, "a claim": claimHers, "a ban": ban(identity.BanEndUser), "what is withheld": withholdHers} {
		rows = append(rows, race{name: "erased before " + what, first: eraseHer, second: second, then: gone, ends: blank})
	}
	for what, first := range map[string]act{"a message": write, "an answer": reply(jonas), "a ticket": newTicket(func(*ticket.New) {}),
		"a quick reply": sendReply, "a note on her": noteHer, "a claim": claimHers, "what is withheld": withholdHers} {
		rows = append(rows, race{name: "erased after " + what, first: first, second: eraseHer, then: fine, ends: blank})
	}
	// A ticket is its own root: what is changed before the erasure comes to it goes.
	for what, first := range map[string]act{"a title": retitle, "a failure": failIt, "a sleep": snoozeIt} {
		rows = append(rows, race{name: "the erasure waits for " + what, before: erasing, first: first, second: finishErasure, then: fine, ends: blank},
			race{name: "erased before " + what, first: eraseHer, second: first, then: fine, free: true, ends: blank})
	}
	return slices.Concat(rows, []race{
		{name: "erased before a merge", before: another, first: eraseHer, second: mergeInto(false), then: gone, ends: blank},
		{name: "erased after a merge", before: another, first: mergeInto(false), second: eraseHer, then: fine, ends: blank},
		{name: "erased before a split", before: two, first: eraseHer, second: split, then: gone, ends: blank},
		{name: "erased after a split", before: two, first: split, second: eraseHer, then: fine, ends: blank},
		{name: "erased before a merge abroad", before: friend, first: eraseHer, second: mergeAbroad, then: gone, ends: blank},
		{name: "erased after a merge abroad", before: friend, first: mergeAbroad, second: eraseHer, then: fine, ends: blank},
		{name: "her words move on a friend's ticket", before: func(x *table) {
			friend(x)
			x.must(mergeAbroad(x.t.Context(), x, x.Desk, x.DB))
		}, first: eraseHer, second: moveQuote, then: fine, ends: blank},
		{name: "intake goes on", first: eraseHer, second: drained, then: fine, free: true, ends: blank},
		{name: "erased twice", first: eraseHer, second: eraseHer, then: fine, ends: blank},
		{name: "who comes back is somebody new", first: eraseHer, second: returns, then: fine, ends: func(x *table) {
			blank(x)
			u, err := x.People.ByUserID(x.t.Context(), "eve")
			x.must(err)
			if u.ID == x.eve || u.Erased {
				x.t.Errorf("eve is %+v", u)
			}
		}},
	})
}
