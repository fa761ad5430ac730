package staff

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/queue"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// The queues in the office: how they are set, and how they stand. Times are in minutes.

type queueForm struct {
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Groups   []eligibleForm `json:"groups"`
	Calendar string         `json:"calendar"`
	Amber    float64        `json:"amber"`
	Red      float64        `json:"red"`
	After    float64        `json:"after"` // of an escalation
	To       string         `json:"to"`
	Paused   bool           `json:"paused"`
	Manual   bool           `json:"manual"`
	Strategy queue.Strategy `json:"strategy"`
	Order    queue.Order    `json:"order"`
	Offer    float64        `json:"offer"`
	Wait     float64        `json:"wait"`
	Limit    float64        `json:"limit"`
	Needs    []string       `json:"needs"`
	Revision store.Rev      `json:"revision"`
	Figures  *figuresForm   `json:"figures,omitempty"` // of who may see them
}

type eligibleForm struct {
	Group string  `json:"group"`
	After float64 `json:"after"`
}

type figuresForm struct {
	Backlog int          `json:"backlog"`
	AtLeast bool         `json:"at_least"`
	Oldest  *time.Time   `json:"oldest"`
	Waited  float64      `json:"waited"` // open time
	Colour  queue.Colour `json:"colour"`
	Open    bool         `json:"open"`
	Until   *time.Time   `json:"until"`
	Agents  int          `json:"agents"`
}

// minutes reads a time of a form, to the second.
func minutes(n float64) time.Duration {
	return time.Duration(n * float64(time.Minute)).Round(time.Second)
}

func queueFormOf(q *queue.Queue) queueForm {
	f := queueForm{ID: q.ID, Name: q.Name, Groups: []eligibleForm{}, Calendar: q.Calendar, Amber: q.Amber.Minutes(), Red: q.Red.Minutes(),
		After: q.Escalate.After.Minutes(), To: q.Escalate.To, Paused: q.Paused, Manual: q.Manual, Strategy: q.Strategy, Order: q.Order,
		Offer: q.Offer.Minutes(), Wait: q.Wait.Minutes(), Limit: q.Limit, Needs: q.Needs, Revision: q.Rev}
	for _, g := range q.Groups {
		f.Groups = append(f.Groups, eligibleForm{g.Group, g.After.Minutes()})
	}
	return f
}

func (p *Page) queues(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	qs, def, err := p.desk.Queues.Queues(ctx)
	if err != nil {
		return err
	}
	may, err := p.desk.People.Granted(ctx, me.ID)
	if err != nil {
		return err
	}
	forms := make([]queueForm, len(qs))
	for i, q := range qs {
		forms[i] = queueFormOf(q)
		if !slices.Contains(may, identity.SeeRealTime) {
			continue
		}
		if forms[i].Figures, err = p.figures(ctx, me, q.ID); err != nil {
			return err
		}
	}
	cs, _, err := p.desk.Tickets.Calendars(ctx, "", 200)
	if err != nil {
		return err
	}
	calendars := []groupForm{}
	for _, c := range cs {
		if !c.Archived {
			calendars = append(calendars, groupForm{c.ID, c.Name})
		}
	}
	set, err := p.desk.Queues.Settings(ctx)
	if err != nil {
		return err
	}
	return write(w, map[string]any{"queues": forms, "default": def, "calendars": calendars, "settings": settingsOf(set)})
}

func (p *Page) figures(ctx context.Context, me *identity.Agent, id string) (*figuresForm, error) {
	f, err := p.desk.Queues.Figures(ctx, me.Actor(), id)
	if err != nil {
		return nil, unlessMissing(err)
	}
	return &figuresForm{f.Backlog, f.Backlog >= queue.MaxBacklog, present(f.Oldest), f.Waited.Minutes(), f.Colour, f.Open, present(f.Until), f.Agents}, nil
}

func (p *Page) saveQueue(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in queueForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	q := &queue.Queue{ID: in.ID, Name: in.Name, Calendar: in.Calendar, Amber: minutes(in.Amber), Red: minutes(in.Red),
		Escalate: queue.Escalation{After: minutes(in.After), To: in.To}, Paused: in.Paused, Manual: in.Manual, Strategy: in.Strategy, Order: in.Order,
		Offer: minutes(in.Offer), Wait: minutes(in.Wait), Limit: in.Limit, Needs: in.Needs, Rev: in.Revision}
	for _, g := range in.Groups {
		q.Groups = append(q.Groups, queue.Eligible{Group: g.Group, After: minutes(g.After)})
	}
	if err := p.desk.Queues.Save(r.Context(), me.Actor(), q); err != nil {
		return err
	}
	return write(w, map[string]string{"id": q.ID})
}

func (p *Page) deleteQueue(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	if err := p.desk.Queues.Delete(r.Context(), me.Actor(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// arrangeQueues ranks them, pauses one, or makes one the default, as the last part of
// the address says.
func (p *Page) arrangeQueues(w http.ResponseWriter, r *http.Request, me *identity.Agent) (err error) {
	var in struct {
		ID     string   `json:"id"`
		IDs    []string `json:"ids"`
		Paused bool     `json:"paused"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	switch r.PathValue("act") {
	case "rank":
		err = p.desk.Queues.Rank(r.Context(), me.Actor(), in.IDs...)
	case "pause":
		_, err = p.desk.Queues.Pause(r.Context(), me.Actor(), in.ID, in.Paused)
	case "default":
		err = p.desk.Queues.SetDefault(r.Context(), me.Actor(), in.ID)
	default:
		err = store.ErrNotFound
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

type workSettings struct {
	Manual     bool           `json:"manual"`
	Limit      float64        `json:"limit"`
	Weights    []queue.Weight `json:"weights"`
	Answered   float64        `json:"answered"`
	Heartbeat  float64        `json:"heartbeat"` // minutes, as the others
	Inactivity float64        `json:"inactivity"`
	Grace      float64        `json:"grace"`
	Revision   store.Rev      `json:"revision"`
}

func settingsOf(s *queue.Settings) workSettings {
	return workSettings{s.Manual, s.Limit, s.Weights, s.Answered, cmp.Or(s.Heartbeat, queue.DefaultHeartbeat).Minutes(), s.Inactivity.Minutes(), s.Grace.Minutes(), s.Rev}
}

// saveSettings leaves the teams' limits as they are: the page doesn't show them.
func (p *Page) saveSettings(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in workSettings
	if err := read(w, r, &in); err != nil {
		return err
	}
	set, err := p.desk.Queues.Settings(r.Context())
	if err != nil {
		return err
	}
	s := *set
	s.Manual, s.Limit, s.Weights, s.Answered, s.Rev = in.Manual, in.Limit, in.Weights, in.Answered, in.Revision
	s.Heartbeat, s.Inactivity, s.Grace = minutes(in.Heartbeat), minutes(in.Inactivity), minutes(in.Grace)
	if err := p.desk.Queues.SaveSettings(r.Context(), me.Actor(), &s); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// workerForm is an agent at work: how he stands, and what he can do.
type workerForm struct {
	agentForm
	workForm
	Team     string    `json:"team"`
	By       string    `json:"by"` // who said so, "" himself
	Open     int       `json:"open"`
	Limit    float64   `json:"limit"` // his own; 0: what else holds
	Most     float64   `json:"most"`  // what holds; 0: any number
	Skills   []string  `json:"skills"`
	Weight   float64   `json:"weight"`
	Shift    string    `json:"shift"`
	Revision store.Rev `json:"revision"`
}

// maxOpen is how far the open tickets of an agent are counted.
const maxOpen = 1000

func (p *Page) atWork(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	ctx := r.Context()
	as, _, err := p.desk.People.Agents(ctx, "", 200)
	if err != nil {
		return err
	}
	set, err := p.desk.Queues.Settings(ctx)
	if err != nil {
		return err
	}
	list := []workerForm{}
	for _, a := range as {
		if a.Inactive {
			continue
		}
		f, err := p.workerOf(ctx, me, a, set)
		if err != nil {
			return err
		}
		list = append(list, f)
	}
	return write(w, map[string]any{"agents": list})
}

func (p *Page) workerOf(ctx context.Context, me, a *identity.Agent, set *queue.Settings) (f workerForm, err error) {
	av, err := p.desk.Queues.Availability(ctx, a.ID)
	if err != nil {
		return f, err
	}
	k, err := p.desk.Queues.Worker(ctx, a.ID)
	if err != nil {
		return f, err
	}
	f = workerForm{agentForm: agentOf(a), workForm: workOf(av), Team: a.Team, Limit: k.Limit, Most: most(k, a.Team, set), Skills: k.Skills, Weight: k.Weight, Shift: k.Shift, Revision: k.Rev}
	if kind, id, _ := strings.Cut(av.By, ":"); kind == string(event.Agent) && id != a.ID {
		who, err := p.person(ctx, event.Actor{Kind: event.Agent, ID: id})
		if err != nil {
			return f, err
		}
		f.By = who.Name
	}
	f.Open, err = p.desk.Tickets.Count(ctx, me.Actor(), ticket.Filter{Assignee: a.Actor()}, maxOpen)
	return f, err
}

// most is how much an agent carries at most: the lowest of what is set.
func most(k *queue.Worker, team string, set *queue.Settings) float64 {
	limit := k.Limit
	if limit == 0 {
		limit = set.Limit
	}
	for _, t := range set.Teams {
		if t.Team == team && t.Limit > 0 && (limit == 0 || t.Limit < limit) {
			limit = t.Limit
		}
	}
	return limit
}

func (p *Page) saveWorker(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in workerForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	k := &queue.Worker{Agent: in.ID, Limit: in.Limit, Skills: in.Skills, Weight: in.Weight, Shift: in.Shift, Rev: in.Revision}
	if err := p.desk.Queues.SaveWorker(r.Context(), me.Actor(), k); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// leaveWork ends an agent's shift, or has his tickets go back.
func (p *Page) leaveWork(w http.ResponseWriter, r *http.Request, me *identity.Agent) (err error) {
	var in struct {
		Agent string `json:"agent"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	switch r.PathValue("act") {
	case "end":
		_, err = p.desk.Queues.EndShift(r.Context(), me.Actor(), in.Agent)
	case "return":
		_, err = p.desk.Queues.Return(r.Context(), me.Actor(), in.Agent)
	default:
		err = store.ErrNotFound
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
