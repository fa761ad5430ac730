package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/frontdesk-go/frontdesk/internal/eachstore"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

// page is a document of an invented world: a book belongs to somebody, its pages
// have his words and may quote somebody else, and slips lie anywhere.
type page struct {
	ID    string    `json:"id"`
	Owner string    `json:"owner,omitempty"`
	Cites string    `json:"cites,omitempty"`
	Words string    `json:"words,omitempty"`
	Rev   store.Rev `json:"-"`
}

func pages(name string, found ...store.Way) *store.Collection[page] {
	return &store.Collection[page]{
		Name: name,
		Key:  func(p *page) string { return p.ID },
		Rev:  func(p *page) *store.Rev { return &p.Rev },
		Columns: []store.Column[page]{
			{Name: "owner", Kind: store.Text, Of: func(p *page) any { return p.Owner }},
			{Name: "cites", Kind: store.Text, Of: func(p *page) any { return p.Cites }},
		},
		Indexes: []store.Index{{Name: "owner", On: []string{"owner"}}, {Name: "cites", On: []string{"cites"}}},
		Subjects: func(p *page) (of []string) {
			for _, who := range []string{p.Owner, p.Cites} {
				if who != "" {
					of = append(of, who)
				}
			}
			return of
		},
		Erase: func(p *page, subject string) bool {
			p.Words = ""
			return !strings.HasPrefix(p.ID, "slip")
		},
		Found: found,
	}
}

// library is a store of that world.
type library struct {
	*store.DB
	t    *testing.T
	all  []*store.Collection[page]
	docs map[string]map[string]*page // by collection and key
}

func openLibrary(t *testing.T, d driver.Store) *library {
	t.Helper()
	l := &library{t: t, docs: map[string]map[string]*page{}, all: []*store.Collection[page]{
		pages("leaf", store.Under("shelf"), store.InIndex("cites")), // named before what it is under
		pages("self", store.Under("")),
		pages("shelf", store.InIndex("owner"), store.InIndex("cites")),
		pages("slip"),
	}}
	var colls []store.Any
	for _, c := range l.all {
		colls = append(colls, c)
		l.docs[c.Name] = map[string]*page{}
	}
	var err error
	if l.DB, err = store.Open(t.Context(), d, nil, colls...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func (l *library) put(ps map[string][]*page) {
	l.t.Helper()
	err := l.Update(l.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, c := range l.all {
			for _, p := range ps[c.Name] {
				if err := c.Put(ctx, tx, p); err != nil {
					return err
				}
				l.docs[c.Name][p.ID] = p
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// random fills the library with the things of a few people.
func (l *library) random(people []string) {
	l.t.Helper()
	who := func(often int) string {
		if rand.IntN(100) >= often {
			return ""
		}
		return people[rand.IntN(len(people))]
	}
	ps := map[string][]*page{}
	for _, p := range people {
		ps["self"] = append(ps["self"], &page{ID: p, Owner: p, Words: "w"}, &page{ID: p + "/1", Owner: p, Words: "w"}, &page{ID: p + "0", Owner: "", Words: "w"})
	}
	for i := range 150 {
		b := &page{ID: fmt.Sprintf("book%03d", i), Owner: people[rand.IntN(len(people))], Cites: who(10), Words: "w"}
		ps["shelf"] = append(ps["shelf"], b)
		for j := range rand.IntN(4) {
			ps["leaf"] = append(ps["leaf"], &page{ID: fmt.Sprintf("%s/%d", b.ID, j), Owner: b.Owner, Cites: who(20), Words: "w"})
		}
		ps["slip"] = append(ps["slip"], &page{ID: fmt.Sprintf("slip%03d", i), Owner: who(50), Words: "w"})
	}
	l.put(ps)
}

// found are the keys of a collection by the guided way.
func (l *library) found(coll string, subjects ...string) (keys []string) {
	l.t.Helper()
	for p, err := range l.Personal(l.t.Context(), coll, subjects...) {
		if err != nil {
			l.t.Fatal(err)
		}
		if p.Collection != coll || p.Doc.(*page).ID != p.Key {
			l.t.Errorf("found %+v in %s", p, coll)
		}
		keys = append(keys, p.Key)
	}
	slices.Sort(keys)
	return keys
}

// The ways lead to all documents of somebody, over any number of pages, and to each
// once; an erasure changes those and no others, and nothing the second time.
func TestPersonal(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		l := openLibrary(t, d)
		people := []string{"ann", "bob", "cid"}
		l.random(people)
		if got := l.PersonalCollections(); !slices.Equal(got, []string{"self", "shelf", "slip", "leaf"}) {
			t.Errorf("collections in the order %v", got)
		}
		for _, subjects := range [][]string{{"ann"}, {"bob", "cid"}, people, {"nobody"}, {}} {
			for name, docs := range l.docs {
				var want []string
				for key, p := range docs {
					if slices.Contains(subjects, p.Owner) || slices.Contains(subjects, p.Cites) {
						want = append(want, key)
					}
				}
				slices.Sort(want)
				// A leaf is found under its book, or by whom it cites.
				if got := l.found(name, subjects...); !slices.Equal(got, want) {
					t.Errorf("%s of %v: %v, want %v", name, subjects, got, want)
				}
			}
		}
		for _, name := range l.PersonalCollections() {
			want := len(l.found(name, "ann"))
			if n, err := l.Erase(t.Context(), name, nil, "ann"); n != want || err != nil {
				t.Errorf("erased %d of %s, want %d, %v", n, name, want, err)
			}
			if n, err := l.Erase(t.Context(), name, nil, "ann"); n != 0 || err != nil {
				t.Errorf("erased %d of %s again, %v", n, name, err)
			}
		}
		for _, c := range l.all {
			for key, was := range l.docs[c.Name] {
				his := was.Owner == "ann" || was.Cites == "ann"
				err := l.View(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					now, err := c.Get(ctx, tx, key)
					if his && c.Name == "slip" && errors.Is(err, store.ErrNotFound) {
						return nil
					}
					if err == nil && (now.Words == "") != his {
						t.Errorf("%s %s says %q", c.Name, key, now.Words)
					}
					return err
				})
				if err != nil {
					t.Errorf("%s %s: %v", c.Name, key, err)
				}
			}
		}
	})
}

// What comes before an erasure keeps it from happening if it fails, and what comes
// with it takes it back; both are called again.
func TestEraseTogetherWithOthers(t *testing.T) {
	t.Parallel()
	eachstore.Run(t, func(t *testing.T, d driver.Store) {
		l := openLibrary(t, d)
		l.put(map[string][]*page{"shelf": {{ID: "b1", Owner: "ann", Words: "w"}, {ID: "b2", Owner: "bob", Words: "w"}}})
		var before, with []string
		bad := errors.New("not now")
		failing := true
		shelf := l.all[2]
		o := &store.EraseOptions{
			Before: func(_ context.Context, p *store.Personal) error {
				if before = append(before, p.Doc.(*page).Words); len(before) == 1 {
					return bad
				}
				return nil
			},
			Cares: []store.Care{shelf.Care(func(_ context.Context, _ *store.Tx, p *page) error {
				if with = append(with, p.ID+p.Words); failing {
					return bad
				}
				return nil
			}), l.all[0].Care(func(context.Context, *store.Tx, *page) error { return errors.New("of another collection") })},
		}
		for range 2 {
			if n, err := l.Erase(t.Context(), "shelf", o, "ann"); n != 0 || !errors.Is(err, bad) {
				t.Errorf("erased %d, %v", n, err)
			}
			if l.words("b1") != "w" {
				t.Error("it is erased although something failed")
			}
		}
		failing = false
		if n, err := l.Erase(t.Context(), "shelf", o, "ann"); n != 1 || err != nil || l.words("b1") != "" || l.words("b2") != "w" {
			t.Errorf("erased %d, %v", n, err)
		}
		if !slices.Equal(before, []string{"w", "w", "w"}) || !slices.Equal(slices.Compact(with), []string{"b1"}) {
			t.Errorf("before %v, with %v", before, with)
		}
	})
}

func (l *library) words(id string) (said string) {
	l.t.Helper()
	err := l.View(l.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		p, err := l.all[2].Get(ctx, tx, id)
		if err == nil {
			said = p.Words
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return said
}

// A way that leads nowhere is refused when the store is opened, and so is asking a
// collection that holds nothing personal.
func TestWaysAreChecked(t *testing.T) {
	t.Parallel()
	impersonal := &store.Collection[page]{Name: "map", Key: func(p *page) string { return p.ID }, Rev: func(p *page) *store.Rev { return &p.Rev }, Impersonal: "maps"}
	for name, colls := range map[string][]store.Any{
		"one that isn't there": {pages("leaf", store.Under("shelf"))},
		"itself":               {pages("leaf", store.Under("leaf"))},
		"each other":           {pages("leaf", store.Under("shelf")), pages("shelf", store.Under("leaf"))},
		"an impersonal one":    {pages("leaf", store.Under("map")), impersonal},
	} {
		inMemory(func(d driver.Store) {
			if _, err := store.Open(t.Context(), d, nil, colls...); err == nil {
				t.Errorf("a way under %s was taken", name)
			}
		})
	}
	inMemory(func(d driver.Store) {
		db, err := store.Open(t.Context(), d, nil, impersonal)
		if err != nil {
			t.Fatal(err)
		}
		for _, coll := range []string{"map", "none"} {
			if _, err := db.Erase(t.Context(), coll, nil, "ann"); !errors.Is(err, store.ErrValue) {
				t.Errorf("erasing in %s: %v", coll, err)
			}
		}
		if err := db.Compact(t.Context()); err != nil {
			t.Errorf("in memory there is nothing to compact: %v", err)
		}
	})
}

func inMemory(f func(d driver.Store)) {
	d := memstore.New()
	defer d.Close()
	f(d)
}
