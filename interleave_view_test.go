package frontdesk_test

import (
	"context"

	"github.com/frontdesk-go/frontdesk"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/ticket"
)

// saveView saves a view of this id, as it is found, under a name.
func saveView(id, name string) act {
	return func(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
		v := &ticket.View{ID: id, Filter: "ticket.open"}
		vs, err := d.Tickets.Views(ctx, frontdesk.Host())
		if err != nil {
			return err
		}
		for _, have := range vs {
			if have.ID == id {
				v = have
			}
		}
		v.Name = name
		return d.Tickets.SaveView(ctx, frontdesk.Host(), v)
	}
}

func deleteView(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	vs, err := d.Tickets.Views(ctx, frontdesk.Host())
	if err != nil {
		return err
	}
	return d.Tickets.DeleteView(ctx, frontdesk.Host(), vs[0])
}

// project lets the projections take what there is.
func project(ctx context.Context, x *table, d *frontdesk.Desk, r store.Runner) error {
	_, err := d.Events.Step(ctx)
	return err
}

func (x *table) saved(id string) {
	x.t.Helper()
	x.must(saveView(id, "View")(x.t.Context(), x, x.Desk, x.DB))
}

// counts drains the desk, and compares a view's count.
func (x *table) counts(id string, want int) {
	x.t.Helper()
	_, err := x.Drain(x.t.Context())
	x.must(err)
	cs, err := x.Tickets.ViewCounts(x.t.Context(), frontdesk.Host(), id)
	x.must(err)
	if cs[0].N != want || cs[0].Building {
		x.t.Errorf("counted %+v, want %d", cs[0], want)
	}
}

// viewRaces are about the registry of views: who counts by them shares it, and who
// changes what they mean changes it.
func viewRaces() []race {
	return []race{
		{name: "a ticket is counted by a view that is being saved", first: saveView("a", "A"), second: project, then: fine,
			ends: func(x *table) { x.counts("a", 1) }},
		{name: "nothing is counted for a view that is being deleted", before: func(x *table) { x.saved("a") }, first: deleteView, second: project, then: fine,
			ends: func(x *table) { x.saved("b"); x.counts("b", 1) }},
		{name: "views are saved one after the other", first: saveView("a", "A"), second: saveView("b", "B"), then: fine,
			ends: func(x *table) { x.counts("a", 1); x.counts("b", 1) }},
		{name: "a view isn't changed by two at once", before: func(x *table) { x.saved("a") }, first: saveView("a", "A"), second: saveView("a", "B"), then: isErr(store.ErrStale)},
		{name: "a filter is read with the fields that there are", first: changeField(archiveField), second: saveView("a", "A"), then: fine,
			ends: func(x *table) { x.counts("a", 1) }},
	}
}
