// Package sharedtest is a store in memory whose writers run at the same time, as
// those of a database server do. Tests of what several processes do on one store
// use it: each process is a [Server.Connect].
package sharedtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/kv"
	"github.com/tidwall/btree"
)

type pair struct{ k, v []byte }

type tree = btree.BTreeG[pair]

// Server holds what is committed, and who holds which lock. It is a store itself,
// that of its first process, whose end is the end of all.
type Server struct {
	*Process

	mu      sync.Mutex
	tree    *tree
	closed  bool
	series  map[string]int64
	holders map[string]map[*session]driver.Lock
	waits   map[*session]string // for which lock
	changed chan struct{}       // closed when locks are given up

	news  newsroom
	clock func() time.Time
}

// New returns an empty store.
func New() *Server {
	s := &Server{
		tree:    btree.NewBTreeGOptions(func(a, b pair) bool { return bytes.Compare(a.k, b.k) < 0 }, btree.Options{NoLocks: true}),
		series:  map[string]int64{},
		holders: map[string]map[*session]driver.Lock{}, waits: map[*session]string{}, changed: make(chan struct{}), clock: time.Now,
	}
	s.Process = s.Connect()
	return s
}

// Close implements driver.Store.
func (s *Server) Close() error { return pages{s}.Close() }

// sessionKey leads pages to the session for which it begins.
type sessionKey struct{}

// pages is the server's KV.
type pages struct{ s *Server }

func (p pages) Begin(ctx context.Context, write bool) (kv.Tx, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.s.closed {
		return nil, driver.ErrClosed
	}
	c := &change{tree: p.s.tree.Copy()}
	if write {
		c = &change{s: p.s, own: map[string][]byte{}}
	}
	if x, ok := ctx.Value(sessionKey{}).(*session); ok {
		x.change = c
	}
	return c, ctx.Err()
}

func (p pages) Close() error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.closed = true
	return nil
}

// change is a transaction of a KV. One that writes sees what is committed at the
// moment, and its own writes over it; one that reads sees its snapshot.
type change struct {
	s    *Server // nil in one that reads
	tree *tree   // in one that writes, what a scan that is under way sees
	own  map[string][]byte
}

// committed is what this transaction sees of the others.
func (c *change) committed() *tree {
	if c.tree != nil {
		return c.tree
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	return c.s.tree.Copy()
}

func (c *change) over(t *tree) {
	for k, v := range c.own {
		if v == nil {
			t.Delete(pair{k: []byte(k)})
		} else {
			t.Set(pair{[]byte(k), v})
		}
	}
}

func (c *change) Get(k []byte) []byte {
	if v, ok := c.own[string(k)]; ok {
		return v
	}
	p, _ := c.committed().Get(pair{k: k})
	return p.v
}

func (c *change) Put(k, v []byte) error { c.own[string(k)] = v; return nil }

func (c *change) Delete(k []byte) error { c.own[string(k)] = nil; return nil }

func (c *change) Walk(from, to []byte, desc bool, fn func(k, v []byte) bool) {
	var found []pair
	t := c.committed().Copy()
	c.over(t)
	t.Ascend(pair{k: from}, func(p pair) bool {
		if bytes.Compare(p.k, to) < 0 {
			found = append(found, p)
			return true
		}
		return false
	})
	if desc {
		slices.Reverse(found)
	}
	for _, p := range found {
		if !fn(p.k, p.v) {
			return
		}
	}
}

func (c *change) End() error {
	if c.s != nil {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		t := c.s.tree.Copy()
		c.over(t)
		c.s.tree = t
	}
	return nil
}

// session is a driver.Tx that locks what it writes until it ends.
type session struct {
	driver.Tx
	s      *Server
	p      *Process
	change *change
	write  bool
}

// lock waits for a lock. Whoever would wait for itself is told of a conflict.
func (x *session) lock(ctx context.Context, name string, mode driver.Lock) error {
	for {
		x.s.mu.Lock()
		if x.try(name, mode) {
			delete(x.s.waits, x)
			x.s.mu.Unlock()
			return nil
		}
		x.s.waits[x] = name
		dead, changed := x.s.reaches(name, x, map[string]bool{}), x.s.changed
		if dead {
			delete(x.s.waits, x)
		}
		x.s.mu.Unlock()
		if dead {
			return store.ErrConflict
		}
		select {
		case <-changed:
		case <-ctx.Done():
			x.s.mu.Lock()
			delete(x.s.waits, x)
			x.s.mu.Unlock()
			return ctx.Err()
		}
	}
}

func (x *session) try(name string, mode driver.Lock) bool {
	held := x.s.holders[name]
	for other, m := range held {
		if other != x && (mode == driver.Update || m == driver.Update) {
			return false
		}
	}
	if held == nil {
		held = map[*session]driver.Lock{}
		x.s.holders[name] = held
	}
	held[x] = max(held[x], mode)
	return true
}

// reaches says whether somebody who holds the lock waits, in the end, for x.
func (s *Server) reaches(name string, x *session, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	for other := range s.holders[name] {
		next, waits := s.waits[other]
		if other == x && len(seen) > 1 || other != x && waits && s.reaches(next, x, seen) {
			return true
		}
	}
	return false
}

func (x *session) release() {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	for _, held := range x.s.holders {
		delete(held, x)
	}
	maps.DeleteFunc(x.s.holders, func(_ string, held map[*session]driver.Lock) bool { return len(held) == 0 })
	close(x.s.changed)
	x.s.changed = make(chan struct{})
}

// Get implements driver.Tx. As in a database, only what is there can be locked.
func (x *session) Get(ctx context.Context, coll, key string, lock driver.Lock) (driver.Doc, error) {
	d, err := x.Tx.Get(ctx, coll, key, lock)
	if err != nil || lock == driver.None {
		return d, err
	}
	if err := x.lock(ctx, coll+"/"+key, lock); err != nil {
		return d, err
	}
	return x.Tx.Get(ctx, coll, key, lock)
}

// Put implements driver.Tx.
func (x *session) Put(ctx context.Context, coll string, d driver.Doc, was int64) error {
	if x.write {
		if err := x.lock(ctx, coll+"/"+d.Key, driver.Update); err != nil {
			return err
		}
		for _, name := range x.uniques(coll, d) {
			if err := x.lock(ctx, name, driver.Update); err != nil {
				return err
			}
		}
	}
	return x.Tx.Put(ctx, coll, d, was)
}

// uniques names the values that may be there once, as locks.
func (x *session) uniques(coll string, d driver.Doc) (names []string) {
	x.p.mu.Lock()
	defer x.p.mu.Unlock()
	for _, ix := range x.p.schemas[coll].Indexes {
		if !ix.Unique {
			continue
		}
		name := fmt.Sprint(coll, "/", ix.Name)
		for _, c := range ix.Columns[1:] {
			name += fmt.Sprintf("/%q", fmt.Sprint(d.Cols[c]))
		}
		many, ok := d.Cols[ix.Columns[0]].([]string)
		if !ok {
			many = []string{fmt.Sprint(d.Cols[ix.Columns[0]])}
		}
		for _, v := range many {
			if d.Cols[ix.Columns[0]] != nil {
				names = append(names, fmt.Sprintf("%s/%q", name, v))
			}
		}
	}
	return names
}

// Delete implements driver.Tx.
func (x *session) Delete(ctx context.Context, coll, key string, was int64) error {
	if x.write {
		if err := x.lock(ctx, coll+"/"+key, driver.Update); err != nil {
			return err
		}
	}
	return x.Tx.Delete(ctx, coll, key, was)
}

// Scan implements driver.Tx.
func (x *session) Scan(ctx context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	limit := q.Limit
	if q.Claim {
		q.Limit = 1 << 30
	}
	rows, err := x.scan(ctx, coll, q)
	if err != nil || !q.Claim {
		return rows, err
	}
	var mine []driver.Row
	for _, r := range rows {
		if len(mine) == limit {
			break
		}
		x.s.mu.Lock()
		got := x.try(coll+"/"+r.Key, driver.Update)
		x.s.mu.Unlock()
		if !got {
			continue
		}
		if d, err := x.Tx.Get(ctx, coll, r.Key, driver.None); err == nil && d.Rev == r.Rev {
			mine = append(mine, r)
		}
	}
	return mine, nil
}

// Count implements driver.Tx.
func (x *session) Count(ctx context.Context, coll string, q driver.Query) (int, error) {
	if x.write {
		x.change.tree = x.change.committed()
		defer func() { x.change.tree = nil }()
	}
	return x.Tx.Count(ctx, coll, q)
}

// scan sees one state in all that it reads, as a statement does.
func (x *session) scan(ctx context.Context, coll string, q driver.Query) ([]driver.Row, error) {
	if x.write {
		x.change.tree = x.change.committed()
		defer func() { x.change.tree = nil }()
	}
	return x.Tx.Scan(ctx, coll, q)
}

// Next implements driver.Tx.
func (x *session) Next(ctx context.Context, series string) (int64, error) {
	if _, err := x.Savepoint(ctx); err != nil {
		return 0, err
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.series[series]++
	return x.s.series[series], nil
}

// Series implements driver.Tx.
func (x *session) Series(context.Context) (map[string]int64, error) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	return maps.Clone(x.s.series), nil
}

// Advance implements driver.Tx.
func (x *session) Advance(_ context.Context, series string, n int64) error {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.series[series] = max(x.s.series[series], n)
	return nil
}

// Commit implements driver.Tx.
func (x *session) Commit(ctx context.Context) error {
	defer x.release()
	return x.Tx.Commit(ctx)
}

// Rollback implements driver.Tx.
func (x *session) Rollback(ctx context.Context) error {
	defer x.release()
	err := x.Tx.Rollback(ctx)
	if errors.Is(err, driver.ErrClosed) {
		return nil
	}
	return err
}
