package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var orderCases = []testCase{
	{"OrderText", "Texts are ordered by their bytes, and one that begins another comes first.", orderText},
	{"OrderTextThenRank", "In an index of two columns a text's length doesn't mix with what follows.", orderTextThenRank},
	{"OrderInt", "Numbers are ordered by value, negative ones and the extremes included.", orderInt},
	{"OrderTime", "Times are ordered by moment, to the microsecond, also before 1970.", orderTime},
	{"OrderTies", "Documents with the same values are ordered by key.", orderTies},
	{"OrderMany", "Order holds over thousands of documents, both ways.", orderMany},
}

var indexCases = []testCase{
	{"Range", "A range includes its beginning and not its end, in both directions, and may be empty or upside down.", ranges},
	{"RangeAfterPrefix", "After an equality prefix a range is on the next column.", rangeAfterPrefix},
	{"PrefixIsWhole", "An equality prefix matches whole values: \"a\" doesn't find \"ab\" or \"a\\x01\".", prefixIsWhole},
	{"Absent", "A document in which a column of the index is absent isn't in the index.", absent},
	{"ZeroIsPresent", "A number of 0 is a value, not an absent one.", zeroIsPresent},
	{"Move", "A document that changes its values is found at the new place and not at the old one.", move},
	{"Texts", "A column of many texts has one entry for each distinct text of a document.", texts},
	{"TextsOrdered", "Behind a column of many texts one more orders the documents of each text.", textsOrdered},
	{"TextsChange", "Changing a list of texts adds and takes away just those entries.", textsChange},
	{"Entries", "Entries tells keys and values of an index as Page does, with the same cursors, and sees what the transaction has written.", entries},
	{"WrongQuery", "A query that doesn't fit its index is ErrValue: an unknown index, too many values, values of another kind.", wrongQuery},
}

func numbered(i int64) string { return fmt.Sprintf("%06d", i) }

func reversed(s []string) []string {
	s = slices.Clone(s) // nil stays nil
	slices.Reverse(s)
	return s
}

// edgy are texts in the order of their bytes.
var edgy = []string{
	"\x01", "\x01\x01", " ", "!", "A", "B", "a", "a\x01", "a\x01\x01", "a\x02", "a ", "aa", "a\u00ff", "a\ufffd", "b", "ba",
	"z", "\u007f", "\u0080", "\u00e9", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff",
}

func orderText(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var keys []string
	for i, s := range edgy {
		n := &note{ID: numbered(int64(len(edgy) - i)), Group: s} // keys the other way round
		keys = append(keys, n.ID)
		put(t, db, notes, n)
	}
	finds(t, db, "texts", store.By("group"), keys...)
	for i := range edgy {
		finds(t, db, fmt.Sprintf("from %q", edgy[i]), store.By("group").From(edgy[i]), keys[i:]...)
		finds(t, db, fmt.Sprintf("to %q", edgy[i]), store.By("group").To(edgy[i]), keys[:i]...)
	}
}

func orderTextThenRank(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var keys []string
	for i, s := range edgy {
		for j, rank := range []int64{math.MinInt64, -1, 0, 1, 256, math.MaxInt64} {
			n := &note{ID: fmt.Sprintf("%03d-%d", 100-i, 9-j), Group: s, Rank: new(rank)}
			keys = append(keys, n.ID)
			put(t, db, notes, n)
		}
	}
	finds(t, db, "group and rank", store.By("group_rank"), keys...)
}

func orderInt(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	ranks := []int64{math.MinInt64, math.MinInt64 + 1, math.MinInt32, -257, -256, -255, -2, -1, 0, 1, 2, 127, 128, 255, 256, 65536, math.MaxInt32, math.MaxInt64 - 1, math.MaxInt64}
	var keys []string
	for i, r := range ranks {
		n := &note{ID: numbered(int64(len(ranks) - i)), Rank: new(r)}
		keys = append(keys, n.ID)
		put(t, db, notes, n)
	}
	finds(t, db, "ranks", store.By("rank"), keys...)
	for i, r := range ranks {
		finds(t, db, fmt.Sprintf("rank %d", r), store.By("rank", r), keys[i])
		finds(t, db, fmt.Sprintf("from %d", r), store.By("rank").From(r), keys[i:]...)
		finds(t, db, fmt.Sprintf("to %d", r), store.By("rank").To(r), keys[:i]...)
	}
	finds(t, db, "an int", store.By("rank", -1), keys[7])
}

func orderTime(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	epoch := time.Unix(0, 0)
	times := []time.Time{
		time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC),
		epoch.Add(-time.Microsecond), epoch, epoch.Add(time.Microsecond), noon, noon.Add(time.Microsecond), noon.Add(time.Millisecond),
		time.Date(2099, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	}
	var keys []string
	for i, at := range times {
		n := &note{ID: numbered(int64(len(times) - i)), Due: at.In(time.FixedZone("east", 3600*(i%5)))}
		keys = append(keys, n.ID)
		put(t, db, notes, n)
	}
	finds(t, db, "times", store.By("due"), keys...)
	for i, at := range times {
		finds(t, db, at.String(), store.By("due", at.In(time.FixedZone("west", -7200))), keys[i])
		finds(t, db, "from "+at.String(), store.By("due").From(at), keys[i:]...)
		finds(t, db, "to "+at.String(), store.By("due").To(at), keys[:i]...)
	}
}

func orderTies(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for _, k := range []string{"b", "a", "ab", "a\x01", "B", "c"} {
		put(t, db, notes, &note{ID: k, Group: "g", Rank: new(int64(1)), Tags: []string{"x"}})
	}
	for _, q := range []store.Query{store.ByKey(), store.By("group"), store.By("rank"), store.By("group_rank", "g", 1), store.By("tag", "x")} {
		finds(t, db, "same values", q, "B", "a", "a\x01", "ab", "b", "c")
	}
}

func orderMany(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	const n = 2500
	keys := make([]string, n)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for i := range int64(n) {
			rank := i * 1009 % n // every rank once, in a mixed order
			keys[rank] = numbered(i)
			if err := notes.Put(ctx, tx, &note{ID: numbered(i), Rank: new(rank - n/2)}); err != nil {
				return err
			}
		}
		return nil
	})
	finds(t, db, "ranks", store.By("rank"), keys...)
}

func ranges(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	var keys []string
	for i := range int64(10) {
		keys = append(keys, numbered(i))
		put(t, db, notes, &note{ID: numbered(i), Rank: new(i * 10)})
	}
	for _, c := range []struct{ from, to, first, last int64 }{
		{0, 100, 0, 10}, {10, 20, 1, 2}, {10, 21, 1, 3}, {11, 20, 2, 2}, {9, 10, 1, 1}, {-50, 0, 0, 0}, {-50, 1, 0, 1}, {90, 91, 9, 10}, {91, 99, 10, 10}, {50, 50, 5, 5}, {60, 20, 6, 6},
	} {
		what := fmt.Sprintf("[%d, %d)", c.from, c.to)
		finds(t, db, what, store.By("rank").From(c.from).To(c.to), keys[c.first:c.last]...)
		if c.from >= 0 {
			finds(t, db, "keys "+what, store.ByKey().From(numbered(c.first)).To(numbered(max(c.last, c.first))), keys[c.first:c.last]...)
		}
	}
	finds(t, db, "half a range", store.By("rank").From(70), keys[7], keys[8], keys[9])
}

func rangeAfterPrefix(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for _, g := range []string{"a", "b", "bb", "c"} {
		for i := range int64(5) {
			put(t, db, notes, &note{ID: g + numbered(i), Group: g, Rank: new(i - 2), Due: noon.Add(time.Duration(i-2) * time.Hour)})
		}
	}
	key := func(i int64) string { return "b" + numbered(i) }
	finds(t, db, "ranks", store.By("group_rank", "b").From(-1).To(2), key(1), key(2), key(3))
	finds(t, db, "times", store.By("group_due", "b").From(noon), key(2), key(3), key(4))
	finds(t, db, "times before", store.By("group_due", "b").To(noon), key(0), key(1))
	finds(t, db, "one", store.By("group_rank", "b", -2), key(0))
	finds(t, db, "none", store.By("group_rank", "b", 3))
	finds(t, db, "no such group", store.By("group_rank", "ba").From(-1))
}

func prefixIsWhole(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i, s := range edgy {
		put(t, db, notes, &note{ID: numbered(int64(i)), Group: s, Rank: new(int64(i)), Tags: []string{s}, Owner: s})
	}
	for i, s := range edgy {
		for _, ix := range []string{"group", "group_rank", "tag", "tag_rank", "owner"} {
			finds(t, db, fmt.Sprintf("%s %q", ix, s), store.By(ix, s), numbered(int64(i)))
		}
	}
}

func absent(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "none"}, &note{ID: "group", Group: "g"}, &note{ID: "rank", Rank: new(int64(1))},
		&note{ID: "tags", Tags: []string{"x"}}, &note{ID: "no tags", Tags: []string{}, Rank: new(int64(2))}, full("all"))
	finds(t, db, "group", store.By("group"), "all", "group")
	finds(t, db, "group_rank", store.By("group_rank"), "all")
	finds(t, db, "rank", store.By("rank"), "rank", "no tags", "all")
	finds(t, db, "due", store.By("due"), "all")
	finds(t, db, "tag x", store.By("tag", "x"), "tags")
	finds(t, db, "tag_rank", store.By("tag_rank"), "all", "all")
	finds(t, db, "owner", store.By("owner"), "all")
	finds(t, db, "place", store.By("place"), "all")
}

func zeroIsPresent(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "0", Rank: new(int64(0))}, &note{ID: "nil"})
	finds(t, db, "rank", store.By("rank"), "0")
	finds(t, db, "rank 0", store.By("rank", 0), "0")
}

func move(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	v := full("1")
	put(t, db, notes, v)
	v.Group, v.Rank, v.Due, v.Owner = "h", new(int64(-7)), noon.Add(time.Hour), "another"
	put(t, db, notes, v)
	for _, q := range []store.Query{store.By("group", "g"), store.By("rank", 7), store.By("due", noon), store.By("group_rank", "g"), store.By("tag_rank", "one", 7), store.By("owner", "owner of 1")} {
		finds(t, db, "the old place", q)
	}
	for _, q := range []store.Query{store.By("group", "h"), store.By("rank", -7), store.By("due", noon.Add(time.Hour)), store.By("group_rank", "h", -7), store.By("tag_rank", "one", -7), store.By("owner", "another")} {
		finds(t, db, "the new place", q, "1")
	}
	*v = note{ID: "1", Rev: v.Rev}
	put(t, db, notes, v)
	for ix, n := range everywhere(t, db) {
		if ix != "" && n > 0 {
			t.Errorf("with everything absent index %s has %d entries", ix, n)
		}
	}
}

func texts(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Tags: []string{"b", "a", "b", "a"}}, &note{ID: "2", Tags: []string{"b"}}, &note{ID: "3", Tags: []string{"a", "ab", ""}})
	finds(t, db, "a", store.By("tag", "a"), "1", "3")
	finds(t, db, "b", store.By("tag", "b"), "1", "2")
	finds(t, db, "ab", store.By("tag", "ab"), "3")
	finds(t, db, "[ab, c)", store.By("tag").From("ab").To("c"), "3", "1", "2")
	got := get(t, db, notes, "1")
	same(t, "the list itself", got.Tags, []string{"b", "a", "b", "a"})
}

func textsOrdered(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Tags: []string{"a", "b", "a"}, Rank: new(int64(30))}, &note{ID: "2", Tags: []string{"a"}, Rank: new(int64(-10))},
		&note{ID: "3", Tags: []string{"b", "a"}, Rank: new(int64(20))}, &note{ID: "4", Tags: []string{"a"}})
	finds(t, db, "a by rank", store.By("tag_rank", "a"), "2", "3", "1")
	finds(t, db, "b by rank", store.By("tag_rank", "b"), "3", "1")
	finds(t, db, "a in a range", store.By("tag_rank", "a").From(-10).To(30), "2", "3")
	finds(t, db, "all", store.By("tag_rank"), "2", "3", "1", "3", "1")
}

func textsChange(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	v := &note{ID: "1", Tags: []string{"a", "b", "c"}, Rank: new(int64(1))}
	put(t, db, notes, v)
	for _, tags := range [][]string{{"c", "d"}, {"d"}, {"d", "a", "d"}, nil, {"b"}} {
		v.Tags = tags
		put(t, db, notes, v)
		for _, tag := range []string{"a", "b", "c", "d"} {
			var wanted []string
			if slices.Contains(tags, tag) {
				wanted = []string{"1"}
			}
			finds(t, db, fmt.Sprintf("%s of %v", tag, tags), store.By("tag", tag), wanted...)
			finds(t, db, fmt.Sprintf("%s of %v, by rank", tag, tags), store.By("tag_rank", tag), wanted...)
		}
	}
}

func wrongQuery(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, full("1"))
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for what, q := range map[string]store.Query{
			"unknown index":       store.By("nothing"),
			"too many values":     store.By("group", "a", "b"),
			"a range behind them": store.By("group", "a").From("b"),
			"a number for a text": store.By("group", 1),
			"a text for a number": store.By("rank", "1"),
			"a time for a number": store.By("rank").From(noon),
			"a float":             store.By("rank", 1.5),
			"a nil":               store.By("group", nil),
			"a number as a key":   store.ByKey().From(1),
			"a bool in a range":   store.By("group").To(true),
			"values without one":  store.By("", "a"),
		} {
			_, _, err := notes.Page(ctx, tx, q.Limit(1))
			want(t, what, err, store.ErrValue)
			if e, ok := errors.AsType[*store.Error](err); !ok || e.Op != "scan" {
				t.Errorf("%s: error %v doesn't say scan", what, err)
			}
		}
		return nil
	})
}

func entries(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	for i := range int64(6) {
		n := full(numbered(i))
		n.Rank, n.Tags = new(i%3), []string{"one", "two", "two"}
		put(t, db, notes, n)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		n, err := notes.Get(ctx, tx, numbered(5))
		if err != nil {
			return err
		}
		n.Rank = new(int64(-7))
		if err := notes.Put(ctx, tx, n); err != nil {
			return err
		}
		for _, q := range []store.Query{store.ByKey(), store.By("rank"), store.By("rank").Desc(), store.By("tag_rank", "two"), store.By("due").From(noon)} {
			for cursor, ended := "", false; !ended; {
				vs, next, err := notes.Page(ctx, tx, q.Limit(4).After(cursor))
				if err != nil {
					return err
				}
				es, behind, err := notes.Entries(ctx, tx, q.Limit(4).After(cursor))
				if err != nil {
					return err
				}
				if len(es) != len(vs) || behind != next {
					t.Fatalf("%d entries, cursor %q; want %d, %q", len(es), behind, len(vs), next)
				}
				for i, v := range vs {
					if es[i].Key != v.ID {
						t.Errorf("entry %d is of %s, want %s", i, es[i].Key, v.ID)
					}
				}
				cursor, ended = next, next == ""
			}
		}
		es, _, err := notes.Entries(ctx, tx, store.By("tag_rank", "two").Limit(1))
		if err == nil && (len(es) != 1 || !slices.Equal(es[0].At, []any{"two", int64(-7)})) {
			t.Errorf("the first one is %v", es)
		}
		return err
	})
}
