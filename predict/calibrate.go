package predict

import (
	"math"
)

// blend weighs the scores of learners so that their sum, as the exponent of a
// probability, fits rows that the learners haven't seen. It is temperature and choice
// in one.
type blend []float64

// fit finds the weights with the least loss by Newton's method; the loss has one
// minimum. held has the scores of each learner, of row i and label l at i*labels+l.
func fitBlend(held [][]float32, label []int32, labels int) blend {
	k := len(held)
	b := make(blend, k)
	for i := range b {
		b[i] = 1
	}
	best := b.loss(held, label, labels)
	for range 50 {
		gradient, hessian := b.slope(held, label, labels)
		step := solve(hessian, gradient)
		size, found := 1.0, false
		for range 12 {
			next := make(blend, k)
			for i := range b {
				next[i] = max(b[i]-size*step[i], 0)
			}
			if loss := next.loss(held, label, labels); loss < best-1e-7 {
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
func (b blend) mix(scores [][]float32, p []float64) {
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

func rowOf(held [][]float32, i, labels int, out [][]float32) {
	for k, h := range held {
		out[k] = h[i*labels : (i+1)*labels]
	}
}

// loss is the mean logarithm of what the right label's probability lacks.
func (b blend) loss(held [][]float32, label []int32, labels int) float64 {
	sum, n := 0.0, 0
	p, row := make([]float64, labels), make([][]float32, len(held))
	for i, l := range label {
		if l == outOfScope {
			continue
		}
		rowOf(held, i, labels, row)
		b.mix(row, p)
		sum -= math.Log(max(p[l], 1e-12))
		n++
	}
	return sum / float64(max(n, 1))
}

// slope is the loss's first and second derivative.
func (b blend) slope(held [][]float32, label []int32, labels int) (g []float64, h [][]float64) {
	k := len(b)
	g, h = make([]float64, k), make([][]float64, k)
	for i := range h {
		h[i] = make([]float64, k)
		h[i][i] = 1e-9
	}
	p, row, mean := make([]float64, labels), make([][]float32, k), make([]float64, k)
	n := 0.0
	for i, want := range label {
		if want == outOfScope {
			continue
		}
		n++
		rowOf(held, i, labels, row)
		b.mix(row, p)
		clear(mean)
		for l, p := range p {
			if p < 1e-9 {
				continue
			}
			for a := range k {
				x := p * float64(row[a][l])
				mean[a] += x
				for c := range k {
					h[a][c] += x * float64(row[c][l])
				}
			}
		}
		for a := range k {
			g[a] += mean[a] - float64(row[a][want])
			for c := range k {
				h[a][c] -= mean[a] * mean[c]
			}
		}
	}
	for a := range k {
		g[a] /= max(n, 1)
		for c := range k {
			h[a][c] /= max(n, 1)
		}
	}
	return g, h
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
