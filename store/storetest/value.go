package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"pgregory.net/rapid"
)

var valueCases = []testCase{
	{"CleanText", "Put turns what isn't valid UTF-8, and U+0000, into U+FFFD, wherever in the document it is, and in the value that it was given.", cleanText},
	{"CleanLosesNothing", "Two keys of a map that would become one are ErrValue, and neither is lost.", cleanLosesNothing},
	{"CleanIndex", "A cleaned text is found in indexes, unique ones included, under its cleaned form.", cleanIndex},
	{"NotANumber", "NaN and the infinities are ErrValue, the error names the field, and nothing is stored.", notANumber},
	{"TimesMicro", "Times come back as the same moment in whole microseconds, UTC, and the zero time as zero.", timesMicro},
	{"TimesRange", "Times outside the years 1840 to 2099 are ErrValue, and the error names the field.", timesRange},
	{"TimesProperty", "Any time within the range round-trips.", timesProperty},
	{"WrongColumn", "A column that returns another type than its kind is ErrValue.", wrongColumn},
}

var typeCases = []testCase{
	{"TypeAny", "Open refuses types that hold interfaces, functions, channels or complex numbers, at any depth.", typeAny},
	{"TypeMapKey", "Open refuses maps whose keys aren't texts.", typeMapKey},
	{"TypeRecursive", "A type may contain itself.", typeRecursive},
	{"TwoOfOneName", "Open refuses two collections of one name, and an index on a column that isn't declared or on texts that don't lead.", twoOfOneName},
}

func cleanText(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	dirty, clean := "a\x00b\xffc\xc3", "a\uFFFDb\uFFFDc\uFFFD"
	fill := func(s string) *every {
		in := inner{Text: s}
		return &every{
			ID: "1" + s, Colour: colour(s), Inner: in, Pointer: &in, List: []inner{in, {}, in}, Pair: [2]string{"ok", s},
			Names: map[string]string{s: s, "k": s}, Inners: map[string]inner{s: in}, Nested: map[string][]string{s: {s, "ok"}}, Renamed: s, Omitted: s,
			Bytes: []byte{0, 255},
		}
	}
	v, wanted := fill(dirty), fill(clean)
	wanted.Rev = 1
	put(t, db, everies, v)
	sameEvery(t, "what Put was given", v, wanted)
	sameEvery(t, "what is stored", get(t, db, everies, "1"+clean), wanted)
}

func cleanLosesNothing(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	for _, names := range []map[string]string{{"\x00": "1", "\xff": "2"}, {"a\uFFFD": "1", "a\xfe": "2"}} {
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return everies.Put(ctx, tx, &every{ID: "1", Names: names})
		})
		want(t, "put", err, store.ErrValue)
	}
}

func cleanIndex(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Group: "a\x00", Tags: []string{"t\xff", "u"}, Owner: "o\x00"})
	finds(t, db, "group", store.By("group", "a\uFFFD"), "1")
	finds(t, db, "tag", store.By("tag", "t\uFFFD"), "1")
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "the owner again", notes.Put(ctx, tx, &note{ID: "2", Owner: "o\xfe"}), store.ErrExists)
		return notes.Put(ctx, tx, &note{ID: "3", Owner: "o"})
	})
}

func notANumber(t *testing.T, d driver.Store) {
	type point struct{ X, Y float64 }
	type drawing struct {
		ID     string
		Points []point            `json:"points"`
		Scale  *float32           `json:"scale"`
		Named  map[string]float64 `json:"named"`
		Rev    store.Rev          `json:"-"`
	}
	drawings := &store.Collection[drawing]{Name: "drawing", Key: func(d *drawing) string { return d.ID }, Rev: func(d *drawing) *store.Rev { return &d.Rev }}
	db := openDB(t, d, drawings)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for field, v := range map[string]*drawing{
			"points.Y": {ID: "1", Points: []point{{}, {1, bad}}},
			"scale":    {ID: "1", Scale: new(float32(bad))},
			"named.k":  {ID: "1", Named: map[string]float64{"k": bad}},
		} {
			update(t, db, func(ctx context.Context, tx *store.Tx) error {
				err := drawings.Put(ctx, tx, v)
				want(t, field, err, store.ErrValue)
				if err != nil && !strings.Contains(err.Error(), field) {
					t.Errorf("error %q doesn't name %s", err, field)
				}
				_, err = drawings.Get(ctx, tx, "1")
				want(t, "get", err, store.ErrNotFound)
				return nil
			})
		}
	}
	put(t, db, drawings, &drawing{ID: "1", Points: []point{{math.MaxFloat64, math.SmallestNonzeroFloat64}, {-0.1, 1e-7}}})
	same(t, "finite numbers", get(t, db, drawings, "1").Points, []point{{math.MaxFloat64, math.SmallestNonzeroFloat64}, {-0.1, 1e-7}})
}

func timesMicro(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	at := time.Date(2026, 3, 29, 2, 30, 0, 123_456_789, time.FixedZone("east", 5*3600+1800))
	zero := time.Time{}.In(time.FixedZone("west", -3600))
	v := &every{ID: "1", Time: at, Maybe: &at, Inner: inner{Times: []time.Time{at, zero}}, Whens: map[colour]time.Time{"k": at, "zero": zero}}
	put(t, db, everies, v)
	utc := time.Date(2026, 3, 28, 21, 0, 0, 123_456_000, time.UTC)
	for what, v := range map[string]*every{"what Put was given": v, "what is stored": get(t, db, everies, "1")} {
		// Compared with ==, since that is what says UTC and no monotonic clock.
		if v.Time != utc || *v.Maybe != utc || v.Inner.Times[0] != utc || v.Whens["k"] != utc {
			t.Errorf("%s: times are %v %v %v %v, want %v", what, v.Time, *v.Maybe, v.Inner.Times[0], v.Whens["k"], utc)
		}
		if v.Inner.Times[1] != (time.Time{}) || v.Whens["zero"] != (time.Time{}) {
			t.Errorf("%s: zero times are %v, %v", what, v.Inner.Times[1], v.Whens["zero"])
		}
	}
}

func timesRange(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		for _, at := range []time.Time{time.Date(1839, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC)} {
			err := everies.Put(ctx, tx, &every{ID: "1", Inner: inner{Times: []time.Time{noon, at}}})
			want(t, at.String(), err, store.ErrValue)
			if err != nil && !strings.Contains(err.Error(), "Inner.Times") {
				t.Errorf("error %q doesn't name Inner.Times", err)
			}
		}
		return nil
	})
}

// instants draws moments that can be stored, in any zone and of any precision.
func instants() *rapid.Generator[time.Time] {
	first, last := time.Date(1840, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).Unix()-1
	return rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("", rapid.IntRange(-12*3600, 14*3600).Draw(t, "zone"))
		return time.Unix(rapid.Int64Range(first, last).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}

func timesProperty(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	n := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		ats := rapid.SliceOfN(instants(), 1, 20).Draw(rt, "times")
		update(t, db, func(ctx context.Context, tx *store.Tx) error {
			for _, at := range ats {
				n++
				v := &note{ID: numbered(n), Due: at}
				if err := notes.Put(ctx, tx, v); err != nil {
					return err
				}
				got, err := notes.Get(ctx, tx, v.ID)
				if err != nil {
					return err
				}
				if exact := at.UTC().Truncate(time.Microsecond); got.Due != exact || v.Due != exact {
					rt.Errorf("%v became %v, and %v in place", at, got.Due, v.Due)
				}
				row, _, err := notes.Page(ctx, tx, store.By("due", at).Limit(1000))
				if err != nil || len(row) == 0 {
					rt.Errorf("%v isn't in the index: %v", at, err)
				}
			}
			return nil
		})
	})
}

func wrongColumn(t *testing.T, d driver.Store) {
	for i, of := range []func(*note) any{
		func(*note) any { return 1 }, func(*note) any { return "1" }, func(*note) any { return noon }, func(*note) any { return []string{"1"} }, func(*note) any { return colour("") },
	} {
		c := &store.Collection[note]{
			Name: fmt.Sprintf("wrong_%d", i), Key: notes.Key, Rev: notes.Rev,
			Columns: []store.Column[note]{{Name: "number", Kind: store.Int, Of: of}}, Indexes: []store.Index{{Name: "number", On: []string{"number"}}},
		}
		db := openDB(t, d, c)
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return c.Put(ctx, tx, &note{ID: "1"}) })
		want(t, "put", err, store.ErrValue)
	}
}

type shape interface{ Area() float64 }

// holding declares a collection of a type.
func holding[T any](name string) store.Any {
	return &store.Collection[T]{Name: name, Key: func(*T) string { return "1" }, Rev: func(*T) *store.Rev { return new(store.Rev) }}
}

func typeAny(t *testing.T, d driver.Store) {
	type deep struct {
		List []map[string]*struct{ Any any }
	}
	for i, c := range []store.Any{
		holding[struct{ X any }]("x"), holding[struct{ X []any }]("x"), holding[struct{ X map[string]any }]("x"), holding[struct{ X *shape }]("x"), holding[deep]("x"),
		holding[struct{ X func() }]("x"), holding[struct{ X chan int }]("x"), holding[struct{ X complex128 }]("x"), holding[struct{ inner2 }]("x"),
	} {
		_, err := store.Open(t.Context(), d, nil, c)
		want(t, fmt.Sprintf("type %d", i), err, store.ErrValue)
	}
	openDB(t, d, holding[struct {
		X any `json:"-"`
	}]("y"))
}

// inner2 is embedded: its exported field belongs to the document.
type inner2 struct{ X any }

func typeMapKey(t *testing.T, d driver.Store) {
	for i, c := range []store.Any{
		holding[struct{ X map[int]string }]("x"), holding[struct{ X map[[2]string]string }]("x"), holding[struct{ X []map[bool]int }]("x"), holding[struct{ X map[float64]int }]("x"),
	} {
		_, err := store.Open(t.Context(), d, nil, c)
		want(t, fmt.Sprintf("type %d", i), err, store.ErrValue)
	}
	openDB(t, d, holding[struct{ X map[colour]int }]("y"))
}

// tree contains itself.
type tree struct {
	ID       string
	Text     string
	Children []*tree
	Rev      store.Rev `json:"-"`
}

func typeRecursive(t *testing.T, d driver.Store) {
	trees := &store.Collection[tree]{Name: "tree", Key: func(t *tree) string { return t.ID }, Rev: func(t *tree) *store.Rev { return &t.Rev }}
	db := openDB(t, d, trees)
	grow := func(depth int) *tree {
		top := &tree{ID: "top", Text: "a\x00"}
		for at := top; depth > 0; depth-- {
			at.Children = []*tree{{ID: "left"}, {ID: "right", Text: "\xff"}}
			at = at.Children[1]
		}
		return top
	}
	v := grow(100)
	put(t, db, trees, v)
	if !reflect.DeepEqual(get(t, db, trees, "top"), v) { // cmp takes forever at this depth
		t.Error("a deep tree came back otherwise")
	}
	if v.Children[1].Text != "\uFFFD" {
		t.Errorf("text below is %q, want it cleaned", v.Children[1].Text)
	}
	// What is too deep to be read must not be written.
	for _, depth := range []int{1_000, 10_000} {
		v := grow(depth)
		v.ID = fmt.Sprint("deep", depth)
		err := db.Update(t.Context(), func(ctx context.Context, tx *store.Tx) error { return trees.Put(ctx, tx, v) })
		if err != nil {
			want(t, "put", err, store.ErrValue)
		} else if get(t, db, trees, v.ID) == nil {
			t.Errorf("a tree of %d levels is lost", depth)
		}
	}
}

func twoOfOneName(t *testing.T, d driver.Store) {
	with := func(kind driver.Kind, on ...string) store.Any {
		return &store.Collection[note]{
			Name: "x", Key: notes.Key, Rev: notes.Rev, Indexes: []store.Index{{Name: "i", On: on}},
			Columns: []store.Column[note]{{Name: "a", Kind: kind}, {Name: "b", Kind: store.Int}, {Name: "c", Kind: store.Int}},
		}
	}
	for what, colls := range map[string][]store.Any{
		"one name":         {notes, notes},
		"the store's own":  {holding[note]("meta")},
		"no such column":   {with(store.Text, "d")},
		"texts in the end": {with(store.Texts, "b", "a")},
		"two behind texts": {with(store.Texts, "a", "b", "c")},
	} {
		if _, err := store.Open(t.Context(), d, nil, colls...); err == nil || errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: open gives %v", what, err)
		}
	}
}
