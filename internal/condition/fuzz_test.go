package condition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/expr-lang/expr"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// machineSources are of the forms that expr's own tests are made of: what its parser
// knows and conditions don't, too.
var machineSources = []string{
	`!!(1 <= f64)`, `!("bar" not endsWith "foo")`, `not all(list, ok)`, `f64 == 1.0 ?? 1`, `array in values($env)`, `list?.[1]?.String()`,
	`ok ?: {foo: list}`, `map(list, $env?.i)`, `let foo = 1 + 2; foo + 1`, `[1, 2, 3][1:]`, `{"a": 1, b: 2}.a == 1`, `1..3 | map(# * 2) | sum()`,
	`filter(array, {# > 1 and .x})`, `reduce(1..9, #acc + #, 0)`, `if true { 1 } else { 2 }`, `"a" in {"a": 1}`, `1_000.5e3 != 0x1F + 0b11 - 0o17`,
	`b"bytes" == "bytes"`, "`raw` matches '^r'", `::now()`, `-1 not in [-1, +1]`, `a.b?.c[0].d()`, `true ? false : nil`, `1 < 2 < 3 <= 3`, `"\u{1F600}" != "\x41"`,
}

// Whatever is written either is an *Error, or runs; and where expr's machine takes
// it and nothing is unset, both say the same.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`ticket.status == "new"`, `"vip" in ticket.tags and field.spend >= 100.5`, `now - ticket.created > hours(2)`,
		`not (ticket.title matches "^a+$") || len(ticket.title) < 3`, `1 < field.count < 5`, `field.count in [1, 2.5]`,
		`ticket.created + duration("1h") <= date("2026-11-24")`, `ticket.assignee in [me, "ann"]`, `-field.spend / 2 == +1`,
		`ticket.priority > "low"`, `field.vip != true`, "ticket.title == \"a\\n\"\n or true", `lower(trim(upper(ticket.title))) endsWith "d"`,
		`a?.b`, `{`, `[1,`, `"`, `ticket.`, `ticket.status == nil`, `hours(field.count) < ticket.resolved - ticket.created`,
	} {
		f.Add(s)
	}
	for _, s := range hostile() {
		f.Add(s)
	}
	for _, s := range machineSources {
		f.Add(s)
	}
	env := environment(f)
	yes := true
	all := &subject{
		status: "new", queue: "q1", assignee: "ann", priority: "high", title: "Refund please", tags: []string{"vip"}, followers: []string{"bob"},
		spend: new(120.0), count: new(2.0), vip: &yes, open: true, created: now.AddDate(0, 0, -3), resolved: now.AddDate(0, 0, -1), me: "ann", now: now,
	}
	f.Fuzz(func(t *testing.T, source string) {
		c, err := env.Compile(source)
		if err != nil {
			if _, ok := errors.AsType[*condition.Error](err); !ok {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		c.Match(&subject{now: now})
		got := c.Match(all)
		if on := c.Explain(all).True; on != got {
			t.Fatalf("%q is %v, explained as %v", source, got, on)
		}
		if got && c.Never() || !got && c.Always() {
			t.Fatalf("%q is %v, said never %v, always %v", source, got, c.Never(), c.Always())
		}
		if _, err := env.Sketch(source); err != nil {
			t.Fatalf("%q has no sketch: %v", source, err)
		}
		if found := env.NewSet([]*condition.Condition[*subject]{c}).Matching(nil, all); len(found) > 0 != got {
			t.Fatalf("%q is %v, and a set finds %v", source, got, found)
		}
		needs, whole := c.Needs()
		met := true
		for _, n := range needs {
			met = met && holds(n, all)
		}
		if got && !met || whole && met && !got {
			t.Fatalf("%q is %v with needs %+v", source, got, needs)
		}
		// What has another meaning there, or none.
		for _, own := range []string{"hours", "minutes", "days", "date", "nil", `""`, "``", "''", "/", "priority", "tags", "trim"} {
			if strings.Contains(source, own) {
				return
			}
		}
		program, err := expr.Compile(source, expr.AsBool(), expr.DisableBuiltin("now"))
		if err != nil {
			return
		}
		if want, err := expr.Run(program, all.values()); err == nil && want != got {
			t.Fatalf("%q is %v, for expr %v", source, got, want)
		}
	})
}
