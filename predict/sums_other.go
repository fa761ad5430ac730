//go:build !amd64

package predict

func addToRows(table []float32, at []int32, by []float32, x []float32) {
	addToRowsPlain(table, at, by, x)
}

func dotRows(out, table []float32, at []int32, x []float32) { dotRowsPlain(out, table, at, x) }

func moreOf(h []float32, from []int32, x []float32, which int32) { moreOfPlain(h, from, x, which) }

func steps(step, moved, slope []float32, size float32) { stepsPlain(step, moved, slope, size) }

func likelihoods(x []float32) { likelihoodsPlain(x) }
