//go:build !amd64

package predict

func dot(a, b []float32) float32 { return dotPlain(a, b) }

func add(sum []float32, a float32, x []float32) { addPlain(sum, a, x) }

func addRows(sum []float32, row []int32, by []float32, x []float32, width int) {
	addRowsPlain(sum, row, by, x, width)
}

func addCellRows(sum []float32, row []int32, by []int16, cells []int8, width int, step float32) {
	addCellRowsPlain(sum, row, by, cells, width, step)
}

func larger(sum, x []float32) { largerPlain(sum, x) }
