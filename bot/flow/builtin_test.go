package flow_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

func builtIn() map[string]*flow.Flow {
	return map[string]*flow.Flow{"identity": flow.Identity(), "quick search": flow.QuickSearch(), "out of hours": flow.OutOfHours(), "csat": flow.CSAT()}
}

func languages() []string {
	return slices.Sorted(maps.Keys(flow.OwnTexts()["yes"]))
}

// The built-in flows have no problem, not even a warning, and are written and read like
// any other one.
func TestBuiltInFlows(t *testing.T) {
	t.Parallel()
	for name, f := range builtIn() {
		for _, p := range f.Check(&flow.Known{Languages: languages()}) {
			t.Errorf("%s: %s", name, p)
		}
		b, err := f.Format()
		if err != nil {
			t.Fatal(err)
		}
		again, err := flow.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f, again); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	f := flow.Identity()
	f.Steps[1].Ask.Text["en"] = "Who?"
	if flow.Identity().Steps[1].Ask.Text["en"] == "Who?" {
		t.Error("what a host changes is changed for all")
	}
}

// In each language the built-in flows say what they say in that language, and do the same.
func TestBuiltInFlowsSpeakAllLanguages(t *testing.T) {
	t.Parallel()
	texts := flow.OwnTexts()
	found := func(flow.Search) ([]flow.Article, float64) { return []flow.Article{{ID: "1", Title: "T"}}, 0.9 }
	for _, lang := range languages() {
		say := func(key string) string {
			return strings.ReplaceAll(texts[key][lang], "{{time.opens}}", "2026-11-30T09:00:00Z")
		}
		ask := func(key string, choices ...string) string {
			return say(key) + " [" + strings.Join(choices, " | ") + "]"
		}
		yes, no, skip := say("yes"), say("no"), say("skip")
		for name, test := range map[string]struct {
			f      *flow.Flow
			values map[string]string
			search func(flow.Search) ([]flow.Article, float64)
			says   []string
			want   []string
		}{
			"identity": {flow.Identity(), nil, nil, []string{"Eve", "eve@example.com"},
				[]string{ask("identity_name", skip), "> Eve", "[set name=Eve]", ask("identity_email", skip), "> eve@example.com", "[set email=eve@example.com]", say("identity_thanks"), "[hand off]"}},
			"identity skipped": {flow.Identity(), nil, nil, []string{skip, skip},
				[]string{ask("identity_name", skip), "> " + skip, ask("identity_email", skip), "> " + skip, say("identity_thanks"), "[hand off]"}},
			"identity known": {flow.Identity(), map[string]string{"user.name": "Eve"}, nil, []string{"eve@example.com"},
				[]string{ask("identity_email", skip), "> eve@example.com", "[set email=eve@example.com]", say("identity_thanks"), "[hand off]"}},
			"identity under full privacy": {flow.Identity(), map[string]string{"user.private": "true"}, nil, nil,
				[]string{say("identity_thanks"), "[hand off]"}},
			"articles help": {flow.QuickSearch(), nil, found, []string{yes},
				[]string{say("articles"), "  * T", ask("helped", yes, no), "> " + yes, say("search_solved"), "[resolve]"}},
			"articles don't help": {flow.QuickSearch(), nil, found, []string{no},
				[]string{say("articles"), "  * T", ask("helped", yes, no), "> " + no, say("search_person"), "[hand off]"}},
			"no articles": {flow.QuickSearch(), nil, nil, nil, []string{"[hand off]"}},
			"open":        {flow.OutOfHours(), map[string]string{"time.business": "true"}, nil, nil, []string{"[hand off]"}},
			"closed": {flow.OutOfHours(), nil, nil, []string{"eve@example.com"},
				[]string{say("hours_closed"), ask("identity_email", skip), "> eve@example.com", "[set email=eve@example.com]", say("hours_noted"), "[hand off]"}},
			"closed until": {flow.OutOfHours(), map[string]string{"time.opens": "2026-11-30T09:00:00Z", "user.private": "true"}, nil, nil,
				[]string{say("hours_until"), say("hours_noted"), "[hand off]"}},
			"closed, with an address": {flow.OutOfHours(), map[string]string{"user.email": "eve@example.com"}, nil, nil, []string{say("hours_closed"), say("hours_noted"), "[hand off]"}},
			"content":                 {flow.CSAT(), nil, nil, []string{"5"}, []string{ask("csat_score", "1", "2", "3", "4", "5", skip), "> 5", "[set score=5]", say("csat_thanks"), "[end]"}},
			"not content": {flow.CSAT(), nil, nil, []string{"2", "slow"},
				[]string{ask("csat_score", "1", "2", "3", "4", "5", skip), "> 2", "[set score=2]", ask("csat_why", skip), "> slow", "[set comment=slow score=2]", say("csat_thanks"), "[end]"}},
			"not telling": {flow.CSAT(), nil, nil, []string{skip}, []string{ask("csat_score", "1", "2", "3", "4", "5", skip), "> " + skip, "[end]"}},
		} {
			got, err := flow.Simulate(t.Context(), test.f, flow.Script{Languages: []string{lang}, First: "How do I?", Values: test.values, Search: test.search, Turns: flow.Says(test.says...)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Join(test.want, "\n")+"\n", got.String()); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", lang, name, diff)
			}
		}
	}
}

// An answer step says what answers, and its sources; where nothing does, it suggests.
func TestAnswerStep(t *testing.T) {
	t.Parallel()
	f := parse(t, `{steps: [{id: a, answer: {limit: 1, text: "I think:", helped: b, unhelpful: c, none: c}}, {id: b, resolve: {}}, {id: c, hand_off: {}}]}`)
	for name, test := range map[string]struct {
		script flow.Script
		want   string
	}{
		"in words": {flow.Script{Turns: flow.Says("yes"), Answer: func(q flow.Search) (string, []flow.Article, float64) {
			return q.Text + " {{so}}", []flow.Article{{ID: "1", Title: "T"}, {ID: "2", Title: "U"}}, 0.5
		}}, "I think:\nHow? {{so}}\n  * T\nDid that help? [Yes | No]\n> yes\n[resolve]\n"},
		"not sure enough": {flow.Script{Answer: func(flow.Search) (string, []flow.Article, float64) { return "x", nil, 0.49 }}, "[hand off]\n"},
		"by articles": {flow.Script{Turns: flow.Says("no"), Search: func(flow.Search) ([]flow.Article, float64) { return []flow.Article{{ID: "1", Title: "T"}}, 0.9 }},
			"I think:\n  * T\nDid that help? [Yes | No]\n> no\n[hand off]\n"},
	} {
		test.script.First = "How?"
		got, err := flow.Simulate(t.Context(), f, test.script)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
