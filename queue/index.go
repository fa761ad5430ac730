package queue

import (
	"hash/maphash"
	"iter"
	"math/bits"
)

// index finds tickets by id. Rows hold its chains themselves, so that a million of them
// take little memory beside their own, and it grows by a bucket at a time (linear
// hashing), so that no ticket has to wait until all others were moved.
type index struct {
	seed    maphash.Seed
	buckets []*row
	n       int
}

// indexFor makes an index that needn't grow until it has so many tickets.
func indexFor(n int) *index {
	return &index{seed: maphash.MakeSeed(), buckets: make([]*row, max(n, 16))}
}

// bucket is where a ticket is by its hash: by as many of its bits as there are buckets
// for, and by one less where there isn't one yet.
func (x *index) bucket(hash uint64) **row {
	mask := uint64(1)<<bits.Len(uint(len(x.buckets)-1)) - 1
	i := hash & mask
	if i >= uint64(len(x.buckets)) {
		i &= mask >> 1
	}
	return &x.buckets[i]
}

func (x *index) get(id string) *row {
	hash := maphash.String(x.seed, id)
	for r := *x.bucket(hash); r != nil; r = r.next {
		if r.hash == hash && r.id == id {
			return r
		}
	}
	return nil
}

// add takes in a ticket that isn't there.
func (x *index) add(r *row) {
	if x.n == len(x.buckets) {
		x.split()
	}
	x.n++
	r.hash = maphash.String(x.seed, r.id)
	at := x.bucket(r.hash)
	r.next, *at = *at, r
}

// split makes another bucket, and parts with it what was in one.
func (x *index) split() {
	old := x.bucket(uint64(len(x.buckets))) // where those were that will be in it
	chain := *old
	*old = nil
	x.buckets = append(x.buckets, nil)
	for r := chain; r != nil; r = chain {
		chain = r.next
		at := x.bucket(r.hash)
		r.next, *at = *at, r
	}
}

// remove takes out a ticket that is there.
func (x *index) remove(r *row) {
	at := x.bucket(r.hash)
	for *at != r {
		at = &(*at).next
	}
	*at, r.next = r.next, nil
	x.n--
}

// all are the tickets, in no order.
func (x *index) all() iter.Seq[*row] {
	return func(yield func(*row) bool) {
		for _, r := range x.buckets {
			for ; r != nil; r = r.next {
				if !yield(r) {
					return
				}
			}
		}
	}
}
