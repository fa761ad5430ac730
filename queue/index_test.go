package queue

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An index holds what a map would, however it has grown.
func TestIndexAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := indexFor(rapid.IntRange(0, 70).Draw(t, "size"))
		want := map[string]*row{}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				ids := []string{}
				for r := range x.all() {
					ids = append(ids, r.id)
				}
				if slices.Sort(ids); x.n != len(want) || len(ids) != len(want) || len(slices.Compact(ids)) != len(want) {
					t.Fatalf("%d tickets, counted as %d, want %d", len(ids), x.n, len(want))
				}
			},
			"add": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "so many") {
					r := &row{card: card{id: rapid.StringN(0, 3, -1).Draw(t, "id")}}
					if want[r.id] == nil {
						x.add(r)
						want[r.id] = r
					}
				}
			},
			"remove": func(t *rapid.T) {
				id := rapid.StringN(0, 3, -1).Draw(t, "id")
				if len(want) > 0 && rapid.Bool().Draw(t, "there") {
					for id = range want {
						break
					}
				}
				if r := x.get(id); r != nil {
					x.remove(r)
				}
				delete(want, id)
			},
			"get": func(t *rapid.T) {
				for id, r := range want {
					if x.get(id) != r {
						t.Fatalf("%q isn't found", id)
					}
				}
			},
		})
	})
}

// A bucket more is there for each ticket more, and chains stay short.
func TestIndexGrows(t *testing.T) {
	x := indexFor(0)
	for i := range 20_000 {
		x.add(&row{card: card{id: fmt.Sprint(i)}})
	}
	longest := 0
	for _, r := range x.buckets {
		n := 0
		for ; r != nil; r = r.next {
			n++
		}
		longest = max(longest, n)
	}
	if len(x.buckets) < x.n || longest > 20 {
		t.Errorf("%d buckets for %d tickets, the longest with %d", len(x.buckets), x.n, longest)
	}
}
