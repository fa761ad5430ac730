package flow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/frontdesk-go/frontdesk/internal/template"
)

// World is what a flow runs in: a ticket, or a script.
type World interface {
	// Value is what a placeholder stands for that isn't the flow's own, as user.name.
	// user.private is "true" of who is under full privacy, who is asked nothing personal.
	Value(name string) string
	// Holds says whether a condition is true now.
	Holds(ctx context.Context, condition string, s *State) (bool, error)
	// Do does what a step says. An error that is a *Failure is the step's own, and the
	// flow hands off; any other one ends Advance.
	Do(ctx context.Context, e Effect) error
}

// Failure is an error of a step.
type Failure struct{ Err error }

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// Effect is one thing that a flow does. One of its parts is set.
type Effect struct {
	Step    string // "" is a guard
	Say     *Message
	Set     *Change
	HandOff *HandOff // the flow is over
	Reopen  *HandOff // likewise
	Resolve bool     // likewise
	End     bool     // likewise: a feedback flow's
	Why     Guard    // of a hand-off that no step asked for
	// Err is what went wrong, with StepFailed.
	Err error
}

// Message is what is said.
type Message struct {
	Text     string
	Choices  []string
	Form     *Form     // nil: nothing is asked
	Articles []Article // that are shown with it
}

// Form is how an answer can be given.
type Form struct {
	Kind     Kind
	Min, Max string // of a number or a date; "" is no bound
	Skip     string // the one of the choices that doesn't answer; "": there is none
}

// Article is one that may answer.
type Article struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Snippet string `json:"snippet,omitempty"` // a piece of it that may answer
}

// Change is what a set step does, with its placeholders filled in.
type Change struct {
	Fields                              map[string]string
	AddTags, RemoveTags                 []string
	Label, Priority, Title, Name, Email string
	Score                               int // 1 to 5; 0: no rating
	Comment                             string
}

// String says what is set, in order of the names.
func (c *Change) String() string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(c.Fields)) {
		all = append(all, key+"="+c.Fields[key])
	}
	for _, tag := range c.AddTags {
		all = append(all, "+"+tag)
	}
	for _, tag := range c.RemoveTags {
		all = append(all, "-"+tag)
	}
	for _, p := range [][2]string{{"label", c.Label}, {"priority", c.Priority}, {"title", c.Title}, {"name", c.Name}, {"email", c.Email}, {"comment", c.Comment}} {
		if p[1] != "" {
			all = append(all, p[0]+"="+p[1])
		}
	}
	if c.Score > 0 {
		all = append(all, fmt.Sprint("score=", c.Score))
	}
	return strings.Join(all, " ")
}

// Input is what a flow was waiting for. Its zero value begins one.
type Input struct {
	Written *Written
	Result  *Result
	Late    bool // the end user said nothing in time
	// Person: the end user has asked for one by a button. Who writes it is understood, too.
	Person bool
}

// Written is what the end user wrote.
type Written struct {
	Text  string
	Files []string // ids of attachments
}

// Result is what came of an errand.
type Result struct {
	Err        error // it failed
	Articles   []Article
	Confidence float64 // of the first one, or of the answer
	Answer     string  // in words, from these articles; "" is none
	// Values are what a call or a function gave, by path; see [Flatten].
	Values map[string]string
}

// Machine runs a flow that was checked. It doesn't change, and may be used by several
// goroutines.
type Machine struct {
	f     *Flow
	index map[string]int
}

// New returns a machine for a flow. Problems that aren't warnings are a *CheckError.
func New(f *Flow) (*Machine, error) {
	ps := slices.DeleteFunc(f.Check(nil), func(p Problem) bool { return p.Warning })
	if len(ps) > 0 {
		return nil, &CheckError{Problems: ps}
	}
	return &Machine{f: f, index: f.places()}, nil
}

// CheckError says why a flow can't run.
type CheckError struct{ Problems []Problem }

func (e *CheckError) Error() string {
	s := "flow: " + e.Problems[0].String()
	if n := len(e.Problems) - 1; n > 0 {
		s += fmt.Sprintf(", and %d more", n)
	}
	return s
}

// Advance goes on with what was waited for until something has to be waited for again,
// or the flow is over. What doesn't fit the state changes nothing. On an error s is as
// it was.
func (m *Machine) Advance(ctx context.Context, s *State, in Input, w World) error {
	r := run{m: m, f: m.f, w: w, s: s.clone()}
	err := r.advance(ctx, in)
	if f, ok := errors.AsType[*Failure](err); ok {
		err = r.stop(ctx, StepFailed, f.Err)
	}
	if err == nil {
		*s = r.s
	}
	return err
}

// run is one call of Advance.
type run struct {
	m *Machine
	f *Flow
	w World
	s State
}

func (r *run) advance(ctx context.Context, in Input) error {
	to := ""
	switch s := &r.s; {
	case s.Waits == Over:
		return nil
	case in.Person || in.Written != nil && wantsPerson(in.Written.Text) && !r.offers(in.Written.Text):
		return r.stop(ctx, WantsPerson, nil)
	case s.Waits == Nothing:
		if in.Written != nil {
			s.Written = in.Written.Text
		}
		to = r.f.Steps[0].ID
	case s.Waits == ForAnswer && (in.Written != nil || in.Late):
		if in.Written != nil {
			s.Written = in.Written.Text
		}
		var err error
		if to, err = r.answered(ctx, in); err != nil {
			return err
		}
	case s.Waits == ForResult && in.Result != nil:
		s.Errand = nil
		var err error
		if to, err = r.returned(ctx, in.Result); err != nil {
			return err
		}
	case s.Waits == ForResult && in.Written != nil:
		s.Written = in.Written.Text
		return nil
	default:
		return nil
	}
	return r.walk(ctx, to)
}

// stay, as where a step leads, says that it waits.
const stay = ""

// walk takes steps until one has to wait.
func (r *run) walk(ctx context.Context, to string) error {
	for to != stay {
		i, ok := r.m.index[to]
		switch {
		case to == toResolved && r.f.Use == Feedback:
			return r.over(ctx, Effect{Step: r.s.Step, End: true})
		case to == toResolved:
			return r.over(ctx, Effect{Step: r.s.Step, Resolve: true})
		case to == toFallback:
			return r.stop(ctx, r.s.Why, nil)
		case !ok && r.f.Use == Feedback:
			return r.over(ctx, Effect{Step: r.s.Step, End: true})
		case !ok:
			return r.stop(ctx, FlowEnded, nil)
		case r.s.Executed == MaxExecuted:
			return r.stop(ctx, TooManySteps, nil)
		}
		r.s.Executed++
		r.s.Took = append(r.s.Took, to)
		r.s.Step, r.s.Tries, r.s.Waits, r.s.Why = to, 0, Nothing, ""
		var err error
		if to, err = r.step(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// over ends the flow with an effect.
func (r *run) over(ctx context.Context, e Effect) error {
	r.s.Waits, r.s.Errand = Over, nil
	return r.w.Do(ctx, e)
}

// stop hands off because of a guard. A feedback flow just ends, unless a person is wanted.
func (r *run) stop(ctx context.Context, why Guard, cause error) error {
	why = cmp.Or(why, FlowEnded)
	r.s.Why = why
	to := HandOff{}
	if r.f.Fallback != nil {
		to = *r.f.Fallback
	}
	if r.f.Use == Feedback && why != WantsPerson {
		to.Text = nil // it speaks of who takes over
	}
	if err := r.sayIf(ctx, r.s.Step, to.Text); err != nil {
		if _, own := errors.AsType[*Failure](err); !own {
			return err // what the fallback says can't be said: people are told, and he isn't
		}
	}
	switch {
	case r.f.Use == Feedback && why == WantsPerson:
		return r.over(ctx, Effect{Step: r.s.Step, Reopen: &to, Why: why})
	case r.f.Use == Feedback: // the matter is solved, and stays so
		return r.over(ctx, Effect{Step: r.s.Step, End: true, Why: why, Err: cause})
	}
	return r.over(ctx, Effect{Step: r.s.Step, HandOff: &to, Why: why, Err: cause})
}

// step does one step, and returns where it leads.
func (r *run) step(ctx context.Context, i int) (to string, err error) {
	s, next := &r.f.Steps[i], r.f.after(i)
	switch {
	case s.Say != nil:
		return next, r.say(ctx, s.Say.Text, Message{})
	case s.Ask != nil:
		if s.Ask.personal() && r.w.Value("user.private") == "true" {
			r.note(s, Answer{})
			return cmp.Or(s.Ask.SkipNext, next), nil
		}
		return r.wait(), r.ask(ctx, s.Ask)
	case s.Set != nil:
		return next, r.set(ctx, s.Set)
	case s.Branch != nil:
		return r.branch(ctx, s.Branch, next)
	case s.finds() != nil:
		return r.suggest(s.finds(), s.Answer != nil)
	case s.Call != nil:
		return r.call(s.Call)
	case s.Run != nil:
		a := &Arguments{Function: s.Run.Function}
		a.With, err = r.fillAll(s.Run.With)
		return r.errand(Errand{Run: a}), err
	case s.Confirm != nil:
		return r.wait(), r.say(ctx, orOwn(s.Confirm.Text, "solved"), r.yesOrNo())
	case s.HandOff != nil:
		return r.leave(ctx, s.HandOff, Effect{HandOff: s.HandOff})
	case s.Reopen != nil:
		return r.leave(ctx, &s.Reopen.HandOff, Effect{Reopen: &s.Reopen.HandOff})
	case s.Resolve != nil:
		if err := r.sayIf(ctx, s.ID, s.Resolve.Text); err != nil {
			return stay, err
		}
		return toResolved, nil
	}
	return toEnd, r.sayIf(ctx, s.ID, s.End.Text)
}

func (r *run) wait() string {
	r.s.Waits = ForAnswer
	return stay
}

func (r *run) errand(e Errand) string {
	r.s.Waits, r.s.Errand = ForResult, &e
	return stay
}

func (r *run) leave(ctx context.Context, h *HandOff, e Effect) (string, error) {
	if err := r.sayIf(ctx, r.s.Step, h.Text); err != nil {
		return stay, err
	}
	e.Step = r.s.Step
	return stay, r.over(ctx, e)
}

// sayIf says a text if there is one.
func (r *run) sayIf(ctx context.Context, step string, t Text) error {
	if len(t) == 0 {
		return nil
	}
	return r.say(ctx, t, Message{})
}

// say says a text in the language that serves best, with what m has besides.
func (r *run) say(ctx context.Context, t Text, m Message) error {
	chosen, _ := t.in(r.f.own(), r.s.Languages...)
	var err error
	if m.Text, err = r.fill(chosen); err != nil {
		return err
	}
	return r.w.Do(ctx, Effect{Step: r.s.Step, Say: &m})
}

func (r *run) set(ctx context.Context, s *Set) (err error) {
	c := Change{AddTags: s.AddTags, RemoveTags: s.RemoveTags, Priority: s.Priority}
	if c.Fields, err = r.fillAll(s.Fields); err != nil {
		return err
	}
	score := ""
	for to, text := range map[*string]string{&c.Label: s.Label, &c.Title: s.Title, &c.Name: s.Name, &c.Email: s.Email, &score: s.Score, &c.Comment: s.Comment} {
		if *to, err = r.fillGiven(text); err != nil {
			return err
		}
	}
	if score != "" {
		if c.Score, err = strconv.Atoi(score); err != nil || c.Score < 1 || c.Score > 5 {
			return &Failure{Err: fmt.Errorf("a rating is from 1 to 5, and not %q", score)}
		}
	}
	return r.w.Do(ctx, Effect{Step: r.s.Step, Set: &c})
}

func (r *run) branch(ctx context.Context, b *Branch, next string) (string, error) {
	for _, c := range b.Cases {
		yes, err := r.w.Holds(ctx, c.When, &r.s)
		if err != nil {
			return stay, err
		}
		if yes {
			return c.Next, nil
		}
	}
	return next, nil
}

func (r *run) suggest(s *Suggest, answer bool) (string, error) {
	text := r.s.Written
	if s.Query != "" {
		var err error
		if text, err = r.fill(s.Query); err != nil {
			return stay, err
		}
	}
	return r.errand(Errand{Search: &Search{Text: text, Limit: cmp.Or(s.Limit, 3), Answer: answer}}), nil
}

// call fills in what is asked of another system: what stands for a placeholder can
// leave neither its place in the address nor the quotes that it stands in.
func (r *run) call(c *Call) (string, error) {
	q := &Request{Method: cmp.Or(c.Method, "GET")}
	var err error
	up := false
	q.URL, err = r.fillBy(c.URL, func(v string) string {
		up = up || v == "." || v == ".." // would be another address
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	})
	if up {
		err = &Failure{Err: fmt.Errorf("a value of the address %s leads up in it", c.URL)}
	}
	if err != nil {
		return stay, err
	}
	if q.Body, err = r.fillBy(c.Body, inJSON); err != nil {
		return stay, err
	}
	q.Headers = maps.Clone(c.Headers)
	for name, v := range q.Headers {
		if q.Headers[name], err = r.fillBy(v, oneLine); err != nil {
			return stay, err
		}
	}
	return r.errand(Errand{Call: q}), nil
}

// fill fills in placeholders. One that has neither a value nor a default is a *Failure.
func (r *run) fill(text string) (string, error) {
	return r.fillBy(text, func(v string) string { return v })
}

func (r *run) fillBy(text string, escape func(string) string) (string, error) {
	t, err := template.Parse(text)
	if err == nil {
		text, err = t.Render(template.Text, func(name string) string { return escape(r.value(name)) })
	}
	if err != nil {
		return "", &Failure{Err: err}
	}
	return text, nil
}

// fillGiven fills in a value. One that needs an answer which was asked for, and wasn't
// given, comes out empty.
func (r *run) fillGiven(text string) (string, error) {
	filled, err := r.fill(text)
	if u, ok := errors.AsType[*template.UnresolvedError](err); ok && !slices.ContainsFunc(u.Names, func(name string) bool { return !r.skipped(name) }) {
		return "", nil
	}
	return filled, err
}

// skipped says whether a placeholder is an answer that wasn't given.
func (r *run) skipped(name string) bool {
	rest, ok := strings.CutPrefix(name, "answer.")
	if ok {
		_, ok = r.s.Answers[rest]
	}
	return ok
}

func (r *run) fillAll(texts map[string]string) (map[string]string, error) {
	out := maps.Clone(texts)
	for k, text := range texts {
		var err error
		if out[k], err = r.fillGiven(text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// value is what a placeholder stands for.
func (r *run) value(name string) string {
	if rest, ok := strings.CutPrefix(name, "answer."); ok {
		return r.shown(rest)
	}
	if rest, ok := strings.CutPrefix(name, "response."); ok {
		return r.s.Responses[rest]
	}
	return r.w.Value(name)
}
