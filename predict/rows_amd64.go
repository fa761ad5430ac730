package predict

// eightAtATime: the machine does eight numbers at a time (AVX2), and the system keeps the
// registers for it.
var eightAtATime = hasAVX2()

func hasAVX2() bool

// addRowsTo is addRowsPlain for a multiple of 8 sums, eight at a time, of which it keeps 64
// in registers; it gives the same to the bit.
//
//go:noescape
func addRowsTo(sum *float32, sums int, row *int32, by *float32, rows int, x *float32, width int)

// addCellRowsTo is addCellRowsPlain for a multiple of 16 sums and an even number of rows,
// two rows at a time.
//
//go:noescape
func addCellRowsTo(sum *float32, sums int, row *int32, by *int16, rows int, cells *int8, width int, step float32)

// addRows adds rows of x, of a width, to sum, which is as wide, each as often as by says.
// The rows are there: assembly doesn't look.
func addRows(sum []float32, row []int32, by []float32, x []float32, width int) {
	if !eightAtATime || width < 8 || len(row) == 0 {
		addRowsPlain(sum, row, by, x, width)
		return
	}
	sum, by = sum[:width], by[:len(row)]
	rest, last := width%8, [8]float32{}
	if rest > 0 { // the last eight by themselves, some of them a second time
		copy(last[:], sum[width-8:])
		addRowsTo(&last[0], 8, &row[0], &by[0], len(row), &x[width-8], width)
	}
	addRowsTo(&sum[0], width-rest, &row[0], &by[0], len(row), &x[0], width)
	copy(sum[width-rest:], last[8-rest:])
}

// addCellRows is addCellRowsPlain. The rows are there: assembly doesn't look.
func addCellRows(sum []float32, row []int32, by []int16, cells []int8, width int, step float32) {
	if !eightAtATime || width%16 != 0 || width < len(sum) || len(row) == 0 {
		addCellRowsPlain(sum, row, by, cells, width, step)
		return
	}
	if len(row)%2 != 0 {
		row, by = append(row, row[0]), append(by, 0)
	}
	whole := len(sum) &^ 15
	if whole > 0 {
		addCellRowsTo(&sum[0], whole, &row[0], &by[0], len(row), &cells[0], width, step)
	}
	if whole < len(sum) {
		var last [16]float32
		n := copy(last[:], sum[whole:])
		addCellRowsTo(&last[0], 16, &row[0], &by[0], len(row), &cells[whole], width, step)
		copy(sum[whole:], last[:n])
	}
}
