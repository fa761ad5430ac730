package predict

import "math"

// addRowsPlain adds rows of x, of a width, to sum, each as often as by says.
func addRowsPlain(sum []float32, row []int32, by []float32, x []float32, width int) {
	for i, r := range row {
		addPlain(sum[:width], by[i], x[int(r)*width:])
	}
}

// addCellRowsPlain adds rows of cells, of a width, to sum, which may be less wide, each as
// many steps as by says. Steps are counted first and added then, so that all machines
// give the same, in whichever order they count.
func addCellRowsPlain(sum []float32, row []int32, by []int16, cells []int8, width int, step float32) {
	var steps [64]int32
	for from := 0; from < len(sum); from += len(steps) {
		sum := sum[from:min(from+len(steps), len(sum))]
		clear(steps[:])
		for i, r := range row {
			by := int32(by[i])
			for j, c := range cells[int(r)*width+from:][:len(sum)] {
				steps[j] += by * int32(c)
			}
		}
		for j := range sum {
			sum[j] += float32(step * float32(steps[j]))
		}
	}
}

// someRows are rows of a table that are added together.
type someRows struct {
	n   int // how many there are
	row [256]int32
	by  [256]float32
}

// put adds a row, as often as by says, which isn't below 0; unless the row is. It says
// whether the rows have to be flushed now. Nobody can guess which features have a row, so it
// doesn't branch there.
func (s *someRows) put(row int32, by float32) (full bool) {
	s.row[s.n%len(s.row)], s.by[s.n%len(s.by)] = row, by
	s.n += int(^uint32(row) >> 31)
	return s.n == len(s.row)
}

// mostSteps is how many steps the row has that counts most: they fit 16 bits, and what 256
// rows make of cells fits 32.
const mostSteps = 1<<15 - 1

// flush adds the rows to sum. How often each counts is rounded to steps, which are fine
// beside the cells: whole numbers are added in half the time.
func (s *someRows) flush(t *table, sum []float32) {
	if s.n == 0 {
		return
	}
	most := float32(0)
	for _, by := range s.by[:s.n] {
		if by > most {
			most = by
		}
	}
	step := most / mostSteps
	if often := 1 / step; often <= math.MaxFloat32 { // else they count nothing
		var by [len(s.by)]int16
		for i, x := range s.by[:s.n] {
			by[i] = int16(float32(x*often) + 0.5)
		}
		addCellRows(sum, s.row[:s.n], by[:s.n], t.cell, t.width, step)
	}
	s.n = 0
}
