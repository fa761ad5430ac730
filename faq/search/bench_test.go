package search_test

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
	blevesearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/collector"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/frontdesk-go/frontdesk/faq"
	"github.com/frontdesk-go/frontdesk/faq/search"
	"github.com/frontdesk-go/frontdesk/faq/search/internal/madeup"
	"github.com/frontdesk-go/frontdesk/faq/search/rank"
	"github.com/frontdesk-go/frontdesk/faq/search/rank/words"
	"github.com/frontdesk-go/frontdesk/store"
	"github.com/frontdesk-go/frontdesk/store/memstore"
)

const (
	benchArticles = 10_000
	benchChanged  = 1_000
)

// shelved publishes articles, in sections of 500, and returns their ids.
func (d *desk) shelved(b *testing.B, ts []madeup.Article) (ids []string) {
	const together = 50 // in one transaction
	for len(ids) < len(ts) {
		if len(ids)%500 == 0 {
			d.shelf = d.section(b, fmt.Sprint("Shelf ", len(ids)))
		}
		part := ts[len(ids):min(len(ids)+together, len(ts))]
		var now []string
		must(b, d.db.Update(b.Context(), func(ctx context.Context, tx *store.Tx) error {
			now = now[:0]
			f := d.faq.In(tx)
			for _, t := range part {
				a := &faq.Article{Section: d.shelf.ID}
				if err := f.SaveArticle(ctx, host, a); err != nil {
					return err
				}
				if _, err := f.SaveDraft(ctx, host, &faq.Draft{Article: a.ID, Language: "en", Content: faq.Content{Title: t.Title, Body: t.Body}}); err != nil {
					return err
				}
				if _, err := f.Publish(ctx, host, a.ID, "en"); err != nil {
					return err
				}
				now = append(now, a.ID)
			}
			return nil
		}))
		ids = append(ids, now...)
	}
	return ids
}

// indexed is a desk with articles, and an index of them in a directory.
func indexed(b *testing.B, n int) (d *desk, o *search.Options) {
	o = &search.Options{Dir: filepath.Join(b.TempDir(), "ix")}
	d = open(b, memstore.New(), o)
	d.shelved(b, madeup.Library(n))
	d.step(b)
	must(b, d.ix.Compact(b.Context())) // bleve doesn't merge behind what is measured
	return d, o
}

// kinds are what people type.
var kinds = []struct {
	name   string
	typing bool
	words  int
}{{"question", false, 8}, {"typing", true, 1}}

// sizes are of small desks and of the largest; those take minutes to be written.
func sizes(b *testing.B) []int {
	if testing.Short() {
		return []int{benchArticles}
	}
	return []int{benchArticles, 100_000}
}

// BenchmarkFind is a search as somebody does it: what he may see, ranking, and ten
// articles read of the store with their snippets. What of it is ranking, Rank says. Start
// opens the files up to the first answer, and tells what memory they take once what that
// took is collected, and the index has learned.
func BenchmarkFind(b *testing.B) {
	for _, n := range sizes(b) {
		d, o := indexed(b, n)
		find := func(text string, typing bool) {
			_, err := d.ix.Find(b.Context(), reader, faq.Search{Text: text, Typing: typing, Limit: 10})
			must(b, err)
		}
		for _, k := range kinds {
			b.Run(fmt.Sprint(n, "/", k.name), func(b *testing.B) {
				next := madeup.Asked(k.words, k.typing)
				median(b, func() { find(next(), k.typing) })
			})
		}
		must(b, d.ix.Close())
		b.Run(fmt.Sprint(n, "/start"), func(b *testing.B) {
			before := resident()
			for b.Loop() {
				d.index(b, o)
				find("bada", false)
				b.StopTimer()
				_, err := d.ix.Step(b.Context())
				must(b, err)
				b.ReportMetric(resident()-before, "MB")
				must(b, d.ix.Close())
				b.StartTimer()
			}
		})
	}
}

// BenchmarkFindRaw is bleve with the same words, ranked by bleve, and no article is read.
// Its files are mapped, and not counted as memory.
func BenchmarkFindRaw(b *testing.B) {
	for _, n := range sizes(b) {
		dir := filepath.Join(b.TempDir(), fmt.Sprint(n))
		files := openRaw(b, dir)
		putRaw(b, files, madeup.Library(n))
		for _, k := range kinds {
			b.Run(fmt.Sprint(n, "/", k.name), func(b *testing.B) {
				next := madeup.Asked(k.words, k.typing)
				median(b, func() { askRaw(b, files, next(), k.typing) })
			})
		}
		must(b, files.Close())
		b.Run(fmt.Sprint(n, "/start"), func(b *testing.B) {
			before := resident()
			for b.Loop() {
				files := openRaw(b, dir)
				askRaw(b, files, "bada", false)
				b.StopTimer()
				b.ReportMetric(resident()-before, "MB")
				must(b, files.Close())
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRank is the engine alone, of the same articles.
func BenchmarkRank(b *testing.B) {
	e := rank.New(nil)
	for i, t := range madeup.Library(benchArticles) {
		e.Put(rank.Document{ID: fmt.Sprint(i), Language: "en", Title: t.Title, Body: t.Body})
	}
	e.Learn()
	for _, k := range kinds {
		b.Run(fmt.Sprint(benchArticles, "/", k.name), func(b *testing.B) {
			next := madeup.Asked(k.words, k.typing)
			median(b, func() { e.Search(rank.Query{Text: next(), Typing: k.typing, Limit: 100}) })
		})
	}
}

// unlearned is a desk with articles, and an index that doesn't learn: what that takes, and
// how seldom, rank says.
func unlearned(b *testing.B) (d *desk, ids []string) {
	d = openMemory(b)
	ids = d.shelved(b, madeup.Library(benchArticles))
	d.ix = search.WithoutLearning(search.Parts{DB: d.db, Events: d.events, FAQ: d.faq}, &search.Options{Dir: filepath.Join(b.TempDir(), "unlearned")})
	ix := d.ix
	b.Cleanup(func() { must(b, ix.Close()) })
	d.step(b)
	return d, ids
}

// BenchmarkBuild makes an index of 10,000 articles from the store.
func BenchmarkBuild(b *testing.B) {
	d, _ := unlearned(b)
	b.ReportAllocs()
	for b.Loop() {
		must(b, d.ix.Reset())
		_, err := d.ix.Step(b.Context())
		must(b, err)
	}
	b.ReportMetric(float64(benchArticles*b.N)/b.Elapsed().Seconds(), "articles/s")
}

// BenchmarkBuildRaw writes the same words to bleve, in the same portions.
func BenchmarkBuildRaw(b *testing.B) {
	ts := madeup.Library(benchArticles)
	b.ReportAllocs()
	for b.Loop() {
		files := openRaw(b, filepath.Join(b.TempDir(), "raw"))
		putRaw(b, files, ts)
		must(b, files.Close())
	}
	b.ReportMetric(float64(benchArticles*b.N)/b.Elapsed().Seconds(), "articles/s")
}

// BenchmarkCatchUp reads the events of 1,000 articles of 10,000 that were published
// anew, and what they say now.
func BenchmarkCatchUp(b *testing.B) {
	d, ids := unlearned(b)
	ts := madeup.Library(benchChanged)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		for i, id := range ids[:benchChanged] {
			n++
			d.publish(b, id, "en", ts[i].Title+fmt.Sprint(" ", n), ts[i].Body)
		}
		_, err := d.events.Step(b.Context())
		must(b, err)
		b.StartTimer()
		_, err = d.ix.Step(b.Context())
		must(b, err)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "articles/s")
}

// BenchmarkCatchUpRaw writes the same words to bleve, in the same portions.
func BenchmarkCatchUpRaw(b *testing.B) {
	files := openRaw(b, filepath.Join(b.TempDir(), "raw"))
	ts := madeup.Library(benchArticles)
	putRaw(b, files, ts)
	b.ReportAllocs()
	for b.Loop() {
		putRaw(b, files, ts[:benchChanged])
	}
	b.ReportMetric(float64(benchChanged*b.N)/b.Elapsed().Seconds(), "articles/s")
}

// resident is what is in use after a collection, in MB.
func resident() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools hold goes with the second one
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
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

func openRaw(b *testing.B, dir string) index.Index {
	queue := index.NewAnalysisQueue(2)
	files, err := scorch.NewScorch(scorch.Name, map[string]any{"path": dir, "unsafe_batch": true}, queue)
	must(b, err)
	must(b, files.Open())
	b.Cleanup(queue.Close)
	return files
}

func putRaw(b *testing.B, files index.Index, ts []madeup.Article) {
	english := analyzer{words.For("en")}
	n := 0
	for part := range slices.Chunk(ts, 50) {
		batch := index.NewBatch()
		for _, t := range part {
			doc := document.NewDocument(fmt.Sprint(n))
			doc.AddField(document.NewTextFieldCustom("title", nil, []byte(t.Title), index.IndexField, english))
			doc.AddField(document.NewTextFieldCustom("body", nil, []byte(t.Body), index.IndexField, english))
			batch.Update(doc)
			n++
		}
		must(b, files.Batch(batch))
	}
}

func askRaw(b *testing.B, files index.Index, text string, typing bool) {
	ctx := b.Context()
	r, err := files.Reader()
	must(b, err)
	defer r.Close()
	var of []blevesearch.Searcher
	for _, w := range strings.Fields(text) {
		for _, field := range []string{"title", "body"} {
			var s blevesearch.Searcher
			if typing {
				s, err = searcher.NewTermPrefixSearcher(ctx, r, w, field, 1, blevesearch.SearcherOptions{})
			} else {
				s, err = searcher.NewTermSearcher(ctx, r, w, field, 1, blevesearch.SearcherOptions{})
			}
			must(b, err)
			of = append(of, s)
		}
	}
	s, err := searcher.NewDisjunctionSearcher(ctx, r, of, 1, blevesearch.SearcherOptions{})
	must(b, err)
	defer s.Close()
	must(b, collector.NewTopNCollector(10, 0, blevesearch.SortOrder{&blevesearch.SortScore{Desc: true}}).Collect(ctx, s, r))
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
