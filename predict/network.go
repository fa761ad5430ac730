package predict

import (
	"context"
	"math"
	"slices"
)

// The networks: each of one hidden layer, over some of the features.
const (
	networkOfAll = iota
	networkOfWords
	networkOfPieces
	networks
)

// How a network learns.
const (
	hidden      = 64
	netEpochs   = 12 // rounds over the rows, of few; of many, so that netSteps are made
	netLeast    = 4
	netSteps    = 400_000
	netRate     = 0.05 // how far a step goes, at first
	dropFeature = 0.3  // share of a row's features that a step passes over
	dropHidden  = 0.3  // and of the hidden units
	smoothing   = 0.1  // share of a row's weight that all labels have together
	netSpread   = 0.05 // of the features' first weights
	netNoDivide = 1e-3
)

// netFeatures is how many features each network knows at most: those of the most rows.
var netFeatures = [networks]int{networkOfAll: 50_000, networkOfWords: 20_000, networkOfPieces: 25_000}

// known are the features that a network knows.
type known struct {
	least uint32  // in how many rows they are, at least
	at    []int32 // where each of all features is in the network, -1 if it isn't
	size  int
}

// countFor is in how many rows each feature is that a kind of network looks at, 0 for the
// others. Where a text has no spaces, its pieces are known to the network of all alone.
func (d *dictionary) countFor(network int) []uint32 {
	count := slices.Clone(d.count)
	words, pieces, raws := d.before(wordsEnd), d.before(piecesEnd), d.before(rawsEnd)
	switch network {
	case networkOfAll:
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
// is in. There are none if most rows have none: then there is nothing to learn by them.
func (p *problem) knownTo(network int, count []uint32) *known {
	k := knownFrom(count, leastCount(count, netFeatures[network]))
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
	known   *known
	in      *table // of a feature for each hidden unit
	inBias  []float32
	out     []float32 // of hidden unit j for each label from j*labels on
	outBias []float32
}

// scores puts each label's score in out.
func (n *network) scores(v vector, out []float32) {
	var units [hidden]float32
	h := units[:]
	copy(h, n.inBias)
	n.in.add(v, n.known.at, h)
	for j, x := range h {
		h[j] = max(x, 0)
	}
	copy(out, n.outBias)
	for j, x := range h {
		if x > 0 {
			add(out, x, n.out[j*len(out):(j+1)*len(out)])
		}
	}
}

// learnNetworks trains each network on all rows, and one without each fold, whose scores
// for that fold's rows held gets. A network that knows no features is nil.
func learnNetworks(ctx context.Context, p *problem, held [][]float32) (whole [networks]*network, err error) {
	err = each(ctx, networks*(parts+1), func(ctx context.Context, i int) {
		defer p.advance(0.5 / (networks * (parts + 1)))
		k, fold := i/(parts+1), i%(parts+1)-1
		if p.known[k].size == 0 {
			return
		}
		n := newLesson(p, k, fold).learn(ctx)
		if fold < 0 {
			whole[k] = n
			return
		}
		for r, f := range p.fold {
			if int(f) == fold {
				n.scores(p.x.row(r), held[k][r*p.labels:(r+1)*p.labels])
			}
		}
	})
	return whole, err
}
