package storetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
)

var formCases = []testCase{
	{"Upgrade", "A document of an older form is read through its upgrade, times and all, and rewritten when it is next put.", upgrade},
	{"UpgradeChain", "Each older form has an upgrade of its own; one without is an error, not a guess.", upgradeChain},
	{"NewerOnOpen", "A program that is older than the written form can't open the store: ErrNewer, and nothing changes.", newerOnOpen},
	{"NewerOnRead", "A document of a newer form is ErrNewer when it is read, by Get and by scans.", newerOnRead},
	{"WriteAsShared", "On a shared store a new program writes the older form until Raise, and reads both.", writeAsShared},
	{"WriteAsAlone", "On a store of one process a new program writes the new form at once.", writeAsAlone},
}

// The three forms of a contact.
type (
	contact1 struct {
		ID, Name string
		Since    time.Time
		Rev      store.Rev `json:"-"`
	}
	contact2 struct {
		ID, First, Last string
		Since           time.Time
		Rev             store.Rev `json:"-"`
	}
	contact3 struct {
		ID    string
		Names []string
		Since time.Time
		Rev   store.Rev `json:"-"`
	}
)

func contacts1() *store.Collection[contact1] {
	return &store.Collection[contact1]{Name: "contact", Key: func(c *contact1) string { return c.ID }, Rev: func(c *contact1) *store.Rev { return &c.Rev }}
}

func second(c *contact1) (*contact2, error) {
	first, last, ok := strings.Cut(c.Name, " ")
	if !ok {
		return nil, errPurpose
	}
	return &contact2{ID: c.ID, First: first, Last: last, Since: c.Since}, nil
}

func contacts2() *store.Collection[contact2] {
	return &store.Collection[contact2]{
		Name: "contact", Key: func(c *contact2) string { return c.ID }, Rev: func(c *contact2) *store.Rev { return &c.Rev },
		Columns:  []store.Column[contact2]{{Name: "last", Kind: store.Text, Of: func(c *contact2) any { return c.Last }}},
		Indexes:  []store.Index{{Name: "last", On: []string{"last"}}},
		Version:  2,
		Upgrades: []store.Upgrade[contact2]{store.UpgradeFrom(1, second)},
		Older:    store.WriteAs(func(c *contact2) *contact1 { return &contact1{ID: c.ID, Name: c.First + " " + c.Last, Since: c.Since} }),
	}
}

func contacts3() *store.Collection[contact3] {
	third := func(c *contact2) (*contact3, error) {
		return &contact3{ID: c.ID, Names: []string{c.First, c.Last}, Since: c.Since}, nil
	}
	return &store.Collection[contact3]{
		Name: "contact", Key: func(c *contact3) string { return c.ID }, Rev: func(c *contact3) *store.Rev { return &c.Rev },
		Version: 3,
		Upgrades: []store.Upgrade[contact3]{store.UpgradeFrom(2, third), store.UpgradeFrom(1, func(c *contact1) (*contact3, error) {
			two, err := second(c)
			if err != nil {
				return nil, err
			}
			return third(two)
		})},
	}
}

// storedVersion reads in which form a document is stored.
func storedVersion(t *testing.T, d driver.Store, coll, key string) int {
	t.Helper()
	tx, err := d.Begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	doc, err := tx.Get(t.Context(), coll, key, driver.None)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Version
}

// exactly is a moment whose seconds have no exact binary fraction.
var exactly = noon.Add(987_654_321 * time.Microsecond)

func upgrade(t *testing.T, d driver.Store) {
	one, two := contacts1(), contacts2()
	put(t, openDB(t, d, one), one, &contact1{ID: "1", Name: "Ada Lovelace", Since: exactly}, &contact1{ID: "2", Name: "Alan Turing"})

	db := openDB(t, d, two)
	if err := db.Raise(t.Context()); err != nil {
		t.Fatal(err)
	}
	wanted := &contact2{ID: "1", First: "Ada", Last: "Lovelace", Since: exactly, Rev: 1}
	got := get(t, db, two, "1")
	same(t, "first read", got, wanted)
	if v := storedVersion(t, d, "contact", "1"); v != 1 {
		t.Errorf("reading changed the stored form to %d", v)
	}
	got.First = "Augusta Ada"
	put(t, db, two, got)
	if v := storedVersion(t, d, "contact", "1"); v != 2 {
		t.Errorf("after Put the stored form is %d, want 2", v)
	}
	wanted.First, wanted.Rev = "Augusta Ada", 2
	same(t, "second read", get(t, db, two, "1"), wanted)
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		vs, _, err := two.Page(ctx, tx, store.ByKey().Limit(9))
		if err != nil || len(vs) != 2 || vs[1].Last != "Turing" {
			t.Errorf("a scan over both forms gives %v, %v", vs, err)
		}
		return nil
	})
}

func upgradeChain(t *testing.T, d driver.Store) {
	one, two, three := contacts1(), contacts2(), contacts3()
	put(t, openDB(t, d, one), one, &contact1{ID: "1", Name: "Ada Lovelace", Since: exactly}, &contact1{ID: "bad", Name: "Plato"})
	db := openDB(t, d, two)
	if err := db.Raise(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, db, two, &contact2{ID: "2", First: "Alan", Last: "Turing"})
	db = openDB(t, d, three)
	same(t, "from form 1", get(t, db, three, "1"), &contact3{ID: "1", Names: []string{"Ada", "Lovelace"}, Since: exactly, Rev: 1})
	same(t, "from form 2", get(t, db, three, "2"), &contact3{ID: "2", Names: []string{"Alan", "Turing"}, Rev: 1})
	err := db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := three.Get(ctx, tx, "bad")
		return err
	})
	want(t, "an upgrade that fails", err, errPurpose)

	three = contacts3()
	three.Upgrades = three.Upgrades[:1]
	db = openDB(t, d, three)
	err = db.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := three.Get(ctx, tx, "1")
		return err
	})
	if err == nil || errors.Is(err, store.ErrNewer) || asError(err) == nil {
		t.Errorf("without an upgrade the error is %v", err)
	}
}

func newerOnOpen(t *testing.T, d driver.Store) {
	one, two := contacts1(), contacts2()
	put(t, openDB(t, d, one), one, &contact1{ID: "1", Name: "Ada Lovelace"})
	db := openDB(t, d, two)
	if err := db.Raise(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), d, nil, contacts1())
	want(t, "open with an older program", err, store.ErrNewer)
	db = openDB(t, d, contacts2())
	if db.Building() == nil {
		t.Error("the index of form 2 isn't building")
	}
	if v := get(t, db, two, "1"); v == nil || v.Last != "Lovelace" {
		t.Errorf("the document is %v", v)
	}
}

func newerOnRead(t *testing.T, d driver.Store) {
	two := contacts2()
	db := openDB(t, d, two)
	put(t, db, two, &contact2{ID: "1", Last: "l"})
	tx, err := d.Begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := tx.Get(t.Context(), "contact", "1", driver.None)
	if err != nil {
		t.Fatal(err)
	}
	doc.Rev, doc.Version, doc.Data, doc.Cols = 2, 3, append([]byte(nil), doc.Data...), []any{"l"}
	if err := errors.Join(tx.Put(t.Context(), "contact", doc, 1), tx.Commit(t.Context())); err != nil {
		t.Fatal(err)
	}
	view(t, db, func(ctx context.Context, tx *store.Tx) error {
		_, err := two.Get(ctx, tx, "1")
		want(t, "get", err, store.ErrNewer)
		for _, q := range []store.Query{store.ByKey(), store.By("last", "l")} {
			_, _, err = two.Page(ctx, tx, q.Limit(1))
			want(t, "page", err, store.ErrNewer)
			for v, err := range two.All(ctx, tx, q) {
				want(t, "all", err, store.ErrNewer)
				if v != nil {
					t.Errorf("all yields %v", v)
				}
			}
		}
		return nil
	})
}

func writeAsShared(t *testing.T, d driver.Store) {
	shared(t, d)
	one, two := contacts1(), contacts2()
	old := openDB(t, d, one)
	put(t, old, one, &contact1{ID: "1", Name: "Ada Lovelace"})
	db := openDB(t, d, two)
	put(t, db, two, &contact2{ID: "2", First: "Alan", Last: "Turing", Since: exactly})
	if v := storedVersion(t, d, "contact", "2"); v != 1 {
		t.Errorf("before Raise the new program writes form %d, want 1", v)
	}
	same(t, "what the old program reads", get(t, old, one, "2"), &contact1{ID: "2", Name: "Alan Turing", Since: exactly, Rev: 1})
	same(t, "what the new program reads", get(t, db, two, "1"), &contact2{ID: "1", First: "Ada", Last: "Lovelace", Rev: 1})
	if err := db.Raise(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, db, two, &contact2{ID: "3", First: "Grace", Last: "Hopper"})
	if v := storedVersion(t, d, "contact", "3"); v != 2 {
		t.Errorf("after Raise the new program writes form %d, want 2", v)
	}
}

func writeAsAlone(t *testing.T, d driver.Store) {
	if d.Traits().Shared {
		t.Skip("other processes may write here")
	}
	one, two := contacts1(), contacts2()
	put(t, openDB(t, d, one), one, &contact1{ID: "1", Name: "Ada Lovelace"})
	db := openDB(t, d, two)
	put(t, db, two, &contact2{ID: "2", First: "Alan", Last: "Turing"})
	if v := storedVersion(t, d, "contact", "2"); v != 2 {
		t.Errorf("the new program writes form %d, want 2", v)
	}
}
