// Package kv keeps documents and their index entries in an ordered key-value
// store whose writers take turns. memstore and boltstore are thin layers under it.
//
// A document's record lists its own index entries, so that a change finds what
// to take away without knowing how the columns used to be declared.
package kv

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// KV is an ordered key-value store.
type KV interface {
	// Begin starts a transaction. There is one that writes at a time, and
	// waiting for the turn obeys ctx.
	Begin(ctx context.Context, write bool) (Tx, error)
	Close() error
}

// Turns is a KV that nobody else writes to: what its writers do in their turns can be
// prepared before.
type Turns interface {
	KV
	// Land runs fn in a writer's turn, which its caller waits for, though it may be
	// another goroutine that runs it. snapshot is a transaction that only reads, and may
	// have ended; moved says whether a key that holds something was written since it
	// began. If fn fails it has written nothing. Land returns fn's error, or nil once all
	// is durable.
	Land(ctx context.Context, snapshot Tx, fn func(turn Turn, moved func(k []byte) bool) error) error
}

// Turn is a Tx in a writer's turn.
type Turn interface {
	Tx
	// Moment is how many flushes there have been, as that of a snapshot is; what the turn
	// writes comes with the next one.
	Moment() int64
	// Raise has a number stored under k, unless a larger one is, when the writes become
	// durable; until then Get may not see it.
	Raise(k []byte, n int64)
}

// Tx is a transaction of a KV. Keys and values given to Put belong to it until
// it has ended.
type Tx interface {
	Get(k []byte) []byte // nil if there is none
	Put(k, v []byte) error
	Delete(k []byte) error
	// Walk calls fn for the keys in [from, to) until it returns false. fn
	// doesn't write.
	Walk(from, to []byte, desc bool, fn func(k, v []byte) bool)
	// End makes the writes durable, in a transaction that writes. A transaction
	// that failed has put everything back before, except numbers given by Next.
	End() error
}

// Store is a driver.Store over a KV.
type Store struct {
	kv      KV
	turns   Turns // nil: others write, too
	mu      sync.RWMutex
	colls   map[string]collection
	closing bool
	drafts  sync.WaitGroup // those under way
	spare   sync.Pool      // of *draft: what they remembered themselves with
	series  series
	noted   map[string]int64 // by the draft that landed last; belongs to the one whose turn it is
}

// collection is what is known of one. When it is declared anew its changes stay.
type collection struct {
	*driver.Schema
	changes *changes
}

// New returns a store without collections.
func New(kv KV) *Store {
	turns, _ := kv.(Turns)
	return &Store{kv: kv, turns: turns, colls: map[string]collection{}, noted: map[string]int64{}, series: series{last: map[string]int64{}}}
}

// Traits implements driver.Store.
func (s *Store) Traits() driver.Traits { return driver.Traits{Encoding: driver.CBOR} }

// Apply implements driver.Store. Nothing has to be prepared in a key-value store.
func (s *Store) Apply(_ context.Context, schemas []driver.Schema) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range schemas {
		c := collection{&sc, s.colls[sc.Name].changes}
		if c.changes == nil {
			c.changes = new(changes)
		}
		s.colls[sc.Name] = c
	}
	return nil
}

// Begin implements driver.Store.
func (s *Store) Begin(ctx context.Context, write bool) (driver.Tx, error) {
	t, err := s.kv.Begin(ctx, write)
	if err != nil {
		return nil, err
	}
	if write && s.turns != nil {
		clear(s.noted)
	}
	return &tx{s: s, kv: t, write: write, moment: momentOf(t)}, nil
}

func (s *Store) of(coll string) (collection, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.colls[coll]
	if !ok {
		return c, fmt.Errorf("collection %q isn't declared", coll)
	}
	return c, nil
}

// tx is a driver.Tx. It undoes its own writes, since several transactions may
// share one of the KV's.
type tx struct {
	s     *Store
	kv    Tx
	write bool
	done  bool
	undo  []change
	draft *draft // what kv is, in a transaction that waits for no turn

	moment int64 // see changes
}

// change is how a key was before: a nil value means that it was not there.
type change struct{ k, v []byte }

func (t *tx) put(k, v, was []byte) error {
	t.undo = append(t.undo, change{k, was})
	return t.kv.Put(k, v)
}

func (t *tx) delete(k, was []byte) error {
	t.undo = append(t.undo, change{k, was})
	return t.kv.Delete(k)
}

func (t *tx) usable(write bool) error {
	if t.done {
		return driver.ErrClosed
	}
	if write && !t.write {
		return driver.ErrReadOnly
	}
	return nil
}

// Get implements driver.Tx. A lock costs nothing, since writers take turns.
func (t *tx) Get(_ context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	if err := t.usable(lock != driver.None); err != nil {
		return driver.Doc{}, err
	}
	return t.get(coll, key)
}

func (t *tx) get(coll, key string) (driver.Doc, error) {
	b := t.kv.Get(t.docKey(coll, key))
	if b == nil {
		return driver.Doc{}, driver.ErrNotFound
	}
	r := readRecord(b)
	return driver.Doc{Key: key, Rev: r.rev, Version: r.version, Data: r.data}, nil
}

// Put implements driver.Tx. Whatever can be refused is refused before the first
// write, so that the transaction stays usable.
func (t *tx) Put(_ context.Context, coll string, d driver.Doc, was int64) error {
	if err := t.usable(true); err != nil {
		return err
	}
	c, err := t.s.of(coll)
	if err != nil {
		return err
	}
	sc := c.Schema
	k := t.docKey(coll, d.Key)
	old, had, err := t.compare(k, was)
	if err != nil {
		return err
	}
	entries, uniques := t.entriesOf(sc, d)
	for _, u := range uniques {
		if t.taken(u, d.Key, sc.Fresh) {
			return driver.ErrExists
		}
	}
	t.mark(c, d.Key)
	for _, e := range had.entries {
		if !contains(entries, e) {
			if err := t.delete(bytes.Clone(e), []byte{}); err != nil {
				return err
			}
		}
	}
	for _, e := range entries {
		if !contains(had.entries, e) {
			if err := t.put(e, []byte{}, nil); err != nil {
				return err
			}
		}
	}
	r := record{rev: d.Rev, version: d.Version, entries: entries, data: d.Data}
	return t.put(k, r.append(t.room(r.size())), old)
}

// Delete implements driver.Tx.
func (t *tx) Delete(_ context.Context, coll, key string, was int64) error {
	if err := t.usable(true); err != nil {
		return err
	}
	k := t.docKey(coll, key)
	old, had, err := t.compare(k, was)
	if err != nil {
		return err
	}
	if old == nil {
		return driver.ErrNotFound
	}
	if c, err := t.s.of(coll); err == nil {
		t.mark(c, key)
	}
	for _, e := range had.entries {
		if err := t.delete(bytes.Clone(e), []byte{}); err != nil {
			return err
		}
	}
	return t.delete(k, old)
}

// compare reads a record for a writer who expects this revision. What it returns
// is kept for undoing, so that undo costs no read of its own.
func (t *tx) compare(k []byte, was int64) (old []byte, r record, err error) {
	old = bytes.Clone(t.kv.Get(k))
	switch {
	case old == nil && was == 0:
		return nil, record{}, nil
	case old == nil:
		return nil, record{}, driver.ErrMoved
	case was == 0:
		return nil, record{}, driver.ErrExists
	}
	if r = readRecord(old); r.rev != was {
		return nil, record{}, driver.ErrMoved
	}
	return old, r, nil
}

// taken says whether another document has an entry with these values. Of fresh ones a
// draft asks in its turn, when nobody takes them any more, and not before as well.
func (t *tx) taken(values []byte, key string, fresh bool) bool {
	if d := t.draft; fresh && d != nil && !d.turned {
		d.claims = append(d.claims, claim{values, key})
		return slices.ContainsFunc(d.within(values, after(values), false), func(w write) bool {
			return !w.gone && string(w.k[len(values):]) != key
		})
	}
	return taken(t.kv, values, key)
}

func taken(t Tx, values []byte, key string) (yes bool) {
	t.Walk(values, after(values), false, func(k, _ []byte) bool {
		yes = string(k[len(values):]) != key
		return !yes
	})
	return yes
}

// contains looks through a handful of entries.
func contains(entries [][]byte, e []byte) bool {
	return slices.ContainsFunc(entries, func(x []byte) bool { return bytes.Equal(x, e) })
}

// Savepoint implements driver.Tx.
func (t *tx) Savepoint(context.Context) (int, error) { return len(t.undo), t.usable(true) }

// RollbackTo implements driver.Tx.
func (t *tx) RollbackTo(_ context.Context, savepoint int) error {
	if err := t.usable(true); err != nil {
		return err
	}
	return t.undoTo(savepoint)
}

// Release implements driver.Tx. The marks cost nothing.
func (t *tx) Release(context.Context, int) error { return nil }

// Flush implements driver.Tx. Nothing is put off.
func (t *tx) Flush(context.Context) error { return nil }

func (t *tx) undoTo(mark int) error {
	for i := len(t.undo) - 1; i >= mark; i-- {
		c := t.undo[i]
		var err error
		if c.v == nil {
			err = t.kv.Delete(c.k)
		} else {
			err = t.kv.Put(c.k, c.v)
		}
		if err != nil {
			return fmt.Errorf("undo: %w", err)
		}
	}
	t.undo = t.undo[:mark]
	return nil
}

// Commit implements driver.Tx.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.usable(true); err != nil {
		return err
	}
	if t.draft != nil {
		return t.Turn(ctx, nil)
	}
	t.done = true
	return t.kv.End()
}

// Rollback implements driver.Tx.
func (t *tx) Rollback(context.Context) error {
	if t.done {
		return nil
	}
	if t.draft != nil {
		defer t.leave()
		return t.kv.End() // nobody has seen any of it
	}
	t.done = true
	undone := t.undoTo(0)
	if err := t.kv.End(); err != nil {
		return err
	}
	return undone
}
