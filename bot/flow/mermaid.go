package flow

import (
	"fmt"
	"strings"
)

// Mermaid draws the flow as a chart in Mermaid's language.
func (f *Flow) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ends, places := map[string]bool{}, f.places()
	for i := range f.Steps {
		s := &f.Steps[i]
		open, end := s.shape()
		fmt.Fprintf(&b, "  s%d%s\"%s\"%s\n", i, open, quoted(s.ID+": "+f.brief(s)), end)
	}
	for i := range f.Steps {
		for _, e := range f.exits(i) {
			to, why := "", ""
			switch at, ok := places[e.to]; {
			case ok:
				to = fmt.Sprint("s", at)
			case e.to == toFallback:
				to = "person"
			case e.to == toResolved:
				to = "solved"
			case e.to == toEnd:
				to = "over"
			default:
				to = "missing"
			}
			if _, isStep := places[e.to]; !isStep {
				ends[to] = true
			}
			if e.why != "" {
				why = fmt.Sprintf("|\"%s\"|", quoted(e.why))
			}
			fmt.Fprintf(&b, "  s%d -->%s %s\n", i, why, to)
		}
	}
	for _, end := range [][2]string{{"missing", "no such step"}, {"over", "end"}, {"person", "a person"}, {"solved", "resolved"}} {
		if ends[end[0]] {
			fmt.Fprintf(&b, "  %s([\"%s\"])\n", end[0], end[1])
		}
	}
	return b.String()
}

// shape is how a step is drawn: what asks slanted, what decides as a rhombus, what
// ends the flow round.
func (s *Step) shape() (open, end string) {
	switch {
	case s.Ask != nil, s.finds() != nil, s.Confirm != nil:
		return "[/", "/]"
	case s.Branch != nil:
		return "{", "}"
	case s.Call != nil, s.Run != nil:
		return "[[", "]]"
	case s.HandOff != nil, s.Resolve != nil, s.Reopen != nil, s.End != nil:
		return "([", "])"
	}
	return "[", "]"
}

// brief says in a few words what a step does.
func (f *Flow) brief(s *Step) string {
	said := func(verb string, t Text) string {
		text, _ := t.in(f.own())
		if r := []rune(strings.Join(strings.Fields(text), " ")); len(r) > 50 {
			return verb + " " + string(r[:49]) + "…"
		} else if len(r) > 0 {
			return verb + " " + string(r)
		}
		return verb
	}
	switch {
	case s.Say != nil:
		return said("say", s.Say.Text)
	case s.Ask != nil:
		return said("ask for "+string(s.Ask.As), s.Ask.Text)
	case s.Set != nil:
		return "set"
	case s.Branch != nil:
		return "branch"
	case s.Answer != nil:
		return said("answer", s.Answer.Text)
	case s.Suggest != nil:
		return said("suggest articles", s.Suggest.Text)
	case s.Call != nil:
		return "call " + s.Call.URL
	case s.Run != nil:
		return "run " + s.Run.Function
	case s.HandOff != nil:
		return "hand off" + s.HandOff.where()
	case s.Resolve != nil:
		return said("resolve", s.Resolve.Text)
	case s.Confirm != nil:
		return said("is it solved?", s.Confirm.Text)
	case s.Reopen != nil:
		return "reopen, and hand off" + s.Reopen.where()
	case s.End != nil:
		return said("end", s.End.Text)
	}
	return "nothing"
}

func (h *HandOff) where() string {
	for _, to := range [][2]string{{" to queue ", h.Queue}, {" to group ", h.Group}, {" to agent ", h.Agent}, {" to bot ", h.Bot}} {
		if to[1] != "" {
			return to[0] + to[1]
		}
	}
	return ""
}

// quoted makes a text fit for Mermaid's quotes.
func quoted(s string) string {
	return strings.NewReplacer(`#`, "#35;", `"`, "#quot;", "\n", " ", "\r", " ", "<", "#lt;", ">", "#gt;", "`", "#96;").Replace(s)
}
