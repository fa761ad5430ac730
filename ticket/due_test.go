package ticket_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/ticket"
	"github.com/google/go-cmp/cmp"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

// promise saves a policy.
func (d *desk) promise(t testing.TB, p ticket.Policy) *ticket.Policy {
	t.Helper()
	if p.Name == "" {
		p.Name = "Promise"
	}
	must(t, d.tickets.SavePolicy(t.Context(), admin, &p))
	d.step(t)
	return &p
}

// at is so long after the tests' start.
func at(d time.Duration) time.Time { return start.Add(d) }

// said are what was said of a ticket's targets, in order, as "breached next_response".
func (d *desk) said(t testing.TB, id string) (all []string) {
	t.Helper()
	for _, e := range d.eventsOf(t, id) {
		var f ticket.Facts
		must(t, json.Unmarshal(e.Facts, &f))
		switch e.Type {
		case ticket.AtRisk:
			all = append(all, "at risk "+string(f.Target))
		case ticket.Breached:
			all = append(all, "breached "+string(f.Target))
		}
		for _, what := range f.Met {
			all = append(all, "met "+string(what))
		}
		for _, what := range f.Late {
			all = append(all, "late "+string(what))
		}
	}
	return all
}

// due are a ticket's clocks, as what=moment, or what+left for one that stands still.
func dues(tk *ticket.Ticket) map[ticket.Target]string {
	out := map[ticket.Target]string{}
	if tk.Service == nil {
		return out
	}
	for _, k := range tk.Service.Clocks {
		if k.Due.IsZero() {
			out[k.Target] = "left " + k.Left.String()
		} else {
			out[k.Target] = k.Due.Sub(start).String()
		}
	}
	return out
}

type kept = map[ticket.Target]string

// What starts the clocks, holds them and ends them, step by step.
func TestClocks(t *testing.T) {
	const first, next, solved = ticket.TargetFirst, ticket.TargetNext, ticket.TargetResolution
	type step struct {
		after time.Duration // since the step before
		do    func(t *testing.T, d *desk, id string)
		want  kept
	}
	reply := func(t *testing.T, d *desk, id string) { d.reply(t, ann, id, "Soon.") }
	write := func(t *testing.T, d *desk, id string) { d.write(t, id, "And?") }
	botSays := func(t *testing.T, d *desk, id string) { d.reply(t, bot, id, "Beep.") }
	ruleSays := func(t *testing.T, d *desk, id string) { d.reply(t, rule, id, "Please wait.") }
	toBot := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.AssignBot(t.Context(), host, id, "greeter")
		must(t, err)
	}
	handOff := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Unassign(t.Context(), bot, id)
		must(t, err)
	}
	assign := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Assign(t.Context(), host, id, "bob")
		must(t, err)
	}
	snooze := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Snooze(t.Context(), ann, id, d.clock.now().Add(24*hour), "")
		must(t, err)
	}
	wake := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Wake(t.Context(), ann, id)
		must(t, err)
	}
	resolve := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Resolve(t.Context(), ann, id)
		must(t, err)
	}
	reject := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Reject(t.Context(), ann, id)
		must(t, err)
	}
	reopen := func(t *testing.T, d *desk, id string) {
		_, err := d.tickets.Reopen(t.Context(), ann, id)
		must(t, err)
	}
	nothing := func(*testing.T, *desk, string) {}
	for name, steps := range map[string][]step{
		"first response and resolution run from creation": {
			{0, nothing, kept{first: "1h0m0s", solved: "10h0m0s"}},
			{5 * minute, write, kept{first: "1h0m0s", solved: "10h0m0s"}},
			{5 * minute, ruleSays, kept{first: "1h0m0s", solved: "10h0m0s"}},
			{5 * minute, botSays, kept{first: "1h0m0s", solved: "10h0m0s"}},
			{5 * minute, assign, kept{first: "1h0m0s", solved: "10h0m0s"}},
			{5 * minute, reply, kept{solved: "10h0m0s"}},
			{5 * minute, resolve, kept{}},
		},
		"next response runs from the first message that nobody has answered": {
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{20 * minute, write, kept{next: "2h30m0s", solved: "10h0m0s"}},
			{20 * minute, write, kept{next: "2h30m0s", solved: "10h0m0s"}},
			{10 * minute, botSays, kept{next: "2h30m0s", solved: "10h0m0s"}},
			{10 * minute, ruleSays, kept{next: "2h30m0s", solved: "10h0m0s"}},
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{10 * minute, write, kept{next: "3h30m0s", solved: "10h0m0s"}},
		},
		"a bot holds the two responses": {
			{10 * minute, toBot, kept{first: "left 50m0s", solved: "10h0m0s"}},
			{30 * minute, write, kept{first: "left 50m0s", solved: "10h0m0s"}},
			{20 * minute, handOff, kept{first: "1h50m0s", solved: "10h0m0s"}},
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{50 * minute, write, kept{next: "4h0m0s", solved: "10h0m0s"}},
			{30 * minute, toBot, kept{next: "left 1h30m0s", solved: "10h0m0s"}},
			{hour, handOff, kept{next: "5h0m0s", solved: "10h0m0s"}},
		},
		"what is written to a bot counts from its hand-off": {
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{10 * minute, toBot, kept{solved: "10h0m0s"}},
			{10 * minute, write, kept{solved: "10h0m0s"}},
			{30 * minute, handOff, kept{next: "3h0m0s", solved: "10h0m0s"}},
		},
		"sleep holds all": {
			{10 * minute, snooze, kept{first: "left 50m0s", solved: "left 9h50m0s"}},
			{30 * minute, snooze, kept{first: "left 50m0s", solved: "left 9h50m0s"}},
			{20 * minute, wake, kept{first: "1h50m0s", solved: "10h50m0s"}},
			{10 * minute, snooze, kept{first: "left 40m0s", solved: "left 9h40m0s"}},
			{10 * minute, write, kept{first: "2h0m0s", solved: "11h0m0s"}},
		},
		"sleep on top of a bot": {
			{10 * minute, toBot, kept{first: "left 50m0s", solved: "10h0m0s"}},
			{10 * minute, snooze, kept{first: "left 50m0s", solved: "left 9h40m0s"}},
			{10 * minute, wake, kept{first: "left 50m0s", solved: "10h10m0s"}},
			{10 * minute, handOff, kept{first: "1h30m0s", solved: "10h10m0s"}},
		},
		"a reopening goes on with the resolution, and starts a next response": {
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{50 * minute, resolve, kept{}},
			{2 * hour, write, kept{next: "5h0m0s", solved: "12h0m0s"}},
			{hour, reply, kept{solved: "12h0m0s"}},
			{0, resolve, kept{}},
			{hour, reopen, kept{solved: "13h0m0s"}},
		},
		"a reopened ticket that nobody answered has both responses": {
			{30 * minute, resolve, kept{}},
			{hour, write, kept{first: "2h0m0s", next: "3h30m0s", solved: "11h0m0s"}},
		},
		"an agent's reopening goes on with the wait": {
			{10 * minute, reply, kept{solved: "10h0m0s"}},
			{10 * minute, write, kept{next: "2h20m0s", solved: "10h0m0s"}},
			{10 * minute, resolve, kept{}},
			{hour, reopen, kept{next: "3h20m0s", solved: "11h0m0s"}},
		},
		"rejected": {
			{10 * minute, reject, kept{}},
			{50 * minute, reopen, kept{first: "1h50m0s", next: "2h50m0s", solved: "10h50m0s"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openMemory(t, nil)
			d.promise(t, ticket.Policy{First: hour, Next: 2 * hour, Resolution: 10 * hour})
			id := d.ask(t).ID
			for i, s := range steps {
				d.clock.forward(s.after)
				d.step(t)
				s.do(t, d, id)
				if diff := cmp.Diff(s.want, dues(d.get(t, id))); diff != "" {
					t.Fatalf("step %d: %s", i, diff)
				}
			}
		})
	}
}

// At risk, breached, and in time or late: each is said once.
func TestTargetsAreMissedOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.promise(t, ticket.Policy{First: hour, Next: 2 * hour, Resolution: 10 * hour})
		id := d.ask(t).ID
		look := func(after time.Duration, want ...string) {
			t.Helper()
			d.clock.forward(after)
			d.step(t)
			if got := d.said(t, id); !slices.Equal(got, want) {
				t.Fatalf("%v: %q, want %q", d.clock.now().Sub(start), got, want)
			}
		}
		look(48*minute - time.Microsecond)
		say := []string{"at risk first_response"}
		look(time.Microsecond, say...)
		look(12*minute-time.Microsecond, say...)
		if _, _, state := d.get(t, id).Due(d.clock.now()); state != ticket.DueAtRisk {
			t.Errorf("state %q", state)
		}
		say = append(say, "breached first_response")
		look(time.Microsecond, say...)
		look(hour, say...)
		if what, due, state := d.get(t, id).Due(d.clock.now()); what != ticket.TargetFirst || !due.Equal(at(hour)) || state != ticket.DueBreached {
			t.Errorf("due %s %v %s", what, due, state)
		}
		d.reply(t, ann, id, "Sorry.")
		say = append(say, "late first_response")
		look(0, say...)
		d.write(t, id, "And?")
		look(minute, say...)
		d.reply(t, ann, id, "Here.")
		say = append(say, "met next_response")
		look(24*hour, append(say, "breached resolution")...) // that it was at risk is no news any more
		missed := d.get(t, id).Missed()
		if len(missed) != 2 || missed[0].Target != ticket.TargetFirst || !missed[0].Ended.Equal(at(2*hour)) || !missed[1].Breached.Equal(at(10*hour)) {
			t.Errorf("missed %+v", missed)
		}
	})
}
