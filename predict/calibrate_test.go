package predict

import (
	"math"
	"math/rand/v2"
	"testing"
)

// guessed are scores of rows with four labels. The linear machine and the first network are
// right about most, and as sure of a tenth that are labelled wrong; the second one is right
// about few and never sure, the third says the opposite, and the last one nothing.
func guessed(n int) *scores {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &scores{labels: 4}
	for k := range s.of {
		s.of[k] = make([]float32, n*s.labels)
	}
	for i := range n {
		right := rng.IntN(s.labels)
		label := right
		if i%10 == 0 {
			label = (right + 1 + rng.IntN(s.labels-1)) % s.labels
		}
		s.label = append(s.label, int32(label))
		for l := range s.labels {
			at := i*s.labels + l
			sure := float32(0)
			if l == right {
				sure = 1
			}
			s.of[0][at] = sure + float32(rng.NormFloat64())/4
			s.of[1][at] = 3*sure + float32(rng.NormFloat64())
			s.of[2][at] = sure/2 + float32(rng.NormFloat64())/2
			s.of[3][at] = -sure + float32(rng.NormFloat64())/4
		}
	}
	return s
}

// TestSlopes: what is said of the loss's slope is how it grows.
func TestSlopes(t *testing.T) {
	t.Parallel()
	s := guessed(200)
	s.measure()
	b := blend{0.7, 1.1, 0.4, 0.2, 0}
	g, _ := s.slope(b, anyLabel)
	square := func() [][]float64 {
		h := make([][]float64, learners)
		for i := range h {
			h[i] = make([]float64, learners)
		}
		return h
	}
	bend := square()
	s.slopeOfUnwanted(b, g, square())
	s.slopeOfUnwanted(b, make([]float64, learners), bend)
	const far = 1e-5
	for k := range learners {
		more, less := b, b
		more[k] += far
		less[k] -= far
		if want := (s.loss(more) - s.loss(less)) / (2 * far); math.Abs(g[k]-want) > 1e-4*(1+math.Abs(want)) {
			t.Errorf("learner %d: the slope is %v, not %v", k, want, g[k])
		}
		// What learners should count is a square: its slope's slope is exact.
		up, down := make([]float64, learners), make([]float64, learners)
		s.slopeOfUnwanted(more, up, square())
		s.slopeOfUnwanted(less, down, square())
		for c := range learners {
			if want := (up[c] - down[c]) / (2 * far); math.Abs(bend[k][c]-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("learners %d and %d: the slope's slope is %v, not %v", k, c, want, bend[k][c])
			}
		}
	}
}

// TestFit: the weights are where the loss is least, but for how sharp they are, which all
// rows say; who is wrong, or says nothing, counts nothing.
func TestFit(t *testing.T) {
	t.Parallel()
	s := guessed(1000)
	b := s.fit()
	if b[0] <= 0 || b[1] <= 0 || b[3] != 0 || b[4] != 0 {
		t.Fatalf("weights %v", b)
	}
	plain := func(b blend) (sum float64) {
		p := make([]float64, s.labels)
		for i, l := range s.label {
			b.mix(s.row(i), p)
			sum -= math.Log(p[l])
		}
		return sum
	}
	times := func(by float64) (other blend) {
		for k := range b {
			other[k] = by * b[k]
		}
		return other
	}
	for _, by := range []float64{0.95, 1.05} {
		if plain(times(by)) <= plain(b) {
			t.Errorf("%v times the weights fit better", by)
		}
	}
	best := math.Inf(1)
	var least blend
	for by := 1.0; by < 5; by *= 1.01 {
		if loss := s.loss(times(by)); loss < best {
			best, least = loss, times(by)
		}
	}
	for k := range 3 {
		for _, by := range []float64{0.9, 1.1} {
			other := least
			other[k] *= by
			if s.loss(other) < best-1e-3 {
				t.Errorf("%v times the weight of learner %d: loss %v, not %v", by, k, s.loss(other), best)
			}
		}
	}
}

// TestPartsOfNetworks: a network of parts says the mean of what they say.
func TestPartsOfNetworks(t *testing.T) {
	t.Parallel()
	m := &Model{seed: 1, labels: []string{"a", "b"}}
	p := m.problem([]Row{{Text: "where is the parcel of last week", Label: "a"}, {Text: "money back for a broken lamp please", Label: "b"}})
	for _, k := range []int{networkOfAll, networkByWord} {
		var parts []*lesson
		want := make([]float32, p.labels)
		out := make([]float32, p.labels)
		v := p.x.row(0)
		for part := range 2 {
			s := newLesson(p, k, -1, part)
			s.learn(t.Context())
			s.outBias[0] = float32(1 + part)
			parts = append(parts, s)
			joined([]*lesson{s}).scores(v, out)
			add(want, 0.5, out)
		}
		if parts[0].in[0] == parts[1].in[0] {
			t.Errorf("network %d: both parts learned the same", k)
		}
		joined(parts).scores(v, out)
		for l := range out {
			if math.Abs(float64(out[l]-want[l])) > 0.02 {
				t.Errorf("network %d: %v, the mean of its parts is %v", k, out, want)
			}
		}
	}
}
