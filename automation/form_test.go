package automation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
)

// filled is what the forms of these tests are about: a ticket, before and after.
type filled struct {
	after, before   state
	changed         []string
	vip, asked      *bool
	created, closed time.Time
}

type state struct {
	title, status, priority string
	tags                    []string
	spend                   *float64
}

var (
	formNow    = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	priorities = []string{"low", "normal", "high", "urgent"}
	states     = []string{"new", "open", "resolved"}
	words      = []string{"a", "Refund", "re\"f\\und\n", "日本", "VIP"}
)

func vocabulary(t testing.TB) *condition.Env[*filled] {
	t.Helper()
	type vars = []condition.Var[*filled]
	of := func(prefix, fields string, at func(*filled) *state) vars {
		return vars{
			{Name: prefix + ".title", Text: func(f *filled) string { return at(f).title }},
			{Name: prefix + ".status", Text: func(f *filled) string { return at(f).status }, Values: states},
			{Name: prefix + ".priority", Text: func(f *filled) string { return at(f).priority }, Values: priorities, Ranked: true},
			{Name: prefix + ".tags", Texts: func(f *filled) []string { return at(f).tags }},
			{Name: fields + ".spend", Number: func(f *filled) (float64, bool) { return number(at(f).spend) }},
		}
	}
	env, err := condition.NewEnv(slices.Concat(
		of("ticket", "field", func(f *filled) *state { return &f.after }), of("previous", "previous_field", func(f *filled) *state { return &f.before }),
		vars{
			{Name: "changed", Texts: func(f *filled) []string { return f.changed }},
			{Name: "field.vip", Bool: func(f *filled) (bool, bool) { return f.vip != nil && *f.vip, f.vip != nil }},
			{Name: "host.good", Param: true, Bool: func(f *filled) (bool, bool) { return f.asked != nil && *f.asked, f.asked != nil }},
			{Name: "ticket.created", Time: func(f *filled) time.Time { return f.created }},
			{Name: "field.closed", Time: func(f *filled) time.Time { return f.closed }},
			{Name: "now", Param: true, Time: func(*filled) time.Time { return formNow }},
		},
	)...)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func number(f *float64) (float64, bool) {
	if f == nil {
		return 0, false
	}
	return *f, true
}

func orNone[T any](g *rapid.Generator[T]) *rapid.Generator[T] {
	var none T
	return rapid.OneOf(g, g, rapid.Just(none))
}

func truths() *rapid.Generator[*bool] {
	return orNone(rapid.Map(rapid.Bool(), func(on bool) *bool { return &on }))
}

func subjects() *rapid.Generator[*filled] {
	return rapid.Custom(func(t *rapid.T) *filled {
		draw := func() state {
			return state{
				title: orNone(rapid.SampledFrom(append(words, "Refund VIP"))).Draw(t, "title"), status: rapid.SampledFrom(states).Draw(t, "status"),
				priority: orNone(rapid.SampledFrom(priorities)).Draw(t, "priority"),
				tags:     rapid.SliceOfNDistinct(rapid.SampledFrom(words), 0, 3, rapid.ID[string]).Draw(t, "tags"),
				spend:    orNone(rapid.Map(rapid.IntRange(-4, 4), func(n int) *float64 { return new(float64(n) / 2) })).Draw(t, "spend"),
			}
		}
		hour := rapid.Map(rapid.IntRange(-50, 50), func(n int) time.Time { return formNow.Add(-time.Duration(n) * time.Hour) })
		return &filled{
			after: draw(), before: draw(), vip: truths().Draw(t, "vip"), asked: truths().Draw(t, "asked"),
			changed: rapid.SliceOfDistinct(rapid.SampledFrom([]string{"title", "status", "priority", "tags", "field.spend"}), rapid.ID[string]).Draw(t, "changed"),
			created: hour.Draw(t, "created"), closed: orNone(hour).Draw(t, "closed"),
		}
	})
}

// values are of a name's type.
func values(v automation.Vocabulary, name string) *rapid.Generator[string] {
	typ, _ := v.Type(name)
	all, _ := v.Values(name)
	switch {
	case typ == condition.Number:
		return rapid.SampledFrom([]string{"-2", "-0.5", "0", "1", "1.5", "100000000000000", "1e+20", "1e-09"})
	case typ == condition.Bool:
		return rapid.SampledFrom([]string{"true", "false"})
	case typ == condition.Time:
		return rapid.SampledFrom([]string{"2026-11-24", "2026-11-25", "2026-11-25T09:00:00Z", "2026-11-25T11:00:00+02:00"})
	case all != nil:
		return rapid.SampledFrom(all)
	}
	return rapid.OneOf(rapid.SampledFrom(words), rapid.StringN(1, 8, -1).Filter(func(s string) bool { return !strings.ContainsRune(s, 0) }))
}

// formRows are rows over all names, operators and units.
func formRows(v automation.Vocabulary) *rapid.Generator[automation.FormPart] {
	return rapid.Custom(func(t *rapid.T) automation.FormPart {
		n := rapid.SampledFrom(automation.FormNames(v)).Draw(t, "name")
		p := automation.FormPart{Name: n.Name, Is: rapid.SampledFrom(n.Operators).Draw(t, "operator")}
		value := values(v, p.Name)
		least, most := 1, 1
		switch p.Is {
		case automation.IsSet, automation.IsNotSet, automation.Changed:
			least, most = 0, 0
		case automation.Between, automation.ChangedFromTo:
			least, most = 2, 2
		case automation.NoneOf:
			most = 4
		case automation.OneOf:
			if most = 4; n.Type == condition.Texts {
				least = 2 // of one it is contains
			}
		}
		if strings.HasPrefix(string(p.Is), "changed_") {
			value = rapid.OneOf(value, value, rapid.Just(""))
		}
		if n.Type == condition.Time && !slices.Contains([]automation.Operator{automation.Is, automation.Not}, p.Is) && most > 0 && rapid.Bool().Draw(t, "since?") {
			p.Since = rapid.SampledFrom([]automation.Unit{automation.Minutes, automation.Hours, automation.Days}).Draw(t, "unit")
			value = rapid.SampledFrom([]string{"-1", "0", "0.5", "5", "24"})
		}
		for range rapid.IntRange(least, most).Draw(t, "values") {
			p.Values = append(p.Values, value.Draw(t, "value"))
		}
		return p
	})
}

// forms have groups of two parts and more, which aren't what one row says.
func forms(v automation.Vocabulary, depth int) *rapid.Generator[automation.Form] {
	return rapid.Custom(func(t *rapid.T) automation.Form {
		f := automation.Form{Any: rapid.Bool().Draw(t, "any")}
		for range rapid.IntRange(2, 4).Draw(t, "parts") {
			if depth > 1 && rapid.IntRange(0, 2).Draw(t, "group?") == 0 {
				f.Parts = append(f.Parts, automation.FormPart{Group: new(forms(v, depth-1).Draw(t, "group"))})
			} else {
				f.Parts = append(f.Parts, formRows(v).Draw(t, "row"))
			}
		}
		return f
	}).Filter(func(f automation.Form) bool {
		holds := f.Any
		for _, p := range f.Parts {
			holds = holds && p.Is == automation.Contains && p.Name == f.Parts[0].Name
		}
		return !holds && (f.Any || f.Parts[0].Is != automation.Changed)
	})
}

// A form becomes a condition, and the condition the form. Written once more it is the
// same text.
func TestFormsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	env := vocabulary(t)
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.OneOf(forms(env, 3), rapid.Map(formRows(env), func(p automation.FormPart) automation.Form {
			return automation.Form{Parts: []automation.FormPart{p}}
		})).Draw(t, "form")
		source, err := f.Expression(env)
		if err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		got, err := automation.ParseForm(source, env)
		if d := cmp.Diff(f, got); err != nil || d != "" {
			t.Fatalf("%s: %v\n%s", source, err, d)
		}
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var read automation.Form
		if err := json.Unmarshal(b, &read); err != nil || !cmp.Equal(f, read) {
			t.Fatalf("%s: %v", b, err)
		}
	})
}

// handwritten are conditions as people write them, most of which are forms.
func handwritten() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
		atom := func() string {
			s := pick(`ticket.priority > "low"`, `"high" >= ticket.priority`, `field.spend != 1`, `1 == field.spend`, `field.vip`, `host.good == false`,
				`ticket.title == ""`, `nil != field.closed`, `"a" in ticket.tags`, `ticket.title not in ["a", "Refund"]`, `"a" not in ticket.tags`,
				`("a" in ticket.tags or "VIP" in ticket.tags)`, `ticket.title contains "e"`, `hours(5) < now - ticket.created`, `field.closed <= date("2026-11-25")`,
				`now - field.closed >= duration("90m")`, `"priority" in changed`, `previous.priority == "low"`, `ticket.priority == "high"`, `"field.spend" in changed`,
				`-1 <= field.spend <= 1`, `previous.title == nil`, `days(-1) <= now - field.closed <= days(1)`, `ticket.created == field.closed`, `len(ticket.tags) > 1`,
				`ticket.title matches "^R"`, `ticket.title not contains "e"`, `true`)
			if rapid.IntRange(0, 4).Draw(t, "not?") == 0 {
				return "not (" + s + ")"
			}
			return s
		}
		chain := func(part func() string) string {
			var parts []string
			for range rapid.IntRange(1, 3).Draw(t, "parts") {
				parts = append(parts, part())
			}
			return strings.Join(parts, pick(" and ", " or ", " && ", " || "))
		}
		return chain(func() string { return "(" + chain(atom) + ")" })
	})
}

// A condition that is read as a form means the same when that is written.
func TestFormsMeanWhatTheConditionMeans(t *testing.T) {
	t.Parallel()
	env := vocabulary(t)
	var read, all int
	rapid.Check(t, func(t *rapid.T) {
		source := handwritten().Draw(t, "condition")
		f, err := automation.ParseForm(source, env)
		all++
		if e, ok := errors.AsType[*automation.FormError](err); ok {
			if e.Line != 1 || !strings.HasPrefix(source[e.Column-1:], e.Part) {
				t.Fatalf("%s: %+v", source, e)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		read++
		written, err := f.Expression(env)
		if err != nil {
			t.Fatalf("%s: %+v: %v", source, f, err)
		}
		want, err := env.Compile(source)
		if err != nil {
			t.Fatal(err)
		}
		if written == "" {
			written = "true"
		}
		got, err := env.Compile(written)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			s := subjects().Draw(t, "subject")
			if got.Match(s) != want.Match(s) {
				t.Fatalf("%s became %s\n%+v", source, written, *s)
			}
		}
		again, err := automation.ParseForm(written, env)
		if d := cmp.Diff(f, again); err != nil && written != "true" || d != "" {
			t.Fatalf("%s: %v\n%s", written, err, d)
		}
	})
	if read*4 < all {
		t.Errorf("%d of %d were forms", read, all)
	}
}

func TestRowsAndTheirConditions(t *testing.T) {
	t.Parallel()
	env := vocabulary(t)
	type row = automation.FormPart
	for want, p := range map[string]row{
		`ticket.title == "a"`:                                                                 {Name: "ticket.title", Is: automation.Is, Values: []string{"a"}},
		`ticket.title not in ["a", "b"]`:                                                      {Name: "ticket.title", Is: automation.NoneOf, Values: []string{"a", "b"}},
		`("a" in ticket.tags or "b" in ticket.tags)`:                                          {Name: "ticket.tags", Is: automation.OneOf, Values: []string{"a", "b"}},
		`not ("a" in ticket.tags or "b" in ticket.tags)`:                                      {Name: "ticket.tags", Is: automation.NoneOf, Values: []string{"a", "b"}},
		`"a" in ticket.tags`:                                                                  {Name: "ticket.tags", Is: automation.Contains, Values: []string{"a"}},
		`"normal" <= ticket.priority <= "high"`:                                               {Name: "ticket.priority", Is: automation.Between, Values: []string{"normal", "high"}},
		`now - ticket.created > hours(5)`:                                                     {Name: "ticket.created", Is: automation.Above, Values: []string{"5"}, Since: automation.Hours},
		`days(1) <= now - ticket.created <= days(2.5)`:                                        {Name: "ticket.created", Is: automation.Between, Values: []string{"1", "2.5"}, Since: automation.Days},
		`date("2026-01-01") <= field.closed <= date("2026-02-01")`:                            {Name: "field.closed", Is: automation.Between, Values: []string{"2026-01-01", "2026-02-01"}},
		`"priority" in changed`:                                                               {Name: "ticket.priority", Is: automation.Changed},
		`("field.spend" in changed and previous_field.spend == nil and field.spend == 1e+15)`: {Name: "field.spend", Is: automation.ChangedFromTo, Values: []string{"", "1000000000000000"}},
		`("title" in changed and ticket.title == "a")`:                                        {Name: "ticket.title", Is: automation.ChangedTo, Values: []string{"a"}},
		`field.vip != true`:                                                                   {Name: "field.vip", Is: automation.Not, Values: []string{"true"}},
	} {
		got, err := automation.Form{Parts: []row{p}}.Expression(env)
		if err != nil || got != want {
			t.Errorf("%s\nis %s, %v", want, got, err)
		}
	}
}

func TestFormsAreChecked(t *testing.T) {
	t.Parallel()
	env := vocabulary(t)
	type (
		row  = automation.FormPart
		form = automation.Form
	)
	good := row{Name: "field.vip", Is: automation.IsSet}
	nested := func(n int) form {
		f := form{Parts: []row{good}}
		for range n - 1 {
			f = form{Parts: []row{{Group: new(f)}, good}}
		}
		return f
	}
	cyclic := form{Parts: make([]row, 1)}
	cyclic.Parts[0].Group = &cyclic
	rows := func(n int) form {
		f := form{Parts: make([]row, n)}
		for i := range f.Parts {
			f.Parts[i] = good
		}
		return f
	}
	long := form{Parts: []row{{Name: "ticket.title", Is: automation.OneOf, Values: make([]string, 1_000)}}}
	for i := range long.Parts[0].Values {
		long.Parts[0].Values[i] = "a"
	}
	for name, c := range map[string]struct {
		form  form
		field string
	}{
		"unknown name":      {form{Parts: []row{good, {Name: "ticket.nothing", Is: automation.Is}}}, "parts.1.name"},
		"the list itself":   {form{Parts: []row{{Name: "changed", Is: automation.Contains, Values: []string{"a"}}}}, "parts.0.name"},
		"other operator":    {form{Parts: []row{{Name: "ticket.title", Is: automation.Above, Values: []string{"a"}}}}, "parts.0.is"},
		"never changes":     {form{Parts: []row{{Name: "ticket.created", Is: automation.Changed}}}, "parts.0.is"},
		"no value":          {form{Parts: []row{{Name: "ticket.title", Is: automation.Is}}}, "parts.0.values"},
		"too many values":   {form{Parts: []row{{Name: "ticket.title", Is: automation.Is, Values: []string{"a", "b"}}}}, "parts.0.values"},
		"empty value":       {form{Parts: []row{{Name: "ticket.title", Is: automation.Is, Values: []string{""}}}}, "parts.0.values"},
		"not text":          {form{Parts: []row{{Name: "ticket.title", Is: automation.Is, Values: []string{"\xff"}}}}, "parts.0.values"},
		"not a number":      {form{Parts: []row{{Name: "field.spend", Is: automation.Is, Values: []string{"many"}}}}, "parts.0.values"},
		"infinite":          {form{Parts: []row{{Name: "field.spend", Is: automation.Is, Values: []string{"Inf"}}}}, "parts.0.values"},
		"not a date":        {form{Parts: []row{{Name: "field.closed", Is: automation.Below, Values: []string{"soon"}}}}, "parts.0.values"},
		"a date far away":   {form{Parts: []row{{Name: "field.closed", Is: automation.Below, Values: []string{"2345-01-01"}}}}, "parts.0.values"},
		"not true or false": {form{Parts: []row{{Name: "field.vip", Is: automation.Is, Values: []string{"yes"}}}}, "parts.0.values"},
		"not among them":    {form{Parts: []row{{Name: "ticket.status", Is: automation.OneOf, Values: []string{"new", "odd"}}}}, "parts.0.values"},
		"since of a text":   {form{Parts: []row{{Name: "ticket.title", Is: automation.Is, Values: []string{"1"}, Since: automation.Hours}}}, "parts.0.since"},
		"unknown unit":      {form{Parts: []row{{Name: "ticket.created", Is: automation.Above, Values: []string{"1"}, Since: "weeks"}}}, "parts.0.since"},
		"too long a span":   {form{Parts: []row{{Name: "ticket.created", Is: automation.Above, Values: []string{"40000"}, Since: automation.Days}}}, "parts.0.values"},
		"in a group":        {form{Parts: []row{good, {Group: &form{Any: true, Parts: []row{good, {Name: "x"}}}}}}, "parts.1.group.parts.1.name"},
		"an empty group":    {form{Parts: []row{{Group: &form{}}}}, "parts.0.group.parts"},
		"row and group":     {form{Parts: []row{{Name: "field.vip", Group: &form{Parts: []row{good}}}}}, "parts.0"},
		"below the depth":   {nested(automation.MaxFormDepth - 1), ""},
		"at the depth":      {nested(automation.MaxFormDepth), ""},
		"above the depth":   {nested(automation.MaxFormDepth + 1), "parts.0.group.parts.0.group.parts.0.group.parts.0.group.parts.0.group.parts"},
		"within itself":     {cyclic, "parts.0.group.parts.0.group.parts.0.group.parts.0.group.parts.0.group.parts"},
		"fewer rows":        {rows(automation.MaxFormRows - 1), ""},
		"as many rows":      {rows(automation.MaxFormRows), ""},
		"too many rows":     {rows(automation.MaxFormRows + 1), fmt.Sprintf("parts.%d", automation.MaxFormRows)},
		"too long a row":    {long, "parts.0.values"},
		"no parts":          {form{Any: true}, ""},
	} {
		_, err := c.form.Expression(env)
		e, bad := errors.AsType[*store.FieldError](err)
		if c.field == "" && err != nil || c.field != "" && (!bad || e.Field != c.field) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConditionsThatArentForms(t *testing.T) {
	t.Parallel()
	env := vocabulary(t)
	for source, part := range map[string]string{
		`ticket.title == "a" and (field.vip or len(ticket.tags) > 2)`: `len(ticket.tags) > 2`,
		`ticket.title == ticket.status`:                               `ticket.title == ticket.status`,
		`not (field.vip and host.good)`:                               `not (field.vip and host.good)`,
		`field.vip and false`:                                         `false`,
		`"nothing" in changed`:                                        `"nothing" in changed`,
		`1 < field.spend <= 2`:                                        `1 < field.spend <= 2`,
		`"abc" contains ticket.title`:                                 `"abc" contains ticket.title`,
		`now > date("2026-01-01")`:                                    `now > date("2026-01-01")`,
		`ticket.title < "m"`:                                          `ticket.title < "m"`,
	} {
		_, err := automation.ParseForm(source, env)
		if e, ok := errors.AsType[*automation.FormError](err); !ok || e.Part != part {
			t.Errorf("%s: %v", source, err)
		}
	}
	if _, err := automation.ParseForm("ticket.titel == 1", env); err == nil {
		t.Error("no error")
	} else if _, ok := errors.AsType[*condition.Error](err); !ok {
		t.Errorf("%v", err)
	}
	if f, err := automation.ParseForm(" ", env); err != nil || len(f.Parts) > 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

func ExampleForm_Expression() {
	var f automation.Form
	err := json.Unmarshal([]byte(`{"parts": [
		{"name": "ticket.priority", "is": "changed_to", "values": ["urgent"]},
		{"group": {"any": true, "parts": [
			{"name": "field.spend", "is": ">=", "values": ["100"]},
			{"name": "ticket.created", "is": ">", "values": ["5"], "since": "hours"}]}}]}`), &f)
	if err != nil {
		fmt.Println(err)
		return
	}
	names := vocabulary(new(testing.T))
	source, err := f.Expression(names)
	fmt.Println(source, err)
	back, err := automation.ParseForm(source, names)
	fmt.Println(len(back.Parts), back.Parts[0].Is, back.Parts[1].Group.Any, err)
	_, err = automation.ParseForm(`ticket.title matches "^re" and field.spend > 1`, names)
	fmt.Println(err)
	// Output:
	// ("priority" in changed and ticket.priority == "urgent") and (field.spend >= 100 or now - ticket.created > hours(5)) <nil>
	// 2 changed_to true <nil>
	// line 1, column 1: ticket.title matches "^re" isn't a row of a form
}

// Whatever is written is refused with a typed error, or is a form that means the same and
// comes back as it is.
func FuzzParseForm(f *testing.F) {
	for _, s := range []string{
		`"priority" in changed and previous.priority == "low"`, `not ("a" in ticket.tags or "b" in ticket.tags)`, `days(1) <= now - ticket.created <= hours(-2)`,
		`field.closed > date("2026-01-01")`, `(field.vip or host.good) and not (ticket.title in ["a"])`, `-1.5e3 <= field.spend`, `date(trim("2026-01-01")) < field.closed`,
		`hours(field.spend) < now - ticket.created`, `duration("90m") > now - field.closed`, `true`, `ticket.title contains "\u65e5"`, `nil != ticket.priority`,
		`ticket.title == "\xff"`, `"\x00" in ticket.tags`,
	} {
		f.Add(s)
	}
	env := vocabulary(f)
	subject := &filled{after: state{title: "a", status: "new", priority: "low", tags: []string{"a"}, spend: new(1.0)}, changed: []string{"priority"}, created: formNow.Add(-time.Hour)}
	f.Fuzz(func(t *testing.T, source string) {
		form, err := automation.ParseForm(source, env)
		if err != nil {
			_, wrong := errors.AsType[*condition.Error](err)
			_, text := errors.AsType[*automation.FormError](err)
			if !wrong && !text {
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		written, err := form.Expression(env)
		if err != nil {
			if _, long := errors.AsType[*store.FieldError](err); !long || len(source) < 1_000 { // it may grow above the limit
				t.Fatalf("%q: %v", source, err)
			}
			return
		}
		again, err := automation.ParseForm(written, env)
		if err != nil || !cmp.Equal(form, again) {
			t.Fatalf("%q became %q: %v\n%s", source, written, err, cmp.Diff(form, again))
		}
		for _, s := range []*filled{subject, {}} {
			if match(t, env, source, s) != match(t, env, written, s) {
				t.Fatalf("%q became %q, which means something else", source, written)
			}
		}
	})
}

func match(t *testing.T, env *condition.Env[*filled], source string, s *filled) bool {
	t.Helper()
	if strings.TrimSpace(source) == "" {
		source = "true"
	}
	c, err := env.Compile(source)
	if err != nil {
		t.Fatal(err)
	}
	return c.Match(s)
}
