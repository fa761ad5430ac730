package predict

import (
	"fmt"
	"testing"
)

// TestManyLabelsLeaveRoomForFewerRows: scores are kept of each row for each label, so with
// many labels rows are left out that would be few characters.
func TestManyLabelsLeaveRoomForFewerRows(t *testing.T) {
	t.Parallel()
	rows := make([]Row, 0, 20*MaxLabels)
	for i := range cap(rows) {
		rows = append(rows, Row{Text: "x", Label: fmt.Sprint(i % MaxLabels)})
	}
	counts := labelsOf(rows)
	kept := map[string]int{}
	for _, i := range choose(rows, counts, 1) {
		kept[rows[i].Label]++
	}
	for _, c := range counts {
		if want := maxCells / MaxLabels / MaxLabels; kept[c.Label] != want {
			t.Fatalf("%d rows of label %s, want %d", kept[c.Label], c.Label, want)
		}
	}
	if few := rows[:2*MaxLabels]; len(choose(few, labelsOf(few), 1)) != len(few) {
		t.Error("rows are left out for which there is room")
	}
}
