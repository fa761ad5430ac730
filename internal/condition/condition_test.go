package condition_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

func TestWhatIsntSet(t *testing.T) {
	t.Parallel()
	env := environment(t)
	none := &subject{now: now}
	for source, want := range map[string]bool{
		`ticket.queue == "q1"`:                        false,
		`ticket.queue != "q1"`:                        true,
		`ticket.queue not in ["q1"]`:                  true,
		`ticket.queue == nil`:                         true,
		`ticket.queue == ""`:                          true,
		`ticket.queue == ticket.assignee`:             false,
		`ticket.queue != ticket.assignee`:             true,
		`ticket.title contains "a"`:                   false,
		`not (ticket.title contains "a")`:             true,
		`ticket.title not contains "a"`:               true,
		`ticket.title < "a"`:                          false,
		`trim(ticket.title) == nil`:                   true,
		`len(ticket.title) == 0`:                      true,
		`field.spend < 5`:                             false,
		`field.spend >= 5`:                            false,
		`field.spend + 1 == nil`:                      true,
		`field.spend / 0 == nil`:                      true,
		`field.vip`:                                   false,
		`not field.vip`:                               true,
		`field.vip == false`:                          false,
		`ticket.priority < "high"`:                    false,
		`ticket.priority != "high"`:                   true,
		`ticket.resolved < now`:                       false,
		`now - ticket.resolved < hours(5)`:            false,
		`ticket.resolved + hours(1) == nil`:           true,
		`ticket.tags == nil`:                          true,
		`me in ticket.followers`:                      false,
		`ticket.assignee == me`:                       false,
		`ticket.created - ticket.created == hours(0)`: false,
	} {
		c, err := env.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		} else if got := c.Match(none); got != want {
			t.Errorf("%s is %v", source, got)
		}
	}
}

func TestErrorsSayWhereAndWhatIsAllowed(t *testing.T) {
	t.Parallel()
	env := environment(t)
	for _, c := range []struct {
		source       string
		line, column int
		message      string
		allowed      string
	}{
		{`ticket.staus == "new"`, 1, 1, "no name ticket.staus", "ticket.status"},
		{"ticket.open and\n  ticket.status == \"nwe\"", 2, 20, `never "nwe"`, "answered"},
		{`ticket.open and`, 1, 15, "unexpected", ""},
		{`ticket.tags contains "vip"`, 1, 13, `"…" in ticket.tags`, ""},
		{`ticket.tags == "vip"`, 1, 13, "as a whole", "len"},
		{`field.spend == "many"`, 1, 13, "a number can't be compared with text", ""},
		{`ticket.status`, 1, 1, "compare it", "=="},
		{`field.spend`, 1, 1, "compare it", "<"},
		{`not ticket.status == "new"`, 1, 1, "write not (a == b)", ""},
		{`any(ticket.tags, # == "x")`, 1, 1, "isn't allowed", "lower"},
		{`let x = 1; x > 2`, 1, 5, "isn't allowed", ""},
		{`ticket.open ? true : false`, 1, 0, "isn't allowed", ""},
		{`ticket.tags[0] == "x"`, 1, 0, "names look like", ""},
		{`field.spend in 1..3`, 1, 0, "operator .. isn't allowed", ""},
		{`string(field.spend) == "1"`, 1, 1, "no function string", "lower"},
		{`foo(field.spend) == 1`, 1, 0, "no function foo", "lower"},
		{`ticket.title matches "("`, 1, 22, "missing", ""},
		{`ticket.title matches ticket.queue`, 1, 0, "literal", ""},
		{`ticket.title matches "(a{25}b){25}"`, 1, 22, "repeat too much", ""},
		{`ticket.created > date("soon")`, 1, 23, "isn't a date", ""},
		{`now - ticket.created > duration("long")`, 1, 33, "isn't a duration", ""},
		{`days(40000) > hours(1)`, 1, 6, "at most 100 years", ""},
		{`ticket.created > 5`, 1, 16, "can't be compared", ""},
		{`ticket.created * 2 > now`, 1, 16, "can't join", ""},
		{`field.vip > true`, 1, 11, "below or above", "=="},
		{`field.spend > nil`, 1, 13, "below or above nil", "=="},
		{`ticket.title contains ""`, 1, 14, "isn't empty", ""},
		{`field.spend in ["a"]`, 1, 13, "isn't in a list of text", ""},
		{`field.spend in [1, "a"]`, 1, 20, "not both", ""},
		{`field.spend in []`, 1, 16, "empty", ""},
		{``, 1, 1, "unexpected", ""},
	} {
		_, err := env.Compile(c.source)
		e, ok := errors.AsType[*condition.Error](err)
		switch {
		case !ok:
			t.Errorf("%s: %v", c.source, err)
		case e.Line != c.line || c.column > 0 && e.Column != c.column || !strings.Contains(e.Message, c.message):
			t.Errorf("%s: line %d, column %d: %s", c.source, e.Line, e.Column, e.Message)
		case c.allowed != "" && !slices.Contains(e.Allowed, c.allowed):
			t.Errorf("%s: allowed are %q", c.source, e.Allowed)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	env := environment(t)
	nested := func(n int) string { return strings.Repeat("not (", n) + "ticket.open" + strings.Repeat(")", n) }
	chain := func(n int) string { return "ticket.open" + strings.Repeat(" or ticket.open", n-1) }
	padded := func(n int) string { return "ticket.open" + strings.Repeat(" ", n-len("ticket.open")) }
	pattern := func(n int) string { return `ticket.title matches "` + strings.Repeat("é", n) + `"` }
	for name, c := range map[string]struct {
		source string
		good   bool
	}{
		"length below":  {padded(condition.MaxSource - 1), true},
		"length at":     {padded(condition.MaxSource), true},
		"length above":  {padded(condition.MaxSource + 1), false},
		"depth below":   {nested(condition.MaxDepth - 2), true},
		"depth at":      {nested(condition.MaxDepth - 1), true},
		"depth above":   {nested(condition.MaxDepth + 1), false},
		"nodes below":   {chain(249), true}, // a name with a dot has three, an or one
		"nodes at":      {chain(250), true}, // 999
		"nodes above":   {chain(251), false},
		"pattern below": {pattern(condition.MaxPattern - 1), true},
		"pattern at":    {pattern(condition.MaxPattern), true},
		"pattern above": {pattern(condition.MaxPattern + 1), false},
		"brackets":      {strings.Repeat("(", 5000) + "ticket.open" + strings.Repeat(")", 4000), false},
		"not UTF-8":     {"ticket.title == \"\xff\"", false},
	} {
		_, err := env.Compile(c.source)
		if _, bad := errors.AsType[*condition.Error](err); bad == c.good || err != nil && !bad {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func text(ss ...string) (vs []condition.Value) {
	for _, s := range ss {
		vs = append(vs, condition.Value{Type: condition.Text, Text: s})
	}
	return vs
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	env := environment(t)
	unset, me := condition.Value{Unset: true}, condition.Value{Param: "me"}
	hour := &condition.Bound{Param: "now", Offset: -time.Hour, Exclusive: true}
	for source, want := range map[string]struct {
		needs []condition.Need
		whole bool
	}{
		`ticket.status == "new" or ticket.status == "waiting"`:               {[]condition.Need{{Name: "ticket.status", Values: text("new", "waiting")}}, true},
		`ticket.status != "new"`:                                             {[]condition.Need{{Name: "ticket.status", Values: append([]condition.Value{unset}, text("answered", "waiting", "resolved")...)}}, true},
		`ticket.status in ["new", "answered"] and ticket.status != "new"`:    {[]condition.Need{{Name: "ticket.status", Values: text("answered")}}, true},
		`not (ticket.status != "new" or ticket.queue != "q1")`:               {[]condition.Need{{Name: "ticket.status", Values: text("new")}, {Name: "ticket.queue", Values: text("q1")}}, true},
		`ticket.priority >= "high"`:                                          {[]condition.Need{{Name: "ticket.priority", Values: text("high", "urgent")}}, true},
		`"VIP" in ticket.tags and "beta" in ticket.tags`:                     {[]condition.Need{{Name: "ticket.tags", Values: text("vip")}, {Name: "ticket.tags", Values: text("beta")}}, true},
		`ticket.assignee == nil or ticket.assignee == me`:                    {[]condition.Need{{Name: "ticket.assignee", Values: []condition.Value{unset, me}}}, true},
		`me == ticket.assignee and ticket.title contains "x"`:                {[]condition.Need{{Name: "ticket.assignee", Values: []condition.Value{me}}}, false},
		`now - ticket.created > hours(1)`:                                    {[]condition.Need{{Name: "ticket.created", To: hour}}, true},
		`ticket.created + hours(1) < now`:                                    {[]condition.Need{{Name: "ticket.created", To: hour}}, true},
		`field.spend > 3 and field.spend <= 5`:                               {[]condition.Need{{Name: "field.spend", From: &condition.Bound{Number: 3, Exclusive: true}, To: &condition.Bound{Number: 5}}}, true},
		`(ticket.open and ticket.queue == "q1") or ticket.queue == "q2"`:     {[]condition.Need{{Name: "ticket.queue", Values: text("q1", "q2")}}, false},
		`ticket.open or ticket.queue == "q2"`:                                {nil, false},
		`ticket.queue == "q1" and ticket.queue == "q2"`:                      {[]condition.Need{{Name: "ticket.queue", Values: []condition.Value{}}}, true},
		`ticket.resolved - ticket.resolved + ticket.created > now - days(1)`: {[]condition.Need{{Name: "ticket.created", From: &condition.Bound{Param: "now", Offset: -24 * time.Hour, Exclusive: true}}}, false},
	} {
		c, err := env.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		needs, whole := c.Needs()
		if d := cmp.Diff(want.needs, needs); d != "" || whole != want.whole {
			t.Errorf("%s: whole %v\n%s", source, whole, d)
		}
	}
}

func TestLooseParameters(t *testing.T) {
	t.Parallel()
	env := environment(t)
	for source, want := range map[string]int{ // column, 0: not loose
		`ticket.created < now - hours(2) and ticket.resolved > now - days(1)`: 0,
		`ticket.open or now - ticket.created > hours(2)`:                      0,
		`now > date("2026-01-01")`:                                            1,
		`ticket.open and now - ticket.created > ticket.resolved - now`:        58,
		`ticket.created == now`:                                               19,
	} {
		c, err := env.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		e := c.Loose("now")
		if (e == nil) != (want == 0) || e != nil && e.Column != want {
			t.Errorf("%s: %v", source, e)
		}
	}
	c, err := env.Compile(`ticket.assignee == me or me in ticket.followers or ticket.queue in [me, "q1"]`)
	if err != nil || c.Loose("me") != nil {
		t.Errorf("%v, %v", err, c.Loose("me"))
	}
	if c, err := env.Compile(`me == "ann"`); err != nil || c.Loose("me") == nil {
		t.Errorf("me by itself isn't loose, %v", err)
	}
	if got, want := c.Reads(), []string{"me", "ticket.assignee", "ticket.followers", "ticket.queue"}; !slices.Equal(got, want) {
		t.Errorf("reads %v", got)
	}
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	get := func(*subject) string { return "" }
	for name, vs := range map[string][]condition.Var[*subject]{
		"malformed":     {{Name: "Ticket", Text: get}},
		"two dots":      {{Name: "a.b.c", Text: get}},
		"twice":         {{Name: "a", Text: get}, {Name: "a", Text: get}},
		"no function":   {{Name: "a"}},
		"two functions": {{Name: "a", Text: get, Number: func(*subject) (float64, bool) { return 0, false }}},
	} {
		if _, err := condition.NewEnv(vs...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	env := environment(t)
	if typ, ok := env.Type("ticket.tags"); !ok || typ != condition.Texts || len(env.Names()) != len(vars()) {
		t.Errorf("%v %v, %d names", typ, ok, len(env.Names()))
	}
	if _, ok := env.Type("nothing"); ok {
		t.Error("a name that isn't declared has a type")
	}
}
