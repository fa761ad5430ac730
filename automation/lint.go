package automation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// MaxFindings is how many findings Lint gives.
const MaxFindings = 1_000

// Finding is something about rules that is wrong, or is likely not meant.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	Rules    []string    `json:"rules"` // ids; the one to change last
	Text     string      `json:"text"`  // a sentence, which calls rules by their names
	Names    *Reference  `json:"names,omitempty"`
}

// FindingKind is a kind of finding.
type FindingKind string

// The kinds of findings.
const (
	FoundBroken    FindingKind = "broken"     // the condition can't be used any more
	FoundMissing   FindingKind = "missing"    // it names something that isn't there
	FoundNever     FindingKind = "never"      // the condition can't be true
	FoundAlways    FindingKind = "always"     // the condition can't be false
	FoundUnreached FindingKind = "unreached"  // an earlier rule ends the pass whenever its own condition is true
	FoundOverwrite FindingKind = "overwrites" // two rules set the same, of which the later one is skipped
	FoundMore      FindingKind = "more"       // there is more than what is listed
)

// Severity is how bad a finding is.
type Severity string

// The severities.
const (
	Wrong    Severity = "error"   // the rule, or an action of it, does nothing
	Doubtful Severity = "warning" // it does what it says, which is hardly meant
	Remark   Severity = "note"
)

// Reference is something that a rule names.
type Reference struct {
	Kind RefKind `json:"kind"`
	ID   string  `json:"id"`
}

// RefKind is a kind of things that rules name.
type RefKind string

// The kinds of things that rules name.
const (
	RefAgent    RefKind = "agent"
	RefGroup    RefKind = "group"
	RefQueue    RefKind = "queue"
	RefBot      RefKind = "bot"
	RefApp      RefKind = "app"
	RefTag      RefKind = "tag"
	RefField    RefKind = "field"
	RefReply    RefKind = "quick reply"
	RefCalendar RefKind = "calendar"
	RefFunction RefKind = "function" // of the host, which actions call
)

// Lint looks for what is wrong with the rules of a list, in its order: conditions that
// can't be used, can't be true, or can't be false, things that aren't there, rules that
// an earlier one always stops, and pairs of rules of which the later one's action is
// skipped where both are true. It says only what the needs of conditions prove. Rules
// that are off are left out. there says whether a thing is there, and may be asked of one
// several times; a host function in a condition is a name of env.
func Lint[S any](env *condition.Env[S], rules []*Rule, there func(Reference) bool) []Finding {
	l := &linter[S]{env: env, there: there}
	for place, r := range rules {
		if !r.Off {
			l.alone(place, r)
		}
	}
	l.unreached()
	l.overwrites()
	if len(l.found) > MaxFindings {
		l.found = append(l.found[:MaxFindings], Finding{Kind: FoundMore, Severity: Remark, Rules: []string{},
			Text: fmt.Sprintf("There is more than these %d findings: mend some of them, and ask again.", MaxFindings)})
	}
	return l.found
}

type linter[S any] struct {
	env   *condition.Env[S]
	there func(Reference) bool
	rules []*linted[S]
	found []Finding
}

// linted is a rule whose condition can be used and can be true.
type linted[S any] struct {
	*Rule
	place int
	whole *condition.Condition[S] // with what its trigger and its apps ask for
}

func (l *linter[S]) say(kind FindingKind, severity Severity, ref *Reference, text string, rules ...*Rule) {
	f := Finding{Kind: kind, Severity: severity, Text: text, Names: ref}
	for _, r := range rules {
		f.Rules = append(f.Rules, r.ID)
	}
	l.found = append(l.found, f)
}

// alone looks at what can be seen of a rule by itself.
func (l *linter[S]) alone(place int, r *Rule) {
	l.references(r)
	own, err := l.env.Compile(cmp.Or(strings.TrimSpace(r.When), "true"))
	if err != nil {
		l.say(FoundBroken, Wrong, nil, fmt.Sprintf("Rule %q never runs: its condition can't be used: %v.", r.Name, err), r)
		return
	}
	l.mentioned(r, own.Reads())
	whole, err := l.env.Compile(r.source())
	switch {
	case err != nil:
		l.say(FoundBroken, Wrong, nil, fmt.Sprintf("Rule %q never runs: its condition and its trigger together can't be used: %v.", r.Name, err), r)
		return
	case own.Never():
		l.say(FoundNever, Wrong, nil, fmt.Sprintf("Rule %q never runs: its condition contradicts itself.", r.Name), r)
		return
	case whole.Never():
		l.say(FoundNever, Wrong, nil, fmt.Sprintf("Rule %q never runs: its condition contradicts its trigger or its apps.", r.Name), r)
		return
	case own.Always() && strings.TrimSpace(r.When) != "" && strings.TrimSpace(r.When) != "true":
		l.say(FoundAlways, Remark, nil, fmt.Sprintf("The condition of rule %q is always true: it can be left out.", r.Name), r)
	}
	l.rules = append(l.rules, &linted[S]{r, place, whole})
}

// need reports what isn't there.
func (l *linter[S]) need(r *Rule, severity Severity, where string, kind RefKind, ids ...string) {
	for _, id := range ids {
		if ref := (Reference{kind, id}); id != "" && !l.there(ref) {
			l.say(FoundMissing, severity, &ref, fmt.Sprintf("%s of rule %q names the %s %q, which isn't there.", where, r.Name, kind, id), r)
		}
	}
}

// references looks for what trigger, apps and actions name.
func (l *linter[S]) references(r *Rule) {
	l.need(r, Doubtful, "The scope", RefApp, r.Apps...)
	l.need(r, Doubtful, "The trigger", RefField, r.On.Fields...)
	l.need(r, Wrong, "The trigger", RefField, r.On.Field)
	l.need(r, Wrong, "The trigger", RefCalendar, r.On.Calendar)
	for i := range r.Do {
		a, where := &r.Do[i], fmt.Sprintf("Action %d", i+1)
		l.need(r, Wrong, where, RefReply, a.QuickReply)
		l.need(r, Wrong, where, RefGroup, a.Groups...)
		switch a.Do {
		case ticket.DoAssign, ticket.DoAssignAvailable:
			l.need(r, Wrong, where, RefAgent, a.To)
			l.need(r, Wrong, where, RefQueue, a.Else)
		case ticket.DoAssignGroup:
			l.need(r, Wrong, where, RefGroup, a.To)
		case ticket.DoAssignQueue, ticket.DoEscalate:
			l.need(r, Wrong, where, RefQueue, a.To)
		case ticket.DoAssignBot:
			l.need(r, Wrong, where, RefBot, a.To)
		case ticket.DoField:
			l.need(r, Wrong, where, RefField, a.To)
		case ticket.DoAddTags, ticket.DoRemoveTags:
			l.need(r, Wrong, where, RefTag, a.Tags...)
		case DoCall:
			l.need(r, Wrong, where, RefFunction, a.To)
		case DoNotify:
			l.need(r, Wrong, where, RefAgent, slices.DeleteFunc(slices.Clone(a.Agents), func(id string) bool { return id == "assignee" })...)
		}
	}
}

// kindOf is what the values of a name in conditions name, "" if nothing.
func kindOf(name string) RefKind {
	switch strings.TrimPrefix(strings.TrimPrefix(name, "ticket."), "previous.") {
	case "queue":
		return RefQueue
	case "assignee", "last_agent", "followers", "message.agent":
		return RefAgent
	case "group", "assignee.groups":
		return RefGroup
	case "bot":
		return RefBot
	case "app":
		return RefApp
	case "tags":
		return RefTag
	}
	return ""
}

// mentioned looks for fields that the condition reads, which may be archived, and for
// what it compares ids with.
func (l *linter[S]) mentioned(r *Rule, reads []string) {
	if strings.TrimSpace(r.When) == "" {
		return
	}
	for _, name := range reads {
		if prefix, key, _ := strings.Cut(name, "."); prefix == "field" || prefix == "previous_field" {
			l.need(r, Doubtful, "The condition", RefField, key)
		}
	}
	s, err := l.env.Sketch(r.When)
	if err != nil {
		return // it was compiled, so this doesn't happen
	}
	var walk func(s condition.Sketch)
	walk = func(s condition.Sketch) {
		for _, p := range s.Parts {
			walk(p)
		}
		switch s.Op {
		case "==", "!=", "in", "not in":
			name, other := s.Left, s.Right
			if name.Name == "" {
				name, other = other, name
			}
			if kind := kindOf(name.Name); kind != "" {
				l.need(r, Doubtful, "The condition", kind, texts(other)...)
			}
		}
	}
	walk(s)
}

// texts are the literal texts of a term.
func texts(t condition.Term) (out []string) {
	for _, item := range append(t.Items, t) {
		if item.Value != nil && item.Value.Type == condition.Text {
			out = append(out, item.Value.Text)
		}
	}
	return out
}
