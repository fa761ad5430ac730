package predict

// addTo, dotOf and addCellsTo are addPlain, dotPlain and addCellsPlain, four numbers at a time; they give the same
// to the bit. Every machine of this kind can do it.

//go:noescape
func addTo(sum *float32, n int, a float32, x *float32)

//go:noescape
func dotOf(a *float32, n int, b *float32) float32

//go:noescape
func addCellsTo(sum *float32, n int, a float32, cells *int8)

// dot is the sum of products. b is as long as a, or longer.
func dot(a, b []float32) float32 {
	if len(a) == 0 {
		return 0
	}
	b = b[:len(a)]
	return dotOf(&a[0], len(a), &b[0])
}

// add adds x, a times, to sum. x is as long as sum, or longer.
func add(sum []float32, a float32, x []float32) {
	if len(sum) == 0 {
		return
	}
	x = x[:len(sum)]
	addTo(&sum[0], len(sum), a, &x[0])
}

// addCells adds cells, a times, to sum. There are as many cells as sums.
func addCells(sum []float32, a float32, cells []int8) {
	if n := len(sum); n > 0 && n%8 == 0 {
		addCellsTo(&sum[0], n, a, &cells[:n][0])
		return
	}
	addCellsPlain(sum, a, cells)
}
