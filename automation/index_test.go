package automation

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// few are the words that texts and lists of these tests have.
var few = []string{"a", "B", "bot1", "vip", "VIP"}

func indexFields() []*ticket.Field {
	return []*ticket.Field{{Key: "spend", Type: ticket.Number}, {Key: "order", Type: ticket.SingleLine}, {Key: "gift", Type: ticket.Checkbox}, {Key: "renewal", Type: ticket.Date},
		{Key: "size", Type: ticket.Dropdown, Options: []ticket.Option{{Name: "small"}, {Name: "large"}}}}
}

// randomTickets have few different values, and often none.
func randomTickets() *rapid.Generator[*ticket.Ticket] {
	return rapid.Custom(func(t *rapid.T) *ticket.Ticket {
		word := func(name string) string { return rapid.SampledFrom(append(few, "")).Draw(t, name) }
		list := func(name string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(few), 0, 3, rapid.ID[string]).Draw(t, name)
		}
		moment := func(name string) time.Time {
			if n := rapid.IntRange(-30, 30).Draw(t, name); n > 0 {
				return indexNow.Add(-time.Duration(n) * time.Hour)
			}
			return time.Time{}
		}
		x := &ticket.Ticket{App: word("app"), Platform: word("platform"), Language: word("language"), Title: word("title"), Group: word("group"), LastAgent: word("last"),
			Status: rapid.SampledFrom(ticket.Statuses()).Draw(t, "status"), Priority: rapid.SampledFrom([]ticket.Priority{"", ticket.Low, ticket.High, ticket.Urgent}).Draw(t, "priority"),
			Tags: list("tags"), Followers: list("followers"), Reopened: rapid.IntRange(0, 3).Draw(t, "reopened"), Incomplete: rapid.Bool().Draw(t, "incomplete")}
		x.Times.Created, x.Times.Resolved, x.WaitingSince = moment("created"), moment("resolved"), moment("waiting")
		if id := word("assignee"); id != "" {
			x.Assignee = event.Actor{Kind: event.Agent, ID: id}
			if strings.HasPrefix(id, "bot") {
				x.Assignee.Kind = event.Bot
			}
		}
		if name := word("label"); name != "" {
			x.Label = &ticket.Label{Name: name}
		}
		for _, v := range []ticket.Value{{Key: "gift", Type: ticket.Checkbox, Checked: rapid.Bool().Draw(t, "gift")}, {Key: "order", Type: ticket.SingleLine, Text: "a"},
			{Key: "renewal", Type: ticket.Date, Text: rapid.SampledFrom([]string{"2026-05-03", "2026-05-05"}).Draw(t, "renewal")},
			{Key: "size", Type: ticket.Dropdown, Text: rapid.SampledFrom([]string{"small", "large"}).Draw(t, "size")},
			{Key: "spend", Type: ticket.Number, Number: float64(rapid.IntRange(-2, 3).Draw(t, "spend"))}} {
			if rapid.Bool().Draw(t, v.Key+"?") {
				x.Fields = append(x.Fields, v)
			}
		}
		return x
	})
}

var indexNow = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// randomConditions are forms over all names of a ticket, before and after.
func randomConditions(t *testing.T, env *condition.Env[*subject]) *rapid.Generator[*condition.Condition[*subject]] {
	names := slices.DeleteFunc(FormNames(env), func(n FormName) bool {
		prefix, _, _ := strings.Cut(n.Name, ".")
		return !slices.Contains([]string{"ticket", "previous", "field", "previous_field", "events"}, prefix)
	})
	row := rapid.Custom(func(t *rapid.T) FormPart {
		n := rapid.SampledFrom(names).Draw(t, "name")
		p := FormPart{Name: n.Name, Is: rapid.SampledFrom(n.Operators).Draw(t, "operator")}
		values := rapid.SampledFrom(few)
		switch {
		case n.Values != nil:
			values = rapid.SampledFrom(n.Values)
		case n.Type == condition.Number:
			values = rapid.SampledFrom([]string{"-1", "0", "1", "2"})
		case n.Type == condition.Bool:
			values = rapid.SampledFrom([]string{"true", "false"})
		case n.Type == condition.Time && p.Is != Is && p.Is != Not:
			p.Since, values = Hours, rapid.SampledFrom([]string{"1", "10", "20"})
		case n.Type == condition.Time:
			values = rapid.SampledFrom([]string{"2026-05-03"})
		}
		least, most := p.Is.wants()
		if p.Values = rapid.SliceOfN(values, least, min(most, 3)).Draw(t, "values"); most == 0 {
			p.Values, p.Since = nil, ""
		}
		return p
	})
	return rapid.Custom(func(t *rapid.T) *condition.Condition[*subject] {
		f := Form{Any: rapid.IntRange(0, 3).Draw(t, "any") == 0, Parts: rapid.SliceOfN(row, 1, 4).Draw(t, "rows")}
		source, err := f.Expression(env)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		c, err := env.Compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		return c
	})
}

// For all that rules can ask about a ticket, the index finds what trying one by one finds,
// and explanations say the same.
func TestIndexOverAllNames(t *testing.T) {
	t.Parallel()
	env, err := newEnv(indexFields(), nil)
	if err != nil {
		t.Fatal(err)
	}
	some := randomConditions(t, env)
	rapid.Check(t, func(t *rapid.T) {
		cs := rapid.SliceOfN(some, 1, 60).Draw(t, "rules")
		set := env.NewSet(cs)
		for range 5 {
			x := &subject{now: indexNow, t: randomTickets().Draw(t, "ticket"), past: randomTickets().Draw(t, "before"),
				events:  rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "vip"}), rapid.ID[string]).Draw(t, "events"),
				changed: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"priority", "field.spend", "tags"}), rapid.ID[string]).Draw(t, "changed")}
			var want []int
			for i, c := range cs {
				yes := c.Match(x)
				if yes {
					want = append(want, i)
				}
				if said := c.Explain(x); said.True != yes {
					t.Fatalf("%s is %v, explained as %+v", c.Source(), yes, said)
				}
			}
			if got := set.Matching(nil, x); !slices.Equal(got, want) {
				t.Fatalf("found %v of %v\n%+v", got, want, x.t)
			}
		}
	})
}
