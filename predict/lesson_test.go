package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMislead: what hidden units are moved to is likelier taken for another label than the
// row, by the part of their length that is said, and open no unit that was closed.
func TestMislead(t *testing.T) {
	t.Parallel()
	rows := []Row{{Text: "where is the parcel of last week", Label: "a"}, {Text: "money back for a broken lamp please", Label: "b"}, {Text: "a song by nobody"}}
	m := &Model{seed: 1, labels: []string{"a", "b"}}
	p := m.problem(rows)
	moved := 0
	for round := range 20 {
		for i, label := range []int32{0, 1} {
			s := newLesson(p, networkOfAll, -1, 0)
			s.rng = rand.New(rand.NewPCG(uint64(round), 0))
			for i := range s.out { // units begin without a weight for any label
				s.out[i] = s.rng.Float32() - 0.5
			}
			s.look(p.x.row(i))
			s.guess(s.h)
			before := s.likelihood[label]
			s.teachLabels(label, s.h, s.slope, 0)
			if !s.mislead() {
				continue
			}
			moved++
			s.guess(s.misled)
			if after := s.likelihood[label]; after >= before {
				t.Errorf("row %d has its label with %v, misled with %v", i, before, after)
			}
			way := make([]float32, len(s.h))
			for j, x := range s.misled {
				way[j] = x - s.h[j]
				if !slices.Contains(s.units, int32(j)) && x != 0 {
					t.Errorf("unit %d is closed and has %v", j, x)
				}
			}
			// Where a unit would fall below 0 it stays there, so it may be less.
			if far, most := root(dot(way, way)), misleading*root(dot(s.h, s.h)); float64(far) > 1.0001*float64(most) || far == 0 || math.IsNaN(float64(far)) {
				t.Errorf("units are moved by %v, want %v at most", far, most)
			}
		}
	}
	if moved == 0 {
		t.Error("nothing misled")
	}
}

// TestBegin: words of the same label begin alike, those of another otherwise, and one that
// only rows held out have says nothing. Then those begin alike that are said in the same
// surroundings, though never together nor for one label.
func TestBegin(t *testing.T) {
	t.Parallel()
	rows := []Row{{Text: "parcel delivery", Label: "a"}, {Text: "courier", Label: "a"}, {Text: "refund", Label: "b"}, {Text: "zebra", Label: "b"},
		{Text: "track delivery of the van today", Label: "a"}, {Text: "track delivery of the ship today", Label: "b"}, {Text: "pay invoices", Label: "b"}}
	m := &Model{seed: 1, labels: []string{"a", "b"}}
	p := m.problem(rows)
	const without = 3
	copy(p.fold, []uint8{0, 1, 2, without, 0, 1, 2})
	s := newLesson(p, networkOfAll, without, 0)
	r := &reader{seed: m.seed}
	weights := func(word string) []float32 {
		r.read(word)
		return s.weights(s.known.at[m.words.place(r.keys[words][0])])
	}
	alike := func(a, b string) float32 {
		x, y := weights(a), weights(b)
		return dot(x, y) / root(dot(x, x)*dot(y, y))
	}
	if got := alike("van", "ship"); got < 0.2 {
		t.Errorf("words of the same surroundings begin as alike as %v", got)
	}
	if got := alike("van", "invoices"); got > 0 {
		t.Errorf("words of other surroundings begin as alike as %v", got)
	}
	for _, w := range weights("zebra") {
		if w != 0 {
			t.Fatalf("a word of a row that is held out begins with %v", w)
		}
	}
	ofLabel := make([]float32, p.labels*len(s.h))
	for i := range ofLabel {
		ofLabel[i] = 2*s.rng.Float32() - 1
	}
	clear(s.in)
	s.gather(without, ofLabel, nil)
	if got := alike("parcel", "courier"); got < 0.9 {
		t.Errorf("by labels alone, words of one begin as alike as %v", got)
	}
	for _, two := range [][2]string{{"parcel", "refund"}, {"van", "ship"}} {
		if got := alike(two[0], two[1]); got > 0.5 {
			t.Errorf("by labels alone, %s and %s of two begin as alike as %v", two[0], two[1], got)
		}
	}
	for _, w := range weights("zebra") {
		if w != 0 {
			t.Fatalf("by labels alone, a word of a row that is held out begins with %v", w)
		}
	}
}

// TestRest: a row that rests is passed over once, and one that the network is sure of rests
// next, but not in the first rounds, nor where it is out of scope. Few rows never rest.
func TestRest(t *testing.T) {
	t.Parallel()
	rows := []Row{{Text: "parcel delivery", Label: "a"}, {Text: "refund money", Label: "b"}, {Text: "zebra"}}
	m := &Model{seed: 1, labels: []string{"a", "b"}}
	s := newLesson(m.problem(rows), networkOfAll, -1, 0)
	if s.restless < rounds(networkOfAll, len(rows)) {
		t.Errorf("three rows rest from round %d on", s.restless)
	}
	s.restless = restAfter
	for i := range s.rests {
		s.rests[i] = true
	}
	before := slices.Clone(s.in)
	s.round(t.Context(), restAfter, 100)
	if !slices.Equal(s.in, before) || slices.Contains(s.rests, true) {
		t.Errorf("of rows that rest something is learned, or they rest for ever: %v", s.rests)
	}
	slept := [3]int{}
	for range 200 {
		if s.round(t.Context(), restAfter-1, 100); slices.Contains(s.rests, true) {
			t.Fatalf("%v rest already", s.rests)
		}
		s.round(t.Context(), restAfter, 100)
		for i := range slept {
			if s.rests[i] {
				slept[i]++
			}
		}
		clear(s.rests)
	}
	if slept[0] < 100 || slept[1] < 100 || slept[2] > 0 {
		t.Errorf("the rows rest in %v rounds of 200", slept)
	}
}
