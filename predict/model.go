package predict

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// DefaultThreshold is the confidence from which a label is given, unless another was
// set: then it is more likely right than wrong.
const DefaultThreshold = 0.5

// Model gives labels to texts. It doesn't change, and is safe for concurrent use.
type Model struct {
	seed    uint64
	labels  []string  // sorted
	least   []float64 // each label's threshold
	words   *dictionary
	linear  *linear
	network [networks]*network // nil where there was nothing to learn from
	blend   blend
	sure    confidence
	pool    *sync.Pool // of *guess
}

// guess is scratch space for one prediction.
type guess struct {
	scratch
	scores      [learners][]float32
	probability []float64
}

// ready makes a model usable, once all its parts are there.
func (m *Model) ready() *Model {
	tables := []*index{&m.linear.row}
	for _, n := range m.network {
		if n != nil {
			tables = append(tables, &n.row)
		}
	}
	beside(tables)
	m.pool = &sync.Pool{New: func() any {
		g := &guess{scratch: *newScratch(m.seed, m.words), probability: make([]float64, len(m.labels))}
		for k := range g.scores {
			g.scores[k] = make([]float32, len(m.labels))
		}
		return g
	}}
	return m
}

// Predict says which label a text should get, and abstains where it isn't sure enough.
// It reads the first MaxText characters; what is no valid UTF-8 is read as spaces.
func (m *Model) Predict(text string) Prediction {
	g := m.pool.Get().(*guess)
	defer m.pool.Put(g)
	best := m.judge(g, text)
	p := Prediction{Best: Scored{m.labels[best], g.probability[best]}}
	if p.Best.Confidence >= m.least[best] {
		p.Label = p.Best.Label
	}
	return p
}

// Top returns the k labels that fit best, the best first.
func (m *Model) Top(text string, k int) []Scored {
	g := m.pool.Get().(*guess)
	defer m.pool.Put(g)
	m.judge(g, text)
	all := make([]Scored, len(m.labels))
	for l, p := range g.probability {
		all[l] = Scored{m.labels[l], p}
	}
	slices.SortStableFunc(all, func(a, b Scored) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return slices.Clip(all[:max(min(k, len(all)), 0)])
}

// judge puts the labels' probabilities for a text in g, and returns the best label.
func (m *Model) judge(g *guess, text string) int {
	v := g.vector(text)
	m.linear.scores(v.plain(), g.scores[0])
	for k, n := range m.network {
		if n != nil {
			n.scores(v, g.scores[1+k])
		}
	}
	m.blend.mix(g.scores, g.probability)
	return m.sure.settle(g.probability, m.blend, g.scores)
}

// largest returns where the largest number is, the first of them.
func largest(p []float64) int {
	best := 0
	for l, x := range p {
		if x > p[best] {
			best = l
		}
	}
	return best
}

// Labels returns the labels that the model knows, sorted.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// Threshold returns the confidence from which a label is given; 0 for one that the model
// doesn't know.
func (m *Model) Threshold(label string) float64 {
	if l, ok := slices.BinarySearch(m.labels, label); ok {
		return m.least[l]
	}
	return 0
}

// WithThreshold returns a model that gives a label from another confidence on, from 0
// to 1; label "" stands for all. What m gives stays as it is. Errors: ErrUnknownLabel,
// ErrThreshold.
func (m *Model) WithThreshold(label string, least float64) (*Model, error) {
	if !(least >= 0 && least <= 1) {
		return nil, fmt.Errorf("%v: %w", least, ErrThreshold)
	}
	other := *m
	other.least = slices.Clone(m.least)
	if label == "" {
		for l := range other.least {
			other.least[l] = least
		}
		return &other, nil
	}
	l, ok := slices.BinarySearch(m.labels, label)
	if !ok {
		return nil, fmt.Errorf("%q: %w", label, ErrUnknownLabel)
	}
	other.least[l] = least
	return &other, nil
}
