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
	// Features that have weights for many labels have them all in a row of a table once
	// more, as that is added faster; row is which, -1 for the others.
	dense *table
	row   index
}

// scores puts each label's score in out.
func (m *linear) scores(v vector, out []float32) {
	copy(out, m.bias)
	var s someRows
	n := 0
	for i, f := range v.at {
		row := m.row.of(f)
		x := float32(v.value[i] * row.scale)
		if row.at >= 0 {
			if n = s.put(n, row.at, x); s.full(n) {
				s.flush(n, m.dense, out)
				n = 0
			}
			continue
		}
		from, to := m.start[f], m.start[f+1]
		label, cell := m.label[from:to], m.cell[from:to]
		for k, l := range label {
			out[l] += float32(x * float32(cell[k]))
		}
	}
	s.flush(n, m.dense, out)
}

// manyOf: a feature has weights for many labels if for one of so many.
const manyOf = 8

// ready fills the table, once the weights are there.
func (m *linear) ready() *linear {
	labels := len(m.bias)
	width := (labels + 15) / 16 * 16 // as many as are added at a time
	m.dense, m.row = &table{width: width}, index{make([]rowOf, len(m.scale)), 1}
	for f := range m.scale {
		m.row.rows[f] = rowOf{-1, m.scale[f]}
		from, to := m.start[f], m.start[f+1]
		if manyOf*int(to-from) < labels || from == to {
			continue
		}
		m.row.rows[f].at = int32(len(m.dense.cell) / width)
		m.dense.cell = append(m.dense.cell, make([]int8, width)...)
		cells := m.dense.cell[len(m.dense.cell)-width:]
		for k := from; k < to; k++ {
			cells[m.label[k]] = m.cell[k]
		}
	}
	return m
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
	return m.ready()
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
