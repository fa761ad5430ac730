package deflect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// texts are those of all answers.
func (d *desk) texts() (ts []string) {
	d.t.Helper()
	d.drain()
	for _, a := range d.answers() {
		ts = append(ts, a.Text)
	}
	slices.Sort(ts)
	return ts
}

// answered is a ticket that was resolved with an article.
func (d *desk) answered(who, text, article string) *ticket.Ticket {
	d.t.Helper()
	ctx := d.t.Context()
	t := d.writes(who, text)
	_, _, err := d.deflect.Send(ctx, ann, t.ID, article, ticket.Draft{})
	must(d.t, err)
	t, err = d.tickets.Resolve(ctx, ann, t.ID)
	must(d.t, err)
	d.drain()
	d.clock.forward(time.Minute)
	return t
}

// What is remembered of a message goes with it, also where the message has moved, and says
// what the message says now if a part of it went.
func TestRedacted(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		lost := d.article("Lost parcels")
		who := d.endUser("eve")
		one, two := d.answered(who, "my card 4111 is lost", lost), d.answered(who, "where is it", lost)
		three := d.answered(d.endUser("bo"), "it is broken", lost)
		is := func(want ...string) {
			t.Helper()
			if got := d.texts(); !slices.Equal(got, want) {
				t.Errorf("%q are remembered, want %q", got, want)
			}
		}
		is("it is broken", "my card 4111 is lost", "where is it")
		_, _, err := d.tickets.Redact(ctx, host, one.ID, 2, nil) // the agent's
		must(t, err)
		is("it is broken", "my card 4111 is lost", "where is it")
		_, err = d.tickets.RedactPattern(ctx, host, one.ID, "[0-9]{4}")
		must(t, err)
		m, _, err := d.tickets.Messages(ctx, host, one.ID, 0, 0, 1)
		must(t, err)
		is("it is broken", m[0].Text, "where is it")
		_, _, err = d.tickets.Redact(ctx, host, three.ID, 1, nil)
		must(t, err)
		is(m[0].Text, "where is it")

		into := d.writes(who, "hello")
		_, _, err = d.tickets.Merge(ctx, host, two.ID, into.ID, nil)
		must(t, err)
		is(m[0].Text, "where is it")
		moved, _, err := d.tickets.Messages(ctx, host, into.ID, 0, 0, 200)
		must(t, err)
		at := slices.IndexFunc(moved, func(m *ticket.Message) bool { return m.Text == "where is it" })
		_, _, err = d.tickets.Redact(ctx, host, into.ID, moved[at].Seq, nil)
		must(t, err)
		is(m[0].Text)

		must(t, d.faq.Forget(ctx, host, d.answers()[0].ID))
		_, _, err = d.tickets.Redact(ctx, host, one.ID, 1, nil) // of what is forgotten already
		must(t, err)
		is()
	})
}

// A message that was redacted, and moved before anybody heard of it, is found.
func TestRedactedBeforeMerge(t *testing.T) {
	eachStore(t, nil, func(t *testing.T, d *desk) {
		ctx := t.Context()
		lost := d.article("Lost parcels")
		who := d.endUser("eve")
		from := d.answered(who, "where is it", lost)
		into := d.writes(who, "hello")
		d.drain()
		_, _, err := d.tickets.Redact(ctx, host, from.ID, 1, nil)
		must(t, err)
		_, _, err = d.tickets.Merge(ctx, host, from.ID, into.ID, nil)
		must(t, err)
		if got := d.texts(); len(got) != 0 {
			t.Errorf("%q are remembered", got)
		}
	})
}

// What readers found by themselves has nothing to do with their tickets.
func TestRedactedOtherwise(t *testing.T) {
	d := openMemory(t, nil)
	lost := d.article("Lost parcels")
	who := d.endUser("eve")
	must(t, d.faq.Remember(t.Context(), host, &faq.Answer{Article: lost, Text: "where is it", By: faq.Opened, EndUser: who}))
	tk := d.writes(who, "where is it")
	_, _, err := d.tickets.Redact(t.Context(), host, tk.ID, 1, nil)
	must(t, err)
	if got := d.texts(); len(got) != 1 {
		t.Errorf("%q are remembered", got)
	}
}
