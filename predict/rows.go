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
	n   int
	row [64]int32
	by  [64]float32
}

// add adds a row of a table to sum, by times, when s is full or flushed.
func (s *someRows) add(t *table, row int32, by float32, sum []float32) {
	if s.n == len(s.row) {
		s.flush(t, sum)
	}
	s.row[s.n], s.by[s.n] = row, by*t.scale[row]
	s.n++
}

func (s *someRows) flush(t *table, sum []float32) {
	addCellRows(sum, s.row[:s.n], s.by[:s.n], t.cell, t.width)
	s.n = 0
}
