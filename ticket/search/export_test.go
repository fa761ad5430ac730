package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/collector"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"
)

// Dump returns all that is in the index: words, and the tickets they are in.
func (x *Index) Dump(ctx context.Context) (entries []string, err error) {
	err = x.files.Read(func(r index.IndexReader) error {
		entries, err = dump(ctx, r)
		return err
	})
	return entries, err
}

func dump(ctx context.Context, r index.IndexReader) (entries []string, err error) {
	for _, field := range []string{"_id", titleField, textField, exactField, facetField, createdField, updatedField} {
		dict, err := r.FieldDict(field)
		if err != nil {
			return nil, err
		}
		defer dict.Close()
		for e, err := dict.Next(); e != nil || err != nil; e, err = dict.Next() {
			if err != nil {
				return nil, err
			}
			more, err := postings(ctx, r, field, e.Term)
			if err != nil {
				return nil, err
			}
			entries = append(entries, more...)
		}
	}
	slices.Sort(entries)
	return entries, nil
}

func postings(ctx context.Context, r index.IndexReader, field, term string) (entries []string, err error) {
	docs, err := r.TermFieldReader(ctx, []byte(term), field, true, true, true)
	if err != nil {
		return nil, err
	}
	defer docs.Close()
	for d, err := docs.Next(nil); d != nil || err != nil; d, err = docs.Next(nil) {
		if err != nil {
			return nil, err
		}
		id, err := r.ExternalID(d.ID)
		if err != nil {
			return nil, err
		}
		places := ""
		for _, v := range d.Vectors {
			places += fmt.Sprint(v.ArrayPositions, v.Pos, v.Start, v.End, ";")
		}
		entries = append(entries, fmt.Sprintf("%s %q %s %d %s", field, term, id, d.Freq, places))
	}
	return entries, nil
}

// Words returns the words of titles that the files hold, those of deleted tickets, too.
func (x *Index) Words() (words []string, err error) {
	err = x.files.Read(func(r index.IndexReader) error {
		dict, err := r.FieldDict(titleField)
		if err != nil {
			return err
		}
		defer dict.Close()
		for e, err := dict.Next(); e != nil || err != nil; e, err = dict.Next() {
			if err != nil {
				return err
			}
			words = append(words, e.Term)
		}
		return nil
	})
	return words, err
}

// Analyzer is what takes texts apart.
var Analyzer = analyzer{}

// Raw asks bleve for any of the words, and reads no ticket.
func (x *Index) Raw(ctx context.Context, words []string, n int) error {
	return x.files.Read(func(r index.IndexReader) error {
		var of []search.Searcher
		for _, w := range words {
			s, err := searcher.NewTermSearcher(ctx, r, w, textField, 1, search.SearcherOptions{})
			if err != nil {
				return err
			}
			of = append(of, s)
		}
		s, err := searcher.NewDisjunctionSearcher(ctx, r, of, 1, search.SearcherOptions{})
		if err != nil {
			return err
		}
		defer s.Close()
		return collector.NewTopNCollector(n, 0, search.SortOrder{&search.SortScore{Desc: true}}).Collect(ctx, s, r)
	})
}
