package boltstore

import "hash/maphash"

// recentKeys is how many keys are remembered at least: those of several groups. A draft
// that is older than what is remembered runs again in its turn.
const recentKeys = 1 << 13

// recent knows which keys were written lately, by the sums of their bytes, and in which
// flush, counted from 1: whether a draft may land is told without reading. Two keys of
// one sum cost a draft a second run, nothing else.
type recent struct {
	seed     maphash.Seed
	now, old map[uint64]int64
	flush    int64 // that comes next
	since    int64 // all keys of flushes behind this one are known
	turned   int64 // now has those behind this one
}

func newRecent() recent {
	return recent{seed: maphash.MakeSeed(), now: map[uint64]int64{}, old: map[uint64]int64{}, flush: 1}
}

func (r *recent) note(k []byte) { r.now[maphash.Bytes(r.seed, k)] = r.flush }

// moved says whether a key was written after so many flushes.
func (r *recent) moved(k []byte, since int64) bool {
	h := maphash.Bytes(r.seed, k)
	return r.now[h] > since || since < r.turned && r.old[h] > since
}

// forgot says whether not all keys are known that were written after so many flushes.
func (r *recent) forgot(since int64) bool { return since < r.since }

// flushed is told the number of each flush that went well.
func (r *recent) flushed(n int64) {
	r.flush = n + 1
	if len(r.now) < recentKeys {
		return
	}
	r.now, r.old = r.old, r.now
	clear(r.now)
	r.since, r.turned = r.turned, n
}
