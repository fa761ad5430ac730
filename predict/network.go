package predict

import (
	"context"
	"math"
	"math/rand/v2"
)

// The network: one hidden layer over the same features as the linear model.
const (
	hidden       = 64
	netEpochs    = 12 // rounds over the rows, of few; of many, so that netSteps are made
	netLeast     = 4
	netSteps     = 400_000
	netRate      = 0.05 // how far a step goes, at first
	dropFeature  = 0.3  // share of a row's features that a step passes over
	dropHidden   = 0.3  // and of the hidden units
	smoothing    = 0.1  // share of a row's weight that all labels have together
	netSpread    = 0.05 // of the features' first weights
	netNoDivide  = 1e-3
	netNegligent = 1e-4 // a slope below isn't worth a step
)

// netFeatures is how many features a network knows at most: those of the most rows.
const netFeatures = 55_000

// known are the features that a network knows.
type known struct {
	least uint32  // in how many rows they are, at least
	at    []int32 // where each of all features is in the network, -1 if it isn't
	size  int
}

// knownTo chooses from features by how many rows each is in.
func knownTo(count []uint32) *known { return knownFrom(count, leastCount(count, netFeatures)) }

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
	out     []float32 // of label l for each hidden unit from l*hidden on
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
	for l := range out {
		out[l] = n.outBias[l] + dot(n.out[l*hidden:(l+1)*hidden], h)
	}
}

// learnNetwork trains a network on all rows, and one without each fold, whose scores
// for that fold's rows held gets.
func learnNetwork(ctx context.Context, p *problem, held []float32) (*network, error) {
	var whole *network
	err := each(ctx, p.folds+1, func(ctx context.Context, i int) {
		n := newLesson(p, i-1).learn(ctx)
		if i == 0 {
			whole = n
			return
		}
		for r, f := range p.fold {
			if int(f) == i-1 {
				n.scores(p.x.row(r), held[r*p.labels:(r+1)*p.labels])
			}
		}
	})
	return whole, err
}

// lesson is a network while it learns, by gradient descent with steps that get shorter
// for a feature the more it has been moved (AdaGrad).
type lesson struct {
	p       *problem
	order   []int32
	rng     *rand.Rand
	in      []float32
	inBias  []float32
	out     []float32
	outBias []float32
	// How much each part has been moved: squares of slopes.
	inMoved, inBiasMoved, outMoved, outBiasMoved []float32

	// Of one row.
	v          vector
	h, slope   []float32 // hidden units, and the loss's slope by each
	open       []float32 // what passes through a unit: 0 if it is dropped or below 0
	likelihood []float32
}

func newLesson(p *problem, without int) *lesson {
	s := &lesson{p: p, rng: rand.New(rand.NewPCG(p.seed, 0x4e7)),
		in: make([]float32, p.known.size*hidden), inBias: make([]float32, hidden),
		out: make([]float32, p.labels*hidden), outBias: make([]float32, p.labels),
		inMoved: make([]float32, p.known.size), inBiasMoved: make([]float32, hidden),
		outMoved: make([]float32, p.labels), outBiasMoved: make([]float32, p.labels),
		h: make([]float32, hidden), slope: make([]float32, hidden), open: make([]float32, hidden),
		likelihood: make([]float32, p.labels)}
	for i := range s.in {
		s.in[i] = netSpread * (2*s.rng.Float32() - 1)
	}
	spread := root(3 / float32(hidden))
	for i := range s.out {
		s.out[i] = spread * (2*s.rng.Float32() - 1)
	}
	for i, f := range p.fold {
		if int(f) != without {
			s.order = append(s.order, int32(i))
		}
	}
	return s
}

func (s *lesson) learn(ctx context.Context) *network {
	rounds := min(max(netSteps/max(len(s.order), 1), netLeast), netEpochs)
	step, steps := 0, rounds*len(s.order)
	for range rounds {
		s.rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		for _, i := range s.order {
			if step%256 == 0 && ctx.Err() != nil {
				break
			}
			rate := netRate * (1 - float32(step)/float32(steps))
			step++
			s.look(s.p.x.row(int(i)))
			s.guess()
			s.teach(s.p.label[i], rate)
		}
	}
	return &network{known: s.p.known, in: quantise(s.in, hidden), inBias: s.inBias, out: s.out, outBias: s.outBias}
}

// look takes a row's features, some of them left out by chance, and counts the hidden
// units.
func (s *lesson) look(v vector) {
	s.v.at, s.v.value = s.v.at[:0], s.v.value[:0]
	copy(s.h, s.inBias)
	for i, f := range v.at {
		if f = s.p.known.at[f]; f < 0 || s.rng.Float32() < dropFeature {
			continue
		}
		x := v.value[i] / (1 - dropFeature)
		s.v.at, s.v.value = append(s.v.at, f), append(s.v.value, x)
		add(s.h, x, s.in[int(f)*hidden:int(f+1)*hidden])
	}
	for j, x := range s.h {
		s.open[j] = 1 / (1 - dropHidden)
		if x <= 0 || s.rng.Float32() < dropHidden {
			s.open[j] = 0
		}
		s.h[j] = x * s.open[j]
	}
}

// guess counts the labels' likelihoods.
func (s *lesson) guess() {
	most := float32(math.Inf(-1))
	for l := range s.likelihood {
		s.likelihood[l] = s.outBias[l] + dot(s.out[l*hidden:(l+1)*hidden], s.h)
		most = max(most, s.likelihood[l])
	}
	sum := float32(0)
	for l, x := range s.likelihood {
		s.likelihood[l] = float32(math.Exp(float64(x - most)))
		sum += s.likelihood[l]
	}
	for l := range s.likelihood {
		s.likelihood[l] /= sum
	}
}

// teach moves all weights towards the label. A row out of scope says that all labels are
// as likely.
func (s *lesson) teach(label int32, rate float32) {
	even := float32(smoothing) / float32(s.p.labels)
	if label == outOfScope {
		even = 1 / float32(s.p.labels)
	}
	size := dot(s.h, s.h) / hidden
	clear(s.slope)
	for l, p := range s.likelihood {
		g := p - even
		if l == int(label) {
			g -= 1 - smoothing
		}
		if g < netNegligent && g > -netNegligent {
			continue
		}
		row := s.out[l*hidden : (l+1)*hidden]
		add(s.slope, g, row)
		s.outMoved[l] += float32(g * g * size)
		add(row, -rate*g/(root(s.outMoved[l])+netNoDivide), s.h)
		s.outBiasMoved[l] += float32(g * g)
		s.outBias[l] -= float32(rate * g / (root(s.outBiasMoved[l]) + netNoDivide))
	}
	for j := range s.slope {
		s.slope[j] *= s.open[j]
		s.inBiasMoved[j] += float32(s.slope[j] * s.slope[j])
		s.inBias[j] -= float32(rate * s.slope[j] / (root(s.inBiasMoved[j]) + netNoDivide))
	}
	size = dot(s.slope, s.slope) / hidden
	for i, f := range s.v.at {
		x := s.v.value[i]
		s.inMoved[f] += float32(x * x * size)
		add(s.in[int(f)*hidden:int(f+1)*hidden], -rate*x/(root(s.inMoved[f])+netNoDivide), s.slope)
	}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// dot is the sum of products. It adds in the same order on every machine, and never
// lets the compiler join a product and a sum, which some machines would round otherwise.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float32(a[i] * b[i])
		s1 += float32(a[i+1] * b[i+1])
		s2 += float32(a[i+2] * b[i+2])
		s3 += float32(a[i+3] * b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float32(a[i] * b[i])
	}
	return s0 + s1 + (s2 + s3)
}

// add adds x, a times, to sum.
func add(sum []float32, a float32, x []float32) {
	x = x[:len(sum)]
	i := 0
	for ; i+4 <= len(sum); i += 4 {
		sum[i] += float32(a * x[i])
		sum[i+1] += float32(a * x[i+1])
		sum[i+2] += float32(a * x[i+2])
		sum[i+3] += float32(a * x[i+3])
	}
	for ; i < len(sum); i++ {
		sum[i] += float32(a * x[i])
	}
}
