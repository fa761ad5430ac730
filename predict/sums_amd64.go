package predict

// The functions of sums.go, eight numbers at a time. Numbers n and width are of float32, and
// multiples of lanes above 0.

//go:noescape
func addToRowsOf(table *float32, at *int32, by *float32, rows int, x *float32, width int)

//go:noescape
func dotRowsOf(out, table *float32, at *int32, rows int, x *float32, width int)

//go:noescape
func moreOfTo(h *float32, from *int32, x *float32, n int, which int32)

//go:noescape
func stepsTo(step, moved, slope *float32, n int, size float32)

//go:noescape
func likelihoodsOf(x *float32, n int)

func addToRows(table []float32, at []int32, by []float32, x []float32) {
	if !eightAtATime {
		addToRowsPlain(table, at, by, x)
	} else if len(at) > 0 {
		addToRowsOf(&table[0], &at[0], &by[:len(at)][0], len(at), &x[0], len(x))
	}
}

func dotRows(out, table []float32, at []int32, x []float32) {
	if !eightAtATime {
		dotRowsPlain(out, table, at, x)
	} else if len(at) > 0 {
		dotRowsOf(&out[:len(at)][0], &table[0], &at[0], len(at), &x[0], len(x))
	}
}

func moreOf(h []float32, from []int32, x []float32, which int32) {
	if !eightAtATime {
		moreOfPlain(h, from, x, which)
		return
	}
	moreOfTo(&h[0], &from[:len(h)][0], &x[:len(h)][0], len(h), which)
}

func steps(step, moved, slope []float32, size float32) {
	n := 0
	if eightAtATime {
		n = len(slope) / lanes * lanes
	}
	if n > 0 {
		stepsTo(&step[:n][0], &moved[:n][0], &slope[0], n, size)
	}
	stepsPlain(step[n:], moved[n:], slope[n:], size)
}

func likelihoods(x []float32) {
	if !eightAtATime {
		likelihoodsPlain(x)
		return
	}
	likelihoodsOf(&x[0], len(x))
}
