package condition_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// consistent checks a part against what its source says by itself.
func consistent(t *rapid.T, env *condition.Env[*subject], p condition.Part, s *subject) {
	c, err := env.Compile(p.Source)
	if err != nil {
		t.Fatalf("the part %q isn't a condition: %v", p.Source, err)
	}
	if c.Match(s) != p.True {
		t.Fatalf("%q is said to be %v\n%+v", p.Source, p.True, *s)
	}
	var names []string
	for _, v := range p.Values {
		names = append(names, v.Name)
	}
	if slices.Sort(names); p.Join == "" && !slices.Equal(names, c.Reads()) {
		t.Fatalf("%q reads %q, said are %q", p.Source, c.Reads(), names)
	}
	for _, inner := range p.Parts {
		consistent(t, env, inner, s)
	}
}

// The whole of an explanation is what Match says, and each part is what it would be
// alone.
func TestExplainAgreesWithMatch(t *testing.T) {
	t.Parallel()
	env := environment(t)
	rapid.Check(t, func(t *rapid.T) {
		p := pairs(3).Draw(t, "condition")
		c, err := env.Compile(p.ours)
		if err != nil {
			t.Fatal(err)
		}
		s := subjects().Draw(t, "subject")
		part := c.Explain(s)
		if part.True != c.Match(s) {
			t.Fatalf("%s is said to be %v", p.ours, part.True)
		}
		consistent(t, env, part, s)
	})
}

// shape is an explanation in one line.
func shape(p condition.Part) string {
	sign := "-"
	if p.True {
		sign = "+"
	}
	if p.Join == "" {
		return sign + p.Source
	}
	var parts []string
	for _, inner := range p.Parts {
		parts = append(parts, shape(inner))
	}
	return sign + p.Join + "{" + strings.Join(parts, " | ") + "}"
}

func TestExplainTakesConditionsApartAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	env := environment(t)
	s := &subject{status: "new", queue: "q1", title: "Ärger (schon wieder)", spend: new(3.0), open: true, now: now}
	for source, want := range map[string]string{
		`ticket.open`: `+ticket.open`,
		`ticket.open and (ticket.queue == "q2" || field.spend > 2)`:            `+and{+ticket.open | +or{-ticket.queue == "q2" | +field.spend > 2}}`,
		`(ticket.open and field.spend > 2) and ticket.status == "new"`:         `+and{+and{+ticket.open | +field.spend > 2} | +ticket.status == "new"}`,
		`(ticket.open) and (field.spend > 2) and ticket.status == "new"`:       `+and{+ticket.open | +field.spend > 2 | +ticket.status == "new"}`,
		`1 < field.spend < 5 and ticket.open and 1 < field.spend < 2`:          `-and{+1 < field.spend < 5 | +ticket.open | -1 < field.spend < 2}`,
		`((ticket.open or field.spend > 2) and (field.vip)) && ticket.open`:    `-and{-and{+or{+ticket.open | +field.spend > 2} | -field.vip} | +ticket.open}`,
		`ticket.open and (ticket.open and (field.vip or true))`:                `+and{+ticket.open | +and{+ticket.open | +or{-field.vip | +true}}}`,
		`not (ticket.open) or !field.vip`:                                      `+or{-not{+ticket.open} | +not{-field.vip}}`,
		`not (ticket.open and field.vip)`:                                      `+not{-and{+ticket.open | -field.vip}}`,
		`ticket.queue not in ["q1", "(q2"] or 1 < field.spend < 5`:             `+or{-ticket.queue not in ["q1", "(q2"] | +1 < field.spend < 5}`,
		`ticket.title contains ") and (" or "Ä" == "Ä" and ticket.title != ""`: `+or{-ticket.title contains ") and (" | +and{+"Ä" == "Ä" | +ticket.title != ""}}`,
		`(field.spend + 1) * 2 == 8 and 3 < (len(ticket.title))`:               `+and{+(field.spend + 1) * 2 == 8 | +3 < (len(ticket.title))}`,
		"// why\nticket.open // so\nand field.vip":                             `-and{+ticket.open | -field.vip}`,
	} {
		c, err := env.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := shape(c.Explain(s)); got != want {
			t.Errorf("%s\nis  %s\nnot %s", source, got, want)
		}
	}
}

func TestExplainShowsValues(t *testing.T) {
	t.Parallel()
	c, err := environment(t).Compile(`now - ticket.created > hours(2) and ticket.created < now and field.spend + field.count > 1.5
		and not ticket.open and "vip" in ticket.tags and ticket.title != ticket.queue and field.vip`)
	if err != nil {
		t.Fatal(err)
	}
	s := &subject{created: now.AddDate(0, 0, -1), spend: new(1.25), title: strings.Repeat("é", 201), now: now}
	for i := range 21 {
		s.tags = append(s.tags, fmt.Sprint(i))
	}
	whole := c.Explain(s)
	var got []string
	for _, p := range whole.Parts {
		for _, q := range append(p.Parts, p) {
			for _, v := range q.Values {
				got = append(got, fmt.Sprintf("%s %v %s", v.Name, v.Set, v.Text))
			}
		}
	}
	if d := cmp.Diff([]string{
		"now true 2026-11-25T12:00:00Z", "ticket.created true 2026-11-24T12:00:00Z",
		"ticket.created true 2026-11-24T12:00:00Z", "now true 2026-11-25T12:00:00Z",
		"field.spend true 1.25", "field.count false ", "ticket.open true false",
		"ticket.tags true 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …",
		"ticket.title true " + strings.Repeat("é", 200) + "…", "ticket.queue false ", "field.vip false ",
	}, got); d != "" {
		t.Error(d)
	}
	b, err := json.Marshal(whole.Parts[0])
	if want := `{"source":"now - ticket.created \u003e hours(2)","true":true,"values":[` +
		`{"name":"now","type":"time","set":true,"text":"2026-11-25T12:00:00Z"},` +
		`{"name":"ticket.created","type":"time","set":true,"text":"2026-11-24T12:00:00Z"}]}`; err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	var read condition.Part
	if err := json.Unmarshal(b, &read); err != nil || !cmp.Equal(read, whole.Parts[0]) {
		t.Errorf("%+v, %v", read, err)
	}
	if err := json.Unmarshal([]byte(`"nil"`), new(condition.Type)); err == nil {
		t.Error("nil is a type")
	}
}
