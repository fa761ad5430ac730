package condition_test

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNeverAndAlways(t *testing.T) {
	t.Parallel()
	env := environment(t)
	for source, want := range map[string]string{
		`ticket.status == "new" and ticket.status == "resolved"`:                                         "never",
		`ticket.status == "new" and ticket.open and not (ticket.status in ["new"])`:                      "never",
		`field.spend > 3 and field.spend < 3`:                                                            "never",
		`field.spend >= 3 and field.spend <= 3`:                                                          "",
		`field.spend >= 3 and field.spend < 3`:                                                           "never",
		`field.spend == 5 and field.spend > 10`:                                                          "never",
		`field.spend in [5, 11] and field.spend > 10`:                                                    "",
		`field.spend == nil and field.spend > 10`:                                                        "never",
		`field.vip and field.vip == false`:                                                               "never",
		`now - ticket.created > hours(5) and now - ticket.created < hours(4)`:                            "never",
		`now - ticket.created > hours(4) and now - ticket.created < hours(5)`:                            "",
		`ticket.created > date("2026-02-01") and ticket.created < date("2026-01-01")`:                    "never",
		`ticket.created > date("2026-02-01") and ticket.created < now`:                                   "",
		`"vip" in ticket.tags and "beta" in ticket.tags`:                                                 "",
		`"vip" in ticket.tags and ticket.tags == nil`:                                                    "never",
		`ticket.assignee == me and ticket.assignee == "ann"`:                                             "",
		`ticket.assignee == me and ticket.assignee == nil`:                                               "never",
		`(ticket.queue == "a" and ticket.queue == "b") or (field.vip and not field.vip)`:                 "never",
		`(ticket.queue == "a" and ticket.queue == "b") or ticket.queue == "c"`:                           "",
		`ticket.queue == "c" and ((ticket.queue == "a" and ticket.queue == "b") or ticket.queue == "d")`: "never",
		`ticket.title contains "a" and false`:                                                            "never",
		`ticket.title contains "a" or true`:                                                              "always",
		`field.vip or not field.vip`:                                                                     "always",
		`ticket.status != "new" or ticket.status != "resolved"`:                                          "always",
		`ticket.priority < "high" or ticket.priority >= "high"`:                                          "", // it may be unset
		`ticket.priority < "high" or ticket.priority >= "high" or ticket.priority == nil`:                "always",
		`not (ticket.queue == "a" and ticket.queue == "b")`:                                              "always",
	} {
		c, err := env.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := map[[2]bool]string{{true, false}: "never", {false, true}: "always"}[[2]bool{c.Never(), c.Always()}]; got != want {
			t.Errorf("%s: %q", source, got)
		}
	}
}

func TestExcludesAndCovers(t *testing.T) {
	t.Parallel()
	env := environment(t)
	for _, c := range []struct {
		a, b             string
		excludes, covers bool
	}{
		{`true`, `ticket.open`, false, true},
		{`ticket.open`, `true`, false, false},
		{`ticket.queue == "a"`, `ticket.queue == "b" and ticket.open`, true, false},
		{`ticket.queue in ["a", "b"]`, `ticket.queue == "b" and ticket.open`, false, true},
		{`ticket.queue in ["a", "b"]`, `ticket.queue in ["b", "c"]`, false, false},
		{`ticket.queue == "b"`, `ticket.queue == "b" and ticket.title contains "x"`, false, true},
		{`ticket.queue == "b" and ticket.title contains "x"`, `ticket.queue == "b"`, false, false},
		{`field.spend > 3`, `field.spend >= 4`, false, true},
		{`field.spend > 3`, `field.spend >= 3`, false, false},
		{`field.spend >= 3`, `field.spend > 3`, false, true},
		{`field.spend > 3`, `field.spend == 4`, false, true},
		{`field.spend > 3`, `field.spend <= 3`, true, false},
		{`2 <= field.spend <= 4`, `field.spend == 3 and ticket.open`, false, true},
		{`2 <= field.spend <= 4`, `field.spend > 3`, false, false},
		{`now - ticket.created > hours(2)`, `now - ticket.created > hours(3)`, false, true},
		{`now - ticket.created > hours(3)`, `now - ticket.created > hours(2)`, false, false},
		{`now - ticket.created > hours(3)`, `now - ticket.created < hours(2)`, true, false},
		{`"vip" in ticket.tags`, `"beta" in ticket.tags`, false, false},
		{`"vip" in ticket.tags`, `"beta" in ticket.tags and "VIP" in ticket.tags`, false, true},
		{`ticket.tags == nil`, `"beta" in ticket.tags`, true, false},
		{`ticket.assignee == me`, `ticket.assignee == me and ticket.open`, false, true},
		{`ticket.assignee == me`, `ticket.assignee == "ann"`, false, false},
	} {
		a, err := env.Compile(c.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := env.Compile(c.b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Excludes(b) != c.excludes || b.Excludes(a) != c.excludes || a.Covers(b) != c.covers {
			t.Errorf("%s, %s: excludes %v, covers %v", c.a, c.b, a.Excludes(b), a.Covers(b))
		}
	}
}

// What is said of conditions holds of subjects.
func TestWhatIsSaidOfConditionsHolds(t *testing.T) {
	t.Parallel()
	env := environment(t)
	rapid.Check(t, func(t *rapid.T) {
		var cs [2]conditionOf
		for i := range cs {
			p := pairs(rapid.IntRange(0, 2).Draw(t, "depth")).Draw(t, "condition")
			c, err := env.Compile(p.ours)
			if err != nil {
				t.Fatal(err)
			}
			cs[i] = c
		}
		a, b := cs[0], cs[1]
		for range 30 {
			s := subjects().Draw(t, "subject")
			x, y := a.Match(s), b.Match(s)
			switch {
			case a.Never() && x, a.Always() && !x:
				t.Fatalf("%s is %v\n%+v", a.Source(), x, *s)
			case a.Excludes(b) && x && y:
				t.Fatalf("%s and %s are both true\n%+v", a.Source(), b.Source(), *s)
			case a.Covers(b) && y && !x:
				t.Fatalf("%s is true and %s isn't\n%+v", b.Source(), a.Source(), *s)
			}
		}
	})
}
