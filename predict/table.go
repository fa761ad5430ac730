package predict

import "math"

// table holds weights of features in a byte each: what they are in parts of the
// feature's largest.
type table struct {
	width int
	cell  []int8 // of feature f from f*width on
	scale []float32
}

// quantise turns weights into a table with rows of a width.
func quantise(weight []float32, width int) *table {
	t := &table{width: width, cell: make([]int8, len(weight)), scale: make([]float32, len(weight)/width)}
	for f := range t.scale {
		row := weight[f*width : (f+1)*width]
		most := float32(0)
		for _, w := range row {
			most = max(most, w, -w)
		}
		if most == 0 {
			continue
		}
		t.scale[f] = most / 127
		for i, w := range row {
			t.cell[f*width+i] = int8(math.RoundToEven(float64(w / t.scale[f])))
		}
	}
	return t
}

// add adds the rows of a vector's features to out, each as often as the vector says; at
// is where each feature's row is, below 0 if it has none.
func (t *table) add(v vector, at []int32, out []float32) {
	var s someRows
	for i, f := range v.at {
		row := at[f]
		if s.put(row, v.value[i]*t.scale[max(row, 0)]) {
			s.flush(t, out)
		}
	}
	s.flush(t, out)
}
