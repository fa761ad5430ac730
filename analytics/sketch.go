package analytics

import (
	"cmp"
	"math/bits"
	"slices"
)

// Durations are kept as numbers of them in buckets whose bounds grow: 64 for each doubling,
// so that the middle of a bucket is within 1% of whatever is in it. It is the idea of
// DDSketch with bounds on straight lines between powers of two, so that integers are enough
// and every machine finds the same bucket. Buckets add up in any order.
const (
	bucketsOf  = 64 // a power of two
	bucketFrom = 10 // powers of two from which on buckets grow: 1 ms
)

// bucketOf is the bucket of a duration in µs.
func bucketOf(us int64) int {
	if us < 1<<bucketFrom {
		return int(max(us, 0) >> (bucketFrom - 6)) // 64 of the same size, below a millisecond
	}
	power := bits.Len64(uint64(us)) - 1
	within := int(us>>(power-6)) & (bucketsOf - 1)
	return min((power-bucketFrom+1)*bucketsOf+within, 1<<bucketBits-1)
}

// middle is the duration in the middle of a bucket, in µs.
func middle(bucket int) int64 {
	if bucket < bucketsOf {
		return int64(bucket)<<(bucketFrom-6) + 1<<(bucketFrom-7)
	}
	power := bucket/bucketsOf + bucketFrom - 1
	low := int64(bucketsOf+bucket%bucketsOf) << (power - 6)
	return low + int64(1)<<(power-7)
}

// tally is what there is in a row.
type tally struct {
	n      [columns]int64
	spread []cell // without slots; gathered when they are read
	sorted bool
}

func (t *tally) add(c cell) {
	if col := c.column(); col < columns {
		t.n[col] += c.n
		return
	}
	c.key &^= 1<<slotBits - 1
	if n := len(t.spread); n >= 4096 && n == cap(t.spread) {
		t.spread = gather(t.spread) // rather than to grow with the length of the row
	}
	t.spread, t.sorted = append(t.spread, c), false
}

// of are the buckets of a spread, in order.
func (t *tally) of(c column) []cell {
	if !t.sorted {
		t.spread, t.sorted = gather(t.spread), true
	}
	at := func(c column) int {
		i, _ := slices.BinarySearchFunc(t.spread, keyOf(c, 0, 0), func(c cell, key uint32) int { return cmp.Compare(c.key, key) })
		return i
	}
	return t.spread[at(c):at(c+1)]
}

// quantile is the duration that a percentage of all in a spread don't exceed, in seconds.
func (t *tally) quantile(c column, percent int64) Value {
	buckets := t.of(c)
	var total int64
	for _, b := range buckets {
		total += b.n
	}
	rank := (total*percent + 99) / 100 // of the nearest rank, from 1
	for _, b := range buckets {
		if rank -= b.n; rank <= 0 {
			return known(float64(middle(int(b.key>>slotBits&(1<<bucketBits-1)))) / 1e6)
		}
	}
	return Value{}
}
