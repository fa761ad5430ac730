package analytics

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
)

// cell is how much of a column there is in a slot of time: minutes of an hour, or quarters
// of a day. Cells of spreads have a bucket, too.
type cell struct {
	key uint32
	n   int64
}

// The parts of a key, from below: slot, bucket, column.
const (
	slotBits   = 7
	bucketBits = 12
)

// quarters of an hour are in a day.
const quarters = 96

func keyOf(c column, bucket, slot int) uint32 {
	return uint32(c)<<(slotBits+bucketBits) | uint32(bucket)<<slotBits | uint32(slot)
}

func (c cell) column() column { return column(c.key >> (slotBits + bucketBits)) }
func (c cell) slot() int      { return int(c.key & (1<<slotBits - 1)) }

// gather sorts cells and sums those of one key. What comes to nothing is left out, so that
// the same figures are the same cells, in whatever order they came.
func gather(cs []cell) []cell {
	slices.SortFunc(cs, func(a, b cell) int { return cmp.Compare(a.key, b.key) })
	sums := cs[:0]
	for i := 0; i < len(cs); {
		sum := cs[i]
		for i++; i < len(cs) && cs[i].key == sum.key; i++ {
			sum.n += cs[i].n
		}
		if sum.n != 0 {
			sums = append(sums, sum)
		}
	}
	return sums
}

// merge sums two lists that were gathered.
func merge(a, b []cell) []cell {
	sums := make([]cell, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].key < b[0].key:
			sums, a = append(sums, a[0]), a[1:]
		case a[0].key > b[0].key:
			sums, b = append(sums, b[0]), b[1:]
		default:
			if n := a[0].n + b[0].n; n != 0 {
				sums = append(sums, cell{a[0].key, n})
			}
			a, b = a[1:], b[1:]
		}
	}
	return append(append(sums, a...), b...)
}

// pack writes gathered cells: for each column its number, the length of what follows, and
// then slots and buckets as differences, each with its number.
func pack(cs []cell) []byte {
	var out, block []byte
	for len(cs) > 0 {
		c := cs[0].column()
		block = block[:0]
		last := keyOf(c, 0, 0)
		for len(cs) > 0 && cs[0].column() == c {
			block = binary.AppendUvarint(block, uint64(cs[0].key-last))
			block = binary.AppendVarint(block, cs[0].n)
			last, cs = cs[0].key, cs[1:]
		}
		out = binary.AppendUvarint(out, uint64(c))
		out = binary.AppendUvarint(out, uint64(len(block)))
		out = append(out, block...)
	}
	return out
}

// errCells: bytes that pack hasn't written.
var errCells = errors.New("figures can't be read")

// unpack calls f with the cells of the columns that want says, in order.
func unpack(data []byte, want func(column) bool, f func(cell)) error {
	number := func(from []byte) (uint64, []byte, bool) {
		x, n := binary.Uvarint(from)
		if n <= 0 {
			return 0, nil, false
		}
		return x, from[n:], true
	}
	for len(data) > 0 {
		c, rest, ok := number(data)
		size, rest, ok2 := number(rest)
		if !ok || !ok2 || size > uint64(len(rest)) || c >= 1<<(32-slotBits-bucketBits) {
			return errCells
		}
		block := rest[:size]
		data = rest[size:]
		if !want(column(c)) {
			continue
		}
		for key := keyOf(column(c), 0, 0); len(block) > 0; {
			step, rest, ok := number(block)
			if !ok {
				return errCells
			}
			n, used := binary.Varint(rest)
			if used <= 0 {
				return errCells
			}
			block = rest[used:]
			key += uint32(step)
			f(cell{key, n})
		}
	}
	return nil
}

func every(column) bool { return true }

// cellsOf are all cells of what pack has written.
func cellsOf(data []byte) (cs []cell, err error) {
	err = unpack(data, every, func(c cell) { cs = append(cs, c) })
	return cs, err
}
