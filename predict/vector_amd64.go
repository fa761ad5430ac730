package predict

// addTo, dotOf and largerTo are addPlain, dotPlain and largerPlain, four numbers at a time;
// they give the same to the bit. Every machine of this kind can do it.

//go:noescape
func addTo(sum *float32, n int, a float32, x *float32)

//go:noescape
func dotOf(a *float32, n int, b *float32) float32

//go:noescape
func largerTo(sum *float32, n int, x *float32)

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

// larger puts in sum what of it and x is larger. x is as long as sum, or longer.
func larger(sum, x []float32) {
	if n := len(sum); n > 0 && n%4 == 0 {
		largerTo(&sum[0], n, &x[:n][0])
		return
	}
	largerPlain(sum, x)
}
