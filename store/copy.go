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

// CopyOptions of Copy; nil means the defaults.
type CopyOptions struct {
	// Replace lets the target hold other data, which goes. Without it a target
	// with documents is ErrNotEmpty, but for those of a copy that was interrupted.
	Replace bool
	// Leave names collections that are neither looked at nor touched.
	Leave []string
	// Only, if it isn't nil, names the collections that are copied: all others are left,
	// whoever declares them. It is for a part of a store, to try things on.
	Only []string
	// Also runs when the documents have been copied and compared, before the
	// target may be opened: for what belongs to them and isn't in the store.
	Also func(ctx context.Context) error
	// Progress hears now and then how many documents of a collection have been
	// gone through, and at its end.
	Progress func(collection string, documents int)
}

// Copied says what Copy did in one collection.
type Copied struct {
	Collection string `json:"collection"`
	Documents  int    `json:"documents"` // that are there now, on both sides
	Written    int    `json:"written"`   // were missing in the target, or different
	Deleted    int    `json:"deleted"`   // were in the target only
	Hash       string `json:"hash"`      // of keys, revisions and contents, the same on every back end
}

// MismatchError says that a collection was not the same on both sides when it was
// compared after copying: somebody else changed one of them meanwhile, or what was
// written can't be read again.
type MismatchError struct {
	Collection string
	From, To   Sum
}

// Sum tells the content of a collection: equal sums are equal documents.
type Sum struct {
	Documents int    `json:"documents"`
	Hash      string `json:"hash"`
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("collection %s differs after copying (%d documents, %d in the target): is one of the stores in use? copy again when it isn't",
		e.Collection, e.From.Documents, e.To.Documents)
}

// UndeclaredError names collections that a store holds and that one of the sides
// of a copy doesn't know: their documents would be lost. Declare them, or leave
// them out by CopyOptions.Leave.
type UndeclaredError struct {
	Collections []string
}

func (e *UndeclaredError) Error() string {
	return "not declared on both sides: " + strings.Join(e.Collections, ", ")
}

// Copy makes to hold what from holds: every document of every declared collection
// with its key and revision, the numbers of all series, and the names of required
// hooks. Back ends may differ. from is a *DB, which is read in short Views, or a
// *Tx, for one state of it.
//
// It compares both sides and writes what is missing or different, so it needs no
// state of its own: killed at any moment it is run again, and what is equal isn't
// written twice. From its start until it has succeeded the target is marked, and
// Open refuses it with ErrCopying. At last both sides are read again and compared;
// a difference is a *MismatchError. Neither side may be in use meanwhile.
//
// A document may be larger in the target's encoding than MaxDocument; it is copied
// all the same, and has to shrink at its next change.
func Copy(ctx context.Context, from Runner, to *DB, o *CopyOptions) (done []Copied, err error) {
	if o == nil {
		o = &CopyOptions{}
	}
	c := &copier{from: from, to: to, o: o}
	if err := c.begin(ctx); err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	for _, name := range c.names {
		one, err := c.collection(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("copy %s: %w", name, err)
		}
		done = append(done, one)
	}
	if err := c.series(ctx); err != nil {
		return nil, fmt.Errorf("copy series: %w", err)
	}
	for i := range done {
		if err := c.verify(ctx, &done[i]); err != nil {
			return nil, fmt.Errorf("copy: %w", err)
		}
	}
	if o.Also != nil {
		if err := o.Also(ctx); err != nil {
			return nil, fmt.Errorf("copy: %w", err)
		}
	}
	if err := c.end(ctx); err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	return done, nil
}

// Snapshot is a View that may last: a copy of the store in one state of it. On
// bbolt the file grows meanwhile, and one that outgrows its map waits for it; in
// memory what is changed is kept twice; on PostgreSQL nothing that is deleted
// meanwhile is vacuumed. Nothing else should use it.
func (db *DB) Snapshot(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.once(ctx, fn, db.begin(ctx, false))
}

// Compact rewrites the store so that nothing is left in it of what has been deleted
// or replaced, and it takes no more room than it needs. In a bbolt file writers wait
// meanwhile, and there has to be room for a second file; on PostgreSQL each table
// is locked in its turn, for readers, too. In memory there is nothing to do.
func (db *DB) Compact(ctx context.Context) error {
	if c, ok := db.d.(driver.Compactor); ok {
		return c.Compact(ctx)
	}
	return nil
}

// Copying says whether the store was the target of an unfinished copy when it was
// last looked at.
func (db *DB) Copying() bool { return db.meta.Load().Copying }

type copier struct {
	from  Runner
	to    *DB
	o     *CopyOptions
	db    *DB      // what from reads
	names []string // of the collections to copy
	hooks []string // that the source requires
}

// begin looks whether the two can be copied, and marks the target.
func (c *copier) begin(ctx context.Context) error {
	var m *Meta
	err := c.from.View(ctx, func(ctx context.Context, tx *Tx) (err error) {
		c.db = tx.db
		m, err = c.db.metas().Get(ctx, tx, "store")
		return err
	})
	switch {
	case err != nil:
		return err
	case c.db == c.to:
		return errors.New("a store can't be copied to itself")
	case m.Copying:
		return fmt.Errorf("the source: %w", ErrCopying)
	}
	c.hooks = m.Hooks
	if err := c.choose(m); err != nil {
		return err
	}
	return c.to.changeMeta(ctx, func(ctx context.Context, tx *Tx, m *Meta) error {
		if m.Copying {
			return nil
		}
		m.Copying = true
		return c.vacant(ctx, tx)
	})
}

// choose settles what is copied: all that both sides declare, which must be all
// that the source holds.
func (c *copier) choose(m *Meta) error {
	var lost []string
	all := maps.Clone(m.Writes)
	for _, db := range []*DB{c.db, c.to} {
		for name := range db.colls {
			all[name] = 0
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case name == "meta" || name == processName || slices.Contains(c.o.Leave, name) || c.o.Only != nil && !slices.Contains(c.o.Only, name):
		case c.db.colls[name] == nil || c.to.colls[name] == nil:
			lost = append(lost, name)
		default:
			c.names = append(c.names, name)
		}
	}
	if lost != nil {
		return &UndeclaredError{lost}
	}
	return nil
}

// vacant makes sure that nothing is lost in the target without having been asked for.
func (c *copier) vacant(ctx context.Context, tx *Tx) error {
	if c.o.Replace {
		return nil
	}
	for _, name := range c.names {
		rows, err := tx.d.Scan(ctx, name, driver.Query{Limit: 1})
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			return fmt.Errorf("the target has documents in %s: %w", name, ErrNotEmpty)
		}
	}
	return nil
}

// collection makes one collection of the target equal to the source's.
func (c *copier) collection(ctx context.Context, name string) (done Copied, err error) {
	done.Collection = name
	if c.hasUnique(name) {
		// A unique value may have moved from one document to another: so all that
		// isn't right goes before anything is written.
		if err := c.pass(ctx, &done, false); err != nil {
			return done, err
		}
	}
	return done, c.pass(ctx, &done, true)
}

func (c *copier) hasUnique(name string) bool {
	s, err := c.to.colls[name].schema()
	return err == nil && slices.ContainsFunc(s.Indexes, func(ix driver.Index) bool { return ix.Unique })
}

// pass walks both sides in step. It deletes what doesn't belong into the target
// and, where write is set, writes what does.
func (c *copier) pass(ctx context.Context, done *Copied, write bool) error {
	left, right := newSide(c.from, done.Collection), newSide(c.to, done.Collection)
	b := &batch{to: c.to, coll: done.Collection}
	for seen := 0; ; seen++ {
		s, d, err := pair(ctx, left, right)
		if err != nil {
			return err
		}
		// Without the writes it's over when nothing is left that could be wrong.
		end := s == nil && d == nil || !write && d == nil && right.done()
		if write && c.o.Progress != nil && (end || seen > 0 && seen%copyPage == 0) {
			c.o.Progress(done.Collection, seen)
		}
		if end {
			return b.flush(ctx)
		}
		if !write && d == nil {
			continue
		}
		if err := c.settle(b, done, s, d, write); err != nil {
			return err
		}
		if err := b.flushFull(ctx); err != nil {
			return err
		}
	}
}

// settle notes what has to be done to a document of the target: s is how the
// source has it, d how the target does.
func (c *copier) settle(b *batch, done *Copied, s, d *driver.Doc, write bool) error {
	coll := c.to.colls[done.Collection]
	if s != nil && d != nil {
		if same, err := c.same(coll, s, d); same || err != nil {
			return err
		}
	}
	if d != nil {
		b.remove(d)
		if s == nil {
			done.Deleted++
		}
	}
	if s == nil || !write {
		return nil
	}
	doc, err := coll.carry(*s, c.db, c.to)
	if err != nil {
		return err
	}
	b.add(doc)
	done.Written++
	return nil
}

// same says whether the target has the document as the source does, in whatever
// encoding and form.
func (c *copier) same(coll *untyped, s, d *driver.Doc) (bool, error) {
	if s.Rev != d.Rev {
		return false, nil
	}
	if c.db.traits.Encoding == c.to.traits.Encoding && s.Version == d.Version && string(s.Data) == string(d.Data) {
		return true, nil
	}
	a, err := coll.canonical(c.db.traits.Encoding, *s)
	if err != nil {
		return false, err
	}
	b, err := coll.canonical(c.to.traits.Encoding, *d)
	// What the target holds and nobody can read isn't the same, and is replaced.
	return err == nil && string(a) == string(b), nil
}

// series lets no number be given a second time.
func (c *copier) series(ctx context.Context) error {
	var all map[string]int64
	err := c.from.View(ctx, func(ctx context.Context, tx *Tx) (err error) {
		all, err = tx.d.Series(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return c.to.Update(ctx, func(ctx context.Context, tx *Tx) error {
		has, err := tx.d.Series(ctx)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if has[name] < all[name] {
				if err := tx.d.Advance(ctx, name, all[name]); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
		return nil
	})
}

// verify reads a collection again on both sides.
func (c *copier) verify(ctx context.Context, done *Copied) error {
	from, err := sum(ctx, c.from, c.db, done.Collection)
	if err != nil {
		return err
	}
	to, err := sum(ctx, c.to, c.to, done.Collection)
	if err != nil {
		return err
	}
	if from != to {
		return &MismatchError{done.Collection, from, to}
	}
	done.Documents, done.Hash = to.Documents, to.Hash
	return nil
}

// end lets the target be opened, with the hooks that the source requires.
func (c *copier) end(ctx context.Context) error {
	return c.to.changeMeta(ctx, func(_ context.Context, _ *Tx, m *Meta) error {
		m.Copying, m.Hooks = false, c.hooks
		return nil
	})
}
