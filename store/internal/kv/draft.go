package kv

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync/atomic"

	"github.com/frontdesk-go/frontdesk/store/driver"
)

// draft is a Tx over a snapshot. It keeps its writes to itself, and remembers what it
// has read, until its writer's turn comes.
type draft struct {
	base   Tx      // the snapshot; in the turn, what is there then
	turned bool    // nothing has to be remembered any more
	writes []write // by key
	gets   [][]byte
	walks  []walk
	claims []claim
	marks  []*atomic.Int64 // to be set when it lands: see changes
	drawn  []raise         // the last number of each series
	notes  []raise         // for the drafts that follow
	undo   []change        // of its transaction, for the space
	space  []byte          // what keys and values are made in, up to the flush
}

// write is what a key is to be; gone ones are to be deleted.
type write struct {
	k, v []byte
	gone bool
}

// walk is a stretch of keys that was read: so many, and their sum.
type walk struct {
	from, to []byte
	desc     bool
	n        int
	sum      uint64
	stopped  bool // who walked wanted no more
}

// claim is what a new document has in a unique index.
type claim struct {
	values []byte
	key    string
}

// raise is the last number under a name: that was drawn from a series, or noted.
type raise struct {
	name string
	n    int64
}

// raised replaces the number under a name.
func raised(all []raise, name string, n int64) []raise {
	i := slices.IndexFunc(all, func(r raise) bool { return r.name == name })
	if i < 0 {
		return append(all, raise{name, n})
	}
	all[i].n = n
	return all
}

// maxSpare is how many writes, and how many reads, a draft may have had so that the
// next one takes its space over.
const maxSpare = 64

// newDraft takes the space of one that has ended: a third of what a small transaction
// allocates is to remember itself with.
func (s *Store) newDraft(snapshot Tx) *draft {
	d, _ := s.spare.Get().(*draft)
	if d == nil {
		d = &draft{writes: make([]write, 0, 16), gets: make([][]byte, 0, 16), undo: make([]change, 0, 16)}
	}
	d.base = snapshot
	return d
}

// leave ends a draft, of which nobody is told anything any more.
func (t *tx) leave() {
	d := t.draft
	space := d.space
	if t.done = true; max(cap(d.writes), cap(d.gets), cap(d.walks), cap(d.claims), cap(d.marks), cap(d.drawn), cap(d.notes), cap(t.undo)) <= maxSpare {
		clear(d.writes)
		clear(d.gets)
		clear(d.walks)
		clear(d.claims)
		clear(d.marks)
		clear(d.drawn)
		clear(d.notes)
		clear(t.undo[:cap(t.undo)])
		*d = draft{writes: d.writes[:0], gets: d.gets[:0], walks: d.walks[:0], claims: d.claims[:0], marks: d.marks[:0], drawn: d.drawn[:0], notes: d.notes[:0], undo: t.undo[:0]}
		if cap(space) == spaceSize {
			d.space = space[:0]
		}
		t.s.spare.Put(d)
	}
	t.kv, t.draft, t.undo = nil, nil, nil
	t.s.drafts.Done()
}

// spaceSize is how many bytes a draft has at once for its keys and values: more than a
// new ticket needs, with its message and event.
const spaceSize = 4 << 10

// room is where so many bytes of a key or a value can be appended. A draft's are used
// again when it has ended: then they are on the disk, or nobody has seen them.
func (t *tx) room(n int) []byte {
	d := t.draft
	if d == nil || n > spaceSize {
		return make([]byte, 0, n)
	}
	at := len(d.space)
	if at+n > cap(d.space) {
		d.space, at = make([]byte, 0, spaceSize), 0 // what was filled before stays where it is
	}
	d.space = d.space[:at+n]
	return d.space[at : at : at+n]
}

// find returns where a key is among the writes, or would be.
func (d *draft) find(k []byte) (int, bool) {
	return slices.BinarySearchFunc(d.writes, k, func(w write, k []byte) int { return bytes.Compare(w.k, k) })
}

func (d *draft) set(w write) {
	i, ok := d.find(w.k)
	if ok {
		d.writes[i] = w
	} else {
		d.writes = slices.Insert(d.writes, i, w)
	}
}

func (d *draft) Get(k []byte) []byte {
	if i, ok := d.find(k); ok {
		return d.writes[i].v
	}
	if !d.turned {
		d.gets = append(d.gets, k)
	}
	return d.base.Get(k)
}

func (d *draft) Put(k, v []byte) error { d.set(write{k: k, v: v}); return nil }

func (d *draft) Delete(k []byte) error { d.set(write{k: k, gone: true}); return nil }

func (d *draft) End() error { return d.base.End() }

// Walk brings together what is stored and what this draft has written.
func (d *draft) Walk(from, to []byte, desc bool, fn func(k, v []byte) bool) {
	own := d.within(from, to, desc)
	more := true
	// tell calls fn for the draft's own keys that come before k; all, if k is nil.
	tell := func(k []byte) bool {
		for more && len(own) > 0 && (k == nil || (bytes.Compare(own[0].k, k) < 0) != desc && !bytes.Equal(own[0].k, k)) {
			w := own[0]
			own = own[1:]
			more = w.gone || fn(w.k, w.v)
		}
		return more
	}
	var seen sum
	d.base.Walk(from, to, desc, func(k, v []byte) bool {
		seen.add(k, v)
		switch {
		case !tell(k):
		case len(own) > 0 && bytes.Equal(own[0].k, k):
			w := own[0]
			own = own[1:]
			more = w.gone || fn(w.k, w.v)
		default:
			more = fn(k, v)
		}
		return more
	})
	if !d.turned {
		d.walks = append(d.walks, walk{from, to, desc, seen.n, seen.hash, !more})
	}
	tell(nil)
}

// within returns the draft's own writes in [from, to), in the order of a walk.
func (d *draft) within(from, to []byte, desc bool) []write {
	i, _ := d.find(from)
	j, _ := d.find(to)
	own := d.writes[i:max(i, j):max(i, j)]
	if desc {
		own = slices.Clone(own)
		slices.Reverse(own)
	}
	return own
}

// sum is what is remembered of keys that were walked over.
type sum struct {
	n    int
	hash uint64
}

var seed = maphash.MakeSeed()

func (s *sum) add(k, v []byte) {
	s.n++
	s.hash = s.hash*31 + maphash.Bytes(seed, k)
	s.hash = s.hash*31 + maphash.Bytes(seed, v)
}

// next draws a number.
func (d *draft) next(s *series, name string) int64 {
	n := s.draw(name, func() int64 { return stored(d.base, seriesKey(name)) })
	d.drawn = raised(d.drawn, name, n)
	return n
}

// holds says whether what the draft has read is still what is there.
func (d *draft) holds(turn Tx, moved func(k []byte) bool) bool {
	for _, k := range d.gets {
		if moved(k) {
			return false
		}
	}
	for _, w := range d.walks {
		var now sum
		turn.Walk(w.from, w.to, w.desc, func(k, v []byte) bool {
			now.add(k, v)
			return now.n < w.n || !w.stopped && now.n == w.n
		})
		if now.n != w.n || now.hash != w.sum {
			return false
		}
	}
	return true
}

// clashes says whether what new documents have in unique indexes has been taken. In its
// turn, a draft that gives a value from one of its documents to another looks twice.
func (d *draft) clashes() bool {
	return slices.ContainsFunc(d.claims, func(c claim) bool {
		return taken(d.base, c.values, c.key) && taken(d, c.values, c.key)
	})
}

// land writes all of it.
func (d *draft) land(turn Turn) (err error) {
	for _, m := range d.marks {
		m.Store(turn.Moment() + 1)
	}
	for _, w := range d.writes {
		if w.gone {
			err = turn.Delete(w.k)
		} else {
			err = turn.Put(w.k, w.v)
		}
		if err != nil {
			return err
		}
	}
	for _, r := range d.drawn {
		turn.Raise(seriesKey(r.name), r.n)
	}
	return nil
}

// Draft implements driver.Drafter.
func (s *Store) Draft(ctx context.Context) (driver.Draft, error) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return nil, driver.ErrClosed
	}
	s.drafts.Add(1)
	s.mu.Unlock()
	snapshot, err := s.kv.Begin(ctx, false)
	if err != nil {
		s.drafts.Done()
		return nil, err
	}
	d := s.newDraft(snapshot)
	return &tx{s: s, kv: d, write: true, draft: d, undo: d.undo, moment: momentOf(snapshot)}, nil
}

// Note implements driver.Draft.
func (t *tx) Note(name string, n int64) { t.draft.notes = raised(t.draft.notes, name, n) }

// Noted implements driver.Draft.
func (t *tx) Noted(name string) (n int64, ok bool) {
	if t.draft.turned {
		n, ok = t.s.noted[name]
	}
	return n, ok
}

// errPanicked ends the turn of a draft whose last function panicked.
var errPanicked = errors.New("panicked")

// Turn implements driver.Draft.
func (t *tx) Turn(ctx context.Context, last func() error) error {
	if err := t.usable(true); err != nil {
		return err
	}
	d := t.draft
	snapshot := d.base
	defer t.leave()
	// Nothing more is read from it, and a file that grows waits for who reads.
	if err := d.End(); err != nil {
		return err
	}
	var panicked any
	err := t.s.turns.Land(ctx, snapshot, func(turn Turn, moved func(k []byte) bool) (err error) {
		defer func() {
			// It may be another writer's goroutine, which has nothing to do with it.
			if panicked = recover(); panicked != nil {
				err = errPanicked
			}
		}()
		if !d.holds(turn, moved) {
			return driver.ErrMoved
		}
		d.base, d.turned = turn, true
		if d.clashes() {
			return driver.ErrMoved
		}
		if last != nil {
			if err := last(); err != nil {
				return err
			}
		}
		if err := d.land(turn); err != nil {
			return err
		}
		clear(t.s.noted)
		for _, r := range d.notes {
			t.s.noted[r.name] = r.n
		}
		return nil
	})
	if panicked != nil {
		panic(panicked)
	}
	return err
}
