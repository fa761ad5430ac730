package analytics_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/frontdesk-go/frontdesk/analytics"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func drawCells(rt *rapid.T, name string) []analytics.Cell {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) analytics.Cell {
		return analytics.Cell{Column: rapid.IntRange(1, 300).Draw(rt, "column"), Bucket: rapid.SampledFrom([]int{0, 1, 77, 4095}).Draw(rt, "bucket"),
			Slot: rapid.IntRange(0, 95).Draw(rt, "slot"), N: rapid.Int64Range(-5, 1<<50).Draw(rt, "n")}
	}), 0, 60).Draw(rt, name)
}

// plainSums is what cells come to.
func plainSums(cs []analytics.Cell) map[analytics.Cell]int64 {
	sums := map[analytics.Cell]int64{}
	for _, c := range cs {
		n := c.N
		c.N = 0
		sums[c] += n
	}
	maps.DeleteFunc(sums, func(_ analytics.Cell, n int64) bool { return n == 0 })
	return sums
}

// Cells are read as they were written, and sums don't depend on the order or grouping.
func TestCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawCells(rt, "a"), drawCells(rt, "b")
		back, err := analytics.Unpack(analytics.Pack(a))
		if diff := cmp.Diff(plainSums(a), plainSums(back)); diff != "" || err != nil {
			rt.Fatal(err, diff)
		}
		if diff := cmp.Diff(plainSums(slices.Concat(a, b)), plainSums(analytics.Merge(a, b))); diff != "" {
			rt.Fatal(diff)
		}
		if string(analytics.Pack(analytics.Merge(a, b))) != string(analytics.Pack(slices.Concat(b, a))) {
			rt.Fatal("the same figures are other bytes")
		}
	})
}

// What can't have been written is refused, and never read beyond its end.
func FuzzCells(f *testing.F) {
	f.Add(analytics.Pack([]analytics.Cell{{Column: 1, Slot: 3, N: 7}, {Column: 257, Bucket: 90, Slot: 95, N: -1}}))
	f.Add([]byte{1, 200})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		cs, err := analytics.Unpack(b)
		if err != nil {
			return
		}
		again, err := analytics.Unpack(analytics.Pack(cs))
		if diff := cmp.Diff(plainSums(cs), plainSums(again)); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

// The middle of a duration's bucket is within a hundredth of it, from a millisecond to ten
// years, and buckets are in the order of durations.
func TestBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		us := rapid.Int64Range(0, 10*366*86400*1_000_000).Draw(rt, "us")
		off := analytics.Middle(analytics.BucketOf(us)) - us
		if max(off, -off) > max(us/100, 8) {
			rt.Fatalf("%d µs are %d", us, us+off)
		}
		if more := us + us/50 + 16; analytics.BucketOf(more) <= analytics.BucketOf(us) {
			rt.Fatalf("%d µs aren't above %d µs", more, us)
		}
	})
	if b := analytics.BucketOf(1 << 62); b > 4095 || analytics.BucketOf(-1) != 0 {
		t.Errorf("bucket %d", b)
	}
}
