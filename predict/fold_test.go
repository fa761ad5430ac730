package predict

import (
	"fmt"
	"slices"
	"testing"
)

// TestJudge: whole models judge the rows of as many folds as are enough, the smallest first.
func TestJudge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows    []int // of each fold
		without []int
	}{
		{[]int{10, 10, 9, 10, 10}, []int{2, 0, 1, 3, 4}},
		{[]int{2_001, 2_000, 2_001, 2_000, 2_001}, []int{1, 3}},
		{[]int{4_000, 4_000, 4_000, 4_000, 3_999}, []int{4}},
		{[]int{9_000, 400, 300, 500, 0}, []int{2, 1, 3, 0}}, // one group has nearly all
	} {
		p := &problem{folds: len(c.rows)}
		for f, n := range c.rows {
			p.fold, p.label = append(p.fold, slices.Repeat([]uint8{uint8(f)}, n)...), append(p.label, make([]int32, n)...)
		}
		p.judge()
		if !slices.Equal(p.without, c.without) {
			t.Errorf("of %v folds %v are judged, want %v", c.rows, p.without, c.without)
		}
		for i, f := range p.fold {
			in, out := slices.Contains(p.judged, int32(i)), slices.Contains(p.rest, int32(i))
			if judged := slices.Contains(p.without, int(f)); i%499 == 0 && (in != judged || out == judged) {
				t.Fatalf("row %d of fold %d is judged: %v, by machines alone: %v", i, f, in, out)
			}
		}
	}
	// Rows out of scope don't tell what scores mean.
	p := &problem{folds: 2, fold: make([]uint8, 5_001), label: slices.Repeat([]int32{outOfScope}, 5_001)}
	p.fold[5_000] = 1
	if p.judge(); len(p.judged) != 5_001 {
		t.Errorf("%d rows are judged", len(p.judged))
	}
}

// TestManyRowsAreJudgedInPart: the others are judged by machines alone, which haven't seen
// them either.
func TestManyRowsAreJudgedInPart(t *testing.T) {
	t.Parallel()
	var rows []Row
	for i := range 4_400 {
		rows = append(rows, Row{Text: fmt.Sprintf("w%d", i%7), Label: fmt.Sprint(i % 7 % 2)})
	}
	rows[7].Label = "1" // wrong
	_, trial, err := Train(t.Context(), rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := trial.All()
	if len(all) != len(rows) || len(trial.Judgements) < enoughJudged || len(trial.Judgements) > enoughJudged+len(rows)/parts {
		t.Fatalf("%d of %d rows are judged, %d of them by whole models", len(all), len(rows), len(trial.Judgements))
	}
	for i, j := range all {
		if right := j.Best.Label == j.Label; j.Row != i || j.Label != rows[i].Label || right != (i != 7) || right != (j.Own > 0.5) {
			t.Fatalf("row %d: %+v", i, j)
		}
	}
}
