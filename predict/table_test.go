package predict

import (
	"slices"
	"testing"
)

// TestRowsBesideEachOther: features have the rows that they had, also where tables know
// fewer features than others, or none.
func TestRowsBesideEachOther(t *testing.T) {
	t.Parallel()
	for _, at := range [][][]int32{{{0, -1, 1}}, {{0, -1, 1}, {-1, 0, -1, 1}, {-1, -1, -1}}, {{}, {}}} {
		var tables, before []*index
		for _, at := range at {
			x := (&table{scale: []float32{0.5, 2}}).index(at)
			tables, before = append(tables, &x), append(before, &index{slices.Clone(x.rows), 1})
		}
		beside(tables)
		for k, x := range tables {
			for f := range at[k] {
				got, want := x.of(int32(f)), before[k].of(int32(f))
				if got != want || got.at != at[k][f] || got.at == 1 && got.scale != 2 || got.at < 0 && got.scale != 0 {
					t.Errorf("table %d of %v: feature %d has %v, want %v", k, at, f, got, want)
				}
			}
		}
	}
}
