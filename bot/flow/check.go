package flow

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/frontdesk-go/frontdesk/internal/template"
)

// Problem is something that is wrong with a flow, or looks so.
type Problem struct {
	Step   string // id, or its place as "#3" where it has none; "" is the flow itself
	Field  string // as it is written: "ask.text"
	Reason string
	// Warning says that the flow can run nevertheless.
	Warning bool
}

// String names the step, the field and what is wrong.
func (p Problem) String() string {
	s := p.Field + ": " + p.Reason
	if p.Step != "" {
		s = "step " + p.Step + ": " + s
	}
	return s
}

// Known is what a desk has, so that a flow can be held against it. What is nil isn't
// looked at.
type Known struct {
	Condition func(source string) error
	Field     func(key string) bool // a custom field
	Tag       func(name string) bool
	Function  func(name string) bool
	// Target says what is wrong with where a hand-off leads.
	Target func(h *HandOff) error
	// Languages are those that every text should have.
	Languages []string
}

// Check returns everything that is wrong with a flow, in the order of its steps; k may be
// nil. A flow without problems but warnings runs.
func (f *Flow) Check(k *Known) []Problem {
	c := &checker{f: f, k: cmp.Or(k, &Known{}), own: f.own(), places: f.places(), answers: map[string]bool{}, responses: map[string]bool{}}
	c.names()
	c.flow()
	if len(f.Steps) > MaxSteps {
		return c.problems
	}
	for i := range f.Steps {
		c.step(i)
	}
	if !slices.ContainsFunc(c.problems, func(p Problem) bool { return !p.Warning }) {
		c.unreachable()
	}
	c.endless()
	return c.problems
}

type checker struct {
	f         *Flow
	k         *Known
	own       string
	at        string // the step's name
	places    map[string]int
	answers   map[string]bool
	responses map[string]bool
	problems  []Problem
}

func (c *checker) wrong(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{Step: c.at, Field: field, Reason: fmt.Sprintf(format, args...)})
}

func (c *checker) doubt(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{Step: c.at, Field: field, Reason: fmt.Sprintf(format, args...), Warning: true})
}

// names notes what answers and responses there are.
func (c *checker) names() {
	for i := range c.f.Steps {
		switch s := &c.f.Steps[i]; {
		case s.Ask != nil:
			c.answers[cmp.Or(s.Ask.Into, s.ID)] = true
		case s.Call != nil:
			c.responses[cmp.Or(s.Call.Into, s.ID)] = true
		case s.Run != nil:
			c.responses[cmp.Or(s.Run.Into, s.ID)] = true
		}
	}
}

func (c *checker) flow() {
	f := c.f
	switch {
	case f.Use != Conversation && f.Use != Feedback:
		c.wrong("use", "is %q, or left out", Feedback)
	case len(f.Steps) == 0:
		c.wrong("steps", "there is none")
	case len(f.Steps) > MaxSteps:
		c.wrong("steps", "at most %d", MaxSteps)
	}
	if f.Patience < 0 {
		c.wrong("patience", "can't be negative")
	}
	if f.Fallback != nil {
		c.handOff("fallback", f.Fallback)
	}
}

// idPattern is that of placeholders, in which ids are names.
var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// named checks what may be an id or a name.
func (c *checker) named(field, id string) {
	switch {
	case id == "":
		c.wrong(field, "is missing")
	case len(id) > MaxID:
		c.wrong(field, "at most %d characters", MaxID)
	case !idPattern.MatchString(id):
		c.wrong(field, "%q has to be a-z, 0-9 and _, a letter first", id)
	}
}

// parts are what a step does, by the names of the fields.
func (s *Step) parts() map[string]bool {
	return map[string]bool{"say": s.Say != nil, "ask": s.Ask != nil, "set": s.Set != nil, "branch": s.Branch != nil, "suggest": s.Suggest != nil, "answer": s.Answer != nil, "call": s.Call != nil,
		"run": s.Run != nil, "hand_off": s.HandOff != nil, "resolve": s.Resolve != nil, "confirm": s.Confirm != nil, "reopen": s.Reopen != nil, "end": s.End != nil}
}

func (c *checker) step(i int) {
	s := &c.f.Steps[i]
	c.at = cmp.Or(s.ID, fmt.Sprint("#", i+1))
	defer func() { c.at = "" }()
	c.named("id", s.ID)
	if c.places[s.ID] < i {
		c.wrong("id", "another step has it")
	}
	var does []string
	for _, name := range slices.Sorted(maps.Keys(s.parts())) {
		if s.parts()[name] {
			does = append(does, name)
		}
	}
	switch len(does) {
	case 0:
		c.wrong("id", "the step does nothing")
	case 1:
		c.does(s)
		for _, e := range c.f.exits(i) {
			if _, ok := c.places[e.to]; !ok && !strings.HasPrefix(e.to, "*") {
				c.wrong(e.field, "there is no step %q", e.to)
			}
		}
	default:
		c.wrong("id", "the step does more than one thing: %s", strings.Join(does, ", "))
	}
}

func (c *checker) does(s *Step) {
	switch {
	case s.Say != nil:
		c.text("say.text", s.Say.Text, true)
	case s.Ask != nil:
		c.ask(s.Ask)
	case s.Set != nil:
		c.set(s.Set)
	case s.Branch != nil:
		c.branch(s.Branch)
	case s.Suggest != nil:
		c.suggest("suggest", s.Suggest)
	case s.Answer != nil:
		c.suggest("answer", s.Answer)
	case s.Call != nil:
		c.call(s.Call)
	case s.Run != nil:
		c.run(s.Run)
	case s.HandOff != nil:
		c.handOff("hand_off", s.HandOff)
	case s.Resolve != nil:
		if c.f.Use == Feedback {
			c.wrong("resolve", "isn't for feedback flows: the ticket is resolved")
		}
		c.text("resolve.text", s.Resolve.Text, false)
	case s.Confirm != nil:
		c.text("confirm.text", s.Confirm.Text, false)
		if s.Confirm.Expires < 0 {
			c.wrong("confirm.expires", "can't be negative")
		}
	case s.Reopen != nil:
		if c.f.Use != Feedback {
			c.wrong("reopen", "is for feedback flows: the ticket is open")
		}
		c.handOff("reopen", &s.Reopen.HandOff)
	case s.End != nil:
		c.text("end.text", s.End.Text, false)
	}
}

// text checks what is said. It has to be there in the flow's language, or for everybody.
func (c *checker) text(field string, t Text, needed bool) {
	if len(t) == 0 {
		if needed {
			c.wrong(field, "is missing")
		}
		return
	}
	if len(t) > MaxLanguages {
		c.wrong(field, "at most %d languages", MaxLanguages)
	}
	tags := slices.Sorted(maps.Keys(t))
	for _, tag := range tags {
		switch n := utf8.RuneCountInString(t[tag]); {
		case strings.TrimSpace(t[tag]) == "":
			c.wrong(field, "is empty in %q", tag)
		case n > MaxText:
			c.wrong(field, "at most %d characters", MaxText)
		}
		c.placeholders(field, t[tag])
	}
	has := func(language string) bool {
		at := template.Choose(tags, language)
		base, _, _ := strings.Cut(language, "-")
		have, _, _ := strings.Cut(tags[at], "-")
		return tags[at] == "" || strings.EqualFold(base, have)
	}
	if !has(c.own) {
		c.wrong(field, "isn't there in %q, the flow's language", c.own)
	}
	for _, language := range c.k.Languages {
		if !has(language) {
			c.doubt(field, "isn't there in %q", language)
		}
	}
}

// roots are what names in placeholders begin with.
var roots = []string{"ticket", "field", "user", "attribute", "app", "time", "answer", "response"}

// placeholders checks a text's placeholders.
func (c *checker) placeholders(field, text string) {
	t, err := template.Parse(text)
	if err != nil {
		c.wrong(field, "%v", err)
		return
	}
	for _, name := range t.Names() {
		switch root, rest, _ := strings.Cut(name, "."); {
		case root == "answer" && !c.answers[rest]:
			c.wrong(field, "no step asks for %s", name)
		case root == "response" && !c.responded(rest):
			c.wrong(field, "no step calls for %s", name)
		case !slices.Contains(roots, root):
			c.wrong(field, "%s begins with none of %s", name, strings.Join(roots, ", "))
		case root == "field" && c.k.Field != nil && !c.k.Field(rest):
			c.wrong(field, "there is no custom field %q", rest)
		}
	}
}

// responded says whether a step gives the value.
func (c *checker) responded(path string) bool {
	for name := range c.responses {
		if path == name || strings.HasPrefix(path, name+"_") {
			return true
		}
	}
	return false
}
