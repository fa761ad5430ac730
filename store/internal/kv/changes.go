package kv

import (
	"hash/maphash"
	"sync/atomic"
)

// changes tells when the documents of a collection were written last, in this process,
// which is the only one: by the moment of the flush that they come with. Documents share
// a mark, so one may be told to have changed that hasn't.
//
// Whoever has read a document at a moment knows what it is in another transaction if
// neither of the two could have missed the last change. The mark is set before the flush,
// and a moment doesn't come before that is over; so who sees the change sees the mark.
type changes [64]atomic.Int64

func (c *changes) of(key string) *atomic.Int64 {
	return &c[maphash.String(seed, key)%uint64(len(c))]
}

// timed is what a transaction of Turns is.
type timed interface{ Moment() int64 }

// momentOf is the moment of a transaction, 0 where nobody knows.
func momentOf(t Tx) int64 {
	if t, ok := t.(timed); ok {
		return t.Moment()
	}
	return 0
}

// mark marks a document that is written: at once in the turn, else when the draft lands.
func (t *tx) mark(c collection, key string) {
	if mark := c.changes.of(key); t.draft != nil {
		t.draft.marks = append(t.draft.marks, mark)
	} else {
		mark.Store(t.moment + 1)
	}
}

// Moment implements driver.Watcher.
func (t *tx) Moment() int64 { return t.moment }

// Still implements driver.Watcher.
func (t *tx) Still(coll, key string, moment int64) bool {
	c, err := t.s.of(coll)
	if err != nil || t.done || t.s.turns == nil || c.changes.of(key).Load() > min(moment, t.moment) {
		return false
	}
	d := t.draft
	if d == nil {
		return true
	}
	k := t.docKey(coll, key)
	if _, own := d.find(k); own {
		return false
	}
	if !d.turned {
		d.gets = append(d.gets, k)
	}
	return true
}
