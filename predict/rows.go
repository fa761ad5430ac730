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
	row [256]int32
	by  [256]float32
}

// put adds a row to the n that are there, as often as by says, which isn't below 0; unless
// the row is. It returns how many are there then. Nobody can guess which features have a
// row, so it doesn't branch there.
func (s *someRows) put(n int, row int32, by float32) int {
	s.row[uint8(n)], s.by[uint8(n)] = row, by
	return n + int(^uint32(row)>>31)
}

// full says whether n rows are as many as there is room for: then they are to be flushed.
func (s *someRows) full(n int) bool { return n == len(s.row) }

// mostSteps is how many steps the row has that counts most: they fit 16 bits, and what 256
// rows make of cells fits 32.
const mostSteps = 1<<15 - 1

// flush adds the n rows to sum. How often each counts is rounded to steps, which are fine
// beside the cells: whole numbers are added in half the time.
func (s *someRows) flush(n int, t *table, sum []float32) {
	if n == 0 {
		return
	}
	most := float32(0)
	for _, by := range s.by[:n] {
		if by > most {
			most = by
		}
	}
	step := most / mostSteps
	if often := 1 / step; often <= math.MaxFloat32 { // else they count nothing
		var by [len(s.by)]int16
		for i, x := range s.by[:n] {
			by[i] = int16(float32(x*often) + 0.5)
		}
		addCellRows(sum, s.row[:n], by[:n], t.cell, t.width, step)
	}
}
