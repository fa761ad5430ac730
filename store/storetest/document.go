package storetest

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var documentCases = []testCase{
	{"NotFound", "Get of a key that isn't there is ErrNotFound, in an Error that names operation, collection and key.", notFound},
	{"RoundTrip", "A document comes back as it was put, whatever its fields, and its revision is 1.", roundTrip},
	{"RoundTripEmpty", "A document of nothing but its key comes back as it was put.", roundTripEmpty},
	{"ExistsKey", "Creating a document whose key is taken is ErrExists, changes nothing, and leaves the transaction usable.", existsKey},
	{"ExistsUnique", "A value of a unique index that another document has is ErrExists at creation and at change, and leaves the transaction usable.", existsUnique},
	{"UniqueFreed", "A unique value is free again once its document is deleted or moved, in the same transaction.", uniqueFreed},
	{"CompositeUnique", "A unique index of two columns refuses the same pair only, and nothing where one of the two is absent.", compositeUnique},
	{"UniqueTexts", "A unique index on many texts refuses each text that another document has; a text twice in one list is fine.", uniqueTexts},
	{"Delete", "A deleted document is gone, with all its index entries; its key can be used again, from revision 1.", deleted},
	{"DeleteAbsent", "Deleting what was never stored is ErrNotFound.", deleteAbsent},
	{"KeysAreBytes", "Keys are compared by bytes: letters' case, accents and lengths make other keys.", keysAreBytes},
	{"CollectionsApart", "The same key in two collections, one of whose names begins the other's, are two documents.", collectionsApart},
}

func notFound(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := notes.Get(ctx, tx, "nobody")
		return err
	})
	want(t, "get", err, store.ErrNotFound)
	var e *store.Error
	if e = asError(err); e == nil || e.Op != "get" || e.Collection != "note" || e.Key != "nobody" {
		t.Errorf("error is %#v, want operation get on note, key nobody", err)
	}
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := notes.Lock(ctx, tx, "nobody", store.ForUpdate)
		want(t, "lock", err, store.ErrNotFound)
		return nil
	})
}

type colour string

type inner struct {
	Text  string
	Times []time.Time
}

// stamp says itself how it is written.
type stamp struct{ n int }

// MarshalText makes a stamp a text.
func (s stamp) MarshalText() ([]byte, error) { return []byte{byte('a' + s.n)}, nil }

// UnmarshalText reads what MarshalText wrote.
func (s *stamp) UnmarshalText(b []byte) error { s.n = int(b[0] - 'a'); return nil }

// every holds a field of every type that can be stored.
type every struct {
	ID      string
	Bool    bool
	Int     int
	Int8    int8
	Int64   int64
	Uint32  uint32
	Uint64  uint64
	Float   float64
	Float32 float32
	Colour  colour
	Bytes   []byte
	Hash    [4]byte
	Time    time.Time
	Maybe   *time.Time
	Wait    time.Duration
	Stamp   stamp
	Inner   inner
	Pointer *inner
	List    []inner
	Pair    [2]string
	Names   map[string]string
	Whens   map[colour]time.Time
	Inners  map[string]inner
	Nested  map[string][]string
	Renamed string    `json:"other"`
	Hidden  string    `json:"-"`
	Omitted string    `json:",omitempty"`
	Rev     store.Rev `json:"-"`
}

var everies = &store.Collection[every]{
	Name:       "every",
	Key:        func(e *every) string { return e.ID },
	Rev:        func(e *every) *store.Rev { return &e.Rev },
	Impersonal: "made up",
}

func filled() *every {
	at := noon.Add(123_456 * time.Microsecond)
	in := inner{"in ⇒ side", []time.Time{at, at.Add(time.Microsecond)}}
	return &every{
		ID: "1", Bool: true, Int: math.MinInt, Int8: -128, Int64: math.MaxInt64, Uint32: math.MaxUint32, Uint64: math.MaxUint64,
		Float: math.MaxFloat64, Float32: math.SmallestNonzeroFloat32, Colour: "blue", Bytes: []byte{0, 255, 0}, Hash: [4]byte{1, 0, 255, 2},
		Time: at, Maybe: &at, Wait: time.Hour, Stamp: stamp{3}, Inner: in, Pointer: &in, List: []inner{in, {}},
		Pair: [2]string{"a", ""}, Names: map[string]string{"": "empty", "b": "\u2028 <&> \U0001F600"}, Whens: map[colour]time.Time{"red": at},
		Inners: map[string]inner{"k": in}, Nested: map[string][]string{"l": {"x", ""}}, Renamed: "r", Omitted: "o",
	}
}

func roundTrip(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	v := filled()
	put(t, db, everies, v)
	wanted := filled()
	wanted.Rev = 1
	sameEvery(t, "what Put left", v, wanted)
	sameEvery(t, "what Get gives", get(t, db, everies, "1"), wanted)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		for got, err := range everies.All(ctx, tx, store.ByKey()) {
			if err != nil {
				return err
			}
			sameEvery(t, "what a scan gives", got, wanted)
		}
		return nil
	})
}

func roundTripEmpty(t *testing.T, d driver.Store) {
	db := openDB(t, d, everies)
	put(t, db, everies, &every{ID: "1"})
	sameEvery(t, "what Get gives", get(t, db, everies, "1"), &every{ID: "1", Rev: 1})
}

func existsKey(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	first := full("1")
	put(t, db, notes, first)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		again := &note{ID: "1", Text: "again", Group: "other"}
		want(t, "put", notes.Put(ctx, tx, again), store.ErrExists)
		if again.Rev != 0 {
			t.Errorf("the refused document has revision %d, want 0", again.Rev)
		}
		return notes.Put(ctx, tx, full("2"))
	})
	same(t, "first document", get(t, db, notes, "1"), first)
	same(t, "all documents", find(t, db, store.ByKey()), []string{"1", "2"})
	finds(t, db, "the refused one's entry", store.By("group", "other"))
}

func existsUnique(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	put(t, db, notes, &note{ID: "1", Owner: "ann"}, &note{ID: "2", Owner: "bob", Group: "g"})
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "create", notes.Put(ctx, tx, &note{ID: "3", Owner: "ann", Group: "g"}), store.ErrExists)
		two, err := notes.Get(ctx, tx, "2")
		if err != nil {
			return err
		}
		two.Owner, two.Group = "ann", "h"
		want(t, "change", notes.Put(ctx, tx, two), store.ErrExists)
		two.Owner = "carl"
		if err := notes.Put(ctx, tx, two); err != nil {
			return err
		}
		return notes.Put(ctx, tx, &note{ID: "4", Owner: "ann\x01"})
	})
	finds(t, db, "documents", store.ByKey(), "1", "2", "4")
	finds(t, db, "owners", store.By("owner"), "1", "4", "2")
	finds(t, db, "group h", store.By("group", "h"), "2")
	finds(t, db, "group g", store.By("group", "g"))
}

func uniqueFreed(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one, two := &note{ID: "1", Owner: "ann"}, &note{ID: "2", Owner: "bob"}
	put(t, db, notes, one, two)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		if err := notes.Delete(ctx, tx, one); err != nil {
			return err
		}
		two.Owner = "ann"
		if err := notes.Put(ctx, tx, two); err != nil {
			return err
		}
		return notes.Put(ctx, tx, &note{ID: "3", Owner: "bob"})
	})
	finds(t, db, "owners", store.By("owner"), "2", "3")
}

func compositeUnique(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	seat := func(id, room string, n *int64) *note { return &note{ID: id, Room: room, Seat: n} }
	put(t, db, notes, seat("1", "r", new(int64(1))), seat("2", "r", new(int64(2))), seat("3", "s", new(int64(1))),
		seat("4", "r", nil), seat("5", "r", nil), seat("6", "", new(int64(1))), seat("7", "", new(int64(1))))
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "the pair again", notes.Put(ctx, tx, seat("8", "r", new(int64(2)))), store.ErrExists)
		return nil
	})
	finds(t, db, "places", store.By("place"), "1", "2", "3")
}

func uniqueTexts(t *testing.T, d driver.Store) {
	type person struct {
		ID     string
		Emails []string
		Rev    store.Rev `json:"-"`
	}
	people := &store.Collection[person]{
		Name:       "person",
		Key:        func(p *person) string { return p.ID },
		Rev:        func(p *person) *store.Rev { return &p.Rev },
		Columns:    []store.Column[person]{{Name: "email", Kind: store.Texts, Of: func(p *person) any { return p.Emails }}},
		Indexes:    []store.Index{{Name: "email", On: []string{"email"}, Unique: true}},
		Impersonal: "made up",
	}
	db := openDB(t, d, people)
	ann := &person{ID: "ann", Emails: []string{"a", "b", "a"}}
	put(t, db, people, ann)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "a text of another", people.Put(ctx, tx, &person{ID: "bob", Emails: []string{"c", "b"}}), store.ErrExists)
		ann.Emails = []string{"a", "c"}
		if err := people.Put(ctx, tx, ann); err != nil {
			return err
		}
		return people.Put(ctx, tx, &person{ID: "bob", Emails: []string{"b"}})
	})
}

func deleted(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	one := full("1")
	put(t, db, notes, one)
	update(t, db, func(ctx context.Context, tx *store.Tx) error { return notes.Delete(ctx, tx, one) })
	if one.Rev != 0 {
		t.Errorf("deleted document has revision %d, want 0", one.Rev)
	}
	for ix, n := range everywhere(t, db) {
		if n > 0 {
			t.Errorf("index %q still has %d entries", ix, n)
		}
	}
	again := full("1")
	put(t, db, notes, again)
	if got := get(t, db, notes, "1"); got == nil || got.Rev != 1 {
		t.Errorf("created again it is %v, want revision 1", got)
	}
}

func deleteAbsent(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	update(t, db, func(ctx context.Context, tx *store.Tx) error {
		want(t, "delete", notes.Delete(ctx, tx, &note{ID: "1"}), store.ErrNotFound)
		return notes.Put(ctx, tx, &note{ID: "2"})
	})
	finds(t, db, "documents", store.ByKey(), "2")
}

func keysAreBytes(t *testing.T, d driver.Store) {
	db := openDB(t, d, notes)
	keys := []string{"A", "Z", "a", "a\x01", "a ", "aa", "ab", "b", "e\u0301", "\u00e9", "\uffff", "\U0001F600"}
	for _, k := range keys {
		put(t, db, notes, &note{ID: k, Text: k})
	}
	finds(t, db, "keys", store.ByKey(), keys...)
	for _, k := range keys {
		if v := get(t, db, notes, k); v == nil || v.Text != k {
			t.Errorf("under %q there is %v", k, v)
		}
	}
	finds(t, db, "keys in [a, b)", store.ByKey().From("a").To("b"), keys[2:7]...)
}

func collectionsApart(t *testing.T, d driver.Store) {
	of := func(name string) *store.Collection[note] {
		return &store.Collection[note]{Name: name, Key: notes.Key, Rev: notes.Rev, Columns: notes.Columns, Indexes: notes.Indexes, Impersonal: "made up"}
	}
	colls := []*store.Collection[note]{of("a"), of("a_b"), of("ab")}
	db := openDB(t, d, colls[0], colls[1], colls[2])
	for _, c := range colls {
		v := full("1")
		v.Text = c.Name
		put(t, db, c, v)
	}
	for _, c := range colls {
		if v := get(t, db, c, "1"); v == nil || v.Text != c.Name {
			t.Errorf("collection %s holds %v", c.Name, v)
		}
		view(t, db, func(ctx context.Context, tx *store.Tx) error {
			n := 0
			for _, err := range c.All(ctx, tx, store.By("owner")) {
				if err != nil {
					return err
				}
				n++
			}
			if n != 1 {
				t.Errorf("collection %s has %d owners, want 1", c.Name, n)
			}
			return nil
		})
	}
}
