package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestVectorsAreTheSameOnAnyMachine: what is fast where it can be gives what the plain
// way does, to the bit, for any length and place in memory.
func TestVectorsAreTheSameOnAnyMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 70).Draw(t, "n")
		from := rapid.IntRange(0, 5).Draw(t, "from")
		draw := func(name string) []float32 {
			return rapid.SliceOfN(rapid.Float32Range(-1e3, 1e3), n+from, n+from).Draw(t, name)[from:]
		}
		a, b, by := draw("a"), draw("b"), rapid.Float32Range(-2, 2).Draw(t, "by")
		if got, want := dot(a, b), dotPlain(a, b); math.Float32bits(got) != math.Float32bits(want) {
			t.Errorf("dot is %v, want %v", got, want)
		}
		got, want := slices.Clone(a), slices.Clone(a)
		add(got, by, b)
		addPlain(want, by, b)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Errorf("sum %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// TestRowsAreTheSameOnAnyMachine: rows that are added together give what they do the plain
// way, to the bit, for any width and number of them.
func TestRowsAreTheSameOnAnyMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.OneOf(rapid.IntRange(1, 90), rapid.SampledFrom([]int{64, 128, 200})).Draw(t, "width")
		from, rows := rapid.IntRange(0, 5).Draw(t, "from"), rapid.IntRange(1, 6).Draw(t, "rows")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		row := make([]int32, rapid.IntRange(0, 70).Draw(t, "n"))
		for i := range row {
			row[i] = rng.Int32N(int32(rows))
		}
		number := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = 2e3*rng.Float32() - 1e3
			}
			return x
		}
		by, x := number(len(row)), number(from + rows*width)[from:]
		cells := make([]int8, from+rows*width)
		for i := range cells {
			cells[i] = int8(rng.Int32N(256) - 128)
		}
		cells = cells[from:]
		got := number(width + 9)
		want := slices.Clone(got)
		addRows(got[:width], row, by, x, width)
		addRowsPlain(want[:width], row, by, x, width)
		steps := make([]int16, len(row), len(row)+len(row)%2)
		for i := range steps {
			steps[i] = int16(rng.Int32N(1 << 16))
		}
		addCellRows(got[:width], row, steps, cells, width, 0.3)
		addCellRowsPlain(want[:width], row, steps, cells, width, 0.3)
		// A table's rows may be wider than what is summed.
		padded := (width + 15) / 16 * 16
		cells = slices.Concat(cells, make([]int8, rows*16))
		addCellRows(got[:width], row, steps, cells, padded, 0.3)
		addCellRowsPlain(want[:width], row, steps, cells, padded, 0.3)
		more := number(width)
		larger(got[:width], more)
		largerPlain(want[:width], more)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Errorf("sum %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// TestRowsOfATableAreSummed: that they are added in steps is nearly what adding them would
// give, whatever they count, and what no step comes of counts nothing.
func TestRowsOfATableAreSummed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		tb := &table{width: rapid.SampledFrom([]int{5, 16, 64, 80, 128}).Draw(t, "width")}
		rows, n := 1+rng.IntN(300), rapid.IntRange(0, 256).Draw(t, "n")
		for range rows * tb.width {
			tb.cell = append(tb.cell, int8(rng.IntN(256)-128))
		}
		size := rapid.SampledFrom([]float64{0, 1e-44, 1e-30, 1e-3, 1, 1e9}).Draw(t, "size")
		var s someRows
		got, want, all := make([]float32, tb.width), make([]float64, tb.width), 0.0
		for i := range n {
			row, by := rng.IntN(rows), float32(size*math.Pow(rng.Float64(), 6))
			if s.put(i, -1, 1) != i || s.put(i, int32(row), by) != i+1 || s.full(i+1) != (i == len(s.row)-1) {
				t.Fatalf("row %d: full", i)
			}
			all = max(all, float64(by))
			for j := range want {
				want[j] += float64(by) * float64(tb.cell[row*tb.width+j])
			}
		}
		s.flush(n, tb, got)
		const nothing = mostSteps / math.MaxFloat32 // so little that there are no steps
		for j := range want {
			if off := math.Abs(float64(got[j]) - want[j]); !(off <= float64(n)*128*max(nothing, all/mostSteps)) {
				t.Fatalf("sum %d is %v, want %v", j, got[j], want[j])
			}
		}
	})
}
