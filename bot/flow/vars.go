package flow

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// ownName finds the flow's own names in conditions.
var ownName = regexp.MustCompile(`\b(response|response_number)\.([a-z][a-z0-9_]*)`)

// Vars are the names of a flow in its conditions, over S: answer.NAME, which is a text, a
// number or a date as the question says; of a response response.NAME_path, which is a
// text, and response_number.NAME_path, which isn't set where that is no number.
func Vars[S any](f *Flow, of func(S) *State) (vars []condition.Var[S]) {
	var seen []string
	add := func(v condition.Var[S]) {
		if !slices.Contains(seen, v.Name) {
			seen = append(seen, v.Name)
			vars = append(vars, v)
		}
	}
	for i := range f.Steps {
		s := &f.Steps[i]
		if s.Ask != nil {
			add(answerVar(s.Ask, cmp.Or(s.Ask.Into, s.ID), of))
		}
		if s.Branch == nil {
			continue
		}
		for _, c := range s.Branch.Cases {
			for _, m := range ownName.FindAllStringSubmatch(c.When, -1) {
				path := m[2]
				if m[1] == "response" {
					add(condition.Var[S]{Name: m[0], Text: func(x S) string { return of(x).Responses[path] }})
				} else {
					add(condition.Var[S]{Name: m[0], Number: func(x S) (float64, bool) {
						v, err := strconv.ParseFloat(of(x).Responses[path], 64)
						return v, err == nil
					}})
				}
			}
		}
	}
	return vars
}

func answerVar[S any](a *Ask, name string, of func(S) *State) condition.Var[S] {
	v := condition.Var[S]{Name: "answer." + name}
	value := func(x S) string { return of(x).Answers[name].Value }
	switch a.As {
	case Number:
		v.Number = func(x S) (float64, bool) {
			n, err := strconv.ParseFloat(value(x), 64)
			return n, err == nil
		}
	case Date:
		v.Time = func(x S) time.Time {
			t, _ := time.Parse(time.DateOnly, value(x)) // none is the zero time
			return t
		}
	default:
		v.Text = value
		for _, o := range a.Choices {
			v.Values = append(v.Values, o.ID)
		}
		if a.As == YesNo {
			v.Values = []string{"yes", "no"}
		}
	}
	return v
}

// givenName finds names of what a flow runs in.
var givenName = regexp.MustCompile(`\b(?:ticket|field|user|attribute|app|time)\.[a-z][a-z0-9_]*`)

// What of these isn't a text, in a simulation; fields are all texts there.
const (
	truths  = " user.known user.private user.email_proven ticket.open ticket.snoozed ticket.incomplete time.business "
	numbers = " ticket.number ticket.reopened ticket.inbound time.hour "
	moments = " time.opens ticket.created ticket.updated ticket.waiting_since ticket.first_assigned ticket.first_response ticket.last_agent_message" +
		" ticket.last_end_user_message ticket.silent_since ticket.touched ticket.resolved ticket.due "
	lists = " ticket.tags ticket.followers ticket.links "
)

// scripted are the names of a simulation: the flow's, and those that its conditions have
// besides.
func scripted(f *Flow, values map[string]string) (*condition.Env[*State], error) {
	vars := Vars(f, func(s *State) *State { return s })
	var seen []string
	for i := range f.Steps {
		if f.Steps[i].Branch == nil {
			continue
		}
		for _, c := range f.Steps[i].Branch.Cases {
			for _, name := range givenName.FindAllString(c.When, -1) {
				if !slices.Contains(seen, name) {
					seen = append(seen, name)
					vars = append(vars, givenVar(name, values[name]))
				}
			}
		}
	}
	return condition.NewEnv(vars...)
}

// givenVar is a name of a simulation, whose value is written: true, 12, 2026-11-30T09:00:00Z,
// or "a b" where it is a list.
func givenVar(name, value string) condition.Var[*State] {
	v := condition.Var[*State]{Name: name}
	is := func(kind string) bool { return strings.Contains(kind, " "+name+" ") }
	switch {
	case is(truths):
		v.Bool = func(*State) (on, set bool) { return value == "true", value != "" }
	case is(numbers):
		n, err := strconv.ParseFloat(value, 64)
		v.Number = func(*State) (float64, bool) { return n, err == nil }
	case is(moments):
		at, _ := time.Parse(time.RFC3339, value) // none is the zero time
		v.Time = func(*State) time.Time { return at }
	case is(lists):
		v.Texts = func(*State) []string { return strings.Fields(value) }
	default:
		v.Text = func(*State) string { return value }
	}
	return v
}
