package search

import (
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/internal/indexfiles"
)

// Dump returns all that the files hold.
func (x *Index) Dump() (entries []string, err error) {
	err = x.files.Read(func(r index.IndexReader) error {
		return each(r, func(key string, value []byte, _ bool) error {
			entries = append(entries, fmt.Sprintf("%s %q", key, value))
			return nil
		})
	})
	slices.Sort(entries)
	return entries, err
}

// WithoutLearning is New of an index that never learns, so that its reading alone can be
// measured.
func WithoutLearning(p Parts, o *Options) *Index {
	x := New(p, o)
	source := indexfiles.Source{Name: "faq-search", Form: form, Build: x.build, Follow: x.follow, Load: x.load, Drop: x.drop}
	x.files = indexfiles.New(source, indexfiles.Options{DB: p.DB, Events: p.Events, Dir: o.Dir})
	return x
}
