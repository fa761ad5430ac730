package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/predict"
)

// judged are judgements of rows of label a, or out of scope, by what was said of them.
func judged(said ...predict.Scored) (js []predict.Judgement) {
	for _, s := range said {
		label := "a"
		if s.Label == "" {
			label, s.Label = "", "b"
		}
		js = append(js, predict.Judgement{Label: label, Best: s})
	}
	return js
}

func TestAccuracyOfTheSurest(t *testing.T) {
	js := judged(predict.Scored{Label: "b", Confidence: 0.1}, predict.Scored{Label: "a", Confidence: 0.9}, predict.Scored{Label: "a", Confidence: 0.8},
		predict.Scored{Label: "b", Confidence: 0.7}, predict.Scored{Label: "a", Confidence: 0.6}, predict.Scored{Label: "", Confidence: 0.99})
	for share, want := range map[float64]float64{0: 0, 0.4: 1, 0.6: 2. / 3, 0.8: 0.75, 1: 0.6} {
		if got := accuracyOf(js, share); math.Abs(got-want) > 1e-9 {
			t.Errorf("of the surest %v %v are right, want %v", share, got, want)
		}
	}
}

// What is right and below the threshold is lost; what was wrong isn't.
func TestFound(t *testing.T) {
	var said []predict.Scored
	for i := range 10 {
		said = append(said, predict.Scored{Label: "a", Confidence: 0.5 + float64(i)/100})
	}
	said = append(said, predict.Scored{Label: "b", Confidence: 0.3}) // wrong
	for _, c := range []float64{0.2, 0.4, 0.505, 0.7} {
		said = append(said, predict.Scored{Confidence: c})
	}
	for lost, want := range map[float64]float64{0: 0.5, 0.1: 0.75} {
		if got := found(judged(said...), lost); got != want {
			t.Errorf("at %v lost %v are found, want %v", lost, got, want)
		}
	}
	if got := found(judged(said[:10]...), 0.1); got != 0 {
		t.Errorf("of nothing %v is found", got)
	}
}

func TestDraw(t *testing.T) {
	var rows []predict.Row
	for i := range 400 {
		rows = append(rows, predict.Row{Text: fmt.Sprint(i), Label: fmt.Sprint(i % 8)})
	}
	drawn, rest := draw(rows, 1)
	if len(drawn) != 80 || len(rest) != 320 {
		t.Errorf("%d and %d", len(drawn), len(rest))
	}
	other, _ := draw(rows, 2)
	if slices.Equal(drawn, other) {
		t.Error("another seed draws the same")
	}
	back := holdBack("x", rows)
	known := map[string]bool{}
	for _, r := range back.train {
		known[r.Label] = true
	}
	out := 0
	for _, r := range back.test {
		if r.Label == "" {
			out++
		} else if !known[r.Label] {
			t.Fatalf("label %s isn't known", r.Label)
		}
	}
	if len(known) != 6 || out != 20 || len(back.test) != 80 || len(back.train) != 240 {
		t.Errorf("%d labels are known, %d of %d are out of scope, %d to train from", len(known), out, len(back.test), len(back.train))
	}
}

// The table has a line for each set and each set of ten a label, with what is known of it.
func TestTable(t *testing.T) {
	dir := t.TempDir()
	texts := map[string]string{"delivery": "where is my parcel", "refund": "I want my money back", "login": "I can't log in"}
	write := func(name string, n int, more string) {
		var b strings.Builder
		b.WriteString("text,label\n")
		for i := range n {
			for _, label := range slices.Sorted(maps.Keys(texts)) {
				fmt.Fprintf(&b, "%s %d,%s\n", texts[label], i, label)
			}
		}
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(b.String()+more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("snips/train.csv", 12, "")
	write("snips/test.csv", 4, "")
	write("snips/oos_test.csv", 0, "zebra crossing,\n")
	write("own/train.csv", 12, "")
	var out strings.Builder
	if err := run(&out, dir, "", false); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("%s", out.String())
	}
	for i, want := range []string{"set rows accuracy seen floor goal", "own 36 / 36 100.0", "own, 10 a label 30 / 6 100.0", "own, 10 a label 30 / 6 100.0", "snips 36 / 13 100.0 98.0 97.8 99.0", "goals: "} {
		if got := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if !strings.Contains(strings.Join(strings.Fields(lines[4]), " "), " 1.000 100% 100% ") {
		t.Errorf("out of scope: %q", lines[4])
	}
	if err := run(&out, dir, "none", false); err == nil {
		t.Error("a table of nothing")
	}
}
