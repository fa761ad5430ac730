package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Way says how one subject's documents are found in a collection, without looking
// at all of it; see Collection.Found.
type Way struct {
	index string
	under string // a collection; "" is the subject's own id
}

// InIndex finds documents by an index whose first column is the subject's id.
func InIndex(index string) Way { return Way{index: index} }

// Under finds documents whose key is that of one of the subject's documents in
// another collection, or goes on behind it with a slash. "" is the subject's own id
// in place of such a key.
func Under(collection string) Way { return Way{under: collection} }

// Personal is a document that holds personal data of somebody who was asked for.
type Personal struct {
	Collection string
	Key        string
	Doc        any // *T of its collection, as it is stored
	Shown      any // what of it is his to see; see Collection.Show
}

// personalPage is how many documents a walk reads in a View.
const personalPage = 64

// PersonalCollections names the collections that hold personal data, those first
// under whose documents others are found.
func (db *DB) PersonalCollections() []string {
	names := slices.DeleteFunc(slices.Collect(maps.Keys(db.colls)), func(name string) bool { return !db.colls[name].personal() })
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(db.depth(a), db.depth(b)), cmp.Compare(a, b)) })
	return names
}

// depth is over how many collections documents of this one are found.
func (db *DB) depth(coll string) (n int) {
	c := db.colls[coll]
	if c == nil {
		return 0
	}
	for _, w := range c.found {
		if w.under != "" {
			n = max(n, 1+db.depth(w.under))
		}
	}
	return n
}

// checkWays makes sure that every way leads somewhere.
func (db *DB) checkWays() error {
	for name, c := range db.colls {
		for _, w := range c.found {
			if w.under == "" {
				continue
			}
			if up := db.colls[w.under]; up == nil || !up.personal() || w.under == name || slices.ContainsFunc(up.found, func(w Way) bool { return w.under == name }) {
				return fmt.Errorf("collection %s: its documents are found under %s, which isn't one that holds personal data by itself", name, w.under)
			}
		}
	}
	return nil
}

// Personal yields the documents of a collection that hold personal data of any of
// the subjects, each once. It reads pages, each in a View of its own, none of which
// is open while the loop's body runs: who changes documents meanwhile may be met
// twice or not at all.
func (db *DB) Personal(ctx context.Context, coll string, subjects ...string) iter.Seq2[*Personal, error] {
	return func(yield func(*Personal, error) bool) {
		for page, err := range db.personalPages(ctx, coll, subjects) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, p := range page {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

func (db *DB) personalPages(ctx context.Context, coll string, subjects []string) iter.Seq2[[]*Personal, error] {
	return func(yield func([]*Personal, error) bool) {
		c := db.colls[coll]
		if c == nil || !c.personal() {
			yield(nil, fmt.Errorf("collection %s: it isn't declared, or holds nothing personal: %w", coll, ErrValue))
			return
		}
		for s, err := range db.spans(ctx, c, subjects) {
			if err != nil {
				yield(nil, err)
				return
			}
			for next := ""; ; {
				var page []*Personal
				err := db.View(ctx, func(ctx context.Context, tx *Tx) (err error) {
					page, next, err = db.personalPage(ctx, tx, c, s, next, subjects)
					return err
				})
				if err != nil {
					yield(nil, err)
					return
				}
				if len(page) > 0 && !yield(page, nil) {
					return
				}
				if next == "" {
					break
				}
			}
		}
	}
}

// reach is a part of a collection that may hold documents of the subjects.
type reach struct {
	q     Query
	under string // the keys that count; "" is all
	way   int
}

func (r *reach) holds(key string) bool {
	return r.under == "" || key == r.under || strings.HasPrefix(key, r.under+"/")
}

// spans are all parts of a collection where documents of the subjects may be.
func (db *DB) spans(ctx context.Context, c *untyped, subjects []string) iter.Seq2[*reach, error] {
	return func(yield func(*reach, error) bool) {
		keys := func(way int, key string) bool {
			return yield(&reach{ByKey().From(key).To(key + "0"), key, way}, nil) // '0' follows '/'
		}
		if c.found == nil {
			yield(&reach{q: ByKey()}, nil)
			return
		}
		for i, w := range c.found {
			if w.index == "" && w.under != "" {
				for up, err := range db.Personal(ctx, w.under, subjects...) {
					if err != nil {
						yield(nil, err)
						return
					}
					if !keys(i, up.Key) {
						return
					}
				}
				continue
			}
			for _, s := range subjects {
				if w.index == "" && !keys(i, s) || w.index != "" && !yield(&reach{q: By(w.index, s), way: i}, nil) {
					return
				}
			}
		}
	}
}

// personalPage reads the next page of a span. What an earlier way, or an earlier
// subject, leads to was met there.
func (db *DB) personalPage(ctx context.Context, tx *Tx, c *untyped, s *reach, after string, subjects []string) ([]*Personal, string, error) {
	all, next, err := c.owned(ctx, tx, s.q.Limit(personalPage).After(after), subjects)
	if err != nil {
		return nil, "", err
	}
	var page []*Personal
	for _, p := range all {
		if !s.holds(p.Key) {
			continue
		}
		again := false
		for _, w := range c.found[:min(s.way, len(c.found))] {
			if again, err = db.leads(ctx, tx, c, w, p, subjects); err != nil {
				return nil, "", err
			}
			if again {
				break
			}
		}
		if !again {
			page = append(page, p)
		}
	}
	return page, next, nil
}

// leads says whether a way leads to a document.
func (db *DB) leads(ctx context.Context, tx *Tx, c *untyped, w Way, p *Personal, subjects []string) (bool, error) {
	if w.index != "" {
		return c.indexed(w.index, p.Doc, subjects), nil
	}
	parent, _, _ := strings.Cut(p.Key, "/")
	if w.under == "" {
		return slices.Contains(subjects, parent), nil
	}
	return db.colls[w.under].owns(ctx, tx, parent, subjects)
}
