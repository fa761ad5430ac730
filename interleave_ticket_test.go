package frontdesk_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// solve resolves the table's ticket, so that its end user is asked.
func solve(x *table) {
	_, err := x.Tickets.Resolve(x.t.Context(), jonas, x.ticket)
	x.must(err)
}

// another opens a second ticket of the end user.
func another(x *table) {
	w, err := x.Tickets.Write(x.t.Context(), ticket.Inbound{EndUser: x.eve, Platform: "webchat", Fresh: true, Draft: ticket.Draft{Text: "another"}})
	x.must(err)
	x.other = w.Ticket.ID
}

func mergeInto(back bool) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		from, to := x.ticket, x.other
		if back {
			from, to = to, from
		}
		_, _, err := d.Tickets.Merge(ctx, jonas, from, to, nil)
		return err
	}
}

func unmerge(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.Unmerge(ctx, jonas, x.ticket)
	return err
}

func split(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.Split(ctx, jonas, x.ticket, []int64{1}, "")
	return err
}

func accept(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Confirm(ctx, event.Actor{Kind: event.EndUser, ID: x.eve}, x.ticket, true)
	return err
}

func rate(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Rate(ctx, event.Actor{Kind: event.EndUser, ID: x.eve}, x.ticket, 5, "")
	return err
}

func reopen(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Reopen(ctx, jonas, x.ticket)
	return err
}

func wake(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Wake(ctx, jonas, x.ticket)
	return err
}

func writeAnywhere(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Write(ctx, ticket.Inbound{EndUser: x.eve, Platform: "webchat", Draft: ticket.Draft{Text: "one more", ClientID: "c1"}})
	return err
}

// gone hears that the ticket was merged.
func gone(err error) bool {
	_, ok := errors.AsType[*ticket.MergedError](err)
	return ok
}

// holds compares the texts of a ticket's messages, in any order.
func (x *table) holds(id string, want ...string) {
	x.t.Helper()
	ms, _, err := x.Tickets.Messages(x.t.Context(), frontdesk.Host(), id, 0, 0, 10)
	x.must(err)
	var got []string
	for _, m := range ms {
		got = append(got, m.Text)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		x.t.Errorf("messages %v, want %v", got, want)
	}
}

// ticketRaces are about tickets whose conversations end, go on, or move.
func ticketRaces() []race {
	return []race{
		{name: "what is written goes where its ticket went", before: another, first: mergeInto(false), second: write, then: fine,
			ends: func(x *table) { x.holds(x.other, "another", "hello", "one more") }},
		{name: "what is written to no ticket in particular is found again where it went", before: another, first: mergeInto(true), second: writeAnywhere, then: fine,
			ends: func(x *table) {
				x.must(writeAnywhere(x.t.Context(), x, x.Desk, x.DB))
				x.holds(x.ticket, "another", "hello", "one more")
			}},
		{name: "a merge takes along what was just written", before: another, first: write, second: mergeInto(false), then: fine,
			ends: func(x *table) { x.holds(x.other, "another", "hello", "one more") }},
		{name: "an answer goes where its ticket went", before: another, first: mergeInto(false), second: reply(jonas), then: fine,
			ends: func(x *table) { x.holds(x.other, "another", "hello", "an answer") }},
		{name: "two tickets aren't merged into each other", before: another, first: mergeInto(false), second: mergeInto(true), then: gone},
		{name: "what was merged isn't given to anybody", before: another, first: mergeInto(false), second: assign("mira"), then: gone},
		{name: "a merge is undone once", before: func(x *table) { another(x); x.must(mergeInto(false)(x.t.Context(), x, x.Desk, x.DB)) },
			first: unmerge, second: unmerge, then: field("source"), ends: func(x *table) { x.holds(x.other, "another"); x.holds(x.ticket, "hello") }},
		{name: "an answer on a ticket that is split", before: func(x *table) { x.must(write(x.t.Context(), x, x.Desk, x.DB)) },
			first: split, second: reply(jonas), then: fine, ends: func(x *table) { x.holds(x.ticket, "one more", "an answer") }},
		{name: "a message moves to one ticket only", before: func(x *table) { x.must(write(x.t.Context(), x, x.Desk, x.DB)) },
			first: split, second: split, then: field("messages")},
		{name: "what was accepted isn't reopened", before: solve, first: accept, second: write, then: fine, ends: func(x *table) { x.holds(x.ticket, "hello") }},
		{name: "what was reopened isn't accepted any more", before: solve, first: write, second: accept, then: isErr(ticket.ErrNotAsked)},
		{name: "a survey ends with the reopening", before: func(x *table) { solve(x); x.must(accept(x.t.Context(), x, x.Desk, x.DB)) },
			first: reopen, second: rate, then: isErr(ticket.ErrNotAsked)},
		{name: "a ticket wakes once", before: func(x *table) {
			_, err := x.Tickets.Snooze(x.t.Context(), jonas, x.ticket, time.Now().Add(time.Hour), "")
			x.must(err)
		}, first: write, second: wake, then: fine, ends: func(x *table) {
			es, _, err := x.Events.History(x.t.Context(), x.DB, x.ticket, "", 50)
			x.must(err)
			if n := len(slices.DeleteFunc(es, func(e *event.Event) bool { return e.Type != ticket.Woken })); n != 1 {
				x.t.Errorf("it woke %d times", n)
			}
		}},
	}
}
