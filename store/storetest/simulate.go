package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"pgregory.net/rapid"
)

var simulationCases = []testCase{
	{"Simulation", "Whatever several goroutines do, each transaction sees what a map would hold, and each View is the state after some transaction.", simulation},
	{"Model", "Any sequence of operations gives what a map gives, scans over random ranges and cursors included.", modelProperty},
}

// model is what the store should hold: notes by key. A note in it is never
// changed, so that a copy of the map is a snapshot.
type model map[string]*note

// where is what an index's entries are compared by.
func (m model) index(name string) (entries []entry) {
	for _, n := range m {
		switch name {
		case "":
			entries = append(entries, entry{key: n.ID})
		case "rank":
			if n.Rank != nil {
				entries = append(entries, entry{number: *n.Rank, key: n.ID})
			}
		case "group_rank":
			if n.Group != "" && n.Rank != nil {
				entries = append(entries, entry{text: n.Group, number: *n.Rank, key: n.ID})
			}
		case "tag_rank":
			tags := slices.Compact(slices.Sorted(slices.Values(n.Tags)))
			for _, tag := range tags {
				if n.Rank != nil {
					entries = append(entries, entry{text: tag, number: *n.Rank, key: n.ID})
				}
			}
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.text, b.text), cmp.Compare(a.number, b.number), cmp.Compare(a.key, b.key))
	})
	return entries
}

type entry struct {
	text   string
	number int64
	key    string
}

// stroll is a random query, and what it means to the model.
type stroll struct {
	index    string
	eq       string // of the text that leads, if it isn't ""
	from, to *int64
	desc     bool
	limit    int
}

func (s stroll) query() store.Query {
	q := store.ByKey()
	if s.index != "" {
		q = store.By(s.index)
		if s.eq != "" {
			q = store.By(s.index, s.eq)
		}
		if s.from != nil {
			q = q.From(*s.from)
		}
		if s.to != nil {
			q = q.To(*s.to)
		}
	}
	if s.desc {
		q = q.Desc()
	}
	return q.Limit(s.limit)
}

func (s stroll) expect(m model) (keys []string) {
	for _, e := range m.index(s.index) {
		if s.eq != "" && e.text != s.eq || s.from != nil && e.number < *s.from || s.to != nil && e.number >= *s.to {
			continue
		}
		keys = append(keys, e.key)
	}
	if s.desc {
		slices.Reverse(keys)
	}
	return keys
}

// walk goes through the query page by page and compares it with the model.
func (s stroll) walk(ctx context.Context, tx *store.Tx, m model) error {
	var got []string
	for q, more := s.query(), true; more; {
		vs, next, err := notes.Page(ctx, tx, q)
		if err != nil {
			return err
		}
		for _, v := range vs {
			got = append(got, v.ID)
			if !equalNotes(v, m[v.ID]) {
				return fmt.Errorf("%+v: %s is %+v, want %+v", s, v.ID, v, m[v.ID])
			}
		}
		if q, more = q.After(next), next != ""; len(got) > 10_000 {
			return fmt.Errorf("%+v doesn't end", s)
		}
	}
	if wanted := s.expect(m); !slices.Equal(got, wanted) {
		return fmt.Errorf("%+v finds %q, want %q", s, got, wanted)
	}
	return nil
}

func equalNotes(a, b *note) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ID == b.ID && a.Text == b.Text && a.Group == b.Group && a.Owner == b.Owner && number(a.Rank) == number(b.Rank) && slices.Equal(a.Tags, b.Tags) && a.Rev == b.Rev
}

// dice draws what an operation needs, so that both the simulation and rapid can
// throw them.
type dice func(n int, what string) int

var (
	someGroups = []string{"", "a", "a\x01", "ab", "b"}
	someTags   = []string{"x", "xy", "x\x01", "z"}
)

func (d dice) key() string { return fmt.Sprintf("k%02d", d(24, "key")) }

func (d dice) rank() *int64 {
	if n := d(12, "rank"); n > 0 {
		return new(int64(n - 6))
	}
	return nil
}

func (d dice) stroll() stroll {
	s := stroll{index: []string{"", "rank", "group_rank", "tag_rank"}[d(4, "index")], desc: d(2, "desc") == 1, limit: 1 + d(9, "limit")}
	switch s.index {
	case "rank":
		s.from, s.to = d.rank(), d.rank()
	case "group_rank":
		s.eq = someGroups[d(len(someGroups), "group")]
	case "tag_rank":
		s.eq = someTags[d(len(someTags), "tag")]
	}
	if s.eq != "" {
		s.from, s.to = d.rank(), d.rank()
	}
	return s
}

// fill gives a note new random values.
func (d dice) fill(n *note) {
	n.Text = fmt.Sprint("text ", d(1000, "text"))
	n.Group, n.Rank, n.Owner = someGroups[d(len(someGroups), "group")], d.rank(), ""
	if o := d(12, "owner"); o > 4 {
		n.Owner = fmt.Sprint("owner ", o)
	}
	n.Tags = nil
	for range d(4, "tags") {
		n.Tags = append(n.Tags, someTags[d(len(someTags), "tag")])
	}
}

// step does one random operation, in the store and in the model.
func (d dice) step(ctx context.Context, tx *store.Tx, m model, depth int) error {
	switch d(10, "operation") {
	case 0, 1, 2, 3:
		return d.put(ctx, tx, m)
	case 4, 5:
		return d.delete(ctx, tx, m)
	case 6:
		return d.get(ctx, tx, m)
	case 7:
		if depth < 3 {
			return d.savepoint(ctx, tx, m, depth)
		}
	}
	return d.stroll().walk(ctx, tx, m)
}

// get reads a note, or knows it without reading.
func (d dice) get(ctx context.Context, tx *store.Tx, m model) error {
	key, get := d.key(), notes.Get
	if d(2, "shared") == 1 {
		get = notes.Shared
	}
	n, err := get(ctx, tx, key)
	if errors.Is(err, store.ErrNotFound) {
		n, err = nil, nil
	}
	if err != nil || !equalNotes(n, m[key]) {
		return fmt.Errorf("get %s gives %+v, %v; want %+v", key, n, err, m[key])
	}
	return nil
}

func (d dice) put(ctx context.Context, tx *store.Tx, m model) error {
	n := &note{ID: d.key()}
	old := m[n.ID]
	if old != nil {
		n.Rev = old.Rev
	}
	d.fill(n)
	var wanted error
	for _, other := range m {
		if other.ID != n.ID && n.Owner != "" && other.Owner == n.Owner {
			wanted = store.ErrExists
		}
	}
	switch d(12, "revision") { // now and then a wrong one
	case 0:
		if n.Rev++; true {
			wanted = store.ErrStale
		}
	case 1:
		if n.Rev = 0; old != nil {
			wanted = store.ErrExists
		}
	}
	err := notes.Put(ctx, tx, n)
	if !errors.Is(err, wanted) || wanted == nil && err != nil {
		return fmt.Errorf("put %+v over %+v gives %w, want %w", n, old, err, wanted)
	}
	if err == nil {
		m[n.ID] = n
	}
	return nil
}

func (d dice) delete(ctx context.Context, tx *store.Tx, m model) error {
	key := d.key()
	old := m[key]
	if old == nil {
		if err := notes.Delete(ctx, tx, &note{ID: key}); !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("delete of nothing gives %w", err)
		}
		return nil
	}
	gone := *old
	if d(6, "revision") == 0 {
		gone.Rev++
		if err := notes.Delete(ctx, tx, &gone); !errors.Is(err, store.ErrStale) {
			return fmt.Errorf("delete of another revision gives %w", err)
		}
		return nil
	}
	delete(m, key)
	return notes.Delete(ctx, tx, &gone)
}

func (d dice) savepoint(ctx context.Context, tx *store.Tx, m model, depth int) error {
	before := maps.Clone(m)
	back := d(2, "roll back") == 0
	// The notes in the model are the ones that were put, and a rollback gives
	// them their old revisions; those that the map held before are other values.
	err := tx.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		for range 1 + d(5, "steps") {
			if err := d.step(ctx, tx, m, depth+1); err != nil {
				return err
			}
		}
		if back {
			return errPurpose
		}
		return nil
	})
	if back && errors.Is(err, errPurpose) {
		clear(m)
		maps.Copy(m, before)
		return nil
	}
	return err
}

// history is the model after every transaction, told by a stamp that each of
// them writes.
type history struct {
	mu     sync.Mutex
	states []model
	free   bool       // the store doesn't make writers take turns
	turn   sync.Mutex // does it then
}

var stamps = &store.Collection[note]{Name: "stamp", Key: notes.Key, Rev: notes.Rev}

func simulation(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes, stamps)
	put(t, db, stamps, &note{ID: "stamp", Rank: new(int64(0))})
	_, drafts := d.(drafted)
	h := &history{states: []model{{}}, free: drafts || db.Shared()}
	rounds := 120
	if testing.Short() {
		rounds = 30
	}
	var wait sync.WaitGroup
	for g := range uint64(6) {
		r := rand.New(rand.NewPCG(g, rand.Uint64()))
		d := dice(func(n int, _ string) int { return r.IntN(n) })
		wait.Go(func() {
			for range rounds {
				if r.IntN(4) == 0 {
					want(t, "view", db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error { return h.look(ctx, tx, d) }), nil)
				} else if err := h.write(t.Context(), db, d); !errors.Is(err, errPurpose) {
					want(t, "update", err, nil)
				}
			}
		})
	}
	wait.Wait()
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		return h.look(ctx, tx, dice(func(int, string) int { return 0 }))
	})
}

// write runs a random transaction. Where writers take turns its place in the
// history is known before it is committed; elsewhere they are made to.
func (h *history) write(ctx context.Context, db *store.DB, d dice) error {
	if h.free {
		h.turn.Lock()
		defer h.turn.Unlock()
	}
	return db.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		stamp, err := stamps.Get(ctx, tx, "stamp")
		if err != nil {
			return err
		}
		h.mu.Lock()
		if n := int64(len(h.states) - 1); n != *stamp.Rank {
			err = fmt.Errorf("after transaction %d the store is at %d", n, *stamp.Rank)
		}
		m := maps.Clone(h.states[len(h.states)-1])
		h.mu.Unlock()
		if err != nil {
			return err
		}
		for range 1 + d(8, "steps") {
			if err := d.step(ctx, tx, m, 0); err != nil {
				return err
			}
		}
		if d(4, "roll back") == 0 {
			return errPurpose
		}
		*stamp.Rank++
		if err := stamps.Put(ctx, tx, stamp); err != nil {
			return err
		}
		h.mu.Lock()
		h.states = append(h.states, m)
		h.mu.Unlock()
		return nil
	})
}

// look compares a View with the state that its stamp names.
func (h *history) look(ctx context.Context, tx *store.Tx, d dice) error {
	stamp, err := stamps.Get(ctx, tx, "stamp")
	if err != nil {
		return err
	}
	h.mu.Lock()
	m := h.states[*stamp.Rank]
	h.mu.Unlock()
	for range 4 {
		if err := d.get(ctx, tx, m); err != nil {
			return fmt.Errorf("after transaction %d: %w", *stamp.Rank, err)
		}
	}
	for _, s := range []stroll{{limit: 7}, {index: "rank", limit: 5, desc: true}, {index: "tag_rank", limit: 3}, d.stroll()} {
		if err := s.walk(ctx, tx, m); err != nil {
			return fmt.Errorf("after transaction %d: %w", *stamp.Rank, err)
		}
	}
	return nil
}

func modelProperty(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	rapid.Check(t, func(rt *rapid.T) {
		d := dice(func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(rt, what) })
		empty(t, db)
		m := model{}
		for range d(6, "transactions") {
			tried := maps.Clone(m)
			err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				tried = maps.Clone(m)
				for range d(12, "steps") {
					if err := d.step(ctx, tx, tried, 0); err != nil {
						return err
					}
				}
				if d(3, "roll back") == 0 {
					return errPurpose
				}
				return nil
			})
			if err == nil {
				m = tried
			} else if !errors.Is(err, errPurpose) {
				rt.Fatal(err)
			}
			s := d.stroll()
			if err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error { return s.walk(ctx, tx, m) }); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// empty deletes all notes.
func empty(t *testing.T, db *store.DB) {
	t.Helper()
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for n, err := range notes.All(ctx, tx, store.ByKey()) {
			if err == nil {
				err = notes.Delete(ctx, tx, n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
