package ticket_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Since when an end user is silent, and since when nobody has changed his ticket.
func TestSilence(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		const never = -1
		for _, c := range []struct {
			acts            []string // a minute apart, after the end user's first message
			silent, touched int      // minute
		}{
			{nil, never, 0},
			{[]string{"rule"}, 1, 0},
			{[]string{"rule", "rule"}, 1, 0},
			{[]string{"rule", "write", "rule"}, 3, 2},
			{[]string{"bot says"}, 1, 0},
			{[]string{"bot says", "rule"}, 1, 0},
			{[]string{"rule", "bot says", "rule"}, 2, 0},
			{[]string{"reply", "rule"}, 1, 1},
			{[]string{"reply", "reply"}, 2, 2},
			{[]string{"rule", "reply"}, 2, 2},
			{[]string{"reply", "write"}, never, 2},
			{[]string{"reply", "note", "announce"}, 1, 2},
			{[]string{"read"}, never, 0},
			{[]string{"reply", "read"}, 1, 1},
		} {
			tk := d.ask(t)
			began := d.clock.now()
			for _, act := range c.acts {
				d.clock.forward(time.Minute)
				must(t, d.attempt(t, act, tk.ID))
			}
			tk = d.get(t, tk.ID)
			if want := began.Add(time.Duration(c.silent) * time.Minute); c.silent == never != tk.SilentSince().IsZero() || c.silent != never && !tk.SilentSince().Equal(want) {
				t.Errorf("%v: silent since %v, want minute %d", c.acts, tk.SilentSince().Sub(began), c.silent)
			}
			if got := tk.TouchedAt().Sub(began); got != time.Duration(c.touched)*time.Minute {
				t.Errorf("%v: touched after %v, want %d minutes", c.acts, got, c.touched)
			}
			_, err := d.tickets.Reject(t.Context(), host, tk.ID)
			must(t, err)
		}
	})
}

// Tickets from before these moments were kept tell them by what else they know.
func TestSilenceOfOldTickets(t *testing.T) {
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	tk := &ticket.Ticket{Spoke: "agent", Times: ticket.Times{Created: start, LastEndUser: at(1), LastAgent: at(2)}}
	if !tk.SilentSince().Equal(at(2)) || !tk.TouchedAt().Equal(at(2)) {
		t.Errorf("silent since %v, touched %v", tk.SilentSince(), tk.TouchedAt())
	}
	tk.Spoke, tk.Times.LastEndUser = "end_user", at(3)
	if !tk.SilentSince().IsZero() || !tk.TouchedAt().Equal(at(3)) {
		t.Errorf("silent since %v, touched %v", tk.SilentSince(), tk.TouchedAt())
	}
}

// A merge counts by the times of all messages.
func TestSilenceAfterMerge(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		source := d.fresh(t, "One.")
		target := d.fresh(t, "Two.")
		d.clock.forward(time.Minute)
		must(t, d.attempt(t, "rule", target.ID))
		d.clock.forward(time.Minute)
		must(t, d.attempt(t, "write", source.ID))
		d.clock.forward(time.Minute)
		must(t, d.attempt(t, "rule", source.ID)) // the first after he spoke
		d.clock.forward(time.Minute)
		must(t, d.attempt(t, "rule", target.ID))
		_, to, err := d.tickets.Merge(ctx, host, source.ID, target.ID, nil)
		must(t, err)
		if got := to.SilentSince().Sub(start); got != 3*time.Minute {
			t.Errorf("silent since minute %v, want 3", got)
		}
		if got := to.TouchedAt().Sub(start); got != 2*time.Minute {
			t.Errorf("touched at %v, want minute 2", got)
		}
		from, to, err := d.tickets.Unmerge(ctx, host, source.ID)
		must(t, err)
		if a, b := from.SilentSince().Sub(start), to.SilentSince().Sub(start); a != 3*time.Minute || b != time.Minute {
			t.Errorf("apart again: silent since %v and %v, want minutes 3 and 1", a, b)
		}
	})
}

func (d *desk) candidates(t testing.TB, filter string, limit int) (ids []string) {
	t.Helper()
	env, err := condition.NewEnv(ticket.Vars("ticket", "field", func(tk *ticket.Ticket) *ticket.Ticket { return tk }, nil)...)
	must(t, err)
	c, err := env.Compile(filter)
	must(t, err)
	needs, _ := c.Needs()
	for after, more := "", true; more; more = after != "" {
		must(t, d.db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			page, next, err := d.tickets.Candidates(ctx, tx, needs, after, limit)
			if len(page) > limit {
				t.Errorf("a page of %d, and the limit is %d", len(page), limit)
			}
			ids, after = append(ids, page...), next
			return err
		}))
	}
	return ids
}

// Candidates are all open tickets that a condition may be true of, each once, whatever
// the size of pages.
func TestCandidates(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		var open, urgent []string
		for i := range 40 {
			tk := d.fresh(t, "Hello.")
			switch {
			case i%5 == 0:
				_, err := d.tickets.Resolve(t.Context(), host, tk.ID)
				must(t, err)
				continue
			case i%3 == 0:
				_, err := d.tickets.Edit(t.Context(), ann, tk.ID, ticket.Edit{Priority: new(ticket.Urgent)})
				must(t, err)
				urgent = append(urgent, tk.ID)
			}
			open = append(open, tk.ID)
		}
		d.step(t)
		for filter, want := range map[string][]string{
			"true":                                open,
			`ticket.priority == "urgent"`:         urgent,
			`ticket.title contains "x"`:           open,
			`not ticket.open`:                     nil,
			`ticket.status == "resolved"`:         nil,
			`ticket.created > date("2020-01-01")`: open,
		} {
			for _, limit := range []int{1, 7, 100} {
				if got := d.candidates(t, filter, limit); !slices.Equal(got, want) {
					t.Errorf("%s, %d at a time: %d tickets, want %d", filter, limit, len(got), len(want))
				}
			}
		}
	})
}

// Claim gives a ticket to one of those who ask at once.
func TestClaim(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a, b := d.fresh(t, "One."), d.fresh(t, "Two.")
		claim := func(ctx context.Context, tx *store.Tx, id string) *ticket.Ticket {
			t.Helper()
			tk, err := ticket.Claim(ctx, tx, id)
			must(t, err)
			return tk
		}
		must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if got := claim(ctx, tx, a.ID); got == nil || got.ID != a.ID {
				t.Errorf("claimed %v", got)
			}
			if got := claim(ctx, tx, "nothing"); got != nil {
				t.Errorf("claimed %v, which isn't there", got)
			}
			if d.db.Shared() {
				must(t, d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					if got := claim(ctx, tx, a.ID); got != nil {
						t.Error("claimed twice")
					}
					if got := claim(ctx, tx, b.ID); got == nil {
						t.Error("the other one isn't there")
					}
					return nil
				}))
			}
			return nil
		}))
	})
}
