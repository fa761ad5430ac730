package staff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/automation"
	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The rules in the office: what happens by itself, in which order, and how often it did.

// ruleForm is a rule as the page has it. Form is its condition as rows; where it can't be
// one, Form is nil and Unformed says why. A request that has a Form means that one, and
// not When.
type ruleForm struct {
	automation.Rule
	Form     *automation.Form `json:"form"`
	Unformed string           `json:"unformed,omitempty"`
	Trouble  string           `json:"problem,omitempty"`
	Ran      *ranForm         `json:"ran,omitempty"`
	Revision store.Rev        `json:"revision"`
}

// ranForm is how often a rule ran in the last week.
type ranForm struct {
	Times  int        `json:"times"`
	More   bool       `json:"more"` // Times and more
	Failed int        `json:"failed"`
	Last   *time.Time `json:"last"`
}

const (
	lately   = 7 * 24 * time.Hour
	maxRuns  = 100  // up to how many runs of a rule are counted
	maxRules = 1000 // that the page shows
)

func (p *Page) rules(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	v, err := p.desk.Rules.Vocabulary(ctx, me.Actor())
	if err != nil {
		return err
	}
	all, err := p.allRules(ctx, me)
	if err != nil {
		return err
	}
	forms := make([]ruleForm, len(all))
	for i, rule := range all {
		forms[i] = ruleForm{Rule: *rule, Trouble: rule.Problem, Revision: rule.Rev}
		forms[i].Form, forms[i].Unformed = formed(rule.When, v)
		if forms[i].Ran, err = p.ran(ctx, me, rule.ID); err != nil {
			return err
		}
	}
	found, err := p.desk.Rules.Lint(ctx, me.Actor())
	if err != nil {
		return err
	}
	if found == nil {
		found = []automation.Finding{}
	}
	out := map[string]any{"rules": forms, "findings": found, "names": automation.FormNames(v), "events": automation.Events(), "clocks": automation.Clocks()}
	if out["choices"], err = p.choices(ctx, me); err != nil {
		return err
	}
	return write(w, out)
}

func (p *Page) allRules(ctx context.Context, me *identity.Agent) (all []*automation.Rule, err error) {
	for after, more := "", true; more && len(all) < maxRules; more = after != "" {
		var page []*automation.Rule
		if page, after, err = p.desk.Rules.Rules(ctx, me.Actor(), after, 200); err != nil {
			return nil, err
		}
		all = append(all, page...)
	}
	return all, nil
}

// formed is a condition as rows, or why it can't be that.
func formed(when string, v automation.Vocabulary) (*automation.Form, string) {
	f, err := automation.ParseForm(when, v)
	if err != nil {
		return nil, err.Error()
	}
	return &f, ""
}

func (p *Page) ran(ctx context.Context, me *identity.Agent, id string) (*ranForm, error) {
	runs, next, err := p.desk.Rules.Runs(ctx, me.Actor(), id, "", maxRuns)
	f := &ranForm{More: next != ""}
	for _, run := range runs {
		if f.Last == nil {
			f.Last = &run.Time
		}
		if time.Since(run.Time) > lately {
			f.More = false
			break
		}
		f.Times++
		if run.Cut != "" || failed(run) {
			f.Failed++
		}
	}
	return f, err
}

func failed(run *automation.Run) bool {
	for _, o := range run.Did {
		if o.Result == automation.Failed {
			return true
		}
	}
	return false
}

// choices are what rules can name, besides what the page knows already.
func (p *Page) choices(ctx context.Context, me *identity.Agent) (map[string]any, error) {
	calendars, replies, apps := []groupForm{}, []groupForm{}, []groupForm{}
	cs, _, err := p.desk.Tickets.Calendars(ctx, "", 200)
	if err != nil {
		return nil, err
	}
	for _, c := range cs {
		if !c.Archived {
			calendars = append(calendars, groupForm{c.ID, c.Name})
		}
	}
	qs, _, err := p.desk.Tickets.QuickReplies(ctx, me.Actor(), ticket.QuickReplyFilter{}, "", 200)
	if err != nil {
		return nil, err
	}
	for _, q := range qs {
		replies = append(replies, groupForm{q.ID, q.Title})
	}
	as, _, err := p.desk.Tickets.Apps(ctx, "", 200)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		if !a.Archived {
			apps = append(apps, groupForm{a.ID, a.Name})
		}
	}
	return map[string]any{"calendars": calendars, "replies": replies, "apps": apps}, nil
}

// readRule reads a rule, with its condition written out.
func (p *Page) readRule(w http.ResponseWriter, r *http.Request, me *identity.Agent, in *ruleForm, into any) (*automation.Rule, error) {
	if err := read(w, r, into); err != nil {
		return nil, err
	}
	if in.Form != nil {
		v, err := p.desk.Rules.Vocabulary(r.Context(), me.Actor())
		if err != nil {
			return nil, err
		}
		if in.When, err = in.Form.Expression(v); err != nil {
			return nil, err
		}
	}
	rule := in.Rule
	rule.Rev = in.Revision
	return &rule, nil
}

// ruleWrong answers with what is wrong with a rule: where in its condition, or in which
// of its actions.
func ruleWrong(w http.ResponseWriter, err error) error {
	if e, ok := errors.AsType[*automation.ConditionError](err); ok {
		return explain(w, err, "condition", map[string]any{"line": e.Line, "column": e.Column, "message": e.Message, "allowed": e.Allowed})
	}
	if e, ok := errors.AsType[*ticket.ActionError](err); ok {
		return explain(w, err, "action", e.Place)
	}
	return err
}

func (p *Page) saveRule(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in ruleForm
	rule, err := p.readRule(w, r, me, &in, &in)
	if err == nil {
		err = p.desk.Rules.SaveRule(r.Context(), me.Actor(), rule)
	}
	if err != nil {
		return ruleWrong(w, err)
	}
	return write(w, map[string]string{"id": rule.ID})
}

// condition turns a condition from rows into text, or from text into rows.
func (p *Page) condition(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		When string           `json:"when"`
		Form *automation.Form `json:"form"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	v, err := p.desk.Rules.Vocabulary(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	if in.Form != nil {
		if in.When, err = in.Form.Expression(v); err != nil {
			return err
		}
		return write(w, map[string]any{"when": in.When})
	}
	f, err := automation.ParseForm(in.When, v)
	if err == nil {
		return write(w, map[string]any{"form": f})
	}
	wrong := fmt.Errorf("%w: %w", &store.FieldError{Field: "rule.when", Reason: "can't be written as rows"}, err)
	if e, ok := errors.AsType[*automation.FormError](err); ok {
		return explain(w, wrong, "condition", map[string]any{"line": e.Line, "column": e.Column, "message": "this says more than rows can, so it stays a text"})
	}
	return ruleWrong(w, wrong)
}

// switchRule sets a rule on or off.
func (p *Page) switchRule(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Off bool `json:"off"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	rule, err := p.desk.Rules.Rule(r.Context(), me.Actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	rule.Off = in.Off
	if err := p.desk.Rules.SaveRule(r.Context(), me.Actor(), rule); err != nil {
		return ruleWrong(w, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// moveRule puts a rule in front of another one, or at the end.
func (p *Page) moveRule(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Before string `json:"before"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := p.desk.Rules.MoveRule(r.Context(), me.Actor(), r.PathValue("id"), in.Before); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Page) deleteRule(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	rule := &automation.Rule{ID: r.PathValue("id"), Rev: store.Rev(integer(r, "revision"))}
	if err := p.desk.Rules.DeleteRule(r.Context(), me.Actor(), rule); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type runForm struct {
	Rule   string               `json:"rule"`
	Name   string               `json:"name"` // of the rule, "" if it is gone
	Ticket refForm              `json:"ticket"`
	Time   time.Time            `json:"time"`
	Cause  string               `json:"cause"`
	Depth  int                  `json:"depth,omitempty"`
	Cut    string               `json:"cut,omitempty"`
	Did    []automation.Outcome `json:"did"`
}

// ruleRuns is what a rule did, on whatever ticket.
func (p *Page) ruleRuns(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	runs, next, err := p.desk.Rules.Runs(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("after"), 30)
	if err != nil {
		return err
	}
	return p.writeRuns(w, r, me, runs, next)
}

// ticketRuns is what rules did to a ticket.
func (p *Page) ticketRuns(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	runs, next, err := p.desk.Rules.RunsOf(r.Context(), me.Actor(), r.PathValue("id"), r.FormValue("after"), 30)
	if err != nil {
		return err
	}
	return p.writeRuns(w, r, me, runs, next)
}

func (p *Page) writeRuns(w http.ResponseWriter, r *http.Request, me *identity.Agent, runs []*automation.Run, next string) error {
	names, refs := map[string]string{}, map[string]refForm{}
	list := make([]runForm, len(runs))
	for i, run := range runs {
		name, known := names[run.Rule]
		if !known {
			// What a rule is called isn't kept from those who see what it did.
			rule, err := p.desk.Rules.Rule(r.Context(), frontdesk.Host(), run.Rule)
			if unlessMissing(err) != nil {
				return err
			}
			if err == nil {
				name = rule.Name
			}
			names[run.Rule] = name
		}
		ref, known := refs[run.Ticket]
		if !known {
			var err error
			if ref, err = p.ref(r.Context(), me, run.Ticket); err != nil {
				return err
			}
			refs[run.Ticket] = ref
		}
		list[i] = runForm{run.Rule, name, ref, run.Time, run.Cause, run.Depth, run.Cut, run.Did}
	}
	return write(w, map[string]any{"runs": list, "next": next})
}

// Backtests on the page are short: who wants more has the command.
const (
	testDays    = 30
	testTickets = 300
)

// backtest asks what the rules with one of them changed, or added, would have done.
func (p *Page) backtest(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Rule ruleForm `json:"rule"`
		Days int      `json:"days"`
	}
	rule, err := p.readRule(w, r, me, &in.Rule, &in)
	if err != nil {
		return ruleWrong(w, err)
	}
	rule.ID = cmp.Or(rule.ID, "new")
	all, err := p.allRules(r.Context(), me)
	if err != nil {
		return err
	}
	var rules []*automation.Rule
	replaced := false
	for _, old := range all {
		switch {
		case old.ID == rule.ID:
			rules, replaced = append(rules, rule), true
		case old.Problem == "":
			rules = append(rules, old)
		}
	}
	if !replaced {
		rules = append(rules, rule)
	}
	now := time.Now()
	test := automation.Backtest{Rules: rules, From: now.AddDate(0, 0, -min(max(in.Days, 1), testDays)), To: now, Tickets: testTickets}
	report, err := p.desk.Rules.Backtest(r.Context(), me.Actor(), test)
	if err != nil {
		return ruleWrong(w, err)
	}
	return write(w, reportOf(report))
}
