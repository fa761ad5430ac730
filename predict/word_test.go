package predict

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWordsHaveTheirFeatures: what a word is made of by itself it has in any text, and all
// that a text has is of its words.
func TestWordsHaveTheirFeatures(t *testing.T) {
	known := []string{"parcel", "lost", "in", "the", "lost", "post"}
	rows := []Row{{Text: "the parcel lost in the post"}}
	for _, w := range known {
		rows = append(rows, Row{Text: w})
	}
	s := newScratch(1, learnDictionary(1, rows, 2))
	alone := map[string][]int32{}
	for _, w := range known {
		alone[w] = slices.Clone(s.vector(w).plain().at)
	}
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOf(rapid.SampledFrom(append(slices.Clip(known), "qqq"))).Draw(t, "words")
		text := ""
		for _, w := range picked {
			text += w + " "
		}
		v := s.vector(text)
		all := make([]bool, v.skips)
		from, word := 0, 0
		for _, w := range picked {
			if w == "qqq" {
				continue // nothing of it is known
			}
			if word == len(v.ends) {
				t.Fatalf("%q: %d words only", text, word)
			}
			have := map[int32]bool{}
			for _, i := range v.of[from:v.ends[word]] {
				have[v.at[i]], all[i] = true, true
			}
			// Where a text begins and ends a word has more by itself.
			n := 0
			for _, f := range alone[w] {
				if have[f] {
					n++
				}
			}
			if n < len(alone[w])-2 {
				t.Fatalf("%q: %q has %d of %d features", text, w, n, len(alone[w]))
			}
			from, word = int(v.ends[word]), word+1
		}
		if word != len(v.ends) || from != len(v.of) || slices.Contains(all, false) {
			t.Fatalf("%q: %d of %d words, %d of %d features: %v", text, word, len(v.ends), from, len(v.of), all)
		}
	})
}

// TestNetworkByWord learns labels by one word each, that is anywhere in many others.
func TestNetworkByWord(t *testing.T) {
	const labels = 4
	rng := rand.New(rand.NewPCG(5, 6))
	text := func(l int) string {
		at, text := rng.IntN(12), ""
		for i := range 12 {
			if i == at {
				text += fmt.Sprintf("key%c%c ", 'a'+l, 'a'+l)
			} else {
				text += fmt.Sprintf("w%d ", rng.IntN(300))
			}
		}
		return text
	}
	var rows []Row
	for i := range 40 * labels {
		rows = append(rows, Row{Text: text(i % labels), Label: fmt.Sprint(i % labels)})
	}
	m := &Model{seed: 1, labels: []string{"0", "1", "2", "3"}}
	n := learnNetwork(t.Context(), m.problem(rows), networkByWord, -1)
	s, out, right := newScratch(1, m.words), make([]float32, labels), 0
	const tests = 200
	for i := range tests {
		n.scores(s.vector(text(i%labels)), out)
		if slices.Index(out, slices.Max(out)) == i%labels {
			right++
		}
	}
	if right < tests*9/10 {
		t.Errorf("%d of %d right", right, tests)
	}
}

// TestUnitsTakeFromTheWordThatMovesThem, and teach that word alone.
func TestUnitsTakeFromTheWordThatMovesThem(t *testing.T) {
	rows := []Row{{Text: "where is the parcel of last week", Label: "a"}, {Text: "money back for a broken lamp please", Label: "b"}}
	m := &Model{seed: 1, labels: []string{"a", "b"}}
	p := m.problem(rows)
	s := newLesson(p, networkByWord, -1, 0)
	for range 20 {
		s.at, s.value = nil, nil
		clear(s.h)
		s.lookByWord(p.x.row(0))
		if len(s.ends) == 0 {
			continue
		}
		units := make([][]float32, len(s.ends))
		from := 0
		for w, to := range s.ends {
			units[w] = make([]float32, len(s.h))
			for i := from; i < to; i++ {
				add(units[w], s.value[i], s.weights(s.at[i]))
			}
			from = to
		}
		for j, h := range s.h {
			for w := range units {
				if units[w][j] > h {
					t.Fatalf("unit %d takes %v, word %d has %v", j, h, w, units[w][j])
				}
			}
			if got := units[s.from[j]][j]; got != h {
				t.Fatalf("unit %d takes %v from a word that has %v", j, h, got)
			}
		}
		const unit = 7
		before := slices.Clone(s.in)
		clear(s.slope)
		s.slope[unit], s.units = 0.5, []int32{unit}
		s.teachByWord(0.1)
		first, last := 0, s.ends[s.from[unit]]
		if w := s.from[unit]; w > 0 {
			first = s.ends[w-1]
		}
		for i := range s.in {
			f, j := int32(i/len(s.h)), i%len(s.h)
			if moved := s.in[i] != before[i]; moved != (j == unit && slices.Contains(s.at[first:last], f)) {
				t.Fatalf("feature %d of unit %d: moved is %v", f, j, moved)
			}
		}
	}
}
