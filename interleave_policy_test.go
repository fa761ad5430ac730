package frontdesk_test

import (
	"context"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// promise makes a service policy whose first responses are due within an hour.
func promise(ctx context.Context, _ *table, d *frontdesk.Desk, _ store.Runner) error {
	return d.Tickets.SavePolicy(ctx, frontdesk.Host(), &ticket.Policy{ID: "all", Name: "All", First: time.Hour})
}

// late makes the table's ticket two hours old, and lets the policy come.
func late(x *table) {
	_, err := x.Drain(x.t.Context())
	x.must(err)
	created, err := time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Microsecond).MarshalText()
	x.must(err)
	_, err = x.pool.Exec(x.t.Context(), `update `+x.schema+`.ticket set _doc = jsonb_set(_doc, '{times,created}', to_jsonb($1::text)) where _key = $2`, string(created), x.ticket)
	x.must(err)
	x.must(promise(x.t.Context(), x, x.Desk, nil))
}

// drain does all background work that is due.
func drain(ctx context.Context, _ *table, d *frontdesk.Desk, _ store.Runner) error {
	_, err := d.Drain(ctx)
	return err
}

// breachedOnce looks whether the breach was said once, and whether an answer knows of it.
func breachedOnce(x *table) {
	x.t.Helper()
	x.must(drain(x.t.Context(), x, x.Desk, nil))
	if n := breaches(x.t, x.Desk, []string{x.ticket}, true); n != 1 {
		x.t.Errorf("the breach was said %d times", n)
	}
	tk, err := x.Tickets.Get(x.t.Context(), frontdesk.Host(), x.ticket)
	x.must(err)
	if missed := tk.Missed(); len(missed) != 1 || missed[0].Ended.IsZero() {
		x.t.Errorf("missed %+v", missed)
	}
}

// comesUnder looks whether the newest ticket of the end user has come under the policy.
func comesUnder(x *table) {
	x.t.Helper()
	x.must(drain(x.t.Context(), x, x.Desk, nil))
	ts, _, err := x.Tickets.OfEndUser(x.t.Context(), frontdesk.Host(), x.eve, "", 10)
	x.must(err)
	for _, tk := range ts {
		if tk.Service == nil || tk.Service.Policy != "all" {
			x.t.Errorf("ticket %s: %+v", tk.ID, tk.Service)
		}
	}
}

// policyRaces are about who says that a target was missed, and about those who write
// while policies change: they don't wait, and come under the new ones all the same.
func policyRaces() []race {
	saveAndDrain := func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		if err := promise(ctx, x, d, r); err != nil {
			return err
		}
		return drain(ctx, x, d, r)
	}
	return []race{
		{name: "an answer before the breach is said", before: late, first: reply(jonas), second: drain, then: fine, ends: breachedOnce},
		{name: "a ticket that was begun before a policy", first: newTicket(func(*ticket.New) {}), second: saveAndDrain, then: fine, free: true, ends: comesUnder},
		{name: "a policy that was begun before a ticket", first: promise, second: newTicket(func(*ticket.New) {}), then: fine, free: true, ends: comesUnder},
		{name: "two policies", first: promise, second: func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
			return d.Tickets.SavePolicy(ctx, frontdesk.Host(), &ticket.Policy{ID: "more", Name: "More", First: time.Hour})
		}, then: fine, ends: func(x *table) {
			ps, err := x.Tickets.Policies(x.t.Context())
			x.must(err)
			if len(ps) != 2 || ps[0].ID != "all" || ps[1].ID != "more" {
				x.t.Errorf("%d policies", len(ps))
			}
		}},
	}
}
