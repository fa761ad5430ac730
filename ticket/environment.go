package ticket

import (
	"slices"
	"time"

	"github.com/frontdesk-go/frontdesk/internal/condition"
)

// ConditionError says where a filter is wrong, and what is allowed there.
type ConditionError = condition.Error

// Vars are the names of a ticket and of its custom fields in conditions over S:
// prefix.status and so on, and fieldPrefix.KEY. A filter of a view has "ticket" and
// "field".
//
//	status open queue assignee bot group tags label app platform channel language
//	priority title number end_user followers last_agent links reopened inbound
//	snoozed incomplete created updated waiting_since first_assigned first_response
//	last_agent_message last_end_user_message silent_since touched resolved due due_state
//
// assignee, followers and last_agent hold ids of agents, bot that of the bot who has
// the ticket. Priorities are below and above each other; no priority is neither.
// Archived fields have names, too. silent_since is [Ticket.SilentSince], touched is
// [Ticket.TouchedAt].
// due is the next due moment of the service policy, and due_state how that stands: ok,
// at_risk or breached.
func Vars[S any](prefix, fieldPrefix string, of func(S) *Ticket, fields []*Field) []condition.Var[S] {
	v := naming[S]{prefix: prefix + ".", of: of}
	v.texts()
	v.text("status", func(t *Ticket) string { return string(t.Status) }).Values = enum(Statuses())
	v.truth("open", func(t *Ticket) bool { return t.Status.Open() })
	v.truth("snoozed", func(t *Ticket) bool { return t.Snoozed != nil })
	v.truth("incomplete", func(t *Ticket) bool { return t.Incomplete })
	priority := v.text("priority", func(t *Ticket) string { return string(t.Priority) })
	priority.Values, priority.Ranked = enum([]Priority{Low, Normal, High, Urgent}), true
	v.list("tags", foldedTags).Fold = foldTag
	v.list("followers", func(t *Ticket) []string { return t.Followers })
	v.list("links", linkedTickets)
	v.number("number", func(t *Ticket) float64 { return float64(t.Number) })
	v.number("reopened", func(t *Ticket) float64 { return float64(t.Reopened) })
	v.number("inbound", func(t *Ticket) float64 { return float64(t.Counts.Inbound) })
	v.moments()
	for _, f := range fields {
		v.vars = append(v.vars, fieldVar(fieldPrefix+"."+f.Key, f, of))
	}
	return v.vars
}

// enum are the texts of a type.
func enum[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return out
}

// naming collects declarations.
type naming[S any] struct {
	prefix string
	of     func(S) *Ticket
	vars   []condition.Var[S]
}

func (n *naming[S]) add(v condition.Var[S]) *condition.Var[S] {
	v.Name = n.prefix + v.Name
	n.vars = append(n.vars, v)
	return &n.vars[len(n.vars)-1]
}

func (n *naming[S]) text(name string, get func(*Ticket) string) *condition.Var[S] {
	of := n.of
	return n.add(condition.Var[S]{Name: name, Text: func(s S) string { return get(of(s)) }})
}

func (n *naming[S]) list(name string, get func(*Ticket) []string) *condition.Var[S] {
	of := n.of
	return n.add(condition.Var[S]{Name: name, Texts: func(s S) []string { return get(of(s)) }})
}

func (n *naming[S]) truth(name string, get func(*Ticket) bool) {
	of := n.of
	n.add(condition.Var[S]{Name: name, Bool: func(s S) (bool, bool) { return get(of(s)), true }})
}

func (n *naming[S]) number(name string, get func(*Ticket) float64) {
	of := n.of
	n.add(condition.Var[S]{Name: name, Number: func(s S) (float64, bool) { return get(of(s)), true }})
}

func (n *naming[S]) texts() {
	n.text("queue", func(t *Ticket) string { return t.Queue })
	n.text("assignee", (*Ticket).agent)
	n.text("bot", (*Ticket).bot)
	n.text("group", func(t *Ticket) string { return t.Group })
	n.text("label", (*Ticket).label)
	n.text("app", func(t *Ticket) string { return t.App })
	n.text("platform", func(t *Ticket) string { return t.Platform })
	n.text("channel", func(t *Ticket) string { return t.Channel })
	n.text("language", func(t *Ticket) string { return t.Language })
	n.text("title", func(t *Ticket) string { return t.Title })
	n.text("end_user", func(t *Ticket) string { return t.EndUser })
	n.text("due_state", func(t *Ticket) string { return string(t.dueState()) }).Values = enum([]DueState{DueOK, DueAtRisk, DueBreached})
	n.text("last_agent", func(t *Ticket) string { return t.LastAgent })
}

func (n *naming[S]) moments() {
	for name, get := range map[string]func(*Ticket) time.Time{
		"created":               func(t *Ticket) time.Time { return t.Times.Created },
		"updated":               func(t *Ticket) time.Time { return t.Times.Updated },
		"waiting_since":         func(t *Ticket) time.Time { return t.WaitingSince },
		"first_assigned":        func(t *Ticket) time.Time { return t.Times.FirstAssigned },
		"first_response":        func(t *Ticket) time.Time { return t.Times.FirstResponse },
		"last_agent_message":    func(t *Ticket) time.Time { return t.Times.LastAgent },
		"last_end_user_message": func(t *Ticket) time.Time { return t.Times.LastEndUser },
		"silent_since":          (*Ticket).SilentSince,
		"touched":               (*Ticket).TouchedAt,
		"due":                   func(t *Ticket) time.Time { due, _ := t.NextDue(); return due },
		"resolved":              func(t *Ticket) time.Time { return t.Times.Resolved },
	} {
		of := n.of
		n.add(condition.Var[S]{Name: name, Time: func(s S) time.Time { return get(of(s)) }})
	}
}

func fieldVar[S any](name string, f *Field, of func(S) *Ticket) condition.Var[S] {
	v, key := condition.Var[S]{Name: name}, f.Key
	switch f.Type {
	case Number:
		v.Number = func(s S) (float64, bool) { x, ok := of(s).Field(key); return x.Number, ok }
	case Checkbox:
		v.Bool = func(s S) (bool, bool) { x, ok := of(s).Field(key); return x.Checked, ok }
	case Date:
		v.Time = func(s S) time.Time {
			x, _ := of(s).Field(key)
			day, err := time.Parse(time.DateOnly, x.Text)
			if err != nil {
				return time.Time{}
			}
			return day
		}
	default:
		v.Text = func(s S) string { x, _ := of(s).Field(key); return x.Text }
		for _, o := range f.Options {
			v.Values = append(v.Values, o.Name)
		}
	}
	return v
}

// agent is the id of the agent who has the ticket, or "".
func (t *Ticket) agent() string {
	if t.BotHasIt() {
		return ""
	}
	return t.Assignee.ID
}

func (t *Ticket) bot() string {
	if t.BotHasIt() {
		return t.Assignee.ID
	}
	return ""
}

func (t *Ticket) label() string {
	if t.Label == nil {
		return ""
	}
	return t.Label.Name
}

func foldedTags(t *Ticket) []string {
	if !slices.ContainsFunc(t.Tags, func(tag string) bool { return foldTag(tag) != tag }) {
		return t.Tags
	}
	out := make([]string, len(t.Tags))
	for i, tag := range t.Tags {
		out[i] = foldTag(tag)
	}
	return out
}

func linkedTickets(t *Ticket) []string {
	if len(t.Links) == 0 {
		return nil
	}
	out := make([]string, len(t.Links))
	for i, l := range t.Links {
		out[i] = l.Ticket
	}
	return out
}

// asked is a ticket, and who asks about it when: what filters of views are true or
// false of.
type asked struct {
	t   *Ticket
	me  string // id of an agent, or ""
	now time.Time
}

// filterEnv is the environment of filters.
func filterEnv(fields []*Field) (*condition.Env[*asked], error) {
	vars := Vars("ticket", "field", func(a *asked) *Ticket { return a.t }, fields)
	return condition.NewEnv(append(vars,
		condition.Var[*asked]{Name: "me", Param: true, Text: func(a *asked) string { return a.me }},
		condition.Var[*asked]{Name: "now", Param: true, Time: func(a *asked) time.Time { return a.now }},
	)...)
}
