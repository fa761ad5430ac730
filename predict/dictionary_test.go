package predict

import (
	"math"
	"slices"
	"strings"
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

// TestPlacesOfAText: a vector has each place that a text's features have once, in the order
// of the text, and the words have theirs, as often as they are there.
func TestPlacesOfAText(t *testing.T) {
	t.Parallel()
	rows := []Row{{Text: "where is my parcel"}, {Text: "my parcel, where is it? 荷物はどこ"}, {Text: "refund my money, $ 20"}}
	keys := learnDictionary(1, rows, 2).keys()
	keys = slices.DeleteFunc(keys, func(k uint32) bool { return k%3 == 0 || k >= wordsEnd && k%5 > 0 }) // most pieces aren't known
	s := newScratch(1, newDictionary(keys, make([]uint32, len(keys)), len(rows)))
	for _, text := range []string{
		"", "zzz", "my parcel", "my my parcel my parcel", "zzz where qqq is", "where is my zzz",
		"荷物", "my 荷物はどこ money", "荷物 zzz 荷物", "$ $ refund?", strings.Repeat("where is my parcel 荷物 ", 30),
	} {
		got := s.vector(text)
		var want vector
		of := make([][]uint16, s.words)
		for view, keys := range s.keys {
			if view == skips {
				want.skips = len(want.at)
			}
			for i, k := range keys {
				p := s.d.place(k)
				if p >= 0 && !slices.Contains(want.at, p) {
					want.at = append(want.at, p)
				}
				if w := s.word[view][i]; p >= 0 && view != skips {
					of[w] = append(of[w], uint16(slices.Index(want.at, p)))
				}
			}
		}
		for _, of := range of {
			if len(of) > 0 {
				want.of = append(want.of, of...)
				want.ends = append(want.ends, uint16(len(want.of)))
			}
		}
		if !slices.Equal(got.at, want.at) || got.skips != want.skips || !slices.Equal(got.of, want.of) || !slices.Equal(got.ends, want.ends) || len(got.value) != len(got.at) {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
