package condition_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// pair is one condition in this language, and with the same meaning in expr's,
// where what isn't set is nil, which fails in most operations.
type pair struct{ ours, theirs string }

func plain(format string, args ...any) pair {
	s := fmt.Sprintf(format, args...)
	return pair{s, s}
}

// guarded is a comparison that is false unless some names are set.
func guarded(s string, names ...string) pair {
	var set []string
	for _, n := range names {
		set = append(set, n+" != nil")
	}
	return pair{s, "(" + strings.Join(set, " and ") + " and " + s + ")"}
}

func atoms() *rapid.Generator[pair] {
	return rapid.Custom(func(t *rapid.T) pair {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
		op := func() string { return pick("<", "<=", ">", ">=") }
		eq := func() string { return pick("==", "!=") }
		is := func() string { return pick("in", "not in") }
		n := rapid.IntRange(-3, 6).Draw(t, "n")
		h := rapid.IntRange(0, 50).Draw(t, "h")
		number := func() string { return pick("field.spend", "field.count") }
		date := now.Add(-time.Duration(h) * time.Hour).Format(time.RFC3339)
		switch rapid.IntRange(0, 23).Draw(t, "atom") {
		case 0:
			return plain("ticket.status %s %q", eq(), pick(statuses...))
		case 1:
			return plain("ticket.status %s [%q, %q]", is(), pick(statuses...), pick(statuses...))
		case 2:
			return plain("%q %s ticket.queue", pick(queues...), eq())
		case 3:
			return plain("ticket.queue %s nil", eq())
		case 4:
			o := eq()
			return pair{"ticket.assignee " + o + " me", map[string]string{"==": "", "!=": "not "}[o] + "(me != nil and ticket.assignee == me)"}
		case 5:
			return plain("me %s ticket.followers", is())
		case 6:
			tag := pick(labels...)
			return pair{fmt.Sprintf("%q in ticket.tags", strings.ToUpper(tag)), fmt.Sprintf("%q in ticket.tags", tag)}
		case 7:
			o, at := op(), rapid.IntRange(0, 3).Draw(t, "rank")
			var in []string
			for i, r := range ranks {
				if o == "<" && i < at || o == "<=" && i <= at || o == ">" && i > at || o == ">=" && i >= at {
					in = append(in, fmt.Sprintf("%q", r))
				}
			}
			return pair{fmt.Sprintf("ticket.priority %s %q", o, ranks[at]), "ticket.priority in [" + strings.Join(in, ",") + "]"}
		case 8:
			x := number()
			return guarded(fmt.Sprintf("%s %s %d", x, op(), n), x)
		case 9:
			return plain("%s %s %d", number(), eq(), n)
		case 10:
			return guarded(fmt.Sprintf("field.spend %s 2 %s field.count - %d", pick("+", "*", "-"), op(), n), "field.spend", "field.count")
		case 11:
			return plain("%s %s [%d, 2, 3]", number(), is(), n)
		case 12:
			return plain("field.vip %s %s", eq(), pick("true", "false"))
		case 13:
			return pair{"field.vip", "(field.vip == true)"}
		case 14:
			return plain("ticket.open")
		case 15:
			o := op()
			return pair{fmt.Sprintf("now - ticket.created %s hours(%d)", o, h), fmt.Sprintf(`now - ticket.created %s duration("%dh")`, o, h)}
		case 16:
			return guarded(fmt.Sprintf("ticket.resolved %s date(%q)", op(), date), "ticket.resolved")
		case 17:
			return guarded(fmt.Sprintf(`now - duration("%dh") %s ticket.resolved`, h, op()), "ticket.resolved")
		case 18:
			return guarded(fmt.Sprintf(`ticket.resolved - ticket.created %s duration("%dh")`, op(), h/4), "ticket.resolved")
		case 19:
			return guarded(fmt.Sprintf("lower(ticket.title) %s %q", pick("contains", "startsWith", "endsWith"), pick("re", "d", "please")), "ticket.title")
		case 20:
			return guarded(`ticket.title matches "^[Rr]e"`, "ticket.title")
		case 21:
			o := op()
			return pair{fmt.Sprintf("len(ticket.title) %s %d", o, n), fmt.Sprintf("(ticket.title == nil ? 0 : len(ticket.title)) %s %d", o, n)}
		case 22:
			return plain("len(ticket.tags) %s %d", op(), n)
		}
		return plain("%s %s nil", pick("field.spend", "field.vip", "ticket.resolved", "ticket.priority", "ticket.title"), eq())
	})
}

func pairs(depth int) *rapid.Generator[pair] {
	if depth == 0 {
		return atoms()
	}
	return rapid.Custom(func(t *rapid.T) pair {
		switch rapid.IntRange(0, 5).Draw(t, "shape") {
		case 0:
			return atoms().Draw(t, "atom")
		case 1:
			x := pairs(depth-1).Draw(t, "x")
			return pair{"not (" + x.ours + ")", "not (" + x.theirs + ")"}
		}
		op := rapid.SampledFrom([]string{" and ", " or ", " && ", " || "}).Draw(t, "op")
		out := pair{}
		for i := range rapid.IntRange(2, 4).Draw(t, "parts") {
			if i > 0 {
				out.ours, out.theirs = out.ours+op, out.theirs+op
			}
			x := pairs(depth-1).Draw(t, "part")
			out.ours, out.theirs = out.ours+"("+x.ours+")", out.theirs+"("+x.theirs+")"
		}
		return out
	})
}

// Closures say the same as expr's machine.
func TestClosuresAgreeWithTheMachine(t *testing.T) {
	t.Parallel()
	env := environment(t)
	rapid.Check(t, func(t *rapid.T) {
		p := pairs(3).Draw(t, "condition")
		c, err := env.Compile(p.ours)
		if err != nil {
			t.Fatalf("%s: %v", p.ours, err)
		}
		program, err := expr.Compile(p.theirs, expr.AsBool(), expr.DisableBuiltin("now"))
		if err != nil {
			t.Fatalf("%s: %v", p.theirs, err)
		}
		for range 8 {
			s := subjects().Draw(t, "subject")
			want, err := expr.Run(program, s.values())
			if err != nil {
				t.Fatalf("%s: %v", p.theirs, err)
			}
			if got := c.Match(s); got != want {
				t.Fatalf("%s is %v, for expr %v\n%+v", p.ours, got, want, *s)
			}
		}
	})
}

// holds says whether a need is met.
func holds(n condition.Need, s *subject) bool {
	v := s.values()
	part, key, _ := strings.Cut(n.Name, ".")
	have := v[part].(map[string]any)[key]
	if n.Values != nil {
		return slices.ContainsFunc(n.Values, func(w condition.Value) bool { return has(have, w, s) })
	}
	inside := func(b *condition.Bound, sign int) bool {
		if b == nil {
			return true
		}
		d := 0
		switch x := have.(type) {
		case time.Time:
			d = x.Compare(b.At(s.now)) * sign
		case float64:
			d = sign
			if x == b.Number {
				d = 0
			} else if x < b.Number {
				d = -sign
			}
		default:
			return false
		}
		return d > 0 || d == 0 && !b.Exclusive
	}
	return inside(n.From, 1) && inside(n.To, -1)
}

func has(have any, v condition.Value, s *subject) bool {
	if list, ok := have.([]string); ok {
		if v.Unset {
			return len(list) == 0
		}
		return slices.ContainsFunc(list, func(x string) bool { return has(x, v, s) })
	}
	switch {
	case v.Unset:
		return have == nil
	case v.Param != "":
		return have != nil && have == s.values()[v.Param]
	case v.Type == condition.Number:
		return have == v.Number
	case v.Type == condition.Bool:
		return have == v.Bool
	}
	return have == v.Text
}

// What a condition needs holds whenever it is true, and is enough where it is the
// whole of it.
func TestNeedsAreNecessary(t *testing.T) {
	t.Parallel()
	env := environment(t)
	rapid.Check(t, func(t *rapid.T) {
		c, err := env.Compile(pairs(2).Draw(t, "condition").ours)
		if err != nil {
			t.Fatal(err)
		}
		needs, whole := c.Needs()
		for range 20 {
			s := subjects().Draw(t, "subject")
			all := true
			for _, n := range needs {
				if !holds(n, s) {
					all = false
					if c.Match(s) {
						t.Fatalf("%s is true without %+v\n%+v", c.Source(), n, *s)
					}
				}
			}
			if whole && all && !c.Match(s) {
				t.Fatalf("%s isn't true although all of %+v holds\n%+v", c.Source(), needs, *s)
			}
		}
	})
}

// A set finds what trying one by one finds.
func TestSetFindsAllThatMatch(t *testing.T) {
	t.Parallel()
	env := environment(t)
	rapid.Check(t, func(t *rapid.T) {
		var cs []*condition.Condition[*subject]
		for range rapid.IntRange(0, 150).Draw(t, "conditions") {
			c, err := env.Compile(pairs(2).Draw(t, "condition").ours)
			if err != nil {
				t.Fatal(err)
			}
			cs = append(cs, c)
		}
		set := env.NewSet(cs)
		for range 8 {
			s := subjects().Draw(t, "subject")
			var want []int
			for i, c := range cs {
				if c.Match(s) {
					want = append(want, i)
				}
			}
			if got := set.Matching(nil, s); !slices.Equal(got, want) {
				t.Fatalf("found %v of %v\n%+v", got, want, *s)
			}
		}
	})
}
