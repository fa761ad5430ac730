package predict

import (
	"math"
	"math/bits"
	"slices"
)

// dictionary gives features their place. It is a set of bits over the whole space, in
// which a feature's rank is how many bits are set before its own; of each part of the space
// those come first, by place, that most rows had: what texts ask for lies together.
type dictionary struct {
	space  []some64
	ranked []int32 // the place of each feature, by rank
	rows   int     // how many there were
	// count is in how many of them each feature was, and idf what it weighs, therefore.
	count []uint32
	idf   []float32
	// stranger is what a feature weighs that isn't known.
	stranger float32
}

// some64 are 64 features that follow each other.
type some64 struct {
	bits   uint64 // which of them are known
	before uint32 // how many are that come before them
}

// newDictionary knows the given keys, which grow, and in how many of all rows each was.
func newDictionary(keys, count []uint32, rows int) *dictionary {
	d := &dictionary{space: make([]some64, 1<<spaceBits/64), ranked: commonFirst(keys, count), rows: rows,
		count: make([]uint32, len(keys)), idf: make([]float32, len(keys)), stranger: rarity(rows, 0)}
	for rank, c := range count {
		place := d.ranked[rank]
		d.count[place], d.idf[place] = c, rarity(rows, c)
	}
	for _, k := range keys {
		d.space[k/64].bits |= 1 << (k % 64)
	}
	n := uint32(0)
	for i := range d.space {
		d.space[i].before = n
		n += uint32(bits.OnesCount64(d.space[i].bits))
	}
	return d
}

// commonFirst deals out the places, by rank.
func commonFirst(keys, count []uint32) []int32 {
	places := make([]int32, len(keys))
	from := 0
	for _, end := range []uint32{wordsEnd, piecesEnd, rawsEnd, skipsEnd} {
		to, _ := slices.BinarySearch(keys, end)
		var have [1 << 12]int32 // features that are in so many rows; the last is of more, too
		for _, c := range count[from:to] {
			have[min(int(c), len(have)-1)]++
		}
		next := int32(from)
		for c := len(have) - 1; c >= 0; c-- {
			have[c], next = next, next+have[c]
		}
		for i, c := range count[from:to] {
			c := min(int(c), len(have)-1)
			places[from+i] = have[c]
			have[c]++
		}
		from = to
	}
	return places
}

// keys returns what the dictionary knows.
func (d *dictionary) keys() []uint32 {
	keys := make([]uint32, 0, len(d.count))
	for i, s := range d.space {
		for b := s.bits; b != 0; b &= b - 1 {
			keys = append(keys, uint32(i*64+bits.TrailingZeros64(b)))
		}
	}
	return keys
}

// place returns where a feature is, -1 if it isn't known.
func (d *dictionary) place(key uint32) int32 {
	if rank, known := d.rank(key); known > 0 {
		return d.ranked[rank]
	}
	return -1
}

// rank returns how many features it knows whose numbers are below a key, and 1 if it knows
// that one, else 0.
func (d *dictionary) rank(key uint32) (rank int32, known int) {
	s, bit := &d.space[key/64], key%64
	return int32(s.before) + int32(bits.OnesCount64(s.bits&(1<<bit-1))), int(s.bits >> bit & 1)
}

// before returns how many features it knows whose numbers are below a key, at which a part
// of the space ends: their places are below that.
func (d *dictionary) before(key uint32) int {
	if int(key/64) == len(d.space) {
		return len(d.idf)
	}
	return int(d.space[key/64].before)
}

// plain is how many features it knows that aren't skips. Their places come first.
func (d *dictionary) plain() int { return d.before(rawsEnd) }

// vector is a text as a model sees it: places and values, the places of each view in
// the order of the text.
type vector struct {
	at    []int32
	value []float32
	skips int // where the words two apart begin
	// of says which of the places each word of the text has, word by word, as often as
	// they are there, and ends where in it each word ends. Words of which nothing is known
	// aren't there.
	of   []uint16
	ends []uint16
}

// plain returns the vector without words two apart.
func (v vector) plain() vector {
	return vector{at: v.at[:v.skips], value: v.value[:v.skips], skips: v.skips}
}

// learnDictionary counts in how many rows each feature is. It keeps all, or, if there
// are too many, those that are in most rows.
func learnDictionary(seed uint64, rows []Row, labels int) *dictionary {
	count := make([]uint32, 1<<spaceBits)
	last := make([]uint32, 1<<spaceBits) // row that a feature was counted for
	r := &reader{seed: seed}
	for i := range rows {
		r.read(rows[i].Text)
		for _, keys := range r.keys {
			for _, k := range keys {
				if last[k] != uint32(i+1) {
					last[k] = uint32(i + 1)
					count[k]++
				}
			}
		}
	}
	least := leastCount(count[:rawsEnd], min(maxFeatures, maxWeights/labels))
	leastSkip := max(leastCount(count[rawsEnd:], maxSkips), 2)
	var keys, counts []uint32
	for k, c := range count {
		if c >= leastSkip || k < rawsEnd && c >= least {
			keys, counts = append(keys, uint32(k)), append(counts, c)
		}
	}
	return newDictionary(keys, counts, len(rows))
}

// So many features are learned from at most, beside so many skips, and so many weights of
// them for all labels.
const (
	maxFeatures = 200_000
	maxSkips    = 20_000
	maxWeights  = 40_000_000
)

// rarity is what a feature weighs that is in so many of all rows (inverse document
// frequency).
func rarity(rows int, count uint32) float32 {
	return float32(1 + math.Log(float64(1+rows)/float64(1+count)))
}

// leastCount returns how often a feature must be there, so that no more than most are.
func leastCount(count []uint32, most int) uint32 {
	have := make([]int, 1<<16)
	for _, c := range count {
		have[min(int(c), len(have)-1)]++
	}
	n := 0
	for c := len(have) - 1; c > 0; c-- {
		if n += have[c]; n > most {
			return uint32(c + 1)
		}
	}
	return 1
}

// scratch turns texts into vectors. It is for one goroutine at a time.
type scratch struct {
	reader
	d     *dictionary
	place []sighted
	seen  [views][]sight // in the order of the text
	v     vector
}

// sighted is what a text has of a place; nothing between texts.
type sighted struct {
	count uint16
	index uint16 // where in the vector it is
}

// sight is a place that a word of the text has, and at last where in the vector that is.
type sight struct {
	at   int32
	word uint16
}

func newScratch(seed uint64, d *dictionary) *scratch {
	return &scratch{reader: reader{seed: seed}, d: d, place: make([]sighted, len(d.idf))}
}

// vector returns a text's vector, which is good until the next call.
func (s *scratch) vector(text string) vector {
	s.read(text)
	s.v.at, s.v.value = s.v.at[:0], s.v.value[:0]
	for view, keys := range s.keys {
		from := len(s.v.at)
		if view == skips {
			s.v.skips = from
		}
		s.see(view)
		s.count(s.seen[view])
		length := viewWeight[view]
		if view == pieces && from == 0 {
			length = allPieces
		}
		s.normalise(from, len(keys)-len(s.seen[view]), length)
	}
	s.sort()
	return s.v
}

// see finds the places of a view's features, of those that are known. Each has to be waited
// for, and nobody can guess which are known: so it doesn't branch there, and waits for many
// at the same time.
func (s *scratch) see(view int) {
	keys, word := s.keys[view], s.word[view]
	seen, n := slices.Grow(s.seen[view][:0], len(keys))[:len(keys)], 0
	for i, k := range keys {
		rank, known := s.d.rank(k)
		seen[n] = sight{rank, word[i]}
		n += known
	}
	for i := range seen[:n] {
		seen[i].at = s.d.ranked[seen[i].at]
	}
	s.seen[view] = seen[:n]
}

// count adds the places that were seen to the vector, each once, and counts how often each
// was. Which were seen before is as hard to guess.
func (s *scratch) count(seen []sight) {
	n := len(s.v.at)
	at, places := slices.Grow(s.v.at, len(seen))[:n+len(seen)], s.place
	for i := range seen {
		p := seen[i].at
		at[n] = p
		place := &places[p]
		index := place.index
		if place.count == 0 {
			index = uint16(n)
		}
		n += int((uint32(place.count) - 1) >> 31)
		place.count++
		place.index = index
		seen[i].at = int32(index)
	}
	s.v.at = at[:n]
}

// sort puts what was seen in the order of the words: of each its own places, and then those
// of its pieces.
func (s *scratch) sort() {
	s.v.of, s.v.ends = s.v.of[:0], s.v.ends[:0]
	whole, parts := s.seen[words], s.seen[pieces]
	for len(whole)+len(parts) > 0 {
		word := uint16(math.MaxUint16)
		if len(whole) > 0 {
			word = whole[0].word
		}
		if len(parts) > 0 {
			word = min(word, parts[0].word)
		}
		whole, parts = s.take(whole, word), s.take(parts, word)
		s.v.ends = append(s.v.ends, uint16(len(s.v.of)))
	}
}

// take adds what was seen of a word, and returns the rest.
func (s *scratch) take(seen []sight, word uint16) []sight {
	n := 0
	for n < len(seen) && seen[n].word == word {
		s.v.of = append(s.v.of, uint16(seen[n].at))
		n++
	}
	return seen[n:]
}

// viewWeight is the length of each view's part of a vector, and allPieces that of the
// pieces where there are no words.
var viewWeight = [views]float32{words: 0.7, pieces: 1, skips: 0.5}

const allPieces = 1.22

// normalise weighs the places from one on by how rare they are, and gives them and the
// features that aren't known together the length wanted. So a text of which little is
// known gets low scores, as rows that are held out do.
func (s *scratch) normalise(from, strangers int, length float32) {
	sum := float32(strangers) * s.d.stranger * s.d.stranger
	value, places, idf := s.v.value, s.place, s.d.idf
	for _, p := range s.v.at[from:] {
		x := idf[p] * damped(places[p].count)
		places[p].count = 0
		value = append(value, x)
		sum += float32(x * x)
	}
	s.v.value = value
	if sum == 0 {
		return
	}
	scale := length / float32(math.Sqrt(float64(sum)))
	value = value[from:]
	for i := range value {
		value[i] *= scale
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
