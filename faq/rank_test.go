package faq

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// However articles are put among others, their ranks keep the order.
func TestRanks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var ranks []string
		at := func(i int) string {
			if i < 0 || i >= len(ranks) {
				return ""
			}
			return ranks[i]
		}
		for range rapid.IntRange(1, 200).Draw(rt, "n") {
			i := rapid.OneOf(rapid.IntRange(0, len(ranks)), rapid.Just(len(ranks)), rapid.Just(0), rapid.Just(len(ranks)/2)).Draw(rt, "i")
			r, err := rankBetween(at(i-1), at(i))
			if err != nil {
				rt.Fatal(err)
			}
			if strings.HasSuffix(r, "0") || r == "" {
				rt.Fatalf("rank %q between %q and %q", r, at(i-1), at(i))
			}
			ranks = slices.Insert(ranks, i, r)
			if !slices.IsSorted(ranks) || len(slices.Compact(slices.Clone(ranks))) != len(ranks) {
				rt.Fatalf("%q between %q and %q", r, at(i-1), at(i+1))
			}
		}
	})
}

func TestRanksAtTheEndStayShort(t *testing.T) {
	was := ""
	for range 100_000 {
		r, err := rankBetween(was, "")
		if err != nil || r <= was || len(r) > rankHead+1 {
			t.Fatalf("after %q: %q, %v", was, r, err)
		}
		was = r
	}
}

func TestRanksAtOnePlace(t *testing.T) {
	lo, err := rankBetween("", "")
	if err != nil {
		t.Fatal(err)
	}
	hi, _ := rankBetween(lo, "")
	n := 0
	for {
		r, err := rankBetween(lo, hi)
		if err != nil {
			break
		}
		if r <= lo || r >= hi {
			t.Fatalf("%q between %q and %q", r, lo, hi)
		}
		if n++; n%2 == 0 {
			lo = r
		} else {
			hi = r
		}
	}
	if n < 2000 {
		t.Errorf("only %d moves to one place", n)
	}
}

// The last number there is, and what comes before the first.
func TestRanksAtTheEdge(t *testing.T) {
	last := strings.Repeat("z", rankHead)
	r, err := rankBetween(last, "")
	if err != nil || r <= last {
		t.Errorf("after %q: %q, %v", last, r, err)
	}
	r, err = rankBetween("", "0000001")
	if err != nil || r >= "0000001" || r == "" {
		t.Errorf("before the first: %q, %v", r, err)
	}
}
