package predict

import "math"

// What is done while machines and networks learn, beside adding rows. Each of the functions
// below has the same outcome to the bit on every machine: numbers are added in the order
// that the plain way adds them, with one rounding for each product and each sum. Rows of a
// table are as wide as the vector beside it, which is a multiple of lanes.

// lanes is how many numbers are done at a time where the machine can.
const lanes = 8

// padded is the least multiple of lanes that holds n.
func padded(n int) int { return (n + lanes - 1) / lanes * lanes }

// addToRowsPlain adds x to rows of a table, as often as by says for each.
func addToRowsPlain(table []float32, at []int32, by []float32, x []float32) {
	for i, row := range at {
		add(table[int(row)*len(x):][:len(x)], by[i], x)
	}
}

// dotRowsPlain puts the sums of products of x and rows of a table in out.
func dotRowsPlain(out, table []float32, at []int32, x []float32) {
	for i, row := range at {
		out[i] = dot(x, table[int(row)*len(x):][:len(x)])
	}
}

// moreOfPlain puts what is more of h and x in h, and where that is x, which in from.
func moreOfPlain(h []float32, from []int32, x []float32, which int32) {
	for j, x := range x {
		if x > h[j] {
			h[j], from[j] = x, which
		}
	}
}

// stepsPlain adds to moved the squares of slopes, size times, and puts in step how far to go
// for a rate of 1 (AdaGrad).
func stepsPlain(step, moved, slope []float32, size float32) {
	for i, g := range slope {
		moved[i] += float32(float32(g*g) * size)
		step[i] = g / (root(moved[i]) + netNoDivide)
	}
}

// likelihoodsPlain turns scores into likelihoods, which are 0 for scores that are far below
// the highest one.
func likelihoodsPlain(x []float32) {
	most := x[0]
	for _, x := range x {
		most = max(most, x)
	}
	var sums [lanes]float32
	for i := range x {
		x[i] = exp(x[i] - most)
		sums[i%lanes] += x[i]
	}
	sum := ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
	for i := range x {
		x[i] /= sum
	}
}

// exp is e^x for x of 0 at the most, to six digits, and 0 for x below expLeast: 2^n times e^r, of
// which the latter is nearly a polynomial (after Moshier's Cephes).
func exp(x float32) float32 {
	if x < expLeast {
		return 0
	}
	n := float32(x*expLog2) + expRound
	power := math.Float32frombits(math.Float32bits(n)<<23 + 127<<23)
	n -= expRound
	x -= float32(n * expLn2)
	x -= float32(n * expLn2Rest)
	p := float32(exp0)
	p = float32(p*x) + exp1
	p = float32(p*x) + exp2
	p = float32(p*x) + exp3
	p = float32(p*x) + exp4
	p = float32(p*x) + exp5
	p = float32(float32(p*x)*x) + x
	return (p + 1) * power
}

// The numbers of exp. Adding expRound leaves a whole number in the last bits.
const (
	expLeast   = -80
	expLog2    = 1.44269504088896341
	expRound   = 3 << 22
	expLn2     = 0.693359375
	expLn2Rest = -2.12194440e-4
	exp0       = 1.9875691500e-4
	exp1       = 1.3981999507e-3
	exp2       = 8.3334519073e-3
	exp3       = 4.1665795894e-2
	exp4       = 1.6666665459e-1
	exp5       = 5.0000001201e-1
)
