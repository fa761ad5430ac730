// Package memstore keeps a store in memory: for tests, and for desks that may
// forget. It behaves as boltstore does, snapshots included.
package memstore

import (
	"bytes"
	"context"
	"sync"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	"github.com/tidwall/btree"
)

// Store is a driver.Store in memory.
type Store struct{ *kv.Store }

// New returns an empty store.
func New() *Store {
	m := &memory{turn: make(chan struct{}, 1), tree: newTree()}
	return &Store{kv.New(m)}
}

type pair struct{ k, v []byte }

func newTree() *btree.BTreeG[pair] {
	less := func(a, b pair) bool { return bytes.Compare(a.k, b.k) < 0 }
	return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: 16})
}

// memory is a KV: a tree whose copies share what isn't changed. Readers use a
// tree that nobody changes any more.
type memory struct {
	turn chan struct{} // holds one value while somebody writes

	mu      sync.Mutex
	tree    *btree.BTreeG[pair]
	commits int64
	closed  bool
}

func (m *memory) Begin(ctx context.Context, write bool) (kv.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !write {
		return m.copy(nil)
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t, err := m.copy(m)
	if err != nil {
		<-m.turn
		return nil, err
	}
	return t, nil
}

// Land implements kv.KV. Trees of different moments tell themselves what moved.
func (m *memory) Land(ctx context.Context, snapshot kv.Tx, fn func(turn kv.Turn, moved func(k []byte) bool) error) error {
	turn, err := m.Begin(ctx, true)
	if err != nil {
		return err
	}
	now, then := turn.(*tx), snapshot.(*tx)
	err = fn(now, func(k []byte) bool {
		a, there := then.tree.Get(pair{k: k})
		b, still := now.tree.Get(pair{k: k})
		return there != still || !bytes.Equal(a.v, b.v)
	})
	if err != nil {
		<-m.turn
		return err
	}
	return now.End()
}

// copy begins a transaction, which writes to to, if that isn't nil.
func (m *memory) copy(to *memory) (*tx, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, driver.ErrClosed
	}
	return &tx{m: to, tree: m.tree.Copy(), commits: m.commits}, nil
}

func (m *memory) Close() error {
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.tree = true, newTree()
	return nil
}

type tx struct {
	m       *memory // nil in a transaction that only reads
	tree    *btree.BTreeG[pair]
	commits int64 // before it began
}

// Moment is how many commits there were before it began.
func (t *tx) Moment() int64 { return t.commits }

func (t *tx) Get(k []byte) []byte {
	p, _ := t.tree.Get(pair{k: k})
	return p.v
}

// Put keeps copies: what it is given may be used for something else when the transaction
// has ended.
func (t *tx) Put(k, v []byte) error { t.tree.Set(pair{bytes.Clone(k), bytes.Clone(v)}); return nil }

// Raise implements kv.Turn. A tree refuses nothing.
func (t *tx) Raise(k []byte, n int64) { _ = kv.Raise(t, k, n) }

func (t *tx) Delete(k []byte) error { t.tree.Delete(pair{k: k}); return nil }

func (t *tx) Walk(from, to []byte, desc bool, fn func(k, v []byte) bool) {
	if desc {
		t.tree.Descend(pair{k: to}, func(p pair) bool {
			if bytes.Equal(p.k, to) {
				return true
			}
			return bytes.Compare(p.k, from) >= 0 && fn(p.k, p.v)
		})
		return
	}
	t.tree.Ascend(pair{k: from}, func(p pair) bool {
		return bytes.Compare(p.k, to) < 0 && fn(p.k, p.v)
	})
}

func (t *tx) End() error {
	if t.m == nil {
		return nil
	}
	t.m.mu.Lock()
	t.m.tree = t.tree
	t.m.commits++
	t.m.mu.Unlock()
	<-t.m.turn
	return nil
}
