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
	p        *problem
	network  int
	known    *known
	order    []int32
	rests    []bool // of each row: the next round passes it over
	restless int    // rounds in which no row rests
	rng      *rand.Rand
	in       []float32
	inBias   []float32
	out      []float32
	outBias  []float32
	// How much each part has been moved: squares of slopes.
	inMoved, inBiasMoved, outMoved, outBiasMoved []float32

	// Of one row: the features that are looked at; where units see one word at a time, word
	// by word up to ends, and from which each unit takes.
	at       []int32
	value    []float32
	ends     []int
	from     []int32
	word     []float32 // hidden units of one word
	taker    []int32   // units in the order of the words that they took from,
	taken    []int32   // and of each word where its last one is in that
	h, slope []float32 // hidden units, and the loss's slope by each
	units    []int32   // those that are above 0, and not dropped
	ofUnits  []float32 // what these have; then how far their weights for labels go
	dots     []float32
	// The same of the row as it would look if it were more like other labels.
	misled, misledSlope []float32
	likelihood          []float32 // of each label; then the loss's slope by its score
	steps, moved        []float32 // scratch space
}

// newLesson begins a network, or a part of one, that doesn't see the rows of a fold.
func newLesson(p *problem, network, without, part int) *lesson {
	known, hidden := p.known[network], width(network, p.x.rows(), p.labels)
	hidden /= networkParts(hidden, p.x.rows())
	labels := padded(p.labels)
	s := &lesson{p: p, network: network, known: known, rng: rand.New(rand.NewPCG(p.seed, 0x4e7+uint64(network+networks*part))),
		in: make([]float32, known.size*hidden), inBias: make([]float32, hidden),
		out: make([]float32, labels*hidden), outBias: make([]float32, labels),
		inMoved: make([]float32, known.size), inBiasMoved: make([]float32, hidden),
		outMoved: make([]float32, labels), outBiasMoved: make([]float32, labels),
		from: make([]int32, hidden), taker: make([]int32, hidden), units: make([]int32, hidden), ofUnits: make([]float32, hidden), word: make([]float32, hidden),
		h: make([]float32, hidden), slope: make([]float32, hidden), dots: make([]float32, hidden),
		misled: make([]float32, hidden), misledSlope: make([]float32, hidden),
		rests: make([]bool, p.x.rows()), restless: restless(network, p.x.rows()), likelihood: make([]float32, labels), steps: make([]float32, max(labels, hidden))}
	s.begin(without)
	for l := p.labels; l < labels; l++ {
		s.outBias[l] = nowhere
	}
	for i, f := range p.fold {
		if int(f) != without {
			s.order = append(s.order, int32(i))
		}
	}
	return s
}

// begin gives the features their first weights: vectors of what they mean in these rows. (Hidden
// units begin with no weight for any label: they tell apart by what moves them.) Each label has
// a vector drawn by chance, and a feature has the sum of its rows' labels'. So one that is in few
// rows, which few steps will move, needn't begin anywhere. Where rows aren't many, these then get
// the vectors of their features, and features the sum of their rows', over and over: what is said
// in the same surroundings begins alike, though it was never said together nor for one label.
func (s *lesson) begin(without int) {
	ofLabel := make([]float32, s.p.labels*len(s.h))
	for i := range ofLabel {
		ofLabel[i] = 2*s.rng.Float32() - 1
	}
	s.gather(without, ofLabel, nil)
	if s.p.x.rows() > manyRows {
		return
	}
	before := make([]float32, len(s.in))
	for range surroundings {
		s.in, before = before, s.in
		clear(s.in)
		s.gather(without, ofLabel, before)
	}
}

// gather makes the first weights of features the sums of their rows' vectors: of what a row's
// label has and, unless that is nil, of what its features had before.
func (s *lesson) gather(without int, ofLabel, before []float32) {
	hidden := len(s.h)
	row := make([]float32, hidden)
	for i, fold := range s.p.fold {
		label := int(s.p.label[i])
		if int(fold) == without || label == outOfScope {
			continue
		}
		v := s.p.x.row(i)
		s.at, s.value = s.at[:0], s.value[:0]
		for k, f := range v.at {
			if f = s.known.at[f]; f >= 0 {
				s.at, s.value = append(s.at, f), append(s.value, v.value[k])
			}
		}
		clear(row)
		byLabel := float32(1)
		if before != nil {
			addRows(row, s.at, s.value, before, hidden)
			byLabel = labelBesideWords * root(dot(row, row)/float32(hidden))
		}
		add(row, byLabel, ofLabel[label*hidden:][:hidden])
		addToRows(s.in, s.at, s.value, row)
	}
	s.level()
}

// level takes from the first weights what all features have in common, as that tells nothing,
// and makes those of each as long.
func (s *lesson) level() {
	hidden := len(s.h)
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
	for r := range n {
		s.round(ctx, r, n)
	}
}

// round looks at the rows, in the round that it is of so many. A row that the network is sure
// of rests in the round after, once the first ones are done: it has little to teach, and comes
// back before it is forgotten.
func (s *lesson) round(ctx context.Context, r, of int) {
	s.rng.Shuffle(len(s.order), func(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] })
	step, steps := r*len(s.order), of*len(s.order)
	for k, i := range s.order {
		if k%256 == 0 && ctx.Err() != nil {
			return
		}
		if s.rests[i] {
			s.rests[i] = false
			continue
		}
		s.look(s.p.x.row(int(i)))
		s.guess(s.h)
		label := s.p.label[i]
		s.rests[i] = r >= s.restless && label != outOfScope && s.likelihood[label] > restSure
		s.teach(label, netRate*(1-float32(step+k)/float32(steps)))
	}
}

// look takes a row's features, some of them left out by chance, and counts the hidden
// units.
func (s *lesson) look(v vector) {
	s.at, s.value = s.at[:0], s.value[:0]
	clear(s.h)
	if s.network == networkByWord {
		s.lookByWord(v)
	} else {
		s.take(v.at, v.value)
		addRows(s.h, s.at, s.value, s.in, len(s.h))
	}
	s.open()
}

// open finds the units that are above 0 and not left out by chance; the others are closed. Like
// take, it doesn't ask.
func (s *lesson) open() {
	s.units = s.units[:cap(s.units)]
	n, left := 0, uint64(0)
	for j, bias := range s.inBias {
		if j%chances == 0 {
			left = s.rng.Uint64()
		}
		x := s.h[j] + bias
		s.units[n] = int32(j)
		above := -math.Float32bits(x) & ^math.Float32bits(x) // its first bit is 1 for x above 0
		opens := (above & (uint32(dropHidden-1) - uint32(uint16(left)))) >> 31
		s.h[j] = math.Float32frombits(math.Float32bits(x*(1/(1-float32(dropHidden)/certain))) & -opens)
		n += int(opens)
		left >>= 64 / chances
	}
	s.units = s.units[:n]
}

// take adds features to those that are looked at, unless the network doesn't know them or chance
// leaves them out. What isn't taken is overwritten, as nobody could guess which way chance
// goes, and a processor that guesses wrong loses more time.
func (s *lesson) take(features []int32, value []float32) {
	n := len(s.at)
	s.at = slices.Grow(s.at, len(features))[:n+len(features)]
	s.value = slices.Grow(s.value, len(features))[:n+len(features)]
	left := uint64(0)
	for i, f := range features {
		if i%chances == 0 {
			left = s.rng.Uint64()
		}
		f = s.known.at[f]
		s.at[n], s.value[n] = f, value[i]*(1/(1-float32(dropFeature)/certain))
		n += int((^uint32(f) & (uint32(dropFeature-1) - uint32(uint16(left)))) >> 31)
		left >>= 64 / chances
	}
	s.at, s.value = s.at[:n], s.value[:n]
}

// takeWord is take for the features of a word, of those of a text.
func (s *lesson) takeWord(v vector, of []uint16) {
	n := len(s.at)
	s.at = slices.Grow(s.at, len(of))[:n+len(of)]
	s.value = slices.Grow(s.value, len(of))[:n+len(of)]
	left := uint64(0)
	for i, o := range of {
		if i%chances == 0 {
			left = s.rng.Uint64()
		}
		f := s.known.at[v.at[o]]
		s.at[n], s.value[n] = f, v.value[o]*(wordGain/(1-float32(dropOfWord)/certain))
		n += int((^uint32(f) & (uint32(dropOfWord-1) - uint32(uint16(left)))) >> 31)
		left >>= 64 / chances
	}
	s.at, s.value = s.at[:n], s.value[:n]
}

// weights are those of a feature for the hidden units.
func (s *lesson) weights(f int32) []float32 { return s.in[int(f)*len(s.h):][:len(s.h)] }

// guess counts the labels' likelihoods by hidden units.
func (s *lesson) guess(h []float32) {
	for i, j := range s.units {
		s.ofUnits[i] = h[j]
	}
	copy(s.likelihood, s.outBias)
	addRows(s.likelihood, s.units, s.ofUnits, s.out, len(s.likelihood))
	likelihoods(s.likelihood)
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
	descend(s.inBias, s.inBiasMoved, s.slope, s.steps, rate)
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
	labels := s.likelihood[:s.p.labels]
	even := float32(smoothing) / float32(len(labels))
	if label == outOfScope {
		even = 1 / float32(len(labels))
	}
	for l := range labels {
		labels[l] -= even
	}
	if label != outOfScope {
		labels[label] -= 1 - smoothing
	}
	descend(s.outBias, s.outBiasMoved, s.likelihood, s.steps, rate)
	steps(s.steps[:len(s.likelihood)], s.outMoved, s.likelihood, dot(h, h)/float32(len(h)))
	clear(slope)
	dots := s.dots[:len(s.units)]
	dotRows(dots, s.out, s.units, s.likelihood)
	for i, j := range s.units {
		slope[j] = dots[i] * (1 / (1 - float32(dropHidden)/certain))
		s.ofUnits[i] *= -rate
	}
	addToRows(s.out, s.units, s.ofUnits, s.steps[:len(s.likelihood)])
}

// descend moves weights by their slopes; step is room for as many.
func descend(weights, moved, slope, step []float32, rate float32) {
	step = step[:len(slope)]
	steps(step, moved, slope, 1)
	add(weights, -rate, step)
}

// teachFeatures moves the weights of the row's features by the slopes of the units.
func (s *lesson) teachFeatures(rate float32) {
	s.stepFeatures(0, len(s.at), dot(s.slope, s.slope)/float32(len(s.slope)))
	for j := range s.slope {
		s.slope[j] *= -rate
	}
	addToRows(s.in, s.at, s.value, s.slope)
}

// stepFeatures makes of the values of some of the row's features how far they go for a rate of 1.
func (s *lesson) stepFeatures(from, to int, size float32) {
	s.moved = slices.Grow(s.moved[:0], to-from)[:to-from]
	at, value := s.at[from:to], s.value[from:to]
	for i, f := range at {
		s.moved[i] = s.inMoved[f]
	}
	steps(value, s.moved, value, size)
	for i, f := range at {
		s.inMoved[f] = s.moved[i]
	}
}

// lookByWord lets each unit take from the word that moves it most. Some words are left
// out by chance.
func (s *lesson) lookByWord(v vector) {
	s.ends = s.ends[:0]
	begin := uint16(0)
	for _, to := range v.ends {
		of := v.of[begin:to]
		begin = to
		if len(v.ends) > 1 && uint16(s.rng.Uint64()) < dropWord {
			continue
		}
		from := len(s.at)
		s.takeWord(v, of)
		w := len(s.ends)
		s.ends = append(s.ends, len(s.at))
		if w == 0 {
			addRows(s.h, s.at[from:], s.value[from:], s.in, len(s.h))
			clear(s.from)
			continue
		}
		clear(s.word)
		addRows(s.word, s.at[from:], s.value[from:], s.in, len(s.word))
		moreOf(s.h, s.from, s.word, int32(w))
	}
}

// teachByWord moves the weights of each word's features by the slopes of the units that
// took from it, which are few.
func (s *lesson) teachByWord(rate float32) {
	if len(s.ends) == 0 {
		return // all words were left out
	}
	// Units in the order of the words.
	s.taken = slices.Grow(s.taken[:0], len(s.ends)+1)[:len(s.ends)+1]
	clear(s.taken)
	for _, j := range s.units {
		s.taken[s.from[j]]++
	}
	n := int32(0)
	for w, units := range s.taken {
		s.taken[w] = n
		n += units
	}
	for _, j := range s.units {
		at := &s.taken[s.from[j]]
		s.taker[*at], s.ofUnits[*at] = j, s.slope[j]
		*at++
	}
	first, from := int32(0), 0
	for w, to := range s.ends {
		if last := s.taken[w]; last > first {
			s.teachWord(from, to, s.taker[first:last], s.ofUnits[first:last], rate)
			first = last
		}
		from = to
	}
}

// teachWord is teachFeatures for some units, the others' slopes being 0.
func (s *lesson) teachWord(from, to int, units []int32, slope []float32, rate float32) {
	s.stepFeatures(from, to, dot(slope, slope)/float32(len(s.slope)))
	for i, f := range s.at[from:to] {
		by := -rate * s.value[from+i]
		weights, slope := s.weights(f), slope[:len(units)]
		for k, j := range units {
			weights[j] += float32(by * slope[k])
		}
	}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
