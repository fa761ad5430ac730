package flow

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

func (c *checker) ask(a *Ask) {
	c.text("ask.text", a.Text, true)
	c.text("ask.skip", a.Skip, false)
	c.text("ask.invalid", a.Invalid, false)
	if !slices.Contains(Kinds(), a.As) {
		c.wrong("ask.as", "%q is none of %v", a.As, Kinds())
	}
	if a.Into != "" {
		c.named("ask.into", a.Into)
	}
	if a.Retries < 0 || a.Retries > MaxRetries {
		c.wrong("ask.retries", "is 0 to %d", MaxRetries)
	}
	c.choices(a)
	only := func(set bool, field string, as ...Kind) {
		if set && !slices.Contains(as, a.As) {
			c.wrong(field, "is for %v alone", as)
		}
	}
	only(a.Yes != "", "ask.yes", YesNo)
	only(a.No != "", "ask.no", YesNo)
	only(a.Matches != "", "ask.matches", TextAnswer)
	only(a.Min != "", "ask.min", Number, Date)
	only(a.Max != "", "ask.max", Number, Date)
	if _, err := regexp.Compile(a.Matches); err != nil || len(a.Matches) > MaxCondition {
		c.wrong("ask.matches", "is no regular expression: %v", err)
	}
	lo, okLo := bound(a.As, a.Min)
	hi, okHi := bound(a.As, a.Max)
	switch {
	case !okLo:
		c.wrong("ask.min", "%q is no %s", a.Min, a.As)
	case !okHi:
		c.wrong("ask.max", "%q is no %s", a.Max, a.As)
	case a.Min != "" && a.Max != "" && lo > hi:
		c.wrong("ask.min", "is above ask.max")
	}
}

// bound reads a bound of a number or a date; ok is true where there is none.
func bound(as Kind, s string) (v float64, ok bool) {
	if s == "" {
		return 0, true
	}
	switch as {
	case Number:
		return ParseNumber(s)
	case Date:
		t, err := time.Parse(time.DateOnly, s)
		return float64(t.Unix()), err == nil
	}
	return 0, true
}

// plain refuses placeholders in what is picked: who writes it has to mean it.
func (c *checker) plain(field string, t Text) {
	for _, s := range t {
		if strings.Contains(s, "{{") {
			c.wrong(field, "can't have placeholders")
		}
	}
}

func (c *checker) choices(a *Ask) {
	c.plain("ask.skip", a.Skip)
	for _, s := range a.Skip {
		if utf8.RuneCountInString(s) > MaxChoice {
			c.wrong("ask.skip", "at most %d characters", MaxChoice)
		}
	}
	switch {
	case a.As == Choice && len(a.Choices) == 0:
		c.wrong("ask.choices", "there is none to pick")
	case a.As != Choice && len(a.Choices) > 0:
		c.wrong("ask.choices", "are for %s alone", Choice)
	case len(a.Choices)+min(len(a.Skip), 1) > MaxChoices:
		c.wrong("ask.choices", "at most %d, to skip included", MaxChoices)
	}
	for i, o := range a.Choices {
		field := fmt.Sprintf("ask.choices[%d]", i)
		c.named(field+".id", o.ID)
		c.text(field+".text", o.Text, true)
		c.plain(field+".text", o.Text)
		for _, s := range o.Text {
			if utf8.RuneCountInString(s) > MaxChoice {
				c.wrong(field+".text", "at most %d characters", MaxChoice)
			}
		}
		if slices.ContainsFunc(a.Choices[:i], func(p Option) bool { return p.ID == o.ID }) {
			c.wrong(field+".id", "another choice has it")
		}
	}
}

func (c *checker) set(s *Set) {
	if len(s.Fields) > MaxSet || len(s.AddTags)+len(s.RemoveTags) > MaxSet {
		c.wrong("set", "at most %d fields, and as many tags", MaxSet)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Fields)) {
		field := "set.fields." + key
		if c.k.Field != nil && !c.k.Field(key) {
			c.wrong(field, "there is no such custom field")
		}
		c.value(field, s.Fields[key])
	}
	for _, tag := range slices.Concat(s.AddTags, s.RemoveTags) {
		if tag == "" || c.k.Tag != nil && !c.k.Tag(tag) {
			c.wrong("set.tags", "there is no tag %q", tag)
		}
	}
	if !slices.Contains([]string{"", "low", "normal", "high", "urgent"}, s.Priority) {
		c.wrong("set.priority", "is low, normal, high or urgent")
	}
	for field, text := range map[string]string{"set.title": s.Title, "set.name": s.Name, "set.email": s.Email, "set.label": s.Label, "set.score": s.Score, "set.comment": s.Comment} {
		c.value(field, text)
	}
	switch {
	case s.Score == "" && s.Comment != "":
		c.wrong("set.comment", "needs a score")
	case s.Score != "" && c.f.Use != Feedback:
		c.wrong("set.score", "is for feedback flows: nothing is resolved yet")
	}
}

func (c *checker) value(field, text string) {
	if utf8.RuneCountInString(text) > MaxText {
		c.wrong(field, "at most %d characters", MaxText)
	}
	c.placeholders(field, text)
}

func (c *checker) branch(b *Branch) {
	if len(b.Cases) == 0 || len(b.Cases) > MaxCases {
		c.wrong("branch.cases", "has 1 to %d", MaxCases)
	}
	for i, k := range b.Cases {
		field := fmt.Sprintf("branch.cases[%d].when", i)
		switch {
		case strings.TrimSpace(k.When) == "":
			c.wrong(field, "is missing")
		case len(k.When) > MaxCondition:
			c.wrong(field, "at most %d bytes", MaxCondition)
		case c.k.Condition != nil:
			if err := c.k.Condition(k.When); err != nil {
				c.wrong(field, "%v", err)
			}
		}
	}
}

func (c *checker) suggest(field string, s *Suggest) {
	c.value(field+".query", s.Query)
	c.text(field+".text", s.Text, false)
	c.text(field+".question", s.Question, false)
	if s.Limit < 0 || s.Limit > 5 {
		c.wrong(field+".limit", "is 1 to 5, or left out")
	}
	if !(s.Confidence >= 0 && s.Confidence <= 1) {
		c.wrong(field+".confidence", "is from 0 to 1")
	}
}

// safeName is what a header's name is made of.
var safeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// ours are headers that the call itself sets.
var ours = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Idempotency-Key"}

func (c *checker) call(s *Call) {
	if !slices.Contains([]string{"", http.MethodGet, http.MethodPost, http.MethodPut}, s.Method) {
		c.wrong("call.method", "is GET, POST or PUT")
	}
	if s.Body != "" && cmp.Or(s.Method, http.MethodGet) == http.MethodGet {
		c.wrong("call.body", "isn't sent with GET")
	}
	if len(s.URL) > MaxText || len(s.Body) > MaxBody {
		c.wrong("call", "at most %d bytes of address, and %d of body", MaxText, MaxBody)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s.URL), "https://"), "http://"), "/")
	u, err := url.Parse(placeholder.ReplaceAllString(s.URL, "x"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.Contains(host, "{{") {
		c.wrong("call.url", "is no address of the web whose host stands there as it is")
	}
	c.placeholders("call.url", s.URL)
	c.placeholders("call.body", s.Body)
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		field := "call.headers." + name
		if !safeName.MatchString(name) || slices.Contains(ours, http.CanonicalHeaderKey(name)) {
			c.wrong(field, "can't be set")
		}
		if strings.ContainsAny(s.Headers[name], "\r\n\x00") || len(s.Headers[name]) > MaxText {
			c.wrong(field, "has a line break, or is too long")
		}
		c.placeholders(field, s.Headers[name])
	}
	if s.Into != "" {
		c.named("call.into", s.Into)
	}
}

var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}`)

func (c *checker) run(s *Run) {
	if s.Function == "" || c.k.Function != nil && !c.k.Function(s.Function) {
		c.wrong("run.function", "the host has no function %q", s.Function)
	}
	for _, name := range slices.Sorted(maps.Keys(s.With)) {
		c.named("run.with", name)
		c.value("run.with."+name, s.With[name])
	}
	if s.Into != "" {
		c.named("run.into", s.Into)
	}
}

func (c *checker) handOff(field string, h *HandOff) {
	if field == "hand_off" && c.f.Use == Feedback {
		c.wrong(field, "isn't for feedback flows: reopen hands off, too")
	}
	c.text(field+".text", h.Text, false)
	n := 0
	for _, to := range []string{h.Queue, h.Group, h.Agent, h.Bot} {
		if to != "" {
			n++
		}
	}
	switch {
	case n > 1:
		c.wrong(field, "leads to more than one place")
	case field == "fallback" && h.Bot != "":
		c.wrong(field+".bot", "has to be a place where people are")
	case c.k.Target != nil:
		if err := c.k.Target(h); err != nil {
			c.wrong(field, "%v", err)
		}
	}
}

// unreachable doubts steps to which no way leads.
func (c *checker) unreachable() {
	seen := make([]bool, len(c.f.Steps))
	for todo := []int{0}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		for _, e := range c.f.exits(i) {
			if to, ok := c.places[e.to]; ok {
				todo = append(todo, to)
			}
		}
	}
	for i, reached := range seen {
		if !reached {
			c.at = c.f.Steps[i].ID
			c.doubt("id", "no way leads here")
		}
	}
	c.at = ""
}

// endless reports loops in which the end user is never asked anything: such a flow would
// run until a guard stops it.
func (c *checker) endless() {
	const white, grey, black = 0, 1, 2
	colour := make([]int, len(c.f.Steps))
	var visit func(i int)
	visit = func(i int) {
		colour[i] = grey
		for _, e := range c.f.exits(i) {
			to, ok := c.places[e.to]
			switch {
			case !ok || e.input:
			case colour[to] == grey:
				c.at = c.f.Steps[i].ID
				c.wrong(e.field, "leads back to %q, and nothing is asked in between", e.to)
			case colour[to] == white:
				visit(to)
			}
		}
		colour[i] = black
	}
	for i := range c.f.Steps {
		if colour[i] == white {
			visit(i)
		}
	}
	c.at = ""
}

// ParseNumber reads a number as people write it: 1.5 or 1,5.
func ParseNumber(s string) (v float64, ok bool) {
	s = strings.TrimSpace(s)
	if strings.Count(s, ",") == 1 && !strings.Contains(s, ".") {
		s = strings.Replace(s, ",", ".", 1)
	}
	if strings.ContainsAny(s, "xXpP_iInN") {
		return 0, false // hexadecimal, infinite and not a number
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}
