package search

import (
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
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
