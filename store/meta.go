package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// format is the layout of what this package itself stores.
const format = 1

// Meta is what the store knows about its programs. There is one of it.
type Meta struct {
	Format int               `json:"format"`
	Hooks  []string          `json:"hooks,omitempty"`  // required, in order of name
	Writes map[string]int    `json:"writes,omitempty"` // by collection: the form that is written now
	Index  map[string]*Build `json:"index,omitempty"`  // by collection.index
	// Copying says that the store is the target of a copy that hasn't ended.
	Copying bool `json:"copying,omitempty"`
	Rev     Rev  `json:"-"`
}

// Build is the state of an index.
type Build struct {
	On    string `json:"on"`              // its columns, as declared
	Ready bool   `json:"ready,omitempty"` // false while older documents are being added
	Done  string `json:"done,omitempty"`  // the last key that was added
}

func own() []Any {
	return []Any{metaDocs(), processDocs(), requests()}
}

// metaDocs is made anew for each DB, since a collection knows its encoding.
func metaDocs() *Collection[Meta] {
	return &Collection[Meta]{
		Name:       "meta",
		Key:        func(*Meta) string { return "store" },
		Rev:        func(m *Meta) *Rev { return &m.Rev },
		Impersonal: "holds names of collections, indexes and hooks",
	}
}

func (db *DB) metas() *Collection[Meta] { return db.colls["meta"].typed.(*Collection[Meta]) }

// openMeta compares what is stored with what this program declares, and enters it
// into the register of processes.
func (db *DB) openMeta(ctx context.Context, schemas []driver.Schema, o *Options) error {
	now, err := db.now(ctx)
	if err != nil {
		return err
	}
	return db.changeMeta(ctx, func(ctx context.Context, tx *Tx, m *Meta) error {
		if m.Format > format {
			return fmt.Errorf("store format %d, this program knows up to %d: %w", m.Format, format, ErrNewer)
		}
		m.Format = format
		if !o.ForCopy {
			if err := m.enter(o.Hooks); err != nil {
				return err
			}
		}
		others, err := db.others(ctx, tx, now)
		if err != nil {
			return err
		}
		for _, s := range schemas {
			if err := db.declare(ctx, tx, m, s, others); err != nil {
				return err
			}
		}
		if !db.traits.Shared {
			return nil
		}
		return db.enter(ctx, tx, now)
	})
}

// enter is for those who want to work with the store.
func (m *Meta) enter(hooks []string) error {
	if m.Copying {
		return ErrCopying
	}
	for _, h := range m.Hooks {
		if !slices.Contains(hooks, h) {
			return fmt.Errorf("this store was written with hook %q, which must not be left out: give it to Open", h)
		}
	}
	m.Hooks = slices.Compact(slices.Sorted(slices.Values(hooks)))
	return nil
}

// declare settles the written form and the state of each index of a collection.
func (db *DB) declare(ctx context.Context, tx *Tx, m *Meta, s driver.Schema, others []*process) error {
	version := db.colls[s.Name].version
	switch was := m.Writes[s.Name]; {
	case was > version:
		return fmt.Errorf("collection %s is written in form %d, this program knows up to %d: %w", s.Name, was, version, ErrNewer)
	case was == 0 || !db.traits.Shared:
		m.Writes[s.Name] = version // nobody else can be running an older program
	}
	for name, b := range m.Index {
		coll, index, _ := strings.Cut(name, ".")
		if coll != s.Name || slices.ContainsFunc(s.Indexes, func(ix driver.Index) bool { return ix.Name == index }) {
			continue
		}
		// What this program writes won't be in the index. So nobody may rely on it
		// now, and it is built anew when this program is gone.
		m.Index[name] = &Build{On: b.On}
	}
	var fresh bool
	for _, ix := range s.Indexes {
		name, on := s.Name+"."+ix.Name, describe(s, ix)
		if b := m.Index[name]; b != nil && b.On == on {
			continue
		}
		if !fresh {
			rows, err := tx.d.Scan(ctx, s.Name, driver.Query{Limit: 1})
			if err != nil {
				return err
			}
			fresh = len(rows) == 0
		}
		m.Index[name] = &Build{On: on, Ready: fresh && !lack(others, name, on)}
	}
	return nil
}

func describe(s driver.Schema, ix driver.Index) string {
	var b strings.Builder
	for _, c := range ix.Columns {
		fmt.Fprintf(&b, "%s:%d ", s.Columns[c].Name, s.Columns[c].Kind)
	}
	if ix.Unique {
		b.WriteString("unique")
	}
	return strings.TrimSpace(b.String())
}

// changeMeta runs fn on a copy of the meta document and stores what it changed.
func (db *DB) changeMeta(ctx context.Context, fn func(ctx context.Context, tx *Tx, m *Meta) error) error {
	if db.meta.Load() == nil {
		db.meta.Store(&Meta{}) // until the stored one has been read
	}
	var now *Meta
	err := db.update(ctx, func(ctx context.Context, tx *Tx) error {
		m, err := db.metas().Lock(ctx, tx, "store", ForUpdate)
		if errors.Is(err, ErrNotFound) {
			m, err = &Meta{}, nil
		}
		if err != nil {
			return err
		}
		if m.Writes == nil {
			m.Writes = map[string]int{}
		}
		if m.Index == nil {
			m.Index = map[string]*Build{}
		}
		before, err := encodeAs(driver.JSON, m)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, m); err != nil {
			return err
		}
		now = m
		after, err := encodeAs(driver.JSON, m)
		if err != nil || string(before) == string(after) {
			return err
		}
		return db.metas().Put(ctx, tx, m)
	})
	if err == nil {
		db.know(now)
	}
	return err
}

// know goes by m from now on, unless a newer one is known.
func (db *DB) know(m *Meta) {
	for {
		was := db.meta.Load()
		if was.Rev >= m.Rev || db.meta.CompareAndSwap(was, m) {
			return
		}
	}
}

// Raise has every collection written in its newest form. On a shared store it is
// called when no process of an older program is left; elsewhere Open does it.
func (db *DB) Raise(ctx context.Context) error {
	return db.changeMeta(ctx, func(_ context.Context, _ *Tx, m *Meta) error {
		for name, c := range db.colls {
			m.Writes[name] = max(m.Writes[name], c.version)
		}
		return nil
	})
}

func (db *DB) writeVersion(coll string, own int) int {
	if m := db.meta.Load(); m != nil && m.Writes[coll] > 0 {
		return m.Writes[coll]
	}
	return own
}

func (db *DB) building(coll, index string) bool {
	if index == "" {
		return false
	}
	name := coll + "." + index
	b := db.meta.Load().Index[name]
	return b != nil && !(b.Ready && b.On == db.self.card.Indexes[name])
}

// Building names the indexes that aren't ready, as collection.index.
func (db *DB) Building() []string {
	var names []string
	for name := range db.self.card.Indexes {
		if coll, index, _ := strings.Cut(name, "."); db.building(coll, index) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// backfillPage is how many documents a backfill adds in one transaction.
const backfillPage = 256

// Backfill adds older documents to new indexes until all are ready. It works in
// small transactions, and goes on where it was interrupted; several processes may
// do it at once. On a shared store it leaves out an index to which another live
// process adds nothing: Run comes back to it.
func (db *DB) Backfill(ctx context.Context) error {
	names := db.Building()
	if len(names) == 0 {
		return nil
	}
	now, err := db.now(ctx)
	if err != nil {
		return fmt.Errorf("build indexes: %w", err)
	}
	for _, name := range names {
		if err := db.build(ctx, name, now); err != nil {
			return fmt.Errorf("build index %s: %w", name, err)
		}
	}
	return nil
}

// build fills an index. A back end that has left something of it for the time when
// all documents are there does so last, before anybody trusts it.
func (db *DB) build(ctx context.Context, name string, now time.Time) error {
	ix, later := db.d.(driver.Indexer)
	for done := false; !done; {
		var err error
		if done, err = db.backfill(ctx, name, now, !later); err != nil {
			return err
		}
	}
	if !later {
		return nil
	}
	coll, index, _ := strings.Cut(name, ".")
	if err := ix.Index(ctx, coll, index); errors.Is(err, ErrExists) {
		return fmt.Errorf("a new unique index finds two documents with one value: %w", err)
	} else if err != nil {
		return err
	}
	_, err := db.backfill(ctx, name, now, true)
	return err
}

// backfill adds a page. The last one makes the index ready, if it may.
func (db *DB) backfill(ctx context.Context, name string, now time.Time, ready bool) (done bool, err error) {
	err = db.changeMeta(ctx, func(ctx context.Context, tx *Tx, m *Meta) error {
		coll, _, _ := strings.Cut(name, ".")
		b := Build{On: db.self.card.Indexes[name]}
		if stored := m.Index[name]; stored != nil && stored.On == b.On {
			b = *stored
		}
		others, err := db.others(ctx, tx, now)
		if done = b.Ready || lack(others, name, b.On); done || err != nil {
			return err
		}
		q := driver.Query{Limit: backfillPage}
		if b.Done != "" {
			q.After = &driver.Mark{Key: b.Done}
		}
		rows, err := tx.d.Scan(ctx, coll, q)
		if err != nil {
			return err
		}
		for _, r := range rows {
			tx.note(coll, r.Key, r.Rev)
			r.Doc.Data = slices.Clone(r.Doc.Data) // reindex writes while the rest of the page waits
		}
		for _, r := range rows {
			if err := db.colls[coll].reindex(ctx, tx, r.Doc); err != nil {
				return err
			}
			b.Done = r.Key
		}
		if done = len(rows) < backfillPage; done && ready {
			b.Done, b.Ready = "", true
		}
		m.Index = maps.Clone(m.Index)
		m.Index[name] = &b
		return nil
	})
	return done, err
}
