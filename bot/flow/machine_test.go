package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

// world is one whose effects fail if they are told to.
type world struct {
	values map[string]string
	fail   error
	did    []flow.Effect
}

func (w *world) Value(name string) string { return w.values[name] }

func (w *world) Holds(context.Context, string, *flow.State) (bool, error) { return true, w.fail }

func (w *world) Do(_ context.Context, e flow.Effect) error {
	w.did = append(w.did, e)
	return w.fail
}

func machine(t testing.TB, in string) *flow.Machine {
	t.Helper()
	m, err := flow.New(parse(t, in))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// An error of the world's ends Advance and changes nothing; one of the step's hands off.
func TestErrors(t *testing.T) {
	t.Parallel()
	m := machine(t, `{fallback: {queue: q}, steps: [{id: a, say: {text: x}}, {id: b, ask: {text: y, as: text}}]}`)
	down := errors.New("the store is down")
	s := flow.State{Languages: []string{"en"}}
	before := s
	if err := m.Advance(t.Context(), &s, flow.Input{}, &world{fail: down}); !errors.Is(err, down) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(before, s); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	w := &refusing{}
	if err := m.Advance(t.Context(), &s, flow.Input{}, w); err != nil {
		t.Fatal(err)
	}
	last := w.did[len(w.did)-1]
	if s.Waits != flow.Over || s.Why != flow.StepFailed || last.HandOff == nil || last.HandOff.Queue != "q" || last.Why != flow.StepFailed || !errors.Is(last.Err, errRefused) {
		t.Errorf("state %+v, then %+v", s, last)
	}
}

var errRefused = errors.New("that can't be said")

// refusing refuses to say anything.
type refusing struct{ world }

func (w *refusing) Do(ctx context.Context, e flow.Effect) error {
	if e.Say != nil {
		return &flow.Failure{Err: errRefused}
	}
	return w.world.Do(ctx, e)
}

// A value that needs an answer which was skipped is none; one that needs what was never
// asked is an error.
func TestSkippedAnswers(t *testing.T) {
	t.Parallel()
	m := machine(t, `{steps: [{id: order, ask: {text: "Which?", as: text, skip: "Don't know"}},
		{id: keep, set: {title: "Order {{answer.order}}", label: late, fields: {order: "{{answer.order}}"}}},
		{id: never, set: {title: "{{user.name}}"}}]}`)
	s := flow.State{Languages: []string{"en"}}
	w := &world{}
	for _, in := range []flow.Input{{}, {Written: &flow.Written{Text: "don't know"}}} {
		if err := m.Advance(t.Context(), &s, in, w); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.did) != 3 || w.did[1].Set == nil || w.did[2].Step != "never" || w.did[2].Err == nil {
		t.Fatalf("did %+v", w.did)
	}
	if diff := cmp.Diff(&flow.Change{Label: "late", Fields: map[string]string{"order": ""}}, w.did[1].Set); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What doesn't fit what is waited for changes nothing.
func TestInputThatDoesNotFit(t *testing.T) {
	t.Parallel()
	m := machine(t, `{steps: [{id: a, ask: {text: x, as: text}}, {id: b, run: {function: f}}, {id: c, resolve: {}}]}`)
	w, s := &world{}, flow.State{}
	advance := func(in flow.Input, wants flow.Wait, effects int) {
		t.Helper()
		if err := m.Advance(t.Context(), &s, in, w); err != nil {
			t.Fatal(err)
		}
		if s.Waits != wants || len(w.did) != effects {
			t.Fatalf("it waits for %q after %d effects, want %q, %d", s.Waits, len(w.did), wants, effects)
		}
	}
	advance(flow.Input{}, flow.ForAnswer, 1)
	advance(flow.Input{}, flow.ForAnswer, 1)
	advance(flow.Input{Result: &flow.Result{}}, flow.ForAnswer, 1)
	advance(flow.Input{Written: &flow.Written{Text: "hello"}}, flow.ForResult, 1)
	advance(flow.Input{Late: true}, flow.ForResult, 1)
	advance(flow.Input{Written: &flow.Written{Text: "and more"}}, flow.ForResult, 1)
	if s.Written != "and more" || s.Answers["a"].Value != "hello" {
		t.Errorf("written is %q, answers %v", s.Written, s.Answers)
	}
	advance(flow.Input{Result: &flow.Result{}}, flow.Over, 2)
	advance(flow.Input{Written: &flow.Written{Text: "thanks"}}, flow.Over, 2)
	advance(flow.Input{Person: true}, flow.Over, 2)
}

// A hundred steps are the most, however they come about.
func TestTooManySteps(t *testing.T) {
	t.Parallel()
	f := parse(t, `{steps: [{id: a, say: {text: x}}, {id: b, ask: {text: y, as: text}, next: a}]}`)
	got, err := flow.Simulate(t.Context(), f, flow.Script{Turns: flow.Says(strings.Split(strings.Repeat("z ", 200), " ")...)})
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, l := range got.Lines {
		if l.Effect != nil && l.Effect.Say != nil {
			said++
		}
	}
	if got.State.Why != flow.TooManySteps || said != flow.MaxExecuted || got.State.Executed != flow.MaxExecuted {
		t.Errorf("%d times something was said, then %+v", said, got.State)
	}
}

// A value can't leave the place in which it stands.
func TestCallIsFilledSafely(t *testing.T) {
	t.Parallel()
	m := machine(t, `{steps: [{id: a, call: {method: POST, url: "https://x.example/o/{{user.name}}?q={{user.name}}&r=a+b", headers: {X-Name: "{{user.name}}"}, body: '{"name": "{{user.name}}"}'}}]}`)
	w, s := &world{values: map[string]string{"user.name": "a/../b?c#d&e \"\\\r\nX: y+"}}, flow.State{}
	if err := m.Advance(t.Context(), &s, flow.Input{}, w); err != nil {
		t.Fatal(err)
	}
	q := s.Errand.Call
	if want := "https://x.example/o/a%2F..%2Fb%3Fc%23d%26e%20%22%5C%0D%0AX%3A%20y%2B?q=a%2F..%2Fb%3Fc%23d%26e%20%22%5C%0D%0AX%3A%20y%2B&r=a+b"; q.URL != want {
		t.Errorf("the address is %s\nwant           %s", q.URL, want)
	}
	if strings.ContainsAny(q.Headers["X-Name"], "\r\n") {
		t.Errorf("the header is %q", q.Headers["X-Name"])
	}
	var body struct{ Name string }
	if err := json.Unmarshal([]byte(q.Body), &body); err != nil || body.Name != w.values["user.name"] {
		t.Errorf("the body is %s: %v", q.Body, err)
	}
	for _, up := range []string{".", ".."} {
		w, s := &world{values: map[string]string{"user.name": up}}, flow.State{}
		if err := m.Advance(t.Context(), &s, flow.Input{}, w); err != nil {
			t.Fatal(err)
		}
		if s.Waits != flow.Over || s.Why != flow.StepFailed {
			t.Errorf("with %s in the address it waits for %q", up, s.Waits)
		}
	}
}

func TestFlatten(t *testing.T) {
	t.Parallel()
	got, err := flow.Flatten([]byte(`{"Order": {"items": [{"Name": "Lamp", "price": 1.50}, {"gift": true}], "note": null}, "order-id": "7"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"order_items_0_name": "Lamp", "order_items_0_price": "1.50", "order_items_1_gift": "true", "order_id": "7"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := flow.Flatten([]byte("<html>")); err == nil {
		t.Error("HTML is taken for JSON")
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if got, err := flow.Flatten([]byte(deep)); err != nil || len(got) > 0 {
		t.Errorf("of something deep there is %v, %v", got, err)
	}
	many := strings.TrimSuffix("["+strings.Repeat("1,", 2000), ",") + "]"
	if got, _ := flow.Flatten([]byte(many)); len(got) != 500 {
		t.Errorf("of 2,000 values there are %d", len(got))
	}
}

// All that is said without a text of the flow's is there in every language.
func TestTextsAreThereInAllLanguages(t *testing.T) {
	t.Parallel()
	texts := flow.OwnTexts()
	if len(texts) != 25 {
		t.Errorf("there are %d texts", len(texts))
	}
	for key, text := range texts {
		if len(text) != 12 {
			t.Errorf("%s is there in %d languages", key, len(text))
		}
		for language, s := range text {
			if strings.TrimSpace(s) == "" {
				t.Errorf("%s is empty in %s", key, language)
			}
		}
	}
	for _, k := range flow.Kinds() {
		if texts["invalid_"+string(k)] == nil {
			t.Errorf("nothing is said to an answer that is no %s", k)
		}
	}
}

// Answers are read however they are written.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ask, in, want string // want "" is refused
		files         []string
	}{
		{"as: email", " Eve <eve@example.com> ", "eve@example.com", nil}, {"as: email", "eve@localhost", "", nil}, {"as: email", "eve", "", nil},
		{"as: number", "1,5", "1.5", nil}, {"as: number", "-2", "-2", nil}, {"as: number", "0x10", "", nil}, {"as: number", "NaN", "", nil}, {"as: number", "1e400", "", nil},
		{`as: number, min: "2", max: "3"`, "2", "2", nil}, {`as: number, min: "2", max: "3"`, "3.01", "", nil}, {`as: number, min: "2"`, "1.99", "", nil},
		{"as: date", "2026-02-28", "2026-02-28", nil}, {"as: date", "2026-02-29", "", nil}, {`as: date, min: "2026-01-02"`, "2026-01-01", "", nil},
		{"as: yes_no", "Да", "yes", nil}, {"as: yes_no", "いいえ", "no", nil}, {"as: yes_no", "maybe", "", nil},
		{"as: text", " x ", "x", nil}, {"as: text", " ", "", nil}, {"as: text", strings.Repeat("ä", flow.MaxText), strings.Repeat("ä", flow.MaxText), nil}, {"as: text", strings.Repeat("ä", flow.MaxText+1), "", nil},
		{"as: attachment", "here", "here", []string{"f1"}}, {"as: attachment", "here", "", nil},
		{"as: choice, choices: [{id: red, text: {en: Red, de: Rot}}]", "ROT", "red", nil}, {"as: choice, choices: [{id: red, text: Red}]", "blue", "", nil},
	} {
		f := parse(t, "{steps: [{id: a, ask: {text: x, failed: c, retries: 1, "+test.ask+"}}, {id: b, resolve: {}}, {id: c, hand_off: {}}]}")
		turn := flow.Turn{Says: test.in, Files: test.files}
		got, err := flow.Simulate(t.Context(), f, flow.Script{Turns: []flow.Turn{turn, turn}})
		if err != nil {
			t.Fatal(err)
		}
		last := got.Lines[len(got.Lines)-1].Effect
		if a := got.State.Answers["a"]; a.Value != test.want || last.Resolve != (test.want != "") {
			t.Errorf("%s: %.20q gives %.20q, then %s", test.ask, test.in, a.Value, last)
		}
	}
}

// generated is a flow that is made by chance.
func generated(rt *rapid.T) *flow.Flow {
	n := rapid.IntRange(1, 12).Draw(rt, "steps")
	id := func(label string) string {
		if i := rapid.IntRange(-2, n-1).Draw(rt, label); i >= 0 {
			return fmt.Sprint("s", i)
		}
		return ""
	}
	text := flow.Text{"": "x"}
	f := &flow.Flow{Use: rapid.SampledFrom([]flow.Use{flow.Conversation, flow.Feedback}).Draw(rt, "use")}
	for i := range n {
		s := flow.Step{ID: fmt.Sprint("s", i), Next: id("next")}
		switch rapid.IntRange(0, 11).Draw(rt, "kind") {
		case 0:
			s.Say = &flow.Say{Text: text}
		case 1:
			s.Ask = &flow.Ask{Text: text, As: rapid.SampledFrom([]flow.Kind{flow.TextAnswer, flow.Number, flow.Email, flow.Attachment}).Draw(rt, "as"), Failed: id("failed")}
		case 2:
			s.Ask = &flow.Ask{Text: text, As: flow.YesNo, Yes: id("yes"), No: id("no"), Skip: flow.Text{"": "skip"}, SkipNext: id("skip")}
		case 3:
			s.Ask = &flow.Ask{Text: text, As: flow.Choice, Choices: []flow.Option{{ID: "a", Text: flow.Text{"": "a"}, Next: id("a")}, {ID: "b", Text: flow.Text{"": "b"}}}}
		case 4:
			s.Set = &flow.Set{Title: "{{answer.s0 | none}}"}
			if f.Steps == nil || f.Steps[0].Ask == nil {
				s.Set.Title = "{{user.name}}"
			}
		case 5:
			s.Branch = &flow.Branch{Cases: []flow.Case{{When: "x", Next: "s0"}}}
		case 6:
			s.Suggest = &flow.Suggest{Helped: id("helped"), Unhelpful: id("unhelpful"), None: id("none")}
		case 7:
			s.Call = &flow.Call{URL: "https://x.example", Failed: id("failed")}
		case 8:
			s.Run = &flow.Run{Function: "f", Failed: id("failed")}
		case 9:
			s.Confirm = &flow.Confirm{Yes: id("yes"), No: id("no"), Expired: id("expired")}
		case 10:
			if s.HandOff = (&flow.HandOff{Queue: "q"}); f.Use == flow.Feedback {
				s.HandOff, s.Reopen = nil, &flow.Reopen{HandOff: flow.HandOff{Queue: "q"}}
			}
		default:
			s.End = &flow.End{}
		}
		f.Steps = append(f.Steps, s)
	}
	return f
}

// Whatever a flow that passes its check is told, in the end it is over, with one effect
// that leaves the ticket to somebody or closes it, or it waits for the end user.
func TestEveryFlowEnds(t *testing.T) {
	t.Parallel()
	ended := map[flow.Guard]int{}
	rapid.Check(t, func(rt *rapid.T) {
		f := generated(rt)
		if _, err := flow.New(f); err != nil {
			rt.Skip("not a valid flow")
		}
		turns := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) flow.Turn {
			return flow.Turn{Says: rapid.SampledFrom([]string{"yes", "no", "a", "b", "skip", "7", "eve@example.com", "??", "Human"}).Draw(rt, "says"),
				Late: rapid.IntRange(0, 9).Draw(rt, "late") == 0}
		}), 0, 60).Draw(rt, "turns")
		script := flow.Script{Turns: turns, Holds: func(string) (bool, error) { return rapid.Bool().Draw(rt, "holds"), nil },
			Values: map[string]string{"user.name": rapid.SampledFrom([]string{"", "Eve"}).Draw(rt, "name")},
			Search: func(flow.Search) ([]flow.Article, float64) {
				return []flow.Article{{ID: "1"}}, rapid.Float64Range(0, 1).Draw(rt, "confidence")
			}}
		if rapid.Bool().Draw(rt, "calls work") {
			script.Call = func(flow.Request) ([]byte, error) { return []byte("{}"), nil }
		}
		got, err := flow.Simulate(rt.Context(), f, script)
		if err != nil {
			rt.Fatal(err)
		}
		leaving := 0
		for i, l := range got.Lines {
			if e := l.Effect; e != nil && (e.HandOff != nil || e.Reopen != nil || e.Resolve || e.End) {
				if leaving++; i != len(got.Lines)-1 {
					rt.Errorf("something happens after the end:\n%s", got)
				}
				if e.End != (e.Reopen == nil && f.Use == flow.Feedback) {
					rt.Errorf("the end user is left alone, or what is solved isn't any more:\n%s", got)
				}
			}
		}
		switch got.State.Waits {
		case flow.Over:
			if leaving != 1 {
				rt.Errorf("it is over %d times:\n%s", leaving, got)
			}
		case flow.ForAnswer:
			if leaving != 0 {
				rt.Errorf("it waits after its end:\n%s", got)
			}
		default:
			rt.Errorf("it waits for %q:\n%s", got.State.Waits, got)
		}
		if got.State.Executed > flow.MaxExecuted {
			rt.Errorf("it took %d steps", got.State.Executed)
		}
		ended[got.State.Why]++
		// What is kept is all that is needed: a state that was written down goes on alike.
		b, err := json.Marshal(got.State)
		var back flow.State
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if err != nil || !cmp.Equal(got.State, back, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(flow.State{}, "Took")) {
			rt.Errorf("%+v comes back as %+v, %v", got.State, back, err)
		}
	})
	t.Log(ended)
}

func BenchmarkAdvance(b *testing.B) {
	m, err := flow.New(shop(b))
	if err != nil {
		b.Fatal(err)
	}
	w := &quiet{}
	b.ReportAllocs()
	for b.Loop() {
		s := flow.State{}
		for _, in := range []flow.Input{{}, {Written: &flow.Written{Text: "An order"}}, {Written: &flow.Written{Text: "1000"}}} {
			if err := m.Advance(b.Context(), &s, in, w); err != nil {
				b.Fatal(err)
			}
		}
	}
}

type quiet struct{ world }

func (*quiet) Do(context.Context, flow.Effect) error { return nil }
