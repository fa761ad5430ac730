package predict

import (
	"context"
	"math"
	"slices"
)

// The networks: each of one hidden layer, over some of the features. The hidden units of
// most see a text as a whole; those of networkByWord see one word at a time, and each takes
// from the word that moves it most.
const (
	networkOfAll = iota
	networkOfWords
	networkOfPieces
	networkByWord
	networks
)

// How a network learns.
const (
	hidden      = 64
	wide        = 128    // of networks that learn many labels
	manyLabels  = 16     // are many
	manyRows    = 5_000  // are many
	wordRows    = 12_000 // from which on the network by word isn't wide
	fewRows     = 1_000  // are few
	netRounds   = 12     // over the rows, if they aren't many,
	wordRounds  = 24     // where units see one word at a time: most of a step passes a unit by
	manyRounds  = 8      // over many, or fewer, so that netSteps are made, but at least
	leastRounds = 4
	netSteps    = 120_000
	restRows    = 2_000            // from which on those rest that a network is sure of, after
	restAfter   = 2                // these rounds, and
	restSure    = 0.6              // having their label with more than this likelihood
	netRate     = 0.05             // how far a step goes, at first
	certain     = 1 << 16          // what of a chance is certain; as many
	chances     = 4                // are taken from a number of 64 bits
	dropFeature = certain * 3 / 10 // share of a row's features that a step passes over
	dropOfWord  = certain * 2 / 10 // and of a word's, where units see one at a time
	dropWord    = certain / 10     // and of whole words then
	dropHidden  = certain / 10     // and of the hidden units
	misleading  = 0.25             // how far hidden units are moved to mislead, as a share of their length
	smoothing   = 0.1              // share of a row's weight that all labels have together
	netNoDivide = 1e-3
	nowhere     = -1e30 // score of what is no label: it is there so that there are as many as can be done at a time
	wordGain    = 2     // how much more features weigh in a word than in a text
)

// How a network begins.
const (
	netSpread        = 0.03 // of the features' first weights
	surroundings     = 2    // how often they begin again, with those of what they are said with,
	labelBesideWords = 0.5  // and how much a row's label counts there, beside its features together
)

// netFeatures is how many features each network of the usual width knows at most: those of
// the most rows. Wider ones know fewer, so that they take as much room in a file, and of
// many rows all but the one by word half as many: of features that are in few of them they
// learn little more than the linear machines do, and have to wait for memory.
var netFeatures = [networks]int{networkOfAll: 50_000, networkOfWords: 40_000, networkOfPieces: 25_000, networkByWord: 20_000}

// width is how many hidden units a network has that learns so many labels from so many
// rows. Of very many rows one by word brings little, and takes more time than the others.
func width(network, rows, labels int) int {
	if labels >= manyLabels && (network != networkByWord || rows < wordRows) {
		return wide
	}
	return hidden
}

// networkParts is how many parts of a network learn each by itself, with other chance. Where
// rows are few, it is by much chance what a network learns, and several of fewer units that
// are added up make fewer mistakes than one; in a file, and for a text, they are one.
func networkParts(width, rows int) int {
	switch {
	case width != wide || rows > manyRows:
		return 1
	case rows > fewRows:
		return 2
	}
	return 4
}

// rounds is how often a network looks at each of so many rows.
func rounds(network, rows int) int {
	switch {
	case rows > manyRows:
		return min(max(netSteps/rows, leastRounds), manyRounds)
	case network == networkByWord:
		return wordRounds
	}
	return netRounds
}

// restless is how many rounds no row rests in. Few rows are all needed, each time.
func restless(network, rows int) int {
	if rows < restRows {
		return rounds(network, rows)
	}
	return restAfter
}

// known are the features that a network knows.
type known struct {
	least uint32  // in how many rows they are, at least
	at    []int32 // where each of all features is in the network, -1 if it isn't
	size  int
}

// countFor is in how many rows each feature is that a kind of network looks at, 0 for the
// others. Where a text has no spaces, its pieces are known to the networks of all and by
// word alone.
func (d *dictionary) countFor(network int) []uint32 {
	count := slices.Clone(d.count)
	words, pieces, raws := d.before(wordsEnd), d.before(piecesEnd), d.before(rawsEnd)
	switch network {
	case networkOfAll, networkByWord:
		clear(count[raws:])
	case networkOfWords:
		clear(count[words:raws])
	case networkOfPieces:
		clear(count[:words])
		clear(count[pieces:])
	}
	return count
}

// knownTo chooses from the features that a kind of network looks at by how many rows each
// is in. There are none if most rows have none: then there is nothing to learn by them; nor
// for the network of pieces where rows are many: there it tells nothing that the others
// don't, and takes a quarter of the time.
func (p *problem) knownTo(network int, count []uint32) *known {
	if network == networkOfPieces && p.x.rows() > manyRows {
		return knownFrom(count, math.MaxUint32)
	}
	most := netFeatures[network] * hidden / width(network, p.x.rows(), p.labels)
	if p.x.rows() > manyRows && network != networkByWord {
		most /= 2
	}
	k := knownFrom(count, leastCount(count, most))
	have := 0
	for i := range p.x.rows() {
		if slices.ContainsFunc(p.x.row(i).at, func(f int32) bool { return k.at[f] >= 0 }) {
			have++
		}
	}
	if 2*have < p.x.rows() {
		return knownFrom(count, math.MaxUint32)
	}
	return k
}

// knownFrom takes the features that are in so many rows.
func knownFrom(count []uint32, least uint32) *known {
	k := &known{least: least, at: make([]int32, len(count))}
	for f, c := range count {
		k.at[f] = -1
		if c >= least {
			k.at[f] = int32(k.size)
			k.size++
		}
	}
	return k
}

// network gives labels scores by way of hidden units.
type network struct {
	least   uint32 // in how many rows the features are that it knows, at least
	row     index  // of each feature, in the table in
	byWord  bool
	in      *table // of a feature for each hidden unit
	inBias  []float32
	out     []float32 // of hidden unit j for each label from j*labels on
	outBias []float32
}

// scores puts each label's score in out.
func (n *network) scores(v vector, out []float32) {
	var units [wide]float32
	h := units[:n.in.width]
	if n.byWord {
		n.lookByWord(v, h)
	} else {
		n.in.add(v, n.row, h)
	}
	copy(out, n.outBias)
	var open [wide]int32
	k := 0
	for j, bias := range n.inBias {
		x := h[j] + bias
		open[k], h[k] = int32(j), x
		k += positive(x)
	}
	addRows(out, open[:k], h[:k], n.out, len(out))
}

// positive is 1 for what is above 0, else 0, without a branch that nobody could guess.
func positive(x float32) int {
	b := math.Float32bits(x)
	return int(^(b - 1) &^ b >> 31)
}

// lookByWord puts in h what each unit takes from the word that moves it most.
func (n *network) lookByWord(v vector, h []float32) {
	var units [wide]float32
	word := units[:len(h)]
	from := uint16(0)
	var s someRows
	for w, to := range v.ends {
		clear(word)
		k := 0
		for _, i := range v.of[from:to] {
			row := n.row.of(v.at[i])
			if k = s.put(k, row.at, wordGain*v.value[i]*row.scale); s.full(k) {
				s.flush(k, n.in, word)
				k = 0
			}
		}
		s.flush(k, n.in, word)
		from = to
		if w == 0 {
			copy(h, word)
		} else {
			larger(h, word)
		}
	}
}

// learnNetwork trains a network without the rows of a fold.
func learnNetwork(ctx context.Context, p *problem, k, without int) *network {
	var parts []*lesson
	for part := range networkParts(width(k, p.x.rows(), p.labels), p.x.rows()) {
		s := newLesson(p, k, without, part)
		s.learn(ctx)
		parts = append(parts, s)
	}
	return joined(parts)
}

// joined makes one network of parts, whose scores are the mean of theirs.
func joined(parts []*lesson) *network {
	first := parts[0]
	n := &network{least: first.known.least, byWord: first.network == networkByWord, outBias: make([]float32, first.p.labels)}
	in := make([]float32, 0, len(parts)*len(first.in))
	for f := range first.known.size {
		for _, s := range parts {
			in = append(in, s.weights(int32(f))...)
		}
	}
	n.in = quantise(in, len(parts)*len(first.h))
	n.row = n.in.index(first.known.at)
	for _, s := range parts {
		n.inBias = append(n.inBias, s.inBias...)
		labels := len(s.outBias)
		for j := range s.h {
			for _, w := range s.out[j*labels:][:len(n.outBias)] {
				n.out = append(n.out, w/float32(len(parts)))
			}
		}
		for l, b := range s.outBias[:len(n.outBias)] {
			n.outBias[l] += b / float32(len(parts))
		}
	}
	return n
}
