package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/frontdesk-go/frontdesk/identity"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/event"
	"github.com/frontdesk-go/frontdesk/ticket"
)

func (d *desk) saveView(t testing.TB, who event.Actor, v ticket.View) *ticket.View {
	t.Helper()
	if v.Name == "" {
		v.Name = "View"
	}
	must(t, d.tickets.SaveView(t.Context(), who, &v))
	return &v
}

// shown reads all pages of a view.
func (d *desk) shown(t testing.TB, who event.Actor, id string, limit int) (ids []string) {
	t.Helper()
	for after := ""; ; {
		ts, next, err := d.tickets.ViewTickets(t.Context(), who, id, after, limit)
		must(t, err)
		for _, tk := range ts {
			ids = append(ids, tk.ID)
		}
		if after = next; next == "" {
			return ids
		}
	}
}

func (d *desk) counted(t testing.TB, who event.Actor, id string) ticket.ViewCount {
	t.Helper()
	cs, err := d.tickets.ViewCounts(t.Context(), who, id)
	must(t, err)
	return cs[0]
}

// fitting are the tickets that a filter should give, by looking at all.
func (d *desk) fitting(t testing.TB, j judged, me string) (ts []*ticket.Ticket) {
	t.Helper()
	for _, tk := range d.every(t) {
		if j.fits(tk, me, d.clock.now()) {
			ts = append(ts, tk)
		}
	}
	return ts
}

// Pages and counts are what looking at every ticket gives.
func TestViewsAgainstAllTickets(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		r := rand.New(rand.NewPCG(1, 2))
		sorts := []ticket.ViewSort{ticket.SortCreated, ticket.SortUpdated, ticket.SortWaiting, ticket.SortPriority}
		var vs []*ticket.View
		for i, j := range filters() {
			vs = append(vs, d.saveView(t, admin, ticket.View{Filter: j.filter, Sort: sorts[i%4], Desc: r.IntN(2) == 0}))
		}
		var ids []string
		for range 3 {
			for range 40 {
				ids = d.act(t, r, ids)
			}
			d.step(t)
			for i, j := range filters() {
				for _, who := range []event.Actor{ann, bob} {
					ts := d.fitting(t, j, who.ID)
					if c := d.counted(t, who, vs[i].ID); c.N != len(ts) || c.AtLeast || c.Building {
						t.Errorf("%s for %s: counted %+v of %d", j.filter, who, c, len(ts))
					}
					want := sorted(ts, vs[i].Sort, vs[i].Desc)
					if diff := cmp.Diff(want, d.shown(t, who, vs[i].ID, 1+r.IntN(8))); diff != "" {
						t.Errorf("%s for %s by %s, descending %v: %s", j.filter, who, vs[i].Sort, vs[i].Desc, diff)
					}
				}
			}
		}
	})
}

// Random acts, saves and steps of the background work, in memory.
func TestViewCountsAfterWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := openMemory(t, nil)
		d.define(t)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		all, kept, ids := filters(), map[string]judged{}, []string{}
		rt.Repeat(map[string]func(*rapid.T){
			"act": func(*rapid.T) { ids = d.act(t, r, ids) },
			"save": func(rt *rapid.T) {
				j := all[r.IntN(len(all))]
				v := d.saveView(t, admin, ticket.View{Filter: j.filter, Sort: ticket.SortCreated})
				kept[v.ID] = j
			},
			"change": func(rt *rapid.T) {
				vs, err := d.tickets.Views(t.Context(), host)
				must(t, err)
				if len(vs) == 0 {
					return
				}
				v, j := vs[r.IntN(len(vs))], all[r.IntN(len(all))]
				if r.IntN(4) == 0 {
					must(t, d.tickets.DeleteView(t.Context(), admin, v))
					delete(kept, v.ID)
					return
				}
				v.Filter = j.filter
				must(t, d.tickets.SaveView(t.Context(), admin, v))
				kept[v.ID] = j
			},
			"project": func(*rapid.T) {
				_, err := d.events.Step(t.Context())
				must(t, err)
			},
			"build": func(*rapid.T) {
				_, err := d.jobs.Step(t.Context())
				must(t, err)
			},
		})
		d.step(t)
		d.noStrayCounts(t)
		for id, j := range kept {
			for _, who := range []event.Actor{ann, bob} {
				want := d.fitting(t, j, who.ID)
				if c := d.counted(t, who, id); c.N != len(want) || c.Building {
					rt.Errorf("%s for %s: counted %+v of %d", j.filter, who, c, len(want))
				}
				if diff := cmp.Diff(sorted(want, ticket.SortCreated, false), d.shown(t, who, id, 7)); diff != "" {
					rt.Errorf("%s for %s: %s", j.filter, who, diff)
				}
			}
		}
	})
}

// noStrayCounts reports counts of filters that are gone, and impossible ones.
func (d *desk) noStrayCounts(t testing.TB) {
	t.Helper()
	vs, err := d.tickets.Views(t.Context(), host)
	must(t, err)
	of := map[string]bool{}
	for _, v := range vs {
		of[strconv.FormatInt(v.Version, 36)] = true
	}
	counts, err := d.tickets.Counts(t.Context())
	must(t, err)
	for key, n := range counts {
		if view, _, _ := strings.Cut(key, "|"); !of[view] || n < 0 {
			t.Errorf("count %s is %d", key, n)
		}
	}
}

func TestSaveViewLimits(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		long := func(n int) string { return strings.Repeat("é", n) }
		padded := func(n int) string { return "ticket.open" + strings.Repeat(" ", n-11) }
		groups := func(n int) (gs []string) {
			for range n {
				gs = append(gs, "billing")
			}
			return gs
		}
		for _, c := range []struct {
			field string // "": taken
			v     ticket.View
		}{
			{"view.name", ticket.View{Name: " "}},
			{"", ticket.View{Name: long(254)}},
			{"", ticket.View{Name: long(255)}},
			{"view.name", ticket.View{Name: long(256)}},
			{"", ticket.View{Folder: long(254)}},
			{"", ticket.View{Folder: long(255)}},
			{"view.folder", ticket.View{Folder: long(256)}},
			{"", ticket.View{Filter: padded(ticket.MaxFilter - 1)}},
			{"", ticket.View{Filter: padded(ticket.MaxFilter)}},
			{"view.filter", ticket.View{Filter: padded(ticket.MaxFilter + 1)}},
			{"view.filter", ticket.View{Filter: `ticket.staus == "new"`}},
			{"view.filter", ticket.View{Filter: `now > date("2026-01-01")`}},
			{"view.sort", ticket.View{Sort: "luck"}},
			{"view.roles", ticket.View{Roles: []identity.Role{"boss"}}},
			{"view.groups", ticket.View{Groups: []string{"nobody"}}},
			{"", ticket.View{Groups: groups(49)}},
			{"", ticket.View{Groups: groups(50)}},
			{"view.groups", ticket.View{Groups: groups(51)}},
			{"view.owner", ticket.View{Owner: "ann", Groups: []string{"billing"}}},
			{"view.id", ticket.View{ID: "a b"}},
			{"", ticket.View{ID: strings.Repeat("x", 100)}},
			{"view.id", ticket.View{ID: strings.Repeat("x", 101)}},
		} {
			if c.v.Name == "" {
				c.v.Name = "View"
			}
			err := d.tickets.SaveView(t.Context(), host, &c.v)
			if c.field == "" {
				must(t, err)
			} else {
				refuses(t, err, c.field)
			}
		}
		err := d.tickets.SaveView(t.Context(), host, &ticket.View{Name: "V", Filter: "ticket.open and\nticket.staus == \"new\""})
		if e, ok := errors.AsType[*ticket.ConditionError](err); !ok || e.Line != 2 || !slices.Contains(e.Allowed, "ticket.status") {
			t.Errorf("error %v", err)
		}
		v := d.saveView(t, host, ticket.View{})
		stale := *v
		v.Name = "Other"
		must(t, d.tickets.SaveView(t.Context(), host, v))
		is(t, d.tickets.SaveView(t.Context(), host, &stale), store.ErrStale)
		is(t, d.tickets.DeleteView(t.Context(), host, &stale), store.ErrStale)
		again := ticket.View{ID: v.ID, Name: "Again"}
		is(t, d.tickets.SaveView(t.Context(), host, &again), store.ErrExists)
		moved := *v
		moved.Owner = "ann"
		refuses(t, d.tickets.SaveView(t.Context(), host, &moved), "view.owner")
		must(t, d.tickets.DeleteView(t.Context(), host, v))
		is(t, d.tickets.DeleteView(t.Context(), host, v), store.ErrNotFound)
	})
}

func TestNumbersOfViews(t *testing.T) {
	t.Parallel()
	d := openMemory(t, nil)
	own := func() error {
		return d.tickets.SaveView(t.Context(), ann, &ticket.View{Name: "Mine", Owner: "ann", Filter: "ticket.open"})
	}
	for range ticket.MaxOwnViews {
		must(t, own())
	}
	refuses(t, own(), "view")
	must(t, d.tickets.FillViews(t.Context(), ticket.MaxViews-ticket.MaxOwnViews-1))
	d.saveView(t, host, ticket.View{Filter: "ticket.open"})
	refuses(t, d.tickets.SaveView(t.Context(), host, &ticket.View{Name: "One more"}), "view")
	vs, err := d.tickets.Views(t.Context(), ann)
	if must(t, err); len(vs) != ticket.MaxViews {
		t.Errorf("%d views", len(vs))
	}
	vs[0].Name = "Changed" // is no more
	must(t, d.tickets.SaveView(t.Context(), host, vs[0]))
	must(t, d.tickets.DeleteView(t.Context(), host, vs[0]))
	d.saveView(t, host, ticket.View{})
	var ids []string
	for _, v := range vs[1:202] {
		ids = append(ids, v.ID)
	}
	_, err = d.tickets.ViewCounts(t.Context(), ann, ids...)
	refuses(t, err, "views")
	cs, err := d.tickets.ViewCounts(t.Context(), ann, ids[:200]...)
	if must(t, err); len(cs) != 200 || cs[17].View != ids[17] {
		t.Errorf("%d counts", len(cs))
	}
}

func TestWhoSeesViews(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		all := d.saveView(t, admin, ticket.View{Name: "a", Folder: "x"})
		billing := d.saveView(t, admin, ticket.View{Name: "b", Groups: []string{"billing"}})
		heads := d.saveView(t, admin, ticket.View{Name: "c", Roles: []identity.Role{identity.Supervisor}, Position: -1})
		anns := d.saveView(t, ann, ticket.View{Name: "d", Owner: "ann"})
		forbidden(t, d.tickets.SaveView(t.Context(), ann, &ticket.View{Name: "x"}))
		forbidden(t, d.tickets.SaveView(t.Context(), admin, &ticket.View{Name: "x", Owner: "ann"}))
		forbidden(t, d.tickets.SaveView(t.Context(), d.user(), &ticket.View{Name: "x", Owner: d.eve}))
		forbidden(t, d.tickets.DeleteView(t.Context(), bob, all))
		forbidden(t, d.tickets.DeleteView(t.Context(), bob, anns))
		for _, c := range []struct {
			who  event.Actor
			want []*ticket.View
		}{
			{ann, []*ticket.View{billing, anns, all}}, {bob, []*ticket.View{all}},
			{admin, []*ticket.View{heads, billing, all}}, {host, []*ticket.View{heads, billing, anns, all}},
			{rule, []*ticket.View{all}},
		} {
			vs, err := d.tickets.Views(t.Context(), c.who)
			must(t, err)
			if diff := cmp.Diff(c.want, vs); diff != "" {
				t.Errorf("%s: %s", c.who, diff)
			}
		}
		_, err := d.tickets.Views(t.Context(), d.user())
		forbidden(t, err)
		for _, v := range []*ticket.View{billing, heads, anns} {
			_, _, err := d.tickets.ViewTickets(t.Context(), bob, v.ID, "", 10)
			is(t, err, store.ErrNotFound)
			_, err = d.tickets.ViewCounts(t.Context(), bob, all.ID, v.ID)
			is(t, err, store.ErrNotFound)
		}
		d.setActive(t, "ann", false)
		_, _, err = d.tickets.ViewTickets(t.Context(), ann, all.ID, "", 10)
		forbidden(t, err)
	})
}

// A cursor keeps its place while tickets come and go.
func TestCursorsOfViewsAreStable(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		v := d.saveView(t, host, ticket.View{Filter: "ticket.open", Sort: ticket.SortCreated, Desc: true})
		o := d.saveView(t, host, ticket.View{Filter: "ticket.open", Sort: ticket.SortUpdated})
		var ids []string
		for range 6 {
			d.clock.forward(time.Minute)
			ids = append(ids, d.ask(t).ID)
		}
		d.step(t)
		first, next, err := d.tickets.ViewTickets(t.Context(), ann, v.ID, "", 2)
		if must(t, err); len(first) != 2 || first[0].ID != ids[5] || first[1].ID != ids[4] {
			t.Fatalf("first page %+v", first)
		}
		d.ask(t)
		_, err = d.tickets.Resolve(t.Context(), ann, ids[4]) // the cursor's own ticket
		must(t, err)
		d.step(t)
		second, _, err := d.tickets.ViewTickets(t.Context(), ann, v.ID, next, 2)
		if must(t, err); len(second) != 2 || second[0].ID != ids[3] || second[1].ID != ids[2] {
			t.Errorf("second page %+v", second)
		}
		for _, foreign := range []func() error{
			func() error { _, _, err := d.tickets.ViewTickets(t.Context(), ann, o.ID, next, 2); return err },
			func() error { _, _, err := d.tickets.ViewTickets(t.Context(), bob, v.ID, next, 2); return err },
			func() error { _, _, err := d.tickets.ViewTickets(t.Context(), ann, v.ID, "nonsense", 2); return err },
			func() error { _, _, err := d.tickets.List(t.Context(), ann, ticket.Filter{}, next, 2); return err },
		} {
			is(t, foreign(), store.ErrCursor)
		}
		v.Filter = "true"
		must(t, d.tickets.SaveView(t.Context(), host, v))
		_, _, err = d.tickets.ViewTickets(t.Context(), ann, v.ID, next, 2)
		is(t, err, store.ErrCursor)
	})
}

// A view outlives what its filter names.
func TestProblemsOfViews(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		v := d.saveView(t, host, ticket.View{Filter: `field.size == "L" and "vip" in ticket.tags and "gone" in ticket.tags`})
		problems := func() []string {
			vs, err := d.tickets.Views(t.Context(), ann)
			must(t, err)
			return vs[0].Problems
		}
		if diff := cmp.Diff([]string{"tag gone isn't defined"}, problems()); diff != "" {
			t.Error(diff)
		}
		ts, _, err := d.tickets.Tags(t.Context(), "", 10)
		must(t, err)
		vip := ts[slices.IndexFunc(ts, func(tag *ticket.Tag) bool { return tag.Name == "VIP" })]
		vip.Archived = true
		must(t, d.tickets.SaveTag(t.Context(), host, vip))
		fs, err := d.tickets.Fields(t.Context())
		must(t, err)
		size := fs[slices.IndexFunc(fs, func(f *ticket.Field) bool { return f.Key == "size" })]
		size.Archived = true
		must(t, d.tickets.SaveField(t.Context(), host, size))
		if diff := cmp.Diff([]string{"field size is archived", "tag vip is archived", "tag gone isn't defined"}, problems()); diff != "" {
			t.Error(diff)
		}
		if ids := d.shown(t, ann, v.ID, 10); len(ids) > 0 {
			t.Errorf("shows %v", ids)
		}
		v.Name = "Renamed"
		must(t, d.tickets.SaveView(t.Context(), host, v))
	})
}

// What a filter excludes is known anew when a dropdown gets another option.
func TestViewsFollowTheDefinitionsOfFields(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		v := d.saveView(t, host, ticket.View{Filter: `field.size != nil and field.size != "S"`})
		d.step(t)
		fs, err := d.tickets.Fields(t.Context())
		must(t, err)
		size := fs[slices.IndexFunc(fs, func(f *ticket.Field) bool { return f.Key == "size" })]
		size.Options = append(slices.Clone(size.Options), ticket.Option{Name: "M"})
		must(t, d.tickets.SaveField(t.Context(), host, size))
		tk := d.ask(t)
		_, err = d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Fields: map[string]any{"size": "M"}})
		must(t, err)
		d.step(t)
		if c := d.counted(t, ann, v.ID); c.N != 1 || !slices.Equal(d.shown(t, ann, v.ID, 10), []string{tk.ID}) {
			t.Errorf("counted %+v", c)
		}
	})
}

// Values of personal fields are never in the index, and none of an end user's
// fields after an erasure.
func TestPersonalFieldsAreNotInTheIndex(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		d.define(t)
		tk := d.ask(t)
		_, err := d.tickets.Edit(t.Context(), host, tk.ID, ticket.Edit{Fields: map[string]any{"line": "Rue Morgue 7", "size": "L"}})
		must(t, err)
		d.step(t)
		v := d.saveView(t, host, ticket.View{Filter: `field.line == "Rue Morgue 7"`})
		d.step(t)
		has := func(word string) bool {
			words, _, err := d.tickets.FacetsOf(t.Context(), tk.ID)
			must(t, err)
			return slices.Contains(words, word)
		}
		if !has("o:field.line=Rue Morgue 7") || !has("o:field.size=L") {
			t.Error("the values aren't in the index")
		}
		fs, err := d.tickets.Fields(t.Context())
		must(t, err)
		line := fs[slices.IndexFunc(fs, func(f *ticket.Field) bool { return f.Key == "line" })]
		line.Personal = true
		must(t, d.tickets.SaveField(t.Context(), host, line))
		d.step(t)
		if has("o:field.line=Rue Morgue 7") || !has("o:field.size=L") {
			t.Error("a personal value is in the index, or another isn't")
		}
		if ids := d.shown(t, ann, v.ID, 10); !slices.Equal(ids, []string{tk.ID}) {
			t.Errorf("a view of the personal field shows %v", ids)
		}
		if c := d.counted(t, ann, v.ID); c.N != 1 {
			t.Errorf("counted %+v", c)
		}
		words, _, err := d.tickets.FacetsOf(t.Context(), tk.ID)
		must(t, err)
		if left := strings.Join(ticket.EraseFacets(words), " "); strings.Contains(left, "field.") || !strings.Contains(left, "o:status=new") {
			t.Errorf("erased: %s", left)
		}
	})
}

// Two that are linked are found from both sides.
func TestLinksAreFoundFromTheOtherSide(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		a, b := d.ask(t), d.ask(t)
		_, err := d.tickets.Edit(t.Context(), ann, a.ID, ticket.Edit{Link: &ticket.Link{Kind: ticket.Related, Ticket: b.ID}})
		must(t, err)
		d.step(t)
		v := d.saveView(t, host, ticket.View{Filter: fmt.Sprintf("%q in ticket.links", b.ID)})
		if ids := d.shown(t, ann, v.ID, 10); !slices.Equal(ids, []string{a.ID}) {
			t.Errorf("shows %v", ids)
		}
	})
}

// A host's transaction that is rolled back leaves nothing, not even in memory.
func TestViewsInATransactionThatIsRolledBack(t *testing.T) {
	eachStore(t, func(t *testing.T, d *desk) {
		keep := d.saveView(t, host, ticket.View{Name: "Keep", Filter: "ticket.open"})
		tk, stop := d.ask(t), errors.New("stop")
		d.step(t)
		err := d.db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			s := d.tickets.In(tx)
			v := *keep
			v.Filter = "not ticket.open"
			if err := s.SaveView(ctx, host, &v); err != nil {
				return err
			}
			if vs, err := s.Views(ctx, host); err != nil || vs[0].Filter != v.Filter {
				t.Errorf("inside: %+v, %v", vs, err)
			}
			return stop
		})
		is(t, err, stop)
		if ids := d.shown(t, ann, keep.ID, 10); !slices.Equal(ids, []string{tk.ID}) {
			t.Errorf("shows %v", ids)
		}
		v := *keep
		v.Filter = `ticket.status == "resolved"`
		must(t, d.tickets.SaveView(t.Context(), host, &v))
		d.step(t)
		if c := d.counted(t, ann, keep.ID); c.N != 0 || len(d.shown(t, ann, keep.ID, 10)) != 0 {
			t.Errorf("after another filter was saved: %+v", c)
		}
	})
}
