package predict

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSumsAreTheSameOnAnyMachine: what is done eight at a time, where it can be, gives what
// the plain way does, to the bit.
func TestSumsAreTheSameOnAnyMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, rows := lanes*rapid.IntRange(1, 17).Draw(t, "width"), rapid.IntRange(1, 5).Draw(t, "rows")
		at := rapid.SliceOfN(rapid.Int32Range(0, int32(rows-1)), 0, 9).Draw(t, "at")
		draw := func(name string, n int) []float32 {
			return rapid.SliceOfN(rapid.Float32Range(-50, 50), n, n).Draw(t, name)
		}
		table, x, by := draw("table", rows*width), draw("x", width), draw("by", len(at))
		same := func(what string, got, want []float32) {
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
					t.Errorf("%s: %d of %d is %v, want %v", what, i, len(want), got[i], want[i])
				}
			}
		}
		both := func(what string, of []float32, fast, plain func([]float32)) {
			got, want := slices.Clone(of), slices.Clone(of)
			fast(got)
			plain(want)
			same(what, got, want)
		}
		both("addToRows", table, func(table []float32) { addToRows(table, at, by, x) }, func(table []float32) { addToRowsPlain(table, at, by, x) })
		both("dotRows", by, func(by []float32) { dotRows(by, table, at, x) }, func(by []float32) { dotRowsPlain(by, table, at, x) })
		both("likelihoods", x, likelihoods, likelihoodsPlain)
		both("likelihoods far away", append([]float32{1e30}, x[1:]...), likelihoods, likelihoodsPlain)

		from, wantFrom := make([]int32, width), make([]int32, width)
		both("moreOf", x, func(h []float32) { moreOf(h, from, table[:width], 3) }, func(h []float32) { moreOfPlain(h, wantFrom, table[:width], 3) })
		if !slices.Equal(from, wantFrom) {
			t.Errorf("moreOf: from %v, want %v", from, wantFrom)
		}
		n := rapid.IntRange(0, width).Draw(t, "n")
		moved, wantMoved := make([]float32, n), make([]float32, n)
		for range 2 {
			both("steps", x[:n], func(step []float32) { steps(step, moved, step, by0(by)) }, func(step []float32) { stepsPlain(step, wantMoved, step, by0(by)) })
			same("moved", moved, wantMoved)
		}
	})
}

// by0 is a size, which is never below 0.
func by0(by []float32) float32 {
	if len(by) == 0 {
		return 1
	}
	return max(by[0], -by[0])
}

// TestLikelihoods: they add up to 1, what is far below the others has none, and they are
// those of the exponential function.
func TestLikelihoods(t *testing.T) {
	t.Parallel()
	x := []float32{0, -1, -2.5, -10, 1, -79, -200, nowhere}
	got := slices.Clone(x)
	likelihoods(got)
	sum := 0.0
	for _, x := range x {
		sum += math.Exp(float64(x))
	}
	for i, x := range x {
		want := math.Exp(float64(x)) / sum
		if diff := math.Abs(float64(got[i]) - want); diff > 3e-7*want+1e-36 {
			t.Errorf("a score of %v has %v, want %v", x, got[i], want)
		}
	}
	if got[7] != 0 {
		t.Errorf("what is no label has %v", got[7])
	}
}
