package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// redact takes out what the ticket's first message says.
func redact(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, _, err := d.Tickets.Redact(ctx, frontdesk.Host(), x.ticket, 1, nil)
	return err
}

func redactPattern(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.RedactPattern(ctx, frontdesk.Host(), x.ticket, "one|hello")
	return err
}

func setPrivate(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.People.SetPrivate(ctx, frontdesk.Host(), x.eve, true)
	return err
}

func setStreet(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Tickets.Edit(ctx, frontdesk.Host(), x.ticket, ticket.Edit{Fields: map[string]any{"street": "Elm Street"}})
	return err
}

func withStreet(x *table) {
	x.must(x.Tickets.SaveField(x.t.Context(), frontdesk.Host(), &ticket.Field{Key: "street", Type: ticket.SingleLine, Personal: true}))
}

// bare says that the ticket has no street.
func bare(x *table) {
	x.t.Helper()
	if _, err := x.Drain(x.t.Context()); err != nil {
		x.t.Fatal(err)
	}
	t, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
	x.must(err)
	if _, has := t.Field("street"); has {
		x.t.Errorf("fields %+v", t.Fields)
	}
}

// redactRaces are about what was taken out of a ticket, and about full privacy.
func redactRaces() []race {
	more := func(x *table) { x.must(write(x.t.Context(), x, x.Desk, x.DB)) }
	return []race{
		{name: "what is redacted stays so when its end user writes on", first: redact, second: write, then: fine,
			ends: func(x *table) { x.holds(x.ticket, "", "one more") }},
		{name: "a pattern reaches what was just written", first: write, second: redactPattern, then: fine,
			ends: func(x *table) { x.holds(x.ticket, "[removed]", "[removed] more") }},
		{name: "a merge takes along what is left of a message", before: another, first: redact, second: mergeInto(false), then: fine,
			ends: func(x *table) { x.holds(x.other, "another", "") }},
		{name: "what was merged is redacted where it is", before: another, first: mergeInto(false), second: redact, then: gone},
		{name: "a split takes along what is left of a message", before: more, first: redact, second: split, then: fine,
			ends: func(x *table) { x.holds(x.ticket, "one more") }},
		{name: "what was split off is redacted where it is", before: more, first: split, second: redact, then: isErr(store.ErrNotFound)},
		{name: "no personal field of who is under full privacy", before: withStreet, first: setPrivate, second: setStreet, then: field("fields.street")},
		{name: "a personal field goes with full privacy", before: withStreet, first: setStreet, second: setPrivate, then: fine, ends: bare},
	}
}
