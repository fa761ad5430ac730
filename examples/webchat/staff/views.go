package staff

import (
	"errors"
	"net/http"
	"strings"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// viewForm is a smart view. Shared says for whom: it is everybody's, or the agent's own.
type viewForm struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Folder   string          `json:"folder"`
	Filter   string          `json:"filter"`
	Sort     ticket.ViewSort `json:"sort"`
	Desc     bool            `json:"desc"`
	Shared   bool            `json:"shared"`
	Revision store.Rev       `json:"revision"`
	Problems []string        `json:"problems"`
}

func (p *Page) views(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	vs, err := p.desk.Tickets.Views(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	list := make([]viewForm, len(vs))
	for i, v := range vs {
		list[i] = viewForm{v.ID, v.Name, v.Folder, v.Filter, v.Sort, v.Desc, v.Owner == "", v.Rev, v.Problems}
	}
	return write(w, map[string]any{"views": list})
}

// saveView makes a view, or changes one. Where the filter is wrong the answer says
// at which column.
func (p *Page) saveView(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	var in viewForm
	if err := read(w, r, &in); err != nil {
		return err
	}
	v := &ticket.View{}
	if in.ID != "" {
		var err error
		if v, err = p.viewOf(r, me, in.ID); err != nil {
			return err
		}
		v.Rev = in.Revision
	} else if !in.Shared {
		v.Owner = me.ID
	}
	v.Name, v.Folder, v.Filter, v.Sort, v.Desc = in.Name, in.Folder, in.Filter, in.Sort, in.Desc
	err := p.desk.Tickets.SaveView(r.Context(), me.Actor(), v)
	if e, ok := errors.AsType[*ticket.ConditionError](err); ok {
		return explain(w, err, "condition", map[string]any{"line": e.Line, "column": e.Column, "message": e.Message, "allowed": e.Allowed})
	}
	if err != nil {
		return err
	}
	return write(w, map[string]string{"id": v.ID})
}

func (p *Page) deleteView(w http.ResponseWriter, r *http.Request, me *identity.Agent) error {
	v, err := p.viewOf(r, me, r.PathValue("id"))
	if err == nil {
		v.Rev = store.Rev(integer(r, "revision"))
		err = p.desk.Tickets.DeleteView(r.Context(), me.Actor(), v)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (p *Page) viewOf(r *http.Request, me *identity.Agent, id string) (*ticket.View, error) {
	vs, err := p.desk.Tickets.Views(r.Context(), me.Actor())
	for _, v := range vs {
		if v.ID == id {
			changed := *v
			return &changed, nil
		}
	}
	return nil, errors.Join(err, store.ErrNotFound)
}

type countForm struct {
	N        int  `json:"n"`
	AtLeast  bool `json:"at_least"`
	Building bool `json:"building"`
}

// viewCounts counts the views that the agent sees, 200 at most.
func (p *Page) viewCounts(r *http.Request, me *identity.Agent) (map[string]countForm, error) {
	vs, err := p.desk.Tickets.Views(r.Context(), me.Actor())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, v := range vs[:min(len(vs), 200)] {
		ids = append(ids, v.ID)
	}
	counts, err := p.desk.Tickets.ViewCounts(r.Context(), me.Actor(), ids...)
	all := map[string]countForm{}
	for _, c := range counts {
		all[c.View] = countForm{c.N, c.AtLeast, c.Building}
	}
	return all, err
}

// smart is the id of the smart view that the page names so.
func smart(view string) (id string, ok bool) { return strings.CutPrefix(view, "smart-") }
