package flow_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

// The wish to talk to a person leads to the fallback, unless the question offers it: then
// it leads where that choice does.
func TestPersonAsAChoice(t *testing.T) {
	t.Parallel()
	f := parse(t, `
fallback: {queue: all}
steps:
  - id: about
    ask:
      text: What is it about?
      as: choice
      choices:
        - {id: tea, text: Tea}
        - {id: person, text: {en: "Talk to a person", de: "Mit einem Menschen sprechen"}, next: people}
  - {id: more, ask: {text: "Which tea?", as: text}}
  - {id: people, hand_off: {queue: orders}}
`)
	for _, c := range []struct {
		says []string
		want string
		why  flow.Guard
	}{
		{[]string{"Talk to a person"}, "orders", ""},
		{[]string{"mit einem menschen sprechen"}, "orders", ""},
		{[]string{"Tea", "Talk to a person"}, "all", flow.WantsPerson},
	} {
		got, err := flow.Simulate(t.Context(), f, flow.Script{Turns: flow.Says(c.says...)})
		if err != nil {
			t.Fatal(err)
		}
		last := got.Lines[len(got.Lines)-1].Effect
		if last == nil || last.HandOff == nil || last.HandOff.Queue != c.want || last.Why != c.why {
			t.Errorf("%q: %v", c.says, last)
		}
	}
}
