package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Script is what happens to a flow in a simulation.
type Script struct {
	Languages []string          // the end user's, the dearest first
	Values    map[string]string // of placeholders and conditions, as user.name and ticket.priority
	// First is what the end user wrote before the flow began.
	First string
	// Turns are what he does whenever the flow waits for him. When they are over, so is
	// the simulation.
	Turns []Turn
	// What is asked outside of the desk; nil finds no article, and lets calls and functions
	// fail.
	Search func(Search) (found []Article, confidence float64)
	// Answer answers in words; nil: answer steps show what Search finds.
	Answer func(Search) (text string, from []Article, confidence float64)
	Call   func(Request) (json []byte, err error)
	Run    func(Arguments) (map[string]string, error)
	// Holds, if it isn't nil, decides about conditions. Otherwise they are looked at with the
	// flow's answers and responses, and Values: true, 12, 2026-11-30T09:00:00Z, and lists with
	// blanks in between. Fields are texts.
	Holds func(condition string) (bool, error)
}

// Turn is one thing that an end user does.
type Turn struct {
	Says   string
	Files  []string // ids of what he attaches
	Late   bool     // he says nothing in time
	Person bool     // he presses the button for a person
}

// Says makes turns of what an end user writes.
func Says(texts ...string) []Turn {
	ts := make([]Turn, len(texts))
	for i, s := range texts {
		ts[i] = Turn{Says: s}
	}
	return ts
}

// Line is something that happened in a simulation: a turn of the end user, or an effect.
type Line struct {
	Turn   *Turn
	Effect *Effect
}

// Transcript is what happened, in order, and where the flow is at the end.
type Transcript struct {
	Lines []Line
	State State
}

// String writes it as a conversation, for tests: a line for each message, with its choices,
// and what was done in brackets.
func (t *Transcript) String() string {
	var b strings.Builder
	for _, l := range t.Lines {
		switch e := l.Effect; {
		case e == nil:
			b.WriteString("> " + l.Turn.String() + "\n")
		case e.Say != nil:
			b.WriteString(e.Say.String() + "\n")
		default:
			fmt.Fprintf(&b, "[%s]\n", e)
		}
	}
	switch t.State.Waits {
	case ForAnswer:
		b.WriteString("…\n")
	case ForResult:
		b.WriteString("[waits for what it asked outside]\n")
	}
	return b.String()
}

// String is what he writes, or what he does in brackets.
func (t *Turn) String() string {
	switch {
	case t.Late:
		return "(nothing)"
	case t.Person:
		return "(wants a person)"
	case len(t.Files) > 0:
		return strings.TrimSpace(t.Says + " (" + strings.Join(t.Files, ", ") + ")")
	}
	return t.Says
}

// String writes a message with what can be picked.
func (m *Message) String() string {
	s := m.Text
	for _, a := range m.Articles {
		s += "\n  * " + a.Title
	}
	if len(m.Choices) > 0 {
		s += " [" + strings.Join(m.Choices, " | ") + "]"
	}
	return s
}

// String says in a few words what is done.
func (e *Effect) String() string {
	why := ""
	if e.Why != "" {
		why = ": " + string(e.Why)
	}
	if e.Err != nil {
		why += ": " + e.Err.Error()
	}
	switch {
	case e.Say != nil:
		return "say " + e.Say.Text
	case e.Set != nil:
		return "set " + e.Set.String()
	case e.HandOff != nil:
		return "hand off" + e.HandOff.where() + why
	case e.Reopen != nil:
		return "reopen" + e.Reopen.where() + why
	case e.Resolve:
		return "resolve"
	}
	return "end" + why
}

// Simulate runs a flow against a script, without a desk. Errors: *CheckError, those of
// conditions, and ctx's.
func Simulate(ctx context.Context, f *Flow, s Script) (*Transcript, error) {
	m, err := New(f)
	if err != nil {
		return nil, err
	}
	w := &stage{script: &s, t: &Transcript{}}
	if s.Holds == nil {
		env, err := scripted(f, s.Values)
		if err != nil {
			return nil, fmt.Errorf("simulate: %w", err)
		}
		w.holds = func(when string, st *State) (bool, error) {
			c, err := env.Compile(when)
			return err == nil && c.Match(st), err
		}
	} else {
		w.holds = func(when string, _ *State) (bool, error) { return s.Holds(when) }
	}
	st := &w.t.State
	st.Languages = s.Languages
	in := Input{}
	if s.First != "" {
		in.Written = &Written{Text: s.First}
	}
	for {
		if err := m.Advance(ctx, st, in, w); err != nil {
			return nil, fmt.Errorf("simulate: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch {
		case st.Waits == Over:
			return w.t, nil
		case st.Waits == ForResult:
			in = Input{Result: w.ask(st.Errand)}
		case len(s.Turns) == 0:
			return w.t, nil
		default:
			turn := s.Turns[0]
			s.Turns = s.Turns[1:]
			w.t.Lines = append(w.t.Lines, Line{Turn: &turn})
			in = Input{Late: turn.Late, Person: turn.Person}
			if !turn.Late && !turn.Person {
				in.Written = &Written{Text: turn.Says, Files: turn.Files}
			}
		}
	}
}

// stage is the world of a simulation.
type stage struct {
	script *Script
	t      *Transcript
	holds  func(string, *State) (bool, error)
}

func (w *stage) Value(name string) string { return w.script.Values[name] }

func (w *stage) Holds(_ context.Context, when string, s *State) (bool, error) {
	return w.holds(when, s)
}

func (w *stage) Do(_ context.Context, e Effect) error {
	w.t.Lines = append(w.t.Lines, Line{Effect: &e})
	return nil
}

// errNotThere is why something fails that a script doesn't have.
var errNotThere = errors.New("the script has no answer")

func (w *stage) ask(e *Errand) (r *Result) {
	r = &Result{Err: errNotThere}
	switch {
	case e.Search != nil && e.Search.Answer && w.script.Answer != nil:
		r.Err = nil
		r.Answer, r.Articles, r.Confidence = w.script.Answer(*e.Search)
	case e.Search != nil:
		r.Err = nil
		if w.script.Search != nil {
			r.Articles, r.Confidence = w.script.Search(*e.Search)
		}
	case e.Call != nil && w.script.Call != nil:
		var b []byte
		if b, r.Err = w.script.Call(*e.Call); r.Err == nil {
			r.Values, r.Err = Flatten(b)
		}
	case e.Run != nil && w.script.Run != nil:
		r.Values, r.Err = w.script.Run(*e.Run)
	}
	return r
}
