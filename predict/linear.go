package predict

import (
	"math"
)

// linear gives every label a score that is a sum over features. Of most features it has
// weights for few labels only: those that are far from 0.
type linear struct {
	bias  []float32
	start []uint32 // where each feature's weights are, and the end of the last
	label []uint16
	cell  []int8 // a weight, in parts of scale
	scale []float32
}

// scores puts each label's score in out.
func (m *linear) scores(v vector, out []float32) {
	copy(out, m.bias)
	for i, f := range v.at {
		x := float32(v.value[i] * m.scale[f])
		from, to := m.start[f], m.start[f+1]
		label, cell := m.label[from:to], m.cell[from:to]
		for k, l := range label {
			out[l] += float32(x * float32(cell[k]))
		}
	}
}

// newLinear keeps the largest of the weights, of feature f for label l at f*labels+l, so
// that they take no more than room bytes of a file.
func newLinear(weight, bias []float32, room int) *linear {
	labels := len(bias)
	features := len(weight) / labels
	least := largestBits(weight, room/bytesPerWeight(labels))
	m := &linear{bias: bias, start: make([]uint32, 1, features+1), scale: make([]float32, features)}
	for f := range features {
		row := weight[f*labels : (f+1)*labels]
		most := float32(0)
		for _, w := range row {
			most = max(most, w, -w)
		}
		m.scale[f] = most / 127
		for l, w := range row {
			if sizeBits(w) < least {
				continue
			}
			if c := int8(math.RoundToEven(float64(w / m.scale[f]))); c != 0 {
				m.label, m.cell = append(m.label, uint16(l)), append(m.cell, c)
			}
		}
		m.start = append(m.start, uint32(len(m.cell)))
	}
	return m
}

// bytesPerFeature is what a feature takes in a file, at most, beside its weights: its
// scale, and how many there are.
const bytesPerFeature = 6

// bytesPerWeight is what a weight takes in a file: how far its label is from the one
// before, and its cell.
func bytesPerWeight(labels int) int {
	if labels < 128 {
		return 2
	}
	return 3
}

// sizeBits orders numbers by size, roughly: the first 16 bits without the sign.
func sizeBits(x float32) uint32 { return math.Float32bits(x) << 1 >> 16 }

// largestBits returns from what size on there are no more than n weights, and none that
// is 0.
func largestBits(weight []float32, n int) uint32 {
	have := make([]int, 1<<16)
	for _, w := range weight {
		have[sizeBits(w)]++
	}
	for bits := uint32(len(have) - 1); bits > 0; bits-- {
		if n -= have[bits]; n < 0 {
			return bits + 1
		}
	}
	return 1
}
