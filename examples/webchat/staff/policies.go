package staff

import (
	"errors"
	"net/http"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// Service policies, and where a ticket stands under its one.

type policyForm struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	When       string    `json:"when"`
	First      float64   `json:"first"` // minutes, as the other targets
	Next       float64   `json:"next"`
	Resolution float64   `json:"resolution"`
	AtRisk     int       `json:"at_risk"`
	Calendar   string    `json:"calendar"`
	Off        bool      `json:"off"`
	Problem    string    `json:"problem,omitempty"`
	Revision   store.Rev `json:"revision"`
}

func (p *Page) policies(w http.ResponseWriter, r *http.Request, _ *identity.Agent) error {
	ps, err := p.desk.Tickets.Policies(r.Context())
	if err != nil {
		return err
	}
	forms := make([]policyForm, len(ps))
	for i, x := range ps {
		forms[i] = policyForm{x.ID, x.Name, x.When, x.First.Minutes(), x.Next.Minutes(), x.Resolution.Minutes(), x.AtRisk, x.Calendar, x.Off, x.Problem, x.Rev}
	}
	cs, _, err := p.desk.Tickets.Calendars(r.Context(), "", 200)
	calendars := []groupForm{}
	for _, c := range cs {
		if !c.Archived {
			calendars = append(calendars, groupForm{c.ID, c.Name})
		}
	}
	if err != nil {
		return err
	}
	return write(w, map[string]any{"policies": forms, "calendars": calendars})
}

// savePolicy makes a policy, or changes one. Where the condition is wrong the answer
// says at which column.
func (p *Page) savePolicy(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in policyForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	span := func(minutes float64) time.Duration { return time.Duration(minutes * float64(time.Minute)) }
	x := &ticket.Policy{ID: in.ID, Name: in.Name, When: in.When, First: span(in.First), Next: span(in.Next), Resolution: span(in.Resolution),
		AtRisk: in.AtRisk, Calendar: in.Calendar, Off: in.Off, Rev: in.Revision}
	err := p.desk.Tickets.SavePolicy(r.Context(), me.Actor(), x)
	if e, ok := errors.AsType[*ticket.ConditionError](err); ok {
		return explain(w, err, "condition", map[string]any{"line": e.Line, "column": e.Column, "message": e.Message, "allowed": e.Allowed})
	}
	if err != nil {
		return err
	}
	return write(w, map[string]string{"id": x.ID})
}

func (p *Page) deletePolicy(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	x := &ticket.Policy{ID: r.PathValue("id"), Rev: store.Rev(integer(r, "revision"))}
	if err := p.desk.Tickets.DeletePolicy(r.Context(), me.Actor(), x); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Page) orderPolicies(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in struct {
		Was []string `json:"was"`
		IDs []string `json:"ids"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := p.desk.Tickets.OrderPolicies(r.Context(), me.Actor(), in.Was, in.IDs); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// dueForm is what is due next on a ticket. While its clock stands still there is no
// moment, and left says how much business time there is.
type dueForm struct {
	What  ticket.Target   `json:"what"`
	Due   *time.Time      `json:"due"`
	Risk  *time.Time      `json:"risk"` // from then on it is at risk
	Left  float64         `json:"left"` // seconds
	State ticket.DueState `json:"state"`
}

type missedForm struct {
	What  ticket.Target `json:"what"`
	Due   time.Time     `json:"due"`
	Ended *time.Time    `json:"ended"` // when it came after all
}

func dueOf(t *ticket.Ticket) *dueForm {
	what, due, state := t.Due(time.Now())
	if state == "" {
		return nil
	}
	f := &dueForm{What: what, Due: present(due), State: state}
	for _, k := range t.Service.Clocks {
		if k.Target == what {
			f.Left, f.Risk = k.Left.Seconds(), present(k.Risk)
		}
	}
	return f
}

func missedOf(t *ticket.Ticket) []missedForm {
	list := []missedForm{}
	for _, a := range t.Missed() {
		list = append(list, missedForm{a.Target, a.Breached, present(a.Ended)})
	}
	return list
}

// present is a moment, nil if it hasn't come.
func present(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
