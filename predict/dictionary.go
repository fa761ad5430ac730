package predict

import (
	"math"
	"math/bits"
	"slices"
)

// maxFeatures is how many features a model knows at most: of more, those are left out
// that fewest rows have.
const maxFeatures = 200_000

// dictionary gives features their place. It is a set of bits over the whole space, in
// which a feature's place is how many bits are set before its own.
type dictionary struct {
	bits []uint64
	rank []uint32 // bits set before each word
	idf  []float32
}

// newDictionary knows the given keys, which grow.
func newDictionary(keys []uint32, idf []float32) *dictionary {
	d := &dictionary{bits: make([]uint64, 1<<spaceBits/64), rank: make([]uint32, 1<<spaceBits/64), idf: idf}
	for _, k := range keys {
		d.bits[k/64] |= 1 << (k % 64)
	}
	n := uint32(0)
	for i, b := range d.bits {
		d.rank[i] = n
		n += uint32(bits.OnesCount64(b))
	}
	return d
}

// keys returns what the dictionary knows.
func (d *dictionary) keys() []uint32 {
	keys := make([]uint32, 0, len(d.idf))
	for i, b := range d.bits {
		for ; b != 0; b &= b - 1 {
			keys = append(keys, uint32(i*64+bits.TrailingZeros64(b)))
		}
	}
	return keys
}

// place returns where a feature is, -1 if it isn't known.
func (d *dictionary) place(key uint32) int32 {
	b, bit := d.bits[key/64], uint64(1)<<(key%64)
	if b&bit == 0 {
		return -1
	}
	return int32(d.rank[key/64]) + int32(bits.OnesCount64(b&(bit-1)))
}

// vector is a text as a model sees it: places and values, the places of each view in
// the order of the text.
type vector struct {
	at    []int32
	value []float32
}

// learnDictionary counts in how many texts each feature is, and keeps those that are
// in two at least, or fewer if there are too many.
func learnDictionary(read func(yield func(r *reader)), texts, least int) *dictionary {
	count := make([]uint32, 1<<spaceBits)
	last := make([]uint32, 1<<spaceBits)
	n := uint32(0)
	read(func(r *reader) {
		n++
		for _, keys := range r.keys {
			for _, k := range keys {
				if last[k] != n {
					last[k] = n
					count[k]++
				}
			}
		}
	})
	least = leastCount(count, least)
	var keys []uint32
	var idf []float32
	for k, c := range count {
		if int(c) >= least {
			keys = append(keys, uint32(k))
			idf = append(idf, float32(1+math.Log(float64(1+texts)/float64(1+c))))
		}
	}
	return newDictionary(slices.Clip(keys), slices.Clip(idf))
}

// leastCount returns how often a feature must be there so that not too many are.
func leastCount(count []uint32, least int) int {
	var have [1 << 12]int
	for _, c := range count {
		have[min(int(c), len(have)-1)]++
	}
	n := 0
	for c := len(have) - 1; c >= least; c-- {
		if n += have[c]; n > maxFeatures {
			return c + 1
		}
	}
	return least
}

// scratch turns texts into vectors. It is for one goroutine at a time.
type scratch struct {
	reader
	d     *dictionary
	count []uint16 // of each place; zero between texts
	v     vector
	known float32 // share of the text's features that the dictionary has
}

func newScratch(seed uint64, d *dictionary) *scratch {
	return &scratch{reader: reader{seed: seed}, d: d, count: make([]uint16, len(d.idf))}
}

// vector returns a text's vector, which is good until the next call.
func (s *scratch) vector(text string) vector {
	s.read(text)
	s.v.at, s.v.value = s.v.at[:0], s.v.value[:0]
	all, have := 0, 0
	for view, keys := range s.keys {
		from := len(s.v.at)
		for _, k := range keys {
			all++
			p := s.d.place(k)
			if p < 0 {
				continue
			}
			have++
			if s.count[p] == 0 {
				s.v.at = append(s.v.at, p)
			}
			s.count[p]++
		}
		s.normalise(from, viewWeight[view])
	}
	s.known = float32(have) / float32(max(all, 1))
	return s.v
}

// viewWeight is the length of each view's part of a vector.
var viewWeight = [views]float32{words: 1, pieces: 1}

// normalise weighs the places from one on by how rare they are, and gives them
// together the length wanted.
func (s *scratch) normalise(from int, length float32) {
	sum := float32(0)
	for _, p := range s.v.at[from:] {
		x := s.d.idf[p] * damped(s.count[p])
		s.count[p] = 0
		s.v.value = append(s.v.value, x)
		sum += float32(x * x)
	}
	if sum == 0 {
		return
	}
	scale := length / float32(math.Sqrt(float64(sum)))
	for i := range s.v.value[from:] {
		s.v.value[from+i] *= scale
	}
}

// damped is how much a feature weighs that is there n times.
func damped(n uint16) float32 {
	if n < uint16(len(logs)) {
		return logs[n]
	}
	return float32(1 + math.Log(float64(n)))
}

var logs = [...]float32{0, 1, 1.6931472, 2.0986123, 2.3862944, 2.609438, 2.7917595, 2.9459101}
