package flow

import (
	"cmp"
	"fmt"
)

// exit is a way out of a step.
type exit struct {
	why   string // when it is taken; "" always
	field string // that says so
	to    string // id of a step, or one of those below
	input bool   // the end user has written something before
}

// Where steps lead that lead to no step. No id of a step begins so.
const (
	toEnd      = "*end"
	toFallback = "*fallback"
	toResolved = "*resolved"
)

// exits are the ways out of the step at i, as far as the flow says; guards come on top.
func (f *Flow) exits(i int) (es []exit) {
	s := &f.Steps[i]
	next := f.after(i)
	switch {
	case s.Ask != nil:
		return s.Ask.exits(next)
	case s.Branch != nil:
		for n, c := range s.Branch.Cases {
			es = append(es, exit{why: c.When, field: fmt.Sprintf("branch.cases[%d].next", n), to: c.Next})
		}
		return append(es, exit{why: "otherwise", field: "next", to: next})
	case s.finds() != nil:
		x, name := s.finds(), "suggest"
		if s.Answer != nil {
			name = "answer"
		}
		return []exit{{"helped", name + ".helped", cmp.Or(x.Helped, next), true}, {"didn't help", name + ".unhelpful", cmp.Or(x.Unhelpful, next), true},
			{"no article fits", name + ".none", cmp.Or(x.None, next), false}}
	case s.Call != nil:
		return []exit{{"answered", "next", next, false}, {"failed", "call.failed", cmp.Or(s.Call.Failed, toFallback), false}}
	case s.Run != nil:
		return []exit{{"done", "next", next, false}, {"failed", "run.failed", cmp.Or(s.Run.Failed, toFallback), false}}
	case s.Confirm != nil:
		x := s.Confirm
		return []exit{{"yes", "confirm.yes", cmp.Or(x.Yes, toResolved), true}, {"no", "confirm.no", cmp.Or(x.No, toFallback), true},
			{"no answer in time", "confirm.expired", cmp.Or(x.Expired, toFallback), true}} // which takes its time, too
	case s.End != nil:
		return []exit{{field: "next", to: toEnd}}
	case s.HandOff != nil, s.Resolve != nil, s.Reopen != nil:
		return nil
	}
	return []exit{{field: "next", to: next}}
}

func (a *Ask) exits(next string) (es []exit) {
	normal := false
	for i, o := range a.Choices {
		es = append(es, exit{o.ID, fmt.Sprintf("ask.choices[%d].next", i), cmp.Or(o.Next, next), true})
	}
	switch a.As {
	case Choice:
	case YesNo:
		es = append(es, exit{"yes", "ask.yes", cmp.Or(a.Yes, next), true}, exit{"no", "ask.no", cmp.Or(a.No, next), true})
	default:
		normal = true
	}
	if normal {
		es = append(es, exit{"", "next", next, true})
	}
	if len(a.Skip) > 0 {
		es = append(es, exit{"skipped", "ask.skip_next", cmp.Or(a.SkipNext, next), true})
	}
	if a.personal() {
		field := "next"
		if a.SkipNext != "" {
			field = "ask.skip_next"
		}
		es = append(es, exit{"under full privacy", field, cmp.Or(a.SkipNext, next), false})
	}
	return append(es, exit{"no answer that will do", "ask.failed", cmp.Or(a.Failed, toFallback), true})
}

// after is where the step at i leads if nothing else is said.
func (f *Flow) after(i int) string {
	switch {
	case f.Steps[i].Next != "":
		return f.Steps[i].Next
	case i+1 < len(f.Steps):
		return f.Steps[i+1].ID
	}
	return toEnd
}

// places says where each step is, the first of those with the same id.
func (f *Flow) places() map[string]int {
	at := make(map[string]int, len(f.Steps))
	for i := range f.Steps {
		if _, there := at[f.Steps[i].ID]; !there {
			at[f.Steps[i].ID] = i
		}
	}
	return at
}
