package flow_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/frontdesk-go/frontdesk/bot/flow"
)

func shop(t testing.TB) *flow.Flow {
	t.Helper()
	b, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := flow.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parcels answers for the shop.
func parcels(r flow.Request) ([]byte, error) {
	if r.Method != "GET" || r.Headers["X-User"] == "" {
		return nil, errors.New("bad request")
	}
	switch r.URL {
	case "https://shop.example/orders/1000":
		return []byte(`{"State": "on its way", "total": 20}`), nil
	case "https://shop.example/orders/2000":
		return []byte(`{"state": "packed", "total": 900.5}`), nil
	}
	return nil, errors.New("no such order")
}

// A conversation says and does what the flow tells, whatever the end user answers.
func TestSimulate(t *testing.T) {
	t.Parallel()
	find := func(s flow.Search) ([]flow.Article, float64) {
		return []flow.Article{{ID: "1", Title: "Returns: " + s.Text}, {ID: "2", Title: "B"}, {ID: "3", Title: "C"}}, 0.8
	}
	const about = "What is it about? [An order | Something else | Never mind]\n"
	for name, test := range map[string]struct {
		script flow.Script
		want   string
	}{
		"asked twice": {flow.Script{Values: map[string]string{"user.name": "Eve"}, Turns: flow.Says("an order.", "my order", "1000", "yes!")},
			"Hi Eve!\n" + about + "> an order.\nWhich order?\n> my order\nSorry, that isn't what I need. Could you try again?\n> 1000\n" +
				"Order 1000 is on its way.\nIs this solved? [Yes | No]\n> yes!\n[resolve]\n"},
		"no answer that will do": {flow.Script{Turns: flow.Says("1", "a", "b")},
			"Hi there!\n" + about + "> 1\nWhich order?\n> a\nSorry, that isn't what I need. Could you try again?\n> b\n" +
				"A colleague will take over.\n[hand off to queue orders: no answer that would do]\n"},
		"a branch by a number": {flow.Script{Turns: flow.Says("order", "2000")},
			"Hi there!\n" + about + "> order\nWhich order?\n> 2000\n[set order=2000 +lost priority=urgent]\n[hand off to group orders]\n"},
		"a call that fails": {flow.Script{Turns: flow.Says("order", "3000")}, "Hi there!\n" + about + "> order\nWhich order?\n> 3000\n[hand off to group orders]\n"},
		"German": {flow.Script{Languages: []string{"ja", "de-AT"}, Turns: flow.Says("Eine Bestellung", "1000", "nein")},
			"Hallo zusammen!\nWorum geht es? [Eine Bestellung | Etwas anderes | Schon gut]\n> Eine Bestellung\nWelche Bestellung?\n> 1000\n" +
				"Bestellung 1000: on its way.\n解決しましたか？ [はい | いいえ]\n> nein\nEine Kollegin übernimmt.\n[hand off to queue orders: isn't solved]\n"},
		"articles": {flow.Script{Search: find, Turns: flow.Says("Something else", "send it back", "yes", "Yes")},
			"Hi there!\n" + about + "> Something else\nWhat would you like to know?\n> send it back\nThese may answer it:\n  * Returns: send it back\n  * B\n" +
				"Did that help? [Yes | No]\n> yes\nIs this solved? [Yes | No]\n> Yes\n[resolve]\n"},
		"no article": {flow.Script{Turns: flow.Says("Something else", "send it back")},
			"Hi there!\n" + about + "> Something else\nWhat would you like to know?\n> send it back\n[hand off to group orders]\n"},
		"skipped": {flow.Script{Turns: flow.Says("Never mind")}, "Hi there!\n" + about + "> Never mind\nGoodbye!\n[resolve]\n"},
		"silence": {flow.Script{Turns: []flow.Turn{{Late: true}}}, "Hi there!\n" + about + "> (nothing)\nA colleague will take over.\n[hand off to queue orders: no answer in time]\n"},
		"silence that a step knows": {flow.Script{Turns: append(flow.Says("order", "1000"), flow.Turn{Late: true})},
			"Hi there!\n" + about + "> order\nWhich order?\n> 1000\nOrder 1000 is on its way.\nIs this solved? [Yes | No]\n> (nothing)\nGoodbye!\n[resolve]\n"},
		"a person, written": {flow.Script{Languages: []string{"de"}, Turns: flow.Says("Mit einem Menschen sprechen.")},
			"Hallo zusammen!\nWorum geht es? [Eine Bestellung | Etwas anderes | Schon gut]\n> Mit einem Menschen sprechen.\nEine Kollegin übernimmt.\n[hand off to queue orders: wants to talk to a person]\n"},
		"a person, pressed": {flow.Script{Turns: []flow.Turn{{Person: true}}}, "Hi there!\n" + about + "> (wants a person)\nA colleague will take over.\n[hand off to queue orders: wants to talk to a person]\n"},
		"he goes away":      {flow.Script{}, "Hi there!\n" + about + "…\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.script.Call = parcels
			got, err := flow.Simulate(t.Context(), shop(t), test.script)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What is written down is read as the same flow, by either form.
func TestFormat(t *testing.T) {
	t.Parallel()
	f := shop(t)
	b, err := f.Format()
	if err != nil {
		t.Fatal(err)
	}
	again, err := flow.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, again); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !json.Valid(flow.Schema()) {
		t.Error("the schema is no JSON")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"nothing":          {"", "flow: is empty"},
		"a list":           {"- a", "flow: can't be a array"},
		"an unknown name":  {"steps: [{id: a, say: {txt: x}}]", "flow: steps[0].say.txt: isn't known there"},
		"the same in JSON": {`{"steps": [{"id": "a", "say": {"txt": "x"}}]}`, "flow: steps[0].say.txt: isn't known there"},
		"a wrong kind":     {"steps: [{id: a, ask: {retries: many}}]", "flow: steps.ask.retries: can't be a string"},
		"a name twice":     {"use: feedback\nuse: feedback", `flow: line 2: "use" stands there twice`},
		"an anchor":        {"steps: &a []", "flow: line 1: anchors and aliases aren't taken"},
		"half of JSON":     {"{\n\"steps\": [}", "flow: line 2: invalid character '}' looking for beginning of value"},
		"two flows":        {`{"steps": []} {}`, "flow: something stands behind the flow"},
		"a bad duration":   {"patience: soon", `flow: time: invalid duration "soon"`},
		"half of YAML":     {"steps: [", "flow: line 1: did not find expected node content"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := flow.Parse([]byte(test.in))
			if e, ok := errors.AsType[*flow.ParseError](err); !ok || e.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	whole, err := shop(f).Format()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte("steps: [{id: a, ask: {as: number, min: 0x1p-2, text: {en: \"{{\"}}}]"))
	f.Add([]byte("? [a]\n: b"))
	f.Add([]byte("a: &x [*x]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := flow.Parse(b)
		if err != nil {
			return
		}
		x.Check(nil)
		x.Mermaid()
		again, err := x.Format()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := flow.Parse(again); err != nil {
			t.Errorf("what Format writes isn't read: %v\n%s", err, again)
		}
	})
}

// The schema has the names that the types have, no more and no less.
func TestSchemaHasAllNames(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	var s struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(flow.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	var check func(typ reflect.Type, o object)
	check = func(typ reflect.Type, o object) {
		var names, needed []string
		for _, f := range reflect.VisibleFields(typ) {
			name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			names = append(names, name)
			if rest == "" {
				needed = append(needed, name)
			}
			inner := f.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				check(inner, s.Defs[inner.Name()])
			}
		}
		var have []string
		for name := range o.Properties {
			have = append(have, name)
		}
		slices.Sort(names)
		slices.Sort(have)
		slices.Sort(needed)
		slices.Sort(o.Required)
		if !slices.Equal(names, have) || !slices.Equal(needed, o.Required) {
			t.Errorf("%s has %v, the schema %v; needed is %v, in the schema %v", typ.Name(), names, have, needed, o.Required)
		}
	}
	check(reflect.TypeFor[flow.Flow](), s.object)
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	f, err := flow.Parse([]byte(`{"steps": [
		{"id": "a", "ask": {"text": "Say \"yes\" <b>", "as": "yes_no", "yes": "c"}},
		{"id": "b", "call": {"url": "https://x.example/#a"}, "next": "gone"},
		{"id": "c", "confirm": {}}, {"id": "d", "end": {}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `flowchart TD
  s0[/"a: ask for yes_no Say #quot;yes#quot; #lt;b#gt;"/]
  s1[["b: call https://x.example/#35;a"]]
  s2[/"c: is it solved?"/]
  s3(["d: end"])
  s0 -->|"yes"| s2
  s0 -->|"no"| s1
  s0 -->|"no answer that will do"| person
  s1 -->|"answered"| missing
  s1 -->|"failed"| person
  s2 -->|"yes"| solved
  s2 -->|"no"| person
  s2 -->|"no answer in time"| person
  s3 --> over
  missing(["no such step"])
  over(["end"])
  person(["a person"])
  solved(["resolved"])
`
	if diff := cmp.Diff(want, f.Mermaid()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
