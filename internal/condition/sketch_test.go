package condition_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// drawn is a sketch in one line.
func drawn(s condition.Sketch) string {
	if s.Join == "" {
		if s.Op == "" {
			return term(s.Left)
		}
		return term(s.Left) + " " + s.Op + " " + term(s.Right)
	}
	var parts []string
	for _, p := range s.Parts {
		parts = append(parts, drawn(p))
	}
	return s.Join + "{" + strings.Join(parts, " | ") + "}"
}

func term(t condition.Term) string {
	all := func(ts []condition.Term) string {
		var out []string
		for _, t := range ts {
			out = append(out, term(t))
		}
		return strings.Join(out, ",")
	}
	switch {
	case t.Name != "":
		return t.Name
	case t.Op != "":
		return t.Op + "(" + all(t.Args) + ")"
	case t.Items != nil:
		return "[" + all(t.Items) + "]"
	case t.Value.Unset:
		return "nil"
	case t.Value.Type == condition.Number:
		return fmt.Sprint(t.Value.Number)
	case t.Value.Type == condition.Bool:
		return fmt.Sprint(t.Value.Bool)
	}
	return fmt.Sprintf("%q", t.Value.Text)
}

func TestSketch(t *testing.T) {
	t.Parallel()
	env := environment(t)
	for source, want := range map[string]string{
		`ticket.open`: `ticket.open`,
		`not ticket.open and ticket.queue not in ["q1", me]`:                    `and{not{ticket.open} | ticket.queue not in ["q1",me]}`,
		`(ticket.open and field.vip) and (field.spend > -2.5)`:                  `and{and{ticket.open | field.vip} | field.spend > -2.5}`,
		`1 <= field.spend < 5 or ticket.title not contains 'x'`:                 `or{chain{1 <= field.spend | field.spend < 5} | ticket.title not contains "x"}`,
		`now - ticket.created > hours(2) or len(ticket.tags) == 2 * 3`:          `or{-(now,ticket.created) > hours(2) | len(ticket.tags) == *(2,3)}`,
		`ticket.title == "" or ticket.queue != nil or "a" in ticket.tags`:       `or{ticket.title == nil | ticket.queue != nil | "a" in ticket.tags}`,
		`not (ticket.title matches "a") or ticket.created > date("2026-01-01")`: `or{not{ticket.title matches "a"} | ticket.created > date("2026-01-01")}`,
	} {
		s, err := env.Sketch(source)
		if got := drawn(s); err != nil || got != want {
			t.Errorf("%s\nis  %s\nnot %s, %v", source, got, want, err)
		}
	}
	s, err := env.Sketch("ticket.open and\n  ((field.vip))")
	if err != nil || s.Parts[1].Line != 2 || s.Parts[1].Column != 5 || s.Parts[1].Source != "field.vip" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := env.Sketch("ticket.open ="); err == nil {
		t.Error("no error")
	} else if _, ok := errors.AsType[*condition.Error](err); !ok {
		t.Error(err)
	}
}
