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
	share  [learners]float64   // how much of a label's score each learner should have, if rows don't say otherwise
}

// asWanted is how much is wanted that learners count by their share, beside what one row
// says: with few rows it is chance which of them does better.
const asWanted = 0.2

// ofLinear is the linear machines' share; networks have the rest, each as much.
const ofLinear = 0.5

// anyLabel is the probability that a row has any label whatever. Rows that are labelled
// wrong, or that nobody could tell, would otherwise count most, as they are the least
// likely, and speak for whichever learner is never sure.
const anyLabel = 0.03

// measure counts the spread of each learner's scores, and their shares.
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
	talking := 0.0
	for _, spread := range s.spread[1:] {
		if spread > 0 {
			talking++
		}
	}
	s.share = [learners]float64{1}
	for k, spread := range s.spread {
		if talking > 0 && k == 0 {
			s.share[k] = ofLinear
		} else if spread > 0 && k > 0 {
			s.share[k] = (1 - ofLinear) / talking
		}
	}
}

// unwanted returns how far from its share of the whole each learner counts.
func (s *scores) unwanted(b blend) (off blend) {
	whole := 0.0
	for k, spread := range s.spread {
		whole += b[k] * spread
	}
	for k, spread := range s.spread {
		off[k] = b[k]*spread - s.share[k]*whole
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

// fit finds weights with a small loss by steps that are Newton's but for how the rows'
// trust changes, and then how sharp they should be, so that all rows fit best. A learner
// that says the same of all rows counts nothing.
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
		gradient, hessian := s.slope(b, anyLabel)
		s.slopeOfUnwanted(b, gradient, hessian)
		step := stepDown(b, gradient, hessian)
		size, found := 1.0, false
		for range 12 {
			next := b
			for i := range b {
				next[i] = max(b[i]-size*step[i], 0)
			}
			if loss := s.loss(next); loss < best-leastGain*float64(len(s.label)) {
				b, best, found = next, loss, true
				break
			}
			size /= 2
		}
		if !found {
			break
		}
	}
	return s.sharpen(b)
}

// leastGain is how much less loss a row should have for another step.
const leastGain = 1e-6

// stepDown returns where to go from b, the other way. A weight that is 0 and should be less
// stays, and doesn't turn the others away.
func stepDown(b blend, gradient []float64, hessian [][]float64) []float64 {
	for a := range b {
		hessian[a][a] += 1e-9
		if b[a] > 0 || gradient[a] <= 0 {
			continue
		}
		gradient[a] = 0
		for c := range b {
			hessian[a][c], hessian[c][a] = 0, 0
		}
		hessian[a][a] = 1
	}
	return solve(hessian, gradient)
}

// sharpen makes all weights so much larger or smaller that all rows are likeliest, also
// those that nobody could tell.
func (s *scores) sharpen(b blend) blend {
	for range 20 {
		gradient, hessian := s.slope(b, 0)
		down, bend := 0.0, 0.0
		for a := range b {
			down += gradient[a] * b[a]
			for c := range b {
				bend += b[a] * hessian[a][c] * b[c]
			}
		}
		if bend <= 0 {
			break
		}
		by := min(max(1-down/bend, 0.5), 2)
		for a := range b {
			b[a] *= by
		}
		if math.Abs(by-1) < 1e-4 {
			break
		}
	}
	return b
}

// mix puts the probabilities of the labels of a row in p.
func (b blend) mix(scores [learners][]float32, p []float64) {
	clear(p)
	for k, s := range scores {
		if b[k] == 0 {
			continue
		}
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
		if x > most {
			most = x
		}
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

// loss is the logarithm of what the right labels' probabilities lack, of all rows, and
// what it costs that learners don't count by their share.
func (s *scores) loss(b blend) float64 {
	sum := 0.0
	p := make([]float64, s.labels)
	for i, l := range s.label {
		if l == outOfScope {
			continue
		}
		b.mix(s.row(i), p)
		sum -= math.Log(p[l] + anyLabel)
	}
	for _, off := range s.unwanted(b) {
		sum += asWanted * off * off
	}
	return sum
}

// slope is the rows' loss's first and second derivative, if rows are trusted as b says:
// the less, the likelier it is that their label is any label.
func (s *scores) slope(b blend, anyLabel float64) (g []float64, h [][]float64) {
	g, h = make([]float64, learners), make([][]float64, learners)
	for i := range h {
		h[i] = make([]float64, learners)
	}
	p := make([]float64, s.labels)
	for i, l := range s.label {
		if l != outOfScope {
			b.mix(s.row(i), p)
			trust := 1.0
			if anyLabel > 0 {
				trust = p[l] / (p[l] + anyLabel)
			}
			slopeOf(s.row(i), p, l, trust, g, h)
		}
	}
	return g, h
}

// slopeOfUnwanted adds what it costs that learners don't count by their share.
func (s *scores) slopeOfUnwanted(b blend, g []float64, h [][]float64) {
	off := s.unwanted(b)
	common, squares := 0.0, 0.0
	for k, share := range s.share {
		common += share * off[k]
		squares += share * share
	}
	for a, spread := range s.spread {
		g[a] += 2 * asWanted * spread * (off[a] - common)
		for c := range learners {
			h[a][c] += 2 * asWanted * spread * s.spread[c] * (squares - s.share[a] - s.share[c])
		}
		h[a][a] += 2 * asWanted * spread * spread
	}
}

// slopeOf adds what a row says, by how much it is trusted: how far the scores of the right
// label are from those that its probabilities expect, and how much these vary.
func slopeOf(row [learners][]float32, p []float64, want int32, trust float64, g []float64, h [][]float64) {
	var mean [learners]float64
	var square [learners][learners]float64
	for l, p := range p {
		if p < 1e-9 {
			continue
		}
		for a := range learners {
			x := p * float64(row[a][l])
			mean[a] += x
			for c := range learners {
				square[a][c] += x * float64(row[c][l])
			}
		}
	}
	for a := range learners {
		g[a] += trust * (mean[a] - float64(row[a][want]))
		for c := range learners {
			h[a][c] += trust * (square[a][c] - mean[a]*mean[c])
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
