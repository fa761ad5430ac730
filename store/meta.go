package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	return []Any{metaDocs(), requests()}
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

func (db *DB) metas() *Collection[Meta] { return db.colls["meta"].(*Collection[Meta]) }

// openMeta compares what is stored with what this program declares.
func (db *DB) openMeta(ctx context.Context, schemas []driver.Schema, o *Options) error {
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
		for _, s := range schemas {
			if err := db.declare(ctx, tx, m, s); err != nil {
				return err
			}
		}
		return nil
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
func (db *DB) declare(ctx context.Context, tx *Tx, m *Meta, s driver.Schema) error {
	version := db.colls[s.Name].version()
	switch was := m.Writes[s.Name]; {
	case was > version:
		return fmt.Errorf("collection %s is written in form %d, this program knows up to %d: %w", s.Name, was, version, ErrNewer)
	case was == 0 || !db.traits.Shared:
		m.Writes[s.Name] = version // nobody else can be running an older program
	}
	if !db.traits.Shared {
		// While an index isn't declared nothing is added to it; so it is built
		// anew when it comes back.
		maps.DeleteFunc(m.Index, func(name string, _ *Build) bool {
			coll, index, _ := strings.Cut(name, ".")
			return coll == s.Name && !slices.ContainsFunc(s.Indexes, func(ix driver.Index) bool { return ix.Name == index })
		})
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
		m.Index[name] = &Build{On: on, Ready: fresh}
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
	err := db.Update(ctx, func(ctx context.Context, tx *Tx) error {
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
		db.meta.Store(now)
	}
	return err
}

// Raise has every collection written in its newest form. On a shared store it is
// called when no process of an older program is left; elsewhere Open does it.
func (db *DB) Raise(ctx context.Context) error {
	return db.changeMeta(ctx, func(_ context.Context, _ *Tx, m *Meta) error {
		for name, c := range db.colls {
			m.Writes[name] = max(m.Writes[name], c.version())
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
	b := db.meta.Load().Index[coll+"."+index]
	return b != nil && !b.Ready
}

// Building names the indexes that aren't ready, as collection.index.
func (db *DB) Building() []string {
	var names []string
	for name, b := range db.meta.Load().Index {
		if coll, _, _ := strings.Cut(name, "."); !b.Ready && db.colls[coll] != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// backfillPage is how many documents a backfill adds in one transaction.
const backfillPage = 256

// Backfill adds older documents to new indexes until all are ready. It works in
// small transactions, and goes on where it was interrupted.
func (db *DB) Backfill(ctx context.Context) error {
	for _, name := range db.Building() {
		for done := false; !done; {
			var err error
			if done, err = db.backfill(ctx, name); err != nil {
				return fmt.Errorf("build index %s: %w", name, err)
			}
		}
	}
	return nil
}

func (db *DB) backfill(ctx context.Context, name string) (done bool, err error) {
	err = db.changeMeta(ctx, func(ctx context.Context, tx *Tx, m *Meta) error {
		coll, _, _ := strings.Cut(name, ".")
		b := *m.Index[name]
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
		if done = len(rows) < backfillPage; done {
			b.Done, b.Ready = "", true
		}
		m.Index = maps.Clone(m.Index)
		m.Index[name] = &b
		return nil
	})
	return done, err
}
