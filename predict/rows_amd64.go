package predict

// eightAtATime: the machine does eight numbers at a time (AVX2), and the system keeps the
// registers for it.
var eightAtATime = hasAVX2()

func hasAVX2() bool

// addRowsTo and addCellRowsTo are addRowsPlain and addCellRowsPlain for a multiple of 8
// sums, eight at a time, of which they keep 64 in registers; they give the same to the bit.

//go:noescape
func addRowsTo(sum *float32, sums int, row *int32, by *float32, rows int, x *float32, width int)

//go:noescape
func addCellRowsTo(sum *float32, sums int, row *int32, by *float32, rows int, cells *int8, width int)

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

// addCellRows is addRows for cells.
func addCellRows(sum []float32, row []int32, by []float32, cells []int8, width int) {
	switch {
	case len(row) == 0:
		return
	case !eightAtATime || width < 8:
		for i, r := range row {
			addCells(sum[:width], by[i], cells[int(r)*width:][:width])
		}
		return
	}
	sum, by = sum[:width], by[:len(row)]
	rest, last := width%8, [8]float32{}
	if rest > 0 {
		copy(last[:], sum[width-8:])
		addCellRowsTo(&last[0], 8, &row[0], &by[0], len(row), &cells[width-8], width)
	}
	addCellRowsTo(&sum[0], width-rest, &row[0], &by[0], len(row), &cells[0], width)
	copy(sum[width-rest:], last[8-rest:])
}
