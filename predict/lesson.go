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
	network int
	known   *known
	order   []int32
	rng     *rand.Rand
	in      []float32
	inBias  []float32
	out     []float32
	outBias []float32
	// How much each part has been moved: squares of slopes.
	inMoved, inBiasMoved, outMoved, outBiasMoved []float32

	// Of one row: the features that are looked at; where units see one word at a time, word
	// by word up to ends, and from which each unit takes.
	v    vector
	from []int32
	word []float32 // hidden units of one word
	// Of each word the first of the units that took from it, and of each unit the next one.
	first, next []int32
	h, slope    []float32 // hidden units, and the loss's slope by each
	open        []float32 // what passes through a unit: 0 if it is dropped or below 0
	// The same of the row as it would look if it were more like other labels.
	misled, misledSlope []float32
	likelihood          []float32 // of each label; then the loss's slope by its score
	step                []float32 // how far each label's weights go, for a rate of 1
}

// newLesson begins a network, or a part of one, that doesn't see the rows of a fold.
func newLesson(p *problem, network, without, part int) *lesson {
	known, hidden := p.known[network], width(network, p.x.rows(), p.labels)
	hidden /= networkParts(hidden, p.x.rows())
	s := &lesson{p: p, network: network, known: known, from: make([]int32, hidden), next: make([]int32, hidden), word: make([]float32, hidden),
		rng: rand.New(rand.NewPCG(p.seed, 0x4e7+uint64(network+networks*part))),
		in:  make([]float32, known.size*hidden), inBias: make([]float32, hidden),
		out: make([]float32, p.labels*hidden), outBias: make([]float32, p.labels),
		inMoved: make([]float32, known.size), inBiasMoved: make([]float32, hidden),
		outMoved: make([]float32, p.labels), outBiasMoved: make([]float32, p.labels),
		h: make([]float32, hidden), slope: make([]float32, hidden), open: make([]float32, hidden),
		misled: make([]float32, hidden), misledSlope: make([]float32, hidden),
		likelihood: make([]float32, p.labels), step: make([]float32, p.labels)}
	s.begin(without)
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

// begin gives the features their first weights. Those of rows of the same labels begin
// alike: each label has weights drawn by chance, and a feature the sum of its rows'. So one
// that is in few rows, which few steps will move, needn't begin anywhere.
func (s *lesson) begin(without int) {
	hidden := len(s.h)
	ofLabel := make([]float32, s.p.labels*hidden)
	for i := range ofLabel {
		ofLabel[i] = 2*s.rng.Float32() - 1
	}
	for i, fold := range s.p.fold {
		label := int(s.p.label[i])
		if int(fold) == without || label == outOfScope {
			continue
		}
		v := s.p.x.row(i)
		for k, f := range v.at {
			if f = s.known.at[f]; f >= 0 {
				add(s.weights(f), v.value[k], ofLabel[label*hidden:][:hidden])
			}
		}
	}
	// What all have in common tells nothing.
	common := make([]float32, hidden)
	for f := range s.known.size {
		add(common, 1/float32(s.known.size), s.weights(int32(f)))
	}
	for f := range s.known.size {
		weights := s.weights(int32(f))
		if dot(weights, weights) == 0 {
			continue // rows that are held out have it alone
		}
		add(weights, -1, common)
		length := root(dot(weights, weights) / float32(hidden))
		for j := range weights {
			weights[j] *= netSpread / (length + netNoDivide)
		}
	}
}

// learn makes rounds over the rows.
func (s *lesson) learn(ctx context.Context) {
	n := rounds(s.network, s.p.x.rows())
	step, steps := 0, n*len(s.order)
	for range n {
		s.rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
		for _, i := range s.order {
			if step%256 == 0 && ctx.Err() != nil {
				break
			}
			rate := netRate * (1 - float32(step)/float32(steps))
			step++
			s.look(s.p.x.row(int(i)))
			s.guess(s.h)
			s.teach(s.p.label[i], rate)
		}
	}
}

// look takes a row's features, some of them left out by chance, and counts the hidden
// units.
func (s *lesson) look(v vector) {
	s.v.at, s.v.value = s.v.at[:0], s.v.value[:0]
	clear(s.h)
	if s.network == networkByWord {
		s.lookByWord(v)
	} else {
		for i, f := range v.at {
			s.take(f, v.value[i], dropFeature, s.h)
		}
	}
	for j, x := range s.h {
		x += s.inBias[j]
		s.open[j] = 1 / (1 - dropHidden)
		if x <= 0 || s.rng.Float32() < dropHidden {
			s.open[j] = 0
		}
		s.h[j] = x * s.open[j]
	}
}

// take adds a feature to units, unless the network doesn't know it or chance leaves it out.
func (s *lesson) take(f int32, value, drop float32, units []float32) {
	if f = s.known.at[f]; f < 0 || s.rng.Float32() < drop {
		return
	}
	value /= 1 - drop
	s.v.at, s.v.value = append(s.v.at, f), append(s.v.value, value)
	add(units, value, s.weights(f))
}

// weights are those of a feature for the hidden units.
func (s *lesson) weights(f int32) []float32 { return s.in[int(f)*len(s.h):][:len(s.h)] }

// guess counts the labels' likelihoods by hidden units.
func (s *lesson) guess(h []float32) {
	labels := s.p.labels
	copy(s.likelihood, s.outBias)
	for j, x := range h {
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

// teach moves all weights towards the label, for the row as it is and for the row as it
// misleads most.
func (s *lesson) teach(label int32, rate float32) {
	s.teachLabels(label, s.h, s.slope, rate)
	if s.mislead() {
		s.guess(s.misled)
		s.teachLabels(label, s.misled, s.misledSlope, rate)
		for j, x := range s.misledSlope {
			s.slope[j] = (s.slope[j] + x) / 2
		}
	}
	for j, open := range s.open {
		if open != 0 {
			s.inBiasMoved[j] += float32(s.slope[j] * s.slope[j])
			s.inBias[j] -= float32(rate * s.slope[j] / (root(s.inBiasMoved[j]) + netNoDivide))
		}
	}
	if s.network == networkByWord {
		s.teachByWord(rate)
	} else {
		s.teachFeatures(rate)
	}
}

// mislead moves the hidden units a part of their length to where the loss grows fastest,
// as other words for the same could (adversarial training, Miyato et al. 2017): texts
// between the rows get labels that don't change at a breath. It says whether there is a
// way to move.
func (s *lesson) mislead() bool {
	length := root(dot(s.slope, s.slope))
	if length == 0 {
		return false
	}
	by := misleading * root(dot(s.h, s.h)) / length
	for j, x := range s.h {
		s.misled[j] = max(x+float32(by*s.slope[j]), 0)
	}
	return true
}

// teachLabels moves the weights of hidden units for labels, and puts in slope how the loss
// grows with what each unit sees. A row out of scope says that all labels are as likely.
func (s *lesson) teachLabels(label int32, h, slope []float32, rate float32) {
	even := float32(smoothing) / float32(s.p.labels)
	if label == outOfScope {
		even = 1 / float32(s.p.labels)
	}
	size := dot(h, h) / float32(len(h))
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
		slope[j] = 0
		if open == 0 {
			continue
		}
		row := s.out[j*labels : (j+1)*labels]
		slope[j] = float32(open * dot(s.likelihood, row))
		add(row, -rate*h[j], s.step)
	}
}

// teachFeatures moves the weights of the row's features by the slopes of the units.
func (s *lesson) teachFeatures(rate float32) {
	size := dot(s.slope, s.slope) / float32(len(s.slope))
	for i, f := range s.v.at {
		x := s.v.value[i]
		s.inMoved[f] += float32(x * x * size)
		add(s.weights(f), -rate*x/(root(s.inMoved[f])+netNoDivide), s.slope)
	}
}

// lookByWord lets each unit take from the word that moves it most. Some words are left
// out by chance.
func (s *lesson) lookByWord(v vector) {
	s.v.ends = s.v.ends[:0]
	begin := uint16(0)
	for _, to := range v.ends {
		of := v.of[begin:to]
		begin = to
		if len(v.ends) > 1 && s.rng.Float32() < dropWord {
			continue
		}
		clear(s.word)
		for _, i := range of {
			s.take(v.at[i], wordGain*v.value[i], dropOfWord, s.word)
		}
		w := len(s.v.ends)
		s.v.ends = append(s.v.ends, uint16(len(s.v.at)))
		if w == 0 {
			copy(s.h, s.word)
			clear(s.from)
			continue
		}
		h, from := s.h[:len(s.word)], s.from[:len(s.word)]
		for j, x := range s.word {
			if x > h[j] {
				h[j], from[j] = x, int32(w)
			}
		}
	}
}

// teachByWord moves the weights of each word's features by the slopes of the units that
// took from it, which are few.
func (s *lesson) teachByWord(rate float32) {
	if len(s.v.ends) == 0 {
		return // all words were left out
	}
	s.first = slices.Grow(s.first[:0], len(s.v.ends))[:len(s.v.ends)]
	for w := range s.first {
		s.first[w] = none
	}
	for j, slope := range s.slope {
		if slope != 0 {
			s.next[j] = s.first[s.from[j]]
			s.first[s.from[j]] = int32(j)
		}
	}
	from := 0
	for w, to := range s.v.ends {
		if s.first[w] != none {
			s.teachWord(from, int(to), s.first[w], rate)
		}
		from = int(to)
	}
}

// none ends a list of units.
const none = -1

// teachWord is teachFeatures for a list of units, the others' slopes being 0.
func (s *lesson) teachWord(from, to int, first int32, rate float32) {
	size := float32(0)
	for j := first; j != none; j = s.next[j] {
		size += float32(s.slope[j] * s.slope[j])
	}
	size /= float32(len(s.slope))
	for i := from; i < to; i++ {
		f, x := s.v.at[i], s.v.value[i]
		s.inMoved[f] += float32(x * x * size)
		by := -rate * x / (root(s.inMoved[f]) + netNoDivide)
		weights := s.weights(f)
		for j := first; j != none; j = s.next[j] {
			weights[j] += float32(by * s.slope[j])
		}
	}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
