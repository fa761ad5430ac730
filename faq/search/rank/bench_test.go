package rank_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/collector"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/faq/search/internal/madeup"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
)

// library is articles with titles of 8 words and bodies of 100.
func library(n int) []rank.Document {
	docs := make([]rank.Document, n)
	for i, a := range madeup.Library(n) {
		docs[i] = rank.Document{ID: fmt.Sprintf("%06d", i), Language: "en", Title: a.Title, Body: a.Body}
	}
	return docs
}

func filled(docs []rank.Document) *rank.Engine {
	e := rank.New(nil)
	for part := range slices.Chunk(docs, 200) {
		e.Put(part...)
	}
	return e
}

// kinds are what people type: of 10,000 and 100,000 articles.
var kinds = []struct {
	name   string
	typing bool
	words  int
}{{"question", false, 8}, {"two words", false, 2}, {"typing", true, 1}}

func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		e := filled(library(n))
		e.Search(rank.Query{Text: "warm up"})
		for _, k := range kinds {
			b.Run(fmt.Sprintf("%d/%s", n, k.name), func(b *testing.B) {
				next := madeup.Asked(k.words, k.typing)
				median(b, func() {
					e.Search(rank.Query{Text: next(), Typing: k.typing})
				})
			})
		}
	}
}

// BenchmarkSearchRaw is bleve with the same words, ranked by bleve, and nothing else.
func BenchmarkSearchRaw(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		files := raw(b, library(n))
		for _, k := range kinds {
			b.Run(fmt.Sprintf("%d/%s", n, k.name), func(b *testing.B) {
				next := madeup.Asked(k.words, k.typing)
				median(b, func() { askRaw(b, files, next(), k.typing) })
			})
		}
	}
}

type analyzer struct{ *words.Language }

func (a analyzer) Analyze(text []byte) analysis.TokenStream {
	ts := a.Tokens(string(text))
	stream := make(analysis.TokenStream, len(ts))
	for i, t := range ts {
		stream[i] = &analysis.Token{Term: []byte(t.Term), Start: t.Start, End: t.End, Position: i + 1}
	}
	return stream
}

func raw(b *testing.B, docs []rank.Document) index.Index {
	queue := index.NewAnalysisQueue(2)
	files, err := scorch.NewScorch(scorch.Name, map[string]any{"path": filepath.Join(b.TempDir(), "raw"), "unsafe_batch": true}, queue)
	must(b, err)
	must(b, files.Open())
	b.Cleanup(func() { files.Close(); queue.Close() })
	english := analyzer{words.For("en")}
	for part := range slices.Chunk(docs, 200) {
		batch := index.NewBatch()
		for _, d := range part {
			doc := document.NewDocument(d.ID)
			doc.AddField(document.NewTextFieldCustom("title", nil, []byte(d.Title), index.IndexField, english))
			doc.AddField(document.NewTextFieldCustom("body", nil, []byte(d.Body), index.IndexField, english))
			batch.Update(doc)
		}
		must(b, files.Batch(batch))
	}
	return files
}

func askRaw(b *testing.B, files index.Index, text string, typing bool) {
	ctx := context.Background()
	r, err := files.Reader()
	must(b, err)
	defer r.Close()
	var of []search.Searcher
	for _, w := range strings.Fields(text) {
		for _, field := range []string{"title", "body"} {
			var s search.Searcher
			if typing {
				s, err = searcher.NewTermPrefixSearcher(ctx, r, w, field, 1, search.SearcherOptions{})
			} else {
				s, err = searcher.NewTermSearcher(ctx, r, w, field, 1, search.SearcherOptions{})
			}
			must(b, err)
			of = append(of, s)
		}
	}
	s, err := searcher.NewDisjunctionSearcher(ctx, r, of, 1, search.SearcherOptions{})
	must(b, err)
	defer s.Close()
	must(b, collector.NewTopNCollector(10, 0, search.SortOrder{&search.SortScore{Desc: true}}).Collect(ctx, s, r))
}

// BenchmarkPut tells how many articles a second are taken in, and what memory they
// take.
func BenchmarkPut(b *testing.B) {
	docs := library(10_000)
	b.ReportAllocs()
	var e *rank.Engine
	for b.Loop() {
		e = filled(docs)
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "articles/s")
	b.ReportMetric(resident(func() any { return filled(docs) }), "MB")
	runtime.KeepAlive(e)
}

// BenchmarkPutRaw is bleve with the same words.
func BenchmarkPutRaw(b *testing.B) {
	docs := library(10_000)
	b.ReportAllocs()
	for b.Loop() {
		raw(b, docs)
	}
	b.ReportMetric(float64(len(docs)*b.N)/b.Elapsed().Seconds(), "articles/s")
}

// resident is how much memory something takes, in MB.
func resident(f func() any) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	v := f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(v)
	return float64(after.HeapAlloc-before.HeapAlloc) / (1 << 20)
}

func BenchmarkLearn(b *testing.B) {
	e := filled(library(10_000))
	b.ReportAllocs()
	for b.Loop() {
		e.Learn()
	}
}

func median(b *testing.B, do func()) {
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		do()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs/p99")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
