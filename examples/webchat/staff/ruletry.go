package staff

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// A rule on trial: on one ticket, on what is overdue, and on what has happened.

// trialForm is what a rule would do to a ticket.
type trialForm struct {
	Ticket  refForm              `json:"ticket"`
	Would   bool                 `json:"would"`
	Why     []string             `json:"why"`
	When    automation.Part      `json:"when"`
	Since   *time.Time           `json:"since"` // of a clock
	Due     *time.Time           `json:"due"`
	Did     []automation.Outcome `json:"did"`
	Changes []changeForm         `json:"changes"`
	Said    []saidForm           `json:"said"`
	Ran     int                  `json:"ran"` // how often it did before, up to ten
}

type changeForm struct {
	What string `json:"what"`
	From string `json:"from"`
	To   string `json:"to"`
}

type saidForm struct {
	Kind    ticket.Kind `json:"kind"`
	Text    string      `json:"text"`
	Choices []string    `json:"choices,omitempty"`
}

func (p *Page) tryRule(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Rule   ruleForm `json:"rule"`
		Number int64    `json:"number"`
	}
	rule, err := p.readRule(w, r, me, &in.Rule, &in)
	if err != nil {
		return ruleWrong(w, err)
	}
	t, err := p.desk.Tickets.ByNumber(r.Context(), me.Actor(), in.Number)
	if err != nil {
		return err
	}
	trial, err := p.desk.Rules.DryRun(r.Context(), me.Actor(), rule, t.ID)
	if err != nil {
		return ruleWrong(w, err)
	}
	f := trialForm{Ticket: refOf(t), Would: trial.Would, Why: trial.Why, When: trial.When, Since: present(trial.Since), Due: present(trial.Due),
		Changes: changes(trial.Before, trial.After), Ran: len(trial.Ran)}
	if trial.Run != nil {
		f.Did = trial.Run.Did
	}
	for _, m := range trial.Said {
		f.Said = append(f.Said, saidForm{m.Kind, m.Text, m.Choices})
	}
	return write(w, f)
}

// changes are what differs between two states of a ticket.
func changes(before, after *ticket.Ticket) (out []changeForm) {
	add := func(what, from, to string) {
		if from != to {
			out = append(out, changeForm{what, from, to})
		}
	}
	asleep := func(t *ticket.Ticket) string {
		if t.Snoozed == nil {
			return ""
		}
		return t.Snoozed.Until.Format(time.RFC3339)
	}
	label := func(t *ticket.Ticket) string {
		if t.Label == nil {
			return ""
		}
		return t.Label.Name
	}
	add("status", string(before.Status), string(after.Status))
	add("queue", before.Queue, after.Queue)
	add("group", before.Group, after.Group)
	add("assignee", before.Assignee.ID, after.Assignee.ID)
	add("priority", string(before.Priority), string(after.Priority))
	add("tags", strings.Join(before.Tags, ", "), strings.Join(after.Tags, ", "))
	add("label", label(before), label(after))
	add("title", before.Title, after.Title)
	add("language", before.Language, after.Language)
	add("snoozed", asleep(before), asleep(after))
	for _, key := range keys(before, after) {
		from, _ := before.Field(key)
		to, _ := after.Field(key)
		add("field."+key, from.String(), to.String())
	}
	return out
}

// keys are those of the fields that one of the tickets has.
func keys(ts ...*ticket.Ticket) (keys []string) {
	for _, t := range ts {
		for _, v := range t.Fields {
			keys = append(keys, v.Key)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(keys)))
}

// overdue says on how many tickets a rule would act at once.
func (p *Page) overdue(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in ruleForm
	rule, err := p.readRule(w, r, me, &in, &in)
	if err != nil {
		return ruleWrong(w, err)
	}
	n, more, err := p.desk.Rules.Overdue(r.Context(), me.Actor(), rule)
	if err != nil {
		return ruleWrong(w, err)
	}
	return write(w, map[string]any{"tickets": n, "more": more})
}

type reportForm struct {
	Tickets     int              `json:"tickets"`
	More        bool             `json:"more"`
	Assigned    int              `json:"assigned"`
	Answered    int              `json:"answered"`
	Resolved    int              `json:"resolved"`
	Changed     int              `json:"changed"`
	LeftOut     int              `json:"left_out"`
	Differences []differenceForm `json:"differences"`
}

type differenceForm struct {
	Ticket string     `json:"ticket"`
	Number int64      `json:"number"`
	What   string     `json:"what"`
	Was    []deedForm `json:"was"`
	Would  []deedForm `json:"would"`
}

// deedForm is something that a rule did.
type deedForm struct {
	What string `json:"what"`
	Rule string `json:"rule"` // its id
}

const maxDifferences = 100

func reportOf(x *automation.BacktestReport) reportForm {
	f := reportForm{x.Tickets, x.More, x.Assigned, x.Answered, x.Resolved, x.Changed, x.LeftOut, []differenceForm{}}
	for _, d := range x.Differences[:min(len(x.Differences), maxDifferences)] {
		f.Differences = append(f.Differences, differenceForm{d.Ticket, d.Number, d.What, deedsOf(d.Was), deedsOf(d.Would)})
	}
	return f
}

// deedsOf reads what a backtest says, as in "queue:billing by RULE".
func deedsOf(all []string) []deedForm {
	out := []deedForm{}
	for _, s := range all {
		i := strings.LastIndex(s, " by ")
		if i < 0 {
			out = append(out, deedForm{What: s})
			continue
		}
		out = append(out, deedForm{s[:i], cmp.Or(s[i+4:], "?")})
	}
	return out
}
