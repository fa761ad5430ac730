package ticket

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/internal/condition"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

// viewEntry is a view with its compiled filter.
type viewEntry struct {
	*View
	cond *condition.Condition[*asked]
	err  error  // why the filter can't be used any more
	kept bool   // its count is kept
	mine string // the name that must equal me, for each of whose values there is a count
}

// viewSet is all views of a desk, compiled. It doesn't change.
type viewSet struct {
	version int64
	forms   int64 // version of the definitions of fields
	env     *condition.Env[*asked]
	defined []*Field
	fields  map[string]*Field
	views   []*viewEntry // by folder, position, name
	byID    map[string]*viewEntry
	kept    []*viewEntry // those of set, in its order
	set     *condition.Set[*asked]
	keys    map[string]bool // of kept
}

// compiled is the set that this process used last.
type compiled struct{ at atomic.Pointer[viewSet] }

// viewsFor returns the views as they are in a transaction. Under a lock they stay so
// until it ends.
func (s *Service) viewsFor(ctx context.Context, tx *store.Tx, lock driver.Lock) (*viewSet, error) {
	r, err := registries.Lock(ctx, tx, viewRegistry, lock)
	if err != nil {
		return nil, err
	}
	return s.viewsAt(ctx, tx, r)
}

// viewsAt returns the views of a registry, from memory if they are known.
func (s *Service) viewsAt(ctx context.Context, tx *store.Tx, r *registry) (*viewSet, error) {
	known := s.compiled.at.Load()
	if known != nil && known.version == r.Version {
		return known, nil
	}
	vs := &viewSet{version: r.Version, forms: r.Fields, byID: map[string]*viewEntry{}, keys: map[string]bool{}}
	if known != nil && known.forms == r.Fields {
		vs.env, vs.defined, vs.fields = known.env, known.defined, known.fields
	} else if err := vs.define(ctx, tx); err != nil {
		return nil, err
	}
	for v, err := range views.All(ctx, tx, store.ByKey()) {
		if err != nil {
			return nil, err
		}
		vs.add(v, known)
	}
	vs.index()
	s.compiled.at.Store(vs)
	return vs, nil
}

// define reads the names that filters may use.
func (vs *viewSet) define(ctx context.Context, tx *store.Tx) (err error) {
	if vs.defined, _, err = fields.Page(ctx, tx, store.ByKey().Limit(MaxFields)); err != nil {
		return err
	}
	vs.fields = map[string]*Field{}
	for _, f := range vs.defined {
		vs.fields[f.Key] = f
	}
	vs.env, err = filterEnv(vs.defined)
	return err
}

// add compiles a view, unless the set before has done so.
func (vs *viewSet) add(v *View, before *viewSet) {
	e := newEntryOf(v)
	if before != nil && before.env == vs.env && before.byID[v.ID] != nil && before.byID[v.ID].Filter == v.Filter {
		old := before.byID[v.ID]
		e.cond, e.err, e.kept, e.mine = old.cond, old.err, old.kept, old.mine
	} else {
		e.compile(vs.env)
	}
	vs.views = append(vs.views, e)
	vs.byID[v.ID] = e
}

// index makes the set of those whose counts are kept.
func (vs *viewSet) index() {
	slices.SortFunc(vs.views, func(a, b *viewEntry) int {
		return cmp.Or(cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	var cs []*condition.Condition[*asked]
	for _, e := range vs.views {
		if e.kept {
			vs.kept, cs = append(vs.kept, e), append(cs, e.cond)
			vs.keys[e.key()] = true
		}
	}
	vs.set = vs.env.NewSet(cs)
}

func newEntryOf(v *View) *viewEntry { return &viewEntry{View: v} }

func newEntry(env *condition.Env[*asked], v *View) *viewEntry {
	e := newEntryOf(v)
	e.compile(env)
	return e
}

func (e *viewEntry) compile(env *condition.Env[*asked]) {
	if e.cond, e.err = env.Compile(cmp.Or(e.Filter, "true")); e.err != nil {
		return
	}
	reads := e.cond.Reads()
	if slices.Contains(reads, "me") {
		e.mine = mineOf(e.cond)
	}
	e.kept = !slices.Contains(reads, "now") && (e.mine != "" || !slices.Contains(reads, "me"))
}

// mineOf is the name that must equal me for the condition to be true, so that a
// ticket is only in the counts of the agents whom it names.
func mineOf(c *condition.Condition[*asked]) string {
	needs, _ := c.Needs()
	for _, n := range needs {
		if len(n.Values) == 1 && n.Values[0].Param == "me" && agentsOf(n.Name) != nil {
			return n.Name
		}
	}
	return ""
}

// agentsOf returns the function that lists the agents whom a ticket names there.
func agentsOf(name string) func(*Ticket) []string {
	switch name {
	case "ticket.assignee":
		return func(t *Ticket) []string { return []string{t.agent()} }
	case "ticket.last_agent":
		return func(t *Ticket) []string { return []string{t.LastAgent} }
	case "ticket.followers":
		return func(t *Ticket) []string { return t.Followers }
	}
	return nil
}

// key names the count of the filter as it is. An agent's share of it is key|id.
func (e *viewEntry) key() string { return strconv.FormatInt(e.Version, 36) }

func (e *viewEntry) keyFor(agent string) string {
	if e.mine == "" {
		return e.key()
	}
	return e.key() + "|" + agent
}

// counts says whether a count belongs to a view that there still is.
func (vs *viewSet) counts(member string) bool {
	key, _, _ := strings.Cut(member, "|")
	return vs.keys[key]
}

// members are the counts that a ticket is part of, in order.
func (vs *viewSet) members(t *Ticket) (ms []string) {
	if len(vs.kept) == 0 {
		return nil
	}
	a := &asked{t: t}
	var room [32]int
	for _, i := range vs.set.Candidates(room[:0], a) {
		e := vs.kept[i]
		if e.mine == "" {
			if e.cond.Match(a) {
				ms = append(ms, e.key())
			}
			continue
		}
		for _, agent := range agentsOf(e.mine)(t) {
			a.me = agent
			if agent != "" && e.cond.Match(a) {
				ms = append(ms, e.keyFor(agent))
			}
		}
		a.me = ""
	}
	slices.Sort(ms)
	return slices.Compact(ms)
}
