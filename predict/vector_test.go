package predict

import (
	"math"
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
