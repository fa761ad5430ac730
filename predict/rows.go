package predict

// addRowsPlain adds rows of x, of a width, to sum, each as often as by says.
func addRowsPlain(sum []float32, row []int32, by []float32, x []float32, width int) {
	for i, r := range row {
		addPlain(sum[:width], by[i], x[int(r)*width:])
	}
}

// addCellRowsPlain is addRowsPlain for cells.
func addCellRowsPlain(sum []float32, row []int32, by []float32, cells []int8, width int) {
	for i, r := range row {
		addCellsPlain(sum[:width], by[i], cells[int(r)*width:])
	}
}

// someRows are rows that are added together, in their order: so sums needn't be stored
// for each.
type someRows struct {
	n   int // how many there are
	row [64]int32
	by  [64]float32
}

// put says whether the rows have to be flushed now.
func (s *someRows) put(row int32, by float32) (full bool) {
	s.row[s.n%len(s.row)], s.by[s.n%len(s.by)] = row, by
	s.n++
	return s.n == len(s.row)
}

func (s *someRows) flush(t *table, sum []float32) {
	addCellRows(sum, s.row[:s.n], s.by[:s.n], t.cell, t.width)
	s.n = 0
}
