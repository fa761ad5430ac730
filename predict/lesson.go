package predict

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// lesson is a network while it learns, by gradient descent with steps that get shorter
// for a feature the more it has been moved (AdaGrad).
type lesson struct {
	p       *problem
	known   *known
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
	likelihood []float32 // of each label; then the loss's slope by its score
	step       []float32 // how far each label's weights go, for a rate of 1
}

func newLesson(p *problem, network, without int) *lesson {
	known := p.known[network]
	s := &lesson{p: p, known: known, rng: rand.New(rand.NewPCG(p.seed, 0x4e7+uint64(network))),
		in: make([]float32, known.size*hidden), inBias: make([]float32, hidden),
		out: make([]float32, p.labels*hidden), outBias: make([]float32, p.labels),
		inMoved: make([]float32, known.size), inBiasMoved: make([]float32, hidden),
		outMoved: make([]float32, p.labels), outBiasMoved: make([]float32, p.labels),
		h: make([]float32, hidden), slope: make([]float32, hidden), open: make([]float32, hidden),
		likelihood: make([]float32, p.labels), step: make([]float32, p.labels)}
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
	return &network{known: s.known, in: quantise(s.in, hidden), inBias: s.inBias, out: s.out, outBias: s.outBias}
}

// look takes a row's features, some of them left out by chance, and counts the hidden
// units.
func (s *lesson) look(v vector) {
	s.v.at, s.v.value = s.v.at[:0], s.v.value[:0]
	copy(s.h, s.inBias)
	for i, f := range v.at {
		if f = s.known.at[f]; f < 0 || s.rng.Float32() < dropFeature {
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
	labels := s.p.labels
	copy(s.likelihood, s.outBias)
	for j, x := range s.h {
		if x > 0 {
			add(s.likelihood, x, s.out[j*labels:(j+1)*labels])
		}
	}
	most := slices.Max(s.likelihood)
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
	for l, p := range s.likelihood {
		g := p - even
		if l == int(label) {
			g -= 1 - smoothing
		}
		s.likelihood[l] = g
		s.outMoved[l] += float32(g * g * size)
		s.step[l] = g / (root(s.outMoved[l]) + netNoDivide)
		s.outBiasMoved[l] += float32(g * g)
		s.outBias[l] -= float32(rate * g / (root(s.outBiasMoved[l]) + netNoDivide))
	}
	labels := s.p.labels
	for j, open := range s.open {
		s.slope[j] = 0
		if open == 0 {
			continue
		}
		row := s.out[j*labels : (j+1)*labels]
		s.slope[j] = float32(open * dot(s.likelihood, row))
		add(row, -rate*s.h[j], s.step)
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
