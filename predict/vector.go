package predict

// dotPlain is the sum of products. It adds in the same order on every machine, and never
// lets the compiler join a product and a sum, which some machines would round otherwise.
func dotPlain(a, b []float32) float32 {
	b = b[:len(a)]
	var s [8]float32
	i := 0
	for ; i+8 <= len(a); i += 8 {
		a, b := a[i:i+8], b[i:i+8]
		for k := range s {
			s[k] += float32(a[k] * b[k])
		}
	}
	sum := ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
	for ; i < len(a); i++ {
		sum += float32(a[i] * b[i])
	}
	return sum
}

// addPlain adds x, a times, to sum.
func addPlain(sum []float32, a float32, x []float32) {
	x = x[:len(sum)]
	for i, x := range x {
		sum[i] += float32(a * x)
	}
}

// largerPlain puts in sum what of it and x is larger.
func largerPlain(sum, x []float32) {
	x = x[:len(sum)]
	for i, x := range x {
		if x > sum[i] {
			sum[i] = x
		}
	}
}
