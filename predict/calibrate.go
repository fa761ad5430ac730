package predict

import (
	"math"
)

// blend weighs the scores of learners so that their sum, as the exponent of a
// probability, fits rows that the learners haven't seen. It is temperature and choice
// in one.
type blend [learners]float64

// learners is how many of them a model has: the linear one and the networks.
const learners = 1 + networks

// scores are what learners said of rows that they hadn't seen.
type scores struct {
	labels int
	label  []int32             // of each row
	of     [learners][]float32 // of row i and label l at i*labels+l
	spread [learners]float64   // how far a row's highest score is from their mean
}

// evenly is how much is wanted that learners count alike, beside what one row says: with
// few rows it is chance which of them does better.
const evenly = 0.1

// measure counts the spread of each learner's scores.
func (s *scores) measure() {
	for k, of := range s.of {
		sum := 0.0
		for i := range s.label {
			row := of[i*s.labels : (i+1)*s.labels]
			most, mean := row[0], float32(0)
			for _, x := range row {
				most = max(most, x)
				mean += x
			}
			sum += float64(most - mean/float32(s.labels))
		}
		s.spread[k] = sum / float64(len(s.label))
	}
}

// uneven returns how far from their mean each learner counts. One that says the same of
// all rows counts nothing.
func (s *scores) uneven(b blend) (off blend) {
	mean, n := 0.0, 0.0
	for k, spread := range s.spread {
		if spread > 0 {
			mean += b[k] * spread
			n++
		}
	}
	for k, spread := range s.spread {
		if spread > 0 {
			off[k] = b[k]*spread - mean/n
		}
	}
	return off
}

// row returns what each learner said of a row.
func (s *scores) row(i int) (row [learners][]float32) {
	for k, of := range s.of {
		row[k] = of[i*s.labels : (i+1)*s.labels]
	}
	return row
}

// fit finds the weights with the least loss by Newton's method; the loss has one
// minimum.
func (s *scores) fit() blend {
	s.measure()
	var b blend
	for k, spread := range s.spread {
		if spread > 0 {
			b[k] = 1
		}
	}
	best := s.loss(b)
	for range 50 {
		gradient, hessian := s.slope(b)
		step := solve(hessian, gradient)
		size, found := 1.0, false
		for range 12 {
			next := b
			for i := range b {
				next[i] = max(b[i]-size*step[i], 0)
			}
			if loss := s.loss(next); loss < best-1e-7 {
				b, best, found = next, loss, true
				break
			}
			size /= 2
		}
		if !found {
			break
		}
	}
	return b
}

// mix puts the probabilities of the labels of a row in p.
func (b blend) mix(scores [learners][]float32, p []float64) {
	clear(p)
	for k, s := range scores {
		for l, x := range s {
			p[l] += b[k] * float64(x)
		}
	}
	softmax(p)
}

// softmax turns scores into probabilities.
func softmax(p []float64) {
	most := math.Inf(-1)
	for _, x := range p {
		most = max(most, x)
	}
	sum := 0.0
	for l, x := range p {
		p[l] = math.Exp(x - most)
		sum += p[l]
	}
	for l := range p {
		p[l] /= sum
	}
}

// loss is the mean logarithm of what the right labels' probabilities lack.
func (s *scores) loss(b blend) float64 {
	sum, n := 0.0, 0
	p := make([]float64, s.labels)
	for i, l := range s.label {
		if l == outOfScope {
			continue
		}
		b.mix(s.row(i), p)
		sum -= math.Log(max(p[l], 1e-12))
		n++
	}
	for _, off := range s.uneven(b) {
		sum += evenly * off * off
	}
	return sum / float64(n)
}

// slope is the loss's first and second derivative.
func (s *scores) slope(b blend) (g []float64, h [][]float64) {
	g, h = make([]float64, learners), make([][]float64, learners)
	for i := range h {
		h[i] = make([]float64, learners)
	}
	p, n := make([]float64, s.labels), 0.0
	for i, l := range s.label {
		if l != outOfScope {
			n++
			b.mix(s.row(i), p)
			slopeOf(s.row(i), p, l, g, h)
		}
	}
	s.slopeOfUneven(b, g, h)
	for a := range learners {
		g[a] /= n
		for c := range learners {
			h[a][c] /= n
		}
		h[a][a] += 1e-9
	}
	return g, h
}

// slopeOfUneven adds what it costs that learners don't count alike.
func (s *scores) slopeOfUneven(b blend, g []float64, h [][]float64) {
	used := 0.0
	for _, spread := range s.spread {
		if spread > 0 {
			used++
		}
	}
	for a, off := range s.uneven(b) {
		g[a] += 2 * evenly * off * s.spread[a]
		for c := range learners {
			h[a][c] -= 2 * evenly * s.spread[a] * s.spread[c] / used
		}
		h[a][a] += 2 * evenly * s.spread[a] * s.spread[a]
	}
}

// slopeOf adds what a row says: how far the scores of the right label are from those
// that its probabilities expect, and how much these vary.
func slopeOf(row [learners][]float32, p []float64, want int32, g []float64, h [][]float64) {
	var mean [learners]float64
	for l, p := range p {
		if p < 1e-9 {
			continue
		}
		for a := range learners {
			x := p * float64(row[a][l])
			mean[a] += x
			for c := range learners {
				h[a][c] += x * float64(row[c][l])
			}
		}
	}
	for a := range learners {
		g[a] += mean[a] - float64(row[a][want])
		for c := range learners {
			h[a][c] -= mean[a] * mean[c]
		}
	}
}

// solve solves a small system of equations by elimination; h is overwritten.
func solve(h [][]float64, g []float64) []float64 {
	x := append([]float64(nil), g...)
	for i := range x {
		pivot := i
		for j := i + 1; j < len(x); j++ {
			if math.Abs(h[j][i]) > math.Abs(h[pivot][i]) {
				pivot = j
			}
		}
		h[i], h[pivot] = h[pivot], h[i]
		x[i], x[pivot] = x[pivot], x[i]
		if h[i][i] == 0 {
			continue
		}
		for j := i + 1; j < len(x); j++ {
			f := h[j][i] / h[i][i]
			for c := i; c < len(x); c++ {
				h[j][c] -= f * h[i][c]
			}
			x[j] -= f * x[i]
		}
	}
	for i := len(x) - 1; i >= 0; i-- {
		for c := i + 1; c < len(x); c++ {
			x[i] -= h[i][c] * x[c]
		}
		if h[i][i] != 0 {
			x[i] /= h[i][i]
		}
	}
	return x
}
