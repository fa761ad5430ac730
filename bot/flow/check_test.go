package flow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

func parse(t testing.TB, s string) *flow.Flow {
	t.Helper()
	f, err := flow.Parse([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", flow.MaxText+1)
	known := &flow.Known{
		Condition: func(s string) error { return map[string]error{"bad": errors.New("is bad")}[s] },
		Field:     func(key string) bool { return key == "order" },
		Tag:       func(name string) bool { return name == "vip" },
		Function:  func(name string) bool { return name == "look" },
		Target: func(h *flow.HandOff) error {
			if h.Queue == "gone" {
				return errors.New("there is no queue gone")
			}
			return nil
		},
		Languages: []string{"en", "de"},
	}
	for in, want := range map[string]string{
		`{steps: []}`: "steps: there is none",
		`{use: chat, steps: [{id: a, say: {text: {"": x}}}]}`:    `use: is "feedback", or left out`,
		`{patience: -1s, steps: [{id: a, say: {text: x}}]}`:      "patience: can't be negative",
		`{fallback: {bot: b}, steps: [{id: a, say: {text: x}}]}`: "fallback.bot: has to be a place where people are",
		`{steps: [{id: a}]}`:                                                                                          "step a: id: the step does nothing",
		`{steps: [{say: {text: x}}]}`:                                                                                 "step #1: id: is missing",
		`{steps: [{id: A, say: {text: x}}]}`:                                                                          `step A: id: "A" has to be a-z, 0-9 and _, a letter first`,
		`{steps: [{id: a, say: {text: x}}, {id: a, end: {}}]}`:                                                        "step a: id: another step has it",
		`{steps: [{id: a, say: {text: x}, end: {}}]}`:                                                                 "step a: id: the step does more than one thing: end, say",
		`{steps: [{id: a, say: {text: x}, next: b}]}`:                                                                 `step a: next: there is no step "b"`,
		`{steps: [{id: a, say: {}}]}`:                                                                                 "step a: say.text: is missing",
		`{steps: [{id: a, say: {text: " "}}]}`:                                                                        `step a: say.text: is empty in ""`,
		`{steps: [{id: a, say: {text: ` + long + `}}]}`:                                                               "step a: say.text: at most 5000 characters",
		`{language: fr, steps: [{id: a, say: {text: {en: x, de: y}}}]}`:                                               `step a: say.text: isn't there in "fr", the flow's language`,
		`{steps: [{id: a, say: {text: {en: x}}}]}`:                                                                    `step a: say.text: isn't there in "de" (warning)`,
		`{steps: [{id: a, say: {text: "{{answer.b}}"}}]}`:                                                             "step a: say.text: no step asks for answer.b",
		`{steps: [{id: a, say: {text: "{{response.b_c}}"}}]}`:                                                         "step a: say.text: no step calls for response.b_c",
		`{steps: [{id: a, say: {text: "{{field.b}}"}}]}`:                                                              `step a: say.text: there is no custom field "b"`,
		`{steps: [{id: a, say: {text: "{{foo}}"}}]}`:                                                                  "step a: say.text: foo begins with none of ticket, field, user, attribute, app, time, answer, response",
		`{steps: [{id: a, say: {text: "{{"}}]}`:                                                                       `step a: say.text: line 1, column 1: {{ has no }} behind it; braces that are meant as text are written \{{`,
		`{steps: [{id: a, ask: {text: x, as: colour}}]}`:                                                              `step a: ask.as: "colour" is none of [text email number date choice yes_no attachment]`,
		`{steps: [{id: a, ask: {text: x, as: text, into: "1"}}]}`:                                                     `step a: ask.into: "1" has to be a-z, 0-9 and _, a letter first`,
		`{steps: [{id: a, ask: {text: x, as: text, retries: 11}}]}`:                                                   "step a: ask.retries: is 0 to 10",
		`{steps: [{id: a, ask: {text: x, as: text, yes: a}}]}`:                                                        "step a: ask.yes: is for [yes_no] alone",
		`{steps: [{id: a, ask: {text: x, as: text, matches: "("}}]}`:                                                  "step a: ask.matches: is no regular expression: error parsing regexp: missing closing ): `(`",
		`{steps: [{id: a, ask: {text: x, as: number, min: "b"}}]}`:                                                    `step a: ask.min: "b" is no number`,
		`{steps: [{id: a, ask: {text: x, as: date, max: "2026-13-01"}}]}`:                                             `step a: ask.max: "2026-13-01" is no date`,
		`{steps: [{id: a, ask: {text: x, as: number, min: "2", max: "1"}}]}`:                                          "step a: ask.min: is above ask.max",
		`{steps: [{id: a, ask: {text: x, as: choice}}]}`:                                                              "step a: ask.choices: there is none to pick",
		`{steps: [{id: a, ask: {text: x, as: text, choices: [{id: b, text: c}]}}]}`:                                   "step a: ask.choices: are for choice alone",
		`{steps: [{id: a, ask: {text: x, as: choice, choices: [{id: b, text: c}, {id: b, text: d}]}}]}`:               "step a: ask.choices[1].id: another choice has it",
		`{steps: [{id: a, ask: {text: x, as: choice, choices: [{id: b, text: "{{user.name}}"}]}}]}`:                   "step a: ask.choices[0].text: can't have placeholders",
		`{steps: [{id: a, ask: {text: x, as: choice, choices: [{id: b, text: ` + long[:101] + `}]}}]}`:                "step a: ask.choices[0].text: at most 100 characters",
		`{steps: [{id: a, set: {fields: {b: c}}}]}`:                                                                   "step a: set.fields.b: there is no such custom field",
		`{steps: [{id: a, set: {add_tags: [b]}}]}`:                                                                    `step a: set.tags: there is no tag "b"`,
		`{steps: [{id: a, set: {priority: top}}]}`:                                                                    "step a: set.priority: is low, normal, high or urgent",
		`{steps: [{id: a, branch: {cases: []}}]}`:                                                                     "step a: branch.cases: has 1 to 50",
		`{steps: [{id: a, branch: {cases: [{when: bad, next: b}]}}, {id: b, end: {}}]}`:                               "step a: branch.cases[0].when: is bad",
		`{steps: [{id: a, branch: {cases: [{when: "", next: b}]}}, {id: b, end: {}}]}`:                                "step a: branch.cases[0].when: is missing",
		`{steps: [{id: a, suggest: {limit: 6}}]}`:                                                                     "step a: suggest.limit: is 1 to 5, or left out",
		`{steps: [{id: a, suggest: {confidence: 1.1}}]}`:                                                              "step a: suggest.confidence: is from 0 to 1",
		`{steps: [{id: a, call: {url: "https://x.example", method: DELETE}}]}`:                                        "step a: call.method: is GET, POST or PUT",
		`{steps: [{id: a, call: {url: "https://x.example", body: "{}"}}]}`:                                            "step a: call.body: isn't sent with GET",
		`{steps: [{id: a, call: {url: "file:///etc/passwd"}}]}`:                                                       "step a: call.url: is no address of the web whose host stands there as it is",
		`{steps: [{id: a, call: {url: "https://{{user.name}}/"}}]}`:                                                   "step a: call.url: is no address of the web whose host stands there as it is",
		`{steps: [{id: a, call: {url: "https://a:b@x.example/"}}]}`:                                                   "step a: call.url: is no address of the web whose host stands there as it is",
		`{steps: [{id: a, call: {url: "https://x.example", headers: {host: y}}}]}`:                                    "step a: call.headers.host: can't be set",
		`{steps: [{id: a, call: {url: "https://x.example", headers: {x: "a\nb"}}}]}`:                                  "step a: call.headers.x: has a line break, or is too long",
		`{steps: [{id: a, run: {function: other}}]}`:                                                                  `step a: run.function: the host has no function "other"`,
		`{steps: [{id: a, hand_off: {queue: b, bot: c}}]}`:                                                            "step a: hand_off: leads to more than one place",
		`{steps: [{id: a, hand_off: {queue: gone}}]}`:                                                                 "step a: hand_off: there is no queue gone",
		`{steps: [{id: a, confirm: {expires: -1s}}]}`:                                                                 "step a: confirm.expires: can't be negative",
		`{steps: [{id: a, reopen: {queue: b}}]}`:                                                                      "step a: reopen: is for feedback flows: the ticket is open",
		`{steps: [{id: a, say: {text: x}, next: c}, {id: b, say: {text: y}}, {id: c, end: {}}]}`:                      "step b: id: no way leads here (warning)",
		`{steps: [{id: a, say: {text: x}}, {id: b, set: {priority: low}, next: a}]}`:                                  `step b: next: leads back to "a", and nothing is asked in between`,
		`{steps: [{id: a, suggest: {none: a}}]}`:                                                                      `step a: suggest.none: leads back to "a", and nothing is asked in between`,
		`{steps: [{id: a, ask: {text: x, as: yes_no, no: a}}]}`:                                                       "",
		`{use: feedback, steps: [{id: a, ask: {text: x, as: yes_no, no: b}}, {id: c, end: {}}, {id: b, reopen: {}}]}`: "",
	} {
		var got []string
		for _, p := range parse(t, in).Check(known) {
			s := p.String()
			if p.Warning {
				s += " (warning)"
			}
			got = append(got, s)
		}
		if want == "" && len(got) > 0 || want != "" && !slices.Contains(got, want) {
			t.Errorf("%.100s\n got %q\nwant %q", in, got, want)
		}
		if len(got) > 1 && !slices.ContainsFunc(got, func(s string) bool {
			return strings.Contains(s, "no step") || strings.Contains(s, "alone") || strings.Contains(s, "another step")
		}) {
			t.Errorf("%.100s\n has %d problems: %q", in, len(got), got)
		}
	}
	if ps := shop(t).Check(nil); len(ps) > 0 {
		t.Errorf("the shop's flow has %v", ps)
	}
}

// A flow has so many steps at most, and each limit holds at, below and above.
func TestLimits(t *testing.T) {
	t.Parallel()
	steps := func(n int) *flow.Flow {
		f := &flow.Flow{}
		for i := range n {
			f.Steps = append(f.Steps, flow.Step{ID: fmt.Sprint("s", i), Say: &flow.Say{Text: flow.Text{"": "x"}}})
		}
		return f
	}
	id := func(n int) *flow.Flow {
		f := steps(1)
		f.Steps[0].ID = strings.Repeat("a", n)
		return f
	}
	text := func(n int) *flow.Flow {
		f := steps(1)
		f.Steps[0].Say.Text = flow.Text{"": strings.Repeat("ä", n)}
		return f
	}
	choices := func(n int) *flow.Flow {
		a := &flow.Ask{Text: flow.Text{"": "x"}, As: flow.Choice}
		for i := range n {
			a.Choices = append(a.Choices, flow.Option{ID: fmt.Sprint("c", i), Text: flow.Text{"": fmt.Sprint("C", i)}})
		}
		return &flow.Flow{Steps: []flow.Step{{ID: "a", Ask: a}}}
	}
	for name, test := range map[string]struct {
		of    func(int) *flow.Flow
		limit int
	}{"steps": {steps, flow.MaxSteps}, "id": {id, flow.MaxID}, "text": {text, flow.MaxText}, "choices": {choices, flow.MaxChoices}} {
		for n, bad := range map[int]bool{test.limit - 1: false, test.limit: false, test.limit + 1: true} {
			if ps := test.of(n).Check(nil); len(ps) > 0 != bad {
				t.Errorf("%s of %d: %v", name, n, ps)
			}
		}
	}
	if _, err := flow.Parse(make([]byte, flow.MaxFile+1)); err == nil {
		t.Error("a file above the limit is read")
	}
	_, err := flow.New(steps(0))
	if e, ok := errors.AsType[*flow.CheckError](err); !ok || len(e.Problems) != 1 {
		t.Errorf("a machine of no steps: %v", err)
	}
}
