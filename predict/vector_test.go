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
		cells := rapid.SliceOfN(rapid.Int8(), n+from, n+from).Draw(t, "cells")[from:]
		addCells(got, by, cells)
		addCellsPlain(want, by, cells)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Errorf("sum %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// TestRowsAreTheSameOnAnyMachine: rows that are added together give what they do one by one
// and the plain way, to the bit, for any width and number of them.
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
		addCellRows(got[:width], row, by, cells, width)
		addCellRowsPlain(want[:width], row, by, cells, width)
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
