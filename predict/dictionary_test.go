package predict

import (
	"math"
	"testing"
)

// TestCommonFeaturesComeFirst: of each part of the space what most rows had has the first
// places, and what equally many had is in the order of its numbers.
func TestCommonFeaturesComeFirst(t *testing.T) {
	t.Parallel()
	keys := []uint32{3, 70, 71, wordsEnd - 1, wordsEnd, piecesEnd - 1, rawsEnd + 1, rawsEnd + 200}
	count := []uint32{2, 9, 2, 5_000, 1, 4, 7, 9_000}
	want := []int32{2, 1, 3, 0, 5, 4, 7, 6}
	d := newDictionary(keys, count, 10_000)
	for i, k := range keys {
		p := d.place(k)
		if p != want[i] || d.count[p] != count[i] || d.idf[p] != rarity(10_000, count[i]) {
			t.Errorf("%d has place %d, want %d; there it was in %d rows, want %d", k, p, want[i], d.count[p], count[i])
		}
	}
	if p := d.place(4); p >= 0 || d.plain() != 6 || d.before(wordsEnd) != 4 {
		t.Errorf("what isn't known has place %d; %d are plain, and %d words, want 6 and 4", p, d.plain(), d.before(wordsEnd))
	}
}

func TestPositive(t *testing.T) {
	t.Parallel()
	for x, want := range map[float32]int{1: 1, math.SmallestNonzeroFloat32: 1, math.MaxFloat32: 1, 0: 0, -1: 0, -math.SmallestNonzeroFloat32: 0} {
		if got := positive(x); got != want {
			t.Errorf("%v: %d, want %d", x, got, want)
		}
	}
	if positive(float32(math.Copysign(0, -1))) != 0 {
		t.Error("-0 is above 0")
	}
}
