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

// rowOf is a feature's row of a table, below 0 if it has none, and the row's scale.
type rowOf struct {
	at    int32
	scale float32
}

// index says which row of a table each feature has.
type index struct {
	rows  []rowOf
	apart int // how far the next feature's is: between may be those of other tables
}

// of returns the row of a feature.
func (x index) of(f int32) rowOf { return x.rows[int(f)*x.apart] }

// index returns the rows of features; at is where each is, below 0 if it has none.
func (t *table) index(at []int32) index {
	rows := make([]rowOf, len(at))
	for f, at := range at {
		rows[f].at = at
		if at >= 0 {
			rows[f].scale = t.scale[at]
		}
	}
	return index{rows, 1}
}

// beside puts the rows of tables beside each other, feature by feature: a text asks all of
// them for the same features, and waits for memory once then.
func beside(tables []*index) {
	features := 0
	for _, x := range tables {
		features = max(features, len(x.rows))
	}
	all := make([]rowOf, features*len(tables))
	for k, x := range tables {
		for f, row := range x.rows {
			all[f*len(tables)+k] = row
		}
		*x = index{all[min(k, len(all)):], len(tables)}
	}
}

// add adds the rows of a vector's features to out, each as often as the vector says.
func (t *table) add(v vector, x index, out []float32) {
	var s someRows
	n, value := 0, v.value[:len(v.at)]
	for i, f := range v.at {
		row := x.of(f)
		if n = s.put(n, row.at, value[i]*row.scale); s.full(n) {
			s.flush(n, t, out)
			n = 0
		}
	}
	s.flush(n, t, out)
}
