package ticket

import (
	"testing"
	"time"
)

// What a filter asks of a time is asked of the index to the microsecond.
func TestPlansBoundTimesExactly(t *testing.T) {
	t.Parallel()
	env, err := filterEnv(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, now := range []time.Time{at, at.Add(1), at.Add(999), at.Add(-1)} {
		for _, filter := range []string{
			`ticket.created > now`, `ticket.created >= now`, `ticket.created < now`, `ticket.created <= now`,
			`now - ticket.created > hours(1)`, `now - ticket.created >= hours(1)`, `ticket.updated + minutes(1) < now`,
			`ticket.waiting_since > now - hours(2) and ticket.waiting_since <= now - hours(1)`,
			`ticket.created > date("2026-11-25T12:00:00Z")`, `ticket.updated <= date("2026-11-25T12:00:00Z")`,
		} {
			c, err := env.Compile(filter)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlan(c, nil, &asked{now: now})
			for _, base := range []time.Time{at, at.Add(-time.Hour), at.Add(-time.Minute), at.Add(-2 * time.Hour)} {
				for d := -2 * time.Microsecond; d <= 2*time.Microsecond; d += time.Microsecond {
					tk := &Ticket{Status: StatusNew, WaitingSince: base.Add(d), Times: Times{Created: base.Add(d), Updated: base.Add(d)}}
					f := &facet{}
					f.describe(tk, nil)
					if in, fits := p.fits(f), c.Match(&asked{t: tk, now: now}); in != fits {
						t.Errorf("%s at %s: %s is in the index's range: %v, fits: %v", filter, now, base.Add(d), in, fits)
					}
				}
			}
		}
	}
}

// A filter whose words are all in the index needs no look at the tickets.
func TestPlansKnowWhatTheyAnswer(t *testing.T) {
	t.Parallel()
	fs := []*Field{{Key: "size", Type: Dropdown, Options: []Option{{Name: "S"}, {Name: "L"}}}, {Key: "name", Type: SingleLine, Personal: true}, {Key: "note", Type: MultiLine}}
	env, err := filterEnv(fs)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]*Field{}
	for _, f := range fs {
		fields[f.Key] = f
	}
	for filter, want := range map[string]struct {
		states, sets int
		whole        bool
	}{
		`ticket.open and ticket.queue == "a"`:                   {1, 1, true},
		`ticket.status in ["new", "resolved"]`:                  {2, 1, true},
		`ticket.status == "resolved" and field.size == "L"`:     {1, 2, true},
		`ticket.open and ticket.assignee == nil`:                {1, 1, true},
		`ticket.assignee == nil`:                                {2, 0, false},
		`field.name == "x"`:                                     {2, 0, false},
		`field.note == "x"`:                                     {2, 0, false},
		`ticket.title contains "x" and "y" in ticket.tags`:      {2, 1, false},
		`ticket.assignee == me and ticket.created > now`:        {2, 1, true},
		`ticket.open and not ticket.open`:                       {0, 0, true},
		`ticket.priority > "low" and ticket.reopened > 1`:       {2, 1, false},
		`ticket.queue == "a" or ticket.label == "b"`:            {2, 0, false},
		`ticket.queue == "a" or ticket.queue == "b" or false`:   {2, 1, true},
		`(ticket.queue == "a" or ticket.queue == "b") and true`: {2, 1, true},
	} {
		c, err := env.Compile(filter)
		if err != nil {
			t.Fatal(err)
		}
		p := newPlan(c, fields, &asked{me: "ann", now: time.Now()})
		if len(p.states) != want.states || len(p.sets) != want.sets || p.whole != want.whole {
			t.Errorf("%s: states %v, sets %v, whole %v", filter, p.states, p.sets, p.whole)
		}
	}
}
